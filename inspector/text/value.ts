import { isShared } from '../../src/data/shared.ts';
import { exact, figure, numberOf, short } from './number.ts';

/** What a recorded value is. Everything but plain data comes tagged, `{"$date": "..."}`, because JSON has no word for it. */
export type Value =
  | { kind: 'leaf'; type: LeafType; text: string }
  | { kind: 'branch'; type: string; size: number; entries: () => [key: string, value: unknown][] }
  | { kind: 'cut'; type: string; size: number; ref: string; digest: string };

export type LeafType = 'string' | 'number' | 'boolean' | 'null' | 'undefined' | 'bigint' | 'date' | 'function';

/** So many characters of a Map's key are shown. */
const KEY = 200;

const list = (values: readonly unknown[]): [string, unknown][] => values.map((value, index) => [String(index), value]);

function tagged(tag: string, inner: any): Value | undefined {
  switch (tag) {
    case '$n':
      return typeof inner === 'string' ? { kind: 'leaf', type: 'number', text: inner } : undefined;
    case '$bigint':
      return { kind: 'leaf', type: 'bigint', text: `${inner}n` };
    case '$date':
      return { kind: 'leaf', type: 'date', text: String(inner) };
    case '$undefined':
      return { kind: 'leaf', type: 'undefined', text: 'undefined' };
    case '$fn':
      return { kind: 'leaf', type: 'function', text: `ƒ ${inner}` };
    // What a recording does not keep: only its kind.
    case '$opaque':
      return { kind: 'leaf', type: 'function', text: `${inner}, not plain data` };
    case '$plain':
      return readValue(inner);
    case '$map':
      if (!Array.isArray(inner)) return undefined;
      return {
        kind: 'branch',
        type: 'Map',
        size: inner.length,
        entries: () => keyed(inner),
      };
    case '$set':
      return Array.isArray(inner)
        ? { kind: 'branch', type: 'Set', size: inner.length, entries: () => list(inner) }
        : undefined;
    case '$error':
      return {
        kind: 'branch',
        type: `${inner?.name ?? 'Error'}: ${inner?.message ?? ''}`,
        size: 0,
        entries: () => Object.entries(inner ?? {}),
      };
    case '$typed': {
      const head: unknown[] = Array.isArray(inner?.head) ? inner.head : [];
      const size = Number(inner?.length ?? head.length);
      return {
        kind: 'branch',
        type: String(inner?.kind ?? 'TypedArray'),
        size,
        entries: () => (size > head.length ? [...list(head), ['…', more(size - head.length)]] : list(head)),
      };
    }
    case '$cut':
      return {
        kind: 'cut',
        type: String(inner?.kind),
        size: Number(inner?.size),
        ref: String(inner?.ref ?? ''),
        digest: String(inner?.digest ?? ''),
      };
    default:
      return undefined;
  }
}

/** The members of a Map by their keys, as exact as they are: two that look alike are two. */
function keyed(pairs: readonly any[]): [string, unknown][] {
  const times = new Map<string, number>();
  return pairs.map((pair) => {
    const key = brief(pair?.[0], KEY, true);
    const time = (times.get(key) ?? 0) + 1;
    times.set(key, time);
    return [time === 1 ? key : `${key} (${time})`, pair?.[1]];
  });
}

const more = (count: number): unknown => ({ $cut: { kind: 'numbers', size: count, ref: '' } });

/** Tells what a recorded value is. */
export function readValue(raw: unknown): Value {
  if (raw === null) return { kind: 'leaf', type: 'null', text: 'null' };
  if (raw === undefined) return { kind: 'leaf', type: 'undefined', text: 'undefined' };
  if (typeof raw === 'string') return { kind: 'leaf', type: 'string', text: raw };
  if (typeof raw === 'number') return { kind: 'leaf', type: 'number', text: short(raw) };
  if (typeof raw === 'boolean') return { kind: 'leaf', type: 'boolean', text: String(raw) };
  if (Array.isArray(raw)) return { kind: 'branch', type: 'Array', size: raw.length, entries: () => list(raw) };
  const keys = Object.keys(raw as object);
  const [only] = keys;
  if (keys.length === 1 && only?.startsWith('$')) {
    const value = tagged(only, (raw as Record<string, unknown>)[only]);
    if (value) return value;
    // What looked like one of our tags was given one more `$`, so that it is not taken for it.
    if (/^\$\$+[a-z]+$/.test(only)) {
      return {
        kind: 'branch',
        type: 'Object',
        size: 1,
        entries: () => [[only.slice(1), (raw as Record<string, unknown>)[only]]],
      };
    }
  }
  return { kind: 'branch', type: 'Object', size: keys.length, entries: () => Object.entries(raw as object) };
}

