import type { AnyActorRef } from 'xstate';
import type { AnyLoop } from '../tree/any-loop.ts';

import type { LoopContext, LoopStateValue } from './context.ts';
import { actorsOf, logicOf } from './xstate-inner.ts';

/*
 * Which actors are loops: by what they are, and not by what they are called. An app's own machine may have any id and
 * any states, also those of our chart.
 */

/** On the configuration of the chart, which every machine of a loop has, also one that `provide()` made. Another copy of the library uses the same mark. */
const chartMark: unique symbol = Symbol.for('loopchart.chart');
/** Among the actors of a machine, where `provide()` leaves it alone: the class of its loop. */
const classMark: unique symbol = Symbol.for('loopchart.class');
/** Is to be raised when the chart changes so much that one copy of the library cannot follow the loops of another. */
const chartVersion = 1;

export type Status = 'active' | 'done' | 'error' | 'stopped';

/** How a loop stands, as its machine says. */
export interface Stand {
  readonly value: LoopStateValue;
  readonly status: Status;
  readonly context: LoopContext;
  readonly output: unknown;
  readonly error: unknown;
}

/** Not enumerable: a configuration that somebody copied, and may have changed, is no longer ours. */
export function markChart(config: object): void {
  Object.defineProperty(config, chartMark, { value: chartVersion });
}

export function markClass(actors: object, loop: AnyLoop): void {
  Object.assign(actors, { [classMark]: loop.constructor.name });
}

export function isLoopActor(actor: AnyActorRef): boolean {
  const logic = logicOf(actor) as { config?: { [chartMark]?: number } } | undefined;
  return logic?.config?.[chartMark] === chartVersion;
}

/** The class of the loop that an actor runs. */
export function classOf(actor: AnyActorRef): string {
  const actors: { [classMark]?: string } | undefined = actorsOf(logicOf(actor));
  return actors?.[classMark] ?? actor.id;
}

const runIds = new WeakMap<AnyActorRef, string>();

/** Remembers what somebody called the run of an outermost loop, for those who watch it. */
export function nameRun(actor: AnyActorRef, id: string): void {
  runIds.set(actor, id);
}

/** What the run of this outermost loop was called; `undefined` where nobody gave it an id. */
export const runIdOf = (actor: AnyActorRef): string | undefined => runIds.get(actor);

/** `undefined` where its machine could not even begin. */
export function standOf(actor: AnyActorRef): Stand | undefined {
  const snapshot = actor.getSnapshot() as Stand | undefined;
  return snapshot?.context?.running === undefined ? undefined : snapshot;
}
