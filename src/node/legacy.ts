import { chart } from '../chart/machine.ts';
import { type Node, rootNode, type Transition } from '../chart/xstate-inner.ts';

let root: { [key: string]: unknown } | undefined;

/** The chart as a definition that XState 4 takes, under the name of a loop. */
export function legacyChart(name: string): string {
  root ??= node(rootNode(chart));
  // Without the last word XState 4 warns on each machine.
  return JSON.stringify({ ...root, id: name, key: name, predictableActionArguments: true });
}

function node(state: Node): { [key: string]: unknown } {
  const states = Object.values(state.states);
  const on: { [type: string]: unknown } = {};
  for (const [type, transitions] of state.transitions) {
    // XState 4 takes no patterns but `*`: these say what the chart does with the ends of its children.
    if (!type.includes('*')) on[type] = transitions.map(transition);
  }
  return {
    key: state.key,
    type: state.type,
    ...(states.length === 0 ? {} : { initial: state.initial.target![0]!.key }),
    states: Object.fromEntries(states.map((child) => [child.key, node(child)])),
    on,
    entry: [],
    exit: [],
    invoke: state.invoke.map(({ id, src }) => ({
      type: 'xstate.invoke',
      id,
      src: typeof src === 'string' ? src : id,
    })),
    tags: [],
  };
}

function transition({ source, target, guard, actions }: Transition): object {
  return {
    ...(target === undefined
      ? {}
      : { target: target.map((to) => (source.parent === undefined ? `.${to.key}` : to.key)) }),
    ...(typeof guard === 'string' ? { cond: guard } : {}),
    actions: actions.filter((action: unknown) => typeof action === 'string').map((type: string) => ({ type })),
  };
}
