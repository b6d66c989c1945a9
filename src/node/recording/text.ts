import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import { constants, createGunzip } from 'node:zlib';
import { LoopError } from '../errors.ts';
import { chartKey, chartLine } from '../inspect/wire.ts';

type Loose = { [key: string]: any };

/** Whether the file is there, and gzipped. @throws LoopError where it cannot be read */
export async function looksGzipped(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'r');
    try {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
      return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw new LoopError('STORE', `Could not read the recording ${path}: ${(cause as Error).message}.`, '', { cause });
  }
}

/**
 * The text of a recording as a page reads it, line by line. What `record` leaves out is put in: numbers for the first
 * lines, the chart, names. Lines that are none go through as they are: the page tells which.
 */
export async function* pageText(path: string): AsyncGenerator<string> {
  const zipped = await looksGzipped(path);
  const bytes = createReadStream(path);
  // A file that was cut off is read as far as it goes.
  const source = zipped ? bytes.pipe(createGunzip({ finishFlush: constants.Z_SYNC_FLUSH })) : bytes;
  if (source !== bytes) bytes.on('error', (error) => source.destroy(error));
  let shift = 0;
  let portion = '';
  let number = 0;
  for await (const text of createInterface({ input: source, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (number++ > 0) portion += '\n';
    const line = parsed(text);
    if (number === 1 && line?.type === 'recording' && line.runId === undefined) {
      const opening = { t: 0, ...line, seq: 1, runId: basename(path) };
      portion += `${JSON.stringify(opening)}\n${JSON.stringify(chartLine(2, line.t ?? 0))}`;
      shift = 2;
    } else {
      portion += shift > 0 && typeof line?.seq === 'number' ? JSON.stringify(whole(line, shift)) : text;
    }
    if (portion.length > 65_536) {
      yield portion;
      portion = '';
    }
  }
  yield portion;
}

function parsed(text: string): Loose | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function whole(line: Loose, shift: number): Loose {
  const told = { ...line, seq: line.seq + shift };
  if (line.type === 'actor') {
    return { name: line.path?.split('.').at(-1), chart: chartKey, status: 'active', ...told };
  }
  if (!Array.isArray(line.tr)) return told;
  const own = (key: string) => (key === chartKey || key.startsWith(`${chartKey}.`) ? key : `${chartKey}.${key}`);
  return { ...told, tr: line.tr.map(([from, to, type]: any) => [own(from), to?.map(own) ?? null, type]) };
}
