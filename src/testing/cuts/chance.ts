import { hookOnStack } from '../../step/in-hook.ts';
import { type Chance, listenToChance } from './asked-of-chance.ts';
import { onceThatAsks } from './once-that-asks.ts';
import { randomFrom } from './sample.ts';
import { lineOf, WhoAsks } from './who-asks.ts';

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

/**
 * Calls something while all that is asked of chance or of time, in this process and outside `once`, is heard of.
 * @param fixed which of the two give the same from run to run meanwhile
 * @param seed of the random numbers that are given then
 */
export async function withChance<T>(fixed: readonly Chance[], work: () => Promise<T>, seed = 1): Promise<Heard<T>> {
  // One after another: what one has made the same is no chance for another.
  const before = last;
  let over = () => {};
  last = new Promise((resolve) => {
    over = resolve;
  });
  await before;
  const calls = new Map<Chance, ChanceCall>();
  const who = new WhoAsks();
  const numbers = { random: randomFrom(seed), time: counter() };
  const end = listenToChance(({ chance, name, madeOf }) => {
    if (onceThatAsks() !== undefined) return undefined;
    const frame = who.asks();
    if (frame === undefined) return undefined;
    if (!calls.has(chance)) calls.set(chance, { name, path: hookOnStack()?.path, line: lineOf(frame) });
    return fixed.includes(chance) ? { value: madeOf(numbers[chance]) } : undefined;
  });
  try {
    return { result: await work(), calls };
  } finally {
    end();
    over();
  }
}

let last: Promise<void> = Promise.resolve();

/** Milliseconds that pass one a call. */
function counter(): () => number {
  let time = 1_700_000_000_000;
  return () => time++;
}
