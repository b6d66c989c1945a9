import { type Actor, isOver, type Phase } from './actor.ts';
import type { Store } from './store.ts';

/** How a loop stood at a moment, and the last of its own rows by then. */
export interface Standing {
  row: number;
  phase: Phase;
  /** The state that its machine was last seen in. */
  value: string;
  steps: number;
}

/** How an actor stood at a row; nothing had it not begun. */
export function standing(store: Store, actor: Actor, row: number): Standing | undefined {
  const at = actor.rows.upTo(row);
  if (at < 0) return undefined;
  const last = actor.rows.row(at);
  return {
    row: last,
    phase: phaseAt(store, actor, row, store.phase(last)),
    value: store.values.list[store.value(last)]!,
    steps: actor.rows.count(at),
  };
}

/** @param own what the last of its own rows says */
function phaseAt(store: Store, actor: Actor, row: number, own: Phase): Phase {
  // It can have ended without a row that says so: with the loop that ran it.
  if (actor.endRow <= row) return isOver(own) ? own : 'stopped';
  return row >= store.last && !store.goesOn.value ? 'unknown' : own;
}
