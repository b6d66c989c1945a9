import { Pairs, readValue, same } from '../text/value.ts';
import type { Actor } from './actor.ts';

export type Against = 'step' | 'iteration' | 'pinned';

/** A moment of an actor to compare with, or why there is none. */
export type Base = { actor: Actor; row: number } | { missing: string };

/**
 * Where the thing to compare with lies: the step before, the run before at the same step, or the pinned moment.
 *
 * @param pinned the row of the pinned moment, null where none is pinned
 */
export function baseOf(actor: Actor, row: number, against: Against, pinned: number | null): Base {
  const at = actor.rows.upTo(row);
  if (against === 'pinned') {
    if (pinned === null) return { missing: 'Nothing is pinned: go to a moment and press m.' };
    const then =
      actor.rows.upTo(pinned) >= 0 ? actor : actor.path.actors.findLast((other) => other.rows.upTo(pinned) >= 0);
    return then ? { actor: then, row: pinned } : { missing: 'This loop had not begun at the pinned moment.' };
  }
  if (at < 0) return { missing: 'This loop has not begun.' };
  // An actor of the app takes no steps: what its last event has changed.
  if (actor.kind !== '')
    return at === 0 ? { missing: 'This is how it began.' } : { actor, row: actor.rows.row(at - 1) };
  const steps = actor.rows.count(at);
  if (against === 'step') {
    // The last row at which fewer steps were taken is the end of the step before.
    let low = 0;
    let high = at;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (actor.rows.count(middle) >= steps) high = middle;
      else low = middle + 1;
    }
    const before = low - 1;
    return before < 0 ? { missing: 'This is the first step.' } : { actor, row: actor.rows.row(before) };
  }
  const older = actor.path.actors[actor.path.actors.lastIndexOf(actor) - 1];
  if (!older?.rows.length) return { missing: 'This is the first run of this loop.' };
  let low = 0;
  let high = older.rows.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (older.rows.count(middle) >= steps) high = middle;
    else low = middle + 1;
  }
  return { actor: older, row: older.rows.row(low) };
}

export type Change = 'same' | 'new' | 'gone' | 'other' | 'inside';

/** Not there: unlike `undefined`, which a recording can hold. */
export const NOTHING: unique symbol = Symbol('nothing');

export function changeOf(before: unknown, after: unknown): Change {
  if (before === NOTHING) return 'new';
  if (after === NOTHING) return 'gone';
  if (same(before, after)) return 'same';
  return readValue(before).kind === 'branch' && readValue(after).kind === 'branch' ? 'inside' : 'other';
}

/** The members of two values side by side, in the order of the newer one, what is gone last. */
export function members(before: unknown, after: unknown): { key: string; before: unknown; after: unknown }[] {
  const entriesOf = (value: unknown) => {
    if (value === NOTHING) return [];
    const told = readValue(value);
    return told.kind === 'branch' ? told.entries() : [];
  };
  const old = new Map(entriesOf(before));
  const list = entriesOf(after).map(([key, value]) => {
    const was = old.has(key) ? old.get(key) : NOTHING;
    old.delete(key);
    return { key, before: was, after: value };
  });
  for (const [key, value] of old) list.push({ key, before: value, after: NOTHING as unknown });
  return list;
}

/** How many leaves differ; those of an object that lies in more than one place count in each. */
export function countChanges(before: unknown, after: unknown, known: Pairs<number> = new Pairs()): number {
  const change = changeOf(before, after);
  if (change === 'same') return 0;
  if (change !== 'inside') return 1;
  return known.of(before, after, () =>
    members(before, after).reduce((sum, member) => sum + countChanges(member.before, member.after, known), 0),
  );
}
