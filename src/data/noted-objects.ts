import { type Json, setOwn } from './json.ts';

type Source = Record<string, unknown> | unknown[];
type Copied = { [key: string]: Json } | Json[];

/**
 * The values of plain data that holds objects, as they were when they were last noted. While the data is made of the very
 * same objects, noting them again costs a look at each value, and nothing is made.
 *
 * What it goes by is the order in which a walk meets the objects:
 *
 *     { n: 1, rows: [{ id: 1 }, { id: 2 }] }        met:     the state,  rows,  the first row,  the second row
 *                                                   values:  [1, rows]   [ … ]  [1]             [2]
 *
 * As long as a walk meets the same in the same order, what the data holds twice it has held twice before, and there is no
 * cycle.
 */
export class NotedObjects {
  /** What was met, in order; an object that is held twice is met twice. */
  readonly #sources: Source[] = [];
  /** Where each was met first. */
  readonly #firsts: number[] = [];
  /** The keys of those that are no arrays, in order. */
  readonly #keys: (readonly string[])[] = [];
  /** What each held. An object stands for itself, and is the next that was met. */
  readonly #values: unknown[][] = [];
  /** The next that is to be met. */
  #next = 0;

  /** @param copy a copy of the value, which has the same objects at the same places */
  constructor(value: object, copy: Json) {
    this.#note(value as Source, copy as Copied, new Map());
  }

  #note(value: Source, copy: Copied, met: Map<object, number>): void {
    const at = this.#sources.length;
    const first = met.get(value);
    this.#sources.push(value);
    this.#firsts.push(first ?? at);
    this.#keys.push(none);
    this.#values.push(none as never);
    if (first !== undefined) return;
    met.set(value, at);
    const keys = Array.isArray(copy) ? none : Object.keys(copy);
    const before = this.#keys.findLast((one) => one !== none);
    // Rows of a table have the same: one list is kept for all of them.
    if (keys !== none) this.#keys[at] = before !== undefined && isSameList(before, keys) ? before : keys;
    const values: unknown[] = Array.isArray(copy) ? copy.slice() : keys.map((key) => copy[key]);
    this.#values[at] = values;
    for (const [i, item] of values.entries()) {
      if (!isObject(item)) continue;
      values[i] = Array.isArray(value) ? value[i] : value[keys[i]!];
      this.#note(values[i] as Source, item as Copied, met);
    }
  }

  /**
   * Notes the values anew.
   * @returns whether it could: else the data is made of other objects, or is no plain data any more, and what was noted is
   * of no use
   */
  again(value: object): boolean {
    this.#next = 0;
    return this.#walk(value as Source) && this.#next === this.#sources.length;
  }

  #walk(value: Source): boolean {
    const at = this.#next++;
    if (this.#sources[at] !== value) return false;
    if (this.#firsts[at] !== at) return true;
    const values = this.#values[at]!;
    return Array.isArray(value) ? this.#array(value, values) : this.#record(value, values, this.#keys[at]!);
  }

  #array(value: unknown[], values: unknown[]): boolean {
    for (let i = 0; i < value.length; i++) {
      const item = value[i];
      if (!isValue(item) && !(isObject(item) && this.#walk(item))) return false;
      values[i] = item;
    }
    if (values.length > value.length) values.length = value.length;
    return true;
  }

  #record(value: Record<string, unknown>, values: unknown[], keys: readonly string[]): boolean {
    if (Object.getPrototypeOf(value) !== Object.prototype) return false;
    let at = 0;
    // Nothing stands above it: these are its own, in the order in which a copy would have them.
    for (const key in value) {
      const item = value[key];
      if (keys[at] !== key) return false;
      if (!isValue(item) && item !== undefined && !(isObject(item) && this.#walk(item))) return false;
      // To write costs less than to look whether it is another.
      values[at++] = item;
    }
    return at === keys.length;
  }

  /** A copy of the data as it was. What it held twice the copy holds twice. */
  copy(): Json {
    this.#next = 0;
    return this.#copy([]);
  }

  #copy(made: Copied[]): Copied {
    const at = this.#next++;
    const first = this.#firsts[at]!;
    if (first !== at) {
      made[at] = made[first]!;
      return made[at]!;
    }
    const value = Array.isArray(this.#sources[at]) ? [] : {};
    made[at] = value;
    const keys = this.#keys[at]!;
    for (const [i, item] of this.#values[at]!.entries()) {
      const copy = isObject(item) ? this.#copy(made) : (item as Json);
      if (Array.isArray(value)) value.push(copy);
      else setOwn(value, keys[i]!, copy);
    }
    return value;
  }
}

const none: readonly string[] = [];

function isObject(item: unknown): item is Source {
  return typeof item === 'object' && item !== null;
}

/** Whether it is a value that an array of plain data may hold, other than an object. */
function isValue(item: unknown): boolean {
  return typeof item === 'number' || typeof item === 'string' || typeof item === 'boolean' || item === null;
}

function isSameList(one: readonly string[], another: readonly string[]): boolean {
  return one.length === another.length && one.every((key, i) => key === another[i]);
}
