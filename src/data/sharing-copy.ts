import { hasInherited, type Json, setOwn } from './json.ts';

/** An object of a value that was copied, as it was met. */
type Source = Record<string, unknown> | unknown[];
type Copied = { [key: string]: Json } | Json[];

/** The value is made of other objects than before: it has to be copied as a whole. */
const other = Symbol('other');

/**
 * Copies a value again and again, and shares with the last copy what has not changed since: a large state of which a step
 * changes a counter costs a look at each of its parts, and no copy of them.
 *
 * What it goes by is the order in which a walk meets the value's objects:
 *
 *     { n: 1, rows: [{ id: 1 }, { id: 2 }] }        met:   the state, rows, the first row, the second row
 *
 * While a walk meets the very same objects in the same order, what the value holds twice it has held twice before, there is
 * no cycle, and each object can be compared with its last copy. At the first that is another, all is copied anew.
 */
export class SharingCopy {
  /** What was met, in order; an object that is held twice is met twice. */
  #sources: Source[] = [];
  #copies: Copied[] = [];
  /** Where each was met first. */
  #firsts: number[] = [];
  /** The keys of those that are no arrays, in order. */
  #keys: (readonly string[] | undefined)[] = [];
  /** The next that is to be met. */
  #next = 0;
  /** The last walk went through all of the value. */
  #isWhole = false;

  /** A copy that shares what has not changed; `undefined`: {@link remember} one that was made as a whole. */
  again(value: object): Json | undefined {
    if (!this.#isWhole || hasInherited()) return undefined;
    this.#next = 0;
    // What is kept is changed on the way: a walk that ends before its time leaves nothing to go by.
    this.#isWhole = false;
    const copy = this.#walk(value as Source);
    if (copy === other || this.#next !== this.#sources.length) return undefined;
    this.#isWhole = true;
    return copy;
  }

  /** Takes note of a copy of a value. It has the same objects at the same places. */
  remember(value: object, copy: Json): void {
    this.#sources = [];
    this.#copies = [];
    this.#firsts = [];
    this.#keys = [];
    this.#isWhole = !hasInherited();
    if (this.#isWhole) this.#note(value as Source, copy as Copied, new Map());
  }

  #note(value: Source, copy: Copied, met: Map<object, number>): void {
    const at = this.#sources.length;
    const first = met.get(value);
    this.#sources.push(value);
    this.#copies.push(copy);
    this.#firsts.push(first ?? at);
    this.#keys.push(undefined);
    if (first !== undefined) return;
    met.set(value, at);
    if (Array.isArray(value)) {
      for (const [i, item] of value.entries()) if (isObject(item)) this.#note(item, (copy as Json[])[i] as Copied, met);
      return;
    }
    const keys = Object.keys(copy);
    const before = this.#keys.findLast((one) => one !== undefined);
    // Rows of a table have the same: one list is kept for all of them.
    this.#keys[at] = before !== undefined && isSameList(before, keys) ? before : keys;
    for (const key of keys) {
      const item = value[key];
      if (isObject(item)) this.#note(item, (copy as Record<string, Json>)[key] as Copied, met);
    }
  }

  #walk(value: Source): Copied | typeof other {
    const at = this.#next++;
    if (this.#sources[at] !== value) return other;
    const copies = this.#copies;
    const first = this.#firsts[at]!;
    if (first !== at) {
      copies[at] = copies[first]!;
      return copies[at]!;
    }
    const last = copies[at]!;
    const copy = Array.isArray(value)
      ? this.#array(value, last as Json[])
      : this.#record(value, last as Record<string, Json>, this.#keys[at]!);
    if (copy !== last && copy !== other) copies[at] = copy;
    return copy;
  }

  #array(value: unknown[], last: Json[]): Json[] | typeof other {
    let changed: Json[] | undefined;
    for (let i = sameNumbers(value, last); i < value.length; i++) {
      const item = this.#item(value[i]);
      if (item === other) return other;
      if (changed !== undefined) {
        changed.push(item);
      } else if (i >= last.length || !Object.is(item, last[i])) {
        changed = last.slice(0, i);
        changed.push(item);
      }
    }
    return changed ?? (last.length === value.length ? last : last.slice(0, value.length));
  }

  #record(
    value: Record<string, unknown>,
    last: Record<string, Json>,
    keys: readonly string[],
  ): Record<string, Json> | typeof other {
    const prototype = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype) return other;
    let changed: Record<string, Json> | undefined;
    let at = 0;
    // Nothing stands above it: these are its own, in the order in which a copy would have them.
    for (const key in value) {
      const given = value[key];
      if (keys[at++] !== key) return other;
      const before = last[key];
      // Most are the same. Zeros may not be: there are two of them.
      if (given === before && typeof given !== 'object' && given !== 0) continue;
      const item = given === undefined ? undefined : this.#item(given);
      if (item === other) return other;
      if (Object.is(item, before)) continue;
      changed ??= copyOf(last, keys);
      setOwn(changed, key, item);
    }
    return at === keys.length ? (changed ?? last) : other;
  }

  #item(item: unknown): Json | typeof other {
    switch (typeof item) {
      case 'number':
      case 'string':
      case 'boolean':
        return item;
      case 'object':
        return item === null ? null : this.#walk(item as Source);
      default:
        // The whole copy says what is wrong with it.
        return other;
    }
  }
}

/** With how many numbers that are the same two lists begin. A call for each of many numbers would cost more than to compare them. */
function sameNumbers(one: readonly unknown[], another: readonly unknown[]): number {
  const length = Math.min(one.length, another.length);
  let at = 0;
  while (at < length) {
    const item = one[at];
    if (typeof item !== 'number' || item !== another[at]) break;
    // Of zeros there are two.
    if (item === 0 && !Object.is(item, another[at])) break;
    at++;
  }
  return at;
}

function copyOf(record: Record<string, Json>, keys: readonly string[]): Record<string, Json> {
  const copy = {};
  for (const key of keys) setOwn(copy, key, record[key]);
  return copy;
}

function isObject(item: unknown): item is Source {
  return typeof item === 'object' && item !== null;
}

function isSameList(one: readonly string[], another: readonly string[]): boolean {
  return one.length === another.length && one.every((key, i) => key === another[i]);
}
