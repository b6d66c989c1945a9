import uPlot from 'uplot';
import { extent, type LinePoints, linePoints, strokeLine } from '../drawing/plot-points.ts';
import { askForPaint, forgetPaint, type Painted } from '../page/paint-turns.ts';
import type { ChartLook, PlotAxis } from '../page/plot-choice.ts';
import { placeOn, pointAt, rangeOf } from '../page/plot-places.ts';
import type { PlottedSeries } from '../page/plotted.ts';
import { colour } from '../page/theme.ts';
import { axesOf, yRange } from './plot-axes.ts';

/** All that a chart shows. */
export interface PlotScene {
  lines: readonly PlottedSeries[];
  look: ChartLook;
  axis: PlotAxis;
  /** Another one when the colours are. */
  theme: boolean;
}

/** What is told of the pointer. */
export interface PlotListener {
  /** Where on the axis it is, and which line is next to it; nothing where it is not on the chart. */
  hover(place: number | null, line: PlottedSeries | undefined): void;
  press(place: number, line: PlottedSeries | undefined): void;
  drag(from: number, to: number): void;
  painted(): void;
}

/** Pixels: a hand that trembles while it clicks drags nothing. */
const DRAG = 4;
/** So many points of each line are read at a time. */
const READS = 2000;
const DASHES: readonly number[][] = [[], [7, 3], [2, 3], [10, 3, 2, 3]];
/** Of this many lines on, each is drawn so that others can be seen through it. */
const MANY = 9;

/** One chart on its canvas: axes and pointer by uPlot, the lines, each of which has an x of its own, by hand. */
export class PlotCanvas implements Painted {
  readonly #box: HTMLElement;
  readonly #listener: PlotListener;
  readonly #watch: ResizeObserver;
  readonly #playhead = mark('playhead');
  readonly #pointer = mark('pointer');
  #scene: PlotScene | undefined;
  #plot: uPlot | undefined;
  #points: LinePoints[] = [];
  #x = { min: 0, max: 1 };
  #y = { min: 0, max: 1 };
  #near: PlottedSeries | undefined;
  #dragged = false;

