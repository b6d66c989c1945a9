import { outline } from '../run/outline.ts';
import type { Series } from '../run/series.ts';
import type { Span } from '../run/spans.ts';

/** The points of one line, along its axis; NaN where it is broken. */
export interface LinePoints {
  x: number[];
  y: number[];
  /** The same smoothed; empty where it is not. */
  mean: number[];
  /** Where a value was not finite. */
  odd: number[];
}

export interface PointsWanted {
  /** Where on the axis a point lies, by its index. */
  xOf: (at: number) => number;
  smoothing: number;
  /** Of a logarithmic axis, only what is above nought. */
  log: boolean;
  /** The part of time that is drawn. */
  range: Span | null;
  /** How many parts of the width are told apart. */
  parts: number;
}

export function linePoints(series: Series, { xOf, smoothing, log, range, parts }: PointsWanted): LinePoints {
  const { store, rows, values } = series;
  const from = range ? rows.upTo(store.rowFromTime(range.from) - 1) + 1 : 0;
  const to = range ? rows.upTo(store.rowFromTime(range.to + 1e-4) - 1) + 1 : rows.length;
  const means = smoothing ? series.smoothed(smoothing) : undefined;
  const points: LinePoints = { x: [], y: [], mean: [], odd: [] };
  const add = (x: number, y: number, mean: number) => {
    points.x.push(x);
    points.y.push(y);
    if (means) points.mean.push(mean);
  };
  const kept = outline(values, from, to, parts);
  let gap = kept.length ? store.gaps.upTo(rows.at(kept[0]!)) : 0;
  for (const at of kept) {
    const [x, y] = [xOf(at), values.at(at)];
    // No line is drawn over what nobody has seen.
    const before = gap;
    gap = store.gaps.upTo(rows.at(at));
    if (gap > before) add(Number.NaN, Number.NaN, Number.NaN);
    if (!Number.isFinite(y)) {
      points.odd.push(x);
      add(Number.NaN, Number.NaN, Number.NaN);
    } else if (log && y <= 0) add(Number.NaN, Number.NaN, Number.NaN);
    else add(x, y, means?.at(at) ?? Number.NaN);
  }
  return points;
}

/** The least and the greatest of some numbers, those that are not finite left out; nothing where there is none. */
export function extent(lists: readonly (readonly number[])[]): { min: number; max: number } | undefined {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const list of lists) {
    for (const value of list) {
      if (value < min) min = value;
      if (value > max) max = value;
    }
  }
  return min <= max ? { min, max } : undefined;
}

/** Draws a line through some points, and dots where one stands alone. */
export function strokeLine(
  ctx: CanvasRenderingContext2D,
  xs: readonly number[],
  ys: readonly number[],
  place: { x: (x: number) => number; y: (y: number) => number },
): void {
  ctx.beginPath();
  for (let at = 0; at < xs.length; at++) {
    const value = ys[at]!;
    if (Number.isNaN(value)) continue;
    const [x, y] = [place.x(xs[at]!), place.y(value)];
    const begins = at === 0 || Number.isNaN(ys[at - 1]!);
    const ends = at === xs.length - 1 || Number.isNaN(ys[at + 1]!);
    if (begins) ctx.moveTo(x, y);
    else ctx.lineTo(x, y);
    // A round end makes a dot of a line without length.
    if (begins && ends) ctx.lineTo(x, y);
  }
  ctx.stroke();
}
