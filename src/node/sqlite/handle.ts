import { setTimeout as sleep } from 'node:timers/promises';
import { LoopError } from '../../data/errors.ts';
import { isBusy, type SqliteDatabase, sqliteError, Tables } from './database.ts';

/** How often a write is tried while others write, and how long it waits in between, in milliseconds. */
const attempts = 200;
const pause = 25;

/**
 * What the stores over one database handle share: the calls, which go one after the other, and the transaction in which
 * a run writes its rows.
 *
 *     acquire            save                save              release
 *        │                │                   │                  │
 *      BEGIN   rows   + checkpoint   rows   + checkpoint  rows   │
 *        └──────────────COMMIT, BEGIN───────COMMIT, BEGIN─────ROLLBACK
 */
export class Handle {
  readonly tables: Tables;
  /** The run whose rows are in the transaction that is open. */
  runId: string | undefined;
  /** How many rows the handle had changed when that transaction began. */
  #changesBefore = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(db: SqliteDatabase) {
    this.tables = new Tables(db);
  }

  /** Calls on one handle go one after the other. @param name what is done, for errors */
  async inTurn<T>(name: string, task: () => Promise<T> | T): Promise<T> {
    const result = this.#last.then(task);
    this.#last = result.catch(() => {});
    try {
      return await result;
    } catch (error) {
      throw sqliteError(name, error);
    }
  }

  /** Opens the transaction in which a run writes its rows. */
  begin(runId: string): void {
    this.#open();
    this.runId = runId;
  }

  /** Takes back what was written since the last checkpoint, and ends the transaction of the run. */
  end(): void {
    this.runId = undefined;
    this.#rollBack();
  }

  /**
   * Adds to the transaction of the run and commits all of it; the next one begins at once. If that fails, all of it is taken
   * back, and what is written then is not committed before the next `commit`.
   */
  async commit(add: () => void): Promise<void> {
    try {
      this.#checkOpen();
      await patiently(() => this.#whole(add));
      await patiently(() => this.#exec('COMMIT'));
    } catch (error) {
      this.#rollBack();
      throw error;
    } finally {
      this.#open();
    }
  }

  /** Does something in a transaction of its own. */
  async apart(task: () => void): Promise<void> {
    await patiently(() => this.#exec('BEGIN IMMEDIATE'));
    try {
      task();
      await patiently(() => this.#exec('COMMIT'));
    } catch (error) {
      this.#rollBack();
      throw error;
    }
  }

  /** Reads. A transaction that has read is not let write once others have written: one without rows yet begins anew. */
  async read<T>(task: () => T): Promise<T> {
    const isFresh = this.runId !== undefined && this.#changes() === this.#changesBefore;
    let result!: T;
    await patiently(() => {
      result = task();
    });
    if (isFresh) {
      this.#rollBack();
      this.#open();
    }
    return result;
  }

  #open(): void {
    this.#exec('BEGIN; SAVEPOINT loopchart_run');
    this.#changesBefore = this.#changes();
  }

  /** All of it, or nothing and the transaction as it was. */
  #whole(add: () => void): void {
    this.#exec('SAVEPOINT loopchart_save');
    try {
      add();
      this.#exec('RELEASE loopchart_save');
    } catch (error) {
      try {
        this.#exec('ROLLBACK TO loopchart_save; RELEASE loopchart_save');
      } catch {
        // SQLite has ended the transaction by itself.
      }
      throw error;
    }
  }

  /** SQLite ends a transaction by itself where it cannot go on, and so may the program; its savepoint then is gone. */
  #checkOpen(): void {
    try {
      this.#exec('RELEASE loopchart_run');
    } catch (cause) {
      throw ended(this.runId!, cause);
    }
  }

  #rollBack(): void {
    try {
      this.#exec('ROLLBACK');
    } catch {
      // SQLite has ended it by itself.
    }
  }

  #changes(): number {
    return Number((this.tables.get('changes').get() as { n: unknown }).n);
  }

  #exec(sql: string): void {
    this.tables.db.exec(sql);
  }
}

const handles = new WeakMap<SqliteDatabase, Handle>();

export function handleOf(db: SqliteDatabase): Handle {
  const handle = handles.get(db) ?? new Handle(db);
  handles.set(db, handle);
  return handle;
}

/** Waits where others write. */
async function patiently(task: () => void): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      task();
      return;
    } catch (error) {
      if (!isBusy(error) || attempt === attempts) throw error;
    }
    await sleep(pause);
  }
}

function ended(runId: string, cause: unknown): LoopError {
  return new LoopError(
    'STORE',
    `Expected the transaction of run "${runId}" to be open until its checkpoint is saved, but it was ended in between. ` +
      'Rows that were written before it ended are lost or were saved without a checkpoint. ' +
      'Let steps neither COMMIT nor ROLLBACK (SAVEPOINT is fine), and start the run again from its newest checkpoint.',
    '',
    { cause },
  );
}
