import type { Line } from '../lines/line.ts';
import { numberOf } from '../text/number.ts';
import { readValue } from '../text/value.ts';

/** A number that is not finite, and where in a loop's state it lies. */
export interface OddNumber {
  keys: readonly string[];
  value: number;
}

/** So many values of a state are looked at, so deep: a step costs no more. */
const MOST = 300;
const DEEP = 4;

const NONE: readonly OddNumber[] = [];
/** The line that was looked at last: many others are like it, and differ from it by finite numbers only. */
let last: { line: Line; odd: readonly OddNumber[] } | undefined;

/** The numbers in the state that a line commits which are not finite; nothing where it commits none. */
export function oddNumbers(line: Line): readonly OddNumber[] | undefined {
  if (line.type !== 'event') return undefined;
  const commit = line.event.commit as { state?: unknown } | null | undefined;
  if (typeof commit !== 'object' || commit === null || commit.state === undefined) return undefined;
  if (last?.line !== line) last = { line, odd: oddIn(commit.state) };
  return last.odd;
}

function oddIn(state: unknown): readonly OddNumber[] {
  let found: OddNumber[] | undefined;
  let left = MOST;
  const visit = (value: unknown, keys: readonly string[]) => {
    if (--left < 0 || typeof value === 'string' || typeof value === 'boolean' || value === null) return;
    const number = numberOf(value);
    if (number !== undefined) {
      if (Number.isFinite(number)) return;
      found ??= [];
      found.push({ keys, value: number });
    } else if (keys.length < DEEP) {
      const told = readValue(value);
      if (told.kind !== 'branch' || told.size > MOST) return;
      for (const [key, inner] of told.entries()) visit(inner, [...keys, key]);
    }
  };
  visit(state, []);
  return found ?? NONE;
}
