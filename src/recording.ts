import { type AnyActorRef, createActor, type InspectionEvent } from 'xstate';
import { LoopError } from './errors.ts';
import {
  decodeNumbers,
  describeError,
  encodeNumbers,
  isPlain,
  type Json,
  type PlainError,
  revivedError,
} from './json.ts';
import { type LoopContext, type LoopStateValue, type Report, replayChart } from './machine.ts';
import { recorder } from './run.ts';
import { machineLoops } from './running.ts';

/** A line of a recording: plain JSON, with `NaN` and its like as `{ "$n": "NaN" }` and errors as `{ "$error": … }`. */
export type RecordingLine = RecordingHeader | ActorLine | EventLine;

interface RecordingHeader {
  type: 'recording';
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
  /** Transitions taken: from which state, to which, on which event. */
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
  const keep = onLine ?? ((line: RecordingLine) => void recording.push(line));
  let seq = 0;

  const observer = {
    recording,
    [recorder]: true,
    next(event: InspectionEvent): void {
      const actor = event.actorRef as AnyActorRef;
      switch (event.type) {
        case '@xstate.event': {
          // An actor that was there before the recorder: as it is before it handles what comes.
          if (isLoop(actor) && !ids.has(actor) && event.event.type !== 'xstate.init')
            see(actor, actor.getSnapshot(), true);
          const from = event.sourceRef === undefined ? undefined : nameOf(event.sourceRef as AnyActorRef);
          if (from !== undefined) senders.set(event.event, from);
          break;
        }
        case '@xstate.snapshot':
          if (event.event.type === 'xstate.init' && isLoop(actor) && !ids.has(actor)) see(actor, event.snapshot, false);
          break;
        case '@xstate.microstep':
          if (ids.has(actor)) handled(actor, event.event, event.snapshot, event._transitions);
          break;
        default:
      }
    },
  };
  keep({ type: 'recording', format: 1 });
  return observer;

  function see(actor: AnyActorRef, snapshot: any, late: boolean): void {
    const context = snapshot.context as LoopContext;
    const parent = context.name === null || actor._parent === undefined ? undefined : ids.get(actor._parent);
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
      value: snapshot.value,
      context: encodeNumbers(context as unknown as Json),
      ...(late ? { late: true } : {}),
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
      ...(output === undefined ? {} : { output: plain(output) }),
      ...(error === undefined ? {} : { error: describeError(error) }),
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
  const key = (node: { key: string }) => node.key;
  return [key(transition.source), transition.target?.map(key) ?? null, transition.eventType];
}

function isLoop(actor: AnyActorRef): boolean {
  return logicOf(actor).config?.id === 'loop' && actor.getSnapshot() !== undefined;
}

function logicOf(actor: AnyActorRef): { config?: { id?: string } } {
  return (actor as unknown as { logic: { config?: { id?: string } } }).logic;
}

/** What user code gave may be anything; what is no plain data is named by its kind. */
function plain(value: unknown): Json {
  if (value instanceof Error) return { $error: describeError(value) };
  if (isPlain(value)) return encodeNumbers(value);
  return { $opaque: typeof value === 'object' ? (value?.constructor?.name ?? 'object') : typeof value };
}

function plainEvent(event: { type: string }): { type: string; [key: string]: Json } {
  const told: { type: string; [key: string]: Json } = { type: event.type };
  for (const [key, value] of Object.entries(event) as [string, unknown][]) {
    if (value === undefined) continue;
    if (key === 'output' && isReport(value)) {
      const { value: returned, ...rest } = value;
      told[key] = {
        ...(encodeNumbers(rest as unknown as Json) as object),
        ...(returned === undefined ? {} : { value: plain(returned) }),
      };
    } else {
      told[key] = plain(value);
    }
  }
  return told;
}

/** How a hook's actor reports: what the hook returned may be anything, the rest is plain. */
function isReport(value: unknown): value is Report {
  return typeof value === 'object' && value !== null && 'hook' in value && 'commit' in value;
}

function live(value: Json): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('$error' in value) return revivedError(value.$error as PlainError);
  return decodeNumbers(value);
}

