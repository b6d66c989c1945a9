import type { AnyActorRef, InspectionEvent } from 'xstate';
import { MisconfigurationError } from '../data/errors.ts';

/*
 * What the library uses of XState (5.33) that is not in its documentation: each part is used here and nowhere else, and
 * `test/xstate-inner.test.ts` has a test for it, which fails with an XState that lacks it or means something else by it.
 * An app may have a later XState than the tests. Where that lacks a part without which a run would go wrong in silence,
 * `checkParts` refuses the first run.
 *
 * These are plain functions, for some of them are called at every step that is watched.
 */

/** An actor as it is inside. */
interface Inner {
  _parent?: AnyActorRef;
  _send: Send;
  _syncSnapshot?: boolean;
  logic: object;
  observers: Set<unknown>;
  options: { readonly input?: unknown; readonly snapshot?: unknown; readonly inspect?: unknown };
}

interface InnerSystem {
  _relay(from: AnyActorRef | undefined, to: AnyActorRef, event: object): void;
  _sendInspectionEvent(event: object): void;
}

/** Takes an event in. Its `this` is the actor. */
export type Send = (this: unknown, event: { type: string }) => void;

/** A state of a machine, or the whole of it, as XState has made it of the configuration. */
export interface Node {
  readonly id: string;
  readonly key: string;
  /** `final` or `atomic`; of the whole chart, `compound`. */
  readonly type: string;
  /** By the type of the event, in the order in which they are tried; also those on the end of what is invoked. */
  readonly transitions: ReadonlyMap<string, readonly Transition[]>;
  /** Those that wait for no event. Our chart has none. */
  readonly always?: readonly Transition[] | undefined;
  readonly invoke: readonly { readonly id: string; readonly src: unknown }[];
  readonly entry: readonly string[];
  readonly output: (step: any) => unknown;
  readonly states: { readonly [key: string]: Node };
  readonly initial: { readonly target: readonly Node[] | undefined };
  readonly parent: Node | undefined;
}

/** A transition of a machine. It leads to the machine, and so to a loop: nobody must keep it. */
export interface Transition {
  readonly source: Node;
  /** `undefined`: no state is left. */
  readonly target?: readonly Node[] | undefined;
  readonly guard?: string | ((step: any) => boolean);
  readonly actions: readonly string[];
  readonly eventType: string;
}

/** A snapshot of a machine as it is inside. */
export interface InnerSnapshot {
  readonly status: string;
  readonly machine: object;
  readonly value: string;
  readonly context: any;
  readonly _nodes: readonly object[];
  readonly [key: string]: any;
}

/**
 * Makes sure that an actor and its system have the parts that this file uses: without some, a pause would reach no child,
 * or an observer would be told too little, and nobody would know.
 * @throws MisconfigurationError that names the parts that are not there
 */
export function checkParts(actor: AnyActorRef): void {
  const lacks = (what: object, parts: readonly string[]) => parts.filter((part) => !(part in what));
  const missing = [
    ...lacks(actor, ['_parent', '_send', 'logic', 'observers', 'options']),
    ...lacks(actor.system, ['_relay', '_sendInspectionEvent']),
  ];
  if (missing.length === 0) return;
  throw new MisconfigurationError(
    `Expected an XState with \`${missing.join('`, `')}\`, as 5.33.3 has; got another. Install xstate@5.33.3.`,
    actor.id,
  );
}

/**
 * The actor that spawned or invoked this one; `undefined` at the top.
 * It is `actor._parent`. Without it, `checkParts` refuses the run.
 */
export function parentActor(actor: AnyActorRef): AnyActorRef | undefined {
  return actor._parent;
}

/** The actor at the top of a system. */
export function topActor(actor: AnyActorRef): AnyActorRef {
  let top = actor;
  for (let up = parentActor(top); up !== undefined; up = parentActor(top)) top = up;
  return top;
}

/**
 * The logic that an actor runs: of a loop, its machine. `undefined` for what is no actor of XState.
 * It is `actor.logic`. Without it, `checkParts` refuses the run.
 */
export function logicOf(actor: AnyActorRef): object | undefined {
  return (actor as unknown as Partial<Inner>).logic;
}

/**
 * What an actor was made with.
 * It is `actor.options`. Without it, `checkParts` refuses the run.
 */
export function optionsOf(actor: AnyActorRef): Inner['options'] {
  return (actor as unknown as Inner).options;
}

