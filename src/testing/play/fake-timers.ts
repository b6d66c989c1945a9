import { MisconfigurationError } from '../../data/errors.ts';
import type { Timers } from './clock.ts';

/** The clock that the fake timers of Vitest, Jest and Sinon bear, as far as it is used here. */
interface FakeClock {
  now: number;
  timers?: Record<string, { callAt: number }>;
  countTimers(): number;
  tickAsync(ms: number): Promise<number>;
}

/** The fake timers that a test has put in the place of the real ones: `play` moves those on. */
export class FakeTimers implements Timers {
  readonly #clock: FakeClock;
  #fired = 0;

  constructor(clock: unknown) {
    this.#clock = clock as FakeClock;
    if (typeof this.#clock?.tickAsync !== 'function')
      throw new MisconfigurationError(
        'play found fake timers that it cannot move on. Use those of Vitest, of Jest (not its legacy ones) or of Sinon; or none: play has its own.',
      );
  }

  get now(): number {
    return this.#clock.now;
  }

  get count(): number {
    return this.#clock.countTimers();
  }

  get changes(): number {
    // What was set and what came: a timer for a timer leaves their number as it was, but not when they are due.
    return this.#fired + this.#due().reduce((sum, due) => sum + due, 0);
  }

  get next(): number | undefined {
    const due = this.#due();
    return due.length === 0 ? undefined : Math.min(...due);
  }

  async fire(until: number): Promise<boolean> {
    const { next } = this;
    if (next === undefined || next > until) {
      await this.#clock.tickAsync(Math.max(0, until - this.#clock.now));
      return false;
    }
    this.#fired++;
    await this.#clock.tickAsync(Math.max(0, next - this.#clock.now));
    return true;
  }

  /** They are the test's. */
  uninstall(): void {}

  #due(): number[] {
    return Object.values(this.#clock.timers ?? {}).map(({ callAt }) => callAt);
  }
}
