import type { Transition } from '../chart/xstate-inner.ts';
import type { Edge } from './sighting.ts';

const none: readonly Edge[] = [];
const known = new WeakMap<Transition, readonly [Edge]>();
/** Each machine has transitions of its own; what they say is the same for all. */
const byText = new Map<string, readonly [Edge]>();

/** The transitions that were taken, as data. */
export function edgesOf(transitions: readonly Transition[]): readonly Edge[] {
  if (transitions.length === 0) return none;
  if (transitions.length === 1) return listOf(transitions[0]!);
  return transitions.map((one) => listOf(one)[0]);
}

/** A list of one, for that is what most steps need. */
function listOf(transition: Transition): readonly [Edge] {
  let list = known.get(transition);
  if (list === undefined) {
    const { source, target, eventType } = transition;
    const edge = { source: source.id, targets: target?.map(({ id }) => id) ?? null, type: eventType };
    const text = JSON.stringify(edge);
    list = byText.get(text) ?? [edge];
    byText.set(text, list);
    known.set(transition, list);
  }
  return list;
}

/** As lines have it. */
export function edgeJson({ source, targets, type }: Edge): [source: string, targets: string[] | null, event: string] {
  return [source, targets && [...targets], type];
}
