import { deepest, type Json, setOwn } from './json.ts';
import { keysOf } from './pointer.ts';

/*
 * Lines are trees, and what a loop holds is none: an object may lie in two places of it. Two marks tell of that:
 *
 *     { "$shared": [1, { … }] }, { "$shared": [1] }      of recordings: where it comes first, and where it comes again
 *     { "$cut": { "digest": "as /event/a", … } }         of a run that is watched: where it comes again, if it is large
 *
 * Here such an object is put into all of its places. What comes of it is no tree any more: whoever goes through it may
 * come to one object on a great many ways, and asks `isShared` before going through it once more.
 */

/** Nothing that a loop can hold has more levels in a line. Whoever goes through what had more would run out of stack. */
const most = deepest + 200;

/** What was put into more than one place. */
const shared = new WeakSet<object>();

/** Whether an object may lie in more than one place. */
export function isShared(object: object): boolean {
  return shared.has(object);
}

/** Where references of a run that is watched lead to: `ref` stands before each, and means `root`. */
export interface Lead {
  ref: string;
  root: unknown;
}

/**
 * What was told, with each object in all of its places. What has no marks in it is returned as it is, not copied.
 * Takes time linear in the size of what was told, and never throws: what a mark refers to and is not there is `Unreadable`.
 */
export function wholeOf(told: unknown, lead?: Lead): unknown {
  return holdsMark(told, 0) ? new Whole(lead).read(told, 0) : told;
}

/** By what was told, what its marks stand for. */
const known = new WeakMap<object, Whole>();

/** What one mark stands for, which lies somewhere in `root`. */
export function meantBy(mark: object, root: object): unknown {
  let whole = known.get(root);
  if (whole === undefined) {
    whole = new Whole();
    whole.read(root, 0);
    known.set(root, whole);
  }
  return whole.marks.has(mark) ? whole.marks.get(mark) : unreadable(mark);
}

interface Part {
  whole: unknown;
  /** How many levels are in it; nothing while it is being read. */
  levels: number | undefined;
}

class Whole {
  readonly marks = new Map<object, unknown>();
  readonly #lead: Lead | undefined;
  readonly #parts = new Map<object, Part>();
  /** By its number, what came first. */
  readonly #first = new Map<unknown, unknown>();
  /** The deepest level that was come to in the part that is being read. */
  #reached = 0;

  constructor(lead?: Lead) {
    this.#lead = lead;
  }

  read(told: unknown, level: number): unknown {
    if (!isObject(told)) return told;
    const tag = markOf(told);
    if (tag === undefined) return this.#part(told, level)?.whole ?? told;
    const meant = this.#meant(tag, told);
    const part = isObject(meant) ? this.#part(meant, level) : undefined;
    if (part !== undefined) shared.add(part.whole as object);
    const whole = part?.whole ?? (tag === '$shared' ? unreadable(told) : told);
    this.marks.set(told, whole);
    return whole;
  }

  #meant(tag: Tag, mark: Record<string, any>): unknown {
    const inner = mark[tag];
    if (tag === '$shared') {
      // In another part of the line the numbers begin anew.
      if (inner.length > 1) this.#first.set(inner[0], inner[1]);
      return this.#first.get(inner[0]);
    }
    const { ref, digest } = inner;
    const at = digest.slice('as '.length);
    return this.#lead && ref === this.#lead.ref + at ? led(this.#lead.root, at) : undefined;
  }

  /** Nothing where it stands around itself, or would be too deep. */
  #part(told: object, level: number): Part | undefined {
    const part = this.#parts.get(told) ?? this.#new(told, level);
    if (part.levels === undefined || level + part.levels > most) return undefined;
    this.#reached = Math.max(this.#reached, level + part.levels);
    return part;
  }

  #new(told: object, level: number): Part {
    const part: Part = { whole: told, levels: undefined };
    this.#parts.set(told, part);
    const before = this.#reached;
    this.#reached = level;
    if (level < most) part.whole = replaced(told, (inner) => this.read(inner, level + 1));
    part.levels = this.#reached - level;
    this.#reached = before;
    return part;
  }
}

