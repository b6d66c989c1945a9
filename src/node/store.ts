import { join, resolve } from 'node:path';
import { Claims } from '../checkpoint/claims.ts';
import { expected } from '../checkpoint/expected.ts';
import type { CheckpointStore } from '../checkpoint/store.ts';
import { Turns } from '../checkpoint/turns.ts';
import { type Disk, localDisk } from './disk.ts';
import { encode } from './format.ts';
import { thisProcess, type Who } from './holder.ts';
import { runDirectory } from './layout.ts';
import { listed, runDirectories } from './listing.ts';
import { loadNewest, loadOne } from './read.ts';
import { RunOfStore } from './run-of-store.ts';
import { checkedOptions, type FileStoreOptions } from './store-options.ts';

export type { FileStoreOptions } from './store-options.ts';

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
 * - `load`, `loadAt` and `list` may be called while another process writes. `list` reads headers only (of a series, all
 *   of it), and leaves out files whose header is damaged or of a newer format.
 * - From the fifth save on, checkpoints of up to 64 KiB are added to a file of up to 1 MiB, a series, which takes one flush
 *   each. On release those that are kept get a file each.
 * - A buffer as large as the largest checkpoint is kept for each run until its release. So are up to two files beyond
 *   `keep`, of 64 KiB to 16 MiB, which the next checkpoints are written over: but not those with a second name (a hard
 *   link) or that others may read, and not on Windows.
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
  const { keep, onFallback, mayTakeOver } = checkedOptions(dir, options);
  const root = resolve(dir);
  const claims = new Claims();
  const directoryOf = (runId: string) => {
    if (typeof runId !== 'string') throw expected('`runId` to be a string', runId);
    return join(root, runDirectory(runId));
  };
  const turns = new Turns<RunOfStore>(
    (runId) => new RunOfStore({ disk, who, keep, mayTakeOver }, directoryOf(runId), runId),
    (run) => run.isHeld,
  );

  return {
    async acquire(runId) {
      await turns.inTurn(runId, (run) => held(run, claims, runId));
    },

    async save(runId, checkpoint) {
      directoryOf(runId);
      // Here and not in turn: the caller may go on changing what it has given.
      const encoded = turns.known(runId)?.encode(checkpoint) ?? encode(runId, checkpoint, Date.now());
      await turns.inTurn(runId, (run) => run.save(encoded));
    },

    async load(runId) {
      return await turns.inTurn(runId, ({ directory }) => loadNewest(disk, directory, runId, onFallback));
    },

    async loadAt(runId, seq) {
      return await turns.inTurn(runId, ({ directory }) => loadOne(disk, directory, runId, seq));
    },

    async list(runId) {
      const mayBeOthers = runId === undefined;
      const directories = mayBeOthers ? await runDirectories(disk, root) : [directoryOf(runId)];
      const found = await listed(disk, directories, { mayBeOthers, directoryOf });
      // Those of one run are in order already, whatever the clock did meanwhile.
      return mayBeOthers ? found.sort((a, b) => a.savedAt - b.savedAt) : found;
    },

    async delete(runId) {
      await turns.inTurn(runId, async (run) => {
        await run.delete(root);
        claims.giveUp(runId);
      });
    },

    async release(runId) {
      await turns.inTurn(runId, async (run) => {
        await run.release();
        claims.giveUp(runId);
      });
    },
  };
}

/** Takes a run for one that is about to go on. */
async function held(run: RunOfStore, claims: Claims, runId: string): Promise<void> {
  claims.take(runId);
  try {
    await run.hold();
  } catch (error) {
    claims.giveUp(runId);
    throw error;
  }
}
