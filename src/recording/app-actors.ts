import type { AnyActorRef } from 'xstate';
import { kindOfActor } from '../chart/actor-kind.ts';
import type { LoopContext, LoopStateValue } from '../chart/context.ts';
import { isLoopActor, type Status } from '../chart/loop-actor.ts';
import { logicOf, parentActor, rootNode, type Transition } from '../chart/xstate-inner.ts';
import type { Json } from '../data/json.ts';
import { AppValues } from './app-values.ts';
import { chartJson } from './chart-json.ts';
import { senderOf } from './coming.ts';
import { edgesOf } from './edges.ts';
import { now } from './now.ts';
import type { AppChart, Sighting, Subject } from './sighting.ts';

/** More charts, and larger ones, are not told. */
const mostCharts = 200;
const longestChart = 200_000;
const longestName = 200;

/** A snapshot of any actor. */
interface Snapshot {
  readonly status?: Status;
  readonly value?: unknown;
  readonly context?: unknown;
  readonly output?: unknown;
  readonly error?: unknown;
}

/**
 * The actors of an app's own that are in one system with loops: the machine that invokes a loop, and all that the app has
 * spawned beside it. What runs within a loop, the actors of its hooks, is not among them.
 */
export class AppActors {
  readonly #seen: (sighting: Sighting) => void;
  readonly #subjects: WeakMap<AnyActorRef, Subject>;
  readonly #announced: WeakSet<AnyActorRef>;
  readonly #values = new AppValues();
  /** Whether an actor is one of these. */
  readonly #areOfApp = new WeakMap<AnyActorRef, boolean>();
  /** By the configuration of a machine, which all that `provide()` makes of it share. */
  readonly #charts = new WeakMap<object, AppChart | undefined>();
  readonly #contexts = new WeakMap<Subject, { live: unknown; told: LoopContext }>();
  readonly #told = new WeakSet<AppChart>();
  #chartCount = 0;
  #count = 0;

  /**
   * @param subjects all actors that are known, those of loops as well
   * @param announced those whose making was seen
   */
  constructor(
    seen: (sighting: Sighting) => void,
    subjects: WeakMap<AnyActorRef, Subject>,
    announced: WeakSet<AnyActorRef>,
  ) {
    this.#seen = seen;
    this.#subjects = subjects;
    this.#announced = announced;
  }

  /** An actor that was not known. `undefined`: it is a loop, or runs within one. */
  meet(actor: AnyActorRef, begins: boolean): Subject | undefined {
    if (!this.#isOfApp(actor)) return undefined;
    const above = parentActor(actor);
    const under = above && (this.#subjects.get(above) ?? this.meet(above, false));
    const snapshot = (actor.getSnapshot() ?? {}) as Snapshot;
    const { status = 'active' } = snapshot;
    const kind = kindOfActor(actor);
    const [name, loop] = [nameOf(actor), sourceOf(actor)];
    const subject: Subject = {
      id: `${name}@${++this.#count}`,
      path: name,
      name,
      loop,
      ofApp: { kind, under, chart: kind === 'machine' ? this.#chartOf(actor, loop) : undefined },
      parent: undefined,
      under,
      runId: undefined,
      forkOf: undefined,
      t: now(),
      late: !begins && !this.#announced.has(actor),
      actor: status === 'active' ? actor : undefined,
      below: new Set(),
      now: { seq: 0, value: stateOf(snapshot), status, context: null as never },
      base: undefined,
      coming: [],
      weight: { type: '', bytes: 0 },
    };
    this.#subjects.set(actor, subject);
    const { chart } = subject.ofApp!;
    if (chart !== undefined && !this.#told.has(chart)) {
      this.#told.add(chart);
      this.#tell(subject, snapshot, { chart });
    }
    this.#tell(subject, snapshot, {});
    return subject;
  }

  /** It has handled an event; of a machine, one step of that. */
  handled(subject: Subject, event: { type: string }, after: Snapshot, transitions: readonly Transition[]): void {
    // Some logic does not look at this event; XState stops the actor all the same.
    const isStopped = event.type === 'xstate.stop' && (after.status ?? 'active') === 'active';
    const snapshot = isStopped ? { ...after, status: 'stopped' as const } : after;
    const from = senderOf(subject, event);
    const before = subject.now.value;
    subject.now.value = stateOf(snapshot);
    subject.now.status = snapshot.status ?? 'active';
    if (subject.now.status !== 'active') {
      subject.actor = undefined;
      subject.coming.length = 0;
    }
    // What follows from the state, and was sent by nobody.
    const isFree = transitions.length > 0 && transitions.every(({ eventType }) => eventType === '');
    const told = isFree ? { type: '' } : this.#eventOf(event);
    this.#tell(subject, snapshot, {
      event: told,
      from: isFree ? undefined : from,
      before,
      transitions: edgesOf(transitions),
    });
  }

  /** An event is on its way. What a callback does with it comes at once, and nothing of how it stands is changed by it. */
  coming(subject: Subject, actor: AnyActorRef, event: { type: string }): void {
    if (parentActor(actor) === undefined) this.#checkSoon(actor);
    if (subject.ofApp?.kind === 'callback') this.handled(subject, event, { status: 'active' }, []);
  }

  /** It has come to the end of an event. */
  settled(subject: Subject, event: { type: string }, snapshot: Snapshot): void {
    const { kind } = subject.ofApp!;
    // What a machine handles it has told step by step.
    const isTold =
      kind === 'machine' || (kind === 'callback' && event.type !== 'xstate.stop') || event.type === 'xstate.init';
    if (!isTold) this.handled(subject, event, snapshot, []);
    else if (subject.actor !== undefined) this.checkEnd(subject.actor);
  }

  /** XState tells an actor's parent of its end before it tells observers, and of one that fails it tells them nothing. */
  checkEnd(actor: AnyActorRef): void {
    const subject = this.#subjects.get(actor);
    if (subject?.ofApp === undefined || subject.actor === undefined) return;
    const snapshot = actor.getSnapshot() as Snapshot;
    if ((snapshot?.status ?? 'active') === 'active') return;
    const last = subject.coming.at(-2) as { type: string } | undefined;
    this.handled(subject, last ?? { type: `xstate.${snapshot.status}` }, snapshot, []);
  }

  /** Of one at the top that throws on an event, nobody is told: it is looked at once it has handled what came. */
  #checkSoon(actor: AnyActorRef): void {
    queueMicrotask(() => {
      try {
        this.checkEnd(actor);
      } catch {
        // What cannot be told must not end the program: here, nobody else would keep it from that.
      }
    });
  }

