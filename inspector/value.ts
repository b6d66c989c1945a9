/** What a recorded value is. Everything but plain data comes tagged, `{"$date": "..."}`, because JSON has no word for it. */
export type Value =
  | { kind: 'leaf'; type: LeafType; text: string }
  | { kind: 'branch'; type: string; size: number; entries: () => [key: string, value: unknown][] }
  | { kind: 'cut'; type: string; size: number; ref: string; digest: string };

export type LeafType = 'string' | 'number' | 'boolean' | 'null' | 'undefined' | 'bigint' | 'date' | 'function';

const list = (values: readonly unknown[]): [string, unknown][] => values.map((value, index) => [String(index), value]);

/** Numbers as data: NaN and the infinities come as `{"$n": "NaN"}`. Nothing where the value is no number. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'object' || value === null) return undefined;
  const tag = (value as { $n?: unknown }).$n;
  return typeof tag === 'string' && Object.keys(value).length === 1 ? Number(tag) : undefined;
}

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
        entries: () => inner.map((pair: any) => [brief(pair?.[0]), pair?.[1]]),
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

const more = (count: number): unknown => ({ $cut: { kind: 'numbers', size: count, ref: '' } });

/** Tells what a recorded value is. */
export function readValue(raw: unknown): Value {
  if (raw === null) return { kind: 'leaf', type: 'null', text: 'null' };
  if (raw === undefined) return { kind: 'leaf', type: 'undefined', text: 'undefined' };
  if (typeof raw === 'string') return { kind: 'leaf', type: 'string', text: raw };
  if (typeof raw === 'number') return { kind: 'leaf', type: 'number', text: exact(raw) };
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

// Kept, because making one costs a hundred times what using it does.
const grouped = new Intl.NumberFormat('en');

/** Signs that change the direction of what is around them, and so could make a text look like another. */
const turns = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** A text with its invisible signs written out. */
export const visible = (text: string): string =>
  text.replace(turns, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** A number in full, where that is not long. */
function exact(value: number): string {
  const text = String(value);
  return Number.isInteger(value) || text.length > 12 ? figure(value) : text;
}

/** A number as people read it: short, and exact where that is short enough. */
export function figure(value: number): string {
  if (Object.is(value, -0)) return '-0';
  if (!Number.isFinite(value)) return String(value);
  if (Number.isInteger(value)) return Math.abs(value) < 1e15 ? grouped.format(value) : value.toExponential(4);
  const size = Math.abs(value);
  return size >= 1e6 || size < 1e-4 ? value.toExponential(3) : String(Number(value.toPrecision(5)));
}

/** One line for a value, however large it is. */
export function brief(raw: unknown, room = 60): string {
  const value = readValue(raw);
  if (value.kind === 'cut') return `${value.type} (${figure(value.size)}) …`;
  if (value.kind === 'leaf') {
    const text = value.type === 'string' ? visible(JSON.stringify(value.text)) : value.text;
    return text.length > room ? `${text.slice(0, room - 1)}…` : text;
  }
  if (value.type !== 'Object' && value.type !== 'Array')
    return value.size ? `${value.type}(${value.size})` : value.type;
  let text = '';
  for (const [key, inner] of value.entries()) {
    const part = value.type === 'Array' ? brief(inner, 12) : `${visible(key)} ${brief(inner, 16)}`;
    if (text.length + part.length > room) {
      text += text ? ', …' : '…';
      break;
    }
    text += (text && ', ') + part;
  }
  return value.type === 'Array' ? `[${text}]` : `{ ${text} }`;
}

/** Deep equality of two recorded values. NaN comes tagged, so that it equals itself here. */
export function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  // Each cut has a reference of its own.
  if (keys.length === 1 && keys[0] === '$cut' && '$cut' in b) {
    const [left, right] = [readValue(a), readValue(b)];
    if (left.kind === 'cut' && right.kind === 'cut' && left.digest && right.digest)
      return left.digest === right.digest && left.size === right.size && left.type === right.type;
  }
  if (keys.length !== Object.keys(b).length) return false;
  // `hasOwn` and not `in`: a key may be called `__proto__`.
  return keys.every((key) => Object.hasOwn(b, key) && same((a as any)[key], (b as any)[key]));
}
