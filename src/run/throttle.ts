import { now } from '../time/clock.ts';
import { mustGiveTurn, slice, turn, waitsSoFar } from '../time/turn.ts';

/**
 * Gives the others their turn where somebody asks something of a run again and again, and waits for nothing else:
 *
 *     for (;;) {
 *       await run.pause();      ← it stands at once, each time: no timer, no request, no signal would ever get its turn
 *       run.resume();
 *     }
 */
export class Throttle {
  #waits!: number;
  #deadline!: number;

  constructor() {
    this.#begin();
  }

  /** @returns a turn to wait for, if it is time for one */
  turnIfDue(): Promise<void> | undefined {
    if (now() < this.#deadline) return undefined;
    // Where the program has waited for something outside meanwhile, the others have had theirs.
    if (waitsSoFar() !== this.#waits || !mustGiveTurn(this.#waits)) {
      this.#begin();
      return undefined;
    }
    return turn().then(() => this.#begin());
  }

  /** What was asked for, and a turn, if it is time for one. */
  after<T>(asked: Promise<T>): Promise<T> {
    const turn = this.turnIfDue();
    if (turn === undefined) return asked;
    // Nobody looks at it before that, and may want to handle it then.
    asked.catch(() => {});
    return turn.then(() => asked);
  }

  #begin(): void {
    this.#waits = waitsSoFar();
    this.#deadline = now() + slice;
  }
}