  #isOfApp(actor: AnyActorRef): boolean {
    let known = this.#areOfApp.get(actor);
    if (known === undefined) {
      const above = parentActor(actor);
      known = isActor(actor) && !isLoopActor(actor) && (above === undefined || this.#isOfApp(above));
      this.#areOfApp.set(actor, known);
    }
    return known;
  }

  #tell(subject: Subject, snapshot: Snapshot, what: Partial<Sighting>): void {
    const { value, status } = subject.now;
    const known = this.#contexts.get(subject);
    const hasNewContext = known === undefined || known.live !== snapshot.context;
    const context = hasNewContext
      ? (this.#values.copy(snapshot.context ?? null) as unknown as LoopContext)
      : known.told;
    if (status === 'active') this.#contexts.set(subject, { live: snapshot.context, told: context });
    else this.#contexts.delete(subject);
    subject.now.context = context;
    const copy = (part: unknown) => (part === undefined ? undefined : this.#values.copy(part));
    this.#seen({
      subject,
      t: now(),
      event: undefined,
      from: undefined,
      before: undefined,
      transitions: [],
      value,
      status,
      output: copy(snapshot.output),
      error: copy(snapshot.error),
      context,
      hasNewContext,
      ...what,
    });
  }

  #eventOf(event: { type: string }): { type: string } {
    const told = this.#values.copy(event);
    if (typeof told === 'object' && told !== null && 'type' in told) return told as { type: string };
    return { type: String(event.type), $cut: (told as { $cut?: Json }).$cut } as { type: string };
  }

  #chartOf(actor: AnyActorRef, name: string): AppChart | undefined {
    const machine = logicOf(actor) as { config: object };
    if (this.#charts.has(machine.config)) return this.#charts.get(machine.config);
    let chart: AppChart | undefined;
    if (this.#chartCount < mostCharts) {
      const root = chartJson(rootNode(machine));
      if (JSON.stringify(root).length <= longestChart) chart = { key: `${name}@${++this.#chartCount}`, root, seq: 0 };
    }
    this.#charts.set(machine.config, chart);
    return chart;
  }
}

/** A logic of the app's own may call anything its children. */
function isActor(actor: AnyActorRef): boolean {
  return logicOf(actor) !== undefined && typeof actor.id === 'string' && typeof actor.sessionId === 'string';
}

/** What an app calls an actor. XState makes up names for those that were given none. */
function nameOf(actor: AnyActorRef): string {
  const { id, sessionId } = actor;
  const isMadeUp = id === sessionId || /^\d+\.|^x:\d+$/.test(id);
  return (isMadeUp ? sourceOf(actor) : id).slice(0, longestName);
}

/** What its logic is called. */
function sourceOf(actor: AnyActorRef): string {
  const { src } = actor as { src?: unknown };
  if (typeof src === 'string' && !src.startsWith('xstate.invoke.')) return src.slice(0, longestName);
  const { id } = (logicOf(actor) ?? {}) as { id?: unknown };
  return typeof id === 'string' && id !== '(machine)' ? id.slice(0, longestName) : kindOfActor(actor);
}

/** The state of a machine, as JSON where it is in several; of another, whether it goes on. */
function stateOf({ value, status = 'active' }: Snapshot): LoopStateValue {
  if (value === undefined) return status as LoopStateValue;
  return (typeof value === 'string' ? value : JSON.stringify(value)) as LoopStateValue;
}
