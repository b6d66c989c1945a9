import type uPlot from 'uplot';
import { logTicks, tick, ticks } from '../drawing/axis-ticks.ts';
import type { PlotAxis } from '../page/plot-choice.ts';
import { colour } from '../page/theme.ts';
import { figure } from '../text/number.ts';
import { clock, stamp } from '../text/time.ts';

const LABELS = '11px system-ui';
/** An axis does not become narrower than this, so that the plot does not move with each new label. */
const LEAST_ROOM = 46;

/** The axes of a chart, with what stands at their ticks. */
export function axesOf(axis: PlotAxis, log: boolean): uPlot.Axis[] {
  const rule = { stroke: colour('line'), width: 1 };
  const both: uPlot.Axis = { stroke: colour('dim'), font: LABELS, grid: rule, ticks: { ...rule, size: 4 }, gap: 3 };
  // uPlot's own ticks never come to an end where a number is so large that adding a step to it changes nothing.
  const room = { x: axis === 'clock' ? 76 : 56, y: 26 };
  const countX = (u: uPlot) => Math.floor(u.bbox.width / devicePixelRatio / room.x);
  const countY = (u: uPlot) => Math.floor(u.bbox.height / devicePixelRatio / room.y);
  return [
    {
      ...both,
      size: 24,
      space: room.x,
      // Steps are whole.
      splits: (u, _, min, max) => ticks(min, max, countX(u), axis === 'step' ? 1 : 0),
      values: (_, splits) => splits.map((at) => xLabel(axis, at, stepOf(splits))),
    },
    {
      ...both,
      space: room.y,
      size: (u, values) => roomFor(u, values),
      splits: (u, _, min, max) => (log ? logTicks : ticks)(min, max, countY(u)),
      filter: (_, splits) => splits,
      values: (_, splits) => splits.map((at) => (log ? figure(at) : tick(at, stepOf(splits)))),
    },
  ];
}

/** How far apart ticks stand. */
const stepOf = ([first = 0, second = first + 1]: readonly number[]): number => second - first;

function xLabel(axis: PlotAxis, at: number, step: number): string {
  if (axis === 'step') return figure(at);
  return axis === 'clock' ? clock(at * 1000, Math.round(step * 1e6) / 1000) : stamp(at * 1000, step * 1000);
}

/** A little more than the numbers take up. */
export function yRange(of: { min: number; max: number } | undefined, log: boolean): { min: number; max: number } {
  if (!of) return log ? { min: 1, max: 10 } : { min: 0, max: 1 };
  const { min, max } = of;
  if (log) return { min: min / 1.15, max: max * 1.15 };
  const more = max > min ? (max / 2 - min / 2) * 0.12 : Math.abs(max) * 0.1 || 1;
  return { min: min - more, max: max + more };
}

/** How wide an axis has to be for what stands at it. */
function roomFor(u: uPlot, values: readonly string[] | null): number {
  if (!values?.length) return LEAST_ROOM;
  u.ctx.save();
  // The canvas is in pixels of the screen, the axis in those of the page.
  u.ctx.font = LABELS;
  const widest = Math.max(...values.map((text) => u.ctx.measureText(text).width));
  u.ctx.restore();
  return Math.max(LEAST_ROOM, Math.ceil(widest) + 16);
}
