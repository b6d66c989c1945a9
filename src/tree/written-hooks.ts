import { MisconfigurationError } from '../data/errors.ts';
import { shown } from '../data/shown.ts';
import { type AnyLoop, overrides } from './any-loop.ts';

const hooks = ['reset', 'advance', 'onSkip', 'onRunStart', 'onAdvanceStart', 'onAdvanceEnd', 'onRunEnd'] as const;
const ofRestarts = ['onRestart', 'onSaveCheckpoint', 'onLoadCheckpoint'] as const;

/**
 * What TypeScript asks of every loop, for programs in JavaScript: without `done` a run would have no end, and a hook that
 * is none would be an error from within the library.
 * @throws MisconfigurationError for a loop without `reset`, `advance` or `done`, for a hook that cannot be called, and for a
 *   `state` that is no field
 */
export function checkWritten(loop: AnyLoop, path: string): void {
  for (const hook of hooks) if (typeof loop[hook] !== 'function') throw notWritten(loop, hook, path);
  for (const hook of ofRestarts) if (typeof loop[hook] !== 'function') throw notWritten(loop, hook, path);
  const written: object = loop;
  if (!('done' in written)) throw neverDone(loop, path);
  checkFields(loop, path);
  const { writable, set } = Object.getOwnPropertyDescriptor(loop, 'state') ?? { writable: true };
  if (writable !== true && set === undefined && !keepsItsOwnWay(loop)) throw fixed(loop, path);
}

/** Fields that the constructor of `Loop` makes: of the instance, they hide what a class has under these names. */
const ownFields = ['state', 'init'] as const;
/** By their prototypes, classes that have nothing of these names. */
const known = new WeakSet<object>();

/** Once for each class. */
function checkFields(loop: AnyLoop, path: string): void {
  const prototype: object = Object.getPrototypeOf(loop);
  if (known.has(prototype)) return;
  // `Loop` itself has neither.
  for (const field of ownFields) if (field in prototype && Object.hasOwn(loop, field)) throw hidden(loop, field, path);
  known.add(prototype);
}

/** What it saves and loads is its own affair. */
function keepsItsOwnWay(loop: AnyLoop): boolean {
  return overrides(loop, 'onSaveCheckpoint') && overrides(loop, 'onLoadCheckpoint');
}

function fixed(loop: AnyLoop, path: string): MisconfigurationError {
  return new MisconfigurationError(
    `Expected the \`state\` of ${loop.constructor.name} to be a field that can be set, as when a checkpoint is loaded, got one that cannot. ` +
      'Give it a setter, or write `state = { … };`.',
    path,
  );
}

function hidden(loop: AnyLoop, field: string, path: string): MisconfigurationError {
  const advice =
    field === 'state'
      ? 'Write `state = { … };`. What is to be shown or taken otherwise, save and load by onSaveCheckpoint and onLoadCheckpoint.'
      : 'Give the member another name.';
  return new MisconfigurationError(
    `Expected \`${field}\` to be a field, got a member of the class ${loop.constructor.name} that the field of Loop hides: nobody would ever ask for it. ${advice}`,
    path,
  );
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