/** Whether a subscriber wants every snapshot, and not only to hear of the end. */
export function wantsSnapshots(observer: unknown): boolean {
  return typeof observer === 'function' || (observer as { next?: unknown } | undefined)?.next !== undefined;
}

/**
 * How many want every snapshot of an actor: its subscribers, and a parent that invoked it with `onSnapshot`.
 * They are `actor.observers`, a set, and `actor._syncSnapshot`. Without the former, `checkParts` refuses the run; without
 * the latter, such a parent is still counted once the actor has started, for XState subscribes for it.
 */
export function countSnapshotObservers(actor: AnyActorRef): number {
  const { observers, _syncSnapshot } = actor as unknown as Inner;
  return [...observers].filter(wantsSnapshots).length + (_syncSnapshot === true ? 1 : 0);
}

/**
 * Has an actor take its events another way.
 * All that comes to an actor, from wherever, goes through `actor._send`. Without it, `checkParts` refuses the run; if
 * something went past it, loops without an actor would hear of a pause or a stop later than they should.
 * @param wrap is given the way that it takes them now
 */
export function wrapSend(actor: AnyActorRef, wrap: (send: Send) => Send): void {
  const inner = actor as unknown as Inner;
  inner._send = wrap(inner._send);
}

/**
 * Hands an event to an actor; unlike with `actor.send`, observers are told who sent it.
 * It is `system._relay`. Without it, `checkParts` refuses the run.
 */
export function relay(from: AnyActorRef | undefined, to: AnyActorRef, event: object): void {
  (to.system as unknown as InnerSystem)._relay(from, to, event);
}

/**
 * Hears of each event that an actor of a system sends another, before the other does: of its end, too, and then the very
 * object reaches the guards and actions of its parent.
 * It is `system._relay`. Without it, `checkParts` refuses the run.
 */
export function hearRelays(
  system: AnyActorRef['system'],
  heard: (from: AnyActorRef | undefined, event: { actorId?: unknown }) => void,
): void {
  const inner = system as unknown as InnerSystem;
  const relayed = inner._relay;
  inner._relay = (from, to, event) => {
    heard(from, event);
    relayed(from, to, event);
  };
}

/**
 * Tells the observers of a system that an actor has handled an event, by one transition.
 * It is `system._sendInspectionEvent`, which adds the `rootId`. Without it, `checkParts` refuses the run.
 * @param scope what a machine is given with the event
 */
export function tellMicrostep(
  scope: { readonly system: object; readonly self: object },
  event: object,
  snapshot: object,
  taken: Transition,
): void {
  (scope.system as InnerSystem)._sendInspectionEvent({
    type: '@xstate.microstep',
    actorRef: scope.self,
    event,
    snapshot,
    _transitions: [taken],
  });
}

/** What stands for a system where a machine is asked without an actor. */
export function systemThatTells(tell: (event: object) => void): object {
  return { _sendInspectionEvent: tell } satisfies Partial<InnerSystem>;
}

/**
 * Looks at each event that an actor of a system is sent by another, or by nobody that is known, before it comes to it: what
 * is not let through is as if it had not been sent, also for observers.
 * It is `system._relay`. Without it, `checkParts` refuses the run.
 */
export function sieveRelays(
  system: AnyActorRef['system'],
  isLetThrough: (from: AnyActorRef | undefined, to: AnyActorRef, event: { type?: unknown }) => boolean,
): void {
  const inner = system as unknown as Partial<InnerSystem>;
  const relayed = inner._relay;
  if (relayed === undefined) return;
  inner._relay = (from, to, event) => {
    if (isLetThrough(from, to, event)) relayed(from, to, event);
  };
}

const wasRead = Symbol('loopchart.read');
const probe = {
  get type(): string {
    throw wasRead;
  },
};

/**
 * Whether anybody observes a system. Nobody is told anything.
 * `_sendInspectionEvent` copies an event for its observers, and only if there are any: the probe throws when it is copied.
 * If it were copied in any case, runs that nobody watches would take longer; if it never were, whoever came before the
 * first loop of a system would see its run without the steps.
 */
export function hasObservers(system: AnyActorRef['system']): boolean {
  try {
    (system as unknown as InnerSystem)._sendInspectionEvent(probe);
    return false;
  } catch (error) {
    if (error === wasRead) return true;
    throw error;
  }
}

/**
 * The transitions that were taken on an event.
 * They are `_transitions` of the inspection event. Without them, recordings and pages say that a line is missing.
 */
export function takenBy(microstep: Extract<InspectionEvent, { type: '@xstate.microstep' }>): readonly Transition[] {
  return microstep._transitions as unknown as readonly Transition[];
}