/** Signs that change the direction of what is around them, and so could make a text look like another. */
const turns = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Whether a text has none of them. */
export const isVisible = (text: string): boolean => text.search(turns) < 0;

/** A text with its invisible signs written out. */
export const visible = (text: string): string =>
  text.replace(turns, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);

/**
 * One line for a value, however large it is.
 * @param room characters
 * @param exactly whether numbers are told with all their digits, and nothing within is cut before the room is used up
 */
export function brief(raw: unknown, room = 60, exactly = false): string {
  return briefly(raw, room, exactly, { left: LOOKS });
}

/** So many objects are looked into for one line: to some there may be a great many ways. */
const LOOKS = 2000;

function briefly(raw: unknown, room: number, exactly: boolean, looks: { left: number }): string {
  // Nearly all are numbers, and a search asks for those of every row.
  if (typeof raw === 'number') return cutTo(room, exactly ? exact(raw) : short(raw));
  const value = readValue(raw);
  if (value.kind === 'cut') return `${value.type} (${figure(value.size)}) …`;
  if (value.kind === 'leaf') {
    const number = exactly ? numberOf(raw) : undefined;
    return cutTo(
      room,
      value.type === 'string' ? visible(JSON.stringify(value.text)) : number === undefined ? value.text : exact(number),
    );
  }
  if (value.type !== 'Object' && value.type !== 'Array')
    return value.size ? `${value.type}(${value.size})` : value.type;
  if (--looks.left < 0) return '…';
  let text = '';
  for (const [key, inner] of value.entries()) {
    const part =
      value.type === 'Array'
        ? briefly(inner, exactly ? room : 12, exactly, looks)
        : `${visible(key)} ${briefly(inner, exactly ? room : 16, exactly, looks)}`;
    if (text.length + part.length > room) {
      text += text ? ', …' : '…';
      break;
    }
    text += (text && ', ') + part;
  }
  return value.type === 'Array' ? `[${text}]` : `{ ${text} }`;
}

const cutTo = (room: number, text: string) => (text.length > room ? `${text.slice(0, room - 1)}…` : text);

/** So many characters are shown of what is told exactly. */
const WIDE = 1000;

/** The same with all digits; nothing where that says no more. */
export function briefExactly(raw: unknown, room: number): string | undefined {
  const whole = brief(raw, WIDE, true);
  return whole === brief(raw, room) ? undefined : whole;
}

/** Deep equality of two recorded values. NaN comes tagged, so that it equals itself here. */
export function same(a: unknown, b: unknown): boolean {
  return alike(a, b, new Pairs());
}

/** What is known of two that are compared, one of which lies in more than one place: there may be a great many ways to them. */
export class Pairs<Known> {
  readonly #known = new Map<unknown, Map<unknown, Known>>();

  /** What is known of the two, or what `find` finds out. */
  of(a: unknown, b: unknown, find: () => Known): Known {
    if (!mayComeAgain(a) && !mayComeAgain(b)) return find();
    let others = this.#known.get(a);
    if (others === undefined) {
      others = new Map();
      this.#known.set(a, others);
    }
    if (!others.has(b)) others.set(b, find());
    return others.get(b)!;
  }
}

const mayComeAgain = (value: unknown) => typeof value === 'object' && value !== null && isShared(value);

function alike(a: unknown, b: unknown, pairs: Pairs<boolean>): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  return pairs.of(a, b, () => holdTheSame(a, b, pairs));
}

function holdTheSame(a: object, b: object, pairs: Pairs<boolean>): boolean {
  const keys = Object.keys(a);
  // Each cut has a reference of its own.
  if (keys.length === 1 && keys[0] === '$cut' && '$cut' in b) {
    const [left, right] = [readValue(a), readValue(b)];
    if (left.kind === 'cut' && right.kind === 'cut' && left.digest && right.digest)
      return left.digest === right.digest && left.size === right.size && left.type === right.type;
  }
  if (keys.length !== Object.keys(b).length) return false;
  // `hasOwn` and not `in`: a key may be called `__proto__`.
  return keys.every((key) => Object.hasOwn(b, key) && alike((a as any)[key], (b as any)[key], pairs));
}
