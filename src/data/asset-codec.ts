import { LoopError } from './errors.ts';
import { deepest, type Json } from './json.ts';
import { decodeJson, encodeJson, type Kinds } from './json-form.ts';
import { kindOf, shown } from './shown.ts';

/*
 * Assets: what `Stateful` objects give to a checkpoint. They may hold more than plain data, and it comes back as it was.
 * In JSON form that is
 *
 *     { "$bytes": ["Float32Array", "AACAPw=="] }     a typed array, a DataView or an ArrayBuffer: its bytes in base64
 *     { "$map": [[key, value], …] }                  a Map; likewise `$set`
 *     { "$date": 0 }                                 a Date; likewise `$bigint` (a text), `$undefined` (true)
 */

/** What comes back as it was. What is made of one of these, as a subclass is, would not. */
const known = /^(((Big)?(Ui|I)nt\d+|Uint8Clamped|Float\d+)Array|DataView|ArrayBuffer|Buffer|Map|Set|Date)$/;

const kinds: Kinds = {
  marks: ['bytes', 'map', 'set', 'date', 'bigint', 'undefined'],

  marked(value) {
    if (value === undefined) return { mark: '$undefined', parts: [], inside: () => true };
    if (typeof value === 'bigint') return { mark: '$bigint', parts: [], inside: () => `${value}` };
    if (value instanceof Map) return { mark: '$map', parts: [...value].flat(), inside: () => [...value] };
    if (value instanceof Set) return { mark: '$set', parts: [...value], inside: () => [...value] };
    if (value instanceof Date) return { mark: '$date', parts: [], inside: () => value.getTime() };
    if (!ArrayBuffer.isView(value) && !(value instanceof ArrayBuffer)) return undefined;
    return { mark: '$bytes', parts: [], inside: () => [kindOf(value), base64(value)] };
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
    const marked = kinds.marked(value);
    if (marked !== undefined) {
      if (!known.test(kindOf(value))) throw refused(at, `an instance of ${kindOf(value)}`);
      for (const part of marked.parts) look(part, `${at}.(${kindOf(value)})`, level + 1);
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

function viewOf(name: string, { buffer }: Uint8Array): object {
  if (name === 'ArrayBuffer') return buffer;
  // Not every place that JavaScript runs in has Node's Buffer, which is made in a way of its own.
  const { Buffer, [name]: View } = globalThis as { [name: string]: any };
  if (name === 'Buffer') return Buffer ? Buffer.from(buffer) : new Uint8Array(buffer);
  const view = known.test(name) && new View(buffer);
  if (!ArrayBuffer.isView(view)) throw new Error(`Expected a kind of typed array, got ${shown(name)}.`);
  return view;
}

/** A call takes no more arguments than this. */
const portion = 8192;

function base64(view: ArrayBufferView | ArrayBuffer): string {
  const bytes = ArrayBuffer.isView(view)
    ? new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
    : new Uint8Array(view);
  let binary = '';
  for (let at = 0; at < bytes.length; at += portion) {
    binary += String.fromCharCode(...bytes.subarray(at, at + portion));
  }
  return btoa(binary);
}

function bytesIn(text: string): Uint8Array {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
