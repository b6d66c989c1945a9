import { join } from 'node:path';
import { jsonable } from '../checkpoint/checkpoint-json.ts';
import type { Checkpoint } from '../checkpoint/contents.ts';
import { Damage, type Header, headerLengthOf } from '../checkpoint/header.ts';
import { type PassedOver, unreadable, unreadableOne } from '../checkpoint/unreadable.ts';
import { LoopError } from '../data/errors.ts';
import { codeOf, type Disk, isPassing, storeError } from './disk.ts';
import { decode, readHeader } from './format.ts';
import { checkpointFiles } from './layout.ts';

/** How much of a file `list` reads at first: a header is shorter, unless the run's id is very long. */
const headerGuess = 4096;

/**
 * The newest checkpoint of a run that can be read; `undefined` if there is none at all.
 *
 * @throws LoopError `CHECKPOINT_UNREADABLE` if none can, or one is of a newer format; `STORE`
 */
export async function loadNewest(
  disk: Disk,
  directory: string,
  runId: string,
  onFallback: (error: LoopError) => void,
): Promise<Checkpoint | undefined> {
  const pruned = new Set<string>();
  for (;;) {
    const files = checkpointFiles(await namesIn(disk, directory)).filter(({ name }) => !pruned.has(name));
    const damaged: PassedOver[] = [];
    let gone: string | undefined;
    for (const file of files.reverse()) {
      const path = join(directory, file.name);
      const read = await readCheckpoint(disk, path, runId);
      if (read === 'gone') {
        gone = file.name;
        break;
      }
      if (read instanceof Error) {
        damaged.push({ which: `checkpoint ${file.seq} (${file.name})`, cause: read });
        continue;
      }
      if (damaged.length > 0) onFallback(unreadable(runId, damaged, `Went back to checkpoint ${file.seq}.`));
      return read;
    }
    if (gone === undefined) {
      // A directory, say, never was a checkpoint.
      if (damaged.every(({ cause }) => cause instanceof NoFile)) return undefined;
      throw unreadable(runId, damaged, `None is left: start the run anew, or put a copy back into ${directory}.`);
    }
    // A writer has saved and pruned meanwhile, so there is a newer one.
    pruned.add(gone);
  }
}

/**
 * One checkpoint of a run, by its number; `undefined` if it is not there, or not any more.
 *
 * @throws LoopError `CHECKPOINT_UNREADABLE` if it cannot be read; `STORE`
 */
export async function loadOne(
  disk: Disk,
  directory: string,
  runId: string,
  seq: number,
): Promise<Checkpoint | undefined> {
  // Two writers of one run may have used a number: the later one's counts.
  const file = checkpointFiles(await namesIn(disk, directory)).findLast((one) => one.seq === seq);
  if (file === undefined) return undefined;
  const read = await readCheckpoint(disk, join(directory, file.name), runId);
  if (read === 'gone' || read instanceof NoFile) return undefined;
  if (!(read instanceof Error)) return read;
  throw unreadableOne(runId, seq, read);
}

/** Something else has the name of a checkpoint. */
class NoFile extends Damage {}

async function readCheckpoint(disk: Disk, path: string, runId: string): Promise<Checkpoint | Error | 'gone'> {
  try {
    // Reading from a pipe would wait for ever.
    if (!disk.isFileSync(path)) return new NoFile('it is no ordinary file');
    const bytes = await disk.readFile(path);
    const { runId: whose } = readHeader(bytes).facts;
    if (whose !== runId) return new Damage(`it is of run "${whose}"`);
    return jsonable(decode(bytes));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return 'gone';
    // A file that cannot be read, for its size, its sectors or its permissions, is as good as damaged. What may pass, such
    // as too many open files, is not: going back to an older checkpoint for that would lose steps for nothing.
    if (error instanceof LoopError || isPassing(error)) throw storeError(`load run "${runId}" from ${path}`, error);
    return error as Error;
  }
}

/** The header of a file that is as long as its header says; `undefined` for any other. */
export async function headerOf(disk: Disk, path: string): Promise<Header | undefined> {
  let fd: number | undefined;
  try {
    if (!disk.isFileSync(path)) return undefined;
    fd = await disk.open(path, 'r');
    let bytes = await readStart(disk, fd, headerGuess);
    const { size } = await disk.fstat(fd);
    const length = headerLengthOf(bytes);
    if (length > size) return undefined;
    if (length > bytes.length) bytes = await readStart(disk, fd, length);
    const header = readHeader(bytes);
    return size === length + header.payloadLength ? header : undefined;
  } catch (error) {
    if (isPassing(error)) throw storeError(`list ${path}`, error);
    // Damaged, pruned meanwhile, of a newer format, or not to be read.
    return undefined;
  } finally {
    if (fd !== undefined) await disk.close(fd);
  }
}

async function readStart(disk: Disk, fd: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  let read = 0;
  while (read < length) {
    const { bytesRead } = await disk.read(fd, bytes, read, length - read, read);
    if (bytesRead === 0) break;
    read += bytesRead;
  }
  return bytes.subarray(0, read);
}

/** The names in a directory; none if it does not exist, or is a file of somebody else. */
export async function namesIn(disk: Disk, directory: string, mayBeOthers = false): Promise<string[]> {
  try {
    return await disk.readdir(directory);
  } catch (error) {
    const code = String(codeOf(error));
    if (code === 'ENOENT' || code === 'ENOTDIR' || (mayBeOthers && ['EACCES', 'EPERM'].includes(code))) return [];
    throw storeError(`read the directory ${directory}`, error);
  }
}
