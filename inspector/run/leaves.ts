import { numberOf } from '../text/number.ts';
import { Pairs, readValue, same } from '../text/value.ts';
import { members, NOTHING } from './difference.ts';

/** One value that differs: where it lies, and what it is on either side; `NOTHING` where it is not there. */
export interface LeafDifference {
  keys: readonly string[];
  a: unknown;
  b: unknown;
}

export interface LeafDifferences {
  leaves: LeafDifference[];
  /** There are more than are listed. */
  more: boolean;
  /** How many values could not be compared: they were cut when they were recorded. */
  cut: number;
}

/** Deeper than this, two objects are told as a whole. */
const DEEPEST = 64;

/**
 * Where two values differ, innermost: of an object in which one number differs, that number.
 *
 * @param most so many are listed
 */
export function leafDifferences(a: unknown, b: unknown, most: number): LeafDifferences {
  const found: LeafDifferences = { leaves: [], more: false, cut: 0 };
  visit(a, b, [], most, found, new Pairs());
  return found;
}

function visit(
  a: unknown,
  b: unknown,
  keys: readonly string[],
  most: number,
  found: LeafDifferences,
  known: Pairs<true>,
): void {
  if (found.more || same(a, b)) return;
  const [left, right] = [a, b].map((value) => (value === NOTHING ? undefined : readValue(value)));
  // Without what tells them apart, nobody knows whether they are the same.
  if (left?.kind === 'cut' || right?.kind === 'cut') {
    const told = left?.kind === 'cut' && right?.kind === 'cut' && left.digest && right.digest;
    if (!told) {
      found.cut++;
      return;
    }
  }
  const inside = left?.kind === 'branch' && right?.kind === 'branch' && left.type === right.type;
  if (!inside || keys.length >= DEEPEST) {
    if (found.leaves.length === most) found.more = true;
    else found.leaves.push({ keys, a, b });
    return;
  }
  // Of an object that lies in more than one place, the first is told.
  known.of(a, b, () => {
    for (const { key, before, after } of members(a, b)) visit(before, after, [...keys, key], most, found, known);
    return true;
  });
}

/** Losses first, then other numbers, then the rest; each in the order of the state. */
export function tellingFirst(leaves: readonly LeafDifference[]): LeafDifference[] {
  const rank = ({ keys, a, b }: LeafDifference) => {
    if (/loss$/i.test(keys.at(-1) ?? '')) return 0;
    return numberOf(a) !== undefined && numberOf(b) !== undefined ? 1 : 2;
  };
  return leaves.toSorted((one, other) => rank(one) - rank(other) || one.keys.length - other.keys.length);
}
