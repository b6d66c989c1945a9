import type { AnyActorRef, Observer, Subscription } from 'xstate';
import type { LoopContext, LoopReportEvent, LoopStateValue } from '../chart/context.ts';
import type { AnyLoop } from '../tree/any-loop.ts';

import { implement, isImplementedBy, machineLoops } from './machines.ts';
import type { Session } from './session.ts';

/** What a machine says of a loop. */
interface Snapshot {
  value: LoopStateValue;
  context: LoopContext;
  status: string;
  output: unknown;
  children: Record<string, AnyActorRef>;
}

/** What this file uses of an actor of XState (5.33) that is not in its documentation. */
interface Inner {
  logic: { implementations: { actors: Record<string, unknown> } };
  /** Everything that comes to an actor from anywhere goes through it. */
  _send(event: { type: string }): void;
  /** What it tells its parent's `onSnapshot`. */
  _syncSnapshot?: boolean;
  observers: Set<unknown>;
  subscribe(observer: object): Subscription;
  getSnapshot(): unknown;
  getPersistedSnapshot(options?: unknown): unknown;
  system: { _relay(from: AnyActorRef | undefined, to: AnyActorRef, event: object): void };
}

function wantsSnapshots(observer: unknown): boolean {
  return typeof observer === 'function' || (observer as { next?: unknown } | undefined)?.next !== undefined;
}

/** Asks something of the loops, wherever they are: those that run without an actor have to hear of it. */
const controls: ReadonlySet<string> = new Set(['loop.pause', 'loop.resume', 'loop.step', 'loop.stop', 'loop.abort']);

/**
 * The actor of a running loop, and the doors through which others look at it: before anybody does, all that runs below it
 * without an actor gets one, so that nobody ever sees anything else than actors.
 */
export class Seat {
  readonly actor: AnyActorRef;
  readonly #session: Session;
  readonly #inner: Inner;
  readonly #ask: () => unknown;
  readonly #subscribe: (observer: object) => Subscription;
  /** Others that want every snapshot. */
  #lookers = 0;

  /** @param isRoot whether it is the actor of the root, to which the library has subscriptions of its own */
  constructor(actor: AnyActorRef, session: Session, isRoot: boolean) {
    this.actor = actor;
    this.#session = session;
    const inner = actor as unknown as Inner;
    this.#inner = inner;
    this.#ask = inner.getSnapshot;
    this.#subscribe = inner.subscribe;
    const { getPersistedSnapshot, _send } = inner;
    const own = isRoot ? session.own : 0;
    this.#look([...inner.observers].filter(wantsSnapshots).length - own + (inner._syncSnapshot === true ? 1 : 0));
    inner.getSnapshot = () => {
      session.show();
      return this.#ask.call(inner);
    };
    inner.getPersistedSnapshot = (options) => {
      session.show();
      return getPersistedSnapshot.call(inner, options);
    };
    inner.subscribe = (...observer: [any]) => {
      session.show();
      const subscription = this.#subscribe.apply(inner, observer);
      // Whoever only wants to hear of the end is told of that in any case.
      if (!wantsSnapshots(observer[0])) return subscription;
      this.#look(1);
      let subscribed = true;
      return {
        unsubscribe: () => {
          if (subscribed) this.#look(-1);
          subscribed = false;
          subscription.unsubscribe();
        },
      };
    };
    inner._send = (event) => {
      if (controls.has(event.type)) session.show(true);
      session.whileMachinesWork(() => _send.call(inner, event));
    };
  }

  #look(count: number): void {
    this.#lookers += count;
    this.#session.lookers += count;
  }

  /** It has ended: whoever has subscribed to it will hear of nothing more. */
  leave(): void {
    this.#look(-this.#lookers);
  }

  /** What the machine has been told so far. */
  snapshot(): Snapshot {
    return this.#ask.call(this.#inner) as Snapshot;
  }

  /** Whether a child of its loop is the actor that runs under a name. */
  runsItself(loop: AnyLoop, child: string): boolean {
    const { logic } = this.#inner;
    return machineLoops.get(logic) === loop && isImplementedBy(loop, logic.implementations.actors, child);
  }

  /** Puts the machine of a child under its name, for this actor's machine to spawn. */
  implement(loop: AnyLoop, child: string, machine: object): void {
    implement(loop, this.#inner.logic.implementations.actors, child, machine);
  }

  listen(observer: Observer<unknown>): void {
    this.#subscribe.call(this.#inner, observer);
  }

  /** Hands an event to the machine. @param from whom inspectors see as its sender */
  take(event: LoopReportEvent, from: AnyActorRef | undefined): void {
    this.#inner.system._relay(from, this.actor, event);
  }
}
