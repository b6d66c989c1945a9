import type { Actor } from '../run/actor.ts';
import type { Lane } from '../run/lane.ts';
import { AXIS, BAR, LANE, type Scene, STRIP } from './flame-scene.ts';
import { endOf, type Section } from './flame-sections.ts';

/** Draws what is known of a part of time. */
export function drawSection(ctx: CanvasRenderingContext2D, scene: Scene, section: Section, height: number): void {
  const { from, to, width } = scene;
  const scale = width / (to - from);
  const isAll = section.from <= from && section.to >= to;
  if (!isAll) {
    ctx.save();
    ctx.beginPath();
    ctx.rect((section.from - from) * scale, AXIS, (section.to - section.from) * scale, height);
    ctx.clip();
  }
  ctx.globalAlpha = section.isHeld ? 1 : 0.55;
  for (const [at, lane] of section.lanes.list.entries()) {
    const y = AXIS + at * LANE;
    drawBars(ctx, scene, section, lane, y);
    // Those that failed over all others, so that none of them is hidden.
    if (lane.failed.length) drawFailed(ctx, scene, section, lane, y);
  }
  ctx.globalAlpha = 1;
  if (!isAll) ctx.restore();
}

/**
 * Draws the bars of a lane. Those narrower than a pixel are drawn once for each pixel, and the others of that pixel are
 * not even looked at: of however many there are, no more are gone through than there are pixels.
 */
function drawBars(ctx: CanvasRenderingContext2D, scene: Scene, section: Section, lane: Lane, y: number): void {
  const { from, width } = scene;
  const scale = width / (scene.to - from);
  let covered = -1;
  for (let place = lane.firstIn(section.from); place < lane.next; place++) {
    if (lane.from(place) > section.to) break;
    const end = xOfEnd(scene, section, lane, place);
    if (end > covered + 0.5) covered = drawSpan(ctx, scene, section, lane, place, y, covered, false);
    // The next one that reaches further; this one is passed over in any case.
    else place = lane.firstIn(from + (covered + 0.5) / scale, place + 1) - 1;
  }
}

function drawFailed(ctx: CanvasRenderingContext2D, scene: Scene, section: Section, lane: Lane, y: number): void {
  const { from, width } = scene;
  const scale = width / (scene.to - from);
  let covered = -1;
  for (let at = lane.firstFailedIn(section.from); at < lane.failed.length; at++) {
    const place = lane.failed[at]!;
    if (lane.from(place) > section.to) break;
    const end = xOfEnd(scene, section, lane, place);
    if (end > covered + 0.5) covered = drawSpan(ctx, scene, section, lane, place, y, covered, true);
    else at = lane.firstFailedIn(from + (covered + 0.5) / scale, at + 1) - 1;
  }
}

const xOfEnd = ({ from, to, width }: Scene, { lanes }: Section, lane: Lane, place: number): number =>
  Math.min(width + 2, (endOf(lanes, lane, place) - from) * (width / (to - from)));

/** Draws a bar behind those that reach to a pixel. Returns the pixel that it reaches to. */
function drawSpan(
  ctx: CanvasRenderingContext2D,
  scene: Scene,
  section: Section,
  lane: Lane,
  place: number,
  y: number,
  covered: number,
  failed: boolean,
): number {
  const { store, from, to, width } = scene;
  const begin = Math.max(-2, (lane.from(place) - from) * (width / (to - from)));
  const end = xOfEnd(scene, section, lane, place);
  // Behind narrow ones there is no gap narrower than a pixel: it would only make what is dense look faint.
  const isDense = covered >= 0 && end - begin < 2 && Math.abs(begin - covered) < 1;
  const x = isDense ? covered : Math.max(begin, Math.min(covered, begin + 0.5));
  const wide = Math.max(end - x, 1);
  drawBar(ctx, scene, lane, place, x, wide, y, failed);
  const actor = section.isHeld ? store.actorOf(lane.actor(place)) : undefined;
  if (actor && actor === scene.selected) outline(ctx, scene, x, wide, y);
  if (actor && wide > 3) drawStrip(ctx, scene, actor, x, wide - gapOf(wide), y + BAR);
  if (Number.isNaN(lane.end(place)) && !store.goesOn.peek()) drawOpenEnd(ctx, scene, end, y);
  return Math.max(end, x + 1);
}

/** Between a bar and the next. */
const gapOf = (width: number): number => (width > 4 ? 1 : 0);

function drawBar(
  ctx: CanvasRenderingContext2D,
  scene: Scene,
  lane: Lane,
  place: number,
  x: number,
  width: number,
  y: number,
  failed: boolean,
): void {
  const { palette } = scene;
  const gap = gapOf(width);
  const { name, hue, most } = lane.label(place);
  ctx.fillStyle = palette.hues[hue]!;
  ctx.fillRect(x, y, width - gap, BAR);
  if (failed) {
    ctx.fillStyle = palette.bad;
    ctx.fillRect(x, y, Math.max(2, width - gap), 3);
    ctx.fillRect(x + width - gap - 3, y, 3, BAR);
  }
  if (width <= 26) return;
  const left = Math.max(x, 0) + 5;
  const room = Math.min(x + width, scene.width) - left - 4;
  const text = barText(name, most > 1 ? ` #${lane.nth(place)}` : '', room);
  if (!text) return;
  ctx.fillStyle = palette.onBar;
  ctx.fillText(text, left, y + BAR / 2 + 0.5);
}

/** Around the bar of the loop that is looked at. */
function outline(ctx: CanvasRenderingContext2D, { palette }: Scene, x: number, width: number, y: number): void {
  ctx.strokeStyle = palette.text;
  ctx.lineWidth = 1.5;
  ctx.strokeRect(x + 0.75, y + 0.75, Math.max(1, width - gapOf(width) - 1.5), BAR - 1.5);
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
