import { LoopError } from '../../data/errors.ts';
import { type Json, setOwn } from '../../data/json.ts';

/** A context of more values than this is for checkpoints, not for a text that people read. */
const most = 1_000_000;

/**
 * Plain data as JSON that is the same whenever the data is: keys are sorted, numbers that JSON has no word for are marks
 * (`{ "$n": "NaN" }`; an object of the data that looks like one gets one more `$`), and errors have no `stack`, which says
 * where the code was and not what it did.
 * @param path of the loop that it belongs to, for the error
 * @throws LoopError `NOT_PLAIN_DATA` for more than a million values
 */
export function canonical(value: unknown, path: string): Json {
  return new Copying(path, true).copy(value);
}

/** The same, of JSON that has these marks already. */
export function canonicalJson(json: Json, path: string): Json {
  return new Copying(path, false).copy(json);
}

class Copying {
  readonly #path: string;
  readonly #marks: boolean;
  #left = most;

  constructor(path: string, marks: boolean) {
    this.#path = path;
    this.#marks = marks;
  }

  copy(value: unknown): Json {
    if (this.#left-- === 0) throw this.#tooLarge();
    if (typeof value === 'number') return hasWord(value) ? value : { $n: nameOf(value) };
    if (typeof value !== 'object' || value === null) return value as Json;
    return Array.isArray(value) ? value.map((item) => this.copy(item)) : this.#object(value as Record<string, unknown>);
  }

  #object(object: Record<string, unknown>): Json {
    const keys = Object.keys(object).sort();
    const [only] = keys;
    if (this.#marks && keys.length === 1 && /^\$+n$/.test(only!)) return { [`$${only}`]: this.copy(object[only!]) };
    const isThrown = typeof object.message === 'string' && typeof object.stack === 'string';
    const made: { [key: string]: Json } = {};
    for (const key of keys) {
      if (object[key] === undefined || (isThrown && key === 'stack')) continue;
      setOwn(made, key, this.copy(object[key]));
    }
    return made;
  }

  #tooLarge(): LoopError {
    return new LoopError(
      'NOT_PLAIN_DATA',
      `Expected a context of at most ${most} values, got more. A golden recording is read by people: keep large data out of \`state\`.`,
      this.#path,
    );
  }
}

function hasWord(number: number): boolean {
  return Number.isFinite(number) && !Object.is(number, -0);
}

function nameOf(number: number): string {
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
