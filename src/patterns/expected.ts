import { MisconfigurationError } from '../data/errors.ts';
import { shown } from '../data/shown.ts';
import type { Loop } from '../loop.ts';

/** What these functions need of the loop in whose hook they are called: give them `this`. */
export type InHook = Pick<Loop<any, any>, 'once' | 'sleep' | 'signal' | 'path'>;

/** @throws MisconfigurationError unless it is a loop, a key and a function */
export function checkCall(name: string, loop: InHook, key: unknown, fn: unknown): void {
  if (typeof loop?.once !== 'function') {
    throw new MisconfigurationError(`${name} expected the loop that calls it (\`this\`), got \`${shown(loop)}\`.`);
  }
  if (typeof key !== 'string' || key === '') throw wrong(name, loop, 'a key (a string that is not empty)', key);
  if (typeof fn !== 'function') throw wrong(name, loop, 'a function', fn);
}

export function wrong(name: string, loop: InHook, expected: string, got: unknown): MisconfigurationError {
  return new MisconfigurationError(`${name} expected ${expected}, got \`${shown(got)}\`.`, loop.path);
}
