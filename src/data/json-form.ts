import { type Json, setOwn } from './json.ts';
import { Met } from './met.ts';

/*
 * The JSON form of values: JSON types alone, as files and other processes have them.
 *
 * What JSON has no word for is an object with one key, a mark:
 *
 *     { "$n": "NaN" }                          a number: NaN, an infinity, -0
 *     { "$undefined": true }                   `undefined`, which a key may hold
 *     { "$shared": [1, { … }] }                an object that comes again further on …
 *     { "$shared": [1] }                       … and here it is
 *
 * An object of the value that looks like a mark gets one more `$` (`{ "$$n": … }`), so that nothing is mistaken.
 */

/** More marks, for values that are not plain data. */
export interface Kinds {
  marks: readonly string[];
  /** The mark of a value, the values in it, and what stands under the mark, to be encoded as well; `undefined` for plain data. */
  marked(value: unknown): { mark: string; parts: readonly unknown[]; inside(): unknown } | undefined;
  /** The value of a mark. What holds other values is made empty at first, and told to `made`, since they may refer to it. */
  made(mark: string, inside: Json, read: (inner: Json) => unknown, made: (value: object) => void): unknown;
}

/** Of plain data. */
const noMore: Kinds = { marks: [], marked: () => undefined, made: () => undefined };

/**
 * The JSON form of plain data, or of what `kinds` knows besides. What needs no change is returned as it is, not copied.
 * Takes time linear in the size of the value, however often parts of it come again.
 */
export function encodeJson(value: unknown, kinds: Kinds = noMore): Json {
  if (value === undefined && kinds === noMore) return value as unknown as Json;
  const encoding = new Encoding(kinds);
  encoding.look(value);
  return encoding.needed ? encoding.encode(value) : (value as Json);
}

/** The JSON form of a context: in it alone, a key that holds `undefined` is as good as none. What its values hold is kept. */
export function encodeContext(context: object): Json {
  const keys = Object.entries(context);
  const given = keys.filter(([, value]) => value !== undefined);
  return encodeJson(given.length === keys.length ? context : Object.fromEntries(given));
}

/**
 * The inverse of {@link encodeJson}. What needs no change is returned as it is, not copied.
 * @throws Error where a part refers to another that is not there
 */
export function decodeJson(json: Json, kinds: Kinds = noMore): unknown {
  const pattern = patternOf(kinds);
  return holdsMark(json, pattern, kinds) ? new Decoding(kinds, pattern).decode(json) : json;
}

function patternOf(kinds: Kinds): RegExp {
  return kinds === noMore
    ? /^\$+(n|shared|undefined)$/
    : new RegExp(`^\\$+(n|shared|undefined|${kinds.marks.join('|')})$`);
}

function hasWord(value: number): boolean {
  return value - value === 0 && (value !== 0 || 1 / value > 0);
}

/** The key of an object that has one alone, if that is a mark or looks like one. */
function markOf(object: object, pattern: RegExp): string | undefined {
  const keys = Object.keys(object);
  return keys.length === 1 && pattern.test(keys[0]!) ? keys[0] : undefined;
}

class Encoding {
  /** Whether anything is not what JSON takes. */
  needed = false;
  readonly #kinds: Kinds;
  readonly #pattern: RegExp;
  readonly #met = new Met<true>();
  /** What comes more than once: its number, 0 before it has come. */
  readonly #shared = new Map<object, number>();
  #numbers = 0;

  constructor(kinds: Kinds) {
    this.#kinds = kinds;
    this.#pattern = patternOf(kinds);
  }

