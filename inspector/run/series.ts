import { numberOf } from '../text/number.ts';
import { readValue } from '../text/value.ts';
import type { Path } from './actor.ts';
import { Floats } from './floats.ts';
import type { RowIndex } from './row-index.ts';
import { Smooth } from './smooth.ts';
import type { Store } from './store.ts';

/** A number in the state of one loop: which loop, and where in its state. */
export interface Pick {
  path: string;
  keys: readonly string[];
}

export const pickName = ({ path, keys }: Pick): string => `${path} · ${keys.join('.')}`;

/** Old points are let go of so many at a time: what stays is moved. */
const MANY = 10_000;

/** Where a step had a number that is not finite. */
export interface Odd {
  row: number;
  step: number;
  value: number;
}

/** A number in the state of a loop after the step that a row ended, or all of the state; nothing where there is none. */
export function stateAfter(store: Store, row: number, keys: readonly string[] = []): unknown {
  return store.read(row, ['event', 'commit', 'state', ...keys]) ?? store.read(row, ['context', 'state', ...keys]);
}

/** One number of a run over all steps of its loop. Grows as lines come in. */
export class Series {
  readonly store: Store;
  readonly path: Path;
  readonly keys: readonly string[];
  readonly rows: Floats = new Floats();
  readonly steps: Floats = new Floats();
  /** Also those that are not finite. */
  readonly values: Floats = new Floats();
  /** The first that was not finite. */
  firstOdd: Odd | undefined;
  readonly #committed: readonly string[];
  readonly #held: readonly string[];
  #next = 0;
  #smooth = new Smooth(0);
  /** Those of its loop when it was read last. */
  #from: RowIndex | undefined;

  constructor(store: Store, path: Path, keys: readonly string[]) {
    this.store = store;
    this.path = path;
    this.keys = keys;
    this.#committed = ['event', 'commit', 'state', ...keys];
    this.#held = ['context', 'state', ...keys];
  }

  /** @param most steps are read, of those that came since; tells how many were */
  grow(most: number = Number.POSITIVE_INFINITY): number {
    const { steps } = this.path;
    // Two loops have turned out to be one: there may be others now before those that were read.
    if (this.#from && this.#from !== steps) this.#clear();
    this.#from = steps;
    this.#forget();
    const from = steps.upTo(this.#next - 1) + 1;
    const to = Math.min(steps.length, from + most);
    for (let at = from; at < to; at++) this.#take(steps.row(at), steps.count(at));
    return to - from;
  }

  /** Whether no step has come that was not read. */
  get whole(): boolean {
    const { steps } = this.path;
    return !steps.length || steps.row(steps.length - 1) < this.#next;
  }

  #take(row: number, step: number): void {
    this.#next = row + 1;
    const value = numberOf(this.store.read(row, this.#committed) ?? this.store.read(row, this.#held));
    if (value === undefined) return;
    this.rows.push(row);
    this.steps.push(step);
    this.values.push(value);
    if (!Number.isFinite(value)) this.firstOdd ??= { row, step, value };
  }

  time(at: number): number {
    return this.store.t(this.rows.at(at));
  }

  /** The index of the last step at or before a row, -1 where there is none. */
  upTo(row: number): number {
    return this.rows.upTo(row);
  }

  /** The values smoothed. Those that were before are not smoothed again, unless by another weight. */
  smoothed(weight: number): Floats {
    if (this.#smooth.weight !== weight) this.#smooth = new Smooth(weight);
    return this.#smooth.of(this.values);
  }

  #clear(): void {
    for (const list of [this.rows, this.steps, this.values]) list.drop(list.length);
    this.#smooth = new Smooth(0);
    this.firstOdd = undefined;
    this.#next = 0;
  }

  /** Lets go of what the store has dropped, so that a plot of a run without end does not grow without end. */
  #forget(): void {
    const { first } = this.store;
    const gone = this.rows.upTo(first - 1) + 1;
    if (gone < MANY && gone < this.rows.length) return;
    for (const list of [this.rows, this.steps, this.values]) list.drop(gone);
    this.#smooth.forget(gone);
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
  visit(stateAfter(store, path.steps.row(path.steps.length - 1)), []);
  return picks.filter(({ keys }) => keys.length > 0);
}
