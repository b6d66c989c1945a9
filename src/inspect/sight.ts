import type { AnyActorRef, InspectionEvent } from 'xstate';
import type { LoopContext, LoopStateValue } from '../context.ts';
import { machineLoops } from '../machines.ts';

export type Status = 'active' | 'done' | 'error' | 'stopped';

/** How a loop stood after a line. */
export interface Standing {
  /** The number of that line. */
  seq: number;
  value: LoopStateValue;
  status: Status;
  context: LoopContext;
}

/** A loop's actor, as an inspector knows it. */
export interface Subject {
  /** The path and which run of it: `fit.epoch#3`. */
  readonly id: string;
  readonly path: string;
  readonly name: string;
  /** The class of the loop. */
  readonly loop: string;
  readonly parent: Subject | undefined;
  /** When it was first seen, in milliseconds since 1970. */
  readonly t: number;
  /** It had begun before that. */
  readonly late: boolean;
  /** Until it has ended. */
  actor: AnyActorRef | undefined;
  /** The newest line about it, and how it stood then. */
  readonly now: Standing;
  /** The newest line about it that is no longer held; `undefined` while all are. */
  base: Standing | undefined;
  /** Events on their way to it, each with the name of its sender. */
  readonly coming: (object | string)[];
  /** About how many bytes its last event of a kind took. */
  readonly weight: { type: string; bytes: number };
}

/** Something that happened to a loop. Nothing in it is copied: what the library puts into events and contexts is not changed later. */
export interface Sighting {
  readonly subject: Subject;
  readonly t: number;
  /** `undefined`: the actor itself, when it was first seen. */
  readonly event: { readonly type: string } | undefined;
  readonly from: string | undefined;
  /** The state it was in. */
  readonly before: LoopStateValue | undefined;
  readonly value: LoopStateValue;
  readonly status: Status;
  readonly output: unknown;
  readonly error: unknown;
  /** XState's transition definitions. */
  readonly transitions: readonly unknown[];
  readonly context: LoopContext;
}

/** More events than this do not wait for one actor, unless it never handles them. */
const mostComing = 256;

/**
 * Tells which loop an inspection event is about and what became of it. This runs within the run: it only takes notes,
 * turning them into text is for later.
 */
export class Sight {
  readonly #seen: (sighting: Sighting) => void;
  readonly #subjects = new WeakMap<AnyActorRef, Subject>();
  readonly #names = new WeakMap<AnyActorRef, string>();
  readonly #systems = new WeakSet<object>();
  readonly #times = new Map<string, number>();
  #system: object | undefined;

  constructor(seen: (sighting: Sighting) => void) {
    this.#seen = seen;
  }

