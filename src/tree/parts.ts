import { type AnyLoop, fieldsSlot, loopMark } from './any-loop.ts';
import { BaseProgress } from './progress.ts';

/*
 * A field may hold anything, also a proxy whose traps throw at whoever asks for what it has not, or one that was revoked.
 * That is no part, and not looked at: so each question here is one that does not throw.
 */

export function isLoop(value: unknown): value is AnyLoop {
  try {
    return typeof value === 'object' && value !== null && loopMark in value;
  } catch {
    return false;
  }
}

export function isProgress(value: unknown): value is BaseProgress {
  try {
    return value instanceof BaseProgress;
  } catch {
    return false;
  }
}

export function isList(value: unknown): value is unknown[] {
  try {
    return Array.isArray(value);
  } catch {
    return false;
  }
}

/** How many empty places at the beginning of an array are passed over. */
const emptyPlaces = 64;

/**
 * Whether an array is one of loops, or of `Stateful` objects: the first item that is there tells. So that an array of a
 * million numbers, or of a million empty places, costs nothing: this is asked at every commit.
 */
export function isArrayOf(kind: (item: unknown) => boolean, value: unknown): value is unknown[] {
  if (!isList(value)) return false;
  try {
    if (kind(value[0])) return true;
    if (value.length < 2 || (value[0] !== undefined && value[0] !== null)) return false;
    // Whoever takes items out one after another, from the first on, leaves the last one to the end.
    return kind(value.at(-1)) || kind(value.slice(0, emptyPlaces).find((item) => item !== undefined && item !== null));
  } catch {
    return false;
  }
}

/** Of plain objects, which most fields hold, it is known at once that they are no part. */
function mayBePart(value: unknown): value is object {
  try {
    return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) !== Object.prototype;
  } catch {
    return false;
  }
}

/** Whether a field with this value holds parts. */
function holdsParts(value: unknown): boolean {
  return mayBePart(value) && (isLoop(value) || isProgress(value) || isArrayOf(isLoop, value));
}

export type Part = readonly [name: string, part: AnyLoop | BaseProgress];

/** The fields of a loop as they were when they were last looked through, and what parts were found. */
export interface Fields {
  readonly names: readonly string[];
  readonly values: unknown[];
  /** Of those that are arrays of loops, what was in them. */
  readonly items: readonly (readonly unknown[] | undefined)[];
  readonly parts: readonly Part[];
  /** It has been made sure that the loops among them stand nowhere else; see `boundary-parts.ts`. */
  isTree: boolean;
}

/**
 * What a loop holds that is part of its state dict, in the order of its fields: progress, loops, and loops in arrays
 * (`folds.0`). This is asked at every boundary: what was found the last time is told again while the fields hold the same.
 */
export function partsOf(loop: AnyLoop): readonly Part[] {
  const last = loop[fieldsSlot] as Fields | undefined;
  if (last !== undefined && holdsTheSame(loop, last)) return last.parts;
  const fields = lookThrough(loop);
  loop[fieldsSlot] = fields;
  return fields.parts;
}

function holdsTheSame(loop: AnyLoop, { names, values, items }: Fields): boolean {
  let at = 0;
  // A list of the names would cost more than to look at them.
  for (const name in loop) {
    if (names[at] !== name) return false;
    const value: unknown = (loop as unknown as Record<string, unknown>)[name];
    if (value !== values[at]) {
      if (items[at] !== undefined || holdsParts(value) || holdsParts(values[at])) return false;
      values[at] = value;
    } else if (isList(value) && !holdsTheSameLoops(value, items[at])) {
      return false;
    }
    at++;
  }
  return at === names.length;
}

/** @param before what was in the list, if that were loops */
function holdsTheSameLoops(list: readonly unknown[], before: readonly unknown[] | undefined): boolean {
  if (before === undefined) return !isArrayOf(isLoop, list);
  if (list.length !== before.length) return false;
  for (let i = 0; i < before.length; i++) if (list[i] !== before[i]) return false;
  return true;
}

function lookThrough(loop: AnyLoop): Fields {
  const [names, values, parts]: [string[], unknown[], Part[]] = [[], [], []];
  const items: (readonly unknown[] | undefined)[] = [];
  for (const name in loop) {
    const value: unknown = (loop as unknown as Record<string, unknown>)[name];
    const isList = Object.hasOwn(loop, name) && isArrayOf(isLoop, value);
    names.push(name);
    values.push(value);
    items.push(isList ? value.slice() : undefined);
    if (isList) {
      for (const [i, item] of value.entries()) if (isLoop(item)) parts.push([`${name}.${i}`, item]);
    } else if ((isLoop(value) || isProgress(value)) && Object.hasOwn(loop, name)) {
      parts.push([name, value]);
    }
  }
  return { names, values, items, parts, isTree: false };
}
