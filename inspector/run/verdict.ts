import { figure } from '../text/number.ts';
import { type Actor, isOver } from './actor.ts';
import type { Contexts } from './contexts.ts';
import { standing } from './standing.ts';
import type { Store } from './store.ts';
import { type TimeLeft, timeLeft } from './time-left.ts';
import { totalOf } from './tree-at.ts';
import { goingOn, innerRuns, type Wait, waitsOf } from './waits.ts';
import { type Ending, endingOf, reasonOf } from './why-ended.ts';

/** A loop that goes on, and the step that it is in. */
export interface Place {
  actor: Actor;
  /** Counted from 1. */
  step: number;
  total: { total: number; guess: boolean } | undefined;
}

/** A run that goes on: where it is, what it waits for, and how long still. */
export interface Going {
  how: 'running' | 'paused' | 'waiting' | 'stopping';
  /** Milliseconds since it began. */
  for: number;
  /** From the outermost loop inwards, as far as one loop runs at a time. */
  places: Place[];
  /** How many loops run beside each other in the last of those; 0 where none do. */
  beside: number;
  waits: Wait[];
  /** Of the outermost loop of which it is known. */
  left: (TimeLeft & { actor: Actor }) | undefined;
  /** Why it was asked to stop; empty where no reason was given, or it was not. */
  why: string;
}

/** What there is to say of a run in one line, as it is after the last line that came. */
export type Verdict = Going | Ending;

/** @param paced whether it is paused between steps only because so many are taken each second */
export function verdictOf(store: Store, contexts: Contexts, root: Actor, paced = false): Verdict {
  const here = standing(store, root, store.last);
  if (root.ended || !here || isOver(here.phase) || here.phase === 'unknown') return endingOf(store, contexts, root);
  const running = goingOn(root);
  const waits = waitsOf(store, contexts, running);
  const isPaused = !paced && running.some((actor) => standing(store, actor, store.last)?.phase === 'paused');
  const { stop } = contexts.at(root, store.last) ?? {};
  const places = placesOf(store, contexts, root);
  const beside = innerRuns(places.at(-1)!.actor).length;
  const known = places.flatMap(({ actor }) => {
    const left = timeLeft(store, contexts, actor);
    return left ? [{ ...left, actor }] : [];
  });
  return {
    how: isPaused ? 'paused' : stop ? 'stopping' : waits.length > 0 ? 'waiting' : 'running',
    for: store.t(store.last) - root.from,
    places,
    beside: beside > 1 ? beside : 0,
    waits,
    left: known[0],
    why: stop ? reasonOf(stop) : '',
  };
}

function placesOf(store: Store, contexts: Contexts, root: Actor): Place[] {
  const places: Place[] = [];
  let actor: Actor | undefined = root;
  while (actor) {
    places.push({ actor, step: actor.steps + 1, total: totalOf(contexts, actor, store.last) });
    const inner: Actor[] = innerRuns(actor);
    actor = inner.length === 1 ? inner[0] : undefined;
  }
  return places;
}

/** "step 3 of 10"; a number of steps that is a guess says so. */
export function placeWords({ step, total }: Place): string {
  if (!total) return `step ${figure(step)}`;
  // Between its last step and its end it is in none.
  const shown = total.guess ? step : Math.min(step, Math.max(1, total.total));
  return `step ${figure(shown)} of ${total.guess ? '~' : ''}${figure(total.total)}`;
}
