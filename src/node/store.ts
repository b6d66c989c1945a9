import { join, resolve } from 'node:path';
import { type Checkpoint, jsonable } from '../checkpoint.ts';
import { Claims } from '../claims.ts';
import { LoopError, MisconfigurationError } from '../errors.ts';
import type { CheckpointInfo, CheckpointStore } from '../store.ts';
import { codeOf, type Disk, flushNames, localDisk, storeError } from './disk.ts';
import { Damage, decode, encode, type Header, headerLengthOf, readHeader } from './format.ts';
import { type CheckpointFile, checkpointFiles, runDirectory, runPrefix } from './layout.ts';
import { thisProcess, type Who } from './lock.ts';
import { Writer } from './writer.ts';

export interface FileStoreOptions {
  /**
   * How many checkpoints of a run stay on the disk, from 1 up.
   * Default 2: if the newest is damaged, there is one to fall back to.
   */
  keep?: number;
  /**
   * Called by `load` when it passes over a damaged checkpoint, with an error of code `CHECKPOINT_UNREADABLE`.
   * Throw the error to refuse the older one. Default: `process.emitWarning`.
   */
  onFallback?: (error: LoopError) => void;
}

/** How much of a file `list` reads at first: a header is shorter, unless the run's id is very long. */
const headerGuess = 4096;

/**
 * Keeps checkpoints in files: a directory per run in `dir`, which is made when it is needed (mode 0700, files 0600).
 *
 * - `save` resolves when the checkpoint is on the disk. A crash at any moment leaves the new one or the one before.
 *   If the disk fails, it rejects with an error of code `STORE` that has the system's error as its `cause`; so it does
 *   if the checkpoint is saved, but those beyond `keep` cannot be removed.
 * - `start` takes a lock on the run before its first hook, or else its first save does. Another store or process that
 *   starts or saves the run gets an error of code `STORE_BUSY`, until `release(runId)`, `delete(runId)`, or the end of the process.
 * - `load` and `list` may be called while another process writes. `list` reads headers only, and leaves out files whose
 *   header is damaged or of a newer format.
 * - A buffer as large as the largest checkpoint is kept for each run until its release.
 *
 * @throws MisconfigurationError for a bad `dir` or option
 */
export function fileStore(dir: string, options: FileStoreOptions = {}): Required<CheckpointStore> {
  return createFileStore(localDisk, dir, options);
}

/** A store on any disk, by any process: for tests. */
export function createFileStore(
  disk: Disk,
  dir: string,
  options: FileStoreOptions = {},
  who: Who = thisProcess(),
): Required<CheckpointStore> {
  checkOptions(dir, options);
  const { keep = 2, onFallback = (error) => process.emitWarning(error) } = options;
  const root = resolve(dir);
  const runs = new Map<string, Run>();
  const claims = new Claims();

  /** Calls on one run go one after the other. */
  async function inTurn<T>(runId: string, task: (run: Run) => Promise<T>): Promise<T> {
    const run = runOf(runId);
    const result = run.last.then(() => task(run));
    const last = result.catch(() => {});
    run.last = last;
    try {
      return await result;
    } finally {
      if (run.last === last && run.writer === undefined) runs.delete(runId);
    }
  }

  function directoryOf(runId: string): string {
    if (typeof runId !== 'string') throw expected('`runId` to be a string', runId);
    return join(root, runDirectory(runId));
  }

  function runOf(runId: string): Run {
    const directory = directoryOf(runId);
    let run = runs.get(runId);
    if (run === undefined) {
      run = { directory, last: Promise.resolve(), writer: undefined, spare: undefined };
      runs.set(runId, run);
    }
    return run;
  }

  return {
    async acquire(runId) {
      await inTurn(runId, async (run) => {
        claims.take(runId);
        try {
          run.writer ??= await Writer.open(disk, run.directory, runId, who);
        } catch (error) {
          claims.giveUp(runId);
          throw error;
        }
      });
    },

    async save(runId, checkpoint) {
      const run = runOf(runId);
      // Here and not in turn: the caller may go on changing what it has given.
      const encoded = encode(runId, checkpoint, Date.now(), run.spare);
      run.spare = undefined;
      await inTurn(runId, async () => {
        run.writer ??= await Writer.open(disk, run.directory, runId, who);
        await run.writer.save(encoded, keep);
      });
      run.spare = encoded.buffer;
    },

    async load(runId) {
      return await inTurn(runId, (run) => loadNewest(disk, run.directory, runId, onFallback));
    },

    async list(runId) {
      const directories = runId === undefined ? await runDirectories(disk, root) : [directoryOf(runId)];
      const found: CheckpointInfo[] = [];
      for (const directory of directories) {
        for (const file of checkpointFiles(await namesIn(disk, directory))) {
          const header = await headerOf(disk, join(directory, file.name));
          if (header === undefined) continue;
          const { runId, steps, savedAt } = header.facts;
          found.push({ runId, seq: file.seq, steps, savedAt });
        }
      }
      // Those of one run are in order already, whatever the clock did meanwhile.
      return runId === undefined ? found.sort((a, b) => a.savedAt - b.savedAt) : found;
    },

    async delete(runId) {
      await inTurn(runId, async (run) => {
        if (run.writer === undefined && (await namesIn(disk, run.directory)).length === 0) return;
        run.writer ??= await Writer.open(disk, run.directory, runId, who);
        run.writer.clear();
        await release(run);
        claims.giveUp(runId);
        await removeDirectory(disk, root, run.directory);
      });
    },

    async release(runId) {
      await inTurn(runId, async (run) => {
        await release(run);
        claims.giveUp(runId);
      });
    },
  };
}

