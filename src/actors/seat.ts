import type { AnyActorRef, Observer, Subscription } from 'xstate';
import type { LoopContext, LoopReportEvent, LoopStateValue } from '../chart/context.ts';
import { actorsOf, countSnapshotObservers, logicOf, relay, wantsSnapshots, wrapSend } from '../chart/xstate-inner.ts';
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

/** The doors of an actor. Whatever XState does with it from elsewhere goes through them as well. */
interface Doors {
  subscribe(observer: object): Subscription;
  getSnapshot(): unknown;
  getPersistedSnapshot(options?: unknown): unknown;
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
  readonly #machine: object;
  readonly #ask: () => unknown;
  readonly #subscribe: (observer: object) => Subscription;
  /** Others that want every snapshot. */
  #lookers = 0;

  /** @param isRoot whether it is the actor of the root, to which the library has subscriptions of its own */
  constructor(actor: AnyActorRef, session: Session, isRoot: boolean) {
    this.actor = actor;
    this.#session = session;
    this.#machine = logicOf(actor)!;
    const doors = actor as unknown as Doors;
    this.#ask = doors.getSnapshot;
    this.#subscribe = doors.subscribe;
    const { getPersistedSnapshot } = doors;
    this.#look(countSnapshotObservers(actor) - (isRoot ? session.own : 0));
    doors.getSnapshot = () => {
      session.show();
      return this.#ask.call(actor);
    };
    doors.getPersistedSnapshot = (options) => {
      session.show();
      return getPersistedSnapshot.call(actor, options);
    };
    doors.subscribe = (...observer: [any]) => {
      session.show();
      const subscription = this.#subscribe.apply(actor, observer);
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
    wrapSend(actor, (send) => (event) => {
      if (controls.has(event.type)) session.show(true);
      session.whileMachinesWork(() => send.call(actor, event));
    });
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
    return this.#ask.call(this.actor) as Snapshot;
  }

  /** Whether a child of its loop is the actor that runs under a name. */
  runsItself(loop: AnyLoop, child: string): boolean {
    return machineLoops.get(this.#machine) === loop && isImplementedBy(loop, actorsOf(this.#machine), child);
  }

  /** Puts the machine of a child under its name, for this actor's machine to spawn. */
  implement(loop: AnyLoop, child: string, machine: object): void {
    implement(loop, actorsOf(this.#machine), child, machine);
  }

  listen(observer: Observer<unknown>): void {
    this.#subscribe.call(this.actor, observer);
  }

  /** Hands an event to the machine. @param from whom inspectors see as its sender */
  take(event: LoopReportEvent, from: AnyActorRef | undefined): void {
    relay(from, this.actor, event);
  }
}
