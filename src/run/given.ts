import { LoopError, MisconfigurationError } from '../data/errors.ts';
import { plainOrNot } from '../data/json.ts';
import { opaqueInWords } from '../data/opaque.ts';
import { shown } from '../data/shown.ts';

/** @throws LoopError unless a value may be given to a run under this key */
export function checkGiven(path: string, key: unknown, value: unknown): void {
  if (typeof key !== 'string' || key === '') {
    throw new MisconfigurationError(`give expected a key (a string that is not empty), got \`${shown(key)}\`.`, path);
  }
  if (value === undefined || plainOrNot(value) !== undefined) return;
  throw new LoopError(
    'NOT_PLAIN_DATA',
    `Expected what is given for receive('${key}') to be plain data, so that it can be saved; got ${opaqueInWords(value)}.`,
    path,
  );
}

/**
 * What `give` returns. That a value is not saved yet is an error for whoever awaits that; where nobody does it is no unhandled
 * rejection, for the run has the value and goes on.
 */
export function quietIfUnsaved(giving: Promise<void>): Promise<void> {
  const given = giving.catch((error: unknown) => {
    if (error instanceof LoopError && error.code === 'NOT_SAVED') given.catch(() => {});
    throw error;
  });
  return given;
}
