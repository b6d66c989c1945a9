import type { AnyActorRef, InspectionEvent } from 'xstate';
import { classOf, isLoopActor, runIdOf, type Stand, standOf } from '../chart/loop-actor.ts';
import { parentActor, type Transition, takenBy, topActor } from '../chart/xstate-inner.ts';
import { AppActors } from './app-actors.ts';
import { noteComing, senderOf } from './coming.ts';
import { edgesOf } from './edges.ts';
import { now } from './now.ts';
import type { Sighting, Subject } from './sighting.ts';

/**
 * Tells which loop, or which actor of the app, an inspection event is about and what became of it. This runs within the run: it only takes notes,
 * turning them into text is for later. It keeps no run, and nothing of one that has ended.
 */
export class Observer {
  readonly #seen: (sighting: Sighting) => void;
  readonly #subjects = new WeakMap<AnyActorRef, Subject>();
  readonly #names = new WeakMap<AnyActorRef, string>();
  /** Those whose loops are known. */
  readonly #systems = new WeakSet<object>();
  /** Actors whose making was seen. */
  readonly #announced = new WeakSet<AnyActorRef>();
  /** How many runs of a loop there were, by path. */
  readonly #times = new Map<string, number>();
  /** The same, below a root that nobody gave a name: its path never comes again. */
  readonly #timesBelow = new WeakMap<Subject, Map<string, number>>();

  readonly #ofApp: AppActors;

  constructor(seen: (sighting: Sighting) => void) {
    this.#seen = seen;
    this.#ofApp = new AppActors(seen, this.#subjects, this.#announced);
  }

