import type { AnyActorRef } from 'xstate';
import { isLoopActor } from './loop-actor.ts';
import { hearRelays, parentActor } from './xstate-inner.ts';

/*
 * Which loop has ended, of the event by which an app's machine hears of it. XState gives a guard that event and nothing
 * else, and the event has only what the loop returned.
 *
 * What this relies on of XState (5.33) that is not in its documentation: what `hearRelays` says; and that an actor begins by
 * `start` of its machine, which is given its snapshot and its scope.
 */

/** The actor of the loop that an event says the end of. */
const enders = new WeakMap<object, AnyActorRef>();
/** The systems that are listened to: those with loops in machines of an app. */
const heard = new WeakSet<object>();

/** Makes known of a loop's machine, and of those that `provide()` makes of it, from which actor the event of its end came. */
export function withEndEvents<Machine extends object>(machine: Machine): Machine {
  const own = machine as any;
  const { start, provide } = own;
  return Object.assign(own, {
    start(snapshot: any, scope: { self: AnyActorRef; system: AnyActorRef['system'] }) {
      // The machines of loops hear of their children in another way.
      if (snapshot.context?.name === null && parentActor(scope.self) !== undefined) hear(scope.system);
      return start.call(own, snapshot, scope);
    },
    provide: (given: unknown) => withEndEvents(provide.call(own, given)),
  });
}

function hear(system: AnyActorRef['system']): void {
  if (heard.has(system)) return;
  heard.add(system);
  hearRelays(system, (from, event) => {
    if (event.actorId !== undefined && from?.id === event.actorId && isLoopActor(from)) enders.set(event, from);
  });
}

/** The actor of the loop that an event says the end of; `undefined` where it says nothing of the kind. */
export function enderOf(event: object): AnyActorRef | undefined {
  return enders.get(event);
}
