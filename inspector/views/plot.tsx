import { type Signal, signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { tick } from '../drawing/axis-ticks.ts';
import { session } from '../page/session.ts';
import { colour, dark } from '../page/theme.ts';
import { flag, keepInLink, numberWithin, oneOf } from '../page/view-state.ts';
import { pickName, type Series, thin, timeOfSteps } from '../run/series.ts';
import { figure } from '../text/number.ts';
import { stamp } from '../text/time.ts';

export const axis: Signal<'step' | 'time'> = signal('step');
export const smoothing: Signal<number> = signal(0.6);
export const log: Signal<boolean> = signal(false);
keepInLink('plot.axis', oneOf(axis, ['step', 'time']));
keepInLink('plot.smooth', numberWithin(smoothing, 0, 0.99));
keepInLink('plot.log', flag(log));

const LABELS = '11px system-ui';
/** An axis does not become narrower than this, so that the plot does not move with each new label. */
const LEAST_ROOM = 52;
/** Pixels. */
const DRAG = 4;

/** So many points of a series are drawn. */
const MOST = 2400;

/** Hues far from one another first: lines cross, boxes do not. */
export const PLOT_HUES: readonly number[] = [0, 3, 1, 5, 2, 6, 4, 7];

/** Lines for a few series that do not share their x: each has its own rows in one table. */
function tableOf(
  series: readonly Series[],
  weight: number,
  range: { from: number; to: number } | null,
): uPlot.AlignedData {
  const tables = series.map((one) => {
    const smoothed = one.smoothed(weight);
    let from = 0;
    let to = one.times.length;
    if (range) {
      while (from < to && one.times[from]! < range.from) from++;
      while (to > from && one.times[to - 1]! > range.to) to--;
    }
    const kept = thin(one.values, from, to, MOST);
    const x = axis.value === 'step' ? one.steps : one.times;
    const start = session.store.end ? session.store.t(session.store.first) : 0;
    const shown = (value: number) => (Number.isFinite(value) && !(log.value && value <= 0) ? value : null);
    const xs: number[] = [];
    const raw: (number | null)[] = [];
    const mean: (number | null)[] = [];
    const { gaps } = session.store;
    let gap = kept.length ? gaps.upTo(one.rows[kept[0]!]!) : 0;
    for (const at of kept) {
      const place = axis.value === 'step' ? x[at]! : (x[at]! - start) / 1000;
      // Two steps can end in one microsecond; a table's rows differ in x.
      if (xs.length && place <= xs.at(-1)!) continue;
      // No line is drawn over what nobody has seen.
      const before = gap;
      gap = gaps.upTo(one.rows[at]!);
      if (gap > before && xs.length) {
        xs.push((xs.at(-1)! + place) / 2);
        raw.push(null);
        mean.push(null);
      }
      xs.push(place);
      raw.push(shown(one.values[at]!));
      mean.push(shown(smoothed[at]!));
    }
    return [xs, raw, mean] as uPlot.AlignedData;
  });
  if (!tables.length) return [[]];
  return uPlot.join(tables, tables.map((table) => table.map(() => 2)) as uPlot.JoinNullMode[][]);
}

/** Some series as lines. Tells `hover` the x that the pointer is at. */
export function Plot({ series, hover }: { series: readonly Series[]; hover: Signal<number | null> }) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const version = session.version.value;
  const now = session.now.value;
  const range = session.range.value;
  const moment = useRef({ now, series });
  moment.current = { now, series };

  // The plot is made anew when its lines or scales change; new values only replace its data.
  useEffect(() => {
    const element = box.current;
    if (!element || !series.length) return;
    const ink = colour('dim');
    const line = colour('line');
    const options: uPlot.Options = {
      width: element.clientWidth,
      height: element.clientHeight,
      legend: { show: false },
      cursor: {
        y: false,
        points: { size: 6 },
        // What is dragged over is selected for the log and the timeline too: a zoom of the plot's own would be undone
        // by the next data. A hand that trembles while it clicks drags nothing.
        drag: {
          x: true,
          y: false,
          setScale: false,
          dist: DRAG,
          click: (_, event) => {
            if (dragged) event.stopImmediatePropagation();
          },
        },
      },
      scales: { x: { time: false }, y: { distr: log.value ? 3 : 1 } },
      axes: [
        {
          stroke: ink,
          grid: { stroke: line, width: 1 },
          ticks: { stroke: line, width: 1 },
          font: LABELS,
          size: 30,
          values: (_, splits, __, ___, step) =>
            splits.map((at) => (axis.value === 'step' ? figure(at) : stamp(at * 1000, step * 1000))),
        },
        {
          stroke: ink,
          grid: { stroke: line, width: 1 },
          ticks: { stroke: line, width: 1 },
          font: LABELS,
          size: (u, values) => roomFor(u, values),
          values: (_, splits, __, ___, step) =>
            splits.map((at) => (at === null ? '' : log.value ? figure(at) : tick(at, step))),
        },
      ],
      series: [
        {},
        ...series.flatMap((_, index): uPlot.Series[] => {
          const stroke = colour(`hue${PLOT_HUES[index % PLOT_HUES.length]}`);
          return [
            { stroke, width: 1, alpha: smoothing.value ? 0.28 : 1, spanGaps: false, points: { show: false } },
            { stroke, width: 1.75, show: smoothing.value > 0, spanGaps: false, points: { show: false } },
          ];
        }),
      ],
      hooks: {
        setCursor: [
          (u) => {
            hover.value = u.data[0][u.cursor.idx ?? -1] ?? null;
          },
        ],
        setSelect: [
          (u) => {
            dragged = u.select.width >= DRAG;
            if (!dragged) return;
            const [from, to] = [u.select.left, u.select.left + u.select.width].map((left) => u.posToVal(left, 'x'));
            select(moment.current.series, from!, to!);
            u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          },
        ],
        draw: [(u) => drawMoment(u, moment.current)],
      },
    };
    let dragged = false;
    element.addEventListener('pointerdown', () => {
      dragged = false;
    });
    const made = new uPlot(options, tableOf(series, smoothing.value, session.range.value), element);
    plot.current = made;
    const watch = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: element.clientHeight }));
    watch.observe(element);
    // A click goes to the step under the pointer.
    made.over.addEventListener('click', () => {
      const at = made.cursor.left === undefined ? Number.NaN : made.posToVal(made.cursor.left, 'x');
      const [one] = moment.current.series;
      if (!one || Number.isNaN(at)) return;
      const start = session.store.t(session.store.first);
      const x = axis.value === 'step' ? one.steps : one.times;
      const wanted = axis.value === 'step' ? at : start + at * 1000;
      let index = x.findIndex((value) => value >= wanted);
      if (index < 0) index = x.length - 1;
      if (one.rows[index] !== undefined) session.jump(one.rows[index]!);
    });
    return () => {
      watch.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [series, smoothing.value, log.value, axis.value, dark.value]);

  // While lines stream in, four times a second is often enough.
  const drawn = useRef(0);
  useEffect(() => {
    const wait = Math.max(0, 250 - (performance.now() - drawn.current));
    const timer = setTimeout(() => {
      drawn.current = performance.now();
      plot.current?.setData(tableOf(series, smoothing.value, range));
    }, wait);
    return () => clearTimeout(timer);
  }, [version, range, series]);
  const told = useRef(version);
  useEffect(() => {
    // Where lines have come in, it is drawn with them.
    if (told.current === version) plot.current?.redraw(false);
    told.current = version;
  }, [now, version]);

  const names = series.map(({ pick }) => pickName(pick)).join(', ');
  return <div class="plot" ref={box} role="img" aria-label={names ? `Plot of ${names}` : 'Plot'} />;
}

