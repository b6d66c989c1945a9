import type { Place } from './file-parts.ts';
import type { Taken } from './source.ts';

/** Lines that came together, and what they weighed as text. */
export interface Batch {
  lines: readonly Taken[];
  bytes: number;
  /** Where in the file the next one begins, of what comes from one. */
  upTo: Place | undefined;
}

const FRAME = 17;
/** So many lines are taken in at most before they are shown: until then, none is let go of to make room. */
const MOST = 30_000;
/** Milliseconds between two drawings while what was there before is still on its way. */
const CATCHING_UP = 500;
/** Where so many lines come between two drawings that nobody can follow, and drawing takes longer than a frame, it waits so long. */
const MANY = 200;
const SELDOM = 100;
/** It waits no longer, however long drawing takes. */
const LONGEST = 250;

/** Lines that come are taken in at once, and shown once a frame, or less often where drawing takes long. */
export class Arrivals {
  readonly #take: (batch: Batch) => void;
  readonly #show: () => void;
  readonly #goal: () => number;
  /** How many lines are taken in and not shown. */
  #waiting = 0;
  /** The number of the last line that came. */
  #reached = 0;
  /** Whether some are shown. */
  #some = false;
  #scheduled = false;
  /** How many milliseconds longer than a frame the last drawing took. */
  #cost = 0;
  /** How many lines came with it. */
  #came = 0;

  /**
   * @param take takes lines in
   * @param show has what was made of them drawn
   * @param goal the number of the last line that was there before this page, as far as that is known
   */
  constructor(take: (batch: Batch) => void, show: () => void, goal: () => number) {
    this.#take = take;
    this.#show = show;
    this.#goal = goal;
  }

  add(lines: readonly Taken[], bytes: number, upTo?: Place): void {
    // At once: all that comes between two frames, taken in together, would hold up the page.
    this.#take({ lines, bytes, upTo });
    this.#waiting += lines.length;
    const behind = this.#behind;
    this.#reached = lines.at(-1)!.seq;
    // Without a frame to come, in a tab that is not seen, they must not pile up. Once all is there that is waited for,
    // it is shown; and so are the first: views that know of none must not come upon some.
    if (!this.#some || this.#waiting > MOST || (behind && !this.#behind)) this.flush();
    else this.schedule();
  }

  /** Shows all there are. */
  flush(): void {
    if (this.#waiting > 0) this.#some = true;
    this.#waiting = 0;
    this.#show();
  }

  /** Shows them soon. */
  schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    const show = () => {
      this.#scheduled = false;
      this.#came = this.#waiting;
      const began = performance.now();
      this.flush();
      // The second frame begins when the first has been laid out and painted.
      requestAnimationFrame(() =>
        requestAnimationFrame((now) => {
          this.#cost = Math.max(0, now - began - 2 * FRAME);
        }),
      );
    };
    // While a file is read, or what a program held when this page came, drawing each frame would only make the whole
    // of it come later. A run that is faster than this machine can draw is drawn less often, so that the keys still answer.
    const least = this.#cost > 0 && this.#came > MANY ? SELDOM : 0;
    const pause = this.#behind && this.#some ? CATCHING_UP : Math.min(LONGEST, Math.max(least, this.#cost * 3));
    // Not within a frame: what is made of them there would be one long task with layout and painting.
    if (pause) setTimeout(show, pause);
    else requestAnimationFrame(() => setTimeout(show));
  }

  /** Others come now: those that were taken in are of no use any more. */
  clear(): void {
    this.#waiting = 0;
    this.#reached = 0;
    this.#some = false;
  }

  /** Whether there is more to come than what happens from now on. */
  get #behind(): boolean {
    return this.#reached < this.#goal();
  }
}
