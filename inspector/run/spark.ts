import { numberOf } from '../text/number.ts';
import type { Path } from './actor.ts';
import { numbersOf, type Pick } from './series.ts';
import type { Store } from './store.ts';

/** A small line has no more points than this, and no fewer than half of it where there are as many steps. */
const MOST = 96;

/** A number of a loop over its steps, as few of them as a small line shows. */
export class Spark {
  readonly pick: Pick;
  readonly #path: Path;
  #points: { row: number; value: number }[] = [];
  /** Of so many steps, one is a point. */
  #every = 1;

  constructor(path: Path, pick: Pick) {
    this.#path = path;
    this.pick = pick;
  }

  get every(): number {
    return this.#every;
  }

  /** Reads of the steps that came since as many as are shown. */
  grow(store: Store): void {
    const { steps } = this.#path;
    const gone = this.#points.findIndex(({ row }) => row >= store.first);
    if (gone !== 0) this.#points.splice(0, gone < 0 ? this.#points.length : gone);
    while (steps.length / this.#every > MOST) {
      this.#every *= 2;
      this.#points = this.#points.filter((_, at) => at % 2 === 0);
    }
    const last = this.#points.at(-1);
    for (let at = last ? steps.upTo(last.row) + this.#every : 0; at < steps.length; at += this.#every) {
      const row = steps.row(at);
      this.#points.push({ row, value: valueAfter(store, row, this.pick.keys) });
    }
  }

  /** The values up to a row, the newest by then among them; NaN where there was no finite number. */
  upTo(store: Store, row: number): number[] {
    const { steps } = this.#path;
    const values: number[] = [];
    for (const point of this.#points) if (point.row <= row) values.push(point.value);
    const newest = steps.upTo(row);
    if (newest >= 0) values.push(valueAfter(store, steps.row(newest), this.pick.keys));
    return values;
  }
}

function valueAfter(store: Store, row: number, keys: readonly string[]): number {
  const value =
    store.read(row, ['event', 'commit', 'state', ...keys]) ?? store.read(row, ['context', 'state', ...keys]);
  return numberOf(value) ?? Number.NaN;
}

/** Numbers that say how far a loop is, and not how it does. */
const counters = new Set(['total', 'position', 'seen', 'index', 'step', 'steps', 'epoch', 'epochs']);

export const isCounter = (keys: readonly string[]): boolean => counters.has(keys.at(-1)!);

/** The number of a loop that says most: a loss, else the first that is no count and has changed. */
export function tellingNumber(store: Store, path: Path): Pick | undefined {
  const { steps } = path;
  if (!steps.length) return undefined;
  const picks = numbersOf(store, path).filter(({ keys }) => !isCounter(keys) && !keys.some((key) => /^\d+$/.test(key)));
  const [first, last] = [steps.row(0), steps.row(steps.length - 1)];
  const changes = ({ keys }: Pick) => !Object.is(valueAfter(store, first, keys), valueAfter(store, last, keys));
  return picks.find(({ keys }) => /loss$/i.test(keys.at(-1)!)) ?? picks.find(changes);
}

/** The line through some values, the lowest at the bottom of a field of 100 × 20; gaps where there is no number. */
export function sparkLine(values: readonly number[]): string {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  let line = '';
  let drawing = false;
  for (const [at, value] of values.entries()) {
    if (!Number.isFinite(value)) {
      drawing = false;
      continue;
    }
    const x = values.length < 2 ? 0 : (at / (values.length - 1)) * 100;
    // Divided first: the span from one end of all numbers to the other is infinite.
    const y = high > low ? 19 - ((value / 2 - low / 2) / (high / 2 - low / 2)) * 18 : 10;
    line += `${drawing ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`;
    drawing = true;
  }
  return line;
}
