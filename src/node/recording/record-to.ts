import { closeSync, constants, fchmodSync, openSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import type { InspectionEvent } from 'xstate';
import { LoopError } from '../../data/errors.ts';
import type { RecordingLine } from '../../recording/lines.ts';
import { record } from '../../recording/recording.ts';
import { atExit } from '../exit.ts';

/** An inspection observer that writes a recording. */
export interface FileRecorder {
  /** Takes in what XState tells. */
  next(event: InspectionEvent): void;
  /** Writes the rest. */
  close(): void;
}

/** What takes a file from the recorder that writes it: two would write over each other. By path. */
const writing = new Map<string, () => void>();

/** Lines are written together, this many characters at a time. */
const portion = 65_536;

/**
 * Records a run into a file, a line of JSON each: `loop.start({ inspect: recordTo('run.jsonl') })`. The file holds what the
 * loops held, secrets too, so only its owner may read it. What `redact` returns is written in place of a line; nothing, if nothing.
 * @throws LoopError `STORE` where it cannot be written: here, and later by a warning, since the run goes on
 */
export function recordTo(
  path: string,
  { redact }: { redact?: (line: RecordingLine) => RecordingLine | undefined } = {},
): FileRecorder {
  const place = resolve(path);
  writing.get(place)?.();
  const file = create(path);
  let waiting = '';
  let failed = false;
  let isTakenOver = false;
  const flush = () => {
    if (failed || waiting === '') return;
    try {
      writeSync(file, waiting);
    } catch (cause) {
      failed = true;
      process.emitWarning(new LoopError('STORE', `Could not write to the recording ${path}.`, '', { cause }));
    }
    waiting = '';
  };
  const recorder = record((line) => {
    if (isTakenOver) {
      isTakenOver = false;
      process.emitWarning(
        new LoopError(
          'STORE',
          `Another recorder writes ${path} by now: of this run it holds no more. Give each run a file of its own.`,
        ),
      );
    }
    const left = redact === undefined ? line : redact(structuredClone(line));
    if (left === undefined || failed) return;
    waiting += `${JSON.stringify(left)}\n`;
    if (waiting.length > portion) flush();
  });
  const timer = setInterval(flush, 1000).unref();
  const close = () => {
    clearInterval(timer);
    forget();
    flush();
    if (!failed) closeSync(file);
    failed = true;
    if (writing.get(place) === takenOver) writing.delete(place);
  };
  const forget = atExit(close);
  const takenOver = () => {
    close();
    isTakenOver = true;
  };
  writing.set(place, takenOver);
  return { next: (event) => recorder.next(event), close };
}

function create(path: string): number {
  try {
    // Through no link that somebody else has put there; and what was there is not read by others from now on.
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | (constants.O_NOFOLLOW ?? 0);
    const file = openSync(path, flags, 0o600);
    fchmodSync(file, 0o600);
    return file;
  } catch (cause) {
    throw new LoopError('STORE', `Could not make the recording ${path}: ${(cause as Error).message}.`, '', { cause });
  }
}
