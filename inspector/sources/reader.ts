import { completed, faultOf, type Line } from '../line.ts';

/** What a file held besides its lines. */
export interface Reading {
  lines: number;
  /** Lines that are no lines of a recording: how many, and what was wrong with the first. */
  bad: number;
  firstFault: string;
  /** The file ends in the middle of a line, as that of a killed program does. */
  torn: boolean;
  /** Why the bytes came to an end before their time, where they did. */
  broken: string;
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
async function unzipped(stream: ReadableStream<Uint8Array>): Promise<ReadableStream<Uint8Array>> {
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

/** Reads JSON lines from bytes, plain or gzipped, and hands them on in batches. */
export async function readLines(
  bytes: ReadableStream<Uint8Array>,
  onLines: (lines: Line[], bytes: number) => void,
  signal: AbortSignal,
): Promise<Reading> {
  const reading: Reading = { lines: 0, bad: 0, firstFault: '', torn: false, broken: '' };
  const reader = (await unzipped(bytes)).getReader();
  const decoder = new TextDecoder();
  let rest = '';
  let number = 0;
  let batch: Line[] = [];
  let weight = 0;
  let began = performance.now();

  const flush = () => {
    if (batch.length) onLines(batch, weight);
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
      if (last) reading.torn = true;
      else blame('not JSON');
      return;
    }
    value = completed(value);
    const fault = faultOf(value);
    if (fault) return blame(fault);
    reading.lines++;
    weight += line.length;
    batch.push(value as Line);
  };
  const blame = (fault: string) => {
    reading.bad++;
    reading.firstFault ||= `line ${number}: ${fault}`;
  };

  while (!signal.aborted) {
    const { done, value } = await reader.read().catch((error: Error) => {
      if (!number) throw error;
      reading.broken = error.message;
      return { done: true, value: undefined };
    });
    const piece = rest + decoder.decode(value, { stream: !done });
    let from = 0;
    for (let end = piece.indexOf('\n'); end >= 0; end = piece.indexOf('\n', from)) {
      take(piece.slice(from, end), false);
      from = end + 1;
      if (performance.now() - began > SLICE) {
        flush();
        await breathe();
        if (signal.aborted) return reading;
        began = performance.now();
      }
    }
    rest = piece.slice(from);
    if (!done) continue;
    take(rest, true);
    if (reading.broken) reading.torn = true;
    flush();
    return reading;
  }
  void reader.cancel();
  return reading;
}
