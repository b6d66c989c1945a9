import { isFake, soon } from '../time/clock.ts';

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
  const others = lateBy(setTimeout);
  if (left < 0) {
    others.add(late);
    return () => others.drop(late);
  }
  const wait = (): void => {
    // Fakes do not sleep, and whoever moves them on need not do so minute by minute.
    const ms = Math.max(0, Math.min(left, isFake(setTimeout) ? longestTimer : lookEvery));
    timer = setTimeout(() => {
      const now = time - Date.now();
      const hasSlept = left > ms && now < 0;
      left = Math.min(left - ms, now);
      if (hasSlept) others.add(late);
      else if (left > 0) wait();
      else then();
    }, ms);
  };
  wait();
  return () => {
    clearTimeout(timer);
    others.drop(late);
  };
}

/** One that was due while no process ran, or while the machine was asleep. */
interface Late {
  readonly time: number;
  readonly then: () => void;
}

/** So often they wait for more. */
const mostLooks = 20;

/**
 * Which of those that are late is asked for first, or looked at first, says nothing: they wake in the order in which they
 * were due. The loops of a run come to theirs one after another, so they wait for each other until no more come.
 */
class LateOnes {
  readonly #setTimeout: typeof setTimeout;
  readonly #waiting = new Set<Late>();
  #willLook = false;
  #looks = 0;
  /** How many there were by the last look. */
  #seen = 0;

  constructor(set: typeof setTimeout) {
    this.#setTimeout = set;
  }

  add(one: Late): void {
    this.#waiting.add(one);
    this.#lookLater();
  }

  drop(one: Late): void {
    this.#waiting.delete(one);
  }

  #lookLater(): void {
    if (this.#willLook) return;
    this.#willLook = true;
    this.#setTimeout.call(globalThis, () => this.#look(), 0);
  }

  #look(): void {
    this.#willLook = false;
    if (this.#waiting.size > this.#seen && ++this.#looks < mostLooks) {
      this.#seen = this.#waiting.size;
      this.#lookLater();
      return;
    }
    this.#looks = 0;
    this.#seen = 0;
    for (const one of [...this.#waiting].sort((a, b) => a.time - b.time)) {
      // Whoever woke before may have called it off.
      if (this.#waiting.delete(one)) wake(one);
    }
  }
}

function wake({ then }: Late): void {
  try {
    then();
  } catch (error) {
    // As one that a timer throws; the others are of other loops.
    soon(() => {
      throw error;
    });
  }
}

/** By the timers that they go by: those that are a test's are gone with it. */
const lateOnes = new WeakMap<typeof setTimeout, LateOnes>();

function lateBy(set: typeof setTimeout): LateOnes {
  const known = lateOnes.get(set) ?? new LateOnes(set);
  lateOnes.set(set, known);
  return known;
}