  next(event: InspectionEvent): void {
    const actor = event.actorRef as AnyActorRef;
    if (actor.system !== this.#system) this.#enter(event, actor);
    switch (event.type) {
      case '@xstate.microstep': {
        const subject = this.#subjects.get(actor);
        if (subject !== undefined) this.#handled(subject, event);
        break;
      }
      case '@xstate.event': {
        let subject = this.#subjects.get(actor);
        if (subject === undefined) {
          if (!isLoop(actor)) break;
          // As it is before it handles what comes.
          subject = this.#see(actor, actor.getSnapshot(), event.event.type !== 'xstate.init');
        }
        if (event.sourceRef === undefined || event.event.type === 'xstate.init') break;
        const from = this.#nameOf(event.sourceRef as AnyActorRef);
        if (from !== undefined && subject.coming.length < mostComing) subject.coming.push(event.event, from);
        break;
      }
      default:
    }
  }

  /** Takes note of the loops that run already, each before its children. */
  lookAt(actor: AnyActorRef): void {
    let top = actor;
    while (top._parent !== undefined) top = top._parent;
    this.#systems.add(top.system);
    this.#walk(top);
  }

  #walk(actor: AnyActorRef): void {
    const snapshot = actor.getSnapshot() as { status?: string; children?: Record<string, AnyActorRef> } | undefined;
    if (snapshot === undefined) return;
    if (snapshot.status === 'active' && !this.#subjects.has(actor) && isLoop(actor)) this.#see(actor, snapshot, true);
    for (const child of Object.values(snapshot.children ?? {})) if (child !== undefined) this.#walk(child);
  }

  #enter(event: InspectionEvent, actor: AnyActorRef): void {
    this.#system = actor.system;
    if (this.#systems.has(actor.system)) return;
    this.#systems.add(actor.system);
    // A system whose birth is seen has no loops yet.
    if (event.type !== '@xstate.actor' || actor._parent !== undefined) this.lookAt(actor);
  }

  #see(actor: AnyActorRef, snapshot: any, late: boolean): Subject {
    const context = snapshot.context as LoopContext;
    const parent = context.name === null || actor._parent === undefined ? undefined : this.#subjects.get(actor._parent);
    const path = parent === undefined ? actor.id : `${parent.path}.${actor.id}`;
    const time = (this.#times.get(path) ?? 0) + 1;
    this.#times.set(path, time);
    const subject: Subject = {
      id: `${path}#${time}`,
      path,
      name: actor.id,
      loop: machineLoops.get(logicOf(actor))?.constructor.name ?? actor.id,
      parent,
      t: now(),
      late,
      actor,
      now: { seq: 0, value: snapshot.value, status: 'active', context },
      base: undefined,
      coming: [],
      weight: { type: '', bytes: 0 },
    };
    this.#subjects.set(actor, subject);
    this.#seen({
      subject,
      t: subject.t,
      event: undefined,
      from: undefined,
      before: undefined,
      value: snapshot.value,
      status: 'active',
      output: undefined,
      error: undefined,
      transitions: none,
      context,
    });
    return subject;
  }

  #handled(subject: Subject, { event, snapshot, _transitions }: any): void {
    const { value, status, output, error, context } = snapshot;
    const from = subject.coming.length > 0 ? senderOf(subject.coming, event) : undefined;
    const told = subject.now;
    const before = told.value;
    told.value = value;
    told.status = status;
    told.context = context;
    if (status !== 'active') subject.actor = undefined;
    const transitions = _transitions;
    this.#seen({ subject, t: now(), event, from, before, value, status, output, error, transitions, context });
  }

  #nameOf(actor: AnyActorRef): string | undefined {
    let name = this.#names.get(actor);
    if (name === undefined) {
      const machine = actor._parent && this.#subjects.get(actor._parent);
      name = this.#subjects.get(actor)?.id ?? (machine && `${machine.id}/${actor.id}`);
      if (name !== undefined) this.#names.set(actor, name);
    }
    return name;
  }
}

function senderOf(coming: (object | string)[], event: object): string | undefined {
  const at = coming.indexOf(event);
  if (at < 0) {
    // Never handled, all of them.
    if (coming.length >= mostComing) coming.length = 0;
    return undefined;
  }
  const from = coming[at + 1] as string;
  // Those before it were dropped without a step.
  if (coming.length === at + 2) coming.length = 0;
  else coming.splice(0, at + 2);
  return from;
}

const none: readonly unknown[] = [];

/** To the thousandth of a millisecond: clocks know no more. */
function now(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1000) / 1000;
}

function isLoop(actor: AnyActorRef): boolean {
  const logic = logicOf(actor);
  return (
    (machineLoops.has(logic) || logic.config?.id === 'loop') && actor.getSnapshot()?.context?.running !== undefined
  );
}

function logicOf(actor: AnyActorRef): { config?: { id?: string } } {
  return (actor as unknown as { logic: { config?: { id?: string } } }).logic;
}

/** The loop at the top of a run. */
export function rootOf(subject: Subject): Subject {
  let root = subject;
  while (root.parent !== undefined) root = root.parent;
  return root;
}
