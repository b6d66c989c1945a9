/** The first try of a run that has not seen yet how long its loops wait for each other, in milliseconds. */
const atFirst = 20;
/** No run learns to begin with more than this, in milliseconds. */
const atMost = 160;
/** So many tries are made until a checkpoint is taken beside a step in flight. */
const tries = 4;
/** Nor does a checkpoint wait longer than this for such a step, in milliseconds. */
const longEnough = 1000;
/** Nor a suspend for longer than this, which ends the code of that step, in milliseconds. */
const beforeEnd = 5000;
/** Somebody should hear of a checkpoint that has been wanted for so long, in milliseconds. */
const tooLong = 60_000;

/**
 * How long loops that stand for a checkpoint wait for those that are still in a step.
 *
 * Those may need the others to go on. So they stand for a moment (a try), take a step, and stand again, each time for
 * twice as long, but as long at least as their own last steps took: then the others come if their steps are about as
 * long. What one checkpoint needed, the next begins with. All times are given: this is no more than arithmetic.
 */
export class Patience {
  /** Whether it is for a suspend: it takes its time, for nothing else is to be done, and code in flight would be lost. */
  suspends = false;
  #since = 0;
  #tries = 0;
  /** Time stood in vain since it was wanted. */
  #stood = 0;
  /** The step that is waited for may have an asset half changed. */
  #strict = false;
  #told = false;
  // Learned from the checkpoints before.
  #first = atFirst;
  #enough = tries;

  /** A checkpoint is wanted from now on. */
  begin(now: number): void {
    this.#since = now;
    this.#tries = 0;
    this.#stood = 0;
    this.#strict = false;
    this.#told = false;
  }

  /** For a suspend loops have stood in vain: its time runs out, even if all of them have ended. */
  get isLeaving(): boolean {
    return this.suspends && this.#tries > 0;
  }

  /** How much time is left for a suspend, in milliseconds. */
  untilEnd(now: number): number {
    return beforeEnd - (now - this.#since);
  }

  /** How long the try that begins now may last, in milliseconds. */
  next(now: number): number {
    const wish = Math.min(this.#first * 2 ** this.#tries, beforeEnd);
    if (this.#tries === 0 || (!this.suspends && !this.#strict)) return wish;
    // There may be many: loops stand for half of the time.
    return Math.max(1, Math.min(wish, now - this.#since - 2 * this.#stood));
  }

  /**
   * How much longer this try should be, in milliseconds; 0 or less: it is over.
   * @param stood how long it has been
   * @param step how long the longest of the last steps of those that stand was
   * @param harmless whether a checkpoint may be taken beside the step that is waited for
   */
  more(now: number, stood: number, step: number, harmless: boolean): number {
    const left = 1.5 * step - stood;
    if (this.suspends || !harmless) return left;
    return this.#enough === 1 ? 0 : Math.min(left, longEnough - (now - this.#since));
  }

  /** Whether, after this try, a checkpoint that may be taken beside a step in flight should be. */
  isEnough(now: number): boolean {
    if (this.suspends) return this.untilEnd(now) <= 0;
    return this.#tries + 1 >= this.#enough || now - this.#since >= longEnough;
  }

  /** A try of `stood` milliseconds was in vain: those that stood take a step. */
  failed(stood: number, harmless: boolean): void {
    this.#tries++;
    this.#stood += stood;
    this.#strict = !harmless;
  }

  /** All stood, after a try of `stood` milliseconds. */
  succeeded(stood: number): void {
    this.#enough = tries;
    if (this.#tries > 0 || stood > this.#first) this.#first = Math.min(atMost, Math.max(2, 2 * stood));
  }

  /** It was taken beside steps in flight. Those that follow will not try for so long. */
  gaveUp(): void {
    this.#enough = Math.max(1, this.#enough - 1);
    this.#first = Math.max(2, this.#first / 2);
  }

  /** Whether somebody should hear, now, for how long it has been wanted: true once. */
  isTooLong(now: number): boolean {
    if (this.#told || now - this.#since < tooLong) return false;
    this.#told = true;
    return true;
  }
}
