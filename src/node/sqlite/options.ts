import { expected } from '../../checkpoint/expected.ts';
import type { CheckpointStore } from '../../checkpoint/store.ts';
import { type LoopError, MisconfigurationError } from '../../data/errors.ts';
import type { TakeOver } from '../holder.ts';
import type { SqliteDatabase } from './database.ts';

/** What `sqliteStore` may be told. */
export interface SqliteStoreOptions {
  /**
   * Whether rows that are written through the same handle while a run goes on are committed with its checkpoints, and
   * only so. Default: true. `false`: each save is a transaction of its own.
   */
  transaction?: boolean;
  /**
   * How many checkpoints of a run stay in the database, from 1 up.
   * Default 2: if the newest is damaged, there is one to fall back to.
   */
  keep?: number;
  /**
   * Called by `load` when it passes over a damaged checkpoint, with an error of code `CHECKPOINT_UNREADABLE`.
   * Throw the error to refuse the older one. Default: `process.emitWarning`.
   */
  onFallback?: (error: LoopError) => void;
  /** Whether a run may be taken over that a process of another host holds, as in `fileStore`. Default: false. */
  takeOver?: boolean | TakeOver;
}

export function checkOptions(db: SqliteDatabase, options: SqliteStoreOptions): void {
  if (typeof db?.exec !== 'function' || typeof db.prepare !== 'function') {
    throw expected('a database handle with `exec` and `prepare`, such as `new DatabaseSync(file)` of node:sqlite', db);
  }
  if (typeof options !== 'object' || options === null) throw expected('options to be an object', options);
  const { transaction, keep, onFallback, takeOver, ...unknown } = options;
  const [first] = Object.keys(unknown);
  if (first !== undefined) throw expected('options among transaction, keep, onFallback, takeOver', first);
  if (transaction !== undefined && typeof transaction !== 'boolean') {
    throw expected('`transaction` to be true or false', transaction);
  }
  if (keep !== undefined && !(Number.isInteger(keep) && keep >= 1)) {
    throw expected('`keep` to be a whole number from 1 up', keep);
  }
  if (onFallback !== undefined && typeof onFallback !== 'function') {
    throw expected('`onFallback` to be a function', onFallback);
  }
  if (takeOver !== undefined && typeof takeOver !== 'boolean' && typeof takeOver !== 'function') {
    throw expected('`takeOver` to be true, false or a function', takeOver);
  }
}

export function checkId(runId: string): void {
  if (typeof runId !== 'string') throw expected('`runId` to be a string', runId);
}

/**
 * Rows are in a checkpoint's transaction only if the run stands while it is saved.
 * @param saving how the run is saved; undefined where no run asks
 */
export function checkSaving(runId: string, saving: Parameters<NonNullable<CheckpointStore['acquire']>>[1]): void {
  if (saving?.durability !== 'async') return;
  throw new MisconfigurationError(
    `Expected run "${runId}" to wait for its saves, so that the rows of its steps are committed with the checkpoint of these ` +
      "steps, got durability 'async' (the default of `start`). Start it with `durability: 'sync'`; " +
      'where it writes no rows into this database, make the store with `transaction: false`.',
  );
}
