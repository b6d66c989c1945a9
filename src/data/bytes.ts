import { shown } from './shown.ts';

/*
 * Typed arrays, DataViews and ArrayBuffers: their bytes, what is made of bytes, and which of them share some.
 */

export type Bytes = ArrayBufferView | ArrayBuffer;

export function isBytes(value: unknown): value is Bytes {
  return ArrayBuffer.isView(value) || value instanceof ArrayBuffer;
}

/** The kinds that come back as they were. */
export const kindsOfBytes: RegExp = /^(((Big)?(Ui|I)nt\d+|Uint8Clamped|Float\d+)Array|DataView|ArrayBuffer|Buffer)$/;

/** The bytes that a view shows, and no others of its buffer. */
export function bytesOf(value: Bytes): Uint8Array {
  return ArrayBuffer.isView(value)
    ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    : new Uint8Array(value);
}

/** Whether the bytes are elsewhere now: in a worker, as a rule. */
export function isTransferred(value: Bytes): boolean {
  if (value.byteLength > 0) return false;
  try {
    bytesOf(value);
    return false;
  } catch {
    return true;
  }
}

/**
 * A view of a buffer, or the buffer itself.
 * @param name of its class
 * @throws Error for another class
 */
export function viewOf(
  name: string,
  buffer: ArrayBuffer,
  from = 0,
  byteLength: number = buffer.byteLength - from,
): Bytes {
  if (name === 'ArrayBuffer') return buffer;
  // Not every place that JavaScript runs in has Node's Buffer, which is made in a way of its own.
  const { Buffer, [name]: View } = globalThis as { [name: string]: any };
  if (name === 'Buffer')
    return Buffer ? Buffer.from(buffer, from, byteLength) : new Uint8Array(buffer, from, byteLength);
  const view = kindsOfBytes.test(name) && new View(buffer, from, byteLength / (View.BYTES_PER_ELEMENT ?? 1));
  if (!ArrayBuffer.isView(view)) throw new Error(`Expected a kind of typed array, got ${shown(name)}.`);
  return view;
}

/** Where in a buffer a view begins. */
export interface Place {
  buffer: ArrayBuffer;
  from: number;
}

/** Typed arrays begin where their items may: none has larger ones. */
const largestItem = 8;

/**
 * Finds the views in a value that show the same bytes as others there. Those get one buffer for all: the one that they
 * have, where the value holds that itself, or else a copy of the bytes that they show. What shares no byte is left out: it
 * is copied by itself alone, whatever else there is in its buffer.
 */
export function sharedPlaces(value: unknown): Map<ArrayBufferView, Place> {
  const places = new Map<ArrayBufferView, Place>();
  for (const some of byBuffer(allIn(value))) {
    some.sort((a, b) => startOf(a) - startOf(b));
    for (let i = 0, next = 0; i < some.length; i = next) {
      const first = some[i]!;
      let end = endOf(first);
      for (next = i + 1; next < some.length && startOf(some[next]!) < end; next++) {
        end = Math.max(end, endOf(some[next]!));
      }
      if (next === i + 1) continue;
      const together = some.slice(i, next);
      const start = startOf(first) - (startOf(first) % largestItem);
      const whole = together.find((one) => one instanceof ArrayBuffer);
      const buffer = whole ?? copyOf(new Uint8Array(bufferOf(first), start, end - start));
      for (const one of together) {
        if (ArrayBuffer.isView(one)) places.set(one, { buffer, from: one.byteOffset - start });
      }
    }
  }
  return places;
}

function allIn(value: unknown): Bytes[] {
  const found: Bytes[] = [];
  const met = new Set<object>();
  look(value);
  return found;

  function look(inner: unknown): void {
    if (typeof inner !== 'object' || inner === null || met.has(inner)) return;
    met.add(inner);
    if (isBytes(inner)) found.push(inner);
    else if (inner instanceof Map) for (const entry of inner) look(entry);
    else if (inner instanceof Set || Array.isArray(inner)) for (const item of inner) look(item);
    else for (const key of Object.keys(inner)) look((inner as Record<string, unknown>)[key]);
  }
}

function byBuffer(all: Bytes[]): Iterable<Bytes[]> {
  const groups = new Map<ArrayBufferLike, Bytes[]>();
  for (const one of all) {
    const group = groups.get(bufferOf(one));
    if (group === undefined) groups.set(bufferOf(one), [one]);
    else group.push(one);
  }
  return groups.values();
}

const bufferOf = (value: Bytes): ArrayBufferLike => (ArrayBuffer.isView(value) ? value.buffer : value);
const startOf = (value: Bytes): number => (ArrayBuffer.isView(value) ? value.byteOffset : 0);
const endOf = (value: Bytes): number => startOf(value) + value.byteLength;

/** Bytes as a buffer of their own. One that is shared with workers is not shared any more. */
export function copyOf(value: Bytes): ArrayBuffer {
  const bytes = bytesOf(value);
  const copy = new Uint8Array(bytes.length);
  copy.set(bytes);
  return copy.buffer;
}

/** A call takes no more arguments than this. */
const portion = 8192;

export function base64(value: Bytes): string {
  const bytes = bytesOf(value);
  let binary = '';
  for (let at = 0; at < bytes.length; at += portion) {
    binary += String.fromCharCode(...bytes.subarray(at, at + portion));
  }
  return btoa(binary);
}

export function fromBase64(text: string): ArrayBuffer {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes.buffer;
}
