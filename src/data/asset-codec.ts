import {
  type Bytes,
  base64,
  bytesOf,
  copyOf,
  fromBase64,
  isBytes,
  isTransferred,
  kindsOfBytes,
  type Place,
  sharedPlaces,
  viewOf,
} from './bytes.ts';
import { LoopError } from './errors.ts';
import { deepest, type Json } from './json.ts';
import { decodeJson, encodeJson, type Kinds } from './json-form.ts';
import { bare, ownLoss } from './loss.ts';
import { kindOf, shown } from './shown.ts';

/*
 * Assets: what `Stateful` objects give to a checkpoint. They may hold more than plain data, and it comes back as it was.
 * In JSON form that is
 *
 *     { "$bytes": ["Float32Array", "AACAPw=="] }     a typed array, a DataView or an ArrayBuffer: its bytes in base64
 *     { "$bytes": ["Float32Array", { … }, 4, 8] }    one that shares bytes with others: the buffer, from which byte, how many
 *     { "$map": [[key, value], …] }                  a Map; likewise `$set`
 *     { "$date": 0 }                                 a Date; likewise `$bigint` (a text), `$undefined` (true)
 */

/** What comes back as it was. What is made of one of these, as a subclass is, would not. */
const isKnown = (kind: string): boolean => kindsOfBytes.test(kind) || /^(Map|Set|Date)$/.test(kind);

/** How bytes are written into JSON and read from there: what stands for those of one view or buffer. */
interface BytesForm {
  write(value: Bytes): Json[];
  /** `undefined` for what was not written by this. */
  read(written: Json[]): ArrayBuffer | undefined;
}

const inBase64: BytesForm = {
  write: (value) => [base64(value)],
  read: ([text]) => (typeof text === 'string' ? fromBase64(text) : undefined),
};

/**
 * @param shared where the bytes are that several share
 * @param form default: in base64
 */
