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
  const late = { time, then };
  if (left < 0) {
    wakeLate(late);
    return () => callOff(late);
  }
  const wait = (): void => {
    // Fakes do not sleep, and whoever moves them on need not do so minute by minute.
    const ms = Math.max(0, Math.min(left, isFake(setTimeout) ? longestTimer : lookEvery));
    timer = setTimeout(() => {
      const now = time - Date.now();
      const hasSlept = left > ms && now < 0;
      left = Math.min(left - ms, now);
      if (hasSlept) wakeLate(late);
      else if (left > 0) wait();
      else then();
    }, ms);
  };
  wait();
  return () => {
    clearTimeout(timer);
    callOff(late);
  };
}

interface Late {
  readonly time: number;
  readonly then: () => void;
}

/*
 * Some are late: they were due while no process ran, or while the machine was asleep. Which of them is asked for first, or
 * looked at first, says nothing: they wake in the order in which they were due. The loops of a run come to theirs one after
 * another, so they wait for each other until no more come.
 */
const lateOnes = new Set<Late>();
let isWaiting = false;
/** How many there have been, and by the last look. */
let count = 0;
let countBefore = 0;

function wakeLate(one: Late): void {
  lateOnes.add(one);
  count++;
  if (!isWaiting) setTimeout(look, 0);
  isWaiting = true;
}

function callOff(one: Late): void {
  lateOnes.delete(one);
}

function look(): void {
  if (count !== countBefore) {
    countBefore = count;
    setTimeout(look, 0);
    return;
  }
  isWaiting = false;
  const due = [...lateOnes].sort((a, b) => a.time - b.time);
  for (const one of due) {
    // Whoever woke before may have called it off.
    if (lateOnes.delete(one)) one.then();
  }
}
