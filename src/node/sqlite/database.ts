import { LoopError } from '../../data/errors.ts';

/**
 * A database handle, as far as a store needs it: a `DatabaseSync` of `node:sqlite` (Node 22.13 or later), a `Database` of
 * `better-sqlite3`, or anything else that does the same.
 */
export interface SqliteDatabase {
  /** Runs statements that give nothing back. */
  exec(sql: string): unknown;
  /** Makes a statement ready to be run more than once. */
  prepare(sql: string): SqliteStatement;
}

/** A statement that has been prepared. Its values are those of its `?`, in order. */
export interface SqliteStatement {
  /** Runs it. */
  run(...values: any[]): unknown;
  /** The first row, as an object; `undefined` (or null) if there is none. */
  get(...values: any[]): unknown;
  /** All rows. */
  all(...values: any[]): unknown[];
}

/** Ids of runs are kept as JSON: SQLite would end a text at a NUL, and knows no half of a pair of surrogates. */
export const keyOf: (runId: string) => string = JSON.stringify;
export const runIdOf: (key: string) => string = JSON.parse;

const tables = `
CREATE TABLE IF NOT EXISTS loopchart_runs (
  run TEXT PRIMARY KEY, token TEXT NOT NULL, pid INTEGER NOT NULL, host TEXT NOT NULL, born TEXT NOT NULL,
  since INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS loopchart_checkpoints (
  run TEXT NOT NULL, seq INTEGER NOT NULL, steps INTEGER NOT NULL, saved_at INTEGER NOT NULL, bytes BLOB NOT NULL,
  PRIMARY KEY (run, seq)
);`;

/** The statements of the store, prepared when they are first needed. */
const texts = {
  changes: 'SELECT total_changes() AS n',
  holder: 'SELECT token, pid, host, born, since FROM loopchart_runs WHERE run = ?',
  hold: 'INSERT OR REPLACE INTO loopchart_runs (run, token, pid, host, born, since) VALUES (?, ?, ?, ?, ?, ?)',
  giveUp: 'DELETE FROM loopchart_runs WHERE run = ? AND token = ?',
  add: `INSERT INTO loopchart_checkpoints (run, seq, steps, saved_at, bytes)
    SELECT ?, coalesce(max(seq), 0) + 1, ?, ?, ? FROM loopchart_checkpoints WHERE run = ?`,
  prune: `DELETE FROM loopchart_checkpoints WHERE run = ? AND seq <=
    (SELECT max(seq) FROM loopchart_checkpoints WHERE run = ?) - ?`,
  last: 'SELECT coalesce(max(seq), 0) AS seq FROM loopchart_checkpoints WHERE run = ?',
  newest: 'SELECT seq, bytes FROM loopchart_checkpoints WHERE run = ? AND seq < ? ORDER BY seq DESC LIMIT 1',
  list: 'SELECT run, seq, steps, saved_at FROM loopchart_checkpoints WHERE run = ? ORDER BY seq',
  listAll: 'SELECT run, seq, steps, saved_at FROM loopchart_checkpoints ORDER BY saved_at, run, seq',
  clear: 'DELETE FROM loopchart_checkpoints WHERE run = ?',
} as const;

/** A database with the tables of the store, which are made when something is written. */
export class Tables {
  readonly db: SqliteDatabase;
  readonly #prepared = new Map<keyof typeof texts, SqliteStatement>();

  constructor(db: SqliteDatabase) {
    this.db = db;
  }

  make(): void {
    this.db.exec(tables);
  }

  /** Whether they are there: who only reads makes none. */
  exist(): boolean {
    const sql = `SELECT count(*) AS n FROM sqlite_master WHERE type = 'table' AND name IN ('loopchart_runs', 'loopchart_checkpoints')`;
    return Number((this.db.prepare(sql).get() as { n: unknown }).n) === 2;
  }

  get(name: keyof typeof texts): SqliteStatement {
    let statement = this.#prepared.get(name);
    if (statement === undefined) {
      statement = this.db.prepare(texts[name]);
      this.#prepared.set(name, statement);
    }
    return statement;
  }
}

/** Whether somebody else is writing to the database, and it can be tried again. */
export function isBusy(error: unknown): boolean {
  const { code, errcode, message } = (error ?? {}) as { code?: unknown; errcode?: unknown; message?: unknown };
  if (typeof errcode === 'number') return (errcode & 0xff) === 5;
  if (typeof code === 'string' && code.startsWith('SQLITE_')) return code.startsWith('SQLITE_BUSY');
  return message === 'database is locked';
}

/** What a store throws when the database fails it; an error of ours is passed on as it is. */
export function sqliteError(task: string, cause: unknown): LoopError {
  if (cause instanceof LoopError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const remedy = isBusy(cause)
    ? ' Another connection has been writing all the time: let it commit more often.'
    : reason.includes('full')
      ? ' Free some space, and save again.'
      : '';
  return new LoopError('STORE', `Could not ${task} in the database: ${reason}.${remedy}`, '', { cause });
}
