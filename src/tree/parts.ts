import { type AnyLoop, fieldsSlot, loopMark } from './any-loop.ts';
import { BaseProgress } from './progress.ts';

export function isLoop(value: unknown): value is AnyLoop {
  return typeof value === 'object' && value !== null && loopMark in value;
}

/** How many empty places at the beginning of an array are passed over. */
const emptyPlaces = 64;

/**
 * Whether an array is one of loops, or of `Stateful` objects: the first item that is there tells. So that an array of a
 * million numbers, or of a million empty places, costs nothing: this is asked at every commit.
 */
export function isArrayOf(kind: (item: unknown) => boolean, value: unknown): value is unknown[] {
  if (!Array.isArray(value)) return false;
  if (kind(value[0])) return true;
  if (value.length < 2 || (value[0] !== undefined && value[0] !== null)) return false;
  // Whoever takes items out one after another, from the first on, leaves the last one to the end.
  return kind(value.at(-1)) || kind(value.slice(0, emptyPlaces).find((item) => item !== undefined && item !== null));
}

/** Of plain objects, which most fields hold, it is known at once that they are no part. */
function mayBePart(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) !== Object.prototype;
}

export type Part = readonly [name: string, loop: AnyLoop] | readonly [name: string, progress: BaseProgress];

/** The fields of a loop as they were when they were last looked through, and what parts were found. */
interface Fields {
  readonly names: readonly string[];
  readonly values: unknown[];
  /** Those that are arrays, of which none is one of loops. */
  readonly lists: readonly (readonly unknown[])[];
  readonly parts: readonly Part[];
}

/**
 * What a loop holds that is part of its state dict, in the order of its fields: progress, loops, and loops in arrays
 * (`folds.0`). This is asked at every boundary: what was found the last time is told again while the fields hold the same.
 */
export function partsOf(loop: AnyLoop): readonly Part[] {
  const last = loop[fieldsSlot] as Fields | undefined;
  if (last !== undefined && holdsTheSame(loop, last)) return last.parts;
  const fields = lookThrough(loop);
  loop[fieldsSlot] = fields.lists.some((list) => isArrayOf(isLoop, list)) ? undefined : fields;
  return fields.parts;
}

function holdsTheSame(loop: AnyLoop, { names, values, lists }: Fields): boolean {
  let at = 0;
  // A list of the names would cost more than to look at them.
  for (const name in loop) {
    if (names[at] !== name) return false;
    const value: unknown = (loop as unknown as Record<string, unknown>)[name];
    if (value !== values[at]) {
      if (mayBePart(value) || mayBePart(values[at])) return false;
      values[at] = value;
    }
    at++;
  }
  if (at !== names.length) return false;
  for (const list of lists) if (isArrayOf(isLoop, list)) return false;
  return true;
}

function lookThrough(loop: AnyLoop): Fields {
  const [names, values, lists, parts]: [string[], unknown[], unknown[][], Part[]] = [[], [], [], []];
  for (const name in loop) {
    const value: unknown = (loop as unknown as Record<string, unknown>)[name];
    names.push(name);
    values.push(value);
    if (!mayBePart(value) || !Object.hasOwn(loop, name)) continue;
    if (isLoop(value)) parts.push([name, value]);
    else if (value instanceof BaseProgress) parts.push([name, value]);
    else if (Array.isArray(value)) {
      lists.push(value);
      if (!isArrayOf(isLoop, value)) continue;
      for (const [i, item] of value.entries()) if (isLoop(item)) parts.push([`${name}.${i}`, item]);
    }
  }
  return { names, values, lists, parts };
}
