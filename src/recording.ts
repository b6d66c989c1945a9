import { type AnyActorRef, createActor, type InspectionEvent } from 'xstate';
import { LoopError } from './errors.ts';
import {
  decodeNumbers,
  describeError,
  encodeNumbers,
  isPlain,
  type Json,
  type PlainError,
  plainOrNot,
  revivedError,
  shown,
} from './json.ts';
import { isEnvelope, type LoopContext, type LoopStateValue, type Report, replayChart } from './machine.ts';
import { recorder } from './run.ts';
import { machineLoops } from './running.ts';

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

/** Where a loop stood after an event. */
export interface Frame {
  seq: number;
  path: string;
  /** The path and which run of it: `fit.epoch#3`. */
  id: string;
  /** The event; `xstate.init` when the loop was first seen. */
  event: { type: string; [key: string]: unknown };
  value: LoopStateValue;
  context: LoopContext;
  status: 'active' | 'done' | 'error' | 'stopped';
  output?: unknown;
}

/** An inspection observer that keeps a recording. */
export interface Recorder {
  readonly recording: Recording;
  next(event: InspectionEvent): void;
}

/**
 * Records the loops of a run: `loop.start({ inspect: record() })`. Other actors of the system are left out.
 * @param onLine called with each line as it is made, and the recording stays empty: for writing it elsewhere
 */
export function record(onLine?: (line: RecordingLine) => void): Recorder {
  const recording: Recording = [];
  const ids = new WeakMap<AnyActorRef, string>();
  const times = new Map<string, number>();
  const senders = new WeakMap<object, string>();
  const announced = new WeakSet<AnyActorRef>();
  const keep = onLine ?? ((line: RecordingLine) => void recording.push(line));
  let seq = 0;

  const observer = {
    recording,
    [recorder]: true,
    next(event: InspectionEvent): void {
      const actor = event.actorRef as AnyActorRef;
      switch (event.type) {
        case '@xstate.actor':
          announced.add(actor);
          break;
        case '@xstate.event': {
          // As it is before it handles what comes.
          if (isLoop(actor) && !ids.has(actor)) see(actor, event.event.type === 'xstate.init');
          const from = event.sourceRef === undefined ? undefined : nameOf(event.sourceRef as AnyActorRef);
          // Anyone may send the same object again.
          if (from === undefined) senders.delete(event.event);
          else senders.set(event.event, from);
          break;
        }
        case '@xstate.microstep':
          if (ids.has(actor)) handled(actor, event.event, event.snapshot, event._transitions);
          break;
        default:
      }
    },
  };
  keep({ type: 'recording', seq: 0, t: now(), format: 1 });
  return observer;

  function see(actor: AnyActorRef, begins: boolean): void {
    const { value, context, status, output } = actor.getSnapshot() as any;
    const above = context.name === null ? undefined : actor._parent;
    // A recorder that came late may hear of a child first.
    if (above !== undefined && !ids.has(above)) see(above, false);
    const parent = above && ids.get(above);
    const path = parent === undefined ? actor.id : `${parent.slice(0, parent.lastIndexOf('#'))}.${actor.id}`;
    const time = (times.get(path) ?? 0) + 1;
    times.set(path, time);
    const id = `${path}#${time}`;
    ids.set(actor, id);
    keep({
      type: 'actor',
      seq: ++seq,
      t: now(),
      id,
      path,
      loop: machineLoops.get(logicOf(actor))?.constructor.name ?? actor.id,
      ...(parent === undefined ? {} : { parent }),
      value,
      context: encodeNumbers(context),
      ...(status === 'active' ? {} : { status }),
      ...(output === undefined ? {} : { output: plainOutput(output) }),
      ...(begins || announced.has(actor) ? {} : { late: true }),
    });
  }

  function handled(actor: AnyActorRef, event: { type: string }, snapshot: any, transitions: any[]): void {
    const { value, status, output, error, context } = snapshot;
    const from = senders.get(event);
    keep({
      type: 'event',
      seq: ++seq,
      t: now(),
      id: ids.get(actor)!,
      ...(from === undefined ? {} : { from }),
      event: plainEvent(event),
      value,
      ...(status === 'active' ? {} : { status, context: encodeNumbers(context) }),
      ...(output === undefined ? {} : { output: plainOutput(output) }),
      ...(error === undefined ? {} : { error: toldError(error) }),
      ...(transitions.length === 0 ? {} : { tr: transitions.map(edge) }),
    });
  }

  function nameOf(actor: AnyActorRef): string | undefined {
    const own = ids.get(actor);
    if (own !== undefined) return own;
    const machine = actor._parent && ids.get(actor._parent);
    return machine === undefined ? undefined : `${machine}/${actor.id}`;
  }
}

