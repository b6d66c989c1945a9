/** A timer that is to wait longer than so many milliseconds fires at once. */
const longestTimer = 2 ** 31 - 1;

/**
 * Calls back at a time of the wall's clock, in milliseconds since 1970. The timers are those of whoever runs the loop: a
 * test that has fakes in their place moves them on.
 * @returns calls it off
 */
export function wakeAt(time: number, then: () => void): () => void {
  // Counted from here: what is done to the clock meanwhile makes it no longer.
  let left = time - Date.now();
  let timer: ReturnType<typeof setTimeout>;
  const wait = (): void => {
    const ms = Math.max(0, Math.min(left, longestTimer));
    left -= ms;
    timer = setTimeout(() => (left > 0 ? wait() : then()), ms);
  };
  wait();
  return () => clearTimeout(timer);
}
