import type { Actor } from '../run/actor.ts';
import { firstIn, type Lane } from '../run/lane.ts';
import type { Store } from '../run/store.ts';
import { stamp } from '../text/time.ts';

export interface Palette {
  ground: string;
  text: string;
  dim: string;
  line: string;
  accent: string;
  bad: string;
  warn: string;
  hook: string;
  step: string;
  onBar: string;
  hues: string[];
}

export interface Scene {
  store: Store;
  from: number;
  to: number;
  /** The row that is shown. */
  now: number;
  selected: Actor | undefined;
  range: { from: number; to: number } | null;
  /** What is marked on the axis. */
  marks: readonly { t: number }[];
  width: number;
  palette: Palette;
}

export const AXIS = 20;
const BAR = 17;
const STRIP = 6;
export const LANE = BAR + STRIP + 3;

/** How many pixels so many lanes take. Where there is none yet, there is room for two. */
export const tall = (lanes: number): number => AXIS + Math.max(2, lanes) * LANE + 2;

/** Draws the runs of all loops over time, and in each what its machine did. */
export function drawFlame(ctx: CanvasRenderingContext2D, scene: Scene): void {
  const { store, width } = scene;
  const height = tall(store.lanes.length);
  ctx.clearRect(0, 0, width, Math.max(height, ctx.canvas.height));
  ctx.font = '11px system-ui, sans-serif';
  ctx.textBaseline = 'middle';
  drawAxis(ctx, scene);
  for (let lane = 0; lane < store.lanes.length; lane++) drawLane(ctx, scene, store.lanes[lane]!, AXIS + lane * LANE);
  drawGaps(ctx, scene, height);
  drawMarks(ctx, scene);
  drawRange(ctx, scene, ctx.canvas.height);
  drawNow(ctx, scene, ctx.canvas.height);
}

/** Those that failed over all others, so that none of them is hidden. */
function drawLane(ctx: CanvasRenderingContext2D, scene: Scene, { actors, failed }: Lane, y: number): void {
  drawActors(ctx, scene, actors, y, false);
  if (failed.length) drawActors(ctx, scene, failed, y, true);
}

/**
 * Draws actors that lie in time. Those narrower than a pixel are drawn once for each pixel, and the others of that pixel
 * are not even looked at: of however many there are, no more are gone through than there are pixels.
 */
function drawActors(
  ctx: CanvasRenderingContext2D,
  scene: Scene,
  actors: readonly Actor[],
  y: number,
  failed: boolean,
): void {
  const { store, from, to, width } = scene;
  const scale = width / (to - from);
  let covered = -1;
  for (let at = firstIn(actors, from); at < actors.length; at++) {
    const actor = actors[at]!;
    if (actor.from > to) break;
    const x = Math.max(-2, (actor.from - from) * scale);
    const end = Math.min(width + 2, ((Number.isNaN(actor.end) ? store.t(store.last) : actor.end) - from) * scale);
    if (end <= covered + 0.5) {
      // The next one that reaches further; this one is passed over in any case.
      at = firstIn(actors, from + (covered + 0.5) / scale, at + 1) - 1;
      continue;
    }
    drawBar(ctx, scene, actor, Math.max(x, Math.min(covered, x + 0.5)), Math.max(end - x, 1), y, failed);
    if (!actor.ended && !store.goesOn.peek()) drawOpenEnd(ctx, scene, end, y);
    covered = Math.max(end, x + 1);
  }
}

function drawBar(
  ctx: CanvasRenderingContext2D,
  scene: Scene,
  actor: Actor,
  x: number,
  width: number,
  y: number,
  failed: boolean,
): void {
  const { palette } = scene;
  const gap = width > 4 ? 1 : 0;
  ctx.fillStyle = palette.hues[actor.path.hue]!;
  ctx.fillRect(x, y, width - gap, BAR);
  if (failed) {
    ctx.fillStyle = palette.bad;
    ctx.fillRect(x, y, Math.max(2, width - gap), 3);
    ctx.fillRect(x + width - gap - 3, y, 3, BAR);
  }
  if (width > 26) {
    const left = Math.max(x, 0) + 5;
    const room = Math.min(x + width, scene.width) - left - 4;
    const text = barText(actor.name, actor.path.actors.length > 1 ? ` #${actor.occurrence}` : '', room);
    if (text) {
      ctx.fillStyle = palette.onBar;
      ctx.fillText(text, left, y + BAR / 2 + 0.5);
    }
  }
  if (actor === scene.selected) {
    ctx.strokeStyle = palette.text;
    ctx.lineWidth = 1.5;
    ctx.strokeRect(x + 0.75, y + 0.75, Math.max(1, width - gap - 1.5), BAR - 1.5);
  }
  if (width > 3) drawStrip(ctx, scene, actor, x, width - gap, y + BAR);
}