  look(value: unknown): void {
    if (typeof value === 'number') {
      if (!hasWord(value)) this.needed = true;
      return;
    }
    if (typeof value === 'string' || typeof value === 'boolean' || value === null) return;
    if (typeof value === 'object') {
      if (this.#met.get(value)) {
        this.#shared.set(value, 0);
        this.needed = true;
        return;
      }
      this.#met.add(value, true);
    }
    const marked = this.#kinds.marked(value);
    if (value === undefined) {
      this.needed = true;
    } else if (marked !== undefined) {
      this.needed = true;
      for (const part of marked.parts) this.look(part);
    } else if (Array.isArray(value)) {
      for (const item of value) this.look(item);
    } else if (typeof value === 'object') {
      if (markOf(value, this.#pattern) !== undefined) this.needed = true;
      for (const key of Object.keys(value)) this.look((value as Record<string, unknown>)[key]);
    }
  }

  encode(value: unknown): Json {
    if (value === undefined) return { $undefined: true };
    if (typeof value === 'number') return hasWord(value) ? value : { $n: Object.is(value, -0) ? '-0' : `${value}` };
    if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value;
    const known = typeof value === 'object' ? this.#shared.get(value) : undefined;
    if (known === undefined) return this.#body(value);
    if (known > 0) return { $shared: [known] };
    const number = ++this.#numbers;
    this.#shared.set(value as object, number);
    return { $shared: [number, this.#body(value)] };
  }

  #body(value: unknown): Json {
    const marked = this.#kinds.marked(value);
    if (marked !== undefined) return { [marked.mark]: this.encode(marked.inside()) };
    if (Array.isArray(value)) return value.map((item) => this.encode(item));
    if (typeof value !== 'object') return value as Json;
    const object = value as Record<string, unknown>;
    const mark = markOf(object, this.#pattern);
    if (mark !== undefined) return { [`$${mark}`]: this.encode(object[mark]) };
    const result: { [key: string]: Json } = {};
    for (const key of Object.keys(object)) setOwn(result, key, this.encode(object[key]));
    return result;
  }
}

function holdsMark(json: Json, pattern: RegExp, kinds: Kinds): boolean {
  if (typeof json !== 'object' || json === null) return false;
  if (Array.isArray(json)) return json.some((item) => holdsMark(item, pattern, kinds));
  if (kinds.marked(json) !== undefined) return false;
  if (markOf(json, pattern) !== undefined) return true;
  for (const key of Object.keys(json)) if (holdsMark(json[key]!, pattern, kinds)) return true;
  return false;
}

class Decoding {
  readonly #kinds: Kinds;
  readonly #pattern: RegExp;
  readonly #shared = new Map<Json, unknown>();

  constructor(kinds: Kinds, pattern: RegExp) {
    this.#kinds = kinds;
    this.#pattern = pattern;
  }

  /** @param made called with an object before what it holds is decoded, for that may refer to it */
  decode(json: Json, made: (value: object) => void = () => {}): unknown {
    if (typeof json !== 'object' || json === null) return json;
    if (Array.isArray(json)) {
      const array: unknown[] = [];
      made(array);
      for (const item of json) array.push(this.decode(item));
      return array;
    }
    // No JSON but such a value itself: somebody has put it there.
    if (this.#kinds.marked(json) !== undefined) return json;
    const mark = markOf(json, this.#pattern);
    if (mark !== undefined && !mark.startsWith('$$')) return this.#marked(mark, json[mark]!, made);
    const object = {};
    made(object);
    // One `$` more than a mark: an object that looked like it.
    if (mark !== undefined) setOwn(object, mark.slice(1), this.decode(json[mark]!));
    else for (const key of Object.keys(json)) setOwn(object, key, this.decode(json[key]!));
    return object;
  }

  #marked(mark: string, inside: Json, made: (value: object) => void): unknown {
    if (mark === '$n') return Number(inside);
    if (mark === '$undefined') return undefined;
    if (mark !== '$shared') return this.#kinds.made(mark, inside, (inner) => this.decode(inner), made);
    const [number = null, first] = Array.isArray(inside) ? inside : [];
    if (first !== undefined) {
      return this.decode(first, (value) => {
        this.#shared.set(number, value);
        made(value);
      });
    }
    if (!this.#shared.has(number)) {
      throw new Error(`Expected a part that comes more than once, got none with the number ${JSON.stringify(number)}.`);
    }
    return this.#shared.get(number);
  }
}
