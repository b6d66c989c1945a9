import type { LoopContext } from '../chart/context.ts';
import { isState, next } from '../chart/rules.ts';
import { LoopError } from '../data/errors.ts';
import type { Json } from '../data/json.ts';
import { decodeJson, encodeContext } from '../data/json-form.ts';
import { shown } from '../data/shown.ts';
import { checkIsRecording } from './is-recording.ts';
import { LineOrder } from './line-order.ts';
import { type EventLine, isOfApp, liveEvent, type RecordingLine } from './lines.ts';
import { asOfNow } from './older-lines.ts';
import { type Frame, mismatch, ReplayedActors } from './replayed-actors.ts';
import { asRecorded, NotTold, type Told } from './told-lines.ts';

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
 * @throws LoopError `REPLAY_MISMATCH` where the recording and the chart disagree, or a line is missing;
 *   MisconfigurationError for what is no recording
 */
export function* replay(recording: Iterable<RecordingLine>): Generator<Frame, void> {
  checkIsRecording('replay', recording);
  const actors = new ReplayedActors();
  let order: LineOrder | undefined;
  let isOfPage = false;
  for (const line of recording) {
    if (order === undefined) {
      if (line.type !== 'recording') throw mismatch(0, '', 'a recording, which begins with its format', shown(line));
      if (line.format !== 1) throw mismatch(0, '', 'a recording of format 1', `format ${shown(line.format)}`);
      order = new LineOrder(line);
      isOfPage = typeof line.runId === 'string' && line.runId !== '' && line.recorded !== true;
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
      frame = own.type === 'actor' ? actors.introduced(own) : actors.handled(own);
    } catch (cause) {
      if (cause instanceof LoopError) throw cause;
      if (cause instanceof NotTold) throw mismatch(line.seq, line.id, toldWhole, cause.message, cause);
      throw mismatch(line.seq, line.id, 'a line that the chart can follow', (cause as Error).message, cause);
    }
    yield frame;
  }
}

/** What the page shows it need not know whole. */
const toldWhole =
  'a value that was told whole (of a recording that a page has saved, replay cannot follow what was cut, or is neither an ' +
  'error nor plain data where it was thrown; those of recordTo() and record() hold all)';
