import { deepest, type Json, setOwn } from '../../data/json.ts';
import { tagLike } from '../encode.ts';
import { received } from '../parts.ts';

const numbers = ['NaN', 'Infinity', '-Infinity', '-0'];

/**
 * What a page means by a value: plain data, in which numbers that JSON has no word for are tagged as they were shown to it,
 * and what only looks like a tag has one more `$`.
 * @throws Error for a tag that stands for something which no state can hold, or which the page was not shown
 */
export function plainFrom(told: unknown, depth = 0): Json | undefined {
  if (typeof told !== 'object' || told === null) return told as Json;
  if (depth === deepest) throw new Error(`Expected at most ${deepest} levels of nested data, got more.`);
  if (Array.isArray(told)) return told.map((item) => itemFrom(item, depth + 1));
  const keys = Object.keys(told);
  const inner = (key: string) => plainFrom((told as Record<string, unknown>)[key], depth + 1);
  const [tag] = keys;
  if (keys.length === 1 && tagLike.test(tag!)) {
    if (tag!.startsWith('$$')) return { [tag!.slice(1)]: inner(tag!)! };
    if (tag === '$undefined') return undefined;
    const number = (told as { $n?: unknown }).$n;
    if (tag === '$n' && numbers.includes(number as string)) return Number(number);
    throw new Error(`Expected plain data, got ${received(told)}, which stands for something that a page cannot give.`);
  }
  const value: { [key: string]: Json } = {};
  for (const key of keys) setOwn(value, key, inner(key));
  return value;
}

/** The same, where there has to be something: in a list. */
export function itemFrom(told: unknown, depth = 0): Json {
  const item = plainFrom(told, depth);
  if (item === undefined) throw new Error('Expected plain data, got undefined in a list (use null).');
  return item;
}