  next(event: InspectionEvent): void {
    const actor = event.actorRef as AnyActorRef;
    switch (event.type) {
      case '@xstate.microstep': {
        if (!this.#systems.has(actor.system)) this.lookAt(actor);
        const subject = this.#subjects.get(actor);
        if (subject?.ofApp !== undefined) {
          this.#ofApp.handled(subject, event.event, event.snapshot as object, takenBy(event));
        } else if (subject !== undefined) {
          this.#handled(subject, event.event, event.snapshot as unknown as Stand, takenBy(event));
        }
        break;
      }
      case '@xstate.event': {
        const { event: sent, sourceRef } = event;
        const begins = sent.type === 'xstate.init';
        if (sourceRef !== undefined && sourceRef !== actor) this.#ofApp.checkEnd(sourceRef as AnyActorRef);
        // As it is before it handles what comes.
        const subject = this.#subjects.get(actor) ?? this.#meet(actor, begins);
        if (!this.#systems.has(actor.system)) this.lookAt(actor);
        if (begins || subject?.actor === undefined) break;
        noteComing(subject, sent, sourceRef && this.#nameOf(sourceRef as AnyActorRef));
        if (subject.ofApp !== undefined) this.#ofApp.coming(subject, actor, sent);
        break;
      }
      case '@xstate.actor':
        // A system whose birth is seen has no loops yet.
        if (parentActor(actor) === undefined) this.#systems.add(actor.system);
        else if (!this.#systems.has(actor.system)) this.lookAt(actor);
        this.#announced.add(actor);
        break;
      case '@xstate.snapshot': {
        const subject = this.#subjects.get(actor);
        if (subject?.ofApp === undefined || subject.actor === undefined) break;
        this.#ofApp.settled(subject, event.event, event.snapshot as object);
        break;
      }
      default:
    }
  }

  /** Whether the actors of a system are known. */
  knows(system: object): boolean {
    return this.#systems.has(system);
  }

  /** Takes note of the loops and actors that run already in the system of an actor, each before its children. */
  lookAt(actor: AnyActorRef): void {
    const top = topActor(actor);
    this.#systems.add(top.system);
    this.#walk(top, new Set());
  }

  #walk(actor: AnyActorRef, met: Set<AnyActorRef>): void {
    if (met.has(actor)) return;
    met.add(actor);
    const snapshot = actor.getSnapshot() as { status?: string; children?: Record<string, AnyActorRef> } | undefined;
    if (snapshot?.status === 'active' && !this.#subjects.has(actor)) this.#meet(actor, false);
    const { children } = snapshot ?? {};
    if (typeof children !== 'object' || children === null) return;
    // A logic of the app's own may call anything its children.
    for (const child of Object.values(children)) if (typeof child?.getSnapshot === 'function') this.#walk(child, met);
  }

  /** An actor that was not known. `undefined`: it is neither a loop nor one of the app's own. */
  #meet(actor: AnyActorRef, begins: boolean): Subject | undefined {
    if (!isLoopActor(actor)) return this.#ofApp.meet(actor, begins);
    const stand = standOf(actor);
    if (stand === undefined) return undefined;
    const { value, status, context, output, error } = stand;
    const spawner = parentActor(actor);
    const above = spawner && (this.#subjects.get(spawner) ?? this.#meet(spawner, false));
    const parent = context.name === null || above?.ofApp !== undefined ? undefined : above;
    const path = parent === undefined ? actor.id : `${parent.path}.${actor.id}`;
    const subject: Subject = {
      id: `${path}#${this.#time(path, parent, actor)}`,
      path,
      name: actor.id,
      loop: classOf(actor),
      ofApp: undefined,
      parent,
      under: above?.ofApp && above,
      runId: parent === undefined ? runIdOf(actor) : undefined,
      t: now(),
      late: !begins && !this.#announced.has(actor),
      forkOf: undefined,
      actor: status === 'active' ? actor : undefined,
      below: new Set(),
      now: { seq: 0, value, status, context },
      base: undefined,
      coming: [],
      weight: { type: '', bytes: 0 },
    };
    this.#subjects.set(actor, subject);
    if (parent === undefined && isUnnamed(actor)) this.#timesBelow.set(subject, new Map());
    if (subject.actor !== undefined) parent?.below.add(subject);
    const what = { event: undefined, from: undefined, before: undefined, transitions: edgesOf([]) };
    this.#seen({ subject, t: subject.t, ...what, value, status, output, error, context });
    return subject;
  }

  /** Which run of a path this is. */
  #time(path: string, parent: Subject | undefined, actor: AnyActorRef): number {
    if (parent === undefined && isUnnamed(actor)) return 1;
    let root = parent;
    while (root?.parent !== undefined) root = root.parent;
    const times = (root && this.#timesBelow.get(root)) ?? this.#times;
    const time = (times.get(path) ?? 0) + 1;
    times.set(path, time);
    return time;
  }

  #handled(subject: Subject, event: { type: string }, stand: Stand, transitions: readonly Transition[]): void {
    const { value, status, output, error, context } = stand;
    const from = senderOf(subject, event);
    const told = subject.now;
    const before = told.value;
    told.value = value;
    told.status = status;
    told.context = context;
    if (status !== 'active') this.#end(subject);
    const taken = edgesOf(transitions);
    this.#seen({ subject, t: now(), event, from, before, value, status, output, error, transitions: taken, context });
  }

  /** Nothing more comes of a loop, nor of those below it: XState stops the children of what fails without a word. */
  #end(subject: Subject): void {
    subject.actor = undefined;
    subject.coming.length = 0;
    subject.parent?.below.delete(subject);
    for (const below of [...subject.below]) {
      below.now.status = 'stopped';
      this.#end(below);
    }
  }

  #nameOf(actor: AnyActorRef): string | undefined {
    let name = this.#names.get(actor);
    if (name === undefined) {
      const above = parentActor(actor);
      const machine = above && this.#subjects.get(above);
      name = this.#subjects.get(actor)?.id ?? (machine && `${machine.id}/${actor.id}`);
      if (name !== undefined) this.#names.set(actor, name);
    }
    return name;
  }
}

/** XState has made up a name for it, which no other actor gets. */
function isUnnamed(actor: AnyActorRef): boolean {
  return actor.id === actor.sessionId;
}
