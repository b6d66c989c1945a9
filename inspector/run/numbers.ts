import { numberOf } from '../text/number.ts';
import type { Path } from './actor.ts';
import { byIndex, foldedPath, numberName } from './number-name.ts';
import { numbersOf, stateAfter } from './series.ts';
import type { Store } from './store.ts';

/** What a number is, as far as its name and its values tell; in the order in which they are offered. */
const KINDS = ['loss', 'measure', 'still', 'count', 'listed'] as const;
export type NumberKind = (typeof KINDS)[number];

/** A number of the states of a loop, or of the loops of an array. */
export interface FoundNumber {
  /** Such as `fit.batches · loss`; `sweep.trials[] · loss` for the loops of an array. */
  readonly name: string;
  readonly keys: readonly string[];
  /** The loops that have it: those of an array by their indices. */
  readonly paths: readonly Path[];
  /**
   * `loss` by its name; `count` only ever counts up, or says how far a loop is; `still` has not changed; `listed` stands
   * in a list; all others are a `measure`.
   */
  readonly kind: NumberKind;
}

interface Finding extends FoundNumber {
  paths: Path[];
  kind: NumberKind;
  /** How many steps its loops had when its kind was told. */
  steps: number;
}

/** Losses first, counts late, those of lists last: these come and go, and there may be many. */
export const inOrder = (found: readonly FoundNumber[]): FoundNumber[] =>
  found.toSorted((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind));

/** Numbers that say how far a loop is, and not how it does. */
const COUNTERS = new Set(['total', 'position', 'seen', 'index', 'step', 'steps', 'epoch', 'epochs']);

/** Of so many steps the kind of a number is told. */
const SAMPLES = 16;
/** Of so many of an array's loops. */
const LOOPS = 4;

/** The numbers that the states of a run hold. */
export class Numbers {
  readonly #store: Store;
  readonly #byName = new Map<string, Finding>();
  /** By loop: the row that was looked at last, how many steps it had, and the keys that were found. */
  readonly #looked = new Map<Path, { row: number; taken: number; keys: Set<string> }>();
  #all: readonly FoundNumber[] = [];
  #changed = false;
  /** Where it was when it had looked at enough: the next look begins there, or those behind would never have their turn. */
  #at = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  /** In the order in which they are offered. The same array until there is another. */
  get all(): readonly FoundNumber[] {
    if (this.#changed) this.#all = inOrder([...this.#byName.values()]);
    this.#changed = false;
    return this.#all;
  }

  /** Whether a loop was looked at since it had half of its steps. */
  knows(path: Path): boolean {
    return path.taken < (this.#looked.get(path)?.taken ?? 0) * 2;
  }

  /**
   * Looks at the newest states.
   *
   * @param most loops are looked at; tells whether that was all that have taken steps since
   */
  look(paths: Iterable<Path>, most: number): boolean {
    const list = [...paths];
    let left = most;
    for (let turn = 0; turn < list.length; turn++) {
      const at = (this.#at + turn) % list.length;
      const path = list[at]!;
      const { steps } = path;
      if (!steps.length) continue;
      const row = steps.row(steps.length - 1);
      const before = this.#looked.get(path);
      if (before?.row === row) continue;
      if (left-- <= 0) {
        this.#at = at;
        return false;
      }
      this.#lookAt(path, row, before?.keys ?? new Set());
    }
    return true;
  }

  #lookAt(path: Path, row: number, known: Set<string>): void {
    this.#looked.set(path, { row, taken: path.taken, keys: known });
    for (const { keys } of numbersOf(this.#store, path)) {
      const name = numberName(foldedPath(path.name), keys);
      let found = this.#byName.get(name);
      if (!found) {
        found = { name, keys, paths: [], kind: 'still', steps: 0 };
        this.#byName.set(name, found);
      }
      const key = keys.join('\n');
      if (!known.has(key)) {
        known.add(key);
        const after = found.paths.findLastIndex(({ name }) => byIndex(name, path.name) <= 0);
        found.paths.splice(after + 1, 0, path);
        this.#changed = true;
      }
      if (path.taken >= found.steps * 2) this.#tell(found, path.taken);
    }
  }

  #tell(found: Finding, steps: number): void {
    found.steps = steps;
    const kind = kindOf(this.#store, found);
    if (kind === found.kind) return;
    found.kind = kind;
    this.#changed = true;
  }
}

function kindOf(store: Store, { keys, paths }: FoundNumber): NumberKind {
  if (keys.some((key) => /^\d+$/.test(key))) return 'listed';
  const last = keys.at(-1)!;
  if (/loss$/i.test(last)) return 'loss';
  if (COUNTERS.has(last)) return 'count';
  const samples = paths.slice(-LOOPS).map((path) => samplesOf(store, path, keys));
  if (samples.every((values) => values.every(({ value }) => Object.is(value, values[0]?.value)))) return 'still';
  return samples.every(onlyRises) ? 'count' : 'measure';
}

interface Sample {
  value: number;
  run: unknown;
}

function samplesOf(store: Store, { steps }: Path, keys: readonly string[]): Sample[] {
  const count = Math.min(SAMPLES, steps.length);
  const samples: Sample[] = [];
  for (let at = 0; at < count; at++) {
    const row = steps.row(count < 2 ? 0 : Math.round((at * (steps.length - 1)) / (count - 1)));
    const value = numberOf(stateAfter(store, row, keys));
    if (value !== undefined) samples.push({ value, run: store.actor(row) });
  }
  return samples;
}

/** Whether whole numbers become only greater, in each run of their loop; where each has but one step, over all of them. */
function onlyRises(samples: readonly Sample[]): boolean {
  const apart = samples.every(({ run }, at) => run !== samples[at - 1]?.run);
  return samples.every(({ value, run }, at) => {
    const before = samples[at - 1];
    return Number.isInteger(value) && (!before || (!apart && before.run !== run) || before.value <= value);
  });
}