function liveEvent(event: { type: string; [key: string]: Json }): { type: string; [key: string]: unknown } {
  return { ...Object.fromEntries(Object.entries(event).map(([key, value]) => [key, live(value)])), type: event.type };
}

/** A recording as text, one line of JSON each. */
export function formatRecording(recording: Recording): string {
  return recording.map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** The inverse of `formatRecording`. @throws LoopError `REPLAY_MISMATCH`, naming the line that is no JSON */
export function parseRecording(text: string): Recording {
  const lines = text.split('\n');
  return lines.flatMap((line, i): Recording => {
    if (line.trim() === '') return [];
    try {
      return [JSON.parse(line)];
    } catch (cause) {
      throw new LoopError(
        'REPLAY_MISMATCH',
        `Expected line ${i + 1} of the recording to be JSON, got \`${line.slice(0, 60)}\`.`,
        '',
        { cause },
      );
    }
  });
}

/**
 * Runs the chart over a recording, without any user code: the same values, contexts and outputs.
 * @throws LoopError `REPLAY_MISMATCH` where the recording and the chart disagree
 */
export function* replay(recording: Iterable<RecordingLine>): Generator<Frame, void> {
  const actors = new Map<string, { path: string; snapshot: any }>();
  const self = createActor(replayChart, { input: [] } as any);
  const scope: any = {
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
  for (const line of recording) {
    if (line.type === 'recording') {
      if (line.format !== 1) throw mismatch(0, '', 'a recording of format 1', `format ${JSON.stringify(line.format)}`);
    } else if (line.type === 'actor') {
      const context = decodeNumbers(line.context) as unknown as LoopContext;
      actors.set(line.id, {
        path: line.path,
        snapshot: replayChart.resolveState({ value: line.value, context } as any),
      });
      yield {
        seq: line.seq,
        path: line.path,
        id: line.id,
        event: { type: 'xstate.init' },
        value: line.value,
        context,
        status: 'active',
      };
    } else if (line.type === 'event') {
      const actor = actors.get(line.id);
      if (actor === undefined) throw mismatch(line.seq, line.id, 'an actor that the recording has introduced', line.id);
      const event = liveEvent(line.event);
      if (line.event.type === 'xstate.stop') {
        actor.snapshot = { ...actor.snapshot, status: 'stopped' };
      } else {
        actor.snapshot = (replayChart as any).transition(actor.snapshot, event, scope);
      }
      const { value, context, status, output } = actor.snapshot;
      const told = line.status ?? 'active';
      if (value !== line.value || status !== told) {
        throw mismatch(
          line.seq,
          actor.path,
          `${line.event.type} to lead to ${line.value} (${told})`,
          `${value} (${status})`,
        );
      }
      if (line.context !== undefined) same(line, actor.path, 'context', line.context, encodeNumbers(context));
      if (line.output !== undefined) same(line, actor.path, 'output', line.output, plain(output));
      yield {
        seq: line.seq,
        path: actor.path,
        id: line.id,
        event,
        value,
        context,
        status,
        ...(output === undefined ? {} : { output }),
      };
    }
  }
}

function same(line: EventLine, path: string, what: string, told: Json, got: Json): void {
  const [a, b] = [JSON.stringify(told), JSON.stringify(got)];
  if (sorted(told) !== sorted(got)) throw mismatch(line.seq, path, `the ${what} ${a}`, b);
}

function sorted(value: Json): string {
  return JSON.stringify(value, (_, inner) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

function mismatch(seq: number, path: string, expected: string, got: string): LoopError {
  return new LoopError(
    'REPLAY_MISMATCH',
    `At ${seq} the recording and the chart disagree: expected ${expected}, got ${got}.`,
    path,
  );
}
