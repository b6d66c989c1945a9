import type { LoopError } from '../data/errors.ts';
import { later } from '../time/clock.ts';
import { turn } from '../time/turn.ts';
import { type AsItWas, notAsItWas } from './as-it-was.ts';

/** How long its own code may take to come to it, in milliseconds, once it has asked for all that it had asked for. */
const patience = 1000;
/** What is told where that was waited for. */
const tooLong =
  'It was waited for a second: what takes its own code longer belongs into `once`, which is not called again. ';

/** The step that is run again. */
interface Rerun {
  /** `step`, or the name of a hook. */
  readonly unit: string;
  path(): string;
  /** The arguments of a child that was asked for, as they are now. */
  argsOf(child: string): readonly unknown[] | undefined;
}

/**
 * Looks whether a step that is run again has come to what it was when the checkpoint was taken. Until it has, nothing that
 * was under way goes on.
 *
 * It need only have come by it: what it had been given by then, its code may not have reacted to yet.
 */
export class UntilAsItWas {
  readonly #before: AsItWas;
  readonly #rerun: Rerun;
  #isReached: boolean;
  #isStopped = false;
  #isWaiting = false;
  #cancel: (() => void) | undefined;

  constructor(before: AsItWas, rerun: Rerun) {
    this.#before = before;
    this.#rerun = rerun;
    this.#isReached = before.isNothing;
  }

  /** Whether it has come to it. */
  get isReached(): boolean {
    return this.#isReached;
  }

  /** Whether nothing goes on yet. */
  get holds(): boolean {
    return !this.#isReached && !this.#isStopped;
  }

  /** @returns what is not as it was */
  look(): string | undefined {
    if (!this.holds) return undefined;
    const missing = this.#before.missing((child) => this.#rerun.argsOf(child));
    this.#isReached = missing === undefined;
    return missing;
  }

  /** It has yet to ask for something, which it may never do: it is given a turn, and no more is waited for. */
  async lookOnce(goOn: () => void): Promise<void> {
    await turn();
    if (this.look() === undefined) goOn();
  }

  /** It has asked for all: its code has a turn, and where it waits for something else, a while. */
  async wait(goOn: () => void, fail: (error: LoopError) => void): Promise<void> {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    await turn();
    if (this.look() === undefined) {
      goOn();
      return;
    }
    this.#cancel = later(patience, () => {
      const missing = this.look();
      if (missing === undefined) goOn();
      else fail(this.#error(missing, tooLong));
    });
  }

  /** The code has returned. @throws LoopError `RESUME_MISMATCH` if it has not come to it */
  check(): void {
    const missing = this.look();
    if (missing !== undefined) throw this.#error(missing);
  }

  /** What it has changed that it had not changed by then, as an error. */
  surplus(): LoopError | undefined {
    const changed = this.#before.changedNow();
    return changed === undefined ? undefined : this.#error(changed);
  }

  /** Nothing more goes on. */
  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
  }

  #error(what: string, waited?: string): LoopError {
    return notAsItWas(what, this.#rerun.unit, this.#rerun.path(), waited);
  }
}
