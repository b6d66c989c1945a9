import { hookOnStack } from '../../step/in-hook.ts';
import { isWithinOnce } from '../../step/scope.ts';
import { randomFrom } from './sample.ts';

/** What makes one run unlike another: chance, and time. */
export type Chance = 'random' | 'time';

/** A call that a run made outside `once`. */
export interface ChanceCall {
  /** Such as `Math.random()`. */
  name: string;
  /** The loop in whose hook it was, if that can be told. */
  path: string | undefined;
  /** The file and the line, if the stack tells: `fit.ts:12`. */
  line: string | undefined;
}

/** What came of something, and the first call of each kind that it made. */
export interface Heard<T> {
  result: T;
  calls: Map<Chance, ChanceCall>;
}

/** Puts something in the place of a function until it is put back. */
interface Replaced {
  putBack(): void;
}

/**
 * Calls something while all that is asked of chance or of time, in this process and outside `once`, is heard of.
 * @param fixed which of the two give the same from run to run meanwhile
 */
export async function withChance<T>(fixed: readonly Chance[], work: () => Promise<T>): Promise<Heard<T>> {
  // One after another: what two put in the same place could not be taken back in order.
  const before = last;
  let over = () => {};
  last = new Promise((resolve) => {
    over = resolve;
  });
  await before;
  const calls = new Map<Chance, ChanceCall>();
  const note = (chance: Chance, name: string) => {
    if (calls.has(chance) || isWithinOnce()) return;
    const frame = askedIn();
    if (frame !== undefined) calls.set(chance, { name, path: hookOnStack()?.path, line: lineOf(frame) });
  };
  const replaced = [
    ...replaceRandom(note, fixed.includes('random') ? randomFrom(1) : undefined),
    ...replaceTime(note, fixed.includes('time') ? counter() : undefined),
  ];
  try {
    return { result: await work(), calls };
  } finally {
    for (const one of replaced.reverse()) one.putBack();
    over();
  }
}

let last: Promise<void> = Promise.resolve();

type Note = (chance: Chance, name: string) => void;

function replaceRandom(note: Note, random: (() => number) | undefined): Replaced[] {
  const { crypto } = globalThis;
  const bytes = (array: any) => {
    for (let i = 0; i < array.length; i++) array[i] = Math.floor(random!() * 256);
    return array;
  };
  const uuid = () => `00000000-0000-4000-8000-${String(Math.floor(random!() * 1e12)).padStart(12, '0')}`;
  return [
    replace(Math, 'random', (original) => () => {
      note('random', 'Math.random()');
      return random === undefined ? original() : random();
    }),
    replace(crypto, 'randomUUID', (original) => (...args: unknown[]) => {
      note('random', 'crypto.randomUUID()');
      return random === undefined ? original.apply(crypto, args) : uuid();
    }),
    replace(crypto, 'getRandomValues', (original) => (array: unknown) => {
      note('random', 'crypto.getRandomValues()');
      return random === undefined ? original.call(crypto, array) : bytes(array);
    }),
  ];
}

function replaceTime(note: Note, time: (() => number) | undefined): Replaced[] {
  const { performance } = globalThis;
  return [
    replace(globalThis, 'Date', (original: DateConstructor) => {
      const now = () => (time === undefined ? original.now() : time());
      return new Proxy(original, {
        construct(target, args, self) {
          if (args.length > 0) return Reflect.construct(target, args, self);
          note('time', 'new Date()');
          return Reflect.construct(target, [now()], self);
        },
        get(target, key, self) {
          if (key !== 'now') return Reflect.get(target, key, self);
          return () => {
            note('time', 'Date.now()');
            return now();
          };
        },
      });
    }),
    replace(performance, 'now', (original) => () => {
      note('time', 'performance.now()');
      return time === undefined ? original.call(performance) : time();
    }),
  ];
}

/** Milliseconds that pass one a call. */
function counter(): () => number {
  let time = 1_700_000_000_000;
  return () => time++;
}

function replace(holder: any, name: string, by: (original: any) => unknown): Replaced {
  const own = Object.getOwnPropertyDescriptor(holder, name);
  Object.defineProperty(holder, name, { value: by(holder[name]), writable: true, configurable: true });
  return {
    putBack() {
      if (own === undefined) delete holder[name];
      else Object.defineProperty(holder, name, own);
    },
  };
}

/** Where this library lies. */
const here = new URL('../..', import.meta.url).pathname;

/** What a runtime and its tools call for themselves: to say where in the source an error came from, say. */
const ofTools = /prepareStackTrace|node_modules[\\/]source-map/;

let isLooking = false;

/** The frame of the stack in which code that is no library's asked for something; `undefined` if there is none. */
function askedIn(): string | undefined {
  // To write the stack, tools may ask for random numbers themselves.
  if (isLooking) return undefined;
  isLooking = true;
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 50;
  try {
    const stack = new Error().stack ?? '';
    if (ofTools.test(stack)) return undefined;
    const frames = stack.split('\n').slice(1).map(decoded);
    return frames.find((frame) => !frame.includes(here) && !/node_modules|node:|\(<anonymous>\)/.test(frame));
  } finally {
    Error.stackTraceLimit = limit;
    isLooking = false;
  }
}

/** `fit.ts:12` of a frame. */
function lineOf(frame: string): string | undefined {
  return /([^\\/(]+?):(\d+):\d+\)?$/.exec(frame)?.slice(1, 3).join(':');
}

function decoded(frame: string): string {
  try {
    return decodeURI(frame);
  } catch {
    return frame;
  }
}
