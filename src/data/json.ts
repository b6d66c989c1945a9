import { LoopError } from './errors.ts';
import { bare, lossIn } from './loss.ts';
import { Met } from './met.ts';

/** Plain data: JSON, `NaN` and the infinities, and keys that hold `undefined`. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Data that is nested deeper is refused: JSON, V8's serialization and our own walks would run out of stack. */
export const deepest = 1000;

/**
 * A deep copy of plain data, in time linear in its size. What the data holds twice is held twice by the copy: an object
 * that two keys share is one object there, too. Keys that hold `undefined` are kept. Getters, keys that are
 * symbols or not enumerable and names that an array has beside its items are not seen here: see `lossIn`.
 *
 * @param path says which loop the value belongs to; asked only for an error
 * @param key what the loop calls the value, for the error
 * @param last the copy before of the same value: what has not changed is shared with it
 * @throws LoopError `NOT_PLAIN_DATA`, naming the loop and the key, for anything else: a function, a cycle, a class
 * instance, a bigint, more than 1,000 levels …
 */
export function plainCopy(value: unknown, path: () => string, key: string, last?: LastCopy): Json {
  let copying: Copying | undefined;
  try {
    const flat = flatCopy(value);
    if (flat !== undefined) return flat;
    const shared = isObject(value) ? last?.again(value) : undefined;
    if (shared !== undefined) return shared;
    copying = new Copying({ left: Infinity });
    const copy = copying.copy(value);
    if (isObject(value)) last?.remember(value, copy);
    return copy;
  } catch (error) {
    const what = error instanceof NotPlain ? error.what : 'something that cannot be read';
    throw new LoopError(
      'NOT_PLAIN_DATA',
      `Expected \`${key}${copying?.place() ?? ''}\` to be plain data (JSON types, NaN, infinities), got ${what}. ` +
        'Keep live things in other fields of the loop, or save what identifies them.',
      path(),
      error instanceof NotPlain ? undefined : { cause: error },
    );
  }
}

