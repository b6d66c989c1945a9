import { join } from 'node:path';
import { type SqliteStoreOptions, sqliteStore } from 'loopchart/node';
import type { StoreFixture, StorePlace } from 'loopchart/testing';
import { type Database, openWasm } from '../../examples/import-csv/database.ts';
import { cleanups, ended, newDirectory } from './store-directory.ts';

const native = process.getBuiltinModule('node:sqlite') as { DatabaseSync: new (file: string) => Database } | undefined;

/** The SQLite of this Node, or, where it has none, one of WebAssembly. */
export async function open(file: string): Promise<Database> {
  const db = native === undefined ? await openWasm(file) : new native.DatabaseSync(file);
  cleanups.push(() => {
    try {
      db.close();
    } catch {
      // It is closed.
    }
  });
  return db;
}

export interface SqlitePlace extends StorePlace {
  file: string;
  db: Database;
  /** The handle of `store`, of the process that may die. */
  watched: Database;
  /** What the handle of `store` does before each statement. */
  before: { statement(): void };
}

/** What a handle throws once its process has died. */
class Died extends Error {}

export function sqlite(options: SqliteStoreOptions): StoreFixture<SqlitePlace> {
  const store = (db: Database) => sqliteStore(db, { ...options, onFallback: () => {} });
  return {
    name: `sqliteStore ${JSON.stringify(options)}`,
    async make() {
      const file = join(newDirectory(), 'runs.db');
      const db = await open(file);
      const before = { statement() {} };
      const handle = watched(db, before);
      return { file, db, watched: handle, before, store: store(handle) };
    },
    keep: options.keep ?? 2,
    refuses: true,
    ...(options.transaction !== false && { oneRun: true, start: { durability: 'sync' as const } }),
    async other({ file }) {
      return store(await open(file));
    },
    die: (place) => die(place),
    fill({ db }) {
      const [pages] = Object.values(db.prepare('PRAGMA page_count').get() as object);
      db.exec(`PRAGMA max_page_count = ${Number(pages) + 20}`);
      return () => void db.exec('PRAGMA max_page_count = 1000000');
    },
    async damage({ db }, runId) {
      const of = 'FROM loopchart_checkpoints WHERE run = ? ORDER BY seq DESC LIMIT 1';
      const { seq, bytes } = db.prepare(`SELECT seq, bytes ${of}`).get(JSON.stringify(runId)) as any;
      const changed = Uint8Array.from(bytes);
      changed[changed.length - 1]! ^= 1;
      db.prepare('UPDATE loopchart_checkpoints SET bytes = ? WHERE run = ? AND seq = ?').run(
        changed,
        JSON.stringify(runId),
        seq,
      );
    },
    crash(place, n) {
      let statements = 0;
      place.before.statement = () => {
        if (++statements >= n) throw new Died();
      };
      return () => statements >= n;
    },
  };
}

/** What a process that dies leaves: a transaction that nobody commits, and a row with its pid. */
async function die({ db, file, before }: SqlitePlace): Promise<void> {
  before.statement = () => {
    throw new Died();
  };
  db.close();
  const after = await open(file);
  const { n } = after.prepare("SELECT count(*) AS n FROM sqlite_master WHERE name = 'loopchart_runs'").get() as any;
  if (Number(n) === 1) after.prepare('UPDATE loopchart_runs SET pid = ?').run(ended.pid);
  after.close();
}

function watched(db: Database, before: { statement(): void }): Database {
  const first =
    <A extends unknown[], R>(call: (...args: A) => R) =>
    (...args: A) => {
      before.statement();
      return call(...args);
    };
  return {
    exec: first((sql) => db.exec(sql)),
    prepare(sql) {
      const statement = db.prepare(sql);
      return {
        run: first((...values) => statement.run(...values)),
        get: first((...values) => statement.get(...values)),
        all: first((...values) => statement.all(...values)),
      };
    },
    close: () => db.close(),
  };
}
