import { setOwn } from '../data/json.ts';
import { givenIn, isOfApp } from '../recording/lines.ts';

/*
 * Pages are told dates, sets and functions as well, and so more marks than `record()` knows. An object of your own that looks
 * like one of these stands in a recording as it is, and a page would take it for what it only looks like:
 *
 *     `record()` writes         { "$set": ["a"] }         { "$$set": ["a"] }
 *     a page is told            { "$$set": ["a"] }        { "$$$set": ["a"] }
 *
 * A page that reads a recording of `record()` turns its lines to what it would have been told, and back when it saves them.
 */

type Change = (key: string) => string;
type Members = { [key: string]: unknown };

const alike = /^\$+(bigint|fn|map|set|error|date|typed|cut|opaque|plain)$/;
const anyAlike = /"\$+(bigint|fn|map|set|error|date|typed|cut|opaque|plain)":/;
/** Nothing that a loop can hold has more levels in a line. */
const deepest = 1200;

/** A line of `record()` as pages are told it. @param text the line as it stands in the file: most need no look */
export function asTold<Line>(line: Line, text: string): Line {
  return anyAlike.test(text) ? changed(line, (key) => `$${key}`) : line;
}

/** The inverse of {@link asTold}: the text of a line. */
export function textAsWritten(line: unknown): string {
  const text = JSON.stringify(line);
  return anyAlike.test(text)
    ? JSON.stringify(changed(line, (key) => (key.startsWith('$$') ? key.slice(1) : key)))
    : text;
}

function changed<Line>(line: Line, change: Change): Line {
  if (!isObject(line)) return line;
  const { type, id } = line as Members;
  // What an app's actors hold is in the marks of pages already.
  if ((type !== 'actor' && type !== 'event') || (typeof id === 'string' && isOfApp(id))) return line;
  const event = (members: unknown) => mapped(members, (value, key) => member(key, value, change));
  return mapped(line, (value, key) => {
    if (key === 'event') return event(value);
    return key === 'output' ? member(key, value, change) : data(value, change, 0);
  }) as Line;
}

/** What stands under a key of an event: what your code gave, or holds that in one place. */
function member(key: string, value: unknown, change: Change): unknown {
  const inner = givenIn(key, value);
  if (inner === undefined) return given(value, change);
  return mapped(value, (part, name) => (name === inner ? given(part, change) : data(part, change, 0)));
}

/** What your code gave: there `record()` has marks of its own, beside data. */
function given(value: unknown, change: Change): unknown {
  if (!isObject(value)) return data(value, change, 0);
  if ('$plain' in value) return mapped(value, (inner) => data(inner, change, 0));
  if ('$opaque' in value) return value;
  if (!('$error' in value)) return data(value, change, 0);
  return mapped(value, (inner, key) => (key === 'reason' ? given(inner, change) : data(inner, change, 0)));
}

function data(value: unknown, change: Change, level: number): unknown {
  if (typeof value !== 'object' || value === null || level > deepest) return value;
  if (Array.isArray(value)) return value.map((item) => data(item, change, level + 1));
  const [only, ...more] = Object.keys(value);
  if (only !== undefined && more.length === 0 && alike.test(only))
    return { [change(only)]: data((value as Members)[only], change, level + 1) };
  return mapped(value, (inner) => data(inner, change, level + 1));
}

function mapped(value: unknown, by: (inner: unknown, key: string) => unknown): unknown {
  if (!isObject(value)) return value;
  const copy = {};
  for (const key of Object.keys(value)) setOwn(copy, key, by(value[key], key));
  return copy;
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
