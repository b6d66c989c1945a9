import { isThrown } from '../text/thrown.ts';
import { type Actor, isOver, type Phase } from './actor.ts';
import type { Contexts } from './contexts.ts';
import { type Standing, standing } from './standing.ts';
import { stateInWords } from './state-value.ts';
import type { Store } from './store.ts';
import { reasonOf } from './why-ended.ts';

/** How a loop stands, as it is told. */
export interface Told {
  phase: Phase;
  /** In a few words: the state of its machine, unless that says too little. */
  words: string;
  /** What goes on after them, where they are not the state that the machine was last seen in; mostly nothing. */
  more: string;
}

/** The states of the machine that are the end of a loop. */
const ENDS = new Set(['finished', 'failed', 'aborted']);

/** How others came to their end that took this one with them. */
const HOW: Partial<Record<Phase, string>> = {
  done: 'finished',
  ended: 'was ended',
  failed: 'failed',
  aborted: 'was aborted',
  stopped: 'was stopped',
};

export function toldOf(store: Store, contexts: Contexts, actor: Actor, here: Standing): Told {
  const { value } = here;
  const phase = endingOf(contexts, actor, here);
  // Of one that was seen no more, the state that it was last seen in.
  if (actor.kind !== '') return { phase, words: stateInWords(value), more: '' };
  if (phase === 'unknown') return { phase, words: 'unknown', more: 'as nothing more was seen of it' };
  if (phase === 'ended' && value === 'aborted') return passedOn(contexts, actor, here);
  if (phase !== 'stopped' || ENDS.has(value)) {
    // One that was stopped, or had nothing to do, is in the same state as one that came to its end.
    return { phase, words: value === 'finished' && phase !== 'done' ? `${value} · ${phase}` : value, more: '' };
  }
  const other = endedWith(store, actor);
  if (other) {
    const { actor: above, phase: how } = other;
    return { phase, words: `ended with ${above.name}`, more: `when ${above.id} ${HOW[how] ?? 'ended'}` };
  }
  if (store.phase(here.row) === 'stopped')
    return {
      phase,
      words: 'stopped',
      more: 'from outside: its run was suspended, or its actor stopped',
    };
  return { phase, words: 'ended', more: 'in a line that was not seen' };
}

/** A loop that threw the end of one above it, or in which that was thrown, has ended with it. */
function passedOn(contexts: Contexts, actor: Actor, { row, phase }: Standing): Told {
  const error = contexts.at(actor, row)?.error;
  const { path = 'another loop' } = isThrown(error) ? error : {};
  const reason = reasonOf(error);
  return {
    phase,
    words: `ended with ${path.slice(path.lastIndexOf('.') + 1)}`,
    more: `by the end of ${path} that was thrown in it${reason && `: ${reason}`}`,
  };
}

/** The loop above that took this one with it: the nearest that came to an end of its own, else the highest. */
function endedWith(store: Store, actor: Actor): { actor: Actor; phase: Phase } | undefined {
  let found: { actor: Actor; phase: Phase } | undefined;
  // Whatever ended later did not end this one.
  for (let above = actor.parent; above && above.endRow <= actor.endRow; above = above.parent) {
    const phase = standing(store, above, above.endRow)?.phase ?? 'unknown';
    found = { actor: above, phase };
    if (phase !== 'stopped') break;
  }
  return found;
}

/** What is over does not change any more: looked up once for each run. */
const known = new WeakMap<Actor, { row: number; phase: Phase }>();

/** How a loop that finished came to it: its state and status are the same when it was stopped or did nothing. */
function endingOf(contexts: Contexts, actor: Actor, here: Standing): Phase {
  const { row, phase, value } = here;
  if (actor.kind !== '' || !isOver(phase) || value !== 'finished') return phase;
  const before = known.get(actor);
  if (before?.row === row) return before.phase;
  const { skipped, stop, ended } = contexts.at(actor, row) ?? {};
  const found = skipped === true ? 'skipped' : ended ? 'ended' : stop ? 'stopped' : phase;
  known.set(actor, { row, phase: found });
  return found;
}
