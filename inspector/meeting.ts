import { type Signal, signal } from '@preact/signals';
import { type Breakpoint, matches } from '../src/inspect/breakpoint.ts';
import { parseCondition } from '../src/inspect/when.ts';
import { session } from './session.ts';
import { settings } from './settings.ts';

/** Rows are looked through for so many milliseconds at a time. */
const SLICE = 10;

/** Whether moments are looked for, or what was said of those that are not there. */
export const search: Signal<'' | 'searching' | 'none'> = signal('');

/** Tells whether a breakpoint is met at a row, as the program does. */
export function meeting(points: readonly Breakpoint[]): (row: number) => boolean {
  const { store, contexts } = session;
  const asked = points.map((point) => ({
    point,
    condition: point.when === undefined ? undefined : parseCondition(point.when),
  }));
  return (row) => {
    const line = store.line(row);
    const actor = store.actor(row);
    if (!actor || (line.type !== 'event' && line.type !== 'actor')) return false;
    const at = actor.rows.upTo(row);
    const last = at > 0 ? actor.rows.row(at - 1) : undefined;
    const before = last === undefined ? undefined : store.values.list[store.value(last)];
    const type = line.type === 'event' ? line.event.type : '';
    const happening = { id: actor.id, path: actor.path.name, before, value: line.value, type };
    return asked.some(({ point, condition }) => {
      if (!matches(point, happening)) return false;
      if (!condition) return true;
      // Met when it becomes true.
      const was = last === undefined ? undefined : contexts.at(actor, last);
      return condition(contexts.at(actor, row) ?? {}) && !(was && condition(was));
    });
  };
}

/** Goes to the next or last moment at which a breakpoint is met. */
export async function moveToMet(direction: 1 | -1): Promise<void> {
  const { store } = session;
  const { points } = settings.value;
  if (!points.length || !store.end) return;
  const meets = meeting(points);
  search.value = 'searching';
  let until = performance.now() + SLICE;
  for (let row = session.now.value + direction; row >= store.first && row < store.end; row += direction) {
    if (meets(row)) {
      search.value = '';
      session.jump(row);
      const actor = store.actor(row);
      if (actor) session.select(actor.id);
      return;
    }
    if (performance.now() < until) continue;
    await new Promise(requestAnimationFrame);
    // Another run, another search.
    if (session.store !== store) return;
    until = performance.now() + SLICE;
  }
  search.value = 'none';
}
