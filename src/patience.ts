/** What a run has that has not seen yet how long its loops wait for each other, in milliseconds. */
const atFirst = 20;
/** No try begins with more than this, in milliseconds. */
const atMost = 160;
/** So many tries are made until a checkpoint is taken beside a step in flight. */
const tries = 4;
/** Nor does a checkpoint wait longer than this for such a step, in milliseconds. */
const longEnough = 1000;
/** The same for a suspend, which ends the code of that step: so long loops must have stood in vain, in milliseconds. */
const beforeEnd = 5000;
/** Somebody should hear of a checkpoint that has been wanted for so long, in milliseconds. */
const tooLong = 60_000;

/**
 * How long loops that stand for a checkpoint wait for those that are still in a step.
 *
 * Those may need the others to go on. So they stand for a moment (a try), take a step, and stand again, each time for
 * twice as long; and never for more than half of the time since the checkpoint was wanted, but for the first try. What
 * one checkpoint needed, the next begins with. All times are given, so that this is no more than arithmetic.
 */
export class Patience {
  /** Whether it is for a suspend: it takes its time, for nothing else is to be done and code in flight is lost. */
  suspends = false;
  #since = 0;
  #tries = 0;
  /** Time stood in vain since it was wanted. */
  #stood = 0;
  #told = false;
  // Learned from the checkpoint before.
  #first = atFirst;
  #enough = tries;

  /** A checkpoint is wanted from now on. */
  begin(now: number): void {
    this.#since = now;
    this.#tries = 0;
    this.#stood = 0;
    this.#told = false;
  }

  /** How long the try that begins now may last, in milliseconds. */
  next(now: number): number {
    const wish = this.#first * 2 ** this.#tries;
    if (this.suspends) return Math.min(wish, beforeEnd);
    if (this.#tries === 0) return wish;
    return Math.max(1, Math.min(wish, now - this.#since - 2 * this.#stood));
  }

  /** Whether, after this try of `stood` milliseconds, a checkpoint should be taken beside the steps that are in flight. */
  isEnough(now: number, stood: number): boolean {
    if (this.suspends) return this.#stood + stood >= beforeEnd;
    return this.#tries + 1 >= this.#enough || now - this.#since >= longEnough;
  }

  /** A try was in vain: those that stood take a step. */
  failed(stood: number): void {
    this.#tries++;
    this.#stood += stood;
  }

  /** All stood, after this try of `stood` milliseconds. */
  succeeded(stood: number): void {
    this.#enough = tries;
    // One that was in vain says nothing of how long is long enough; without one, a little less will do as well.
    const needed = this.#tries > 0 || stood > this.#first ? stood * 2 : this.#first;
    this.#first = Math.min(atMost, Math.max(2, needed));
  }

  /** It was taken beside steps in flight. The next will not try for long. */
  gaveUp(): void {
    this.#enough = 1;
    this.#first = Math.max(2, this.#first / 2);
  }

  /** Whether somebody should hear, now, for how long it has been wanted: true once. */
  isTooLong(now: number): boolean {
    if (this.#told || now - this.#since < tooLong) return false;
    this.#told = true;
    return true;
  }
}
