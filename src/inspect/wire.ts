import { chart } from '../chart/machine.ts';
import { rootNode } from '../chart/xstate-inner.ts';
import { describeError } from '../data/error-codec.ts';
import type { Json } from '../data/json.ts';
import { follow } from '../data/pointer.ts';
import { appActorLine, appLine } from '../recording/app-lines.ts';
import { chartJson } from '../recording/chart-json.ts';
import { edgeJson } from '../recording/edges.ts';
import { opaqueIn } from '../recording/lines.ts';
import type { AppChart, Edge, Standing, Subject } from '../recording/sighting.ts';
import type { Cuts } from './cuts.ts';
import { Encoder, type Encoding, fieldValues, unreadable } from './encode.ts';
import type { Formed, Held } from './ring.ts';
import type { Unsendable } from './sendable.ts';
import { isTame } from './tame.ts';

/** A line as pages and files have it. */
export interface Line {
  type: string;
  seq: number;
  t: number;
  [key: string]: Json;
}

/** Changes a line before it leaves the process. Nothing: the line stays here, and is counted. */
export type Redact = (line: Line) => Line | undefined | null;

/** What a fetched value may be: far more than what is shown unasked, and still bounded. */
const fetched: Cuts = { depth: 64, items: 100_000, text: 1_000_000, values: 200_000, characters: 4_000_000 };
/** For a redactor, which must see all there is. */
const whole: Cuts = { depth: 200, items: 5_000_000, text: 1e9, values: 5_000_000, characters: 1e9 };

/** Every loop compiles to the same chart. */
export const chartKey = 'loop';

/** Turns what was seen into lines. */
export class Wire {
  readonly #cuts: Cuts;
  readonly #redact: Redact | undefined;
  readonly #unsendable: Unsendable | undefined;

  /** @param unsendable which actors of an app pages may send nothing: their lines say so */
  constructor(cuts: Cuts, redact: Redact | undefined, unsendable?: Unsendable) {
    this.#cuts = cuts;
    this.#redact = redact;
    this.#unsendable = unsendable;
  }

  /** The text of a line; of one that may not or cannot be told, that it is missing. */
  text(held: Held): string {
    const { seq, subject, event, formed } = held;
    if (subject === undefined) return JSON.stringify(missing(seq, 'fault'));
    if (subject.ofApp !== undefined) return this.#text(seq, () => this.#raw(subject, held), true);
    if (formed !== undefined) return stepText(subject, held, textOf(formed));
    if (event !== undefined && held.rest === undefined && !hasThrownNothing(event) && this.isTame(event)) {
      return stepText(subject, held, JSON.stringify(event));
    }
    return this.#text(seq, () => this.#raw(subject, held));
  }

  /** Whether pages get a value as it is. */
  isTame(value: object): boolean {
    return this.#redact === undefined && isTame(value, this.#cuts);
  }

  /** How a loop stood after the last line about it that is no longer held. */
  lateText(subject: Subject, base: Standing): string {
    return this.#text(base.seq, () => this.#told(subject, lateLine(subject, base)), subject.ofApp !== undefined);
  }

  /** The chart of a machine of the app, once its line is held no more. */
  chartText({ key, root, seq }: AppChart, t: number): string {
    return this.#text(seq, () => ({ type: 'chart', seq, t, key, root }), true);
  }

  /** A line as JSON types, as the redactor left it and cut; `undefined` where it left nothing. */
  json(line: Record<string, unknown>, cuts: Cuts, ref: string, isCopied = false): { [key: string]: Json } | undefined {
    const left = this.#redacted(line, isCopied);
    return left && new Encoder(cuts, ref, isCopied ? 'encoded' : this.#encoding).line(left);
  }

  #raw(subject: Subject, held: Held): Record<string, unknown> {
    return this.#told(subject, rawLine(subject, held, this.#cuts.values));
  }

