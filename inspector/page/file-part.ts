import { effect } from '@preact/signals';
import type { Source } from '../sources/source.ts';
import type { Recording } from './recording.ts';
import { type ComparedRun, session } from './session.ts';

/** Which lines of a file that is too large for the page are held, and which parts of it can be read instead. */
export interface FilePart {
  /** Counted from 1. */
  first: number;
  last: number;
  /** How many are known to be there; `isWhole` where there are no more. */
  lines: number;
  isWhole: boolean;
  earlier: number | undefined;
  later: number | undefined;
}

/** Nothing where all of what is shown is held, or it comes from no file. */
export function filePart(): FilePart | undefined {
  session.version.value;
  const { store } = session;
  const recording = session.recording.value;
  const { parts, from } = recording?.source ?? {};
  if (!recording || !parts || !store.end) return undefined;
  const begin = parts.marks[from ?? 0]!.line;
  const first = Math.max(begin, recording.upTo - (store.end - store.first));
  const earlier = parts.beside(first, recording.upTo, -1);
  const isReading = recording.status.value?.kind === 'opening';
  const later = isReading ? undefined : parts.beside(first, recording.upTo, 1);
  if (earlier === undefined && later === undefined) return undefined;
  return { first: first + 1, last: recording.upTo, lines: parts.lines, isWhole: parts.isWhole, earlier, later };
}

/** Shows another part of the file in place of the one that is shown. */
export function readPart(mark: number | undefined): void {
  const recording = session.recording.value;
  if (mark === undefined || !recording?.source.partFrom) return;
  const part = recording.source.partFrom(mark);
  const compared = session.compared.peek();
  session.close(recording);
  session.open(part);
  compareAgain(compared, recording, part);
}

/** Those of its runs that are compared still are, as the part has them, once they have come in. */
function compareAgain(before: readonly ComparedRun[], earlier: Recording, part: Source): void {
  const wanted = before.filter((one) => one.recording === earlier).map(({ run }) => run.root.id);
  if (!wanted.length) return;
  const rest = session.compared.peek();
  const stop = effect(() => {
    session.arrived.value;
    const recording = session.recordings.value.find(({ source }) => source === part);
    const runs = recording?.store.runs ?? [];
    const isThere = wanted.every((id) => runs.some(({ root }) => root.id === id));
    const isOver = ['whole', 'failed'].includes(recording?.status.value?.kind ?? '');
    if (!recording || !(isThere || isOver)) return;
    // Not within itself: what it changes, it reads.
    queueMicrotask(() => {
      stop();
      // Somebody has chosen others meanwhile.
      if (session.compared.peek() !== rest) return;
      const now = before.flatMap((one) => {
        if (one.recording !== earlier) return [one];
        const run = runs.find(({ root }) => root.id === one.run.root.id);
        return run ? [{ recording, run }] : [];
      });
      session.compare(now);
    });
  });
}
