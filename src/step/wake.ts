import { isFake } from '../time/clock.ts';

/** A timer that is to wait longer than so many milliseconds fires at once. */
const longestTimer = 2 ** 31 - 1;
/** So often, in milliseconds, the clock of the wall is looked at: the timers of a machine that is asleep stand still. */
const lookEvery = 60_000;

/**
 * Calls back at a time of the wall's clock, in milliseconds since 1970; on a machine that was asleep by then, within a
 * minute after it is awake. The timers are those of whoever runs the loop: a test that has fakes in their place moves them on.
 * @returns calls it off
 */
export function wakeAt(time: number, then: () => void): () => void {
  // Counted from here as well: a clock that is set back meanwhile makes it no longer.
  let left = time - Date.now();
  let timer: ReturnType<typeof setTimeout>;
  const wait = (): void => {
    // Fakes do not sleep, and whoever moves them on need not do so minute by minute.
    const ms = Math.max(0, Math.min(left, isFake(setTimeout) ? longestTimer : lookEvery));
    timer = setTimeout(() => {
      left = Math.min(left - ms, time - Date.now());
      if (left > 0) wait();
      else then();
    }, ms);
  };
  wait();
  return () => clearTimeout(timer);
}