function now(): number {
  return performance.timeOrigin + performance.now();
}

function edge(transition: any): [string, string[] | null, string] {
  const id = (node: { id: string }) => node.id;
  return [id(transition.source), transition.target?.map(id) ?? null, transition.eventType];
}

function isLoop(actor: AnyActorRef): boolean {
  return logicOf(actor).config?.id === 'loop' && actor.getSnapshot() !== undefined;
}

function logicOf(actor: AnyActorRef): { config?: { id?: string } } {
  return (actor as unknown as { logic: { config?: { id?: string } } }).logic;
}

const marks = ['$error', '$opaque', '$plain'];

function isMarked(value: unknown): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && marks.some((mark) => mark in value);
}

/** What user code gave may be anything; what is no plain data is named by its kind. */
function plain(value: unknown): Json {
  if (value instanceof Opaque) return value.mark;
  if (value instanceof Error) return plainError(value);
  // A copy: the code that gave it may go on changing it.
  const told = plainOrNot(value);
  if (told === undefined) return { $opaque: kindOf(value) };
  const encoded = encodeNumbers(told.copy);
  return isMarked(encoded) ? { $plain: encoded } : encoded;
}

function toldError(error: unknown): PlainError {
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

function plainOutput(output: unknown): Json {
  if (isEnvelope(output)) {
    const { output: returned, ...rest } = output;
    if (isPlain(rest)) return { ...inner(rest), ...(returned === undefined ? {} : { output: plain(returned) }) };
  }
  return plain(output);
}

function plainEvent(event: { type: string }): { type: string; [key: string]: Json } {
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

function live(value: Json): unknown {
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

function liveEvent(event: { type: string; [key: string]: Json }): { type: string; [key: string]: unknown } {
  const { output } = event;
  const told = Object.fromEntries(Object.entries(event).map(([key, value]) => [key, live(value)]));
  if (isReport(output) && 'value' in output) told.output = { ...told.output!, value: live(output.value as Json) };
  if (isEnvelope(output) && 'output' in output) told.output = { ...told.output!, output: live(output.output as Json) };
  return { ...told, type: event.type };
}

/** A recording as text, one line of JSON each. */
export function formatRecording(recording: Recording): string {
  return recording.map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** The inverse of `formatRecording`. @throws LoopError `REPLAY_MISMATCH`, naming the line that is no JSON object */
export function parseRecording(text: string): Recording {
  return text.split('\n').flatMap((line, i): Recording => {
    if (line.trim() === '') return [];
    let parsed: unknown;
    let cause: unknown;
    try {
      parsed = JSON.parse(line);
    } catch (error) {
      cause = error;
    }
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return [parsed as RecordingLine];
    throw new LoopError(
      'REPLAY_MISMATCH',
      `Expected line ${i + 1} of the recording to be a JSON object, got \`${line.slice(0, 60)}\`. The recording is damaged: go back to the original.`,
      '',
      { cause },
    );
  });
}

/** What the chart needs beside a snapshot and an event, where nothing may come of them. */
function inertScope(): any {
  const self = createActor(replayChart, { input: [] } as any);
  return {
    self,
    system: self.system,
    id: '',
    sessionId: '',
    logger: () => {},
    defer: () => {},
    emit: () => {},
    stopChild: () => {},
    actionExecutor: () => {},
  };
}

let scopeOfSteps: any;

/**
 * A loop's context after a line, from the one before it, both as lines keep them: a step of `replay` for whoever jumps
 * about in a recording, such as an inspector.
 */
export function contextAfter(line: EventLine, before: Json): Json {
  const from = line.tr?.[0]?.[0];
  if (from === undefined) return before;
  scopeOfSteps ??= inertScope();
  // A transition of the whole chart is taken from any state.
  const source = from.slice(from.lastIndexOf('.') + 1);
  const value = source in replayChart.states ? source : 'advancing';
  const snapshot = replayChart.resolveState({ value, context: decodeNumbers(before) } as any);
  return encodeNumbers((replayChart as any).transition(snapshot, liveEvent(line.event), scopeOfSteps).context);
}

/**
 * Runs the chart over a recording, without any user code: the same values, contexts and outputs.
 * @throws LoopError `REPLAY_MISMATCH` where the recording and the chart disagree, or a line is missing
 */
export function* replay(recording: Iterable<RecordingLine>): Generator<Frame, void> {
  const actors = new Map<string, Actor>();
  const scope = inertScope();
  /** Of the line before. */
  let seq: number | undefined;
  for (const line of recording) {
    if (seq === undefined) {
      if (line.type !== 'recording') throw mismatch(0, '', 'a recording, which begins with its format', shown(line));
      if (line.format !== 1) throw mismatch(0, '', 'a recording of format 1', `format ${shown(line.format)}`);
      seq = 0;
      continue;
    }
    if (line.type !== 'actor' && line.type !== 'event') throw mismatch(seq, '', 'an actor or an event', shown(line));
    if (line.seq !== ++seq) throw mismatch(seq, line.id, `line ${seq}`, `line ${line.seq}`);
    let frame: Frame;
    try {
      frame = line.type === 'actor' ? introduced(line) : handled(line);
    } catch (cause) {
      if (cause instanceof LoopError) throw cause;
      throw mismatch(seq, line.id, 'a line that the chart can follow', (cause as Error).message, cause);
    }
    yield frame;
  }

  function introduced(line: ActorLine): Frame {
    const { id, path, value, status = 'active' } = line;
    if (actors.has(id)) throw mismatch(line.seq, path, 'an actor that is not there yet', id);
    const context = decodeNumbers(line.context) as unknown as LoopContext;
    const output = line.output === undefined ? undefined : live(line.output);
    const snapshot = replayChart.resolveState({ value, context, status, output } as any);
    const actor: Actor = { path, snapshot };
    if (snapshot.status === 'active') actors.set(id, actor);
    return frameOf(line, actor, { type: 'xstate.init' });
  }

  function handled(line: EventLine): Frame {
    const actor = actors.get(line.id);
    if (actor === undefined) throw mismatch(line.seq, line.id, 'an actor that the recording has introduced', line.id);
    const { path } = actor;
    const event = liveEvent(line.event);
    actor.snapshot =
      event.type === 'xstate.stop'
        ? { ...actor.snapshot, status: 'stopped' }
        : (replayChart as any).transition(actor.snapshot, event, scope);
    const { value, context, status, output, error } = actor.snapshot;
    const told = line.status ?? 'active';
    if (value !== line.value || status !== told) {
      throw mismatch(line.seq, path, `${event.type} to lead to ${line.value} (${told})`, `${value} (${status})`);
    }
    if (line.context !== undefined) same(line, path, 'context', line.context, encodeNumbers(context));
    same(line, path, 'output', line.output, output === undefined ? undefined : plainOutput(output));
    same(line, path, 'error', line.error, error === undefined ? undefined : toldError(error));
    if (status !== 'active') actors.delete(line.id);
    return frameOf(line, actor, event);
  }
}

/** Where an actor stands in a replay. */
interface Actor {
  path: string;
  snapshot: any;
}

function frameOf({ seq, id }: ActorLine | EventLine, { path, snapshot }: Actor, event: Frame['event']): Frame {
  const { value, context, status, output } = snapshot;
  return { seq, path, id, event, value, context, status, ...(output === undefined ? {} : { output }) };
}

function same(line: EventLine, path: string, what: string, told: Json | undefined, got: Json | undefined): void {
  if (told !== got && sorted(told) !== sorted(got))
    throw mismatch(line.seq, path, `the ${what} ${shown(told)}`, shown(got));
}

function sorted(value: Json | undefined): string {
  return JSON.stringify(value, (_, inner) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

function mismatch(seq: number, path: string, expected: string, got: string, cause?: unknown): LoopError {
  return new LoopError(
    'REPLAY_MISMATCH',
    `At ${seq} the recording and the chart disagree: expected ${expected}, got ${got}.`,
    path,
    ...(cause === undefined ? [] : [{ cause }]),
  );
}
