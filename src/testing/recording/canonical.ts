import { LoopError } from '../../data/errors.ts';
import { type Json, setOwn } from '../../data/json.ts';

/** A context of more values than this is for checkpoints, not for a text that people read. */
const most = 1_000_000;

/**
 * Plain data as JSON that is the same whenever the data is: keys are sorted, numbers that JSON has no word for are marks
 * (`{ "$n": "NaN" }`), and errors have no `stack`, which says where the code was and not what it did.
 * @param path of the loop that it belongs to, for the error
 * @throws LoopError `NOT_PLAIN_DATA` for more than a million values
 */
export function canonical(value: unknown, path: string): Json {
  let left = most;
  return copy(value);

  function copy(one: unknown): Json {
    if (left-- === 0) {
      throw new LoopError(
        'NOT_PLAIN_DATA',
        `Expected a context of at most ${most} values, got more. A golden recording is read by people: keep large data out of \`state\`.`,
        path,
      );
    }
    if (typeof one === 'number') return Number.isFinite(one) && !Object.is(one, -0) ? one : { $n: numberName(one) };
    if (typeof one !== 'object' || one === null) return one as Json;
    if (Array.isArray(one)) return one.map(copy);
    const object = one as Record<string, unknown>;
    const isThrown = typeof object.message === 'string' && typeof object.stack === 'string';
    const made: { [key: string]: Json } = {};
    for (const key of Object.keys(object).sort()) {
      if (object[key] === undefined || (isThrown && key === 'stack')) continue;
      setOwn(made, key, copy(object[key]));
    }
    return made;
  }
}

function numberName(number: number): string {
  return Object.is(number, -0) ? '-0' : String(number);
}

/** Eight hexadecimal digits that stand for a text: FNV-1a of 32 bits. Tells texts apart; it keeps nobody from forging one. */
export function shortHash(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    hash = Math.imul(hash ^ (code & 0xff), 0x01000193);
    hash = Math.imul(hash ^ (code >>> 8), 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}
