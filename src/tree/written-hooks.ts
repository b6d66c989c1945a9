import { MisconfigurationError } from '../data/errors.ts';
import { shown } from '../data/shown.ts';
import type { AnyLoop } from './any-loop.ts';

const hooks = ['reset', 'advance', 'onSkip', 'onRunStart', 'onAdvanceStart', 'onAdvanceEnd', 'onRunEnd'] as const;
const ofRestarts = ['onRestart', 'onSaveCheckpoint', 'onLoadCheckpoint'] as const;

/**
 * What TypeScript asks of every loop, for programs in JavaScript: without `done` a run would have no end, and a hook that
 * is none would be an error from within the library.
 * @throws MisconfigurationError for a loop without `reset`, `advance` or `done`, and for a hook that cannot be called
 */
export function checkWritten(loop: AnyLoop, path: string): void {
  for (const hook of hooks) if (typeof loop[hook] !== 'function') throw notWritten(loop, hook, path);
  for (const hook of ofRestarts) if (typeof loop[hook] !== 'function') throw notWritten(loop, hook, path);
  const written: object = loop;
  if (!('done' in written)) throw neverDone(loop, path);
}

function neverDone(loop: AnyLoop, path: string): MisconfigurationError {
  return new MisconfigurationError(
    `Expected ${loop.constructor.name} to say when it is done, got nothing. Write \`get done() { return …; }\`: true when there is no further step.`,
    path,
  );
}

function notWritten(loop: AnyLoop, hook: string, path: string): MisconfigurationError {
  const got: unknown = Reflect.get(loop, hook);
  const isRequired = hook === 'reset' || hook === 'advance';
  return new MisconfigurationError(
    `Expected ${loop.constructor.name} to have a method \`${hook}\`, got ${got === undefined ? 'none' : shown(got)}. ` +
      `Write \`${hook}() { … }\`${isRequired ? ', which may do nothing' : ', or leave it out'}.`,
    path,
  );
}
