import { numberOf } from '../text/number.ts';
import { begun, type Path } from './actor.ts';
import { stateAfter } from './series.ts';
import type { Store } from './store.ts';

/** How the values of many lie. */
export interface Spread {
  /** Those that are finite, the least first. */
  readonly values: readonly number[];
  readonly least: number;
  readonly middle: number;
  readonly most: number;
  /** How many are NaN or infinite. */
  readonly odd: number;
}

/** Nothing where there is no value. */
export function spreadOf(all: readonly number[]): Spread | undefined {
  if (!all.length) return undefined;
  const values = all.filter(Number.isFinite).sort((a, b) => a - b);
  const half = (values.length - 1) / 2;
  const middle = (values[Math.floor(half)]! + values[Math.ceil(half)]!) / 2;
  return { values, least: values[0]!, middle, most: values.at(-1)!, odd: all.length - values.length };
}

/** How many steps the latest run of each loop had taken by a row. */
export function stepsOfEach(paths: readonly Path[], row: number): number[] {
  return paths.flatMap(({ actors }) => {
    const latest = actors[begun(actors, row) - 1];
    const at = latest?.rows.upTo(row) ?? -1;
    return latest && at >= 0 ? [latest.rows.count(at)] : [];
  });
}

/** A number need not be told at each step: so many are looked at for it. */
const STEPS = 4;

/** One number of each of some loops, as it was last told by a moment. What was read once is not read again. */
export class NumberOfEach {
  readonly keys: readonly string[];
  readonly #store: Store;
  readonly #known = new Map<Path, { row: number; value: number | undefined }>();

  constructor(store: Store, keys: readonly string[]) {
    this.#store = store;
    this.keys = keys;
  }

  /** Of those that had any. */
  at(paths: readonly Path[], row: number): number[] {
    return paths.flatMap((path) => this.#of(path, row) ?? []);
  }

  #of(path: Path, row: number): number | undefined {
    const { steps } = path;
    const last = steps.upTo(row);
    if (last < 0) return undefined;
    const newest = steps.row(last);
    const known = this.#known.get(path);
    if (known?.row === newest) return known.value;
    let value: number | undefined;
    for (let at = last; at >= 0 && at > last - STEPS && value === undefined; at--)
      value = numberOf(stateAfter(this.#store, steps.row(at), this.keys));
    this.#known.set(path, { row: newest, value });
    return value;
  }
}

/** A stroke for each value in a field of 100 × 20, the least on the left; no more strokes than can be told apart. */
export function strokes({ values, least, most }: Spread): string {
  const places = new Set(
    values.map((value) => (most > least ? Math.round(((value - least) / (most - least)) * 100) : 50)),
  );
  return [...places].map((x) => `M${x} 3V17`).join('');
}
