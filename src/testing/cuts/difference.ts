import { describeError } from '../../data/error-codec.ts';
import { kindOf, shown } from '../../data/shown.ts';

/** Where two values differ first, and what each has there. */
export interface Difference {
  /** The keys that lead there. Empty: the values themselves. */
  readonly at: readonly (string | number)[];
  readonly expected: unknown;
  readonly got: unknown;
}

/** Stands for what one of the two has not got at all. */
const nothing: { readonly toJSON: () => string } = { toJSON: () => 'nothing' };

/** Where two values differ first, in the order of their keys. What they share with others, and functions, is not compared. */
export function differenceOf(expected: unknown, got: unknown): Difference | undefined {
  return compare(expected, got, [], new Map());
}

type Met = Map<object, Set<object>>;

function compare(expected: unknown, got: unknown, at: readonly (string | number)[], met: Met): Difference | undefined {
  if (Object.is(expected, got)) return undefined;
  const differ = { at, expected, got };
  if (typeof expected === 'function' && typeof got === 'function') return undefined;
  if (!isObject(expected) || !isObject(got) || kindOf(expected) !== kindOf(got)) return differ;
  // What refers to itself is compared once.
  const others = met.get(expected) ?? new Set();
  if (others.has(got)) return undefined;
  met.set(expected, others.add(got));
  if (expected instanceof Error) return compare(withoutStacks(expected), withoutStacks(got), at, met);
  if (expected instanceof Date && got instanceof Date)
    return Object.is(expected.getTime(), got.getTime()) ? undefined : differ;
  const [before, after] = [entriesOf(expected), entriesOf(got)];
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const [a, b] = [before, after].map((entries) => (entries.has(key) ? entries.get(key) : nothing));
    const found = compare(a, b, [...at, key], met);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What an object holds, by keys. */
function entriesOf(object: object): Map<string | number, unknown> {
  if (object instanceof Map) return new Map([...object].map(([key, value], i) => [i, [key, value]]));
  if (object instanceof Set) return new Map([...object].entries());
  const list = ArrayBuffer.isView(object)
    ? [...(object instanceof DataView ? bytesOf(object) : (object as unknown as number[]))]
    : object instanceof ArrayBuffer
      ? [...new Uint8Array(object)]
      : object;
  if (Array.isArray(list)) return new Map(list.entries());
  return new Map(Object.entries(list));
}

function bytesOf({ buffer, byteOffset, byteLength }: DataView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** An error as plain data. Its stack tells who called, which is another start. */
function withoutStacks(thrown: unknown): unknown {
  return JSON.parse(JSON.stringify(describeError(thrown), (key, value) => (key === 'stack' ? undefined : value)));
}

/** The keys as code has them: `.losses[2]`. */
export function pathWithin(at: Difference['at']): string {
  return at
    .map((key) =>
      typeof key === 'number' ? `[${key}]` : /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(key) ? `.${key}` : `['${key}']`,
    )
    .join('');
}

/** So many characters of a value are shown. */
const most = 160;

/** A value as text that is not too long. */
export function brief(value: unknown): string {
  if (value === nothing) return 'nothing';
  if (typeof value === 'number' || value === undefined) return String(value);
  const text = textOf(value);
  return text.length > most ? `${text.slice(0, most)} …` : text;
}

function textOf(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  const isList = value instanceof Map || value instanceof Set || ArrayBuffer.isView(value);
  return isList ? `${kindOf(value)} ${shown([...entriesOf(value).values()])}` : shown(value);
}
