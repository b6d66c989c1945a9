import { jsonable } from '../../checkpoint/checkpoint-json.ts';
import type { Checkpoint } from '../../checkpoint/contents.ts';
import { expected } from '../../checkpoint/expected.ts';
import type { CheckpointInfo, CheckpointStore } from '../../checkpoint/store.ts';
import { type PassedOver, unreadable, unreadableOne } from '../../checkpoint/unreadable.ts';
import { LoopError } from '../../data/errors.ts';
import { Database } from './database.ts';
import { checkPlace, HeldRuns, lost } from './held-runs.ts';
import { decode, encode, openHeader } from './sealed.ts';

/** What `indexedDBStore` may be told. */
export interface IndexedDBStoreOptions {
  /**
   * How many checkpoints of a run stay in the database, from 1 up.
   * Default 2: if the newest is damaged, there is one to fall back to.
   */
  keep?: number;
  /**
   * Called by `load` when it passes over a damaged checkpoint, with an error of code `CHECKPOINT_UNREADABLE`.
   * Throw the error to refuse the older one. Default: `console.warn`.
   */
  onFallback?: (error: LoopError) => void;
}

/**
 * Keeps checkpoints in the IndexedDB of the browser, for pages and workers: a run goes on where it was when its tab is
 * opened again.
 *
 * - `save` resolves when the browser says that the checkpoint is on the disk (`durability: 'strict'`). A tab that is closed
 *   or dies at any moment leaves the new one or the one before. Where the site may store no more, it rejects with an error
 *   of code `STORE` that has the browser's `QuotaExceededError` as its `cause`.
 * - `start` takes a lock on the run before its first hook, or else its first save does. Another tab, worker or store that
 *   starts or saves the run gets an error of code `STORE_BUSY`, until `release(runId)`, `delete(runId)`, or the end of the
 *   tab, however that comes.
 * - Where the newest checkpoint is damaged, `load` goes back to the one before and tells `onFallback`.
 * - A browser that runs out of space may throw away what sites have stored, unless `navigator.storage.persist()` was granted.
 *
 * It needs a secure context (https, or localhost), as Web Locks and checksums do; elsewhere its methods reject with
 * `MISCONFIGURATION`.
 *
 * @param name of the database. Default: `loopchart`
 * @example
 * const store = indexedDBStore();
 * const run = fit.start({ id: 'fit', store, from: await store.load('fit') });
 * @throws MisconfigurationError for a bad name or option
 */
export function indexedDBStore(name = 'loopchart', options: IndexedDBStoreOptions = {}): Required<CheckpointStore> {
  checkOptions(name, options);
  const { keep = 2, onFallback = warn } = options;
  const database = new Database(name);
  const held = new HeldRuns(name);

  return {
    async acquire(runId) {
      await held.inTurn(runId, (run) => held.acquire(run, runId));
    },

    async save(runId, checkpoint) {
      // Here and not in turn: the caller may go on changing what it has given.
      const sealed = encode(runId, checkpoint, Date.now());
      await held.inTurn(runId, async (run) => {
        await held.hold(run, runId);
        run.seq = await database.add(runId, await sealed(), keep, (newest) => {
          const isMine = run.seq === undefined || run.seq === newest;
          if (!isMine || run.lock!.isLost) throw lost(runId);
        });
      });
    },

    async load(runId) {
      return await held.inTurn(runId, () => loadNewest(database, runId, onFallback));
    },

    async loadAt(runId, seq) {
      return await held.inTurn(runId, () => loadOne(database, runId, seq));
    },

    async list(runId) {
      checkPlace();
      const found = await listed(database, runId);
      // Those of one run are in order already, whatever the clock did meanwhile.
      return runId === undefined ? found.sort((a, b) => a.savedAt - b.savedAt) : found;
    },

    async delete(runId) {
      await held.inTurn(runId, async (run) => {
        if (run.lock === undefined && (await database.newest(runId)) === undefined) return;
        await held.hold(run, runId);
        await database.delete(runId);
        await held.release(run, runId);
      });
    },

    async release(runId) {
      await held.inTurn(runId, (run) => held.release(run, runId));
    },
  };
}

/** What the database has, by its headers. @param runId of all runs, where it is left out */
async function listed(database: Database, runId: string | undefined): Promise<CheckpointInfo[]> {
  const found: CheckpointInfo[] = [];
  for (const { key, header } of await database.headers(runId)) {
    const facts = await openHeader(header).then(
      (opened) => opened.facts,
      () => undefined,
    );
    if (facts?.runId !== key[0]) continue;
    found.push({ runId: facts.runId, seq: key[1], steps: facts.steps, savedAt: facts.savedAt });
  }
  return found;
}

/** The newest checkpoint of a run that can be read; undefined if there is none at all. */
async function loadNewest(
  database: Database,
  runId: string,
  onFallback: (error: LoopError) => void,
): Promise<Checkpoint | undefined> {
  for (;;) {
    const newest = await database.newest(runId);
    const damaged: PassedOver[] = [];
    let good: Checkpoint | undefined;
    let at = newest;
    while (at !== undefined && good === undefined) {
      const { seq } = at;
      try {
        good = await decode(runId, at);
      } catch (error) {
        if (error instanceof LoopError) throw error;
        damaged.push({ which: `checkpoint ${seq}`, cause: error as Error });
        at = await database.newest(runId, seq);
      }
    }
    if (damaged.length > 0) {
      // A writer has saved and pruned meanwhile: there is a newer one.
      if ((await database.newest(runId))?.seq !== newest!.seq) continue;
      if (good === undefined) throw unreadable(runId, damaged, 'None is left: start the run anew.');
      onFallback(unreadable(runId, damaged, `Went back to checkpoint ${at!.seq}.`));
    }
    return good && jsonable(good);
  }
}

/** One checkpoint of a run, by its number; undefined if it is not there. @throws LoopError where it cannot be read */
async function loadOne(database: Database, runId: string, seq: number): Promise<Checkpoint | undefined> {
  const found = await database.newest(runId, seq + 1);
  if (found?.seq !== seq) return undefined;
  try {
    return jsonable(await decode(runId, found));
  } catch (error) {
    if (error instanceof LoopError) throw error;
    throw unreadableOne(runId, seq, error as Error);
  }
}

function warn(error: LoopError): void {
  // biome-ignore lint/suspicious/noConsole: there is nobody else to tell
  console.warn(error);
}

function checkOptions(name: string, options: IndexedDBStoreOptions): void {
  if (typeof name !== 'string' || name === '') throw expected('`name` to be a string that is not empty', name);
  if (typeof options !== 'object' || options === null) throw expected('options to be an object', options);
  const { keep, onFallback, ...unknown } = options;
  const [first] = Object.keys(unknown);
  if (first !== undefined) throw expected('options among keep, onFallback', first);
  if (keep !== undefined && !(Number.isInteger(keep) && keep >= 1)) {
    throw expected('`keep` to be a whole number from 1 up', keep);
  }
  if (onFallback !== undefined && typeof onFallback !== 'function') {
    throw expected('`onFallback` to be a function', onFallback);
  }
}
