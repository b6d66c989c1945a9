import { jsonable } from '../../checkpoint/checkpoint-json.ts';
import { Claims } from '../../checkpoint/claims.ts';
import type { Checkpoint } from '../../checkpoint/contents.ts';
import type { CheckpointInfo, CheckpointStore } from '../../checkpoint/store.ts';
import { Turns } from '../../checkpoint/turns.ts';
import { type PassedOver, unreadable } from '../../checkpoint/unreadable.ts';
import { LoopError, MisconfigurationError } from '../../data/errors.ts';
import { shown } from '../../data/shown.ts';
import { Database } from './database.ts';
import { decode, encode, openHeader } from './sealed.ts';
import { TabLock } from './tab-lock.ts';

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
  const claims = new Claims();
  const turns = new Turns<Run>(
    (runId) => {
      if (typeof runId !== 'string') throw expected('`runId` to be a string', runId);
      return { lock: undefined, seq: undefined };
    },
    ({ lock }) => lock !== undefined,
  );

  async function inTurn<T>(runId: string, task: (run: Run) => Promise<T>): Promise<T> {
    checkPlace();
    return await turns.inTurn(runId, task);
  }

  async function hold(run: Run, runId: string): Promise<void> {
    if (run.lock?.isLost) throw lost(runId);
    run.lock ??= await TabLock.take(lockName(name, runId));
    if (run.lock === undefined) throw busy(runId);
  }

  return {
    async acquire(runId) {
      await inTurn(runId, async (run) => {
        claims.take(runId);
        try {
          await hold(run, runId);
        } catch (error) {
          claims.giveUp(runId);
          throw error;
        }
      });
    },

    async save(runId, checkpoint) {
      // Here and not in turn: the caller may go on changing what it has given.
      const sealed = encode(runId, checkpoint, Date.now());
      await inTurn(runId, async (run) => {
        await hold(run, runId);
        run.seq = await database.add(runId, await sealed(), keep, (newest) => {
          const isMine = run.seq === undefined || run.seq === newest;
          if (!isMine || run.lock!.isLost) throw lost(runId);
        });
      });
    },

    async load(runId) {
      return await inTurn(runId, () => loadNewest(database, runId, onFallback));
    },

    async list(runId) {
      checkPlace();
      const found = await listed(database, runId);
      // Those of one run are in order already, whatever the clock did meanwhile.
      return runId === undefined ? found.sort((a, b) => a.savedAt - b.savedAt) : found;
    },

    async delete(runId) {
      await inTurn(runId, async (run) => {
        if (run.lock === undefined && (await database.newest(runId)) === undefined) return;
        await hold(run, runId);
        await database.delete(runId);
        await release(run);
        claims.giveUp(runId);
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
  lock: TabLock | undefined;
  /** The number of the last save under this lock. */
  seq: number | undefined;
}

async function release(run: Run): Promise<void> {
  const { lock } = run;
  run.lock = undefined;
  run.seq = undefined;
  await lock?.release();
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

/** The name of a lock goes to another process of the browser, which keeps no half of a pair of surrogates. */
function lockName(name: string, runId: string): string {
  return `loopchart ${JSON.stringify([name, runId])}`;
}

function busy(runId: string): LoopError {
  return new LoopError(
    'STORE_BUSY',
    `Expected to be the only writer of run "${runId}", but another tab, worker or store of this site holds it. ` +
      'Wait until that run has ended or stop it, close that tab, or use another run id.',
  );
}

function lost(runId: string): LoopError {
  return new LoopError(
    'STORE_BUSY',
    `Expected to be the only writer of run "${runId}", but another has taken it over. Nothing was saved. ` +
      'End this run; to go on here, call `release(runId)` and start again from the newest checkpoint.',
  );
}

/** @throws MisconfigurationError where the browser, or what runs this, does not have what the store needs */
function checkPlace(): void {
  const has = {
    indexedDB: typeof indexedDB !== 'undefined',
    'navigator.locks': typeof navigator !== 'undefined' && navigator.locks !== undefined,
    'crypto.subtle': typeof crypto !== 'undefined' && crypto.subtle !== undefined,
  };
  const missing = Object.entries(has).flatMap(([what, is]) => (is ? [] : [what]));
  if (missing.length === 0) return;
  throw new MisconfigurationError(
    `Expected a page or worker of a browser, served by https or from localhost, got no ${missing.join(', no ')}. ` +
      'Serve the page in that way; outside of browsers use another store, such as `memoryStore()` or `fileStore(dir)`.',
  );
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

function expected(what: string, got: unknown): MisconfigurationError {
  return new MisconfigurationError(`Expected ${what}, got ${shown(got)}.`);
}
