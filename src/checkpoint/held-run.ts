import { type CheckpointStore, giveUp, type RunSaving, take } from './store.ts';

/** A run of a store that nobody else can save, from before its checkpoint is loaded until it has ended. */
export interface HeldRun {
  /** The store for the run that is started now: it finds that it holds the run already. */
  readonly store: CheckpointStore;
  /** Gives the run up, unless it has been. */
  release(): Promise<void>;
}

/**
 * Takes a run of a store. Whoever loads a checkpoint first and takes the run then may find that another process has gone
 * on with it in between, and would do again what that has done.
 * @throws LoopError `STORE_BUSY` if another has it
 */
export async function hold(store: CheckpointStore, runId: string, saving: RunSaving): Promise<HeldRun> {
  await take(store, runId, saving);
  let held = true;
  const release = async () => {
    if (!held) return;
    held = false;
    await giveUp(store, runId);
  };
  return {
    store: {
      save: (id, checkpoint) => store.save(id, checkpoint),
      load: (id) => store.load(id),
      list: (id) => store.list(id),
      delete: (id) => store.delete(id),
      acquire: () => {},
      release,
    },
    release,
  };
}
