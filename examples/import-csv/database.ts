import { rmSync } from 'node:fs';
import type { SqliteDatabase } from 'loopchart/node';

export interface Database extends SqliteDatabase {
  close(): void;
}

/** Opens the SQLite that comes with Node 22 and later; in older ones, SQLite as WebAssembly, with the same methods. */
export async function openDatabase(file: string): Promise<Database> {
  const native = process.getBuiltinModule('node:sqlite') as
    | { DatabaseSync: new (file: string) => Database }
    | undefined;
  if (native !== undefined) return new native.DatabaseSync(file);
  // A process that was killed has left its lock. This program is the only one that uses the file.
  rmSync(`${file}.lock`, { recursive: true, force: true });
  const db = await openWasm(file);
  // It takes its own lock for that of another, and so never takes back what a process that was killed has half written. With
  // a log in the place of a journal there is nothing to be taken back.
  db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL');
  return db;
}

/** SQLite as WebAssembly: it takes values as a list. */
export async function openWasm(file: string): Promise<Database> {
  const { default: sqlite } = await import('node-sqlite3-wasm');
  const db = new sqlite.Database(file);
  return {
    exec: (sql) => db.exec(sql),
    prepare: (sql) => ({
      run: (...values) => db.run(sql, values),
      get: (...values) => db.all(sql, values)[0],
      all: (...values) => db.all(sql, values),
    }),
    close: () => db.close(),
  };
}
