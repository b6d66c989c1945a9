import { numberOf } from '../text/number.ts';
import { readValue } from '../text/value.ts';
import type { Path, Run } from './actor.ts';
import type { Store } from './store.ts';

/** A number in the state of one loop: which loop, and where in its state. */
export interface Pick {
  path: string;
  keys: readonly string[];
}

export const pickName = ({ path, keys }: Pick): string => `${path} · ${keys.join('.')}`;

const MANY = 10_000;

/** What lies at some keys in the state of a loop. */
class State {
  readonly #committed: readonly string[];
  readonly #held: readonly string[];

  constructor(keys: readonly string[] = []) {
    this.#committed = ['event', 'commit', 'state', ...keys];
    this.#held = ['context', 'state', ...keys];
  }

  /** After the step that a row ended. */
  after(store: Store, row: number): unknown {
    return store.read(row, this.#committed) ?? store.read(row, this.#held);
  }
}

/** TensorBoard's smoothing: an exponential mean, corrected for having begun at nothing. */
class Smooth {
  readonly weight: number;
  readonly #values: number[] = [];
  #mean = 0;
  #seen = 0;

  constructor(weight: number) {
    this.weight = weight;
  }

  /** @param values those it was asked for before, and more */
  of(values: readonly number[]): readonly number[] {
    const { weight } = this;
    for (let at = this.#values.length; at < values.length; at++) {
      const value = values[at]!;
      if (!Number.isFinite(value)) {
        this.#values.push(Number.NaN);
        continue;
      }
      this.#mean = this.#mean * weight + (1 - weight) * value;
      this.#seen++;
      this.#values.push(weight === 0 ? value : this.#mean / (1 - weight ** this.#seen));
    }
    return this.#values;
  }

  /** The first so many are there no more. */
  forget(count: number): void {
    this.#values.splice(0, count);
  }
}

/** One number of a run over all steps of its loop. Grows as lines come in. */
export class Series {
  readonly pick: Pick;
  readonly run: Run;
  readonly rows: number[] = [];
  readonly steps: number[] = [];
  readonly times: number[] = [];
  /** NaN where it was not a number, and where it was one that is not finite. */
  readonly values: number[] = [];
  /** Where it was not finite. */
  readonly odd: { row: number; step: number; time: number }[] = [];
  readonly #state: State;
  #next = 0;
  #smooth = new Smooth(0);

  constructor(pick: Pick, run: Run) {
    this.pick = pick;
    this.run = run;
    this.#state = new State(pick.keys);
  }

  /** Reads the steps that came since. */
  grow(store: Store): void {
    const steps = this.run.paths.get(this.pick.path)?.steps;
    if (!steps) return;
    this.#forget(store.first);
    for (let at = steps.upTo(this.#next - 1) + 1; at < steps.length; at++) {
      const row = steps.row(at);
      this.#next = row + 1;
      const number = numberOf(this.#state.after(store, row));
      if (number === undefined) continue;
      this.rows.push(row);
      this.steps.push(steps.count(at));
      this.times.push(store.t(row));
      this.values.push(number);
      if (!Number.isFinite(number)) this.odd.push({ row, step: steps.count(at), time: store.t(row) });
    }
  }

  /** The values smoothed. Those that were before are not smoothed again, unless by another weight. */
  smoothed(weight: number): readonly number[] {
    if (this.#smooth.weight !== weight) this.#smooth = new Smooth(weight);
    return this.#smooth.of(this.values);
  }

  /** The index of the last step at or before a row, -1 where there is none. */
  upTo(row: number): number {
    return lastUpTo(this.rows, row);
  }

  /** Lets go of what the store has dropped, so that a plot of a run without end does not grow without end. */
  #forget(first: number): void {
    // Seldom, because it moves all that stays.
    if (!(this.rows[MANY]! < first)) return;
    const gone = lastUpTo(this.rows, first - 1) + 1;
    for (const list of [this.rows, this.steps, this.times, this.values]) list.splice(0, gone);
    this.#smooth.forget(gone);
    this.odd.splice(0, this.odd.filter(({ row }) => row < first).length);
  }
}

/** More numbers of one loop are not listed; a click in the state plots any. */
const MOST = 200;

/** The numbers that a loop's newest state holds. */
export function numbersOf(store: Store, path: Path): Pick[] {
  const picks: Pick[] = [];
  if (!path.steps.length) return picks;
  const visit = (value: unknown, keys: string[]) => {
    if (picks.length >= MOST) return;
    if (numberOf(value) !== undefined) picks.push({ path: path.name, keys });
    else if (keys.length < 4) {
      const told = readValue(value);
      if (told.kind === 'branch' && told.size <= 40)
        for (const [key, inner] of told.entries()) visit(inner, [...keys, key]);
    }
  };
  visit(new State().after(store, path.steps.row(path.steps.length - 1)), []);
  return picks.filter(({ keys }) => keys.length > 0);
}

/** The indices of a series that are drawn: of more than fit on the screen, the lowest and highest of each part. */
export function thin(values: readonly number[], from: number, to: number, most: number): number[] {
  const count = to - from;
  if (count <= most) return Array.from({ length: Math.max(0, count) }, (_, at) => from + at);
  const kept: number[] = [];
  const part = count / (most / 2);
  for (let at = 0; at < most / 2; at++) {
    const low = Math.floor(from + at * part);
    const high = Math.min(to, Math.floor(from + (at + 1) * part));
    let least = low;
    let greatest = low;
    for (let index = low; index < high; index++) {
      if (!(values[index]! >= values[least]!)) least = index;
      if (!(values[index]! <= values[greatest]!)) greatest = index;
    }
    if (least === greatest) kept.push(least);
    else kept.push(Math.min(least, greatest), Math.max(least, greatest));
  }
  return kept;
}

/** The time from the first to the last of the steps that lie between two numbers, in the first series that has some. */
export function timeOfSteps(
  series: readonly Series[],
  from: number,
  to: number,
): { from: number; to: number } | undefined {
  for (const { steps, times } of series) {
    const first = steps.findIndex((step) => step >= from);
    const last = steps.findLastIndex((step) => step <= to);
    if (first >= 0 && last >= first) return { from: times[first]!, to: times[last]! };
  }
  return undefined;
}

/** The index of the last of some growing numbers that is not above a limit, -1 where there is none. */
export function lastUpTo(numbers: readonly number[], limit: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle]! <= limit) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
