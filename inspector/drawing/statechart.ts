import type { StateNodeJson, TransitionJson } from '../lines/line.ts';
import { shortType } from '../text/describe.ts';
import { guardInWords } from './guard-words.ts';

/** An event on the chart, with the name under which its transitions are counted. */
export interface Note {
  type: string;
  text: string;
  /** What has to be true for it to be taken, in words. */
  guard: string;
  /** Where the transition starts: the source in the recording. */
  source: string;
  /** Where it goes, empty where it stays. */
  target: string;
}

/** A state, as it is drawn. */
export interface Box {
  id: string;
  name: string;
  parent: string | undefined;
  initial: boolean;
  final: boolean;
  /** What happens here without leaving, and what leads here from anywhere. */
  notes: Note[];
}

/** All transitions between two states. */
export interface Arrow {
  id: string;
  from: string;
  to: string;
  events: Note[];
}

const many = <T>(value: T | T[] | undefined): T[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

const guardOf = (transition: TransitionJson): string => {
  const guard = typeof transition === 'string' ? undefined : transition.guard;
  // XState's `definition` has an object in place of the name.
  const name = typeof guard === 'string' ? guard : (guard as { type?: unknown } | undefined)?.type;
  return typeof name === 'string' ? guardInWords(name) : '';
};

const targetsOf = (transition: TransitionJson): string[] =>
  typeof transition === 'string' ? [transition] : many(transition.target ?? undefined);

function initialOf(node: StateNodeJson): string | undefined {
  if (typeof node.initial === 'string') return node.initial;
  // XState's `definition` has the initial transition in place of the name.
  const target = many((node.initial as { target?: string | string[] } | undefined)?.target)[0];
  return target?.replace(/^#/, '').split('.').at(-1);
}

interface Node {
  id: string;
  json: StateNodeJson;
  parent: Node | undefined;
  key: string;
}

function nodesOf(root: StateNodeJson): Node[] {
  const nodes: Node[] = [];
  const visit = (json: StateNodeJson, key: string, parent: Node | undefined) => {
    const node: Node = { id: json.id ?? (parent ? `${parent.id}.${key}` : key), json, parent, key };
    nodes.push(node);
    for (const [name, child] of Object.entries(json.states ?? {})) visit(child, name, node);
  };
  visit(root, root.key ?? root.id ?? 'chart', undefined);
  return nodes;
}

/** The states of a machine. The machine itself is not drawn: all lies in it. */
export function boxesOf(root: StateNodeJson): Box[] {
  const nodes = nodesOf(root);
  const boxes = nodes.slice(1).map(
    ({ id, key, json, parent }): Box => ({
      id,
      name: key,
      parent: parent === nodes[0] ? undefined : parent?.id,
      initial: initialOf(parent!.json) === key,
      final: json.type === 'final',
      notes: [],
    }),
  );
  const byId = new Map(boxes.map((box) => [box.id, box]));
  for (const { node, type, guard, target } of transitionsOf(nodes)) {
    if (target === undefined || target === node.id) {
      if (node.parent)
        note(byId.get(node.id)!, { type, text: shortType(type), guard, source: node.id, target: target ?? '' });
    } else if (!node.parent) {
      const to = byId.get(target);
      if (to) note(to, { type, text: `any state · ${shortType(type)}`, guard, source: node.id, target });
    }
  }
  return boxes;
}

function note(box: Box, added: Note): void {
  const known = box.notes.some(
    ({ type, source, target }) => type === added.type && source === added.source && target === added.target,
  );
  if (!known) box.notes.push(added);
}

/** The arrows between states: one for each pair, with all its events. */
export function arrowsOf(root: StateNodeJson, boxes: readonly Box[]): Arrow[] {
  const ids = new Set(boxes.map(({ id }) => id));
  const arrows = new Map<string, Arrow>();
  for (const { node, type, guard, target } of transitionsOf(nodesOf(root))) {
    if (!node.parent || target === undefined || target === node.id || !ids.has(target)) continue;
    const id = `${node.id}→${target}`;
    const arrow: Arrow = arrows.get(id) ?? { id, from: node.id, to: target, events: [] };
    arrows.set(id, arrow);
    if (!arrow.events.some((event) => event.type === type)) {
      arrow.events.push({ type, text: shortType(type), guard, source: node.id, target });
    }
  }
  return [...arrows.values()];
}

interface Way {
  node: Node;
  type: string;
  guard: string;
  target: string | undefined;
}

function* transitionsOf(nodes: readonly Node[]): Generator<Way> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const resolve = (node: Node, target: string): string => {
    const name = target.replace(/^#/, '');
    if (byId.has(name)) return name;
    if (target.startsWith('.')) return `${node.id}${target}`;
    return node.parent ? `${node.parent.id}.${name}` : `${node.id}.${name}`;
  };
  // The chart of loops.
  const isOwn = nodes.some(({ json }) => json.on !== undefined && 'loop.advanced' in json.on);
  for (const node of nodes) {
    const events: [string, TransitionJson | TransitionJson[] | undefined][] = [
      ...Object.entries(node.json.on ?? {}),
      ['', node.json.always],
    ];
    for (const [type, transitions] of events) {
      // Shortcuts of runs that nobody watches, and errors of what `provide()` put in a hook's place, which every state has.
      if (isOwn && (type === 'loop.forwarded' || type.startsWith('xstate.error.actor.'))) continue;
      for (const transition of many(transitions)) {
        const targets = targetsOf(transition);
        const guard = guardOf(transition);
        if (!targets.length) yield { node, type, guard, target: undefined };
        for (const target of targets) yield { node, type, guard, target: resolve(node, target) };
      }
    }
  }
}
