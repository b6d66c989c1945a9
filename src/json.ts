import { LoopError } from './errors.ts';

/** Plain data: JSON, and `NaN` and the infinities. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/**
 * A deep copy of plain data. Keys that hold `undefined` are left out, as in JSON.
 *
 * @param path says which loop the value belongs to; asked only for an error
 * @param key what the loop calls the value, for the error
 * @throws LoopError `NOT_PLAIN_DATA`, naming the loop and the key, for anything else: a function, a cycle, a class instance, a bigint …
 */
export function plainCopy(value: unknown, path: () => string, key: string): Json {
  return copy(value, path, key, []);
}

function copy(value: unknown, path: () => string, key: string, ancestors: object[]): Json {
  switch (typeof value) {
    case 'number':
    case 'string':
    case 'boolean':
      return value;
    case 'object':
      break;
    default:
      throw notPlain(path, key, typeof value === 'undefined' ? 'undefined (use null)' : `a ${typeof value}`);
  }
  if (value === null) return null;
  if (ancestors.includes(value)) throw notPlain(path, key, 'a cycle');
  ancestors.push(value);
  const result = Array.isArray(value)
    ? copyArray(value, path, key, ancestors)
    : copyObject(value, path, key, ancestors);
  ancestors.pop();
  return result;
}

function copyArray(array: unknown[], path: () => string, key: string, ancestors: object[]): Json[] {
  const prototype = Object.getPrototypeOf(array);
  // The prototype of a plain array is an array itself, in every realm; that of a subclass is not.
  if (!Array.isArray(prototype)) {
    throw notPlain(path, key, `an instance of ${prototype?.constructor?.name || 'a class'}`);
  }
  const result = array.slice() as Json[];
  for (let i = 0; i < result.length; i++) {
    const item: unknown = result[i];
    // Arrays of numbers are what grows: they cost a look at each and no call.
    if (typeof item !== 'number') result[i] = copy(item, path, `${key}[${i}]`, ancestors);
  }
  return result;
}

function copyObject(object: object, path: () => string, key: string, ancestors: object[]): Json {
  const prototype = Object.getPrototypeOf(object);
  // The plain objects of another realm (a frame, a VM) are plain, too: nothing stands above their prototype.
  if (prototype !== Object.prototype && prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    throw notPlain(path, key, `an instance of ${prototype.constructor?.name || 'a class'}`);
  }
  const result: { [key: string]: Json } = {};
  for (const name of Object.keys(object)) {
    const item: unknown = (object as Record<string, unknown>)[name];
    if (item === undefined) continue;
    const kept = typeof item === 'number' ? item : copy(item, path, `${key}.${name}`, ancestors);
    setOwn(result, name, kept);
  }
  return result;
}

/** Assigning to `__proto__` would change the prototype and lose the value. */
function setOwn(object: object, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    (object as Record<string, unknown>)[key] = value;
  }
}

function notPlain(path: () => string, key: string, what: string): LoopError {
  return new LoopError(
    'NOT_PLAIN_DATA',
    `Expected \`${key}\` to be plain data (JSON types, NaN, infinities), got ${what}. ` +
      'Keep live things in other fields of the loop, or save what identifies them.',
    path(),
  );
}

/** A deep copy of plain data, in a box; `undefined` for anything else. */
export function plainOrNot(value: unknown): { copy: Json } | undefined {
  try {
    return { copy: copy(value, () => '', '', []) };
  } catch {
    return undefined;
  }
}

/** Whether a value is plain data, and so can be remembered in a context. */
export function isPlain(value: unknown): value is Json {
  return plainOrNot(value) !== undefined;
}

/** An error as plain data. */
export interface PlainError {
  [key: string]: Json;
  name: string;
  message: string;
}

export function describeError(error: unknown, depth = 4): PlainError {
  if (!(error instanceof Error)) return { name: 'Error', message: typeof error === 'string' ? error : shown(error) };
  const described: PlainError = { name: error.name, message: error.message };
  if (typeof error.stack === 'string') described.stack = error.stack;
  for (const key of ['code', 'path', 'reason'] as const) {
    const detail: unknown = (error as unknown as Record<string, unknown>)[key];
    if (detail !== undefined && isPlain(detail)) described[key] = detail;
  }
  // Causes may go round in a circle.
  if (error.cause !== undefined && depth > 0) described.cause = describeError(error.cause, depth - 1);
  return described;
}

/** The error that was described, as far as plain data can tell. */
export function revivedError(described: PlainError): Error {
  const { message, ...rest } = described;
  return Object.assign(new Error(message), rest);
}

/** Anything as text for an error. */
export function shown(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}

const tag = /^\$+n$/;

/**
 * Plain data as JSON types alone: a number that JSON has no word for becomes `{ "$n": "NaN" }`, and an object that
 * looks like that gets one more `$`. What needs no change is returned as it is, not copied.
 */
export function encodeNumbers(value: Json): Json {
  if (typeof value === 'number') {
    return Number.isFinite(value) && !Object.is(value, -0) ? value : { $n: Object.is(value, -0) ? '-0' : `${value}` };
  }
  if (typeof value !== 'object' || value === null) return value;
  const encoded = mapValues(value, encodeNumbers);
  const key = loneKey(encoded);
  return key === undefined ? encoded : { [`$${key}`]: (encoded as { [key: string]: Json })[key]! };
}

/** The inverse of {@link encodeNumbers}. */
export function decodeNumbers(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value;
  const key = loneKey(value);
  if (key === undefined) return mapValues(value, decodeNumbers);
  const inner = (value as { [key: string]: Json })[key]!;
  return key === '$n' ? Number(inner) : { [key.slice(1)]: decodeNumbers(inner) };
}

function loneKey(value: Json): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const keys = Object.keys(value);
  return keys.length === 1 && tag.test(keys[0]!) ? keys[0] : undefined;
}

function mapValues(value: Json[] | { [key: string]: Json }, change: (value: Json) => Json): Json {
  let result: Json | undefined;
  for (const key of Object.keys(value)) {
    const before = (value as { [key: string]: Json })[key]!;
    const after = change(before);
    if (Object.is(after, before)) continue;
    result ??= (Array.isArray(value) ? [...value] : Object.assign(Object.create(null), value)) as Json;
    setOwn(result as object, key, after);
  }
  if (result === undefined) return value;
  return Array.isArray(result) ? result : { ...(result as { [key: string]: Json }) };
}
