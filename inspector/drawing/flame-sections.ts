import type { Actor } from '../run/actor.ts';
import type { Lane } from '../run/lane.ts';
import type { Lanes } from '../run/lanes.ts';
import { AXIS, LANE, type Scene } from './flame-scene.ts';

/** A part of time, and the lanes that tell of it. */
export interface Section {
  lanes: Lanes;
  from: number;
  to: number;
  /** Whether the lines of that time are held. */
  isHeld: boolean;
}

/**
 * What is in sight, in time. Where the lines are held that tell of it, each bar has its steps and hooks; before and behind
 * them only the bars are known, of what was let go of or lies in another part of the file.
 *
 *     |-- the bars alone --|---- with all that is held ----|-- the bars alone --|
 */
export function sectionsOf({ store, from, to }: Pick<Scene, 'store' | 'from' | 'to'>): Section[] {
  if (!store.end) return [];
  const { lanes, around } = store;
  const [first, last] = [store.t(store.first), store.t(store.last)];
  const beside = around ?? lanes;
  const sections = [
    { lanes: beside, from, to: Math.min(to, first), isHeld: false },
    { lanes, from: Math.max(from, first), to: Math.max(from, around ? Math.min(to, last) : to), isHeld: true },
    { lanes: beside, from: Math.max(from, last), to: around ? to : from, isHeld: false },
  ];
  return sections.filter((section) => section.to > section.from || (section.isHeld && to >= first && from <= last));
}

/** When a run ended; where it goes on, when that was last known. */
export const endOf = (lanes: Lanes, lane: Lane, place: number): number => {
  const end = lane.end(place);
  return Number.isNaN(end) ? lanes.until : end;
};

/** A bar of the timeline. */
export interface TimelineBar {
  id: string;
  from: number;
  /** When it ended, as far as that is known. */
  end: number;
  /** Whether the lines of the time are held at which it was looked for. */
  isHeld: boolean;
  /** The loop; nothing where none of its lines is held. */
  actor: Actor | undefined;
}

/** The bar at a point of the drawing. */
export function barAt(
  scene: Pick<Scene, 'store' | 'from' | 'to' | 'width'>,
  x: number,
  y: number,
): TimelineBar | undefined {
  const { store, from, to, width } = scene;
  const slack = ((to - from) / width) * 1.5;
  const t = from + (x / width) * (to - from);
  const section = sectionsOf(scene).find((one) => t <= one.to) ?? sectionsOf(scene).at(-1);
  const lane = section?.lanes.list[Math.floor((y - AXIS) / LANE)];
  if (y < AXIS || !section || !lane) return undefined;
  const place = lane.firstIn(t - slack);
  if (place >= lane.next || lane.from(place) > t + slack) return undefined;
  const { lanes, isHeld } = section;
  const actor = isHeld ? store.actorOf(lane.actor(place)) : undefined;
  const id = actor?.id ?? `${lane.label(place).path}#${lane.nth(place)}`;
  return { id, from: lane.from(place), end: endOf(lanes, lane, place), isHeld, actor };
}