/**
 * The actors of a machine under the names by which they are spawned; `undefined` for a logic that is no machine.
 * They are `machine.implementations.actors`, and one that is put there later is found as well. If it were a copy, XState
 * would find no child of that name, and the run would end with its error.
 */
export function actorsOf(machine: object): Record<string, unknown>;
export function actorsOf(logic: object | undefined): Record<string, unknown> | undefined;
export function actorsOf(logic: object | undefined): Record<string, unknown> | undefined {
  return (logic as { implementations?: { actors?: Record<string, unknown> } } | undefined)?.implementations?.actors;
}

/** What a machine has of its own, and of that, its methods, which know of it. */
const ownOfMachine = ['__xstatenode', 'config', 'events', 'id', 'idMap', 'implementations', 'options', 'root'];
ownOfMachine.push('schemas', 'states', 'version');
const boundOfMachine = ['getInitialSnapshot', 'getPersistedSnapshot', 'restoreSnapshot', 'start', 'transition'];

/**
 * The same as `machine.provide({ actors })`, in a tenth of the time: of the states and transitions, of which nothing is any
 * different, no others are made.
 * It makes use of all that a machine has of its own. If that were not exactly this, machines would be made as ever.
 */
export function withActors<Machine extends object>(machine: Machine, actors: Record<string, unknown>): Machine {
  const source = machine as any;
  const names = Object.keys(source).sort().join();
  if (names !== [...ownOfMachine, ...boundOfMachine].sort().join()) return source.provide({ actors });
  const { prototype } = source.constructor;
  const made = Object.assign(Object.create(prototype), source);
  for (const name of boundOfMachine) made[name] = prototype[name].bind(made);
  made.implementations = { ...source.implementations, actors: { ...source.implementations.actors, ...actors } };
  return made;
}

/**
 * A machine with its states and transitions.
 * It is `machine.root`. If nodes were otherwise, loading the library would fail, or `test/rules.test.ts`.
 */
export function rootNode(machine: object): Node {
  return (machine as { root: Node }).root;
}

/**
 * The first snapshot of a machine, with a given context in the place of the function in its configuration: XState has an
 * `assign` call that, and warns in development where the machine begins within an action of an app.
 * `getInitialSnapshot` is a method of the machine's class and reads `this.config`. If it read it from elsewhere, the function
 * would be called as ever.
 */
export function firstSnapshot(machine: object, scope: unknown, input: unknown, context: object): object {
  const { config } = machine as { config: object };
  const beginning = Object.create(machine, { config: { value: { ...config, context } } });
  const snapshot = Object.getPrototypeOf(machine).getInitialSnapshot.call(beginning, scope, input);
  snapshot.machine = machine;
  return snapshot;
}

/**
 * Whether a snapshot of a flat machine is in the state that its value says, and was not changed by hand.
 * Its `_nodes` are the root and the node of the state. If they were others, XState would have all events.
 */
export function isIn({ _nodes, value }: InnerSnapshot, { states }: Node): boolean {
  return _nodes.length === 2 && _nodes[1] === states[value];
}

/**
 * A snapshot like the one before it, but for the context.
 * XState makes plain objects with these keys in this order, and the same methods in each. `quick-transition.ts` holds one
 * against XState's own before it is used; if they differ, XState has all events.
 * @param methods a snapshot of any machine
 */
export function snapshotAfter(before: InnerSnapshot, context: object, methods: InnerSnapshot): object {
  return {
    status: before.status,
    output: before.output,
    error: before.error,
    machine: before.machine,
    context,
    _nodes: before._nodes,
    value: before.value,
    tags: new Set(),
    children: before.children,
    historyValue: before.historyValue || {},
    matches: methods.matches,
    hasTag: methods.hasTag,
    can: methods.can,
    getMeta: methods.getMeta,
    toJSON: methods.toJSON,
  };
}

/**
 * A snapshot for an actor to go on from, like those that `getPersistedSnapshot()` gives.
 * XState goes by these keys, and begins the actor of a state only if it is among the children. If it went by others, the
 * actor would fail when it is made.
 */
export function persistedSnapshot(of: {
  status: 'active' | 'done';
  output: unknown;
  value: string;
  context: object;
  children: { readonly [name: string]: { readonly src: string; readonly snapshot: object } };
}): object {
  const { status, output, value, context, children } = of;
  return { status, output, error: undefined, value, historyValue: {}, context, children };
}
