import { numberOf } from '../text/number.ts';
import { brief, readValue, visible } from '../text/value.ts';
import { members, NOTHING } from './difference.ts';

/** The keys that lead to a value, in one text: no key of a loop's state has this sign in it, or it is a key like any other. */
export const SEPARATOR = '\u0000';

/** The value at some keys, as the state panel lists them; `NOTHING` where there is none. */
export function valueAt(root: unknown, keys: readonly string[]): unknown {
  let value = root;
  for (const key of keys) {
    const told = readValue(value);
    const entry = told.kind === 'branch' ? told.entries().find(([name]) => name === key) : undefined;
    if (!entry) return NOTHING;
    value = entry[1];
  }
  return value;
}

/** As one would write it in a condition: `state.files[0]`. */
export function keysText(keys: readonly string[]): string {
  let text = '';
  for (const key of keys) {
    if (/^\d+$/.test(key)) text += `[${key}]`;
    else if (/^[A-Za-z_$][\w$]*$/.test(key)) text += (text && '.') + key;
    else text += `[${JSON.stringify(key)}]`;
  }
  return text;
}

/** So many values are searched at a time: it is done again for each moment that is shown. */
const MOST = 10_000;

/** So many characters of a text are searched. */
const LONG = 10_000;

/** Where in what a loop holds a text stands, in keys and values. */
export interface Found {
  /** The paths of the members that match. */
  hits: ReadonlySet<string>;
  /** The paths of those around them. */
  above: ReadonlySet<string>;
  /** Whether there was more than is searched. */
  cut: boolean;
}

/** @param roots what is searched, by name */
export function findHeld(roots: readonly (readonly [string, unknown])[], text: string): Found {
  const wanted = text.toLowerCase();
  const hits = new Set<string>();
  const above = new Set<string>();
  let left = MOST;
  const says = (told: string) => told.toLowerCase().includes(wanted);
  const visit = (key: string, value: unknown, around: readonly string[]) => {
    if (--left < 0) return;
    const path = [...around, key].join(SEPARATOR);
    const told = readValue(value);
    const leaf = told.kind !== 'branch';
    const number = numberOf(value) !== undefined;
    const isHit =
      says(visible(key)) || (leaf && (says(brief(value, LONG)) || (number && says(brief(value, LONG, true)))));
    if (isHit) {
      hits.add(path);
      for (let at = 1; at <= around.length; at++) above.add(around.slice(0, at).join(SEPARATOR));
    }
    if (leaf) return;
    const inside = [...around, key];
    for (const [name, inner] of told.entries()) {
      if (left < 0) break;
      visit(name, inner, inside);
    }
  };
  for (const [key, value] of roots) visit(key, value, []);
  return { hits, above, cut: left < 0 };
}

/** So many numbers of a list are looked at. */
const LONGEST = 100_000;

/** The numbers of a list that holds nothing else; nothing where it is none, or has fewer than two. */
export function numbersIn(value: unknown): number[] | undefined {
  const told = readValue(value);
  if (told.kind !== 'branch' || told.size < 2 || !(told.type === 'Array' || told.type === 'Set' || isTyped(told.type)))
    return undefined;
  const numbers: number[] = [];
  for (const { key, after } of members(NOTHING, value)) {
    // Of a long typed array, the first are told.
    if (key === '…' || numbers.length === LONGEST) break;
    const number = numberOf(after);
    if (number === undefined) return undefined;
    numbers.push(number);
  }
  return numbers.length > 1 ? numbers : undefined;
}

const isTyped = (type: string) => /(?:Int|Uint|Float)\d+(?:Clamped)?Array$/.test(type);

/** What there is to say of many numbers at once. */
export interface Shape {
  count: number;
  min: number;
  max: number;
  mean: number;
  /** How many are not finite: they are in none of the rest. */
  odd: number;
  /** How many lie in each of equal parts from the lowest to the highest. */
  bins: number[];
}

export function shapeOf(numbers: readonly number[], parts = 24): Shape {
  const finite = numbers.filter(Number.isFinite);
  let [min, max, sum] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (const number of finite) {
    min = Math.min(min, number);
    max = Math.max(max, number);
    sum += number / finite.length;
  }
  const bins = Array<number>(parts).fill(0);
  for (const number of finite) {
    // Divided first: the span from one end of all numbers to the other is infinite.
    const part = max > min ? (number / 2 - min / 2) / (max / 2 - min / 2) : 0.5;
    bins[Math.min(parts - 1, Math.floor(part * parts))]!++;
  }
  const none = finite.length === 0;
  return {
    count: numbers.length,
    min: none ? Number.NaN : min,
    max: none ? Number.NaN : max,
    mean: none ? Number.NaN : sum,
    odd: numbers.length - finite.length,
    bins,
  };
}
