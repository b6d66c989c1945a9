/** What makes one run unlike another: chance, and time. */
export type Chance = 'random' | 'time';

/** Something that code asks of chance, or of a clock. */
export interface AskedOfChance {
  readonly chance: Chance;
  /** Such as `Math.random()`. */
  readonly name: string;
  /** What is asked gives it: a number, a text, or bytes. */
  readonly real: () => unknown;
  /** Makes such a thing of numbers: random ones from 0 to 1, or milliseconds. */
  readonly madeOf: (next: () => number) => unknown;
}

/** Hears of all that is asked. @returns what is given in its place, if anything is */
export type Listener = (asked: AskedOfChance) => { value: unknown } | undefined;

const listeners = new Set<Listener>();
let putBack: (() => void)[] = [];

/** Has a listener hear of all that any code of this process asks of chance or of a clock. @returns what ends that */
export function listenToChance(listener: Listener): () => void {
  if (listeners.size === 0) putBack = [...replaceRandom(), ...replaceTime()];
  tellImporters();
  listeners.add(listener);
  return () => {
    if (!listeners.delete(listener) || listeners.size > 0) return;
    for (const one of putBack.reverse()) one();
    tellImporters();
  };
}

/** What the listeners give, the first that gives anything; else what it would be without them. */
function ask<T>(
  chance: Chance,
  name: string,
  real: () => T,
  madeOf: (next: () => number) => T = (next) => next() as T,
): T {
  for (const listener of listeners) {
    const given = listener({ chance, name, real, madeOf });
    if (given !== undefined) return given.value as T;
  }
  return real();
}

const builtin = (globalThis as { process?: { getBuiltinModule?(name: string): any } }).process?.getBuiltinModule;

/** What was imported by name from a module of Node sees the change. */
function tellImporters(): void {
  builtin?.('node:module').syncBuiltinESMExports();
}

function replaceRandom(): (() => void)[] {
  const { crypto } = globalThis;
  const own = [
    replace(Math, 'random', (original) => () => ask('random', 'Math.random()', original)),
    replace(crypto, 'randomUUID', (original) => uuid(original.bind(crypto))),
    replace(crypto, 'getRandomValues', (original) => fill('crypto.getRandomValues()', original.bind(crypto))),
  ];
  if (builtin === undefined) return own;
  const node = builtin('node:crypto');
  return [
    ...own,
    replace(node, 'randomUUID', uuid),
    // Its `getRandomValues` is that of `crypto`.
    replace(node, 'randomFillSync', (original) => fill('crypto.randomFillSync()', original)),
    replace(node, 'randomBytes', (original) => (size: number, ...callback: unknown[]) => {
      if (callback.length > 0) return original(size, ...callback);
      return ask(
        'random',
        'crypto.randomBytes()',
        () => original(size),
        (next) => withBytes(original(size), next),
      );
    }),
    replace(node, 'randomInt', (original) => (...range: any[]) => {
      if (typeof range.at(-1) === 'function') return original(...range);
      const [from, to] = range.length > 1 ? range : [0, range[0]];
      return ask(
        'random',
        'crypto.randomInt()',
        () => original(...range),
        (next) => from + Math.floor(next() * (to - from)),
      );
    }),
  ];
}

function uuid(original: (...args: unknown[]) => string) {
  return (...args: unknown[]) =>
    ask(
      'random',
      'crypto.randomUUID()',
      () => original(...args),
      (next) => `00000000-0000-4000-8000-${String(Math.floor(next() * 1e12)).padStart(12, '0')}`,
    );
}

/** What fills an array, or a part of it, with random values. */
function fill(name: string, original: (array: any, ...part: unknown[]) => unknown) {
  return (array: any, ...part: unknown[]) => {
    if (part.length > 0) return original(array, ...part);
    const values = ask(
      'random',
      name,
      () => copyOf(original(array)),
      (next) => withBytes(copyOf(array), next),
    );
    bytesOf(array).set(bytesOf(values));
    return array;
  };
}

function copyOf(array: any): any {
  return bytesOf(array).slice();
}

function bytesOf(array: any): Uint8Array {
  return ArrayBuffer.isView(array)
    ? new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
    : new Uint8Array(array);
}

function withBytes<T extends Uint8Array>(bytes: T, next: () => number): T {
  for (let i = 0; i < bytes.length; i++) bytes[i] = Math.floor(next() * 256);
  return bytes;
}

function replaceTime(): (() => void)[] {
  const { performance } = globalThis;
  return [
    replace(globalThis, 'Date', (original: DateConstructor) => {
      const now = (name: string) => ask('time', name, () => original.now());
      return new Proxy(original, {
        construct: (target, args, self) =>
          Reflect.construct(target, args.length > 0 ? args : [now('new Date()')], self),
        get: (target, key, self) => (key === 'now' ? () => now('Date.now()') : Reflect.get(target, key, self)),
      });
    }),
    replace(performance, 'now', (original) => () => ask('time', 'performance.now()', () => original.call(performance))),
  ];
}

/**
 * @returns what puts it back, unless somebody else has put something there meanwhile: that goes on to ask for it. Nothing is
 * replaced where there is none, as of `crypto` in some test environments, or where it is frozen
 */
function replace(holder: any, name: string, by: (original: any) => unknown): () => void {
  const own = Object.getOwnPropertyDescriptor(holder ?? {}, name);
  if (typeof holder?.[name] !== 'function' || own?.configurable === false || !Object.isExtensible(holder))
    return () => {};
  const value = by(holder[name]);
  Object.defineProperty(holder, name, {
    value,
    writable: true,
    configurable: true,
    enumerable: own?.enumerable ?? false,
  });
  return () => {
    if (holder[name] !== value) return;
    if (own === undefined) delete holder[name];
    else Object.defineProperty(holder, name, own);
  };
}
