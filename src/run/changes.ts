import { soon } from '../time/clock.ts';
import { Pace } from './pace.ts';

/** Who waits for something to change in a run: for it to come further, or to stand still. */
export class Changes {
  readonly #isQuiet: () => boolean;
  readonly #listeners = new Set<() => void>();
  readonly #quiet: (() => void)[] = [];

  /** @param isQuiet whether the run stands still */
  constructor(isQuiet: () => boolean) {
    this.#isQuiet = isQuiet;
  }

  /** Something has changed. */
  changed(): void {
    this.stepped();
    this.#look();
  }

  #look(): void {
    if (this.#quiet.length > 0 && this.#isQuiet()) for (const resolve of this.#quiet.splice(0)) resolve();
  }

  /** Steps have been taken: a run that takes them does not stand still. */
  stepped(): void {
    for (const listener of this.#listeners) listener();
  }

  /** Resolves when the run stands still. */
  quiet(): Promise<void> {
    const quiet = new Promise<void>((resolve) => this.#quiet.push(resolve));
    // After what was sent has been handled, also where it was sent from a hook.
    soon(() => this.#look());
    return quiet;
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
    const pace = new Pace();
    return {
      async next() {
        const turn = pace.turnIfDue();
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
