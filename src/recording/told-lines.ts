import { describeError } from '../data/error-codec.ts';
import { type Json, setOwn } from '../data/json.ts';
import { encodeJson } from '../data/json-form.ts';
import { wholeOf } from '../data/shared.ts';
import { shown } from '../data/shown.ts';
import { type ActorLine, type EventLine, givenIn, marksOfLines, reasonOf } from './lines.ts';

/*
 * Lines as pages are told them, and as the page saves them: what your code gave is shown, and cut where it is too much.
 * Of what is not plain data, `opaque` says beside the event what it was. Here such lines become what `record()` makes.
 */

/** Something that a page was not told, or not whole. */
export class NotTold extends Error {}

/** A line as a page was told it. */
export type Told<Line> = Line & { opaque?: { [key: string]: string } };

/** A line of a recording that a page has saved, as `record()` has it. @throws NotTold where that cannot be known */
export function asRecorded<Line extends ActorLine | EventLine>(told: Told<Line>): Line {
  const { opaque = {}, ...line } = wholeOf(told, { ref: String(told.seq), root: told }) as Told<any>;
  if (line.event !== undefined) line.event = recordedEvent(line.event, opaque);
  if (line.context !== undefined) line.context = recordedData(line.context);
  if (line.output !== undefined) line.output = recorded('output', line.output, opaque.output);
  if (line.error !== undefined) line.error = recordedData(line.error);
  return line;
}

function recordedEvent(event: { [key: string]: Json }, opaque: { [key: string]: string }): { [key: string]: Json } {
  const made: { [key: string]: Json } = {};
  for (const key of Object.keys(event)) {
    const reason = opaque[reasonOf(key)];
    if (reason !== undefined) throw thrown(reason);
    setOwn(made, key, recorded(key, event[key]!, opaque[key]));
  }
  // JSON has left out that it was thrown.
  if (opaque.error === 'undefined') made.error = { $error: describeError(undefined) };
  return made;
}

/** What stands under a key of an event, or what a run gave. */
function recorded(key: string, told: Json, kind: string | undefined): Json {
  const inner = givenIn(key, told);
  const isThrown = key === 'error' || key === 'reason';
  if (inner === undefined) return recordedGiven(told, kind, isThrown);
  const { [inner]: given, ...rest } = told as { [key: string]: Json };
  const about = recordedData(rest) as { [key: string]: Json };
  return given === undefined ? about : { ...about, [inner]: recordedGiven(given, kind, isThrown) };
}

/** What your code gave: anything. */
function recordedGiven(told: Json, kind: string | undefined, isThrown: boolean): Json {
  const error = errorIn(told);
  if (error !== undefined) return { $error: error, ...(kind === undefined ? {} : { kind }) };
  if (kind !== undefined) {
    if (isThrown) throw thrown(kind);
    // It may have been too large to be looked at.
    if (kind === 'Object' || kind === 'Array') checkWhole(told, new Set());
    return { $opaque: kind };
  }
  const data = recordedData(told);
  return marksOfLines.some((mark) => isObject(data) && mark in data) ? { $plain: data } : data;
}

function thrown(kind: string): NotTold {
  return new NotTold(`a ${kind} that was thrown, or given as a reason`);
}

function errorIn(told: Json): Json | undefined {
  if (!isObject(told) || Object.keys(told).join() !== '$error' || !isObject(told.$error)) return undefined;
  const { name, message } = told.$error;
  if (name === 'Unreadable') throw new NotTold(shown(message));
  // Long ones are told in short.
  for (const text of [name, message]) if (String(text).endsWith('…')) throw new NotTold(`an error with ${shown(text)}`);
  return recordedData(told.$error);
}

const mark = /^\$(bigint|fn|map|set|error|date|typed|cut|opaque|plain|shared)$/;
const escaped = /^\$\$+(n|bigint|undefined|fn|map|set|error|date|typed|cut|opaque|plain|shared)$/;

/** Plain data, in which each object lies in all of its places. */
function recordedData(told: Json): Json {
  const made = new Map<object, unknown>();
  return encodeJson(read(told));

  function read(value: Json): unknown {
    if (typeof value !== 'object' || value === null) return value;
    if (!made.has(value)) made.set(value, Array.isArray(value) ? value.map(read) : object(value));
    return made.get(value);
  }

  function object(value: { [key: string]: Json }): unknown {
    const [only, ...more] = Object.keys(value);
    if (only !== undefined && more.length === 0) {
      if (only === '$n') return Number(value.$n);
      if (only === '$undefined') return undefined;
      if (mark.test(only)) throw new NotTold(shown(value));
      if (escaped.test(only)) return { [only.slice(1)]: read(value[only]!) };
    }
    const copy = {};
    for (const key of Object.keys(value)) setOwn(copy, key, read(value[key]!));
    return copy;
  }
}

function checkWhole(told: Json, met: Set<object>): void {
  if (typeof told !== 'object' || told === null || met.has(told)) return;
  met.add(told);
  if (!Array.isArray(told) && Object.keys(told).join() === '$cut') throw new NotTold(shown(told));
  for (const inner of Object.values(told)) checkWhole(inner, met);
}

function isObject(value: unknown): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
