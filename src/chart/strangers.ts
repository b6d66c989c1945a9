import type { AnyActorRef } from 'xstate';
import { MisconfigurationError } from '../data/errors.ts';
import { shown } from '../data/shown.ts';
import type { LoopReportEvent } from './context.ts';
import { isLoopActor } from './loop-actor.ts';
import { parentActor, sieveRelays } from './xstate-inner.ts';

/*
 * Who may send a loop's machine what:
 *
 *     loop.pause, loop.resume, loop.step, loop.stop, loop.abort, loop.give     anybody
 *     loop.advanced, loop.failed, …, xstate.done.actor.*, …                    its own actors: those of its hooks, and
 *                                                                              the loops below it
 *     anything else                                                            anybody; the chart has no use for it
 *
 * The events of the second line say what has happened in the run. From anybody else they would say what has not: so they
 * are ignored, as XState ignores an event that a machine does not know, and no observer is told of them.
 */

const reports: { readonly [type in LoopReportEvent['type']]: true } = {
  'loop.advanced': true,
  'loop.forwarded': true,
  'loop.shown': true,
  'loop.hooked': true,
  'loop.run': true,
  'loop.left': true,
  'loop.asked': true,
  'loop.once': true,
  'loop.taken': true,
  'loop.failed': true,
};

/** Systems that have been given this. */
const sieved = new WeakSet<object>();

/** Has a machine of the chart, and those that `provide()` makes of it, take what is said of its run from its own actors alone. */
export function withoutStrangers<Machine extends object>(machine: Machine): Machine {
  const own = machine as any;
  const { getInitialSnapshot, restoreSnapshot, provide } = own;
  return Object.assign(own, {
    getInitialSnapshot(scope: Scope, input: unknown) {
      sieve(scope.system);
      return getInitialSnapshot(scope, input);
    },
    restoreSnapshot(snapshot: unknown, scope: Scope) {
      sieve(scope.system);
      return restoreSnapshot(snapshot, scope);
    },
    provide: (given: unknown) => withoutStrangers(provide.call(own, given)),
  });
}

/** An event, of which nothing is known. */
interface Sent {
  readonly type?: unknown;
  readonly steps?: unknown;
  readonly commit?: any;
  readonly done?: unknown;
}

interface Scope {
  readonly system: AnyActorRef['system'];
}

function sieve(system: AnyActorRef['system']): void {
  if (sieved.has(system)) return;
  sieved.add(system);
  sieveRelays(system, isLetThrough);
}

/** @throws MisconfigurationError for a `loop.advanced` of an actor in the place of `advance` that lacks what it must have */
function isLetThrough(from: AnyActorRef | undefined, to: AnyActorRef, event: Sent): boolean {
  const type = event?.type;
  if (typeof type !== 'string') return true;
  if (!Object.hasOwn(reports, type) && !type.startsWith('xstate.')) return true;
  const machine = isLoopActor(to) ? to : parentActor(to);
  if (machine === undefined || !isLoopActor(machine)) return true;
  if (!isWithin(from, machine)) return false;
  if (type === 'loop.advanced') checkAdvanced(event, to);
  return true;
}

function isWithin(from: AnyActorRef | undefined, machine: AnyActorRef): boolean {
  for (let up = from; up !== undefined; up = parentActor(up)) if (up === machine) return true;
  return false;
}

function checkAdvanced(event: Sent, to: AnyActorRef): void {
  const { steps, commit, done } = event;
  const holds: readonly (readonly [key: string, what: string, value: unknown, holds: boolean])[] = [
    ['steps', 'a whole number from 0 up', steps, Number.isSafeInteger(steps) && (steps as number) >= 0],
    ['done', 'true or false', done, typeof done === 'boolean'],
    ['commit', 'an object', commit, isObject(commit)],
    ['commit.state', 'there', commit?.state, commit?.state !== undefined],
    ['commit.progress', 'an object', commit?.progress, isObject(commit?.progress)],
    ['commit.restarting', 'true or false', commit?.restarting, typeof commit?.restarting === 'boolean'],
  ];
  const wrong = holds.find((one) => !one[3]);
  if (wrong === undefined) return;
  const [key, what, value] = wrong;
  throw new MisconfigurationError(
    `Expected \`${key}\` of the \`loop.advanced\` that the actor in the place of \`advance\` sends to be ${what}, got ${shown(value)}.`,
    to.id,
  );
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