  /** Pages offer nothing that would be refused. */
  #told(subject: Subject, line: Record<string, unknown>): Record<string, unknown> {
    return line.type === 'actor' && this.#unsendable?.has(subject) ? { ...line, send: false } : line;
  }

  get #encoding(): Encoding {
    return this.#redact === undefined ? 'live' : 'encoded';
  }

  /** @param isCopied the values in it are JSON already, with marks */
  #redacted(line: Record<string, unknown>, isCopied = false): Record<string, unknown> | undefined {
    if (this.#redact === undefined) return line;
    const encoded = new Encoder(whole, String(line.seq), isCopied ? 'encoded' : 'all').line(line) as Line;
    // What a line is about is no secret, and the page counts on it.
    const { type, seq, t } = encoded;
    const left = this.#redact(encoded);
    return typeof left === 'object' && left !== null ? { ...left, type, seq, t } : undefined;
  }

  /** A value that was cut, by its reference. */
  value(held: Held | undefined, ref: string): Json {
    const gone = { $error: { name: 'Gone', message: 'The program no longer holds this value.' } };
    if (held?.subject === undefined) return gone;
    try {
      const isCopied = held.subject.ofApp !== undefined;
      const line = this.#redacted(this.#raw(held.subject, held), isCopied);
      const at = ref.indexOf('/');
      const value = line === undefined || at < 0 ? undefined : follow(line, ref.slice(at));
      return value === undefined ? gone : this.#fetched(value, ref, isCopied);
    } catch (error) {
      return unreadable(error);
    }
  }

  #fetched(value: unknown, ref: string, isCopied: boolean): Json {
    const encoding = isCopied ? 'encoded' : this.#encoding;
    const encode = (what: unknown) => new Encoder(fetched, ref, encoding).encode(what);
    if (typeof value === 'string' && value.length > fetched.text) return `${value.slice(0, fetched.text)}…`;
    if (Array.isArray(value) && value.length > fetched.items) {
      const head = encode(value.slice(0, fetched.items));
      return { $typed: { kind: 'Array', length: value.length, head } };
    }
    return encode(value);
  }

  #text(seq: number, line: () => Record<string, unknown>, isCopied = false): string {
    try {
      return JSON.stringify(this.json(line(), this.#cuts, String(seq), isCopied) ?? missing(seq, 'redacted'));
    } catch {
      // A redactor that throws has let nothing through.
      return JSON.stringify(missing(seq, 'fault'));
    }
  }
}

/** Whether `undefined` was thrown: JSON would leave that out. */
function hasThrownNothing(event: object): boolean {
  return 'error' in event && event.error === undefined;
}

/** Says of a line that it is not told, and why. */
export function missing(seq: number, why: 'fault' | 'redacted' | 'dropped'): Line {
  return { type: 'lagged', seq, t: Date.now(), from: seq, to: seq, count: 1, why };
}

/** What stands around the number, the time and the event of a line. */
export interface Around {
  from: string | undefined;
  value: string;
  transitions: unknown;
  head: string;
  tail: string;
}

/** By loop, what its last line had: the next mostly has the same. */
const arounds = new WeakMap<Subject, Around>();

export function aroundOf(subject: Subject, { from, value, transitions }: Held): Around {
  const known = arounds.get(subject);
  if (known?.from === from && known?.value === value && known?.transitions === transitions) return known!;
  const sender = from === undefined ? '' : `,"from":${JSON.stringify(from)}`;
  const ways = Array.isArray(transitions) ? transitions.map(edgeText).join(',') : edgeText(transitions as Edge);
  const way = ways === '' ? '' : `,"tr":[${ways}]`;
  const head = `,"id":${JSON.stringify(subject.id)}${sender},"event":`;
  const around = { from, value, transitions, head, tail: `,"value":"${value}"${way}}` };
  arounds.set(subject, around);
  return around;
}

/** The text of what most lines are, put together from what can be known before. */
function stepText(subject: Subject, held: Held, event: string): string {
  const { head, tail } = aroundOf(subject, held);
  return `{"type":"event","seq":${held.seq},"t":${timeText(held.t)}${head}${event}${tail}`;
}

