/** The time of a test: it moves when the test moves it, and on by itself when there is nothing else to do. */
export interface PlayClock {
  /** Milliseconds since 1970, as `Date.now()` gives them. */
  readonly now: number;
  /** How many timers wait: each `setTimeout`, and each `setInterval`. */
  readonly timers: number;
  /**
   * Whether time moves on by itself: to the next timer, when nothing else is to be done. Set it to false where a test is
   * to see what comes of `advance` alone. Default: true.
   */
  runsOn: boolean;
  /** Moves on by so many milliseconds: the timers that are due by then come, each when all that came of the one before is done. */
  advance(ms: number): Promise<void>;
}

/** What moves the time: the clock of `play`, or that of a test's fake timers. */
export interface Timers {
  readonly now: number;
  readonly count: number;
  /** How often something has changed: a timer came, or was set. */
  readonly changes: number;
  /** When the next timer is due, in milliseconds since 1970. One that keeps no process alive is none to wait for. */
  readonly next: number | undefined;
  /** Moves on to a time, and calls the first of the timers that are due by then. @returns whether there was one */
  fire(until: number): Promise<boolean>;
  /** Puts back what was there before. */
  uninstall(): void;
}
