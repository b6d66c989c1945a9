import { copyCheckpoint } from './checkpoint-copy.ts';
import { jsonable } from './checkpoint-json.ts';
import { Claims, claimsOf } from './claims.ts';
import type { Checkpoint } from './contents.ts';

/** What a store tells about a checkpoint it keeps. */
export interface CheckpointInfo {
  runId: string;
  /** Counts the saves of a run, from 1. */
  seq: number;
  /** `position.steps` of the checkpoint. */
  steps: number;
  /** Milliseconds since 1970. */
  savedAt: number;
}

/** How a run is saved that acquires a store, as it was started. */
export interface RunSaving {
  durability: 'sync' | 'async' | 'exit';
}

/** Keeps checkpoints by run. `save` resolves when the checkpoint is as safe as the store promises. */
export interface CheckpointStore {
  /** Keeps a checkpoint: the newest of its run from now on. What it is given does not change while it is saved. */
  save(runId: string, checkpoint: Checkpoint): Promise<void>;
  /** The newest good checkpoint of a run, or `undefined` if there is none. */
  load(runId: string): Promise<Checkpoint | undefined>;
  /**
   * A checkpoint that `list` has told of, by its `seq`; `undefined` where it is kept no more. What it gives is another's to
   * begin from, under an id of its own. Optional: of a store without it, only the newest can be loaded.
   * @throws LoopError `CHECKPOINT_UNREADABLE` if it is damaged: no other one is given in its place
   */
  loadAt?(runId: string, seq: number): Promise<Checkpoint | undefined>;
  /** Oldest first; of one run, or of all. */
  list(runId?: string): Promise<CheckpointInfo[]>;
  /** Forgets a run and all of its checkpoints; nothing happens if there is none. */
  delete(runId: string): Promise<void>;
  /**
   * Called before the first hook of a run that uses the store: takes what `release` gives up, so that no other run with
   * this id can save over it. If it throws or rejects, no hook runs and the run has failed; the error should be a
   * LoopError `STORE_BUSY` where another run has it. Where it returns no promise, the run begins within `start`.
   * Of a store without it, one run of this process with the same id goes on at a time.
   * @param saving how the run is going to be saved. Not given where somebody else than a run calls it
   */
  acquire?(runId: string, saving?: RunSaving): void | Promise<void>;
  /** Called when a run that has acquired the store has ended and its last save is done: gives up what the store held for it, such as a lock. */
  release?(runId: string): void | Promise<void>;
}

/** Takes a run in a store, until {@link giveUp}. @throws LoopError `STORE_BUSY` if another has it */
export function take(store: CheckpointStore, runId: string, saving: RunSaving): void | Promise<void> {
  return store.acquire === undefined ? claimsOf(store).take(runId) : store.acquire(runId, saving);
}

export async function giveUp(store: CheckpointStore, runId: string): Promise<void> {
  if (store.acquire === undefined) claimsOf(store).giveUp(runId);
  await store.release?.(runId);
}

/**
 * A store in memory: for tests, and for runs that need to go on only in this process. It keeps the newest checkpoint of
 * each run. A second run with the id of one that goes on fails with `STORE_BUSY`.
 */
export function memoryStore(): CheckpointStore {
  const runs = new Map<string, { info: CheckpointInfo; checkpoint: Checkpoint }>();
  const claims = new Claims();
  return {
    acquire: (runId) => claims.take(runId),
    release: (runId) => claims.giveUp(runId),
    async save(runId, checkpoint) {
      const seq = (runs.get(runId)?.info.seq ?? 0) + 1;
      const info = { runId, seq, steps: checkpoint.position.steps, savedAt: Date.now() };
      const copy = copyCheckpoint(checkpoint);
      // To the end: what was saved last is listed last.
      runs.delete(runId);
      runs.set(runId, { info, checkpoint: copy });
    },
    async load(runId) {
      const kept = runs.get(runId);
      return kept && jsonable(copyCheckpoint(kept.checkpoint));
    },
    async list(runId) {
      return [...runs.values()].map(({ info }) => info).filter((info) => runId === undefined || info.runId === runId);
    },
    async delete(runId) {
      runs.delete(runId);
    },
  };
}
