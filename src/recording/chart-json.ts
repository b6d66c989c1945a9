import type { Node, Transition } from '../chart/xstate-inner.ts';
import type { Json } from '../data/json.ts';

/** A chart as data: states, transitions, what is invoked, and the guards that have names. */
export function chartJson(node: Node): { [key: string]: Json } {
  const on: { [type: string]: Json } = {};
  for (const [type, transitions] of node.transitions) on[type] = transitions.map(transitionJson);
  const always = (node.always ?? []).map(transitionJson);
  const invoked = node.invoke.map(({ id, src }) => ({ id, src: typeof src === 'string' ? src : id }));
  const states = Object.values(node.states);
  const initial = node.initial?.target?.[0]?.key;
  return {
    id: node.id,
    key: node.key,
    ...(node.type === 'atomic' ? {} : { type: node.type }),
    ...(initial === undefined ? {} : { initial }),
    ...(invoked.length === 0 ? {} : { invoke: invoked }),
    ...(Object.keys(on).length === 0 ? {} : { on }),
    ...(always.length === 0 ? {} : { always }),
    ...(states.length === 0
      ? {}
      : { states: Object.fromEntries(states.map((state) => [state.key, chartJson(state)])) }),
  };
}

function transitionJson({ target, guard }: Transition): Json {
  const name = nameOf(guard);
  return {
    ...(target === undefined ? {} : { target: target.map((node) => `#${node.id}`) }),
    ...(name === undefined ? {} : { guard: name }),
  };
}

/** In an app's machine, a guard may be an object that says its name and what it is given. */
function nameOf(guard: unknown): string | undefined {
  if (typeof guard === 'string') return guard;
  const type: unknown = typeof guard === 'object' && guard !== null && 'type' in guard ? guard.type : undefined;
  return typeof type === 'string' ? type : undefined;
}
