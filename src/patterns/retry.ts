import { isEndLoop, LoopError } from '../data/errors.ts';
import { checkCall, type InHook, wrong } from './expected.ts';
import { limited } from './limited.ts';
import { checkLimit, tooLong } from './timeout.ts';

/** What `retry` takes. */
export interface RetryOptions {
  /** How many attempts are made at most, the first one included. Default: 5. */
  attempts?: number;
  /** Milliseconds from the end of the first attempt to the second one. Default: 1000. */
  delay?: number;
  /** By how much each wait is longer than the one before. Default: 2. */
  factor?: number;
  /** Milliseconds that a wait takes at most. Default: 60,000. */
  maxDelay?: number;
  /** Milliseconds that an attempt takes at most: then its signal aborts, and it has failed. Default: as long as it takes. */
  timeout?: number;
  /**
   * Whether there is any use in another attempt. It is asked again when the step is run again, so let it go by the error
   * alone; its class is known again after a resume if it was named with `rememberErrors`. Default: not for a `LoopError`,
   * which says what is wrong in the program.
   */
  retryIf?: (error: unknown, attempt: number) => boolean;
}

/**
 * Tries something in a step until it does not fail, and waits between the attempts, each time longer: a request, or the
 * run of a child.
 *
 * Attempts and waits go on after a resume. Each attempt is a `once` of the step (`key, attempt 1`, …), each wait a `sleep`
 * (`key, wait 1`, …): attempts that have failed are not made again, and a wait ends when it was to end, by the clock, be it
 * that this was while no process ran. The attempt that was under way is made again. They are saved as `once` is: before
 * they are given with `durability: 'sync'`, else with the next checkpoint, so that a process that is killed in between
 * makes the attempts of the step in flight again.
 *
 * A pause or a stop waits for the step, and so for what is tried in it; a suspend for an attempt, and not for a wait. An
 * abort ends both.
 *
 * @param loop the loop in whose hook it is called: `this`
 * @param key one that this step has not used yet
 * @param fn gets the number of the attempt, from 1, and a signal that aborts when the run does or the attempt's time is over
 * @returns what `fn` returns: plain data or nothing, where the run is saved
 * @throws what the last attempt threw, unchanged; at once `end` of a loop, the reason of an abort, and what `retryIf` refuses
 *
 * @example
 * const page = await retry(this, 'load', (_, signal) => load(url, signal), { attempts: 4, timeout: 10_000 });
 */
export async function retry<T>(
  loop: InHook,
  key: string,
  fn: (attempt: number, signal: AbortSignal) => T | Promise<T>,
  options: RetryOptions = {},
): Promise<T> {
  checkCall('retry', loop, key, fn);
  check(loop, options);
  const { attempts = 5, delay = 1000, factor = 2, maxDelay = 60_000, retryIf = isNoLoopError } = options;
  for (let attempt = 1; ; attempt++) {
    try {
      return await loop.once(`${key}, attempt ${attempt}`, () => tryOnce(loop, key, attempt, fn, options.timeout));
    } catch (error) {
      if (attempt >= attempts || isEndLoop(error) || loop.signal.aborted || !retryIf(error, attempt)) throw error;
    }
    await loop.sleep(`${key}, wait ${attempt}`, Math.min(maxDelay, delay * factor ** (attempt - 1)));
  }
}

function tryOnce<T>(
  loop: InHook,
  key: string,
  attempt: number,
  fn: (attempt: number, signal: AbortSignal) => T | Promise<T>,
  ms: number | undefined,
): T | Promise<T> {
  if (ms === undefined) return fn(attempt, loop.signal);
  return limited(
    (signal) => fn(attempt, signal),
    ms,
    loop.signal,
    () => tooLong(loop, key, ms),
  );
}

function isNoLoopError(error: unknown): boolean {
  try {
    return !(error instanceof LoopError);
  } catch {
    // Something that cannot be looked at.
    return true;
  }
}

const known = ['attempts', 'delay', 'factor', 'maxDelay', 'timeout', 'retryIf'];

function check(loop: InHook, options: RetryOptions): void {
  if (typeof options !== 'object' || options === null) throw wrong('retry', loop, 'options to be an object', options);
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw wrong('retry', loop, `options among ${known.join(', ')}`, name);
  }
  const { attempts, delay, factor, maxDelay, timeout, retryIf } = options;
  const isWhole = Number.isInteger(attempts) || attempts === Infinity;
  if (attempts !== undefined && !(isWhole && attempts >= 1)) {
    throw wrong('retry', loop, '`attempts` to be a whole number from 1 up, or Infinity', attempts);
  }
  for (const [name, value] of Object.entries({ delay, maxDelay })) {
    if (value !== undefined && !(typeof value === 'number' && value >= 0 && value < Infinity)) {
      throw wrong('retry', loop, `\`${name}\` to be milliseconds from 0 up`, value);
    }
  }
  if (factor !== undefined && !(typeof factor === 'number' && factor >= 1 && factor < Infinity)) {
    throw wrong('retry', loop, '`factor` to be a number from 1 up', factor);
  }
  if (timeout !== undefined) checkLimit('retry', '`timeout`', loop, timeout);
  if (retryIf !== undefined && typeof retryIf !== 'function') {
    throw wrong('retry', loop, '`retryIf` to be a function', retryIf);
  }
}
