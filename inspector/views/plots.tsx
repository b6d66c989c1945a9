import { signal, useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { duration, stamp } from '../clock.ts';
import { inOrder, isPicked, picksOf, togglePick } from '../picks.ts';
import { numbersOf, pickName, Series, smooth, thin, timeOfSteps } from '../series.ts';
import { session } from '../session.ts';
import { colour, dark } from '../theme.ts';
import { tick } from '../ticks.ts';
import { figure } from '../value.ts';
import { Range } from './range.tsx';
import { Scroll } from './scroll.tsx';

const axis = signal<'step' | 'time'>('step');
const smoothing = signal(0.6);
const log = signal(false);

const find = signal('');

const LABELS = '11px system-ui';
/** An axis does not become narrower than this, so that the plot does not move with each new label. */
const LEAST_ROOM = 52;
/** Pixels. */
const DRAG = 4;

const MOST = 2400;
/** More numbers than this are searched. */
const MANY = 12;

/** Lines for a few series that do not share their x: each has its own rows in one table. */
function tableOf(
  series: readonly Series[],
  weight: number,
  range: { from: number; to: number } | null,
): uPlot.AlignedData {
  const tables = series.map((one) => {
    const smoothed = smooth(one.values, weight);
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
    for (const at of kept) {
      const place = axis.value === 'step' ? x[at]! : (x[at]! - start) / 1000;
      // Two steps can end in one microsecond; a table's rows differ in x.
      if (xs.length && place <= xs.at(-1)!) continue;
      xs.push(place);
      raw.push(shown(one.values[at]!));
      mean.push(shown(smoothed[at]!));
    }
    return [xs, raw, mean] as uPlot.AlignedData;
  });
  if (!tables.length) return [[]];
  return uPlot.join(tables, tables.map((table) => table.map(() => 2)) as uPlot.JoinNullMode[][]);
}

/** Numbers of the states over steps or time. */
export function Plots() {
  const { store } = session;
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const hover = useSignal<number | null>(null);
  const version = session.version.value;
  const now = session.now.value;
  const range = session.range.value;
  const found = [...store.paths.values()].flatMap((path) => numbersOf(store, path));
  const all = inOrder(found);
  const wanted = find.value.trim().toLowerCase();
  const listed = all.filter((pick) => isPicked(pick.path, pick.keys) || pickName(pick).toLowerCase().includes(wanted));
  const picks = picksOf(all);
  const names = picks.map(pickName).join('\n');
  const series = useMemo(() => picks.map((pick) => new Series(pick)), [store, names]);
  for (const one of series) one.grow(store);
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
          values: (_, splits) => splits.map((at) => (axis.value === 'step' ? figure(at) : duration(at * 1000))),
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

  const x = hover.value ?? undefined;
  const of = momentTold(series, x, now);
  return (
    <section class="plots" aria-label="Plots">
      <header class="tools">
        <select
          aria-label="X axis"
          value={axis.value}
          onChange={(e) => {
            axis.value = e.currentTarget.value as 'step' | 'time';
          }}
        >
          <option value="step">over steps</option>
          <option value="time">over time</option>
        </select>
        <label class="check">
          smooth
          <input
            type="range"
            min="0"
            max="0.99"
            step="0.01"
            value={smoothing.value}
            onInput={(e) => {
              smoothing.value = Number(e.currentTarget.value);
            }}
          />
          <span class="fixed">{smoothing.value.toFixed(2)}</span>
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={log.value}
            onChange={(e) => {
              log.value = e.currentTarget.checked;
            }}
          />
          log scale
        </label>
        <Range />
      </header>
      <div class="plotted">
        <Scroll id="plots" class="picks" label="Numbers">
          {!all.length ? (
            <p class="note">
              No state holds a number yet. Every number in a loop's <code>state</code> can be plotted.
            </p>
          ) : null}
          {all.length > MANY ? (
            <input
              type="search"
              placeholder={`Search ${figure(all.length)} numbers`}
              aria-label="Search the numbers"
              value={find.value}
              onInput={(e) => {
                find.value = e.currentTarget.value;
              }}
            />
          ) : null}
          {of ? (
            <p class="of">
              <b>{of}</b> {x === undefined ? 'shown' : 'at pointer'}
            </p>
          ) : null}
          {listed.map((pick) => {
            const name = pickName(pick);
            const index = picks.findIndex((other) => pickName(other) === name);
            const one = series[index];
            const told = one ? indexTold(one, x, now) : -1;
            return (
              <label key={name} class="pick" title={name}>
                <input
                  type="checkbox"
                  checked={index >= 0}
                  onChange={() => {
                    togglePick(pick.path, pick.keys);
                  }}
                />
                <i class={index >= 0 ? `swatch hue${PLOT_HUES[index % PLOT_HUES.length]}` : 'swatch'} />
                <span class="where">{pick.path.slice(pick.path.lastIndexOf('.') + 1)}</span>
                <span class="key">{pick.keys.join('.')}</span>
                <span class="read">{one && told >= 0 ? figure(one.values[told]!) : ''}</span>
              </label>
            );
          })}
        </Scroll>
        <div
          class="plot"
          ref={box}
          role="img"
          aria-label={picks.length ? `Plot of ${picks.map(pickName).join(', ')}` : 'Plot'}
        />
      </div>
    </section>
  );
}

/** Hues far from one another first: lines cross, boxes do not. */
const PLOT_HUES = [0, 3, 1, 5, 2, 6, 4, 7];

/** Which of a series' steps is told of: the last one up to the pointer, or to the moment that is shown. */
function indexTold(one: Series, x: number | undefined, now: number): number {
  if (x === undefined) return indexAt(one, now);
  if (axis.value === 'step') return upTo(one.steps, x);
  const start = session.store.end ? session.store.t(session.store.first) : 0;
  // A hair more: seconds were milliseconds before, and not all of them come back the same.
  return upTo(one.times, start + x * 1000 + 1e-4);
}

/** Of which step, and of when, the first of the series that has one is told. */
function momentTold(series: readonly Series[], x: number | undefined, now: number): string {
  const start = session.store.end ? session.store.t(session.store.first) : 0;
  for (const one of series) {
    const at = indexTold(one, x, now);
    if (at >= 0) return `step ${figure(one.steps[at]!)} · ${stamp(one.times[at]! - start)}`;
  }
  return '';
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

const indexAt = ({ rows }: Series, row: number): number => upTo(rows, row);

/** The index of the last of some growing numbers that is not above a limit, -1 where there is none. */
function upTo(numbers: readonly number[], limit: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle]! <= limit) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The moment as a line, and what is not finite as ticks at the foot: a gap alone is easily missed. */
function drawMoment(u: uPlot, { now, series }: { now: number; series: readonly Series[] }): void {
  const { ctx } = u;
  const { left, top, width, height } = u.bbox;
  const start = session.store.end ? session.store.t(session.store.first) : 0;
  const place = (one: Series, at: number) =>
    u.valToPos(axis.value === 'step' ? one.steps[at]! : (one.times[at]! - start) / 1000, 'x', true);
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, width, height);
  ctx.clip();
  ctx.fillStyle = colour('bad');
  for (const one of series) {
    one.values.forEach((value, at) => {
      if (!Number.isFinite(value))
        ctx.fillRect(place(one, at) - 1, top + height - 8 * devicePixelRatio, 2, 8 * devicePixelRatio);
    });
  }
  const [first] = series;
  const at = first ? indexAt(first, now) : -1;
  if (first && at >= 0) {
    ctx.fillStyle = colour('accent');
    ctx.fillRect(Math.round(place(first, at)), top, Math.max(1, devicePixelRatio), height);
  }
  ctx.restore();
}
