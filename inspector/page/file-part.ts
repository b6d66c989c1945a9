import { session } from './session.ts';

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
  session.close(recording);
  session.open(part);
}
