import { type Signal, signal } from '@preact/signals';
import { type Breakpoint, type Happening, matches } from '../../src/inspect/breakpoint.ts';
import { looksTold } from '../../src/inspect/looking.ts';
import { parseCondition } from '../../src/inspect/when.ts';
import type { Actor } from '../run/actor.ts';
import { settings } from './run-settings.ts';
import { session } from './session.ts';

/** Rows are looked through for so many milliseconds at a time. */
const SLICE = 10;

/** Whether moments are looked for, or what was said of those that are not there. */
export const search: Signal<'' | 'searching' | 'none' | 'unknown'> = signal('');

/** Tells whether a breakpoint is met at a row, as the program does; `undefined` where what its condition asks for is not held here. */
export function meeting(points: readonly Breakpoint[]): (row: number) => boolean | undefined {
  const { store, contexts } = session;
  const asked = points.map((point) => ({
    point,
    condition: point.when === undefined ? undefined : parseCondition(point.when, looksTold),
  }));
  const happeningAt = (actor: Actor, at: number): Happening | undefined => {
    const line = store.likeOf(actor.rows.row(at));
    if (line.type !== 'event' && line.type !== 'actor') return undefined;
    const before = at > 0 ? store.values.list[store.value(actor.rows.row(at - 1))] : undefined;
    const type = line.type === 'event' ? line.event.type : '';
    return { id: actor.id, path: actor.path.name, before, value: line.value, type };
  };
  const matchesAt = (point: Breakpoint, actor: Actor, at: number) => {
    const happening = happeningAt(actor, at);
    return happening !== undefined && matches(point, happening);
  };
  return (row) => {
    const actor = store.actor(row);
    const at = actor ? actor.rows.upTo(row) : -1;
    if (!actor || at < 0 || actor.rows.row(at) !== row) return false;
    let met: boolean | undefined = false;
    for (const { point, condition } of asked) {
      if (!matchesAt(point, actor, at)) continue;
      if (!condition) return true;
      const context = contexts.at(actor, row);
      const is = context && condition(context);
      if (is === undefined) met = undefined;
      if (!is) continue;
      // Met when it becomes true: as of the last time that it was asked.
      let last = at - 1;
      while (last >= 0 && !matchesAt(point, actor, last)) last--;
      const was = last < 0 ? undefined : contexts.at(actor, actor.rows.row(last));
      if (!(was && condition(was))) return true;
    }
    return met;
  };
}

/** Goes to the next or last moment at which a breakpoint is met. */
export async function moveToMet(direction: 1 | -1): Promise<void> {
  const { store } = session;
  const { points } = settings.value;
  if (!points.length || !store.end) return;
  const meets = meeting(points);
  search.value = 'searching';
  let unknown = false;
  let until = performance.now() + SLICE;
  for (let row = session.now.value + direction; row >= store.first && row < store.end; row += direction) {
    const met = meets(row);
    if (met === undefined) unknown = true;
    if (met) {
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
  search.value = unknown ? 'unknown' : 'none';
}
