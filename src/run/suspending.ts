import type { AnyActorRef } from 'xstate';
import type { Session } from '../actors/session.ts';
import { leaves } from '../chart/tree-state.ts';
import type { Checkpoint } from '../checkpoint/contents.ts';
import type { Checkpoints } from './checkpoints.ts';

/** The run that is suspended. */
interface OfRun {
  readonly actor: AnyActorRef;
  readonly session: Session;
  readonly checkpoints: Checkpoints;
  /** Saves a checkpoint, if there is a store. */
  save(checkpoint: Checkpoint): Promise<unknown> | undefined;
  pause(): void;
  hasEnded(): boolean;
  /** Never rejects. */
  readonly ended: Promise<unknown>;
  /** The error for whom wants what can no longer be done. */
  endedError(): Error;
}

/**
 * A run that is being suspended: it is paused, a checkpoint is taken and saved, the actors are stopped. Whoever asks meanwhile
 * gets the same one.
 *
 *     pause → all stand → checkpoint → save → do all stand where they stood? ── yes → stop the actors
 *       ↑                                        │
 *       └──────────── no: once more ─────────────┘
 */
export class Suspending {
  readonly #run: OfRun;
  #now: { reason: unknown; checkpoint: Promise<Checkpoint> } | undefined;
  #isDone = false;

  constructor(run: OfRun) {
    this.#run = run;
  }

  /** Why and with which checkpoint the run was suspended, if it was. */
  get done(): { reason: unknown; checkpoint: Promise<Checkpoint> } | undefined {
    return this.#isDone ? this.#now : undefined;
  }

  suspend(reason: unknown): Promise<Checkpoint> {
    if (this.#now === undefined) {
      let begin!: (suspended: Promise<Checkpoint>) => void;
      const checkpoint = new Promise<Checkpoint>((resolve) => {
        begin = resolve;
      });
      this.#now = { reason, checkpoint };
      // An observer may ask for it with each event that this makes.
      begin(this.#suspend());
      // The run is as it was, paused: it may be tried again.
      checkpoint.catch(() => {
        this.#now = undefined;
      });
    }
    return this.#now.checkpoint;
  }

  async #suspend(): Promise<Checkpoint> {
    const { session } = this.#run;
    session.suspends = true;
    try {
      for (;;) {
        const checkpoint = await this.#attempt();
        if (checkpoint !== undefined) return checkpoint;
      }
    } finally {
      session.suspends = false;
    }
  }

  /** @returns the checkpoint, or `undefined` where loops have gone on since it was taken */
  async #attempt(): Promise<Checkpoint | undefined> {
    const run = this.#run;
    run.pause();
    const { checkpoint, standing, release } = await this.#standStill();
    try {
      // A store may take for ever: an abort ends it.
      const saving = run.save(checkpoint);
      if (saving !== undefined) await Promise.race([saving, run.ended]);
      if (run.hasEnded()) throw run.endedError();
      // Steps that were in flight when it was taken and are over now, or what was resumed, are not in it.
      if (this.#stand().some((snapshot, i) => snapshot !== standing[i])) return undefined;
      this.#isDone = true;
      run.actor.stop();
      await run.ended;
      return checkpoint;
    } finally {
      release();
    }
  }

  /** Takes a checkpoint; until `release` is called, no loop begins a step. */
  #standStill(): Promise<{ checkpoint: Checkpoint; standing: object[]; release: () => void }> {
    const { checkpoints, hasEnded, endedError } = this.#run;
    if (hasEnded()) return Promise.reject(endedError());
    return new Promise((resolve, reject) => {
      checkpoints.want({
        taken: (checkpoint) => new Promise((release) => resolve({ checkpoint, standing: this.#stand(), release })),
        lost: (error) => reject(hasEnded() ? endedError() : error),
      });
    });
  }

  /** Where those that stand do; and the root, which may have been given something. */
  #stand(): object[] {
    const { actor } = this.#run;
    return [actor, ...leaves(actor)].map((one) => one.getSnapshot());
  }
}