/** The copy before; see `SharingCopy`. */
export interface LastCopy {
  again(value: object): Json | undefined;
  remember(value: object, copy: Json): void;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/**
 * A copy of what holds no other objects: most states do not, and then nothing need be remembered of them.
 * @returns `undefined` for what does, and for what is no plain data
 */
export function flatCopy(value: unknown): Json | undefined {
  if (typeof value !== 'object') return typeof value === 'number' || typeof value === 'string' ? value : undefined;
  if (value === null || Object.getPrototypeOf(value) !== Object.prototype || hasInherited()) return undefined;
  const copy: { [key: string]: Json } = {};
  try {
    // Nothing stands above it: these keys are its own. A list of them would cost as much as the copy.
    for (const key in value) {
      const item: unknown = (value as Record<string, unknown>)[key];
      if (typeof item === 'object' ? item !== null : !isValue(item)) return undefined;
      setOwn(copy, key, item);
    }
  } catch {
    // A getter that throws: the whole copy says so.
    return undefined;
  }
  return copy;
}

/** Whether it is one of the values that no copy need be made of; `null` is as well. */
export function isValue(item: unknown): boolean {
  return typeof item === 'number' || typeof item === 'string' || typeof item === 'boolean' || item === undefined;
}

/** The keys of the copy that is looked at. */
const keysOfCopy: string[] = [];

/** Whether something is what {@link flatCopy} makes of a value now: the very same under the same keys, in the same order. */
export function isFlatCopy(copy: Json, value: object): boolean {
  if (typeof copy !== 'object' || copy === null || Array.isArray(copy)) return false;
  if (Object.getPrototypeOf(value) !== Object.prototype || hasInherited()) return false;
  let count = 0;
  for (const key in copy) keysOfCopy[count++] = key;
  let at = 0;
  try {
    for (const key in value) {
      const item: unknown = (value as Record<string, unknown>)[key];
      if (at === count || keysOfCopy[at++] !== key || !Object.is(item, copy[key])) return false;
      if (typeof item === 'object' && item !== null) return false;
    }
  } catch {
    return false;
  }
  return at === count;
}

/** Whether somebody has given all objects enumerable properties. */
export function hasInherited(): boolean {
  for (const _ in {}) return true;
  return false;
}

/**
 * A deep copy of plain data, in a box, as {@link plainCopy} makes it; `undefined` for anything else, and for data of which
 * a copy would not have all.
 * @param values how many values there may be in it, and how many are left after it; default: any number
 */
export function plainOrNot(value: unknown, values?: { left: number }): { copy: Json } | undefined {
  if (typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean') return { copy: value };
  try {
    const flat = values === undefined ? flatCopy(value) : undefined;
    const copy = flat ?? new Copying(values ?? { left: Infinity }).copy(value);
    return lossIn(value) === undefined ? { copy } : undefined;
  } catch {
    return undefined;
  }
}

/** What of a value is no plain data, and where in it that is: `an instance of Date` at `.rows[3].when`. */
export function notPlain(value: unknown): { what: string; place: string } | undefined {
  const copying = new Copying({ left: Infinity });
  try {
    copying.copy(value);
    return undefined;
  } catch (error) {
    return { what: error instanceof NotPlain ? error.what : 'something that cannot be read', place: copying.place() };
  }
}

/** A copy of what is known to be plain data, or nothing: the one that it is given to may change it. */
export function copyAgain(value: Json | undefined): Json | undefined {
  return value === undefined ? undefined : (flatCopy(value) ?? new Copying({ left: Infinity }).copy(value));
}

/** Whether a value is plain data, and so can be remembered in a context. */
export function isPlain(value: unknown): value is Json {
  return plainOrNot(value) !== undefined;
}

/** Why a value is not plain data. No error: those carry a stack, which costs as much as a large copy. */
class NotPlain {
  readonly what: string;

  constructor(what: string) {
    this.what = what;
  }
}

/** One copy of plain data in the making. */
class Copying {
  /** How many more values there may be. */
  readonly #values: { left: number };
  /** The copy of each object that was met. */
  readonly #met = new Met<object>();
  /** The objects that stand around the value in question. */
  readonly #around: object[] = [];
  /** That value. */
  #at: unknown;

  constructor(values: { left: number }) {
    this.#values = values;
  }

  copy(value: unknown): Json {
    this.#at = value;
    switch (typeof value) {
      case 'number':
      case 'string':
      case 'boolean':
        return value;
      case 'object':
        return value === null ? null : this.#object(value);
      case 'undefined':
        throw new NotPlain('undefined (use null)');
      default:
        throw new NotPlain(`a ${typeof value}`);
    }
  }

  #object(object: object): Json {
    const known = this.#met.get(object);
    if (known !== undefined) {
      if (this.#around.includes(object)) throw new NotPlain('a cycle');
      return known as Json;
    }
    if (this.#around.length === deepest) throw new NotPlain(`more than ${deepest} levels of nested data`);
    const prototype = Object.getPrototypeOf(object);
    return Array.isArray(object) ? this.#array(object, prototype) : this.#record(object, prototype);
  }

  #array(array: unknown[], prototype: any): Json[] {
    // The prototype of a plain array is an array itself, in every realm; that of a subclass is not.
    if (!Array.isArray(prototype)) throw instance(prototype);
    this.#count(array.length);
    const copy = array.slice() as Json[];
    this.#met.add(array, copy);
    this.#around.push(array);
    for (let i = 0; i < copy.length; i++) {
      const item: unknown = copy[i];
      // Arrays of numbers are what grows: they cost a look at each and no call.
      if (typeof item !== 'number') copy[i] = this.copy(item);
    }
    this.#around.pop();
    return copy;
  }

  #record(object: object, prototype: any): Json {
    // The plain objects of another realm (a frame, a VM) are plain, too: nothing stands above their prototype.
    if (prototype === null) throw new NotPlain(bare);
    if (prototype !== Object.prototype && Object.getPrototypeOf(prototype) !== null) throw instance(prototype);
    const keys = Object.keys(object);
    this.#count(keys.length);
    const copy: { [key: string]: Json } = {};
    this.#met.add(object, copy);
    this.#around.push(object);
    for (const key of keys) {
      const item: unknown = (object as Record<string, unknown>)[key];
      setOwn(copy, key, typeof item === 'number' || item === undefined ? item : this.copy(item));
    }
    this.#around.pop();
    return copy;
  }

  #count(values: number): void {
    this.#values.left -= values;
    if (this.#values.left < 0) throw new NotPlain('too much of it');
  }

  /** Where the value lies at which the copy came to its end: `.layers[3].f`. Looked for only then. */
  place(): string {
    const around = this.#around;
    return around.map((object, i) => keyOf(object, i + 1 < around.length ? around[i + 1] : this.#at)).join('');
  }
}

function instance(prototype: any): NotPlain {
  return new NotPlain(`an instance of ${prototype?.constructor?.name || 'a class'}`);
}

function keyOf(object: object, value: unknown): string {
  try {
    if (Array.isArray(object)) return `[${object.findIndex((item) => Object.is(item, value))}]`;
    const key = Object.keys(object).find((one) => Object.is((object as Record<string, unknown>)[one], value));
    return key === undefined ? '.(a getter)' : `.${key}`;
  } catch {
    return '.(a getter)';
  }
}

/** Assigning to `__proto__` would change the prototype and lose the value. */
export function setOwn(object: object, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    (object as Record<string, unknown>)[key] = value;
  }
}
