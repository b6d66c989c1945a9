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
