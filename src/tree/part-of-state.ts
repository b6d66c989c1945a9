import { deepest } from '../data/json.ts';
import type { AnyLoop } from './any-loop.ts';

/*
 * What a child returns, or a `once` gives, may be a part of a state: that very object, which is changed when the state is.
 *
 *     const rows = await this.load.run();          // onRunEnd() { return this.state.rows }
 *     rows.push(total);                            // the child's state has it as well
 *
 * A copy would not do for a step that is run again. So it is noted where in the state it stands, and given from there.
 */

/** The keys that lead from a state to a part of it; none: it is the state itself. */
export type Keys = (string | number)[];

/** Where an object stands in the state of a loop, if it is a part of that. */
export function partOfState(loop: AnyLoop, object: unknown): Keys | undefined {
  if (typeof object !== 'object' || object === null || !mayHold(loop.state, object)) return undefined;
  for (const found of objectsIn(loop.state)) if (found.object === object) return found.keys();
  return undefined;
}

/** So many objects are looked at before the slower look, which looks at none twice. */
const fewObjects = 100_000;

/**
 * Whether an object may stand in a state. Most do not, and each result is asked about: so this takes a fraction of the time
 * of the look for its keys.
 */
function mayHold(state: unknown, object: object): boolean {
  let left = fewObjects;
  const look = (value: unknown, depth: number): boolean => {
    if (typeof value !== 'object' || value === null) return false;
    // What is held twice is looked at twice, and a cycle for ever.
    if (value === object || left-- === 0 || depth > deepest) return true;
    if (Array.isArray(value)) {
      for (let i = 0; i < value.length; i++) if (look(value[i], depth + 1)) return true;
      return false;
    }
    if (ArrayBuffer.isView(value)) return false;
    for (const key in value) if (look((value as { [key: string]: unknown })[key], depth + 1)) return true;
    return false;
  };
  return look(state, 0);
}

/** What stands there in the state of a loop now. */
export function partAt(loop: AnyLoop, part: Keys): unknown {
  let value: unknown = loop.state;
  for (const key of part) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as { [key: string]: unknown })[key];
  }
  return value;
}

/**
 * Each object of a state, with the keys that lead to it: what is near comes first. One that stands in several places comes
 * once, by those of the nearest.
 */
export function* objectsIn(state: unknown): Generator<{ object: object; keys(): Keys }, void> {
  if (typeof state !== 'object' || state === null) return;
  const found: Found[] = [{ object: state, key: '', within: undefined }];
  const met = new Set<object>([state]);
  for (const within of found) {
    yield { object: within.object, keys: () => keysTo(within) };
    // They hold numbers, and many of them.
    if (ArrayBuffer.isView(within.object)) continue;
    const isList = Array.isArray(within.object);
    for (const [key, object] of Object.entries(within.object)) {
      if (typeof object !== 'object' || object === null || met.has(object)) continue;
      met.add(object);
      found.push({ object, key: isList ? Number(key) : key, within });
    }
  }
}

/** An object, and by which key it was found in which other. */
interface Found {
  object: object;
  key: string | number;
  within: Found | undefined;
}

function keysTo(found: Found): Keys {
  const keys: Keys = [];
  for (let one = found; one.within !== undefined; one = one.within) keys.unshift(one.key);
  return keys;
}
