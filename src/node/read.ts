import { join } from 'node:path';
import { jsonable } from '../checkpoint/checkpoint-json.ts';
import type { Checkpoint } from '../checkpoint/contents.ts';
import { Damage, type Header, headerLengthOf } from '../checkpoint/header.ts';
import { type PassedOver, unreadable, unreadableOne } from '../checkpoint/unreadable.ts';
import { LoopError } from '../data/errors.ts';
import { codeOf, type Disk, isPassing, storeError } from './disk.ts';
import { decode, readHeader } from './format.ts';
import { type CheckpointFile, checkpointFiles } from './layout.ts';
import { longest, type Series, seriesIn } from './series.ts';

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
      const read = await readCheckpoint(disk, directory, file, runId);
      if (read === 'gone') {
        gone = file.name;
        break;
      }
      const { seq, damage, checkpoint } = read;
      if (damage !== undefined) damaged.push({ which: `checkpoint ${read.promised} (${file.name})`, cause: damage });
      if (checkpoint === undefined) continue;
      if (damaged.length > 0) onFallback(unreadable(runId, damaged, `Went back to checkpoint ${seq}.`));
      return checkpoint;
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
  // Two writers of one run may have used a number: the later one's counts. In a series are those that come after its first.
  const file = checkpointFiles(await namesIn(disk, directory)).findLast((one) => one.seq <= seq);
  if (file === undefined) return undefined;
  const read = await readCheckpoint(disk, directory, file, runId, seq);
  if (read === 'gone' || read.damage instanceof NoFile) return undefined;
  if (read.seq === seq && read.checkpoint !== undefined) return read.checkpoint;
  if (read.damage !== undefined && (read.promised === seq || file.seq === seq))
    throw unreadableOne(runId, seq, read.damage);
  return undefined;
}

/** Something else has the name of a checkpoint. */
class NoFile extends Damage {}

/** What became of reading a checkpoint from a file. */
interface Read {
  /** Its number. */
  seq: number;
  checkpoint?: Checkpoint;
  /** Why it is not the one that should be there. */
  damage?: Error;
  /** The number of the one that should. */
  promised: number;
}

/** @param seq the one that is asked for; default: the newest of the file that is whole */
async function readCheckpoint(
  disk: Disk,
  directory: string,
  file: CheckpointFile,
  runId: string,
  seq?: number,
): Promise<Read | 'gone'> {
  const path = join(directory, file.name);
  const read = await readNow(disk, path, file, runId, seq);
  if (read === 'gone') return read;
  // A writer that has taken its name away may have given its file the bytes of a newer one while it was read.
  const mayBeAnother = read.damage !== undefined || seq !== undefined;
  return mayBeAnother && isGone(disk, path) ? 'gone' : read;
}

function isGone(disk: Disk, path: string): boolean {
  try {
    disk.isFileSync(path);
    return false;
  } catch (error) {
    return codeOf(error) === 'ENOENT';
  }
}

async function readNow(
  disk: Disk,
  path: string,
  file: CheckpointFile,
  runId: string,
  seq: number | undefined,
): Promise<Read | 'gone'> {
  const read: Read = { seq: file.seq, promised: file.seq };
  try {
    // Reading from a pipe would wait for ever.
    if (!disk.isFileSync(path)) return { ...read, damage: new NoFile('it is no ordinary file') };
    const { bytes, series, damage } = await contentsOf(disk, path, file.seq);
    let one = bytes;
    if (series !== undefined) {
      const { records, promised } = series;
      const found = seq === undefined ? records.at(-1) : records.find((record) => record.seq === seq);
      if (damage !== undefined) Object.assign(read, { damage, promised });
      if (found === undefined) return read;
      read.seq = found.seq;
      one = found.bytes;
    }
    const { runId: whose } = readHeader(one).facts;
    if (whose !== runId) return { ...read, damage: new Damage(`it is of run "${whose}"`) };
    return { ...read, checkpoint: jsonable(decode(one)) };
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return 'gone';
    // A file that cannot be read, for its size, its sectors or its permissions, is as good as damaged. What may pass, such
    // as too many open files, is not: going back to an older checkpoint for that would lose steps for nothing.
    if (error instanceof LoopError || isPassing(error)) throw storeError(`load run "${runId}" from ${path}`, error);
    return { ...read, damage: error as Error };
  }
}

/** The bytes of a file, and what is in it if it is a series. */
interface Contents {
  bytes: Buffer;
  series?: Series;
  /** Why the newest of the series is not the one that was acknowledged. */
  damage?: Damage;
}

async function contentsOf(disk: Disk, path: string, first: number): Promise<Contents> {
  let before: string | undefined;
  for (;;) {
    const bytes = await disk.readFile(path);
    const series = seriesIn(bytes, first);
    if (series === undefined) return { bytes };
    const newest = series.records.at(-1)?.seq;
    const damage =
      series.promised > (newest ?? 0)
        ? new Damage(`it is not whole${newest === undefined ? '' : `, but that before it, checkpoint ${newest}, is`}`)
        : bytes.length === series.room
          ? undefined
          : new Damage(`its file has ${bytes.length} bytes, not ${series.room}`);
    if (damage === undefined) return { bytes, series };
    // A writer may add to it while it is read. Damage stays as it is.
    const state = `${newest} ${series.promised} ${bytes.length}`;
    if (state === before) return { bytes, series, damage };
    before = state;
  }
}

/** What is in a file that is a series; `undefined` for any other, and for one that cannot be read. */
export async function seriesAt(
  disk: Disk,
  path: string,
  first: number,
): Promise<(Series & { damage: Damage | undefined }) | undefined> {
  try {
    if (!disk.isFileSync(path) || (await sizeOf(disk, path)) > longest) return undefined;
    const { series, damage } = await contentsOf(disk, path, first);
    return series && { ...series, damage };
  } catch (error) {
    if (isPassing(error)) throw storeError(`read ${path}`, error);
    return undefined;
  }
}

async function sizeOf(disk: Disk, path: string): Promise<number> {
  const fd = await disk.open(path, 'r');
  try {
    return (await disk.fstat(fd)).size;
  } finally {
    await disk.close(fd);
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
    // It may have been the header of a newer one: as in `readCheckpoint`.
    if (isGone(disk, path)) return undefined;
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
