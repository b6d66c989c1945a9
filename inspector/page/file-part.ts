import { batch, effect } from '@preact/signals';
import type { FileParts } from '../sources/file-parts.ts';
import type { Source } from '../sources/source.ts';
import { keepSpans } from './file-spans.ts';
import type { Recording } from './recording.ts';
import { type ComparedRun, session } from './session.ts';

/** Which lines of a file that is too large for the page are held, and which parts of it can be read instead. */
export interface FilePart {
  /** Counted from 1. Where none is held yet, the one before. */
  first: number;
  last: number;
  /** The line that is shown. */
  shown: number;
  parts: FileParts;
  earlier: number | undefined;
  later: number | undefined;
}

/** Nothing where all of what is shown is held, or it comes from no file. */
export function filePart(): FilePart | undefined {
  session.version.value;
  const { store } = session;
  const recording = session.recording.value;
  const { parts, from } = recording?.source ?? {};
  if (!recording || !parts || !(store.end || from !== undefined)) return undefined;
  const begin = parts.marks[from ?? 0]!.line;
  const last = Math.max(begin, recording.upTo);
  const first = Math.max(begin, last - (store.end - store.first));
  const earlier = parts.beside(first, last, -1);
  const isReading = recording.status.value?.kind === 'opening';
  const later = isReading ? undefined : parts.beside(first, last, 1);
  if (earlier === undefined && later === undefined) return undefined;
  const shown = Math.min(last, Math.max(first + 1, last - (store.last - session.now.value)));
  return { first: first + 1, last, shown, parts, earlier, later };
}

/** Shows another part of the file in place of the one that is shown. */
export function readPart(mark: number | undefined): Source | undefined {
  const recording = session.recording.value;
  if (mark === undefined || !recording?.source.partFrom) return undefined;
  keepSpans(recording.source.parts!, recording.store);
  const part = recording.source.partFrom(mark);
  const compared = session.compared.peek();
  // In one go: what leads from part to part stays where it is, and keeps the focus.
  batch(() => {
    session.close(recording);
    session.open(part);
  });
  compareAgain(compared, recording, part);
  return part;
}

/** Shows a line of the file, counted from 1, and reads the part that it lies in where that is not held. */
export function goToLine(line: number): void {
  const part = filePart();
  const recording = session.recording.value;
  if (!part || !recording || !Number.isFinite(line)) return;
  const wanted = Math.min(Math.max(1, Math.round(line)), part.parts.lines);
  if (wanted >= part.first && wanted <= part.last) {
    jumpTo(recording, wanted);
    return;
  }
  const source = readPart(part.parts.partOf(wanted - 1));
  if (!source) return;
  onceThere(
    source,
    ({ upTo, store }) => store.end > 0 && upTo >= wanted,
    (there) => {
      // Somebody has gone elsewhere meanwhile.
      if (session.recording.peek() === there && session.cursor.peek() === null) jumpTo(there, wanted);
    },
  );
}

/**
 * Shows a time of which bars are known, also where its lines are not held: then the part of the file that they lie in is
 * read. Where there is no file, the nearest that is held is shown.
 */
export function goToTime(t: number): void {
  const { store } = session;
  const part = filePart();
  const isHeld = t >= store.t(store.first) && t <= store.t(store.last);
  const source = part && !isHeld ? readPart(part.parts.partAt(t)) : undefined;
  if (!source) {
    session.jump(store.rowOfTime(t));
    return;
  }
  onceThere(
    source,
    (there) => there.store.end > 0 && there.store.t(there.store.last) >= t,
    (there) => {
      // Somebody has gone elsewhere meanwhile.
      if (session.recording.peek() === there && session.cursor.peek() === null) session.jump(there.store.rowOfTime(t));
    },
  );
}

function jumpTo({ store, upTo }: Recording, line: number): void {
  if (store.end) session.jump(store.end - 1 - (upTo - line));
}

/** Does something once a part has come in as far as that needs, or is over. */
function onceThere(part: Source, isThere: (recording: Recording) => boolean, then: (there: Recording) => void): void {
  const stop = effect(() => {
    session.arrived.value;
    const recording = session.recordings.value.find(({ source }) => source === part);
    if (!recording) return void queueMicrotask(() => stop());
    const isOver = ['whole', 'failed'].includes(recording?.status.value?.kind ?? '');
    if (!(isThere(recording) || isOver)) return;
    // Not within itself: what it changes, it reads.
    queueMicrotask(() => {
      stop();
      then(recording);
    });
  });
}

/** Those of its runs that are compared still are, as the part has them, once they have come in. */
function compareAgain(before: readonly ComparedRun[], earlier: Recording, part: Source): void {
  const wanted = before.filter((one) => one.recording === earlier).map(({ run }) => run.root.id);
  if (!wanted.length) return;
  const rest = session.compared.peek();
  onceThere(
    part,
    ({ store }) => wanted.every((id) => store.runs.some(({ root }) => root.id === id)),
    (recording) => {
      // Somebody has chosen others meanwhile.
      if (session.compared.peek() !== rest) return;
      const now = before.flatMap((one) => {
        if (one.recording !== earlier) return [one];
        const run = recording.store.runs.find(({ root }) => root.id === one.run.root.id);
        return run ? [{ recording, run }] : [];
      });
      session.compare(now);
    },
  );
}
