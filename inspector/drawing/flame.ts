import { stamp } from '../text/time.ts';
import { drawSection } from './flame-bars.ts';
import { AXIS, lanesOf, type Scene, tall } from './flame-scene.ts';
import { sectionsOf } from './flame-sections.ts';

/** Draws the runs of all loops over time, and in each what its machine did. */
export function drawFlame(ctx: CanvasRenderingContext2D, scene: Scene): void {
  const { store, width } = scene;
  const height = tall(lanesOf(store));
  ctx.clearRect(0, 0, width, Math.max(height, ctx.canvas.height));
  ctx.font = '11px system-ui, sans-serif';
  ctx.textBaseline = 'middle';
  drawAxis(ctx, scene);
  for (const section of sectionsOf(scene)) drawSection(ctx, scene, section, height);
  drawGaps(ctx, scene, height);
  drawMarks(ctx, scene);
  drawRange(ctx, scene, ctx.canvas.height);
  drawNow(ctx, scene, ctx.canvas.height);
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

function drawAxis(ctx: CanvasRenderingContext2D, { store, from, to, width, palette }: Scene): void {
  const start = store.end ? store.begin : from;
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
