import { LoopError } from './errors.ts';
import { isPlain } from './json.ts';
import { opaqueInWords } from './opaque.ts';

/**
 * For what a run that is saved or recorded has to keep: an output, or what a `once` gives.
 * @throws LoopError `NOT_PLAIN_DATA`
 */
export function checkOutput(value: unknown, what: string, path: string): void {
  if (value === undefined || isPlain(value)) return;
  throw new LoopError(
    'NOT_PLAIN_DATA',
    `Expected ${what} to be plain data, because the run is saved or recorded; got ${opaqueInWords(value)}. ` +
      'Return what identifies it, and keep the rest in a field.',
    path,
  );
}
