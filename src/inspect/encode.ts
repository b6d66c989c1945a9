import { describeError } from '../error-codec.ts';
import type { Json } from '../json.ts';
import { digest } from './digest.ts';

/** How much of a value is shown; what is more is cut, with a mark under which it can be fetched. */
export interface Cuts {
  /** Levels. */
  depth: number;
  /** Items of a list, keys of an object. */
  items: number;
  /** Characters of a text. */
  text: number;
  /** Values in all. */
  values: number;
}

/** Of typed arrays, this many numbers are shown. */
const head = 100;
/** Of an error's fields, this many values in all. */
export const fieldValues = 1000;
/** Objects that look like one of our tags. */
const tagLike = /^\$+(n|bigint|undefined|fn|map|set|error|date|typed|cut|opaque|plain)$/;

/**
 * Any value as JSON types: what JSON has no word for is tagged (`{ "$n": "NaN" }`, `{ "$map": … }`), what is too deep or too
 * large becomes `{ "$cut": { kind, size, ref, digest } }`. Nothing in the value is called but getters; one that throws is shown as its error.
 */
export class Encoder {
  readonly #cuts: Cuts;
  readonly #ref: string;
  readonly #tagged: boolean;
  readonly #path: (string | number)[] = [];
  #left: number;

  /**
   * @param ref what the references to cut values begin with
   * @param tagged the value has been encoded before: it is only cut
   */
  constructor(cuts: Cuts, ref: string, tagged = false) {
    this.#cuts = cuts;
    this.#ref = ref;
    this.#tagged = tagged;
    this.#left = cuts.values;
  }

  /** @param key where the value lies in what the reference names */
  encode(value: unknown, key?: string | number): Json {
    if (key !== undefined) this.#path.push(key);
    try {
      return this.#value(value);
    } catch (error) {
      return { $error: { name: 'Unreadable', message: String((error as Error)?.message ?? error) } };
    } finally {
      if (key !== undefined) this.#path.pop();
    }
  }

