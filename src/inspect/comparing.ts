import { type Look, Unknown, within } from './looking.ts';

/** `undefined`: it cannot be known. */
export type Truth = boolean | undefined;

/** So many values are compared at the most. */
const most = 10_000;

export function truth(value: unknown): Truth {
  // Only what is large is cut: no empty text.
  return value instanceof Unknown ? value.kind !== 'anything' || undefined : Boolean(value);
}

/** Numbers and texts, as in JavaScript. Nothing is less than an object, and no object is less than anything. */
export function isLess(left: any, right: any, orEqual = false): Truth {
  if (isObject(left) || isObject(right)) return false;
  if (left instanceof Unknown || right instanceof Unknown) return undefined;
  return orEqual ? left <= right : left < right;
}

/** Without conversions. NaN equals itself: `state.loss == NaN` is what one wants to ask. Lists and objects are equal that hold the same. */
export function isEqual(left: unknown, right: unknown, look: Look, scope: object): Truth {
  return equal(left, right, { left: most, within: (value, key) => within(value, key, look, scope) });
}

interface Comparing {
  /** So many more values may be compared. */
  left: number;
  within(value: unknown, key: string): unknown;
}

function equal(left: unknown, right: unknown, comparing: Comparing): Truth {
  if (--comparing.left < 0) return undefined;
  if (left instanceof Unknown || right instanceof Unknown) return kindOf(left, right);
  if (left === right || Object.is(left, right)) return true;
  if (!isObject(left) || !isObject(right) || Array.isArray(left) !== Array.isArray(right)) return false;
  const keys = keysOf(left);
  if (keys.length !== keysOf(right).length) return false;
  let all: Truth = true;
  for (const key of keys) {
    const one =
      Object.hasOwn(right, key) && equal(comparing.within(left, key), comparing.within(right, key), comparing);
    if (one === false) return false;
    if (one === undefined) all = undefined;
  }
  return all;
}

/** Whether two can be equal, one of which is unknown. */
function kindOf(left: unknown, right: unknown): Truth {
  const kinds = [left, right].map((value) => {
    if (value instanceof Unknown) return value.kind;
    return value === null ? 'null' : typeof value;
  });
  return kinds.includes('anything') || kinds[0] === kinds[1] ? undefined : false;
}

/** Those that hold something: others are not told. */
function keysOf(object: object): string[] {
  return Object.keys(object).filter((key) => (object as Record<string, unknown>)[key] !== undefined);
}

function isObject(value: unknown): value is object {
  return value instanceof Unknown ? value.kind === 'object' : typeof value === 'object' && value !== null;
}
