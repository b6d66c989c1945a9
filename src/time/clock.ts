/*
 * The clock and the microtasks that the library goes by: those of the machine, also in a test that has put fake timers
 * in their place. A loop must get on there as a plain `while` does, and its timers are none that the test would move on.
 * They are taken when the library is loaded. Should they be fakes by then, something that is never replaced stands in.
 */

/** Whether somebody's fake is there: those of Vitest, Jest and Sinon bear the clock that moves them on. */
export function isFake(timer: unknown): boolean {
  return timer !== undefined && 'clock' in Object(timer);
}

const { performance, queueMicrotask, setTimeout, clearTimeout } = globalThis;

/** Milliseconds since some moment, by a clock that is never set: for durations. */
export const now: () => number = isFake(performance)
  ? () => new Event('now').timeStamp
  : performance.now.bind(performance);

/** Calls back in a microtask. */
export const soon: (callback: () => void) => void = isFake(queueMicrotask)
  ? (callback) => void Promise.resolve().then(callback)
  : queueMicrotask;

/** A timer that is to wait longer, in milliseconds, fires at once. */
const longestTimer = 2 ** 31 - 1;

/** Calls back after so many milliseconds, or after 24 days if that is longer. @returns what calls it off */
export function later(ms: number, callback: () => void): () => void {
  if (!isFake(setTimeout)) {
    const timer = setTimeout(callback, Math.min(ms, longestTimer));
    return () => clearTimeout(timer);
  }
  // An AbortSignal has a timer of its own, which keeps nothing alive.
  const signal = AbortSignal.timeout(ms);
  signal.addEventListener('abort', callback);
  return () => signal.removeEventListener('abort', callback);
}
