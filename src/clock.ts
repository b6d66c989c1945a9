/*
 * The real clock, read once when the library is loaded: a test that puts its own timers in place must not stop a run
 * that waits for a moment.
 */
const { setTimeout, clearTimeout } = globalThis;

/** Milliseconds that only ever go up. */
export const now: () => number = performance.now.bind(performance);

/** Calls back after so many milliseconds, unless the function that it gives is called before. */
export function after(ms: number, callback: () => void): () => void {
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
}
