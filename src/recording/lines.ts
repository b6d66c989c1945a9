import type { ActorKind } from '../chart/actor-kind.ts';
import { isEnvelope, type LoopStateValue, type Report } from '../chart/context.ts';
import { isError } from '../data/error-classes.ts';
import { describeError, Opaque, type PlainError, revivedError } from '../data/error-codec.ts';
import { type EndLoop, isEndLoop } from '../data/errors.ts';
import { isPlain, type Json, plainOrNot, setOwn } from '../data/json.ts';
import { decodeJson, encodeJson } from '../data/json-form.ts';
import { kindOfOpaque } from '../data/loss.ts';
import { kindOf } from '../data/shown.ts';

/**
 * A line of a recording: plain JSON, with `NaN` and its like as `{ "$n": "NaN" }`, errors as `{ "$error": … }`, and the
 * kind of anything else as `{ "$opaque": "Map" }`. Plain data that looks like one of the latter is in a `{ "$plain": … }`.
 */
export type RecordingLine = RecordingHeader | ChartLine | ActorLine | EventLine;

/** The first line: what the others are in. */
export interface RecordingHeader {
  type: 'recording';
  seq: 0;
  /** Milliseconds since 1970. */
  t: number;
  format: 1;
  /** Not empty in one that the inspector's page has saved: what your code gave is as the page was told it. */
  runId?: string;
  /** In one that a page has saved: `record()` had made it, and what your code gave is written as it does. */
  recorded?: true;
}

/** The chart of a machine of the app's own. */
export interface ChartLine {
  type: 'chart';
  seq: number;
  /** Milliseconds since 1970. */
  t: number;
  /** What the actors of that machine call it. */
  key: string;
  /** Its root state: what it holds, and where its transitions lead. */
  root: { [key: string]: Json };
}

/** The state of a loop's chart. Of an actor of the app: of its machine, as JSON where it is in several; or its status. */
export type ActorValue = LoopStateValue | (string & {});

/** An actor, when it was first seen: a loop's, or one of the app's own. */
export interface ActorLine {
  type: 'actor';
  seq: number;
  /** Milliseconds since 1970. */
  t: number;
  /** The path and which run of it: `fit.epoch#3`. Of an actor of the app: its name, and which actor that was: `upload@2`. */
  id: string;
  /** Of an actor of the app, its name. */
  path: string;
  /** The class of the loop; of an actor of the app, what its logic is called. */
  loop: string;
  /** Of an actor of the app alone: what runs it. */
  kind?: ActorKind;
  /** Of an actor of the app: the key of its chart, if it has one. */
  chart?: string;
  /** The loop that runs it. */
  parent?: string;
  /** Of a root: the id that its run was started with, where it was given one. */
  run?: string;
  /** The actor of the app that has invoked or spawned it. */
  under?: string;
  value: ActorValue;
  context: Json;
  /** Of one that had ended by then. */
  status?: 'done' | 'error' | 'stopped';
  output?: Json;
  /** It had begun before anybody recorded: what came before was not seen. */
  late?: true;
}

/** An event that an actor handled, and where it stood then. */
export interface EventLine {
  type: 'event';
  seq: number;
  t: number;
  id: string;
  /** Who sent it: `fit#1/advance` is a hook's actor. Left out for senders outside. */
  from?: string;
  event: { type: string; [key: string]: Json };
  value: ActorValue;
  status?: 'done' | 'error' | 'stopped';
  output?: Json;
  error?: PlainError;
  /** Of a loop, at its end, so that a replay can be held against it. Of an actor of the app, where it has changed. */
  context?: Json;
  /** Transitions taken, by the ids of the states: from which, to which, on which event. */
  tr?: [source: string, targets: string[] | null, event: string][];
}

/** What `record` keeps: lines of plain JSON, in the order in which things happened. */
export type Recording = RecordingLine[];

/** What your code gave may have these. */
export const marksOfLines: readonly string[] = ['$error', '$opaque', '$plain'];

function isMarked(value: unknown): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && marksOfLines.some((mark) => mark in value);
}

/** What user code gave may be anything; what is no plain data is named by its kind. */
export function plain(value: unknown): Json {
  if (isError(value)) return plainError(value);
  // A copy: the code that gave it may go on changing it.
  const told = plainOrNot(value);
  if (told === undefined) return { $opaque: kindOfOpaque(value) };
  const encoded = encodeJson(told.copy);
  return isMarked(encoded) ? { $plain: encoded } : encoded;
}

export function toldError(error: unknown): PlainError {
  return encodeJson(describeError(error)) as PlainError;
}

function plainError(error: Error): Json {
  const kind = kindOf(error);
  const described = describeError(error);
  const reason = isEndLoop(error) ? error.reason : undefined;
  return {
    $error: encodeJson(described),
    ...(kind === 'Error' ? {} : { kind }),
    // The machine goes by the reason of an EndLoop, also by one that is not in the description.
    ...(reason === undefined || 'reason' in described ? {} : { reason: plainThrown(reason) }),
  };
}