/** What fits into so many pixels. Which run it is cannot be told from where it lies: a long name is cut before that. */
export function barText(name: string, nth: string, room: number): string {
  if (room > (name.length + nth.length) * 6.2) return name + nth;
  const signs = Math.floor(room / 6.6) - 1;
  if (signs - nth.length >= 2) return `${name.slice(0, signs - nth.length)}…${nth.trim()}`;
  if (!nth) return room > 34 ? `${name.slice(0, signs)}…` : '';
  return signs >= nth.length ? nth.trim() : '';
}

/** A bar whose end nobody has seen is frayed there. */
function drawOpenEnd(ctx: CanvasRenderingContext2D, { palette }: Scene, end: number, y: number): void {
  ctx.fillStyle = palette.ground;
  for (let tooth = 0; tooth < 3; tooth++) ctx.fillRect(end - 4 - 4 * tooth, y, 2, BAR);
}

/** Where lines are missing, nobody knows what the loops did. */
function drawGaps(ctx: CanvasRenderingContext2D, { store, from, to, width, palette }: Scene, height: number): void {
  const scale = width / (to - from);
  ctx.fillStyle = palette.warn;
  // Those narrower than a pixel are drawn once for each pixel, however many they are.
  let covered = -1;
  for (let at = 0; at < store.gaps.length; at++) {
    const row = store.gaps.row(at);
    const begin = store.t(row);
    const end = store.t(Math.min(row + 1, store.last));
    if (end < from || begin > to) continue;
    const left = (begin - from) * scale;
    const wide = Math.max(2, (end - begin) * scale);
    if (left + wide <= covered + 0.5) continue;
    covered = left + wide;
    ctx.globalAlpha = 0.35;
    ctx.fillRect(left, AXIS - 4, wide, height);
    ctx.globalAlpha = 1;
    ctx.fillRect(left, AXIS - 4, wide, 3);
  }
}

/** Below a bar: each step, hook and pause, or where there are too many to tell apart, the state at each pixel. */
function drawStrip(
  ctx: CanvasRenderingContext2D,
  scene: Scene,
  actor: Actor,
  x: number,
  width: number,
  y: number,
): void {
  const { store, from, to, palette } = scene;
  const scale = scene.width / (to - from);
  const first = Math.max(0, actor.rows.upTo(store.rowOfTime(Math.max(from, actor.from))));
  const last = actor.rows.upTo(store.rowOfTime(to));
  const colourOf = (value: string, even: boolean): string | undefined => {
    if (value === 'advancing') return even ? palette.step : palette.line;
    if (value === 'paused') return palette.warn;
    if (value === 'failed' || (value === 'aborted' && !actor.endsAnother)) return palette.bad;
    return value === 'finished' || value === 'aborted' ? undefined : palette.hook;
  };
  if (last - first > width) {
    for (let px = Math.max(0, Math.floor(x)); px < Math.min(scene.width, x + width); px += 2) {
      const at = actor.rows.upTo(store.rowOfTime(from + (px + 1) / scale));
      if (at < 0) continue;
      const colour = colourOf(store.values.list[store.value(actor.rows.row(at))]!, true);
      if (!colour) continue;
      ctx.fillStyle = colour;
      ctx.fillRect(px, y, 2, STRIP);
    }
    return;
  }
  for (let at = first; at <= last; at++) {
    const row = actor.rows.row(at);
    const begin = (store.t(row) - from) * scale;
    const until =
      at + 1 < actor.rows.length
        ? store.t(actor.rows.row(at + 1))
        : Number.isNaN(actor.end)
          ? store.t(store.last)
          : actor.end;
    const colour = colourOf(store.values.list[store.value(row)]!, actor.rows.count(at) % 2 === 0);
    if (!colour) continue;
    const left = Math.max(begin, x);
    ctx.fillStyle = colour;
    ctx.fillRect(left, y, Math.max(0.75, Math.min((until - from) * scale, x + width) - left), STRIP);
  }
}

