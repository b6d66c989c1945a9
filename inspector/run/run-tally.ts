import { type Actor, begun, type Path } from './actor.ts';

/** What became of the runs of some loops by a moment. */
export interface Tally {
  /** How many had begun. */
  begun: number;
  /** Those that went on, in the order in which they had begun. */
  running: readonly Actor[];
  failed: number;
  /** For how long at least one of them ran, in milliseconds. */
  busy: number;
}

/** What is known once and for all of the first so many runs. */
interface Sum {
  /** The time in which at least one of them ran. */
  busy: number;
  /** Until when. */
  reach: number;
  failed: number;
  /** The row by which all of them had ended. */
  endRow: number;
}

/**
 * Counts the runs of some loops, at any moment. Runs that have ended are summed up once, so that a moment costs as much
 * as there are runs that were not over by then.
 */
export class RunTally {
  /** In the order in which they began. */
  #runs: Actor[] = [];
  /** For each path, how many of its runs are among them, and the first of these. */
  readonly #taken = new Map<Path, { count: number; first: Actor | undefined }>();
  #sums: Sum[] = [];
  /** So many of the first runs were let go of, and what they came to. */
  #left = 0;
  #base: Sum = NONE;

  /** Takes in the runs that came since. */
  update(paths: readonly Path[]): void {
    const gone = [...this.#taken].some(
      ([path, { count, first }]) =>
        (path.actors.length < count || (count > 0 && path.actors[0] !== first)) && !this.#leave(path),
    );
    // Old runs were let go of, or one was taken to have ended and goes on.
    if (gone || (this.#sums.length > 0 && !this.#runs[this.#sums.length - 1]!.ended)) {
      this.#runs = [];
      this.#sums = [];
      this.#left = 0;
      this.#base = NONE;
      this.#taken.clear();
    }
    const added: Actor[] = [];
    for (const path of paths) {
      const { actors } = path;
      const count = this.#taken.get(path)?.count ?? 0;
      if (actors.length === count) continue;
      for (let at = count; at < actors.length; at++) added.push(actors[at]!);
      this.#taken.set(path, { count: actors.length, first: actors[0] });
    }
    added.sort((a, b) => a.index - b.index);
    for (const run of added) this.#runs.push(run);
    for (let at = this.#sums.length; at < this.#runs.length && this.#runs[at]!.ended; at++)
      this.#sums.push(withRun(this.#sums[at - 1] ?? this.#base, this.#runs[at]!));
  }

  /**
   * Passes over the first runs of one loop, which were let go of: all others are not counted anew. Tells whether that is
   * all that has changed, and what stays does not lie in their time.
   */
  #leave(path: Path): boolean {
    const { actors } = path;
    const [first] = actors;
    if (this.#taken.size > 1 || !first) return false;
    let left = this.#left;
    while (left < this.#runs.length && this.#runs[left] !== first) left++;
    const count = this.#runs.length - left;
    const base = this.#sums[left - 1];
    if (!count || actors[count - 1] !== this.#runs.at(-1) || !base || base.reach > first.from) return false;
    this.#left = left;
    this.#base = base;
    this.#taken.set(path, { count, first });
    if (left * 2 > this.#runs.length) {
      this.#runs = this.#runs.slice(left);
      this.#sums = this.#sums.slice(left);
      this.#left = 0;
    }
    return true;
  }

  /** @param t the time of the row */
  at(row: number, t: number): Tally {
    const count = begun(this.#runs, row);
    const known = this.#overBy(row, count);
    let { busy, reach, failed } = this.#sums[known - 1] ?? this.#base;
    const running: Actor[] = [];
    for (let at = known; at < count; at++) {
      const run = this.#runs[at]!;
      const goesOn = !(run.endRow <= row);
      if (goesOn) running.push(run);
      if (run.failedAt <= row) failed++;
      const end = goesOn ? t : Math.min(t, run.end);
      busy += Math.max(0, end - Math.max(reach, run.from));
      reach = Math.max(reach, end);
    }
    return { begun: count - this.#left, running, failed: failed - this.#base.failed, busy: busy - this.#base.busy };
  }

  /** The run that began as the so many-th, counted from 0. */
  run(index: number): Actor | undefined {
    return this.#runs[this.#left + index];
  }

  /** How many of the first runs were all over by a row. */
  #overBy(row: number, count: number): number {
    let low = 0;
    let high = Math.min(count, this.#sums.length);
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#sums[middle - 1]!.endRow <= row) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

const NONE: Sum = { busy: 0, reach: Number.NEGATIVE_INFINITY, failed: 0, endRow: -1 };

function withRun({ busy, reach, failed, endRow }: Sum, run: Actor): Sum {
  return {
    busy: busy + Math.max(0, run.end - Math.max(reach, run.from)),
    reach: Math.max(reach, run.end),
    failed: failed + (Number.isFinite(run.failedAt) ? 1 : 0),
    endRow: Math.max(endRow, run.endRow),
  };
}