interface Run {
  directory: string;
  /** Settles, without an error, when the last call on the run has. */
  last: Promise<unknown>;
  writer: Writer | undefined;
  /** A buffer that no save is using. */
  spare: Buffer | undefined;
}

async function release(run: Run): Promise<void> {
  const { writer } = run;
  if (writer === undefined) return;
  // If this fails, the writer is still the one who holds the lock.
  writer.unlock();
  run.writer = undefined;
  await writer.close();
}

async function removeDirectory(disk: Disk, root: string, directory: string): Promise<void> {
  try {
    disk.rmdirSync(directory);
    await flushNames(disk, root);
  } catch (error) {
    // The next writer is there already, or has come and gone, or somebody keeps a file of theirs there.
    if (['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(String(codeOf(error)))) return;
    throw storeError(`remove the directory ${directory}`, error);
  }
}

async function loadNewest(
  disk: Disk,
  directory: string,
  runId: string,
  onFallback: (error: LoopError) => void,
): Promise<Checkpoint | undefined> {
  const pruned = new Set<string>();
  for (;;) {
    const files = checkpointFiles(await namesIn(disk, directory)).filter(({ name }) => !pruned.has(name));
    const damaged: { file: CheckpointFile; cause: Error }[] = [];
    let gone: string | undefined;
    for (const file of files.reverse()) {
      const path = join(directory, file.name);
      const read = await readCheckpoint(disk, path, runId);
      if (read === 'gone') {
        gone = file.name;
        break;
      }
      if (read instanceof Error) {
        damaged.push({ file, cause: read });
        continue;
      }
      if (damaged.length > 0) onFallback(unreadable(runId, damaged, `Went back to checkpoint ${file.seq}.`));
      return read;
    }
    if (gone === undefined) {
      if (damaged.length === 0) return undefined;
      throw unreadable(runId, damaged, `None is left: start the run anew, or put a copy back into ${directory}.`);
    }
    // A writer has saved and pruned meanwhile, so there is a newer one.
    pruned.add(gone);
  }
}

async function readCheckpoint(disk: Disk, path: string, runId: string): Promise<Checkpoint | Error | 'gone'> {
  try {
    return jsonable(decode(await disk.readFile(path)));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return 'gone';
    // A sector that cannot be read is damage, too. Anything else, such as too many open files, may pass: going back to
    // an older checkpoint for that would lose steps for nothing.
    if (error instanceof Damage || codeOf(error) === 'EIO') return error as Error;
    throw storeError(`load run "${runId}" from ${path}`, error);
  }
}

function unreadable(runId: string, damaged: { file: CheckpointFile; cause: Error }[], remedy: string): LoopError {
  const reasons = damaged.map(({ file, cause }) => `checkpoint ${file.seq} (${file.name}): ${cause.message}`);
  return new LoopError(
    'CHECKPOINT_UNREADABLE',
    `Expected the newest checkpoint of run "${runId}" to be whole, got damage in ${reasons.join('; ')}. ${remedy}`,
    '',
    { cause: damaged[0]!.cause },
  );
}

/** The header of a file that is as long as its header says; `undefined` for any other. */
async function headerOf(disk: Disk, path: string): Promise<Header | undefined> {
  let fd: number | undefined;
  try {
    fd = await disk.open(path, 'r');
    let bytes = await readStart(disk, fd, headerGuess);
    const { size } = await disk.fstat(fd);
    const length = headerLengthOf(bytes);
    if (length > size) return undefined;
    if (length > bytes.length) bytes = await readStart(disk, fd, length);
    const header = readHeader(bytes);
    return size === length + header.payloadLength ? header : undefined;
  } catch (error) {
    // Damaged, pruned meanwhile, or of a newer format.
    if (error instanceof Damage || error instanceof LoopError || codeOf(error) === 'ENOENT') return undefined;
    throw storeError(`list ${path}`, error);
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

async function runDirectories(disk: Disk, root: string): Promise<string[]> {
  const names = await namesIn(disk, root);
  return names.filter((name) => name.startsWith(runPrefix)).map((name) => join(root, name));
}

/** The names in a directory; none if it does not exist. */
async function namesIn(disk: Disk, directory: string): Promise<string[]> {
  try {
    return await disk.readdir(directory);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw storeError(`read the directory ${directory}`, error);
  }
}

function checkOptions(dir: string, options: FileStoreOptions): void {
  if (typeof dir !== 'string' || dir === '') throw expected('`dir` to be a string that is not empty', dir);
  if (typeof options !== 'object' || options === null) throw expected('options to be an object', options);
  const { keep, onFallback, ...unknown } = options;
  if (Object.keys(unknown).length > 0) throw expected('options among keep, onFallback', Object.keys(unknown)[0]);
  if (keep !== undefined && !(Number.isInteger(keep) && keep >= 1)) {
    throw expected('`keep` to be a whole number from 1 up', keep);
  }
  if (onFallback !== undefined && typeof onFallback !== 'function') {
    throw expected('`onFallback` to be a function', onFallback);
  }
}

function expected(what: string, got: unknown): MisconfigurationError {
  const shown = typeof got === 'object' && got !== null ? JSON.stringify(got) : String(got);
  return new MisconfigurationError(`Expected ${what}, got \`${shown}\`.`);
}
