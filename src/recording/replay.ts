import type { LoopContext, LoopStateValue } from '../chart/context.ts';
import type { Stand } from '../chart/loop-actor.ts';
import { isFinal, isState, next } from '../chart/rules.ts';
import { isAlike } from '../data/alike.ts';
import { LoopError } from '../data/errors.ts';
import type { Json } from '../data/json.ts';
import { decodeJson, encodeContext } from '../data/json-form.ts';
import { shown } from '../data/shown.ts';
import { LineOrder } from './line-order.ts';
import {
  type ActorLine,
  type EventLine,
  isOfApp,
  live,
  liveEvent,
  plainOutput,
  type RecordingLine,
  toldError,
} from './lines.ts';
import { asOfNow, inOlderForm, withoutNewWords } from './older-lines.ts';
import { asRecorded, NotTold, type Told } from './told-lines.ts';

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

/**
 * A loop's context after a line, from the one before it, both as lines keep them: a step of `replay` for whoever jumps
 * about in a recording, such as an inspector.
 */
export function contextAfter(line: EventLine, before: Json): Json {
  const from = line.tr?.[0]?.[0];
  if (from === undefined) return before;
  // A transition of the whole chart is taken from any state.
  const source = from.slice(from.lastIndexOf('.') + 1);
  const value = isState(source) ? source : 'advancing';
  const context = asOfNow(decodeJson(before) as unknown as LoopContext);
  return encodeContext(next(value, context, liveEvent(ownForm(line).event)).context);
}

/** A line as `record()` has it, where a page was told more than that and all that it takes. */
function ownForm(line: EventLine): EventLine {
  if ((line as Told<EventLine>).opaque === undefined) return line;
  try {
    return asRecorded(line);
  } catch {
    return line;
  }
}

/**
 * Runs the chart over a recording, without any user code: the same values, contexts and outputs of its loops. Actors of the
 * app that are recorded with them are passed over. Recordings that the
 * inspector's page has saved are read as well, from where they begin.
 * @throws LoopError `REPLAY_MISMATCH` where the recording and the chart disagree, or a line is missing
 */
export function* replay(recording: Iterable<RecordingLine>): Generator<Frame, void> {
  const actors = new Map<string, Actor>();
  let order: LineOrder | undefined;
  let isOfPage = false;
  for (const line of recording) {
    if (order === undefined) {
      if (line.type !== 'recording') throw mismatch(0, '', 'a recording, which begins with its format', shown(line));
      if (line.format !== 1) throw mismatch(0, '', 'a recording of format 1', `format ${shown(line.format)}`);
      order = new LineOrder(line);
      isOfPage = typeof line.runId === 'string' && line.runId !== '';
      continue;
    }
    if (order.passesOver(line)) continue;
    const { next: seq } = order;
    if (line.type !== 'actor' && line.type !== 'event' && line.type !== 'chart')
      throw mismatch(seq - 1, '', 'an actor or an event', shown(line));
    const about = line.type === 'chart' ? line.key : line.id;
    if (!order.takes(line)) throw mismatch(seq, about, `line ${seq}`, `line ${line.seq}`);
    // What the app's own actors did follows from code of the app.
    if (line.type === 'chart' || isOfApp(line.id)) continue;
    let frame: Frame;
    try {
      const own = isOfPage ? asRecorded(line) : line;
      frame = own.type === 'actor' ? introduced(own) : handled(own);
    } catch (cause) {
      if (cause instanceof LoopError) throw cause;
      if (cause instanceof NotTold) throw mismatch(line.seq, line.id, toldWhole, cause.message, cause);
      throw mismatch(line.seq, line.id, 'a line that the chart can follow', (cause as Error).message, cause);
    }
    yield frame;
  }

  function introduced(line: ActorLine): Frame {
    const { id, path, value, status = 'active' } = line;
    if (actors.has(id)) throw mismatch(line.seq, path, 'an actor that is not there yet', id);
    const context = decodeJson(line.context) as unknown as LoopContext;
    if (!isState(value)) throw mismatch(line.seq, path, 'a state of the chart', shown(value));
    if (!isContext(context)) throw mismatch(line.seq, path, 'a context', shown(line.context));
    const output = line.output === undefined ? undefined : live(line.output);
    const stand = {
      value,
      context: asOfNow(context),
      status: isFinal(value) ? 'done' : status,
      output,
      error: undefined,
    } as const;
    const actor: Actor = { path, stand };
    if (stand.status === 'active') actors.set(id, actor);
    return frameOf(line, actor, { type: 'xstate.init' });
  }

  function handled(line: EventLine): Frame {
    const actor = actors.get(line.id);
    if (actor === undefined) throw mismatch(line.seq, line.id, 'an actor that the recording has introduced', line.id);
    const { path } = actor;
    const event = liveEvent(line.event);
    actor.stand = next(actor.stand.value, actor.stand.context, event);
    const { value, context, status, output, error } = actor.stand;
    const told = line.status ?? 'active';
    if (value !== line.value || status !== told) {
      throw mismatch(line.seq, path, `${event.type} to lead to ${line.value} (${told})`, `${value} (${status})`);
    }
    if (line.context !== undefined) same(line, path, 'context', line.context, encodeContext(context));
    same(line, path, 'output', line.output, output === undefined ? undefined : plainOutput(output));
    same(line, path, 'error', line.error, error === undefined ? undefined : toldError(error));
    if (status !== 'active') actors.delete(line.id);
    return frameOf(line, actor, event);
  }
}

/** What the page shows it need not know whole. */
const toldWhole =
  'a value that was told whole (of a recording that a page has saved, replay cannot follow what was cut, or is neither an ' +
  'error nor plain data where it was thrown; those of recordTo() and record() hold all)';

function isContext(value: unknown): boolean {
  return typeof value === 'object' && value !== null && typeof (value as { steps?: unknown }).steps === 'number';
}

/** Where an actor stands in a replay. */
interface Actor {
  path: string;
  stand: Stand;
}

function frameOf({ seq, id }: ActorLine | EventLine, { path, stand }: Actor, event: Frame['event']): Frame {
  const { value, context, status, output } = stand;
  return { seq, path, id, event, value, context, status, ...(output === undefined ? {} : { output }) };
}

function same(line: EventLine, path: string, what: string, told: Json | undefined, got: Json | undefined): void {
  if (told === got) return;
  const [before, now] = inOlderForm(decodeJson(told as Json), decodeJson(got as Json));
  if (!isAlike(before, now) && !isAlike(before, withoutNewWords(now)))
    throw mismatch(line.seq, path, `the ${what} ${shown(told)}`, shown(got));
}

function mismatch(seq: number, path: string, expected: string, got: string, cause?: unknown): LoopError {
  return new LoopError(
    'REPLAY_MISMATCH',
    `At ${seq} the recording and the chart disagree: expected ${expected}, got ${got}.`,
    path,
    ...(cause === undefined ? [] : [{ cause }]),
  );
}
