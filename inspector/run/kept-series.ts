import type { Path } from './actor.ts';
import { Series } from './series.ts';
import type { Store } from './store.ts';

/** So many points are held of lines that are not drawn any more. */
const POINTS = 2_000_000;

/** The series of a run that were asked for, those that were not for long left out. */
export class KeptSeries {
  readonly #store: Store;
  /** The one that was asked for last comes last. */
  readonly #series = new Map<string, Series>();
  /** A number for each loop: those of two runs may have the same name. */
  readonly #loops = new WeakMap<Path, number>();
  #count = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  of(path: Path, keys: readonly string[]): Series {
    const loop = this.#loops.get(path) ?? ++this.#count;
    this.#loops.set(path, loop);
    const name = [loop, ...keys].join('\n');
    const series = this.#series.get(name) ?? new Series(this.#store, path, keys);
    this.#series.delete(name);
    this.#series.set(name, series);
    return series;
  }

  /** Lets go of those that have not been asked for since, beyond what is held. */
  trim(): void {
    let points = 0;
    for (const [name, { rows }] of [...this.#series].reverse()) {
      points += rows.length;
      // One that is drawn is asked for again and again, and so among the last; whoever draws it has it anyway.
      if (points > POINTS) this.#series.delete(name);
    }
  }
}
