import { LoopError } from './errors.ts';

/*
 * What hooks give back. Hooks are plain code and a promise that they return is awaited; anything else that would still
 * have to be called or iterated over before it does something is a mistake of the program, and never passes in silence.
 */

/** The loop that is asked; its path is for errors. */
interface Asked {
  readonly path: string;
  readonly done: unknown;
  readonly skip: unknown;
}

/** `loop.done` by truth, as in `while (!loop.done)`. @throws LoopError if it can only be a mistake */
export function readDone(loop: Asked): boolean {
  return isTrue(loop, 'done', loop.done);
}

/** `loop.skip` by truth. @throws LoopError if it can only be a mistake */
export function readSkip(loop: Asked): boolean {
  return isTrue(loop, 'skip', loop.skip);
}

/** What `done` or `skip` said, by truth. A function, a promise or an iterator would be true whatever is meant by it. */
export function isTrue(loop: Asked, getter: 'done' | 'skip', value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  let what: string | undefined;
  if (isThenable(value)) what = 'a promise';
  else if (typeof value === 'function') what = 'a function';
  else if (isIterator(value)) what = 'an iterator';
  else return Boolean(value);
  unheard(value);
  throw new LoopError(
    'MISCONFIGURATION',
    `Expected \`${getter}\` to be a value that counts by its truth, got ${what}, which is always true. ` +
      `Write \`get ${getter}()\` as an ordinary getter, neither async nor a generator; what takes time belongs in a hook that keeps its result.`,
    loop.path,
  );
}

/** Whether what a hook returned is a promise to wait for. @throws LoopError for an iterator, which nobody would run */
export function isPending(loop: Asked, hook: string, result: unknown): result is PromiseLike<unknown> {
  if (isThenable(result)) return true;
  refuseIterator(loop, hook, result);
  return false;
}

/** @throws LoopError if a hook returned an iterator: its code has not been run */
export function refuseIterator(loop: Asked, hook: string, result: unknown): void {
  if (!isIterator(result)) return;
  throw new LoopError(
    'MISCONFIGURATION',
    `Expected \`${hook}\` to do its work and return, got an iterator, whose code has not been run. ` +
      `Write \`${hook}\` as an ordinary or async function instead of a generator, or iterate over it within the hook.`,
    loop.path,
  );
}

/** For what is called and not awaited, such as `onLoadCheckpoint`. @throws LoopError for a promise and for an iterator */
export function refusePending(path: string, what: string, result: unknown): void {
  const thenable = isThenable(result);
  if (!thenable && !isIterator(result)) return;
  unheard(result);
  throw new LoopError(
    'MISCONFIGURATION',
    `Expected \`${what}\` to be done when it returns, got ${thenable ? 'a promise' : 'an iterator'}. ` +
      'Write it as an ordinary function; what takes time belongs in a hook, which is awaited.',
    path,
  );
}

export function isThenable(value: unknown): value is PromiseLike<any> {
  if (!isObject(value)) return false;
  try {
    return typeof (value as unknown as PromiseLike<unknown>).then === 'function';
  } catch {
    // A getter that throws: it is none that could be awaited.
    return false;
  }
}

/** What a generator returns, or `array.values()`: it has a `next`, and can be iterated over itself. */
function isIterator(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  try {
    const { next, [Symbol.iterator]: plain, [Symbol.asyncIterator]: slow } = value as any;
    return typeof next === 'function' && (typeof plain === 'function' || typeof slow === 'function');
  } catch {
    return false;
  }
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/** Nobody will await it: the mistake is told once, and not as an unhandled rejection as well. */
function unheard(value: unknown): void {
  if (isThenable(value)) Promise.resolve(value).catch(() => {});
}
