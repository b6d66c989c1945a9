import { describeError } from '../data/error-codec.ts';
import type { Json } from '../data/json.ts';
import { type Place, pointerTo } from '../data/pointer.ts';
import { type Cuts, deepest } from './cuts.ts';
import { Digests } from './digest.ts';
import { nameOf, type Special, specialOf } from './special.ts';

/** Of typed arrays, this many numbers are shown. */
const head = 100;
/** Of an error's fields, this many values in all. */
export const fieldValues = 1000;
/** Objects that look like one of our tags. */
export const tagLike: RegExp = /^\$+(n|bigint|undefined|fn|map|set|error|date|typed|cut|opaque|plain|shared)$/;
/** Of what is cut away, so many values are gone through to tell whether it has changed. */
const mostDigested = 200_000;
const longestPointer = 500;
/** Larger ones take long to write. */
const largest = 2n ** 4096n;

/** Where an object was shown. */
interface Shown {
  place: Place | undefined;
  /** It is being shown: whoever meets it stands within it. */
  open: boolean;
  /** How many items or keys it has. */
  size: number;
  /** How many values it took. */
  cost: number;
}

/**
 * What is encoded: `live` values; live values of which a redactor must see `all`; or what a redactor has left, which is
 * `encoded` already and only cut.
 */
export type Encoding = 'live' | 'all' | 'encoded';

/**
 * Any value as JSON types: what JSON has no word for is tagged (`{ "$n": "NaN" }`, `{ "$map": … }`), what is too deep or too
 * large becomes `{ "$cut": { kind, size, ref, digest } }`. So does a large object that is shown elsewhere in the same value,
 * with the `ref` of where it is. The time that it takes is bounded by what is shown, whatever refers to what.
 * Nothing in the value is called but getters; one that throws is shown as its error.
 */
export class Encoder {
  readonly #cuts: Cuts;
  readonly #ref: string;
  readonly #encoding: Encoding;
  #digests: Digests | undefined;
  readonly #shown = new Map<object, Shown>();
  /** How many keys objects have that are too large to be shown. */
  readonly #sizes = new Map<object, number>();
  readonly #deepest: number;
  #values: number;
  #characters: number;

  /** @param ref what the references to cut values begin with */
  constructor(cuts: Cuts, ref: string, encoding: Encoding = 'live') {
    this.#cuts = cuts;
    this.#ref = ref;
    this.#encoding = encoding;
    this.#deepest = Math.min(cuts.depth, deepest);
    this.#values = cuts.values;
    this.#characters = cuts.characters;
  }

  encode(value: unknown): Json {
    return this.#value(value, undefined, 0);
  }

