import { completed, faultOf, type Line } from '../lines/line.ts';
import { Sequence } from './sequence.ts';

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

/** So many bytes are unzipped at a time: what is lost where the file is damaged. */
const MORSEL = 16_384;

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

/** Unzips where the bytes say that they are gzip, whatever the file is called. */
export async function unzipped(stream: ReadableStream<Uint8Array>): Promise<ReadableStream<Uint8Array>> {
  const reader = stream.getReader();
  const { value: head = new Uint8Array() } = await reader.read();
  const zipped = head[0] === 0x1f && head[1] === 0x8b;
  const pieces = (async function* () {
    for (let piece: Uint8Array | undefined = head; piece; piece = (await reader.read()).value) {
      if (!zipped) yield piece;
      else for (let at = 0; at < piece.length; at += MORSEL) yield piece.subarray(at, at + MORSEL);
    }
    // A stream that fails throws away what it has unzipped and nobody has taken yet. It comes to this piece once all
    // that lies before it has been taken, and finds out only behind it that the end is missing.
    if (zipped) yield new Uint8Array();
  })();
  const whole = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await pieces.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
  return zipped ? whole.pipeThrough(new DecompressionStream('gzip') as any) : whole;
}

const encoder = new TextEncoder();

/** How many bytes at the end of a piece are the beginning of a character that goes on in the next. */
function cutOff(piece: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, piece.length); back++) {
    const byte = piece[piece.length - back]!;
    if (byte >> 6 === 0b10) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}

/**
 * Reads JSON lines from bytes, plain or gzipped, and hands them on in batches.
 * @param onLines also gets how many bytes, unzipped, lie before the line that follows
 */
export async function readLines(
  bytes: ReadableStream<Uint8Array>,
  onLines: (lines: Line[], bytes: number, upTo: number) => void,
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
  const decoder = new TextDecoder();
  let rest = '';
  let number = 0;
  let batch: Line[] = [];
  let weight = 0;
  let began = performance.now();
  /** How many bytes have come, and how many of those the decoder keeps back. */
  let came = 0;
  let kept = 0;

  /** @param behind what has come and not been read */
  const flush = (behind: string) => {
    if (batch.length) onLines(batch, weight, came - kept - encoder.encode(behind).length);
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
    keep(value as Line, line.length);
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
    batch.push(line);
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
    came += value?.length ?? 0;
    kept = value && !done ? cutOff(value) : 0;
    const piece = rest + decoder.decode(value, { stream: !done });
    let from = 0;
    for (let end = piece.indexOf('\n'); end >= 0; end = piece.indexOf('\n', from)) {
      take(piece.slice(from, end), false);
      from = end + 1;
      if (reading.lines >= most) {
        reading.more = true;
        flush(piece.slice(from));
        void reader.cancel();
        return reading;
      }
      const late = performance.now() - began > SLICE;
      if (late || batch.length >= together) flush(piece.slice(from));
      if (late) {
        await breathe();
        if (signal.aborted) return reading;
        began = performance.now();
      }
    }
    rest = piece.slice(from);
    if (!done) continue;
    take(rest, true);
    if (reading.broken && reading.recordings === wanted) reading.torn = true;
    flush('');
    return reading;
  }
  void reader.cancel();
  return reading;
}