  #value(value: unknown): Json {
    switch (typeof value) {
      case 'string':
        return value.length > this.#cuts.text ? this.#cut('string', value.length, value) : value;
      case 'number':
        if (Number.isFinite(value) && !Object.is(value, -0)) return value;
        return { $n: Object.is(value, -0) ? '-0' : `${value}` };
      case 'boolean':
        return value;
      case 'bigint':
        return { $bigint: `${value}` };
      case 'undefined':
        return { $undefined: true };
      case 'function':
        return { $fn: value.name };
      case 'symbol':
        return { $fn: String(value) };
      default:
        return value === null ? null : this.#object(value as object);
    }
  }

  #object(object: object): Json {
    const { depth, items } = this.#cuts;
    if (Array.isArray(object)) {
      if (this.#path.length > depth || object.length > items || this.#left < object.length) {
        return object.length === 0 ? [] : this.#cut('array', object.length, object);
      }
      return this.#list(object);
    }
    if (!this.#tagged) {
      const special = this.#special(object);
      if (special !== undefined) return special;
    }
    const keys = Object.keys(object);
    if (this.#path.length > depth || keys.length > items || this.#left < keys.length) {
      return keys.length === 0 ? {} : this.#cut(nameOf(object), keys.length, object);
    }
    this.#left -= keys.length;
    const result: { [key: string]: Json } = {};
    for (const key of keys) {
      const inner: unknown = (object as Record<string, unknown>)[key];
      if (inner === undefined) continue;
      setOwn(result, key, this.encode(inner, key));
    }
    const [only] = keys;
    // An object that looks like one of our tags gets one more `$`.
    if (!this.#tagged && keys.length === 1 && tagLike.test(only!)) return { [`$${only}`]: result[only!]! };
    return result;
  }

  #special(object: object): Json | undefined {
    // Most are plain.
    const prototype = Object.getPrototypeOf(object);
    if (prototype === Object.prototype || prototype === null) return undefined;
    if (object instanceof Error) return { $error: { ...describeError(object, fieldValues) } };
    if (object instanceof Date) {
      return { $date: Number.isNaN(object.getTime()) ? 'Invalid Date' : object.toISOString() };
    }
    if (object instanceof RegExp) return { $fn: String(object) };
    const crowded = (size: number) =>
      this.#path.length > this.#cuts.depth || size > this.#cuts.items || this.#left < size;
    if (object instanceof Map) {
      return crowded(object.size) ? this.#cut('Map', object.size, object) : { $map: this.#list([...object]) };
    }
    if (object instanceof Set) {
      return crowded(object.size) ? this.#cut('Set', object.size, object) : { $set: this.#list([...object]) };
    }
    if (object instanceof ArrayBuffer) return { $typed: { kind: 'ArrayBuffer', length: object.byteLength, head: [] } };
    if (ArrayBuffer.isView(object)) {
      const numbers = object instanceof DataView ? new Uint8Array(object.buffer, object.byteOffset) : (object as any);
      const shown = Array.from(numbers.subarray(0, head) as ArrayLike<unknown>, (item) => this.#value(item));
      return { $typed: { kind: nameOf(object), length: numbers.length, head: shown } };
    }
    return undefined;
  }

  #list(list: readonly unknown[]): Json[] {
    this.#left -= list.length;
    const result: Json[] = new Array(list.length);
    for (let i = 0; i < list.length; i++) {
      const item = list[i];
      // Lists of numbers are what grows.
      result[i] = typeof item === 'number' && item - item === 0 && item !== 0 ? item : this.encode(item, i);
    }
    return result;
  }

  #cut(kind: string, size: number, value: unknown): Json {
    const pointer = this.#path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`);
    const print = digest(value);
    return {
      $cut: { kind, size, ref: this.#ref + pointer.join(''), ...(print === undefined ? {} : { digest: print }) },
    };
  }
}

let left = 0;

/** Whether a value is JSON as it is, and small enough: then it need not be encoded. Most are. */
export function isTame(value: unknown, cuts: Cuts): boolean {
  left = cuts.values;
  return tame(value, cuts, cuts.depth);
}

function tame(value: unknown, cuts: Cuts, depth: number): boolean {
  switch (typeof value) {
    case 'number':
      return value - value === 0 && (value !== 0 || Object.is(value, 0));
    case 'string':
      return value.length <= cuts.text;
    case 'boolean':
      return true;
    case 'object':
      break;
    default:
      return false;
  }
  if (value === null) return true;
  if (depth <= 0) return false;
  if (Array.isArray(value)) {
    left -= value.length;
    return value.length <= cuts.items && left >= 0 && value.every((item) => tame(item, cuts, depth - 1));
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  let count = 0;
  let last = '';
  for (const key in value) {
    last = key;
    if (++count > cuts.items || --left < 0) return false;
    const inner = (value as Record<string, unknown>)[key];
    if (inner !== undefined && !tame(inner, cuts, depth - 1)) return false;
  }
  return count !== 1 || !last.startsWith('$');
}

function nameOf(object: object): string {
  const name: unknown = object.constructor?.name;
  return typeof name === 'string' && name !== 'Object' && name !== '' ? name : 'object';
}

/** Assigning to `__proto__` would change the prototype and lose the value. */
function setOwn(object: { [key: string]: Json }, key: string, value: Json): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    object[key] = value;
  }
}

/** What a reference's pointer leads to within a value: own keys only. */
export function follow(value: unknown, pointer: string): unknown {
  let at = value;
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof at !== 'object' || at === null) return undefined;
    if (at instanceof Map || at instanceof Set) at = [...at][Number(key)];
    else if (Object.hasOwn(at, key)) at = (at as Record<string, unknown>)[key];
    else return undefined;
  }
  return at;
}
