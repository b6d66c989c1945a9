import type { Path } from '../run/actor.ts';
import { numberName } from '../run/number-name.ts';
import type { FoundNumber } from '../run/numbers.ts';
import type { Pick } from '../run/series.ts';
import { type ChartParts, chartKey, charts, lookOf, namePart, setLook } from './plot-choice.ts';
import { chartsNow, lookForNumbers, meantBy, numbersNow, testOf } from './plotted.ts';

/** What some charts mean of some numbers. */
interface Meant {
  charts: unknown;
  numbers: unknown;
  names: ReadonlySet<string>;
  /** By loop, the first of its numbers. */
  picks: ReadonlyMap<Path, Pick>;
}

let meant: Meant | undefined;

/** What the charts mean: worked out anew when there are other charts, or other numbers. */
function meantNow(): Meant {
  const numbers = numbersNow();
  if (meant && meant.charts === charts.value && meant.numbers === numbers) return meant;
  const names = new Set<string>();
  const picks = new Map<Path, Pick>();
  for (const { path, keys } of chartsNow().flatMap(meantBy)) {
    names.add(numberName(path.name, keys));
    if (!picks.has(path)) picks.set(path, { path: path.name, keys });
  }
  meant = { charts: charts.value, numbers, names, picks };
  return meant;
}

/** Whether a number of a loop is on a chart. */
export const isPicked = (path: string, keys: readonly string[]): boolean =>
  meantNow().names.has(numberName(path, keys)) ||
  // One that was not come across yet.
  (charts.value?.flat().some((part) => testOf(part)(path, keys)) ?? false);

/** Whether a number is on a chart, be it of one of its loops only. */
export const isCharted = ({ paths, keys }: FoundNumber): boolean => paths.some((path) => isPicked(path.name, keys));

/** Makes a chart of a number of one loop, or takes it off the charts. */
export function togglePick(path: string, keys: readonly string[]): void {
  lookForNumbers();
  if (!isPicked(path, keys)) addChart([namePart(numberName(path, keys))]);
  else takeOff((other, own) => numberName(other, own) === numberName(path, keys));
}

/** The same for a number in all of its loops. */
export function toggleNumber(found: FoundNumber): void {
  if (!isCharted(found)) {
    addChart([namePart(found.name)]);
    return;
  }
  const names = new Set(found.paths.map(({ name }) => numberName(name, found.keys)));
  takeOff((path, keys) => names.has(numberName(path, keys)));
}

/** Takes numbers off all charts. A part that means others as well becomes these others. */
function takeOff(test: (path: string, keys: readonly string[]) => boolean): void {
  const left = (part: string): string[] => {
    const all = meantBy([part]);
    const others = all.filter(({ path, keys }) => !test(path.name, keys));
    if (others.length === all.length) return [part];
    return others.map(({ path, keys }) => namePart(numberName(path.name, keys)));
  };
  charts.value = chartsNow()
    .map((parts) => parts.flatMap(left))
    .filter((parts) => parts.length > 0);
}

/** Adds a chart, unless there is one like it. */
export function addChart(parts: ChartParts): void {
  const now = chartsNow();
  const same = now.some((other) => chartKey(other) === chartKey(parts));
  // Above the others: it is seen to have come.
  charts.value = same ? now : [parts, ...now];
}

/** Takes a chart away. */
export function closeChart(parts: ChartParts): void {
  charts.value = chartsNow().filter((other) => chartKey(other) !== chartKey(parts));
}

/** Makes one chart of several, in the place of the first of them. */
export function putTogether(some: readonly ChartParts[]): void {
  const [first] = some;
  if (!first || some.length < 2) return;
  const whole = [...new Set(some.flat())];
  const keys = new Set(some.map(chartKey));
  setLook(whole, lookOf(first));
  charts.value = chartsNow().flatMap((other) =>
    chartKey(other) === chartKey(first) ? [whole] : keys.has(chartKey(other)) ? [] : [other],
  );
}

/** The charts that one can be split into: one for each of its parts, of a single part one for each of its numbers. */
export function partsOfChart(parts: ChartParts): ChartParts[] {
  if (parts.length > 1) return parts.map((part) => [part]);
  return meantBy(parts).map(({ path, keys }) => [namePart(numberName(path.name, keys))]);
}

/** Splits a chart, each of the new ones drawn as it was. */
export function splitChart(parts: ChartParts): void {
  const apart = partsOfChart(parts);
  if (apart.length < 2) return;
  for (const one of apart) setLook(one, lookOf(parts));
  charts.value = chartsNow().flatMap((other) => (chartKey(other) === chartKey(parts) ? apart : [other]));
}

/** The first number of a loop that somebody put on a chart. */
export function chosenPick(path: Path): Pick | undefined {
  if (!charts.value) return undefined;
  lookForNumbers(path);
  return meantNow().picks.get(path);
}