const kindsWith = (shared: ReadonlyMap<object, Place>, form = inBase64): Kinds => ({
  marks: ['bytes', 'map', 'set', 'date', 'bigint'],

  marked(value) {
    if (typeof value === 'bigint') return { mark: '$bigint', parts: [], inside: () => `${value}` };
    if (value instanceof Map) return { mark: '$map', parts: [...value].flat(), inside: () => [...value] };
    if (value instanceof Set) return { mark: '$set', parts: [...value], inside: () => [...value] };
    if (value instanceof Date) return { mark: '$date', parts: [], inside: () => value.getTime() };
    return isBytes(value) ? markedBytes(value, shared.get(value), form) : undefined;
  },

  made(mark, inside: any, read, made) {
    if (mark === '$bigint') return BigInt(inside);
    const value =
      mark === '$bytes'
        ? madeBytes(inside, read, form)
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
});

const kinds = kindsWith(new Map());

function markedBytes(value: Bytes, place: Place | undefined, form: BytesForm): ReturnType<Kinds['marked']> {
  const mark = '$bytes';
  if (place === undefined) return { mark, parts: [], inside: () => [kindOf(value), ...form.write(value)] };
  const { buffer, from } = place;
  return { mark, parts: [buffer], inside: () => [kindOf(value), buffer, from, value.byteLength] };
}

function madeBytes([kind, ...written]: any[], read: (inner: Json) => unknown, form: BytesForm): Bytes {
  const own = form.read(written);
  if (own !== undefined) return viewOf(kind, own);
  const [bytes, from, byteLength] = written;
  const buffer = read(bytes);
  if (buffer instanceof ArrayBuffer && Number.isInteger(from) && Number.isInteger(byteLength)) {
    return viewOf(kind, buffer, from, byteLength);
  }
  throw new Error(`Expected bytes, or a place in a buffer, got ${shown([bytes, from, byteLength])}.`);
}

/** The JSON form of an asset. */
export function encodeAsset(asset: unknown): Json {
  return encodeJson(asset, kindsWith(sharedPlaces(asset)));
}

/** The inverse of {@link encodeAsset}. What needs no change is returned as it is, not copied. @throws Error for what is none */
export function decodeAsset(json: Json): unknown {
  return decodeJson(json, kinds);
}

/** Data with its bytes beside it, so that these can be handed over without another copy. */
export interface Packed {
  json: Json;
  /** Each is a copy of its own. */
  bytes: ArrayBuffer[];
}

/** Data for another thread: as exact as {@link encodeAsset}. Nothing of what is packed is handed over itself. */
export function packData(value: unknown): Packed {
  const bytes: ArrayBuffer[] = [];
  const beside: BytesForm = { write: (one) => [bytes.push(copyOf(one)) - 1], read: () => undefined };
  return { json: encodeJson(value, kindsWith(sharedPlaces(value), beside)), bytes };
}

/** The inverse of {@link packData}. @throws Error for what is none */
export function unpackData({ json, bytes }: Packed): unknown {
  const beside: BytesForm = { write: () => [], read: ([at]) => (typeof at === 'number' ? bytes[at] : undefined) };
  return decodeJson(json, kindsWith(new Map(), beside));
}

/**
 * The JSON form of a value that may hold what assets may, with the bytes of typed arrays not in it but beside it, one
 * after the other: in the place of base64 stand the first byte and how many there are.
 */
export function encodeBeside(value: unknown): { json: Json; parts: Uint8Array[]; length: number } {
  const parts: Uint8Array[] = [];
  let length = 0;
  const write = (bytes: Bytes): Json[] => {
    const from = length;
    parts.push(bytesOf(bytes));
    length += bytes.byteLength;
    return [from, bytes.byteLength];
  };
  const json = encodeJson(value, kindsWith(sharedPlaces(value), { write, read: () => undefined }));
  return { json, parts, length };
}

/** The inverse of {@link encodeBeside}: each gets bytes of its own. @throws Error for what is none */
export function decodeBeside(json: Json, bytes: Uint8Array): unknown {
  const read = ([from, length]: Json[]): ArrayBuffer | undefined => {
    if (typeof from !== 'number' || typeof length !== 'number') return undefined;
    if (from + length > bytes.length) {
      throw new Error(`Expected ${length} bytes from ${from} on, got ${bytes.length} in all.`);
    }
    return copyOf(bytes.subarray(from, from + length));
  };
  return decodeJson(json, kindsWith(new Map(), { write: () => [], read }));
}

/**
 * Checks what a `Stateful` object has given to a checkpoint.
 * @param key what the checkpoint calls it
 * @throws LoopError `NOT_PLAIN_DATA`, naming the loop and where it lies, for what would not come back as it was
 */
export function checkAsset(asset: unknown, key: string, path: () => string): void {
  checkData(asset, (at, what) => {
    return new LoopError(
      'NOT_PLAIN_DATA',
      `Expected \`${key}${at}\`, which \`stateDict()\` returned, to be data that a checkpoint can keep (plain data, ` +
        `typed arrays, Map, Set, Date, bigint), got ${what}. Return what it can be made of.`,
      path(),
    );
  });
}

/**
 * Looks for what would not come back as it was.
 * @param refusal makes the error of where it lies, such as `.layers[3]`, and of what it is
 */
// Longer than other functions, for its parts share where they have come to.
export function checkData(data: unknown, refusal: (at: string, what: string) => Error): void {
  const met = new Set<object>();
  let isRefusal = false;
  /** Where the value lies that is looked at: texts only for an error. */
  const keys: (string | number)[] = [];
  try {
    look(data);
  } catch (error) {
    // A proxy that was revoked, or whose traps throw.
    throw isRefusal ? error : refused('something that cannot be read');
  }

  function look(value: unknown): void {
    if (typeof value === 'function' || typeof value === 'symbol') throw refused(`a ${typeof value}`);
    if (typeof value !== 'object' || value === null || met.has(value)) return;
    met.add(value);
    if (keys.length === deepest) throw refused(`more than ${deepest} levels of nested data`);
    const marked = kinds.marked(value);
    if (marked !== undefined) {
      const kind = kindOf(value);
      if (!isKnown(kind)) throw instance(value);
      if (isBytes(value) && isTransferred(value)) throw refused(`a ${kind} that was transferred`);
      const name = nameBeside(value);
      if (name !== undefined) throw refused(`a ${kind} with a key of its own, \`${name}\``);
      for (const part of marked.parts) lookAt(part, `.(${kind})`);
    } else if (Array.isArray(value)) {
      if (!Array.isArray(Object.getPrototypeOf(value))) throw instance(value);
      const loss = ownLoss(value);
      if (loss !== undefined) throw refused(loss);
      for (let i = 0; i < value.length; i++) {
        const item: unknown = value[i];
        if (item === undefined && !(i in value)) {
          keys.push(i);
          throw refused('a gap in an array');
        }
        if (typeof item !== 'number') lookAt(item, i);
      }
    } else {
      const prototype: object | null = Object.getPrototypeOf(value);
      if (prototype === null) throw refused(bare);
      if (Object.getPrototypeOf(prototype) !== null) throw instance(value);
      const loss = ownLoss(value);
      if (loss !== undefined) throw refused(loss);
      for (const name of Object.keys(value)) lookAt((value as Record<string, unknown>)[name], name);
    }
  }

  function lookAt(value: unknown, at: string | number): void {
    keys.push(at);
    look(value);
    keys.pop();
  }

  function instance(value: object): Error {
    return refused(`an instance of ${kindOf(value)}`);
  }

  function refused(what: string): Error {
    isRefusal = true;
    const at = keys.map((one) => (typeof one === 'number' ? `[${one}]` : one.startsWith('.(') ? one : `.${one}`));
    return refusal(at.join(''), what);
  }
}

/** A key that somebody has given a Map, a Set, a Date or bytes: what is made of these anew would be without. Of long bytes, none is looked for. */
function nameBeside(value: object): string | undefined {
  if (ArrayBuffer.isView(value) && value.byteLength > 128) return undefined;
  const name = Reflect.ownKeys(value).find((key) => typeof key === 'symbol' || !/^\d+$/.test(key));
  return name === undefined ? undefined : String(name);
}
