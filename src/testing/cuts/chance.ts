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
 * @param seed of the random numbers that are given then
 */
export async function withChance<T>(fixed: readonly Chance[], work: () => Promise<T>, seed = 1): Promise<Heard<T>> {
  // One after another: what two put in the same place could not be taken back in order.
  const before = last;
  let over = () => {};
  last = new Promise((resolve) => {
    over = resolve;
  });
  await before;
  const calls = new Map<Chance, ChanceCall>();
  let looked = 0;
  const note: Note = (chance, name) => {
    // A look at the stack takes its time; whoever asks so often is no tool.
    const frame = ++looked > most ? '' : askedIn();
    if (frame === undefined) return false;
    if (!calls.has(chance) && !isWithinOnce())
      calls.set(chance, { name, path: hookOnStack()?.path, line: lineOf(frame) });
    return true;
  };
  const replaced = [
    ...replaceRandom(note, fixed.includes('random') ? randomFrom(seed) : undefined),
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

/** Is told of a call. @returns whether it is the loop's, and not one of the library or of a tool */
type Note = (chance: Chance, name: string) => boolean;

/** So often it is looked who asks. */
const most = 2000;

function replaceRandom(note: Note, random: (() => number) | undefined): Replaced[] {
  const { crypto } = globalThis;
  const bytes = (array: any) => {
    for (let i = 0; i < array.length; i++) array[i] = Math.floor(random!() * 256);
    return array;
  };
  const uuid = () => `00000000-0000-4000-8000-${String(Math.floor(random!() * 1e12)).padStart(12, '0')}`;
  const isFixed = (name: string) => note('random', name) && random !== undefined;
  return [
    replace(Math, 'random', (original) => () => (isFixed('Math.random()') ? random!() : original())),
    replace(
      crypto,
      'randomUUID',
      (original) =>
        (...args: unknown[]) =>
          isFixed('crypto.randomUUID()') ? uuid() : original.apply(crypto, args),
    ),
    replace(
      crypto,
      'getRandomValues',
      (original) => (array: unknown) =>
        isFixed('crypto.getRandomValues()') ? bytes(array) : original.call(crypto, array),
    ),
  ];
}

function replaceTime(note: Note, time: (() => number) | undefined): Replaced[] {
  const { performance } = globalThis;
  const isFixed = (name: string) => note('time', name) && time !== undefined;
  return [
    replace(globalThis, 'Date', (original: DateConstructor) => {
      const now = (name: string) => (isFixed(name) ? time!() : original.now());
      return new Proxy(original, {
        construct: (target, args, self) =>
          Reflect.construct(target, args.length > 0 ? args : [now('new Date()')], self),
        get: (target, key, self) => (key === 'now' ? () => now('Date.now()') : Reflect.get(target, key, self)),
      });
    }),
    replace(
      performance,
      'now',
      (original) => () => (isFixed('performance.now()') ? time!() : original.call(performance)),
    ),
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

/** Where this library lies, and which file of it this is. */
const here = new URL('../..', import.meta.url).pathname;
const thisFile = new URL(import.meta.url).pathname;

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
    // Whoever has asked, and what that was asked by. Where it comes to the library, that had asked for its own ends.
    const askers = frames.filter((frame) => !frame.includes(thisFile));
    const asker = askers.find((frame) => frame.includes(here) || !/node_modules|node:|\(<anonymous>\)/.test(frame));
    return asker?.includes(here) ? undefined : asker;
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