function textOf({ form, tape, at }: Formed): string {
  return form.text(tape, at);
}

let second = Number.NaN;
let secondText = '';

/** A time in milliseconds, of which thousandths are known, as JSON: so many digits take their time, and most are those of the last. */
export function timeText(t: number): string {
  const seconds = Math.floor(t / 1000);
  if (seconds !== second) {
    second = seconds;
    secondText = String(seconds);
  }
  const micros = Math.round((t - seconds * 1000) * 1000);
  if (!(seconds > 0 && micros < 1_000_000)) return String(t);
  const millis = Math.floor(micros / 1000);
  return `${secondText}${threeDigits(millis)}.${threeDigits(micros - millis * 1000)}`;
}

function threeDigits(value: number): string {
  return value < 10 ? `00${value}` : value < 100 ? `0${value}` : `${value}`;
}

const edgeTexts = new WeakMap<Edge, string>();

function edgeText(edge: Edge): string {
  let text = edgeTexts.get(edge);
  if (text === undefined) {
    text = JSON.stringify(edgeJson(edge));
    edgeTexts.set(edge, text);
  }
  return text;
}

/**
 * A line with live values in it.
 * @param values what has more of them is cut anyway
 */
function rawLine(subject: Subject, held: Held, values: number): Record<string, unknown> {
  const { seq, t, formed, from, value, rest, transitions } = held;
  if (subject.ofApp !== undefined) return rawAppLine(subject, held);
  const event: Held['event'] = formed === undefined ? held.event : JSON.parse(textOf(formed));
  if (event === undefined) {
    const { context, status, output } = rest!;
    const ended = output === undefined ? {} : { output };
    return { ...about(subject, seq, t), value, context, status, ...ended, ...(subject.late ? { late: true } : {}) };
  }
  const { status = 'active', output, error, context } = rest ?? {};
  const tr = (Array.isArray(transitions) ? transitions : [transitions]) as Edge[];
  const opaque = opaqueIn(event, values);
  return {
    type: 'event',
    seq,
    t,
    id: subject.id,
    ...(from === undefined ? {} : { from }),
    value,
    ...(status === 'active' ? {} : { status }),
    // Before what may be large: the rest of a line is cut when it has become too long, and a page counts on these.
    ...(tr.length === 0 ? {} : { tr: tr.map(edgeJson) }),
    ...(error === undefined ? {} : { error: describeError(error, fieldValues) }),
    ...(opaque === undefined ? {} : { opaque }),
    event,
    ...(output === undefined ? {} : { output }),
    ...(status === 'active' ? {} : { context }),
  };
}

function rawAppLine(
  subject: Subject,
  { seq, t, from, event, value, rest, transitions }: Held,
): Record<string, unknown> {
  const taken = (Array.isArray(transitions) ? transitions : transitions === undefined ? [] : [transitions]) as Edge[];
  const line = appLine(subject, { ...rest!, t, from, event, value, transitions: taken }, seq);
  return line.type === 'actor' ? { status: 'active', ...line } : { ...line };
}

function lateLine(subject: Subject, base: Standing): Record<string, unknown> {
  const { value, context, status } = base;
  if (subject.ofApp !== undefined) return { ...appActorLine(subject, base), status, late: true };
  return { ...about(subject, base.seq, subject.t), value, context, status, late: true };
}

function about(subject: Subject, seq: number, t: number): Record<string, unknown> {
  const { id, path, name, loop, parent, runId, forkOf, under } = subject;
  const above = parent === undefined ? {} : { parent: parent.id };
  const run = runId === undefined ? {} : { run: runId };
  const fork = forkOf === undefined ? {} : { forkOf };
  const app = under === undefined ? {} : { under: under.id };
  return { type: 'actor', seq, t, id, path, name, loop, ...above, ...run, ...fork, ...app, chart: chartKey };
}

/** The chart of all loops, as data. */
export function chartLine(seq: number, t: number): Line {
  return { type: 'chart', seq, t, key: chartKey, root: chartJson(rootNode(chart)) };
}
