import { effect, type Signal, signal } from '@preact/signals';
import type { FileParts } from '../sources/file-parts.ts';
import { session } from './session.ts';
import { flag, type Kept, keepInLink } from './view-state.ts';

/** The part of time the timeline shows; null for all of it, which grows while the run does. */
export const sight: Signal<{ from: number; to: number } | null> = signal(null);

/** Whether all of it is also what is not held, of which only the bars are known. */
export const everything: Signal<boolean> = signal(false);

// Another recording has another time; another part of the same file has not.
let file: FileParts | undefined;
effect(() => {
  const parts = session.recording.value?.source.parts;
  if (parts && parts === file) return;
  file = parts;
  sight.value = null;
  everything.value = false;
});

/** A part of time as a word: `1795445351611.5..1795445352000`, in milliseconds since 1970. */
const partOfTime = (of: typeof sight): Kept => ({
  write: () => (of.value ? `${of.value.from}..${of.value.to}` : ''),
  read(said) {
    // What is opened begins without one.
    if (!session.store.end) return false;
    const [from = Number.NaN, to = Number.NaN, ...more] = said.split('..').map(Number);
    if (said === '') of.value = null;
    else if (from < to && Number.isFinite(to - from) && !more.length) of.value = { from, to };
    return true;
  },
});
keepInLink('range', partOfTime(session.range));
keepInLink('sight', partOfTime(sight));
keepInLink('sight.all', flag(everything));

/** No closer than a hundredth of a millisecond: clocks know no more. */
const CLOSEST = 0.01;

const spanOf = (from: number, to: number) => ({ from, to: Math.max(from + 1, to) });

/** The time of which events are held. */
export function heldTime(): { from: number; to: number } {
  const { store } = session;
  return store.end ? spanOf(store.t(store.first), store.t(store.last)) : { from: 0, to: 1 };
}

/** All the time of which bars are known. */
export function whole(): { from: number; to: number } {
  const { store } = session;
  return store.end ? spanOf(store.begin, store.until) : { from: 0, to: 1 };
}

/** Whether bars are known of a time of which no events are held. */
export function knowsMore(): boolean {
  const [all, held] = [whole(), heldTime()];
  return all.from < held.from || all.to > held.to;
}

export function sightNow(): { from: number; to: number } {
  return sight.value ?? (everything.value ? whole() : heldTime());
}

/** Shows all of the time. @param more also that of which no events are held */
export function showAll(more: boolean): void {
  sight.value = null;
  everything.value = more;
}

function set(from: number, to: number): void {
  const all = whole();
  const length = Math.max(CLOSEST, to - from);
  if (length >= all.to - all.from) {
    showAll(knowsMore());
    return;
  }
  const start = Math.min(Math.max(from, all.from), all.to - length);
  sight.value = { from: start, to: start + length };
}

/** Shows more or less of time around a point, the moment that is shown unless another is given. */
export function zoom(factor: number, around?: number): void {
  const { from, to } = sightNow();
  const { store } = session;
  if (!store.end) return;
  const shown = store.t(session.now.value);
  const centre = around ?? (shown >= from && shown <= to ? shown : (from + to) / 2);
  set(centre - (centre - from) * factor, centre + (to - centre) * factor);
}

/** Moves by a part of what is in sight. */
export function pan(part: number): void {
  const { from, to } = sightNow();
  const by = (to - from) * part;
  set(from + by, to + by);
}

/** Brings a time into sight without changing how much is shown. */
export function bringIn(t: number): void {
  const shown = sight.value;
  if (!shown || (t >= shown.from && t <= shown.to)) return;
  const half = (shown.to - shown.from) / 2;
  set(t - half, t + half);
}