/** Makes the part of the x axis that was dragged over the time that is selected. */
function select(series: readonly Series[], from: number, to: number): void {
  const start = session.store.t(session.store.first);
  const range =
    axis.value === 'time' ? { from: start + from * 1000, to: start + to * 1000 } : timeOfSteps(series, from, to);
  if (range) session.range.value = range;
}

/** How wide an axis has to be for what stands at it. */
function roomFor(u: uPlot, values: readonly string[] | null): number {
  if (!values?.length) return LEAST_ROOM;
  u.ctx.save();
  // The canvas is in pixels of the screen, the axis in those of the page.
  u.ctx.font = LABELS;
  const widest = Math.max(...values.map((text) => u.ctx.measureText(text).width));
  u.ctx.restore();
  return Math.max(LEAST_ROOM, Math.ceil(widest) + 20);
}

/** The moment as a line, and what is not finite as ticks at the foot: a gap alone is easily missed. */
function drawMoment(u: uPlot, { now, series }: { now: number; series: readonly Series[] }): void {
  const { ctx } = u;
  const { left, top, width, height } = u.bbox;
  const start = session.store.end ? session.store.t(session.store.first) : 0;
  const place = (step: number, time: number) =>
    u.valToPos(axis.value === 'step' ? step : (time - start) / 1000, 'x', true);
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, width, height);
  ctx.clip();
  ctx.fillStyle = colour('bad');
  for (const { odd } of series) {
    for (const { step, time } of odd)
      ctx.fillRect(place(step, time) - 1, top + height - 8 * devicePixelRatio, 2, 8 * devicePixelRatio);
  }
  const [first] = series;
  const at = first ? first.upTo(now) : -1;
  if (first && at >= 0) {
    ctx.fillStyle = colour('accent');
    ctx.fillRect(Math.round(place(first.steps[at]!, first.times[at]!)), top, Math.max(1, devicePixelRatio), height);
  }
  ctx.restore();
}
