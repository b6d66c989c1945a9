import { batch } from '@preact/signals';
import { rowOfStep } from '../run/step-row.ts';
import { figure } from '../text/number.ts';
import { session } from './session.ts';

/** The steps of the loop that is looked at. */
export interface StepsNow {
  /** What the run of it is called that is looked at. */
  name: string;
  /** How many that run has taken. */
  run: number;
  /** How many all runs of it have. */
  all: number;
  /** How many of its runs are known. */
  runs: number;
}

export function stepsNow(): StepsNow {
  session.version.value;
  const actor = session.actor.value;
  if (!actor) return { name: 'a loop', run: 0, all: 0, runs: 0 };
  return { name: actor.short, run: actor.steps, all: actor.path.taken, runs: actor.path.actors.length };
}

/**
 * Shows the moment at which a step of the loop ended that is looked at.
 *
 * @param step its number, counted from 1
 * @param whole whether it is counted over all runs of the loop; else in the one that is looked at
 * @returns why it cannot be shown; empty where it is
 */
export function goToStep(step: number, whole: boolean): string {
  const actor = session.actor.value;
  if (!actor) return 'There is no loop yet.';
  const { dropped, unseen } = session.store;
  const isFirst = !dropped && !unseen && !actor.late;
  const row = rowOfStep(whole ? actor.path.steps : actor.rows, step, isFirst);
  if (row === undefined) {
    const most = whole ? actor.path.taken : actor.steps;
    const name = whole ? actor.path.name : actor.short;
    return step <= most
      ? `The events of step ${figure(step)} of ${name} are not held.`
      : `${name} has taken ${figure(most)} steps by now.`;
  }
  batch(() => {
    session.jump(row);
    // The run that took it.
    if (whole) session.select(session.store.actor(row)?.id ?? actor.id);
  });
  return '';
}

/** Shows an event. @returns why it cannot be shown; empty where it is */
export function goToEvent(seq: number): string {
  const { store } = session;
  if (!store.end) return 'There is no event yet.';
  const [first, last] = [store.seq(store.first), store.seq(store.last)];
  if (seq < first || seq > last)
    return `Events ${figure(first)} to ${figure(last)} are held, and ${figure(seq)} is not among them.`;
  session.jump(store.rowOfSeq(seq));
  return '';
}