  constructor(box: HTMLElement, listener: PlotListener) {
    this.#box = box;
    this.#listener = listener;
    this.#watch = new ResizeObserver(() => {
      if (box.clientWidth) this.#plot?.setSize({ width: box.clientWidth, height: box.clientHeight });
    });
    this.#watch.observe(box);
  }

  /** Shows this from the next turn on. */
  show(scene: PlotScene): void {
    const before = this.#scene;
    const same =
      before && before.axis === scene.axis && before.look.log === scene.look.log && before.theme === scene.theme;
    if (!same) this.#leave();
    this.#scene = scene;
    askForPaint(this);
  }

  read(): boolean {
    let whole = true;
    for (const { series } of this.#scene?.lines ?? []) {
      series.grow(READS);
      whole &&= series.whole;
    }
    return whole;
  }

  paint(): void {
    const { lines, look, axis } = this.#scene!;
    const width = this.#box.clientWidth;
    if (!width) return;
    // Of many lines, each is drawn more roughly.
    const parts = Math.max(50, Math.min(width, Math.ceil((width * 4) / Math.max(1, lines.length))));
    this.#points = lines.map((line) =>
      linePoints(line.series, { xOf: (at) => placeOn(axis, line, at), ...look, range: rangeOf(line), parts }),
    );
    const x = extent(this.#points.flatMap((points) => [points.x, points.odd]));
    this.#x = !x ? { min: 0, max: 1 } : x.min === x.max ? { min: x.min - 0.5, max: x.max + 0.5 } : x;
    this.#y = yRange(extent(this.#points.flatMap(({ y, mean }) => [y, mean])), look.log);
    const data: uPlot.AlignedData = [
      [this.#x.min, this.#x.max],
      [this.#y.min, this.#y.max],
    ];
    if (this.#plot) this.#plot.setData(data);
    else this.#make(data);
    this.#listener.painted();
  }

  /** Marks the moment that is shown, and where the pointer is on another chart. */
  place(moment: number | undefined, pointer: number | undefined): void {
    move(this.#plot, this.#playhead, moment);
    move(this.#plot, this.#pointer, pointer);
  }

  /** Draws one of the lines above the others. */
  stress(line: PlottedSeries | undefined): void {
    if (this.#near?.series === line?.series) return;
    this.#near = line;
    if (this.#scene!.lines.length > 1) this.#plot?.redraw(false);
  }

  leave(): void {
    forgetPaint(this);
    this.#watch.disconnect();
    this.#leave();
  }

  #leave(): void {
    this.#plot?.destroy();
    this.#plot = undefined;
  }

  #make(data: uPlot.AlignedData): void {
    const { axis, look } = this.#scene!;
    const options: uPlot.Options = {
      width: this.#box.clientWidth,
      height: this.#box.clientHeight,
      legend: { show: false },
      padding: [6, 10, 0, 0],
      cursor: {
        y: false,
        points: { show: false },
        // What is dragged over is selected for the log and the timeline too: a zoom of the plot's own would be undone by
        // the next data.
        drag: {
          x: true,
          y: false,
          setScale: false,
          dist: DRAG,
          click: (_, event) => {
            if (this.#dragged) event.stopImmediatePropagation();
          },
        },
      },
      scales: {
        x: { time: false, range: () => [this.#x.min, this.#x.max] },
        y: { distr: look.log ? 3 : 1, range: () => [this.#y.min, this.#y.max] },
      },
      axes: axesOf(axis, look.log),
      // What the scales are made of; it is not drawn.
      series: [{}, { paths: () => null, points: { show: false } }],
      hooks: {
        setCursor: [(u) => this.#tellHover(u)],
        setSelect: [(u) => this.#tellDrag(u)],
        draw: [(u) => this.#draw(u)],
      },
    };
    const plot = new uPlot(options, data, this.#box);
    this.#plot = plot;
    plot.over.append(this.#playhead, this.#pointer);
    plot.over.addEventListener('pointerdown', () => {
      this.#dragged = false;
    });
    plot.over.addEventListener('click', () => {
      const { left } = plot.cursor;
      if (left !== undefined && left >= 0) this.#listener.press(plot.posToVal(left, 'x'), this.#lineAt(plot));
    });
  }

  #tellHover(u: uPlot): void {
    const { left } = u.cursor;
    if (left === undefined || left < 0) this.#listener.hover(null, undefined);
    else this.#listener.hover(u.posToVal(left, 'x'), this.#lineAt(u));
  }

  #tellDrag(u: uPlot): void {
    const { left, width } = u.select;
    this.#dragged = width >= DRAG;
    if (!this.#dragged) return;
    const [from, to] = [u.posToVal(left, 'x'), u.posToVal(left + width, 'x')];
    u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.#listener.drag(from, to);
  }

  /** The line that is next to the pointer. */
  #lineAt(u: uPlot): PlottedSeries | undefined {
    const { lines, axis } = this.#scene!;
    const { left = 0, top = 0 } = u.cursor;
    const place = u.posToVal(left, 'x');
    let nearest: PlottedSeries | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const line of lines) {
      const at = pointAt(axis, line, place);
      if (at < 0) continue;
      const away = Math.abs(u.valToPos(line.series.values.at(at), 'y') - top);
      // What is not finite lies nowhere.
      const far = Number.isFinite(away) ? away : Number.MAX_VALUE;
      if (far < least) [nearest, least] = [line, far];
    }
    return nearest;
  }

  #draw(u: uPlot): void {
    const { ctx } = u;
    const { left, top, width, height } = u.bbox;
    const place = { x: (x: number) => u.valToPos(x, 'x', true), y: (y: number) => u.valToPos(y, 'y', true) };
    const { lines, look } = this.#scene!;
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, top, width, height);
    ctx.clip();
    ctx.lineJoin = 'round';
    ctx.lineCap = 'round';
    const order = [...lines.keys()].sort((a, b) => Number(this.#isNear(a)) - Number(this.#isNear(b)));
    for (const index of order) {
      const points = this.#points[index];
      const line = lines[index]!;
      // A line that has come since is drawn with the next paint.
      if (!points) continue;
      const near = this.#isNear(index);
      const alpha = near ? 1 : this.#near ? 0.35 : lines.length >= MANY ? 0.7 : 1;
      ctx.strokeStyle = colour(`hue${line.hue}`);
      ctx.setLineDash((lines.length < MANY ? DASHES[line.dash]! : []).map((length) => length * devicePixelRatio));
      ctx.globalAlpha = alpha * (look.smoothing ? 0.28 : 1);
      ctx.lineWidth = (near ? 2.25 : 1.25) * devicePixelRatio;
      strokeLine(ctx, points.x, points.y, place);
      ctx.globalAlpha = alpha;
      if (look.smoothing) strokeLine(ctx, points.x, points.mean, place);
    }
    ctx.setLineDash([]);
    ctx.globalAlpha = 1;
    // What is not finite, as ticks at the foot: a gap alone is easily missed.
    ctx.fillStyle = colour('bad');
    const tall = 8 * devicePixelRatio;
    for (const { odd } of this.#points)
      for (const x of odd) ctx.fillRect(place.x(x) - devicePixelRatio, top + height - tall, 2 * devicePixelRatio, tall);
    ctx.restore();
  }

  #isNear(index: number): boolean {
    return this.#scene!.lines[index]?.series === this.#near?.series;
  }
}

function mark(name: string): HTMLElement {
  const made = document.createElement('i');
  made.className = name;
  made.hidden = true;
  return made;
}

/** Puts a mark to a place on the axis; hides it where that is not on the chart. */
function move(plot: uPlot | undefined, what: HTMLElement, place: number | undefined): void {
  const at = plot && place !== undefined ? plot.valToPos(place, 'x') : Number.NaN;
  const hidden = !(plot && at >= -0.5 && at <= plot.over.clientWidth + 0.5);
  if (what.hidden !== hidden) what.hidden = hidden;
  if (!hidden) what.style.transform = `translateX(${Math.round(at)}px)`;
}
