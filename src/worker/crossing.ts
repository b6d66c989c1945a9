import { checkData, type Packed, packData, unpackData } from '../data/asset-codec.ts';
import { describeError, revivedError } from '../data/error-codec.ts';
import { LoopError } from '../data/errors.ts';
import type { Thrown } from './messages.ts';

/**
 * Data for the other end. Its bytes are copied, so that whoever has it keeps it, and the copies are handed over.
 * @param what names it: `args`, `the output`
 * @throws LoopError `NOT_PLAIN_DATA` for what would not arrive as it is
 */
export function packed(value: unknown, what: string, path = ''): Packed {
  checkData(value, (at, kind) => {
    const message =
      `Expected ${what}${at === '' ? '' : `, at \`${at}\`,`} to be data that can go from one thread to another ` +
      `(plain data, typed arrays, Map, Set, Date, bigint), got ${kind}. Give what it can be made of.`;
    return new LoopError('NOT_PLAIN_DATA', message, path);
  });
  return packData(value);
}

export function unpacked(data: Packed): unknown {
  return unpackData(data);
}

/** What was thrown, for the other end. @param given what came from there, by the number of its call */
export function told(thrown: unknown, given?: ReadonlyMap<unknown, number>): Thrown {
  const call = given?.get(thrown);
  return call === undefined ? { plain: describeError(thrown) } : { given: call };
}

/** What the other end was thrown. @param given what came from here, by the number of its call */
export function heard(thrown: Thrown | undefined, given?: ReadonlyMap<number, unknown>): unknown {
  if (thrown === undefined) return undefined;
  return 'given' in thrown ? given?.get(thrown.given) : revivedError(thrown.plain);
}
