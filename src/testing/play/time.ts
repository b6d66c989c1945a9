import { MisconfigurationError } from '../../data/errors.ts';
import { isFake } from '../../time/clock.ts';
import type { PlayClock, Timers } from './clock.ts';
import { FakeTimers } from './fake-timers.ts';
import { Idle, rest } from './idle.ts';
import { OwnTimers } from './own-timers.ts';

/** Whether somebody has put the time in the place of the machine's. */
let isTaken = false;

/** The time of one play: moves on to the next timer whenever there is nothing else to do. */
export class Time implements PlayClock {
  runsOn = true;
  readonly #timers: Timers;
  readonly #idle: Idle;
  #over = false;
  /** How many are moving it on by hand. */
  #byHand = 0;

  /**
   * @param now milliseconds since 1970, where the time is its own
   * @param changes how often anything of the run has changed
   */
  constructor(now: number, changes: () => number) {
    if (isTaken)
      throw new MisconfigurationError(
        'Time is one for all, and somebody plays with it already: `play`, or `everyCut` with its own clock. Await that first.',
      );
    this.#timers = timersNow(now);
    this.#idle = new Idle(() => this.#timers.changes + changes());
    isTaken = true;
    void this.#runOn();
  }

  get now(): number {
    return this.#timers.now;
  }

  get timers(): number {
    return this.#timers.count;
  }

  /** How often a timer has come or was set. */
  get changes(): number {
    return this.#timers.changes;
  }

  async advance(ms: number): Promise<void> {
    if (typeof ms !== 'number' || !(ms >= 0 && ms < Infinity))
      throw new RangeError(`Expected milliseconds from 0 up, got \`${ms}\`.`);
    this.#byHand++;
    try {
      const until = this.#timers.now + ms;
      do await this.#idle.reached();
      while (await this.#timers.fire(until));
      await this.#idle.reached();
    } finally {
      this.#byHand--;
    }
  }

  end(): void {
    this.#over = true;
    isTaken = false;
    this.#timers.uninstall();
  }

  async #runOn(): Promise<void> {
    while (!this.#over) {
      await this.#idle.reached();
      const { next } = this.#timers;
      if (this.#over) return;
      if (next === undefined || !this.runsOn || this.#byHand > 0) await rest();
      else await this.#timers.fire(next);
    }
  }
}

/** Those of the test where it has fake ones, else our own in the place of the real ones. */
function timersNow(now: number): Timers {
  const { setTimeout } = globalThis;
  if (isFake(setTimeout)) return new FakeTimers((setTimeout as unknown as { clock: unknown }).clock);
  const timers = new OwnTimers(now);
  timers.install();
  return timers;
}
