import { isError } from '../data/error-classes.ts';
import { describeError } from '../data/error-codec.ts';
import { type Json, setOwn } from '../data/json.ts';
import { kindOf } from '../data/shown.ts';

/*
 * What an app's own actors hold and send, in lines. It may be anything, large, and changed by the app later, so it is copied
 * at once, and only so much of it as a person looks at.
 */

const deepest = 6;
const mostItems = 100;
const mostValues = 500;
const longestText = 1000;
/** Larger ones take long to write. */
const largest = 2n ** 4096n;
/** Objects that look like a mark. */
const markLike = /^\$+(n|bigint|undefined|fn|map|set|error|date|typed|cut|opaque|plain|shared)$/;

/** Copying may take a tenth of the time, in the long run, and so many milliseconds at once. */
const share = 0.1;
const atOnce = 20;

/** Copies what an app's actors hold, and takes no more than a share of the time for it: what it has no time for is marked as cut. */
export class AppValues {
  #spent = 0;
  #last = 0;

  /** A value as JSON types, with the marks of the wire. Never throws. */
  copy(value: unknown): Json {
    if (typeof value !== 'object' || value === null) return copied(value);
    const begun = performance.now();
    this.#spent = Math.max(0, this.#spent - (begun - this.#last) * share);
    this.#last = begun;
    if (this.#spent > atOnce) return cut(value);
    const copy = copied(value);
    this.#last = performance.now();
    this.#spent += this.#last - begun;
    return copy;
  }
}

function copied(value: unknown): Json {
  return part(value, { left: mostValues }, 0);
}

function part(value: unknown, budget: { left: number }, depth: number): Json {
  budget.left--;
  switch (typeof value) {
    case 'string':
      return value.length > longestText ? { $cut: { kind: 'string', size: value.length, ref: '' } } : value;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0) ? value : { $n: Object.is(value, -0) ? '-0' : `${value}` };
    case 'boolean':
      return value;
    case 'undefined':
      return { $undefined: true };
    case 'object':
      if (value === null) return null;
      try {
        return inside(value, budget, depth);
      } catch {
        // A getter or a proxy that throws.
        return { $opaque: kindOf(value) };
      }
    default:
      return typeof value === 'bigint' && value < largest && value > -largest
        ? { $bigint: String(value) }
        : { $opaque: kindOf(value) };
  }
}

function inside(value: object, budget: { left: number }, depth: number): Json {
  if (isError(value)) {
    const { name, message } = describeError(value);
    return { $error: { name: part(name, budget, depth), message: part(message, budget, depth) } };
  }
  if (Array.isArray(value)) {
    // Asked for once, and by its numbers: a list may grow while it is looked at, and have an iterator of its own.
    const { length } = value;
    if (depth >= deepest || !(length <= Math.min(mostItems, budget.left))) return cut(value);
    return Array.from({ length }, (_, i) => part(value[i], budget, depth + 1));
  }
  if (value instanceof Date) {
    const time = Date.prototype.getTime.call(value);
    return { $date: Number.isNaN(time) ? 'Invalid Date' : new Date(time).toISOString() };
  }
  const prototype = Object.getPrototypeOf(value);
  // Actors, elements of a page, models: they lead to all of the app.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return { $opaque: kindOf(value) };
  const keys = Object.keys(value);
  if (
    keys.length > 0 &&
    (depth >= deepest || keys.length > Math.min(mostItems, budget.left) || keys.some((key) => key.length > longestText))
  )
    return cut(value);
  const copy: { [key: string]: Json } = {};
  for (const key of keys) {
    const told = keys.length === 1 && markLike.test(key) ? `$${key}` : key;
    setOwn(copy, told, part((value as Record<string, unknown>)[key], budget, depth + 1));
  }
  return copy;
}

/** In the place of what is too much. It is not held, so there is no way to ask for it. */
function cut(value: object): Json {
  const isList = Array.isArray(value);
  let size = 0;
  try {
    size = isList ? value.length : Object.keys(value).length;
  } catch {
    // A proxy whose traps throw.
  }
  return { $cut: { kind: isList ? 'array' : 'object', size, ref: '' } };
}
