import type { Checkpoint } from '../checkpoint/contents.ts';
import { type CheckpointStore, giveUp, type RunSaving, take } from '../checkpoint/store.ts';
import { isThenable } from '../data/returned.ts';
import { later } from '../time/clock.ts';
import type { Outcome } from './outcome.ts';
import type { Saver } from './saver.ts';

/** How long a run that has ended waits for a store that nobody needs any more, in milliseconds. */
export const patienceMs = 500;

/** The store of a run, from before its first hook until everybody hears that it has ended. */
export class HeldStore {
  readonly #store: CheckpointStore;
  readonly #runId: string;
  readonly #saver: Saver;
  readonly #saving: RunSaving;
  #isHeld = false;
  #isOver = false;
  #cutShort: () => void = () => {};

  constructor(store: CheckpointStore, runId: string, saver: Saver, saving: RunSaving) {
    this.#store = store;
    this.#runId = runId;
    this.#saver = saver;
    this.#saving = saving;
  }

  /** Before the first hook: what a run did that another process holds, nobody could save. */
  take(taken: () => void, refused: (error: unknown) => void): void {
    const held = () => {
      this.#isHeld = true;
      // The run had ended without the store, which came too late.
      if (this.#isOver) void this.#giveUp().catch(() => {});
      else taken();
    };
    try {
      const wait = take(this.#store, this.#runId, this.#saving);
      if (isThenable(wait)) wait.then(held, refused);
      else held();
    } catch (error) {
      refused(error);
    }
  }

  /** Nobody waits for a store that stands still any more. */
  cutShort(): void {
    this.#cutShort();
  }

  /**
   * The last save, and the release of the store, before anybody hears that the run has ended. Of a run that failed or was
   * aborted there is nothing to save; a store that stands still must not keep that from being told.
   * @param last what is saved of a run that has finished
   * @param abortReason asked for where the wait was cut short: somebody has aborted the run meanwhile
   */
  async close<Output>(
    outcome: Outcome<Output>,
    last: () => Checkpoint,
    abortReason: () => unknown,
  ): Promise<Outcome<Output>> {
    this.#isOver = true;
    if (!this.#isHeld) return outcome;
    const saved = this.#saveLast(outcome, last);
    const released = saved.then(() => this.#giveUp());
    released.catch(() => {});
    const patience = new Promise<void>((resolve) => {
      this.#cutShort = () => {
        this.#cutShort = () => {};
        const callOff = later(patienceMs, resolve);
        void released.then(callOff, callOff);
      };
    });
    if (outcome.status === 'aborted' || outcome.status === 'failed') this.#cutShort();
    const closed = await Promise.race([saved, patience]);
    if (closed === undefined) {
      // A run that was aborted while it was saved for the last time has not finished.
      if ('error' in outcome) return outcome;
      const reason = abortReason();
      return { status: 'aborted', reason, error: reason, steps: outcome.steps };
    }
    this.#cutShort();
    try {
      await Promise.race([released, patience]);
    } catch (error) {
      if (!('error' in closed)) return { status: 'failed', error, steps: outcome.steps };
    }
    return closed;
  }

  async #giveUp(): Promise<void> {
    this.#isHeld = false;
    await giveUp(this.#store, this.#runId);
  }

  async #saveLast<Output>(outcome: Outcome<Output>, last: () => Checkpoint): Promise<Outcome<Output>> {
    try {
      await this.#saver.settled();
      if (outcome.status === 'finished' || outcome.status === 'skipped') await this.#saver.save(last());
      return outcome;
    } catch (error) {
      return { status: 'failed', error, steps: outcome.steps };
    }
  }
}