/**
 * The inverse of {@link wholeOf}: JSON, in which an object that lies in more than one place is marked. What has none is
 * returned as it is.
 */
export function marked(whole: unknown): Json {
  const times = new Map<object, number>();
  let again = false;
  const count = (value: unknown): void => {
    if (!isObject(value)) return;
    if (isShared(value)) {
      const before = times.get(value) ?? 0;
      times.set(value, before + 1);
      if (before > 0) {
        again = true;
        return;
      }
    }
    for (const inner of Object.values(value)) count(inner);
  };
  count(whole);
  if (!again) return whole as Json;
  const numbers = new Map<object, number>();
  const write = (value: unknown): unknown => {
    if (!isObject(value)) return value;
    if (!(times.get(value)! > 1)) return replaced(value, write);
    const number = numbers.get(value);
    if (number !== undefined) return { $shared: [number] };
    numbers.set(value, numbers.size + 1);
    return { $shared: [numbers.size, replaced(value, write)] };
  };
  return write(whole) as Json;
}

type Tag = '$shared' | '$cut';

/** Whether the object is a mark of one that lies elsewhere, too. */
function markOf(object: Record<string, any>): Tag | undefined {
  let only: string | undefined;
  for (const key in object) {
    if (only !== undefined || (key !== '$shared' && key !== '$cut')) return undefined;
    only = key;
  }
  if (only === '$shared') return Array.isArray(object.$shared) && object.$shared.length > 0 ? only : undefined;
  if (only === undefined) return undefined;
  const { ref, digest } = object.$cut ?? {};
  return typeof ref === 'string' && typeof digest === 'string' && digest.startsWith('as /') ? '$cut' : undefined;
}

/** Asked of every line there is: each object is gone through once, and nothing is made. */
function holdsMark(told: unknown, level: number): boolean {
  if (!isObject(told) || level > most) return false;
  if (Array.isArray(told)) {
    for (let i = 0; i < told.length; i++) {
      if (typeof told[i] === 'object' && holdsMark(told[i], level + 1)) return true;
    }
    return false;
  }
  let count = 0;
  let last = '';
  for (const key in told) {
    count++;
    last = key;
    const inner = told[key];
    if (typeof inner === 'object' && holdsMark(inner, level + 1)) return true;
  }
  return count === 1 && last.startsWith('$') && markOf(told) !== undefined;
}

/** The same object where nothing in it is another, else a copy. */
function replaced(object: object, by: (inner: unknown) => unknown): unknown {
  let copy: object | undefined;
  for (const key of Object.keys(object)) {
    const before = (object as Record<string, unknown>)[key];
    const after = by(before);
    if (after === before) continue;
    copy ??= Array.isArray(object) ? object.slice() : { ...object };
    setOwn(copy, key, after);
  }
  return copy ?? object;
}

/** What a reference leads to in what was told, where tags stand around members that it does not speak of. */
function led(root: unknown, pointer: string): unknown {
  let at = root;
  for (const key of keysOf(pointer)) {
    if (!isObject(at)) return undefined;
    const [tag] = Object.keys(at);
    const tagged = tag === undefined ? undefined : (at as Record<string, unknown>)[tag];
    const within = ['$map', '$set', '$error'].includes(tag!) && isObject(tagged) && Object.hasOwn(tagged, key);
    if (Object.hasOwn(at, key)) {
      // Of an error that has a field of that name, it cannot be known which is meant.
      if (within) return undefined;
      at = at[key];
    } else if (within) at = (tagged as Record<string, unknown>)[key];
    // An object that looked like a tag was given one more `$`.
    else if (tag === `$${key}`) at = tagged;
    else return undefined;
  }
  return at;
}

/** In the place of a mark that refers to nothing. */
function unreadable(mark: Record<string, any>): object {
  const number = mark.$shared?.[0];
  const which = typeof number === 'number' ? ` with the number ${number}` : '';
  const message = `Expected a part${which} that comes more than once, and to find it whole before this place; it is not there. The recording is damaged: go back to the original.`;
  return { $error: { name: 'Unreadable', message } };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
