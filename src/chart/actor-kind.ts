import {
  type AnyActorRef,
  fromCallback,
  fromEventObservable,
  fromObservable,
  fromPromise,
  fromTransition,
} from 'xstate';
import { logicOf } from './xstate-inner.ts';

/** What runs an actor that is no loop. `actor`: a logic that somebody wrote by hand, or of another copy of XState. */
export type ActorKind = 'machine' | 'promise' | 'callback' | 'observable' | 'transition' | 'actor';

/**
 * XState marks no logic with how it was made. What those of one maker have in common is the code of their `transition`,
 * so a logic is held against one that was made here.
 */
const made: readonly [ActorKind, object][] = [
  ['promise', fromPromise(async () => undefined)],
  ['callback', fromCallback(() => {})],
  ['observable', fromObservable(() => ({ subscribe: () => ({ unsubscribe() {} }) }))],
  ['observable', fromEventObservable(() => ({ subscribe: () => ({ unsubscribe() {} }) }))],
  ['transition', fromTransition((state) => state, undefined)],
];

const kinds = new WeakMap<object, ActorKind>();

/** What runs an actor. */
export function kindOfActor(actor: AnyActorRef): ActorKind {
  const logic = logicOf(actor);
  if (logic === undefined) return 'actor';
  let kind = kinds.get(logic);
  if (kind === undefined) {
    kind = isMachine(logic) ? 'machine' : (made.find(([, other]) => codeOf(other) === codeOf(logic))?.[0] ?? 'actor');
    kinds.set(logic, kind);
  }
  return kind;
}

function isMachine(logic: object): boolean {
  return 'root' in logic && 'states' in logic && 'config' in logic;
}

function codeOf(logic: object): string | undefined {
  const { transition } = logic as { transition?: unknown };
  return typeof transition === 'function' ? Function.prototype.toString.call(transition) : undefined;
}
