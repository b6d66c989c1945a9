import { type Actor, isOver, type Phase } from './actor.ts';
import type { Contexts } from './contexts.ts';
import type { Standing } from './tree.ts';

/** What is over does not change any more: looked up once for each run. */
const known = new WeakMap<Actor, { row: number; phase: Phase }>();

/** How a loop that finished came to it: its state and status are the same when it was stopped or did nothing. */
export function endingOf(contexts: Contexts, actor: Actor, here: Standing): Phase {
  const { row, phase, value } = here;
  if (!isOver(phase) || value !== 'finished') return phase;
  const before = known.get(actor);
  if (before?.row === row) return before.phase;
  const { skipped, stop } = contexts.at(actor, row) ?? {};
  const found = skipped === true ? 'skipped' : stop ? 'stopped' : phase;
  known.set(actor, { row, phase: found });
  return found;
}
