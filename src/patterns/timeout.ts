import { checkCall, type InHook, wrong } from './expected.ts';
import { limited, longestTimer } from './limited.ts';

/**
 * Does something in a step that may not take longer than so many milliseconds: a request, or the run of a child.
 *
 * It is one `once` of the step, under `key`: what comes of it, a result or a `TimeoutError`, is remembered, and comes out
 * the same when the step is run again after a resume. What was under way then begins anew, with its time anew: time in
 * which no process ran does not count.
 *
 * A function cannot be ended from outside: give its signal on, to `fetch`, say. A child that is to end gets it as an
 * argument and looks at it; one that does not runs on, and the step ends when it does.
 *
 * @param loop the loop in whose hook it is called: `this`
 * @param key one that this step has not used yet
 * @param ms from 1 to 2,147,483,647 milliseconds
 * @param fn gets a signal that aborts when the time is over, and when the run does
 * @returns what `fn` returns: plain data or nothing, where the run is saved
 * @throws DOMException named `TimeoutError`; what `fn` throws; LoopError as `once`; MisconfigurationError
 *
 * @example
 * const text = await timeout(this, 'fetch', 10_000, async (signal) => await (await fetch(url, { signal })).text());
 * const found = await timeout(this, 'search', 60_000, (signal) => this.search.run(signal));
 */
export async function timeout<T>(
  loop: InHook,
  key: string,
  ms: number,
  fn: (signal: AbortSignal) => T | Promise<T>,
): Promise<T> {
  checkCall('timeout', loop, key, fn);
  checkLimit('timeout', '`ms`', loop, ms);
  return await loop.once(key, () => limited(fn, ms, loop.signal, () => tooLong(loop, key, ms)));
}

export function tooLong({ path }: InHook, key: string, ms: number): string {
  return `${path}: \`${key}\` took longer than ${ms} ms.`;
}

export function checkLimit(name: string, what: string, loop: InHook, ms: unknown): void {
  if (typeof ms !== 'number' || !(ms >= 1 && ms <= longestTimer)) {
    throw wrong(name, loop, `${what} to be milliseconds from 1 to ${longestTimer}`, ms);
  }
}
