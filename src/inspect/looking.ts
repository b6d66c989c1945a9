import { meantBy } from '../data/shared.ts';
import { specialOf } from './special.ts';

/*
 * How a condition looks at values: as they are in the program, or as lines tell them. The same comes of both.
 */

/** What cannot be compared with anything: it was cut, or is no plain data. Of a list that was cut, its length is known. */
export class Unknown {
  readonly kind: 'object' | 'string' | 'anything';
  readonly length: number | undefined;

  constructor(kind: Unknown['kind'], length?: number) {
    this.kind = kind;
    this.length = length;
  }
}

/** Takes a value, which lies somewhere in `scope`, for what it is: plain data, `undefined`, a bigint, or unknown. */
export type Look = (value: unknown, scope: object) => unknown;

const anything = new Unknown('anything');
const object = new Unknown('object');

/** At a value in the program. */
export const looksLive: Look = (value) => {
  if (typeof value === 'function' || typeof value === 'symbol') return object;
  if (typeof value !== 'object' || value === null) return value;
  try {
    return Array.isArray(value) || specialOf(value) === undefined ? value : object;
  } catch {
    return anything;
  }
};

/** At a value in a line: what JSON has no word for is tagged there. */
export const looksTold: Look = (value, scope) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const keys = Object.keys(value);
  const [tag] = keys;
  if (keys.length !== 1 || tag![0] !== '$') return value;
  const inner = (value as Record<string, any>)[tag!];
  switch (tag) {
    case '$n':
      return typeof inner === 'string' ? Number(inner) : value;
    case '$bigint':
      return typeof inner === 'string' ? BigInt(inner) : value;
    case '$undefined':
      return undefined;
    case '$cut':
      return typeof inner?.ref === 'string' ? cut(inner) : value;
    // In a recording: what comes again further on, and where it does.
    case '$shared':
      return Array.isArray(inner) ? looksTold(meantBy(value, scope), scope) : value;
    case '$error':
      return inner?.name === 'Unreadable' ? anything : object;
    case '$date':
    case '$fn':
    case '$map':
    case '$set':
    case '$typed':
    case '$opaque':
      return object;
    default:
      // It looked like one of these tags, and was given one more `$`.
      return /^\$\$+[a-z]+$/.test(tag!) ? { [tag!.slice(1)]: inner } : value;
  }
};

function cut({ kind, size }: { kind: unknown; size: unknown }): Unknown {
  if (kind === 'string') return new Unknown('string');
  if (kind === 'array' && typeof size === 'number') return new Unknown('object', size);
  return String(kind).startsWith('bigint') ? anything : object;
}

/** What lies under a key. Own keys only: nothing that a prototype holds is reached. */
export function within(value: unknown, key: string, look: Look, scope: object): unknown {
  if (value instanceof Unknown) {
    if (key === 'length' && value.length !== undefined) return value.length;
    return value.kind === 'string' ? undefined : anything;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  try {
    return Object.hasOwn(value, key) ? look((value as Record<string, unknown>)[key], scope) : undefined;
  } catch {
    return anything;
  }
}