/** What was thrown, or given as a reason: the machine keeps a description of it. */
function plainThrown(value: unknown): Json {
  if (isPlain(value) || isError(value)) return plain(value);
  const { $opaque, message, ...rest } = describeError(value);
  return $opaque === undefined ? { $error: encodeJson({ message, ...rest }) } : { $opaque, shown: message };
}

export function plainOutput(output: unknown): Json {
  if (isEnvelope(output)) {
    const { output: returned, ...rest } = output;
    if (isPlain(rest)) return { ...inner(rest), ...(returned === undefined ? {} : { output: plain(returned) }) };
  }
  return plain(output);
}

/** Where in what stands under a key of an event lies what your code gave; nothing where it is all of that. */
export function givenIn(key: string, value: unknown): 'value' | 'output' | undefined {
  if (key !== 'output') return undefined;
  return isReport(value) ? 'value' : isEnvelope(value) ? 'output' : undefined;
}

/**
 * By the keys of an event, what your code gave there, for what is not plain data: the kind of it, as it is recorded. Of an
 * `EndLoop` that has such a reason, the kind of that as well.
 * @param values what has more values is not looked at, and told as if it were not plain data
 */
export function opaqueIn(event: { type: string }, values: number): { [key: string]: string } | undefined {
  const opaque: { [key: string]: string } = {};
  try {
    for (const [key, value] of Object.entries(event) as [string, unknown][]) {
      const within = givenIn(key, value);
      const given = within === undefined ? value : (value as { [key: string]: unknown })[within];
      if ((given === undefined && key !== 'error') || typeof given === 'string' || typeof given === 'number') continue;
      const kind = kindOf(given);
      const isUsual = isError(given) ? kind === 'Error' : plainOrNot(given, { left: values }) !== undefined;
      if (!isUsual) setOwn(opaque, key, kindOfOpaque(given));
      if (isError(given) && isEndLoop(given) && !tellsReason(given)) opaque[reasonOf(key)] = kindOf(given.reason);
    }
  } catch {
    // An event of somebody else that cannot be looked at, and is not told either.
  }
  return Object.keys(opaque).length === 0 ? undefined : opaque;
}

/** The key for the reason of an `EndLoop` that stands under a key of an event. */
export const reasonOf = (key: string): string => `${key}.reason`;

/** Whether the description of an `EndLoop` has its reason. */
function tellsReason(end: EndLoop): boolean {
  const described = describeError(end);
  const inFields = typeof described.$fields === 'object' && described.$fields !== null && 'reason' in described.$fields;
  return end.reason === undefined || 'reason' in described || inFields;
}

export function plainEvent(event: { type: string }): { type: string; [key: string]: Json } {
  const told: { type: string; [key: string]: Json } = { type: event.type };
  for (const [key, value] of Object.entries(event) as [string, unknown][]) {
    if (value === undefined && key !== 'error') continue;
    if (key === 'output' && isReport(value)) {
      const { value: returned, ...rest } = value;
      told[key] = { ...inner(rest), ...(returned === undefined ? {} : { value: plain(returned) }) };
    } else if (key === 'output') {
      told[key] = plainOutput(value);
    } else {
      told[key] = key === 'error' || key === 'reason' ? plainThrown(value) : plain(value);
    }
  }
  return told;
}

function inner(object: object): { [key: string]: Json } {
  return encodeJson(object as Json) as { [key: string]: Json };
}

/** How a hook's actor reports: what the hook returned may be anything, the rest is plain. */
function isReport(value: unknown): value is Report {
  return typeof value === 'object' && value !== null && 'hook' in value && 'commit' in value;
}

export function live(value: Json): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (!isMarked(value)) return decodeJson(value);
  if ('$plain' in value) return decodeJson(value.$plain!);
  if ('$opaque' in value) return new Opaque(String(value.$opaque), String(value.shown));
  const error = revivedError(decodeJson(value.$error!) as PlainError);
  if ('reason' in value) Object.assign(error as object, { reason: live(value.reason!) });
  // The name that the machine remembers it by.
  const { kind = 'Error' } = value;
  if (isError(error) && kindOf(error) !== kind) Object.defineProperty(error, 'constructor', { value: { name: kind } });
  return error;
}

export function liveEvent(event: { type: string; [key: string]: Json }): { type: string; [key: string]: unknown } {
  const { output } = event;
  const told = {} as { type: string; [key: string]: unknown };
  // Runs at every event of a replay: this takes a third of the time of `Object.fromEntries`.
  for (const key of Object.keys(event)) setOwn(told, key, live(event[key]!));
  if (isReport(output) && 'value' in output) told.output = { ...told.output!, value: live(output.value as Json) };
  if (isEnvelope(output) && 'output' in output) told.output = { ...told.output!, output: live(output.output as Json) };
  told.type = event.type;
  return told;
}

/** Whether an id is that of an actor of the app. */
export const isOfApp = (id: string): boolean => /@\d+$/.test(id);
