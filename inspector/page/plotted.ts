import type { Path, Run } from '../run/actor.ts';
import { KeptSeries } from '../run/kept-series.ts';
import { foldedPath, indexIn, lastLoop, numberName, patternOf } from '../run/number-name.ts';
import { type FoundNumber, inOrder, Numbers } from '../run/numbers.ts';
import type { Series } from '../run/series.ts';
import type { Store } from '../run/store.ts';
import { type ChartParts, charts, nameOfPart, namePart } from './plot-choice.ts';
import type { Recording } from './recording.ts';
import { session } from './session.ts';

/** A run whose numbers are on the charts. */
export interface PlottedRun {
  /** Of a run that lies in another recording than the one that is shown: which. */
  readonly recording?: Recording;
  readonly store: Store;
  readonly run: Run;
  /** What tells it from the other runs. */
  readonly label: string;
  readonly hue: number;
}

/** One line of a chart. */
export interface PlottedSeries {
  readonly of: PlottedRun;
  readonly store: Store;
  readonly run: Run;
  readonly path: Path;
  readonly series: Series;
  /** What tells it from the other lines of its chart. */
  readonly label: string;
  readonly hue: number;
  /** Lines of one colour are dashed in different ways, of which there are four. */
  readonly dash: number;
  /** When its run began, in epoch milliseconds: the time since the start is counted from there. */
  readonly start: number;
}

/** Hues far from one another first: lines cross, boxes do not. */
const HUES: readonly number[] = [0, 3, 1, 5, 2, 6, 4, 7];
/** So many runs are overlaid, the newest. */
const RUNS = 8;
/** So many loops are looked at for numbers at a time. */
const LOOKS = 150;
/** More numbers are offered as charts only when they are asked for. */
const OFFERED = 24;
/** More lines of one chart are not drawn. */
const LINES = 500;

/**
 * The runs that are overlaid: those that are compared, of whichever recording; where none is, of what is shown the newest of
 * the same outermost loop as the one that is looked at. That one is always among them. This is the one place that says it.
 */
export function plottedRuns(): PlottedRun[] {
  const { store } = session;
  const own = session.run.value;
  if (!own) return [];
  const compared = session.compared.value;
  if (compared.some(({ run }) => run === own)) return [...compared];
  const here = (run: Run): PlottedRun => ({ store, run, label: run.name, hue: session.hues.of(run) });
  if (compared.length) return [...compared, here(own)];
  const like = store.runs.filter(({ root }) => root.name === own.root.name);
  const others = like.filter((run) => run !== own).slice(1 - RUNS);
  return like.filter((run) => run === own || others.includes(run)).map(here);
}

const numbers = new WeakMap<Run, Numbers>();

function numbersOf({ run, store }: PlottedRun): Numbers {
  const known = numbers.get(run) ?? new Numbers(store);
  numbers.set(run, known);
  return known;
}

let merged: { lists: readonly unknown[]; all: readonly FoundNumber[] } = { lists: [], all: [] };

/** The numbers of the runs that are plotted, each once. The same array until there is another. */
export function numbersNow(): readonly FoundNumber[] {
  const lists = plottedRuns().map((one) => numbersOf(one).all);
  if (lists.length === merged.lists.length && lists.every((list, at) => list === merged.lists[at])) return merged.all;
  const byName = new Map<string, FoundNumber>();
  for (const found of lists.flat()) {
    const known = byName.get(found.name);
    byName.set(found.name, known ? { ...known, paths: [...known.paths, ...found.paths] } : found);
  }
  merged = { lists, all: inOrder([...byName.values()]) };
  return merged.all;
}

/**
 * Looks for numbers in what came since, and tells whether that was all.
 *
 * @param path nothing but this loop is looked at, if it was not lately
 */
export function lookForNumbers(path?: Path): boolean {
  return plottedRuns().every((one) => {
    const found = numbersOf(one);
    if (!path) return found.look(one.run.paths.values(), LOOKS);
    return path.run !== one.run || found.knows(path) || found.look([path], 1);
  });
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

/** A number of one loop of a run. */
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

const kept = new WeakMap<Store, KeptSeries>();

function seriesOf(store: Store, { path, keys }: LoopNumber): Series {
  const known = kept.get(store) ?? new KeptSeries(store);
  kept.set(store, known);
  return known.of(path, keys);
}

/** Lets go of what is not drawn any more. */
export function trimSeries(): void {
  for (const { store } of plottedRuns()) kept.get(store)?.trim();
}

/** The lines of a chart. Where they are of several runs, each has the colour of its run. */
export function linesOf(parts: ChartParts): PlottedSeries[] {
  const runs = new Map(plottedRuns().map((one) => [one.run, one]));
  const meant = meantBy(parts)
    .filter(({ path }) => runs.has(path.run))
    .slice(0, LINES);
  const several = new Set(meant.map(({ path }) => path.run)).size > 1;
  const labels = labelsOf(meant);
  const names = [...new Set(labels)];
  return meant.map((one, at) => {
    const of = runs.get(one.path.run)!;
    const { store, run, label, hue } = of;
    const name = names.indexOf(labels[at]!);
    return {
      of,
      store,
      run,
      path: one.path,
      series: seriesOf(store, one),
      label: several ? [label, names.length > 1 ? labels[at] : ''].filter(Boolean).join(' · ') : labels[at]!,
      hue: several ? hue : HUES[at % HUES.length]!,
      dash: (several ? name : Math.floor(at / HUES.length)) % 4,
      start: run.root.from,
    };
  });
}

/** Says of each number what tells it from the others of a run. */
function labelsOf(meant: readonly LoopNumber[]): string[] {
  const loops = new Set(meant.map(({ path }) => foldedPath(path.name)));
  const keys = new Set(meant.map((one) => one.keys.join('.')));
  return meant.map(({ path, keys: own }) => {
    const index = indexIn(path.name);
    const loop = foldedPath(path.name);
    const words = [
      loops.size > 1 ? lastLoop(loop) : '',
      index ? `#${index}` : '',
      keys.size > 1 || !index ? own.join('.') : '',
    ];
    return words.filter(Boolean).join(' ');
  });
}
