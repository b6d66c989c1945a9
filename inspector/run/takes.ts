import type { StateNodeJson } from '../lines/line.ts';
import { nodesIn } from './state-value.ts';

/** The events that an app's machine names: those that it takes in a state, and the others. */
export interface Takes {
  now: string[];
  other: string[];
}

/** Those of XState itself come by themselves, and nobody else sends them. */
const isOfApp = (type: string): boolean => type !== '' && !type.includes('*') && !type.startsWith('xstate.');

/** What a machine takes in a state, the innermost state's events first. */
export function takesIn(root: StateNodeJson, value: string): Takes {
  const now = new Set(nodesIn(root, value).flatMap(({ on }) => Object.keys(on ?? {})));
  const all = new Set<string>();
  const visit = (node: StateNodeJson) => {
    for (const type of Object.keys(node.on ?? {})) all.add(type);
    for (const child of Object.values(node.states ?? {})) visit(child);
  };
  visit(root);
  return { now: [...now].filter(isOfApp), other: [...all].filter((type) => isOfApp(type) && !now.has(type)) };
}
