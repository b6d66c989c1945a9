import type { InspectionEvent } from 'xstate';
import { LoopError, MisconfigurationError } from '../data/errors.ts';
import { encodeContext } from '../data/json-form.ts';
import { kindOf } from '../data/shown.ts';
import { recorder } from '../run/options.ts';
import { appLine } from './app-lines.ts';
import { edgeJson } from './edges.ts';
import { checkIsRecording } from './is-recording.ts';
import { plainEvent, plainOutput, type Recording, type RecordingLine, toldError } from './lines.ts';
import { Observer } from './observer.ts';
import type { Sighting } from './sighting.ts';

/** An inspection observer that keeps a recording. */
export interface Recorder {
  /** The lines so far. */
  readonly recording: Recording;
  /** Takes in what XState tells. */
  next(event: InspectionEvent): void;
}

/**
 * Records the loops of a run: `loop.start({ inspect: record() })`, or of an app's own machine that invokes some:
 * `createActor(app, { inspect: record() })`.
 * What goes wrong in here stays in here: a line that could not be made says so, and a replay ends there with `REPLAY_MISMATCH`.
 * @param onLine called with each line as it is made, and the recording stays empty: for writing it elsewhere. What it
 * throws is reported as uncaught, and does not reach the run
 * @param options `apps`: with the loops, the actors of the app that are in one system with them. Default: false
 */
export function record(onLine?: (line: RecordingLine) => void, { apps = false }: { apps?: boolean } = {}): Recorder {
  const recording: Recording = [];
  const observer = new Observer((sighting) => {
    if (apps || sighting.subject.ofApp === undefined) told(() => lineOf(sighting, seq));
  });
  let seq = 0;
  keep({ type: 'recording', seq: 0, t: performance.timeOrigin + performance.now(), format: 1 });
  return { recording, [recorder]: true, next } as Recorder;

  function next(event: InspectionEvent): void {
    try {
      observer.next(event);
    } catch {
      told(() => missing(seq));
    }
  }

  function told(line: () => RecordingLine): void {
    seq++;
    let made: RecordingLine;
    try {
      made = line();
    } catch {
      made = missing(seq);
    }
    keep(made);
  }

  function keep(line: RecordingLine): void {
    if (onLine === undefined) {
      recording.push(line);
      return;
    }
    try {
      onLine(line);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}

function lineOf(sighting: Sighting, seq: number): RecordingLine {
  const { subject, event, t, from, value, status, context, output, error, transitions } = sighting;
  if (subject.ofApp !== undefined) return appLine(subject, sighting, seq);
  const { id, path, loop, parent, runId, under, late } = subject;
  const returned = output === undefined ? {} : { output: plainOutput(output) };
  if (event === undefined) {
    return {
      type: 'actor',
      seq,
      t,
      id,
      path,
      loop,
      ...(parent === undefined ? {} : { parent: parent.id }),
      ...(runId === undefined ? {} : { run: runId }),
      ...(under === undefined ? {} : { under: under.id }),
      value,
      context: encodeContext(context),
      ...(status === 'active' ? {} : { status }),
      ...returned,
      ...(late ? { late } : {}),
    };
  }
  return {
    type: 'event',
    seq,
    t,
    id,
    ...(from === undefined ? {} : { from }),
    event: plainEvent(event),
    value,
    ...(status === 'active' ? {} : { status, context: encodeContext(context) }),
    ...returned,
    ...(error === undefined ? {} : { error: toldError(error) }),
    ...(transitions.length === 0 ? {} : { tr: transitions.map(edgeJson) }),
  };
}

/** In the place of a line that could not be made. */
function missing(seq: number): RecordingLine {
  return { type: 'lagged', seq, t: Date.now(), from: seq, to: seq, count: 1, why: 'fault' } as unknown as RecordingLine;
}

/** A recording as text, one line of JSON each. @throws MisconfigurationError for what is no recording */
export function formatRecording(recording: Recording): string {
  checkIsRecording('formatRecording', recording);
  return recording.map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** The inverse of `formatRecording`. @throws LoopError `REPLAY_MISMATCH`, naming the line that is no JSON object */
export function parseRecording(text: string): Recording {
  if (typeof text !== 'string')
    throw new MisconfigurationError(`parseRecording expected text, got a ${kindOf(text)}. Read the file as 'utf8'.`);
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
