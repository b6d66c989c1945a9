import type { AnyActorLogic, EventObject, Snapshot } from 'xstate';
import { getAdjacencyMap } from 'xstate/graph';
import { freshContext, type LoopContext, type LoopStateValue } from '../../chart/context.ts';
import { isFinal, next } from '../../chart/rules.ts';
import type { AnyLoop } from '../../tree/any-loop.ts';
import { type Happening, Happenings } from './happenings.ts';

/** How a loop stands on a path. */
export interface PathSnapshot {
  readonly value: LoopStateValue;
  readonly context: LoopContext;
  readonly status: 'active' | 'done' | 'error' | 'stopped';
  readonly output: unknown;
  readonly error: unknown;
}

/** A step of a path: something that happens, and what becomes of it. */
export interface PathStep {
  /** `reset`, `a step`, `rows fails`, `pause` … */
  readonly name: string;
  /** As the machine takes it. */
  readonly event: { readonly type: string; readonly [key: string]: unknown };
  /** The state before it. */
  readonly from: LoopStateValue;
  /** How the loop stands after it. */
  readonly snapshot: PathSnapshot;
}

/** A way from one place of the map to another. */
export interface Edge {
  readonly from: string;
  readonly to: string;
  readonly happening: Happening;
  /** The transition of the chart that it is, in words: `paused: resume > advancing`. */
  readonly transition: string;
}

/** All places that a run can come to, and the ways between them. */
export interface PathMap {
  readonly start: string;
  /** From each place, in the order in which one would think of them. */
  readonly edges: ReadonlyMap<string, readonly Edge[]>;
  readonly snapshots: ReadonlyMap<string, PathSnapshot>;
}

export function firstSnapshot(args: readonly unknown[]): PathSnapshot {
  return { value: 'entering', context: freshContext(args), status: 'active', output: undefined, error: undefined };
}

/** Where something that happens leads, by the rules of the chart. */
export function after({ value, context, status }: PathSnapshot, event: Happening['event']): PathSnapshot {
  const { effects: _, ...snapshot } = next(value, context, event);
  return status === 'active' ? snapshot : { value, context, status, output: undefined, error: undefined };
}

/** What of a place tells what can happen there: how many steps were taken, and in which state of its own the loop is, does not. */
function keyOf({ value, context, status }: PathSnapshot): string {
  const { pace, stop, ended, running, inFlight, done, skipped } = context;
  const [stopped, endedItself, over] = [stop !== null, ended !== null, done === true];
  return JSON.stringify([value, status, pace, stopped, endedItself, over, running, inFlight?.ran === true, skipped]);
}

/** Goes through all that can happen, with XState's own search. */
export function mapOf(loop: AnyLoop, args: readonly unknown[]): PathMap {
  const happenings = new Happenings(loop);
  const names = new WeakMap<object, Happening>();
  const first = firstSnapshot(args);
  // The chart's own rules in the place of a machine: no actor is made, and no hook is called.
  const logic: object = {
    getInitialSnapshot: () => first,
    transition: (snapshot: PathSnapshot, event: Happening['event']) => after(snapshot, event),
  };
  const adjacency = getAdjacencyMap<Snapshot<unknown>, EventObject, unknown>(logic as AnyActorLogic, {
    serializeState: (snapshot) => keyOf(snapshot as unknown as PathSnapshot),
    serializeEvent: (event) => names.get(event)!.name,
    stopWhen: (snapshot) => snapshot.status !== 'active',
    events: (snapshot) =>
      happenings.in(snapshot as unknown as PathSnapshot).map((happening) => {
        names.set(happening.event, happening);
        return happening.event as EventObject;
      }),
    filterEvents: (snapshot, event) => changes(snapshot as unknown as PathSnapshot, event as Happening['event']),
  });
  const edges = new Map<string, Edge[]>();
  const snapshots = new Map<string, PathSnapshot>();
  for (const [from, { state, transitions }] of Object.entries(adjacency as unknown as Adjacency)) {
    snapshots.set(from, state);
    edges.set(
      from,
      Object.values(transitions).map(({ event, state: there }) => {
        const happening = names.get(event)!;
        const transition = `${state.value}: ${happening.name} > ${there.value}`;
        return { from, to: keyOf(there), happening, transition };
      }),
    );
  }
  return { start: keyOf(first), edges, snapshots };
}

/** What XState's search gives. */
interface Adjacency {
  [place: string]: {
    state: PathSnapshot;
    transitions: { [event: string]: { event: object; state: PathSnapshot } };
  };
}

/** What comes to nothing is no part of a path; a step, after which more may come, is. */
function changes(snapshot: PathSnapshot, event: Happening['event']): boolean {
  return event.type === 'loop.advanced' || keyOf(after(snapshot, event)) !== keyOf(snapshot);
}

/** Whether a run that is at a place is over. */
export function isOver({ value, status }: PathSnapshot): boolean {
  return status !== 'active' || isFinal(value);
}
