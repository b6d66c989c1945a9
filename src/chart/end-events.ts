import type { AnyActorRef } from 'xstate';
import { isLoopActor } from './loop-actor.ts';

/*
 * Which loop has ended, of the event by which an app's machine hears of it. XState gives a guard that event and nothing
 * else, and the event has only what the loop returned.
 *
 * What this relies on of XState (5.33) that is not in its documentation: an actor sends its parent the event of its end by
 * `system._relay`, and the same object reaches the parent's guards and actions; an actor begins by `start` of its machine,
 * which is given its snapshot and its scope.
 */

/** The actor of the loop that an event says the end of. */
const enders = new WeakMap<object, AnyActorRef>();
/** The systems that are listened to: those with loops in machines of an app. */
const heard = new WeakSet<object>();

interface System {
  _relay(from: AnyActorRef | undefined, to: AnyActorRef, event: { type: string; actorId?: string }): void;
}

/** Makes known of a loop's machine, and of those that `provide()` makes of it, from which actor the event of its end came. */
export function withEndEvents<Machine extends object>(machine: Machine): Machine {
  const own = machine as any;
  const { start, provide } = own;
  return Object.assign(own, {
    start(snapshot: any, scope: { self: AnyActorRef; system: object }) {
      // The machines of loops hear of their children in another way.
      if (snapshot.context?.name === null && scope.self._parent !== undefined) hear(scope.system as System);
      return start.call(own, snapshot, scope);
    },
    provide: (given: unknown) => withEndEvents(provide.call(own, given)),
  });
}

function hear(system: System): void {
  if (heard.has(system)) return;
  heard.add(system);
  const relay = system._relay;
  system._relay = (from, to, event) => {
    if (event.actorId !== undefined && from?.id === event.actorId && isLoopActor(from)) enders.set(event, from);
    relay(from, to, event);
  };
}

/** The actor of the loop that an event says the end of; `undefined` where it says nothing of the kind. */
export function enderOf(event: object): AnyActorRef | undefined {
  return enders.get(event);
}
