import { MisconfigurationError } from '../data/errors.ts';
import { shown } from '../data/shown.ts';

/** The error for what a store was given. */
export function expected(what: string, got: unknown): MisconfigurationError {
  return new MisconfigurationError(`Expected ${what}, got ${shown(got)}.`);
}