function drawAxis(ctx: CanvasRenderingContext2D, { store, from, to, width, palette }: Scene): void {
  const start = store.end ? store.t(store.first) : from;
  const rough = ((to - from) / width) * 110;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * unit).find((size) => size >= rough)!;
  ctx.fillStyle = palette.line;
  for (let at = Math.ceil((from - start) / step) * step; at <= to - start; at += step) {
    const x = Math.round((start + at - from) * (width / (to - from)));
    ctx.fillStyle = palette.line;
    ctx.fillRect(x, 0, 1, ctx.canvas.height);
    ctx.fillStyle = palette.dim;
    const label = stamp(at, step);
    if (x + 4 + ctx.measureText(label).width <= width) ctx.fillText(label, x + 4, 9);
  }
}

/** Half of a mark's width, and what is near it. */
const MARK = 4;

/** Moments that somebody wanted to be told of, each a mark on the axis; one for each pixel, however many they are. */
function drawMarks(ctx: CanvasRenderingContext2D, { marks, from, to, width, palette }: Scene): void {
  const drawn = new Set<number>();
  ctx.fillStyle = palette.bad;
  for (const { t } of marks) {
    const x = Math.round((t - from) * (width / (to - from)));
    if (x < -MARK || x > width + MARK || drawn.has(x)) continue;
    drawn.add(x);
    ctx.beginPath();
    ctx.moveTo(x - MARK, AXIS - 9);
    ctx.lineTo(x + MARK, AXIS - 9);
    ctx.lineTo(x, AXIS - 1);
    ctx.fill();
  }
}

/** The newest mark at a point of the drawing. */
export function markAt<Mark extends { t: number }>(
  { from, to, width }: { from: number; to: number; width: number },
  marks: readonly Mark[],
  x: number,
  y: number,
): Mark | undefined {
  if (y > AXIS + 2) return undefined;
  return marks.findLast(({ t }) => Math.abs((t - from) * (width / (to - from)) - x) <= MARK + 2);
}

function drawRange(ctx: CanvasRenderingContext2D, { range, from, to, width, palette }: Scene, height: number): void {
  if (!range) return;
  const scale = width / (to - from);
  const left = (range.from - from) * scale;
  const right = (range.to - from) * scale;
  ctx.fillStyle = palette.ground;
  ctx.globalAlpha = 0.6;
  ctx.fillRect(0, AXIS, left, height);
  ctx.fillRect(right, AXIS, width - right, height);
  ctx.globalAlpha = 1;
  ctx.fillStyle = palette.accent;
  ctx.fillRect(left, 0, 1.5, height);
  ctx.fillRect(right - 1, 0, 1.5, height);
  ctx.fillRect(left, 0, right - left, 2);
}

function drawNow(ctx: CanvasRenderingContext2D, { store, now, from, to, width, palette }: Scene, height: number): void {
  if (now < 0) return;
  const x = Math.min(width - 1, (store.t(now) - from) * (width / (to - from)));
  ctx.fillStyle = palette.accent;
  ctx.fillRect(Math.round(x), 0, 1.5, height);
  ctx.beginPath();
  ctx.moveTo(x - 4, 0);
  ctx.lineTo(x + 5.5, 0);
  ctx.lineTo(x + 0.75, 7);
  ctx.fill();
}

/** The loop at a point of the drawing. */
export function actorAt(
  { store, from, to, width }: Pick<Scene, 'store' | 'from' | 'to' | 'width'>,
  x: number,
  y: number,
): Actor | undefined {
  const lane = store.lanes[Math.floor((y - AXIS) / LANE)];
  if (y < AXIS || !lane) return undefined;
  const slack = ((to - from) / width) * 1.5;
  const t = from + (x / width) * (to - from);
  const actor = lane.actors[firstIn(lane.actors, t - slack)];
  return actor && actor.from <= t + slack ? actor : undefined;
}
