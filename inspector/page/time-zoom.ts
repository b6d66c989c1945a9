import { effect, type Signal, signal } from '@preact/signals';
import { session } from './session.ts';
import { type Kept, keepInLink } from './view-state.ts';

/** The part of time the timeline shows; null for all of it, which grows while the run does. */
export const sight: Signal<{ from: number; to: number } | null> = signal(null);

// Another recording has another time.
effect(() => {
  session.recording.value;
  sight.value = null;
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

/** No closer than a hundredth of a millisecond: clocks know no more. */
const CLOSEST = 0.01;

export function whole(): { from: number; to: number } {
  const { store } = session;
  if (!store.end) return { from: 0, to: 1 };
  const from = store.t(store.first);
  return { from, to: Math.max(from + 1, store.t(store.last)) };
}

export function sightNow(): { from: number; to: number } {
  return sight.value ?? whole();
}

function set(from: number, to: number): void {
  const all = whole();
  const length = Math.max(CLOSEST, to - from);
  if (length >= all.to - all.from) {
    sight.value = null;
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
