import { LoopError } from './errors.ts';
import { deepest, type Json } from './json.ts';
import { decodeJson, encodeJson, type Kinds } from './json-form.ts';
import { kindOf } from './shown.ts';

/*
 * Assets: what `Stateful` objects give to a checkpoint. They may hold more than plain data, and it comes back as it was.
 * In JSON form that is
 *
 *     { "$bytes": ["Float32Array", "AACAPw=="] }     a typed array, a DataView or an ArrayBuffer: its bytes in base64
 *     { "$map": [[key, value], …] }                  a Map; likewise `$set`
 *     { "$date": 0 }                                 a Date; likewise `$bigint` (a text), `$undefined` (true)
 */

/** The kinds of binary data. A Buffer is one of Node's. */
const views = [
  'Uint8Array',
  'Uint8ClampedArray',
  'Int8Array',
  'Uint16Array',
  'Int16Array',
  'Uint32Array',
  'Int32Array',
  'BigUint64Array',
  'BigInt64Array',
  'Float16Array',
  'Float32Array',
  'Float64Array',
  'DataView',
  'ArrayBuffer',
];

/** What comes back as it was; what is made of one of these, as a subclass is, would not. */
const known = [...views, 'Buffer', 'Map', 'Set', 'Date'];

const kinds: Kinds = {
  marks: ['bytes', 'map', 'set', 'date', 'bigint', 'undefined'],

  parts(value) {
    if (typeof value !== 'object' || value === null)
      return value === undefined || typeof value === 'bigint' ? [] : undefined;
    if (value instanceof Map) return [...value].flat();
    if (value instanceof Set) return [...value];
    return value instanceof Date || viewName(value) !== undefined ? [] : undefined;
  },

  marked(value) {
    if (value === undefined) return ['$undefined', true];
    if (typeof value === 'bigint') return ['$bigint', `${value}`];
    if (typeof value !== 'object' || value === null) return undefined;
    if (value instanceof Map) return ['$map', [...value]];
    if (value instanceof Set) return ['$set', [...value]];
    if (value instanceof Date) return ['$date', value.getTime()];
    const name = viewName(value);
    return name === undefined ? undefined : ['$bytes', [name, base64(bytesOf(value as ArrayBuffer))]];
  },

  made(mark, inside: any, read, made) {
    if (mark === '$undefined') return undefined;
    if (mark === '$bigint') return BigInt(inside);
    const value =
      mark === '$bytes'
        ? viewOf(inside[0], bytesIn(inside[1]))
        : mark === '$date'
          ? new Date(read(inside) as number)
          : mark === '$map'
            ? new Map()
            : new Set();
    made(value);
    if (value instanceof Map) for (const [key, item] of inside) value.set(read(key), read(item));
    if (value instanceof Set) for (const item of inside) value.add(read(item));
    return value;
  },
};

/** The JSON form of an asset. */
export function encodeAsset(asset: unknown): Json {
  return encodeJson(asset, kinds);
}

/** An asset of its own from the JSON form. @throws Error for what is none */
export function decodeAsset(json: Json): unknown {
  const asset = decodeJson(json, kinds);
  return asset === json ? structuredClone(asset) : asset;
}

/**
 * Checks what a `Stateful` object has given to a checkpoint.
 * @param key what the checkpoint calls it
 * @throws LoopError `NOT_PLAIN_DATA`, naming the loop and where it lies, for what would not come back as it was
 */
export function checkAsset(asset: unknown, key: string, path: () => string): void {
  const met = new Set<object>();
  look(asset, key, 0);

  function look(value: unknown, at: string, level: number): void {
    if (typeof value === 'function' || typeof value === 'symbol') throw refused(at, `a ${typeof value}`);
    if (typeof value !== 'object' || value === null || met.has(value)) return;
    met.add(value);
    if (level === deepest) throw refused(at, `more than ${deepest} levels of nested data`);
    const parts = kinds.parts(value);
    if (parts !== undefined) {
      if (!known.includes(kindOf(value))) throw refused(at, `an instance of ${kindOf(value)}`);
      for (const part of parts) look(part, `${at}.(${kindOf(value)})`, level + 1);
    } else if (Array.isArray(value)) {
      if (!Array.isArray(Object.getPrototypeOf(value))) throw refused(at, `an instance of ${kindOf(value)}`);
      for (let i = 0; i < value.length; i++) {
        const item: unknown = value[i];
        if (item === undefined && !(i in value)) throw refused(`${at}[${i}]`, 'a gap in an array');
        if (typeof item !== 'number') look(item, `${at}[${i}]`, level + 1);
      }
    } else {
      const prototype: object | null = Object.getPrototypeOf(value);
      if (prototype !== null && Object.getPrototypeOf(prototype) !== null)
        throw refused(at, `an instance of ${kindOf(value)}`);
      for (const [name, item] of Object.entries(value)) look(item, `${at}.${name}`, level + 1);
    }
  }

  function refused(at: string, what: string): LoopError {
    return new LoopError(
      'NOT_PLAIN_DATA',
      `Expected \`${at}\`, which \`stateDict()\` returned, to be data that a checkpoint can keep (plain data, typed arrays, ` +
        `Map, Set, Date, bigint), got ${what}. Return what it can be made of.`,
      path(),
    );
  }
}

function viewName(value: object): string | undefined {
  if (!ArrayBuffer.isView(value) && !(value instanceof ArrayBuffer)) return undefined;
  const { Buffer } = globalThis as { Buffer?: { isBuffer(value: object): boolean } };
  if (Buffer?.isBuffer(value)) return 'Buffer';
  // Of the value's own realm; a subclass comes back as what it is made of.
  return (value as { [Symbol.toStringTag]?: string })[Symbol.toStringTag];
}

function bytesOf(view: ArrayBufferView | ArrayBuffer): Uint8Array {
  return ArrayBuffer.isView(view)
    ? new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
    : new Uint8Array(view);
}

function viewOf(name: string, bytes: Uint8Array<ArrayBuffer>): object {
  if (name === 'ArrayBuffer') return bytes.buffer;
  const { Buffer } = globalThis as { Buffer?: { from(buffer: ArrayBuffer): object } };
  // Where there is no Buffer, it is what a Buffer is.
  if (name === 'Buffer') return Buffer === undefined ? bytes : Buffer.from(bytes.buffer);
  const View = views.includes(name) ? (globalThis as { [name: string]: any })[name] : undefined;
  if (View === undefined) throw new Error(`Expected a kind of typed array, got ${JSON.stringify(name)}.`);
  return new View(bytes.buffer);
}

/** A call takes no more arguments than this. */
const portion = 8192;

function base64(bytes: Uint8Array): string {
  let binary = '';
  for (let at = 0; at < bytes.length; at += portion) {
    binary += String.fromCharCode(...bytes.subarray(at, at + portion));
  }
  return btoa(binary);
}

function bytesIn(base64: string): Uint8Array<ArrayBuffer> {
  const binary = atob(base64);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
