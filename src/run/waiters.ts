import { soon } from '../time/clock.ts';
import { Throttle } from './throttle.ts';

/** Who waits for something to change in a run: for it to come further, or to stand still. */
export class Waiters {
  readonly #isStill: () => boolean;
  readonly #listeners = new Set<() => void>();
  readonly #whenStill: (() => void)[] = [];

  /** @param isStill whether the run stands still */
  constructor(isStill: () => boolean) {
    this.#isStill = isStill;
  }

  /** Something has changed. */
  changed(): void {
    this.stepped();
    this.#look();
  }

  #look(): void {
    if (this.#whenStill.length > 0 && this.#isStill()) for (const resolve of this.#whenStill.splice(0)) resolve();
  }

  /** Steps have been taken: a run that takes them does not stand still. */
  stepped(): void {
    for (const listener of this.#listeners) listener();
  }

  /** Resolves when the run stands still. */
  still(): Promise<void> {
    const still = new Promise<void>((resolve) => this.#whenStill.push(resolve));
    // After what was sent has been handled, also where it was sent from a hook.
    soon(() => this.#look());
    return still;
  }

  /** Tells one who looks at it again and again of changes: several that come between two looks are one. */
  listen(): { next(): Promise<void>; over(): void } {
    let isNews = false;
    let wake: (() => void) | undefined;
    const listener = () => {
      isNews = true;
      wake?.();
    };
    this.#listeners.add(listener);
    // Who does something to the run with each change makes the next one: that must not keep all others from their turn.
    const throttle = new Throttle();
    return {
      async next() {
        const turn = throttle.turnIfDue();
        if (turn !== undefined) await turn;
        if (!isNews) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
        isNews = false;
      },
      over: () => void this.#listeners.delete(listener),
    };
  }
}
