import { axis, type PlotAxis } from './plot-choice.ts';
import type { PlottedSeries } from './plotted.ts';
import { session } from './session.ts';

/** Where a point of a line lies on an axis: a step, or seconds. */
export function placeOn(axis: PlotAxis, { series, start }: PlottedSeries, at: number): number {
  if (axis === 'step') return series.steps.at(at);
  return (series.time(at) - (axis === 'start' ? start : 0)) / 1000;
}

/** The last point of a line up to a place on an axis, -1 where there is none. */
export function pointAt(axis: PlotAxis, { series, store, start }: PlottedSeries, place: number): number {
  if (axis === 'step') return series.steps.upTo(place);
  // A hair more: seconds were milliseconds before, and not all of them come back the same.
  const time = place * 1000 + (axis === 'start' ? start : 0) + 1e-3;
  return series.rows.upTo(store.rowFromTime(time) - 1);
}

/** The time from one place on an axis to another, in epoch milliseconds; nothing where no step lies there. */
export function timeBetween(
  axis: PlotAxis,
  lines: readonly PlottedSeries[],
  from: number,
  to: number,
): { from: number; to: number } | undefined {
  for (const line of lines) {
    if (line.store !== session.store) continue;
    const shift = axis === 'start' ? line.start : 0;
    if (axis !== 'step') return { from: shift + from * 1000, to: shift + to * 1000 };
    const { steps } = line.series;
    let first = steps.upTo(from);
    if (first < 0 || steps.at(first) < from) first++;
    const last = steps.upTo(to);
    if (last >= first) return { from: line.series.time(first), to: line.series.time(last) };
  }
  return undefined;
}

/** The part of time that a line is drawn of: one that was selected in another recording is counted from its beginning. */
export function rangeOf({ store, start }: PlottedSeries): { from: number; to: number } | null {
  const range = session.range.value;
  if (!range || store === session.store) return range;
  const shift = start - session.store.t(session.store.first);
  return { from: range.from + shift, to: range.to + shift };
}

/** Where the moment that is shown lies on the axis of a chart: at the newest step of its lines by then. */
export function momentOn(lines: readonly PlottedSeries[]): number | undefined {
  const { store } = session;
  const now = session.now.value;
  const own = lines.filter((line) => line.store === store);
  if (now < 0 || !own.length) return undefined;
  if (axis.value !== 'step') return (store.t(now) - (axis.value === 'start' ? own[0]!.start : 0)) / 1000;
  let newest: { line: PlottedSeries; at: number } | undefined;
  for (const line of own) {
    const at = line.series.upTo(now);
    if (at >= 0 && !(newest && newest.line.series.rows.at(newest.at) >= line.series.rows.at(at))) newest = { line, at };
  }
  return newest && placeOn('step', newest.line, newest.at);
}

/** Goes to the step of a line that is next to a place on the axis. */
export function goTo(place: number, line: PlottedSeries | undefined): void {
  if (!line || line.store !== session.store) return;
  const { rows, path } = line.series;
  const before = pointAt(axis.value, line, place);
  const away = (at: number) => Math.abs(placeOn(axis.value, line, at) - place);
  const next = before + 1 < rows.length && (before < 0 || away(before + 1) < away(before)) ? before + 1 : before;
  if (next >= 0) goToRow(rows.at(next), path.name);
}

/** Goes to a row, and to the loop of that name: one of an array is looked at with its moment. */
export function goToRow(row: number, loop: string): void {
  session.jump(row);
  const actor = session.store.actor(row);
  if (actor && session.actor.value?.path.name !== loop) session.select(actor.id);
}

/** Which point of a line is told of: the last up to the pointer, or to the moment. */
export function pointTold(line: PlottedSeries, hover: number | null): number {
  if (hover !== null) return pointAt(axis.value, line, hover);
  return line.series.upTo(line.store === session.store ? session.now.value : line.store.last);
}
