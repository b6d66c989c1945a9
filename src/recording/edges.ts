import type { Edge } from './sighting.ts';

/** XState's definition of a transition. It leads to its machine, and so to a loop: nobody must keep it. */
interface Definition {
  source: { id: string };
  target?: { id: string }[];
  eventType: string;
}

const none: readonly Edge[] = [];
const known = new WeakMap<Definition, readonly [Edge]>();
/** Each machine has definitions of its own; what they say is the same for all. */
const byText = new Map<string, readonly [Edge]>();

/** The transitions that were taken, as data. */
export function edgesOf(definitions: readonly Definition[]): readonly Edge[] {
  if (definitions.length === 0) return none;
  if (definitions.length === 1) return listOf(definitions[0]!);
  return definitions.map((one) => listOf(one)[0]);
}

/** A list of one, for that is what most steps need. */
function listOf(definition: Definition): readonly [Edge] {
  let list = known.get(definition);
  if (list === undefined) {
    const { source, target, eventType } = definition;
    const edge = { source: source.id, targets: target?.map(({ id }) => id) ?? null, type: eventType };
    const text = JSON.stringify(edge);
    list = byText.get(text) ?? [edge];
    byText.set(text, list);
    known.set(definition, list);
  }
  return list;
}

/** As lines have it. */
export function edgeJson({ source, targets, type }: Edge): [source: string, targets: string[] | null, event: string] {
  return [source, targets && [...targets], type];
}
