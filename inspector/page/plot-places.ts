import { batch } from '@preact/signals';
import type { Path } from '../run/actor.ts';
import { axis, type PlotAxis } from './plot-choice.ts';
import type { PlottedSeries } from './plotted.ts';
import { session } from './session.ts';

/** Where a point of a line lies on an axis: a step, or seconds. */
export function placeOn(axis: PlotAxis, { series, start }: PlottedSeries, at: number): number {
  if (axis === 'step') return series.steps.at(at);
  return (series.time(at) - (axis === 'time' ? start : 0)) / 1000;
}

/** The last point of a line up to a place on an axis, -1 where there is none. */
export function pointAt(axis: PlotAxis, { series, store, start }: PlottedSeries, place: number): number {
  if (axis === 'step') return series.steps.upTo(place);
  // A hair more: seconds were milliseconds before, and not all of them come back the same.
  const time = place * 1000 + (axis === 'time' ? start : 0) + 1e-3;
  return series.rows.upTo(store.rowFromTime(time) - 1);
}

/** The lines of what is shown, those of the run that is looked at first. */
function ownOf(lines: readonly PlottedSeries[]): PlottedSeries[] {
  const own = lines.filter(({ store }) => store === session.store);
  const isLooked = ({ run }: PlottedSeries) => Number(run === session.run.value);
  return own.sort((a, b) => isLooked(b) - isLooked(a));
}

/** The time from one place on an axis to another, in epoch milliseconds; nothing where no step lies there. */
export function timeBetween(
  axis: PlotAxis,
  lines: readonly PlottedSeries[],
  from: number,
  to: number,
): { from: number; to: number } | undefined {
  for (const { series, start } of ownOf(lines)) {
    const shift = axis === 'time' ? start : 0;
    if (axis !== 'step') return { from: shift + from * 1000, to: shift + to * 1000 };
    const { steps } = series;
    const before = steps.upTo(from);
    const first = before >= 0 && steps.at(before) === from ? before : before + 1;
    const last = steps.upTo(to);
    if (last >= first) return { from: series.time(first), to: series.time(last) };
  }
  return undefined;
}

/**
 * The part of time that a line is drawn of. What was selected is of the run that is looked at: of others it is as long
 * after their beginning, unless the axis is the time of day.
 */
export function rangeOf({ store, run, start }: PlottedSeries): { from: number; to: number } | null {
  const range = session.range.value;
  const looked = session.run.value;
  if (!range || !looked || run === looked || (axis.value === 'clock' && store === session.store)) return range;
  const shift = start - looked.root.from;
  return { from: range.from + shift, to: range.to + shift };
}

/** Where the moment that is shown lies on the axis of a chart: at the newest step by then of the run that is looked at. */
export function momentOn(lines: readonly PlottedSeries[]): number | undefined {
  const { store } = session;
  const now = session.now.value;
  const [first, ...others] = ownOf(lines);
  if (now < 0 || !first) return undefined;
  if (axis.value !== 'step') return (store.t(now) - (axis.value === 'time' ? first.start : 0)) / 1000;
  let newest: { line: PlottedSeries; row: number } | undefined;
  for (const line of [first, ...others.filter(({ run }) => run === first.run)]) {
    const at = line.series.upTo(now);
    const row = at < 0 ? -1 : line.series.rows.at(at);
    if (row >= 0 && !(newest && newest.row >= row)) newest = { line, row };
  }
  return newest?.line.series.steps.at(newest.line.series.upTo(newest.row));
}

/** Goes to the step of a line that is next to a place on the axis. */
export function goTo(place: number, line: PlottedSeries | undefined): void {
  if (!line) return;
  const { rows } = line.series;
  const before = pointAt(axis.value, line, place);
  const away = (at: number) => Math.abs(placeOn(axis.value, line, at) - place);
  const next = before + 1 < rows.length && (before < 0 || away(before + 1) < away(before)) ? before + 1 : before;
  if (next >= 0) goToLine(line, rows.at(next));
}

/** Looks at the loop of a line, at a moment of it; in the recording that it lies in. */
export function goToLine({ of: { recording }, run, path }: PlottedSeries, row: number): void {
  batch(() => {
    if (recording && recording.store !== session.store) session.lookAt(recording, run);
    goToRow(row, path);
  });
}

/** Goes to a row of what is shown, and to the loop that it is of: one of an array is looked at with its moment. */
export function goToRow(row: number, path: Path): void {
  const actor = session.store.actor(row);
  batch(() => {
    session.jump(row);
    if (actor && session.actor.value?.path !== path) session.select(actor.id);
  });
}

/** Which point of a line is told of: the last up to the pointer, or to the moment. */
export function pointTold(line: PlottedSeries, hover: number | null): number {
  if (hover !== null) return pointAt(axis.value, line, hover);
  return line.series.upTo(line.store === session.store ? session.now.value : line.store.last);
}
