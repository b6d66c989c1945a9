import { freshContext, type LoopStateValue } from './context.ts';
import { chart } from './machine.ts';
import { contextBy, quickEvents, type Rule, ruleFor } from './rules.ts';
import { type InnerSnapshot, isIn, rootNode, snapshotAfter, systemThatTells, tellMicrostep } from './xstate-inner.ts';

/*
 * A watched run is made of events that change the context and nothing else: a step was taken, `once` was called. XState
 * takes each of them through sets of states that are left and entered, of which there are none, and through a snapshot for
 * each change. Here they go by the rules, and whoever watches gets the same: the same snapshots, the same inspection
 * events, key for key. All other events, and whatever looks unusual, are left to XState.
 *
 * This relies on how XState makes snapshots and tells of them, which `xstate-inner.ts` says part by part, and on these:
 *   - an actor hands each event to `machine.transition(snapshot, event, scope)`, a property of the machine, and what that
 *     returns is its next snapshot;
 *   - observers are told of an event once, as a microstep with the transitions taken, which are those of the machine itself.
 * An app may have a later XState than the one that the tests have. So, before the first use, one event of each kind is
 * given to both: if anything differs, XState has all events.
 */

/** Gives a machine of the chart the quick way, and with it what `provide()` makes of the machine later. */
export function quickened<Machine extends object>(machine: Machine): Machine {
  const own = machine as any;
  const { transition, provide } = own;
  proven ??= isProven();
  if (!proven) return machine;
  own.transition = (before: InnerSnapshot, event: any, scope: any) =>
    (allowed ? quickly(own, before, event, scope) : undefined) ?? transition(before, event, scope);
  Object.defineProperty(own, 'provide', {
    configurable: true,
    writable: true,
    value(given: { actions?: unknown; guards?: unknown }) {
      const made = provide.call(own, given);
      // Then the chart means something else.
      return given.actions === undefined && given.guards === undefined ? quickened(made) : made;
    },
  });
  return machine;
}

let allowed = true;
let proven: boolean | undefined;

/** For tests, which compare: whether machines may go the quick way. */
export function allowQuick(on: boolean): void {
  allowed = on;
}

/** The snapshot after an event; `undefined`: this event is for XState. */
function quickly(machine: object, before: InnerSnapshot, event: any, scope: any): object | undefined {
  if (!quickEvents.has(event?.type) || before.status !== 'active' || before.machine !== machine) return undefined;
  const root = rootNode(machine);
  if (!isIn(before, root)) return undefined;
  const { value, context } = before;
  let rule: Rule | undefined;
  let next: object;
  try {
    rule = ruleFor(value as LoopStateValue, context, event);
    if (!rule?.isQuick) return undefined;
    next = contextBy(rule, context, event);
  } catch {
    // XState will say what is wrong with the event.
    return undefined;
  }
  const after = snapshotAfter(before, next, methods);
  const { state, event: type, index } = rule.place;
  const node = state === undefined ? root : root.states[state]!;
  tellMicrostep(scope, event, after, node.transitions.get(type)![index]!);
  return after;
}

const methods: InnerSnapshot = chart.resolveState({ value: 'advancing', context: freshContext([]) } as any) as any;

/** Whether one event of each kind comes to the same here and in XState. */
function isProven(): boolean {
  const commit = { state: { n: 1 }, progress: {}, restarting: true };
  const events = [
    { type: 'loop.advanced', steps: 1, commit, done: false },
    { type: 'loop.hooked', hook: 'onAdvanceStart', commit },
    { type: 'loop.asked', key: 'a', step: 0 },
    { type: 'loop.once', key: 'a', step: 0, output: 1 },
  ];
  try {
    return events.every((event) => {
      const [quick, slow] = [quickly, (_: unknown, ...rest: [any, any, any]) => chart.transition(...rest)].map(
        (way) => {
          const told: unknown[] = [];
          const tell = (name: string) => (what: unknown) => void told.push(name, what);
          const system = systemThatTells(tell('inspect'));
          const others = {
            defer: tell('defer'),
            emit: tell('emit'),
            actionExecutor: tell('execute'),
            logger: tell('log'),
          };
          return [way(chart as any, methods, event, { self: methods, system, ...others }), told];
        },
      );
      return isSame(quick, slow);
    });
  } catch {
    return false;
  }
}

/** Whether two values are the same to whoever looks at them: all properties, in order; functions, machines and states themselves. */
function isSame(a: any, b: any): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (a instanceof Set && b instanceof Set && !isSame([...a], [...b])) return false;
  const [keys, others] = [Reflect.ownKeys(a), Reflect.ownKeys(b)];
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b) || keys.length !== others.length) return false;
  return keys.every((key, i) => {
    const [one, other] = [Object.getOwnPropertyDescriptor(a, key)!, Object.getOwnPropertyDescriptor(b, key)];
    const isAlike = key === others[i] && one.enumerable === other!.enumerable && one.get === other!.get;
    return isAlike && isSame(one.value, other!.value);
  });
}
