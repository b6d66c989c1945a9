import { asTold } from '../../src/inspect/as-told.ts';
import { completed, faultOf, type Line } from '../lines/line.ts';
import { AlikeLines } from './alike-lines.ts';
import { ByteLines } from './byte-lines.ts';
import { Sequence } from './sequence.ts';
import type { Taken } from './source.ts';
import { unzipped } from './unzip.ts';

/** What a file held besides the lines that are shown. All but `recordings` is of the one that was asked for. */
export interface Reading {
  lines: number;
  /** How many recordings it holds, one behind the other. */
  recordings: number;
  /** Lines that are not there, by their numbers. */
  missing: number;
  /** Lines that are there twice, or later than they belong: how many, and which was the first. */
  misplaced: number;
  firstMisplaced: number;
  /** Lines that are no lines of a recording: how many, and what was wrong with the first. */
  bad: number;
  firstFault: string;
  /** The file ends in the middle of a line, as that of a killed program does. */
  torn: boolean;
  /** Why the bytes came to an end before their time, where they did. */
  broken: string;
  /** As many lines as were wanted have been read, and there are more. */
  more: boolean;
}

/** What of a file is read. */
export interface Wanted {
  /** Which recording is handed on, of those that lie in the file one behind the other, counted from 1. Default: 1. */
  which?: number;
  /** So many lines of it. Default: all. */
  most?: number;
  /** So many lines are handed on together at most. */
  together?: number;
}

/** Work is done in slices of about this many milliseconds, so that the page stays awake. */
const SLICE = 16;

/** Lets the page do what waits. A message comes at once; a timer would wait four milliseconds each time. */
const breathe = () =>
  new Promise<void>((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });

/**
 * Reads JSON lines from bytes, plain or gzipped, and hands them on in batches.
 * @param onLines also gets how many bytes, unzipped, lie before the line that follows
 */
export async function readLines(
  bytes: ReadableStream<Uint8Array>,
  onLines: (lines: Taken[], bytes: number, upTo: number) => void,
  signal: AbortSignal,
  { which: wanted = 1, most = Number.POSITIVE_INFINITY, together = Number.POSITIVE_INFINITY }: Wanted = {},
): Promise<Reading> {
  const reading: Reading = {
    lines: 0,
    recordings: 1,
    missing: 0,
    misplaced: 0,
    firstMisplaced: 0,
    bad: 0,
    firstFault: '',
    torn: false,
    broken: '',
    more: false,
  };
  let sequence = new Sequence();
  /** The number of the last line that was handed on, and how many could not be read since. */
  let reached = 0;
  let badSince = 0;
  const reader = (await unzipped(bytes)).getReader();
  const cut = new ByteLines();
  let number = 0;
  /** The recording was made by `record()`, and is none that a page was told. */
  let recorded = false;
  const alike = new AlikeLines();
  let batch: Taken[] = [];
  let weight = 0;
  let began = performance.now();

  const flush = () => {
    if (batch.length) onLines(batch, weight, cut.offset);
    batch = [];
    weight = 0;
  };
  const take = (line: string, last: boolean) => {
    number++;
    if (!line.trim()) return;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      if (!last) blame('it is not JSON');
      else if (reading.recordings === wanted) reading.torn = true;
      return;
    }
    value = completed(value);
    const fault = faultOf(value);
    if (fault) return blame(fault);
    const read = value as Line;
    if (read.type === 'recording') recorded = read.recorded === true;
    keep(recorded ? asTold(read, line) : read, line.length);
  };
  const keep = (line: Line, length: number) => {
    let place = sequence.placeOf(line);
    if (place === 'another recording') {
      reading.recordings++;
      sequence = new Sequence();
      badSince = 0;
      place = sequence.placeOf(line);
    }
    if (reading.recordings !== wanted) return;
    if (typeof place === 'string') {
      reading.misplaced++;
      reading.firstMisplaced ||= number;
      return;
    }
    if (place.missing) lack(place.missing, line);
    badSince = 0;
    reached = Math.max(line.seq, reached);
    reading.lines++;
    weight += length;
    batch.push(alike.taken(line));
  };
  /** Puts lines that say what is missing before one where something is, so that every view can tell. */
  const lack = (count: number, { seq, t }: Line) => {
    const unreadable = Math.min(badSince, count);
    const tell = (why: string, some: number, to: number) => {
      if (some) batch.push({ type: 'lagged', seq: to, t, from: to - some + 1, to, count: some, why });
    };
    reading.missing += count - unreadable;
    tell('unreadable', unreadable, Math.max(reached, seq - 1 - count + unreadable));
    tell('missing', count - unreadable, seq - 1);
  };
  const blame = (fault: string) => {
    if (reading.recordings !== wanted) return;
    badSince++;
    reading.bad++;
    reading.firstFault ||= `line ${number}: ${fault}`;
  };

  while (!signal.aborted) {
    const { done, value } = await reader.read().catch((error: Error) => {
      if (!number) throw error;
      reading.broken = error.message;
      return { done: true, value: undefined };
    });
    if (value) cut.add(value);
    for (let line = cut.next(); line !== undefined; line = cut.next()) {
      take(line, false);
      if (reading.lines >= most) {
        reading.more = true;
        flush();
        void reader.cancel();
        return reading;
      }
      const late = performance.now() - began > SLICE;
      if (late || batch.length >= together) flush();
      if (late) {
        await breathe();
        if (signal.aborted) return reading;
        began = performance.now();
      }
    }
    if (!done) continue;
    take(cut.rest(), true);
    if (reading.broken && reading.recordings === wanted) reading.torn = true;
    flush();
    return reading;
  }
  void reader.cancel();
  return reading;
}
