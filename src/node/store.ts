import { join, resolve } from 'node:path';
import { Claims } from '../checkpoint/claims.ts';
import type { CheckpointInfo, CheckpointStore } from '../checkpoint/store.ts';
import { Turns } from '../checkpoint/turns.ts';
import { type LoopError, MisconfigurationError } from '../data/errors.ts';
import { codeOf, type Disk, flushNames, localDisk, storeError } from './disk.ts';
import { encode } from './format.ts';
import { type TakeOver, thisProcess, type Who } from './holder.ts';
import { checkpointFiles, runDirectory, runPrefix } from './layout.ts';
import { headerOf, loadNewest, namesIn } from './read.ts';
import { Writer } from './writer.ts';

/** What `fileStore` takes. */
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
  /**
   * Whether a run may be taken over that a process of another host holds: of such a one cannot be told from here whether
   * it still runs. Needed where a container was killed and comes back under another name, or a disk moves to another
   * machine. `true`, or a function that is shown who holds the run and says whether to. Be sure that the holder is gone:
   * one that is not loses what it does from then on (its next save fails with `STORE_BUSY`), and nothing is mixed up.
   * What a living process of this host holds is never taken over, and what a dead one held always is. Default: false.
   */
  takeOver?: boolean | TakeOver;
}

/**
 * Keeps checkpoints in files: a directory per run in `dir`, which is made when it is needed (mode 0700, files 0600).
 *
 * - `save` resolves when the checkpoint is on the disk. A crash at any moment leaves the new one or the one before.
 *   If the disk fails, it rejects with an error of code `STORE` that has the system's error as its `cause`; so it does
 *   if the checkpoint is saved, but those beyond `keep` cannot be removed.
 * - `start` takes a lock on the run before its first hook, or else its first save does. Another store or process that
 *   starts or saves the run gets an error of code `STORE_BUSY`, until `release(runId)`, `delete(runId)`, or the end of the process.
 * - Where the newest checkpoint cannot be read (damaged, too large, no permission), `load` goes back to the one before
 *   and tells `onFallback`. Files and directories of somebody else that stand in `dir` are left alone.
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
  const { keep = 2, onFallback = (error) => process.emitWarning(error), takeOver = false } = options;
  const mayTakeOver: TakeOver = (holder) => {
    const may: unknown = typeof takeOver === 'function' ? takeOver(holder) : takeOver;
    if (typeof may !== 'boolean') throw expected('`takeOver` to return true or false', may);
    return may;
  };
  const root = resolve(dir);
  const claims = new Claims();
  const directoryOf = (runId: string) => {
    if (typeof runId !== 'string') throw expected('`runId` to be a string', runId);
    return join(root, runDirectory(runId));
  };
  const turns = new Turns<Run>(
    (runId) => ({ directory: directoryOf(runId), writer: undefined, spare: undefined }),
    ({ writer }) => writer !== undefined,
  );
  const write = async (run: Run, runId: string) => {
    run.writer ??= await Writer.open(disk, run.directory, runId, who, mayTakeOver);
    return run.writer;
  };

  return {
    async acquire(runId) {
      await turns.inTurn(runId, async (run) => {
        claims.take(runId);
        try {
          await write(run, runId);
        } catch (error) {
          claims.giveUp(runId);
          throw error;
        }
      });
    },

    async save(runId, checkpoint) {
      directoryOf(runId);
      // Here and not in turn: the caller may go on changing what it has given.
      const encoded = encode(runId, checkpoint, Date.now(), takeSpare(turns.known(runId)));
      await turns.inTurn(runId, async (run) => {
        const writer = await write(run, runId);
        await writer.save(encoded, keep);
        run.spare = encoded.buffer;
      });
    },

    async load(runId) {
      return await turns.inTurn(runId, (run) => loadNewest(disk, run.directory, runId, onFallback));
    },

    async list(runId) {
      const found = await listed(disk, runId === undefined ? await runDirectories(disk, root) : [directoryOf(runId)], {
        mayBeOthers: runId === undefined,
        directoryOf,
      });
      // Those of one run are in order already, whatever the clock did meanwhile.
      return runId === undefined ? found.sort((a, b) => a.savedAt - b.savedAt) : found;
    },

    async delete(runId) {
      await turns.inTurn(runId, async (run) => {
        if (run.writer === undefined && (await namesIn(disk, run.directory)).length === 0) return;
        const writer = await write(run, runId);
        writer.clear();
        await release(run);
        claims.giveUp(runId);
        await removeDirectory(disk, root, run.directory);
      });
    },

    async release(runId) {
      await turns.inTurn(runId, async (run) => {
        await release(run);
        claims.giveUp(runId);
      });
    },
  };
}

interface Run {
  directory: string;
  writer: Writer | undefined;
  /** A buffer that no save is using. */
  spare: Buffer | undefined;
}

/** The buffer of a run that no save is using: from now on one does. */
function takeSpare(run: Run | undefined): Buffer | undefined {
  const spare = run?.spare;
  if (run !== undefined) run.spare = undefined;
  return spare;
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

/** What lies in these directories, by the headers of the files. @param of `mayBeOthers`: those that may not be read are not ours */
async function listed(
  disk: Disk,
  directories: string[],
  of: { mayBeOthers: boolean; directoryOf(runId: string): string },
): Promise<CheckpointInfo[]> {
  const found: CheckpointInfo[] = [];
  for (const directory of directories) {
    for (const file of checkpointFiles(await namesIn(disk, directory, of.mayBeOthers))) {
      const header = await headerOf(disk, join(directory, file.name));
      // Of another run: a copy of a directory, under another name.
      if (header === undefined || of.directoryOf(header.facts.runId) !== directory) continue;
      const { runId, steps, savedAt } = header.facts;
      found.push({ runId, seq: file.seq, steps, savedAt });
    }
  }
  return found;
}

async function runDirectories(disk: Disk, root: string): Promise<string[]> {
  const names = await namesIn(disk, root);
  return names.filter((name) => name.startsWith(runPrefix)).map((name) => join(root, name));
}

function checkOptions(dir: string, options: FileStoreOptions): void {
  if (typeof dir !== 'string' || dir === '') throw expected('`dir` to be a string that is not empty', dir);
  if (typeof options !== 'object' || options === null) throw expected('options to be an object', options);
  const { keep, onFallback, takeOver, ...unknown } = options;
  if (Object.keys(unknown).length > 0) {
    throw expected('options among keep, onFallback, takeOver', Object.keys(unknown)[0]);
  }
  if (takeOver !== undefined && typeof takeOver !== 'boolean' && typeof takeOver !== 'function') {
    throw expected('`takeOver` to be true, false or a function', takeOver);
  }
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
