import type { StateNodeJson } from '../lines/line.ts';

/** What a line says of the state of a machine: its name, or as JSON where the machine is in several at once. */
type StateValue = string | { [state: string]: StateValue };

function parsed(value: string): StateValue {
  if (!value.startsWith('{')) return value;
  try {
    return JSON.parse(value) as StateValue;
  } catch {
    return value;
  }
}

/** In words: `working › busy`; of states side by side, one behind the other. */
export function stateInWords(value: string): string {
  return words(parsed(value));
}

function words(value: StateValue): string {
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .map(([state, inner]) => {
      const within = words(inner);
      return within ? `${state} › ${within}` : state;
    })
    .join(', ');
}

/** The ids of the states that a machine is in, each with those around it. */
export function statesIn(root: StateNodeJson, value: string): Set<string> {
  const ids = new Set<string>();
  const visit = (node: StateNodeJson, id: string, inner: StateValue) => {
    const within = typeof inner === 'string' ? { [inner]: {} } : inner;
    for (const [key, more] of Object.entries(within ?? {})) {
      const child = node.states?.[key];
      if (!child) continue;
      const childId = child.id ?? `${id}.${key}`;
      ids.add(childId);
      visit(child, childId, more);
    }
  };
  visit(root, root.id ?? root.key ?? 'chart', parsed(value));
  return ids;
}

/** The states on the way to those that a machine is in, the innermost first. */
export function nodesIn(root: StateNodeJson, value: string): StateNodeJson[] {
  const ids = statesIn(root, value);
  const found: StateNodeJson[] = [];
  const visit = (node: StateNodeJson, id: string) => {
    for (const [key, child] of Object.entries(node.states ?? {})) {
      const childId = child.id ?? `${id}.${key}`;
      if (!ids.has(childId)) continue;
      visit(child, childId);
      found.push(child);
    }
  };
  visit(root, root.id ?? root.key ?? 'chart');
  return [...found, root];
}
