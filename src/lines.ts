import { isEnvelope, type LoopStateValue, type Report } from './context.ts';
import {
  decodeNumbers,
  describeError,
  encodeNumbers,
  isPlain,
  type Json,
  type PlainError,
  plainOrNot,
  revivedError,
} from './json.ts';

/**
 * A line of a recording: plain JSON, with `NaN` and its like as `{ "$n": "NaN" }`, errors as `{ "$error": … }`, and the
 * kind of anything else as `{ "$opaque": "Map" }`. Plain data that looks like one of the latter is in a `{ "$plain": … }`.
 */
export type RecordingLine = RecordingHeader | ActorLine | EventLine;

interface RecordingHeader {
  type: 'recording';
  seq: 0;
  /** Milliseconds since 1970. */
  t: number;
  format: 1;
}

/** A loop's actor, when it was first seen. */
export interface ActorLine {
  type: 'actor';
  seq: number;
  /** Milliseconds since 1970. */
  t: number;
  /** The path and which run of it: `fit.epoch#3`. */
  id: string;
  path: string;
  /** The class of the loop. */
  loop: string;
  parent?: string;
  value: LoopStateValue;
  context: Json;
  /** Of one that had ended by then. */
  status?: 'done' | 'error' | 'stopped';
  output?: Json;
  /** It had begun before anybody recorded: what came before was not seen. */
  late?: true;
}

/** An event that a loop's machine handled, and where it stood then. */
export interface EventLine {
  type: 'event';
  seq: number;
  t: number;
  id: string;
  /** Who sent it: `fit#1/advance` is a hook's actor. Left out for senders outside. */
  from?: string;
  event: { type: string; [key: string]: Json };
  value: LoopStateValue;
  status?: 'done' | 'error' | 'stopped';
  output?: Json;
  error?: PlainError;
  /** At an actor's end, so that a replay can be held against it. */
  context?: Json;
  /** Transitions taken, by the ids of the states: from which, to which, on which event. */
  tr?: [source: string, targets: string[] | null, event: string][];
}

/** What `record` keeps: lines of plain JSON, in the order in which things happened. */
export type Recording = RecordingLine[];

const marks = ['$error', '$opaque', '$plain'];

function isMarked(value: unknown): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && marks.some((mark) => mark in value);
}

/** What user code gave may be anything; what is no plain data is named by its kind. */
export function plain(value: unknown): Json {
  if (value instanceof Opaque) return value.mark;
  if (value instanceof Error) return plainError(value);
  // A copy: the code that gave it may go on changing it.
  const told = plainOrNot(value);
  if (told === undefined) return { $opaque: kindOf(value) };
  const encoded = encodeNumbers(told.copy);
  return isMarked(encoded) ? { $plain: encoded } : encoded;
}

export function toldError(error: unknown): PlainError {
  return encodeNumbers(describeError(error)) as PlainError;
}

function plainError(error: Error): Json {
  const { reason } = error as { reason?: unknown };
  return {
    $error: toldError(error),
    ...(kindOf(error) === 'Error' ? {} : { kind: kindOf(error) }),
    // Of an EndLoop; where it is plain data, it is in the description.
    ...(reason === undefined || isPlain(reason) ? {} : { reason: plainThrown(reason) }),
  };
}

/** The machine keeps a description of what was thrown, or given as a reason. */
function plainThrown(value: unknown): Json {
  const told = plain(value);
  return isMarked(told) && '$opaque' in told ? { ...told, shown: describeError(value).message } : told;
}

export function plainOutput(output: unknown): Json {
  if (isEnvelope(output)) {
    const { output: returned, ...rest } = output;
    if (isPlain(rest)) return { ...inner(rest), ...(returned === undefined ? {} : { output: plain(returned) }) };
  }
  return plain(output);
}

export function plainEvent(event: { type: string }): { type: string; [key: string]: Json } {
  const told: { type: string; [key: string]: Json } = { type: event.type };
  for (const [key, value] of Object.entries(event) as [string, unknown][]) {
    if (value === undefined) continue;
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
  return encodeNumbers(object as Json) as { [key: string]: Json };
}

/** How a hook's actor reports: what the hook returned may be anything, the rest is plain. */
function isReport(value: unknown): value is Report {
  return typeof value === 'object' && value !== null && 'hook' in value && 'commit' in value;
}

/** By the name that the machine remembers it by. */
function kindOf(value: unknown): string {
  return (value as object).constructor?.name ?? typeof value;
}

/** Stands for what was no plain data: the machine describes it as it did that. */
class Opaque {
  readonly mark: { [key: string]: Json };

  constructor(mark: { [key: string]: Json }) {
    this.mark = mark;
    Object.defineProperty(this, 'constructor', { value: { name: mark.$opaque } });
  }

  toJSON(): undefined {}

  toString(): string {
    return String(this.mark.shown);
  }
}

export function live(value: Json): unknown {
  if (!isMarked(value)) return decodeNumbers(value);
  if ('$plain' in value) return decodeNumbers(value.$plain!);
  if ('$opaque' in value) return new Opaque(value);
  const described = decodeNumbers(value.$error!) as PlainError;
  const error = revivedError(described);
  if (described.stack === undefined) delete error.stack;
  if ('reason' in value) Object.assign(error, { reason: live(value.reason!) });
  if ('kind' in value) Object.defineProperty(error, 'constructor', { value: { name: value.kind } });
  return error;
}

export function liveEvent(event: { type: string; [key: string]: Json }): { type: string; [key: string]: unknown } {
  const { output } = event;
  const told = Object.fromEntries(Object.entries(event).map(([key, value]) => [key, live(value)]));
  if (isReport(output) && 'value' in output) told.output = { ...told.output!, value: live(output.value as Json) };
  if (isEnvelope(output) && 'output' in output) told.output = { ...told.output!, output: live(output.output as Json) };
  return { ...told, type: event.type };
}
