/** Objects that are more than their keys. */
export type Special =
  | { kind: 'error'; error: Error }
  /** In one tag, as text. */
  | { kind: 'text'; tag: '$date' | '$fn'; text: string }
  | { kind: 'Map' | 'Set'; size: number; items: () => unknown[] }
  | { kind: 'typed'; name: string; length: number; at: (index: number) => unknown };

const getter = (prototype: object, key: PropertyKey) => Object.getOwnPropertyDescriptor(prototype, key)!.get!;
const sizeOfMap = getter(Map.prototype, 'size');
const sizeOfSet = getter(Set.prototype, 'size');
const lengthOfTyped = getter(Object.getPrototypeOf(Uint8Array.prototype), 'length');
const { entries } = Map.prototype;
const { values } = Set.prototype;

/**
 * What an object is beside its keys; `undefined` for one that is nothing else. The language's own methods tell, not
 * those of the object, which may be anything, and might never end. @throws whatever the traps of a proxy throw
 */
export function specialOf(object: object): Special | undefined {
  // Most are plain.
  const prototype = Object.getPrototypeOf(object);
  if (prototype === Object.prototype || prototype === null) return undefined;
  if (object instanceof Error) return { kind: 'error', error: object };
  try {
    return known(object);
  } catch {
    // It only looks like one: `Object.create(Map.prototype)`.
    return undefined;
  }
}

function known(object: object): Special | undefined {
  if (object instanceof Map) {
    return { kind: 'Map', size: sizeOfMap.call(object), items: () => [...entries.call(object)] };
  }
  if (object instanceof Set) {
    return { kind: 'Set', size: sizeOfSet.call(object), items: () => [...values.call(object)] };
  }
  if (object instanceof Date) {
    const time = Date.prototype.getTime.call(object);
    return { kind: 'text', tag: '$date', text: Number.isNaN(time) ? 'Invalid Date' : new Date(time).toISOString() };
  }
  if (object instanceof RegExp) return { kind: 'text', tag: '$fn', text: RegExp.prototype.toString.call(object) };
  if (ArrayBuffer.isView(object)) {
    const view = object instanceof DataView ? bytesOf(object) : (object as Uint8Array);
    return { kind: 'typed', name: nameOf(object), length: lengthOfTyped.call(view), at: (index) => view[index] };
  }
  if (object instanceof ArrayBuffer || isShared(object)) {
    return { kind: 'typed', name: nameOf(object), length: new Uint8Array(object).length, at: () => undefined };
  }
  return undefined;
}

function bytesOf({ buffer, byteOffset, byteLength }: DataView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** A page has no shared memory unless it asked for it. */
function isShared(object: object): object is SharedArrayBuffer {
  return typeof SharedArrayBuffer === 'function' && object instanceof SharedArrayBuffer;
}

/** What its class is called. */
export function nameOf(object: object): string {
  try {
    const name: unknown = object.constructor?.name;
    return typeof name === 'string' && name !== 'Object' && name !== '' ? name.slice(0, 100) : 'object';
  } catch {
    return 'object';
  }
}