  /** A line: each of its parts can be read without the others, although they share what they have. */
  line(line: Record<string, unknown>): { [key: string]: Json } {
    const told: { [key: string]: Json } = {};
    for (const key of Object.keys(line)) {
      if (line[key] === undefined) continue;
      if (this.#shown.size > 0) this.#shown.clear();
      setOwn(told, key, this.#value(line[key], { around: undefined, key }, 1));
    }
    return told;
  }

  #value(value: unknown, place: Place | undefined, depth: number): Json {
    switch (typeof value) {
      case 'string':
        if (value.length > this.#cuts.text || value.length > this.#characters) {
          return this.#cut('string', value.length, value, place);
        }
        this.#characters -= value.length;
        return value;
      case 'number':
        if (Number.isFinite(value) && !Object.is(value, -0)) return value;
        return { $n: Object.is(value, -0) ? '-0' : `${value}` };
      case 'boolean':
        return value;
      case 'bigint':
        return value < largest && value > -largest
          ? { $bigint: `${value}` }
          : { $cut: { kind: 'bigint of more than 4096 bits', size: 1, ref: '' } };
      case 'undefined':
        return { $undefined: true };
      case 'symbol':
        return { $fn: this.#brief(String(value)) };
      default:
        if (value === null) return null;
        try {
          return typeof value === 'function'
            ? { $fn: this.#brief(value.name) }
            : this.#object(value as object, place, depth);
        } catch (error) {
          return unreadable(error);
        }
    }
  }

  #object(object: object, place: Place | undefined, depth: number): Json {
    const shown = this.#shown.get(object);
    if (shown !== undefined && (shown.open || shown.cost > this.#affordable)) return this.#again(object, shown);
    const now: Shown = { place, open: true, size: 0, cost: 0 };
    const before = this.#values;
    try {
      return this.#whole(object, place, depth, now);
    } finally {
      now.open = false;
      now.cost = before - this.#values;
    }
  }

  #show(object: object, now: Shown, size: number): void {
    now.size = size;
    this.#shown.set(object, now);
  }

  /** What may be shown twice: it is easier to read than a mark. A redactor counts on each to be there once. */
  get #affordable(): number {
    return this.#encoding === 'all' ? 8 : Math.min(1000, this.#values >> 3);
  }

  #whole(object: object, place: Place | undefined, depth: number, now: Shown): Json {
    if (Array.isArray(object)) {
      // Asked for once: a list may grow while it is looked at.
      const length = Number(object.length);
      if (length > 0 && this.#isCrowded(length, depth)) return this.#cut('array', length, object, place);
      this.#show(object, now, length);
      return this.#list(object, length, place, depth);
    }
    const special = this.#encoding === 'encoded' ? undefined : specialOf(object);
    if (special !== undefined) return this.#special(special, object, place, depth, now);
    const large = this.#sizes.get(object);
    if (large !== undefined && this.#isCrowded(large, depth)) return this.#cut(nameOf(object), large, object, place);
    const keys = Object.keys(object);
    if (keys.length > 0 && (this.#isCrowded(keys.length, depth) || !this.#hasRoom(keys))) {
      this.#sizes.set(object, keys.length);
      return this.#cut(nameOf(object), keys.length, object, place);
    }
    this.#show(object, now, keys.length);
    const told = this.#members(object, keys, place, depth);
    const [only] = keys;
    // An object that looks like one of our tags gets one more `$`.
    if (this.#encoding !== 'encoded' && keys.length === 1 && tagLike.test(only!)) return { [`$${only}`]: told[only!]! };
    return told;
  }

  #special(special: Special, object: object, place: Place | undefined, depth: number, now: Shown): Json {
    switch (special.kind) {
      case 'error':
        return { $error: this.#error(special.error, this.#within(place, '$error'), depth) };
      case 'text':
        return { [special.tag]: this.#brief(special.text) };
      case 'typed': {
        const shown = Math.min(special.length, head);
        this.#values -= shown;
        const numbers = Array.from({ length: shown }, (_, i) => this.#value(special.at(i) ?? null, undefined, depth));
        return {
          $typed: { kind: special.name, length: special.length, head: special.at(0) === undefined ? [] : numbers },
        };
      }
      default: {
        const { kind, size } = special;
        if (this.#isCrowded(size, depth)) return this.#cut(kind, size, object, place);
        this.#show(object, now, size);
        const tag = kind === 'Map' ? '$map' : '$set';
        const items = special.items();
        return { [tag]: this.#list(items, items.length, this.#within(place, tag), depth) };
      }
    }
  }

  #error(error: Error, place: Place | undefined, depth: number): Json {
    // No more is read of it than may still be shown, and what was read counts: errors may lead to each other.
    const described: Record<string, unknown> = { ...describeError(error, Math.min(fieldValues, this.#values)) };
    this.#values -= countOf(described);
    // Pages show these in one line, and count on text.
    for (const key of ['name', 'message']) described[key] = this.#brief(described[key]);
    const keys = Object.keys(described);
    return this.#hasRoom(keys)
      ? this.#members(described, keys, place, depth)
      : this.#cut('error', keys.length, error, place);
  }

  #members(object: object, keys: string[], place: Place | undefined, depth: number): { [key: string]: Json } {
    this.#values -= keys.length;
    const told: { [key: string]: Json } = {};
    for (const key of keys) {
      let inner: unknown;
      try {
        inner = (object as Record<string, unknown>)[key];
      } catch (error) {
        setOwn(told, key, unreadable(error));
        continue;
      }
      if (inner === undefined) continue;
      setOwn(told, key, isWritten(inner) ? inner : this.#value(inner, { around: place, key }, depth + 1));
    }
    return told;
  }

  #list(list: readonly unknown[], length: number, place: Place | undefined, depth: number): Json[] {
    this.#values -= length;
    const told: Json[] = new Array(length);
    for (let i = 0; i < length; i++) {
      const item = list[i];
      told[i] = isWritten(item) ? item : this.#value(item, { around: place, key: i }, depth + 1);
    }
    return told;
  }

  #isCrowded(size: number, depth: number): boolean {
    return depth > this.#deepest || size > this.#cuts.items || size > this.#values;
  }

  /** Whether keys can be shown: a key that is cut would be another. */
  #hasRoom(keys: readonly string[]): boolean {
    let characters = this.#characters;
    for (const { length } of keys) {
      if (length > this.#cuts.text) return false;
      characters -= length;
    }
    if (characters < 0) return false;
    this.#characters = characters;
    return true;
  }

  /** A redactor's references lead through what it has seen, where tags are keys. */
  #within(place: Place | undefined, tag: string): Place | undefined {
    return this.#encoding === 'all' ? { around: place, key: tag } : place;
  }

  #brief(text: unknown): string {
    if (typeof text !== 'string') return '';
    const most = Math.max(0, Math.min(this.#cuts.text, this.#characters));
    this.#characters -= Math.min(text.length, most);
    return text.length > most ? `${text.slice(0, most)}…` : text;
  }

  #cut(kind: string, size: number, value: unknown, place: Place | undefined): Json {
    this.#digests ??= new Digests(mostDigested);
    const digest = this.#digests.of(value);
    return { $cut: { kind, size, ref: this.#refTo(place), ...(digest === undefined ? {} : { digest }) } };
  }

  /** Instead of an object that is shown elsewhere. */
  #again(object: object, { place, size }: Shown): Json {
    const kind = Array.isArray(object) ? 'array' : nameOf(object);
    const ref = this.#refTo(place);
    const at = ref.slice(this.#ref.length);
    // It has changed if it is the same as something else: what it holds is shown there.
    return { $cut: { kind: at === '' ? kind : `${kind}, as at ${at}`, size, ref, digest: `as ${at}` } };
  }

  #refTo(place: Place | undefined): string {
    const pointer = pointerTo(place);
    this.#characters -= pointer.length;
    return pointer.length > longestPointer ? '' : this.#ref + pointer;
  }
}

/** Most values: nothing needs to be known of them. */
function isWritten(value: unknown): value is number | boolean {
  return typeof value === 'number' ? value - value === 0 && value !== 0 : typeof value === 'boolean';
}

/** In the place of what throws when it is looked at. */
export function unreadable(error: unknown): Json {
  let message = 'It cannot be read.';
  try {
    const said: unknown = (error as Error).message;
    if (typeof said === 'string') message = said.slice(0, 500);
  } catch {
    // What was thrown cannot be read either.
  }
  return { $error: { name: 'Unreadable', message } };
}

/** Assigning to `__proto__` would change the prototype and lose the value. */
function setOwn(object: { [key: string]: Json }, key: string, value: Json): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    object[key] = value;
  }
}

/** How many values plain data holds. */
function countOf(data: unknown): number {
  if (typeof data !== 'object' || data === null) return 1;
  return Object.values(data).reduce((count: number, value) => count + countOf(value), 1);
}
