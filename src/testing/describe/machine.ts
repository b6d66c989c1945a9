import { chart } from '../../chart/machine.ts';
import { type Node, rootNode, type Transition } from '../../chart/xstate-inner.ts';
import type { LoopTree } from './tree.ts';

/** A machine, or a part of it, as JSON: what `createMachine` takes, and what Stately's editor reads. */
export interface MachineJson {
  [key: string]: unknown;
  readonly initial: string;
  readonly states: { readonly [key: string]: object };
}

/** These are how the library tells itself about runs without actors, and keeps its journal. They lead nowhere else. */
const inner = /^loop\.(forwarded|shown|hooked|asked|once|left|run)$/;
/** Which anyone may send, and all loops below hear of. */
const controls = /^loop\.(pause|resume|step|stop|abort)$/;

/**
 * The machine of a loop with those of its children in it: each is a region of its parent's `advancing`, in which it is idle
 * until it is run. States, hooks, guards and events are those of the chart. What the transitions do to the context is left out.
 */
export function machineJsonOf(tree: LoopTree): MachineJson {
  return { id: tree.name, description: about(tree), meta: metaOf(tree), ...chartOf(tree, '') };
}

/** @param prefix of the events and hooks that are of this loop alone */
function chartOf(tree: LoopTree, prefix: string): MachineJson {
  const root = rootNode(chart);
  const states: { [key: string]: object } = {};
  for (const [key, node] of Object.entries(root.states)) {
    states[key] = { ...stateOf(node, tree, prefix), ...(key === 'advancing' ? regionsOf(tree, prefix) : {}) };
  }
  return { initial: 'entering', on: eventsOf(root, prefix, (target) => `.${target}`), states };
}

function stateOf(node: Node, { hooks }: LoopTree, prefix: string): object {
  const [invoked] = node.invoke;
  const isOver = node.type === 'final' || (prefix !== '' && ['failed', 'aborted'].includes(node.key));
  if (isOver) return { type: 'final' };
  const on = eventsOf(node, prefix, (target) => target);
  const events = Object.keys(on).length === 0 ? {} : { on };
  if (invoked === undefined) return events;
  const { id } = invoked;
  const of = (kind: 'done' | 'error') =>
    transitionsOf(node.transitions.get(`xstate.${kind}.actor.${id}`) ?? [], (target) => target);
  const [onDone, onError] = [of('done'), of('error')];
  return {
    description: descriptionOf(id, hooks),
    invoke: {
      id: prefix + id,
      src: prefix + id,
      ...(onDone.length === 0 ? {} : { onDone }),
      ...(onError.length === 0 ? {} : { onError }),
    },
    ...events,
  };
}

function descriptionOf(hook: string, hooks: readonly string[]): string {
  if (hook === 'fail' || hook === 'abort') return 'Ends the machine with its error.';
  return hooks.includes(hook) ? `Calls ${hook}.` : `The loop has no ${hook} of its own.`;
}

/** The children, in the step that runs them. */
function regionsOf({ children }: LoopTree, prefix: string): object {
  if (children.length === 0) return {};
  const regions: { [key: string]: object } = {};
  for (const child of children) {
    // A dot would be taken for a way through states.
    const key = child.name.replaceAll('.', '-');
    const own = `${prefix}${key}.`;
    regions[key] = {
      description: about(child),
      meta: metaOf(child),
      initial: 'idle',
      states: { idle: { on: { [`${own}loop.run`]: 'running' } }, running: { ...chartOf(child, own), onDone: 'idle' } },
    };
  }
  return { type: 'parallel', states: regions };
}

function eventsOf(node: Node, prefix: string, to: (target: string) => string): { [event: string]: object } {
  const on: { [event: string]: object } = {};
  for (const [event, transitions] of node.transitions) {
    if (inner.test(event) || event.startsWith('xstate.')) continue;
    // A child that took an abort for itself would hide it from its parent, which ends by it.
    if (prefix !== '' && node.parent === undefined && controls.test(event)) continue;
    on[controls.test(event) ? event : prefix + event] = transitionsOf(transitions, to);
  }
  return on;
}

function transitionsOf(transitions: readonly Transition[], to: (target: string) => string): object[] {
  return transitions.map(({ guard, target }) => ({
    ...(target === undefined ? {} : { target: to(target[0]!.key) }),
    ...(typeof guard === 'string' ? { guard } : {}),
  }));
}

function about({ loop, hooks, state }: LoopTree): string {
  return `${loop}: ${hooks.join(', ')}${state.length === 0 ? '' : `; state: ${state.join(', ')}`}`;
}

function metaOf({ path, loop, hooks, state, progress, stateful }: LoopTree): object {
  return { path, loop, hooks, state, progress, stateful };
}
