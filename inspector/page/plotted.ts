import type { Path } from '../run/actor.ts';
import { KeptSeries } from '../run/kept-series.ts';
import { foldedPath, indexIn, numberName, patternOf } from '../run/number-name.ts';
import { type FoundNumber, Numbers } from '../run/numbers.ts';
import type { Series } from '../run/series.ts';
import type { Store } from '../run/store.ts';
import { type ChartParts, charts, nameOfPart, namePart } from './plot-choice.ts';
import { session } from './session.ts';

/** One line of a chart. */
export interface PlottedSeries {
  readonly store: Store;
  readonly path: Path;
  readonly series: Series;
  /** What tells it from the other lines of its chart. */
  readonly label: string;
  readonly hue: number;
  /** Of lines of one colour, the so many-th is dashed so. */
  readonly dash: number;
  /** When its run began, in epoch milliseconds: what `time since start` is counted from. */
  readonly start: number;
}

/** Hues far from one another first: lines cross, boxes do not. */
const HUES: readonly number[] = [0, 3, 1, 5, 2, 6, 4, 7];
/** So many loops are looked at for numbers at a time. */
const LOOKS = 150;
/** More numbers are offered as charts only when they are asked for. */
const OFFERED = 24;

interface Known {
  numbers: Numbers;
  kept: KeptSeries;
}
const known = new WeakMap<Store, Known>();

function knownOf(store: Store): Known {
  const before = known.get(store);
  if (before) return before;
  const made = { numbers: new Numbers(store), kept: new KeptSeries(store) };
  known.set(store, made);
  return made;
}

/** The numbers of the run that is shown. */
export const numbersNow = (): readonly FoundNumber[] => knownOf(session.store).numbers.all;

/**
 * Looks for numbers in what came since, and tells whether that was all.
 *
 * @param path nothing but this loop is looked at, if it never was
 */
export function lookForNumbers(path?: Path): boolean {
  const { store } = session;
  const { numbers } = knownOf(store);
  if (path) return numbers.knows(path) || numbers.look([path], 1);
  return numbers.look(store.paths.values(), LOOKS);
}

/** Every chart that there is: those that were chosen, or until then one for each number that may say how it goes. */
export function chartsNow(): readonly ChartParts[] {
  if (charts.value) return charts.value;
  const offered = numbersNow().filter(({ kind }) => kind === 'loss' || kind === 'measure');
  const some = offered.length ? offered : numbersNow().filter(({ kind }) => kind !== 'listed');
  return some.slice(0, OFFERED).map(({ name }) => [namePart(name)]);
}

type Test = (path: string, keys: readonly string[]) => boolean;
const tests = new Map<string, Test>();

/** Tells whether a part of a chart means a number of a loop. */
export function testOf(part: string): Test {
  const before = tests.get(part);
  if (before) return before;
  const name = nameOfPart(part);
  const test: Test =
    name === undefined
      ? patternOf(part)
      : (path, keys) =>
          name.endsWith(keys.at(-1) ?? '') &&
          (numberName(path, keys) === name || numberName(foldedPath(path), keys) === name);
  // One more with each letter of a pattern that is typed.
  if (tests.size > 1000) tests.clear();
  tests.set(part, test);
  return test;
}

/** A number of one loop. */
export interface LoopNumber {
  path: Path;
  keys: readonly string[];
}

/** The numbers that some parts mean, in the order in which they are offered. */
export function meantBy(parts: ChartParts): LoopNumber[] {
  const means = parts.map(testOf);
  return numbersNow().flatMap(({ paths, keys }) =>
    paths.flatMap((path) => (means.some((test) => test(path.name, keys)) ? [{ path, keys }] : [])),
  );
}

/** The lines of a chart. This is the one place that says which runs are plotted. */
export function linesOf(parts: ChartParts): PlottedSeries[] {
  const { store } = session;
  const meant = meantBy(parts).slice(0, MOST);
  const { kept } = knownOf(store);
  const labels = labelsOf(meant);
  const start = store.end ? store.t(store.first) : 0;
  return meant.map(({ path, keys }, at) => ({
    store,
    path,
    series: kept.of(path, keys),
    label: labels[at]!,
    hue: HUES[at % HUES.length]!,
    dash: Math.floor(at / HUES.length) % 4,
    start,
  }));
}

/** More lines of one chart are not drawn. */
export const MOST = 500;

/** Says of each number what tells it from the others. */
function labelsOf(meant: readonly LoopNumber[]): string[] {
  const loops = new Set(meant.map(({ path }) => path.name.replace(/(\.\d+)+(?=\.|$)/g, '')));
  const keys = new Set(meant.map((one) => one.keys.join('.')));
  return meant.map(({ path, keys: own }) => {
    const index = indexIn(path.name);
    const words = [
      loops.size > 1 || !index ? path.name.slice(path.name.lastIndexOf('.') + 1) : '',
      index ? `#${index}` : '',
      keys.size > 1 || meant.length === 1 ? own.join('.') : '',
    ];
    return words.filter(Boolean).join(' ');
  });
}

/** Lets go of what is not drawn any more. */
export const trimSeries = (): void => knownOf(session.store).kept.trim();
