import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { createGunzip, constants as zip } from 'node:zlib';
import { LoopError } from '../../data/errors.ts';
import { shownPath } from './path.ts';

/** A recording of text packs to a tenth or a fiftieth; what packs better than this was made to fill a memory or a disk. */
const mostRatio = 200;
/** Bytes that may come out of a packed file before that is looked at: short lines that repeat pack well. */
const harmless = 256 * 1024 * 1024;

/** A recording's file that is open. */
export interface RecordingFile {
  /** Its bytes, unpacked and without a byte order mark, as far as they go: a packed file that was cut off has no end. @throws LoopError */
  bytes(): AsyncGenerator<Buffer>;
  close(): Promise<void>;
}

/**
 * Opens the file of a recording, packed with gzip or not, whatever it is called.
 * @throws LoopError `STORE` for what is no file, cannot be read, or is text of another encoding
 */
export async function openRecording(path: string): Promise<RecordingFile> {
  const file = await openFile(path);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(3), 0, 3, 0);
    const head = buffer.subarray(0, bytesRead);
    if ((head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff)) throw utf16(path);
    const zipped = head[0] === 0x1f && head[1] === 0x8b;
    return {
      bytes: () => withoutMark(zipped ? unpacked(file, path) : plain(file, path)),
      close: () => file.close(),
    };
  } catch (cause) {
    await file.close();
    throw unreadable(path, cause);
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    // To open a pipe that nobody writes to takes for ever, and to open a device may do something.
    const before = await stat(path);
    if (!before.isFile()) throw noFile(path, before);
    // Something else may lie there by now.
    const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stats = await file.stat();
    if (stats.isFile()) return file;
    await file.close();
    throw noFile(path, stats);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

async function* plain(file: FileHandle, path: string): AsyncGenerator<Buffer> {
  try {
    for (let at = 0; ; ) {
      // A buffer each time: lines are pieces of it.
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(65_536), 0, 65_536, at);
      if (bytesRead === 0) return;
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

async function* unpacked(file: FileHandle, path: string): AsyncGenerator<Buffer> {
  let packed = 0;
  const counted = async function* () {
    for await (const piece of plain(file, path)) {
      packed += piece.length;
      yield piece;
    }
  };
  const source = Readable.from(counted());
  // What was cut off is unpacked as far as it goes.
  const gunzip = createGunzip({ finishFlush: zip.Z_SYNC_FLUSH });
  source.on('error', (error) => gunzip.destroy(error));
  let size = 0;
  try {
    for await (const piece of source.pipe(gunzip)) {
      size += piece.length;
      if (size > harmless && size > mostRatio * packed) throw bomb(path);
      yield piece;
    }
  } catch (cause) {
    throw cause instanceof LoopError ? cause : damaged(path, size, cause);
  } finally {
    source.destroy();
    gunzip.destroy();
  }
}

/** Editors put a mark before the text, which is none of it. */
async function* withoutMark(bytes: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  let first = true;
  for await (const piece of bytes) {
    const marked = first && piece[0] === 0xef && piece[1] === 0xbb && piece[2] === 0xbf;
    first = false;
    yield marked ? piece.subarray(3) : piece;
  }
}

const remedies: Record<string, [got: string, remedy: string]> = {
  ENOENT: ['found nothing there', 'Check the path'],
  ENOTDIR: ['found nothing there', 'Check the path'],
  EACCES: ['may not read it', 'Ask its owner, or change who may read it'],
  EPERM: ['may not read it', 'Ask its owner, or change who may read it'],
  ELOOP: ['found links that lead round in a circle', 'Give the file itself'],
  EMFILE: ['had too many files open', 'Close some, or raise the limit (`ulimit -n`)'],
};

function unreadable(path: string, cause: unknown): LoopError {
  if (cause instanceof LoopError) return cause;
  const { code = '', message } = cause as NodeJS.ErrnoException;
  const [got, remedy] = remedies[code] ?? [message.replaceAll(/\p{Cc}/gu, ' '), 'Check the file'];
  return error(`Expected a recording at ${shownPath(path)}, but ${got}. ${remedy}.`, cause);
}

function noFile(path: string, stats: Stats): LoopError {
  if (stats.isDirectory())
    return error(`Expected a recording at ${shownPath(path)}, got a folder. Give the file that lies in it.`);
  const kind = stats.isFIFO() ? 'a pipe' : stats.isSocket() ? 'a socket' : 'a device';
  return error(
    `Expected a recording at ${shownPath(path)}, got ${kind}. Save what comes from it as a file, and give that.`,
  );
}

function utf16(path: string): LoopError {
  return error(`Expected UTF-8 in ${shownPath(path)}, got UTF-16. Save the text as UTF-8.`);
}

function bomb(path: string): LoopError {
  return error(
    `Expected ${shownPath(path)} to unpack to at most ${mostRatio} times its size, got more. Unpack it yourself, and give the result, if it is to be trusted.`,
  );
}

function damaged(path: string, at: number, cause: unknown): LoopError {
  const why = (cause as Error).message;
  return error(`Expected ${shownPath(path)} to be gzip, but it is damaged after ${at} unpacked bytes (${why}).`, cause);
}

function error(message: string, cause?: unknown): LoopError {
  return new LoopError('STORE', message, '', { cause });
}
