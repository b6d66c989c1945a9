import { join } from 'node:path';
import { Loop, type LoopError } from 'loopchart';
import { resumable, sqliteStore } from 'loopchart/node';
import { expect, test } from 'vitest';
import type { Database } from '../examples/import-csv/database.ts';
import { checkpointAt } from './programs/checkpoint.ts';
import { long } from './support/effort.ts';
import { open, sqlite } from './support/sqlite.ts';
import { newDirectory } from './support/store-directory.ts';

/* What `sqliteStore` does with the rows that steps write. What it does as any store is in `store.test.ts`. */

const sync = { every: 'step', durability: 'sync' } as const;

async function database(): Promise<{ file: string; db: Database }> {
  const file = join(newDirectory(), 'rows.db');
  const db = await open(file);
  db.exec('CREATE TABLE rows (part INTEGER, n INTEGER)');
  return { file, db };
}

const rowsIn = (db: Database): string[] =>
  (db.prepare('SELECT part, n FROM rows ORDER BY rowid').all() as { part: number; n: number }[]).map(
    ({ part, n }) => `${part}.${n}`,
  );

/** Writes a row in each step, in an order that the state says. */
class Rows extends Loop<void, [part: number]> {
  override state = { n: 0 };
  readonly db: Database;
  /** Called within the step, after its row. */
  afterRow: () => void = () => {};

  constructor(db: Database) {
    super();
    this.db = db;
  }

  get done(): boolean {
    return this.state.n >= 3;
  }

  reset(): void {
    if (!this.restarting) this.state.n = 0;
  }

  async advance(part: number): Promise<void> {
    this.state.n++;
    this.db.prepare('INSERT INTO rows VALUES (?, ?)').run(part, this.state.n);
    this.afterRow();
  }
}

/** Has its rows written part by part; one of its own before each, in a `once`, and one after it. */
class Parts extends Loop<void> {
  override state = { part: 0 };
  readonly rows: Rows;

  constructor(db: Database) {
    super();
    this.rows = new Rows(db);
  }

  get done(): boolean {
    return this.state.part >= 2;
  }

  reset(): void {}

  async advance(): Promise<void> {
    const part = this.state.part + 1;
    const write = (n: number) => void this.rows.db.prepare('INSERT INTO rows VALUES (?, ?)').run(part, n);
    await this.once('before', () => write(0));
    await this.rows.run(part);
    write(9);
    this.state.part++;
  }
}

const allRows = [1, 2].flatMap((part) => [0, 1, 2, 3, 9].map((n) => `${part}.${n}`));

test('each row is there once, at whichever statement the process dies, and is resumed', async () => {
  const fixture = sqlite({});
  for (let n = 1, isOver = false; !isOver; n += long ? 1 : 3) {
    const place = await fixture.make();
    place.db.exec('CREATE TABLE rows (part INTEGER, n INTEGER)');
    const hasCrashed = fixture.crash!(place, n);
    const first = new Parts(place.watched);
    await first.start({ id: 'parts', store: place.store, ...sync }).outcome;
    isOver = !(await hasCrashed());
    await fixture.die!(place);

    const db = await open(place.file);
    const store = sqliteStore(db);
    const from = await store.load('parts');
    const steps = from?.position.steps ?? 0;
    // What the dead one had written without a checkpoint that knows of it is gone.
    expect(rowsIn(db).length, `after ${n} statements`).toBeLessThanOrEqual(steps + 4);
    await new Parts(db).start({ id: 'parts', store, from, ...sync }).output;
    expect(rowsIn(db), `after ${n} statements`).toEqual(allRows);
    db.close();
    expect(n).toBeLessThan(500);
    if (isOver) expect(n).toBeGreaterThan(50);
  }
});

test.each([{ every: 'step' }, { every: { steps: 2 } }, { every: 'run' }] as const)(
  'rows since the last checkpoint are taken back when a step fails (%j)',
  async ({ every }) => {
    const { file, db } = await database();
    const store = sqliteStore(db);
    const parts = new Parts(db);
    parts.rows.afterRow = () => {
      if (parts.rows.state.n === 2) throw new Error('no');
    };
    const outcome = await parts.start({ id: 'parts', store, every, durability: 'sync' }).outcome;
    expect(outcome).toMatchObject({ status: 'failed', error: { message: 'no' } });
    const seen = await open(file);
    const from = await store.load('parts');
    // The first `once` is saved in any case.
    expect(rowsIn(seen)).toEqual(from!.position.steps === 1 ? ['1.0', '1.1'] : ['1.0']);
    await new Parts(db).start({ store, from, every, durability: 'sync' }).output;
    expect(rowsIn(seen)).toEqual(allRows);
  },
);

test('rows of a run that is suspended stay; those of one that is aborted do not', async () => {
  const { file, db } = await database();
  const seen = await open(file);
  const store = sqliteStore(db);
  const run = new Parts(db).start({ id: 'parts', store, durability: 'exit', paused: true });
  await run.step(2);
  const from = await run.suspend();
  expect(rowsIn(seen)).toEqual(['1.0', '1.1', '1.2']);
  const next = new Parts(db).start({ from, store, durability: 'exit', paused: true });
  await next.step(3);
  next.abort();
  await next.outcome;
  expect(rowsIn(seen)).toEqual(['1.0', '1.1', '1.2']);
  await new Parts(db).start({ from, store, ...sync }).output;
  expect(rowsIn(seen)).toEqual(allRows);
});

test('a run that does not wait for its saves is refused before its first hook', async () => {
  const { db } = await database();
  const store = sqliteStore(db);
  const outcome = await new Parts(db).start({ id: 'parts', store }).outcome;
  expect((outcome.error as LoopError).code).toBe('MISCONFIGURATION');
  expect((outcome.error as LoopError).message).toContain("Start it with `durability: 'sync'`");
  expect(rowsIn(db)).toEqual([]);
  await expect(resumable(new Parts(db), { id: 'parts', store })).rejects.toThrow("`durability: 'sync'`");
  const program = await resumable(new Parts(db), { id: 'parts', store, tell: () => {}, ...sync });
  expect((await program.outcome).status).toBe('finished');
  expect(rowsIn(db)).toEqual(allRows);
});

test('loops that run side by side are refused, for one may be in the middle of its rows', async () => {
  class Both extends Parts {
    readonly more: Rows;
    constructor(db: Database) {
      super(db);
      this.more = new Rows(db);
    }
    override async advance(): Promise<void> {
      await Promise.all([this.rows.run(1), this.more.run(2)]);
      this.state.part = 2;
    }
  }
  const { file, db } = await database();
  const outcome = await new Both(db).start({ id: 'both', store: sqliteStore(db), ...sync }).outcome;
  expect((outcome.error as LoopError).message).toMatch(
    /one after the other.*got Both\.rows, Both\.more side by side\. Run them in turn/,
  );
  expect(rowsIn(await open(file))).toEqual([]);
  const apart = sqliteStore(db, { transaction: false });
  expect((await new Both(db).start({ id: 'both', store: apart, ...sync }).outcome).status).toBe('finished');
});

test('a second run through the same handle is refused, and goes on through one of its own', async () => {
  const { file, db } = await database();
  const store = sqliteStore(db);
  const run = new Parts(db).start({ id: 'one', store, paused: true, ...sync });
  await run.step(2);
  for (const other of [store, sqliteStore(db), sqliteStore(db, { transaction: false })]) {
    const outcome = await new Parts(db).start({ id: 'two', store: other, ...sync }).outcome;
    expect(outcome.error).toMatchObject({ code: 'STORE_BUSY', message: expect.stringContaining('run "one" does') });
    await expect(other.save('two', checkpointAt('two', 1))).rejects.toMatchObject({ code: 'STORE_BUSY' });
    await expect(other.delete('two')).rejects.toMatchObject({ code: 'STORE_BUSY' });
  }
  await expect(sqliteStore(db).save('one', checkpointAt('one', 9))).rejects.toMatchObject({ code: 'STORE_BUSY' });
  const own = await open(file);
  await new Parts(own).start({ id: 'two', store: sqliteStore(own), ...sync }).output;
  run.resume();
  await run.output;
  expect(rowsIn(db).sort()).toEqual([...allRows, ...allRows].sort());
});

test.each(['COMMIT', 'ROLLBACK', 'COMMIT; BEGIN', 'ROLLBACK; BEGIN'])(
  'a step that ends the transaction itself (%s) is found out',
  async (sql) => {
    const { db } = await database();
    const store = sqliteStore(db);
    const parts = new Parts(db);
    parts.rows.afterRow = () => {
      if (parts.rows.state.n === 2) db.exec(sql);
    };
    const outcome = await parts.start({ id: 'parts', store, ...sync }).outcome;
    expect(outcome.status).toBe('failed');
    expect(outcome.error).toMatchObject({ code: 'STORE', message: expect.stringContaining('was ended in between') });
    expect((await store.load('parts'))!.position.steps).toBe(1);
  },
);

test('a step may use savepoints', async () => {
  const { db } = await database();
  const parts = new Parts(db);
  parts.rows.afterRow = () => {
    db.exec('SAVEPOINT own; INSERT INTO rows VALUES (7, 7); ROLLBACK TO own; RELEASE own');
  };
  await parts.start({ id: 'parts', store: sqliteStore(db), ...sync }).output;
  expect(rowsIn(db)).toEqual(allRows);
});

test('a writer whose run was taken over saves no more, and its rows are taken back', async () => {
  const { file, db } = await database();
  const other = await open(file);
  const store = sqliteStore(db);
  const run = new Parts(db).start({ id: 'parts', store, paused: true, ...sync });
  await run.step(2);
  await expect.poll(async () => (await store.list('parts')).at(-1)?.steps).toBe(2);
  other.exec("UPDATE loopchart_runs SET host = 'elsewhere'");
  await expect(sqliteStore(other).acquire('parts')).rejects.toThrow(/takeOver: true/);
  const asked: unknown[] = [];
  const taker = sqliteStore(other, {
    takeOver: (holder) => {
      asked.push(holder);
      return true;
    },
  });
  await taker.acquire('parts');
  expect(asked).toMatchObject([{ runId: 'parts', pid: process.pid, host: 'elsewhere' }]);
  await run.step(1).catch(() => {});
  const outcome = await run.outcome;
  expect(outcome.error).toMatchObject({ code: 'STORE_BUSY', message: expect.stringContaining('has taken it over') });
  expect(rowsIn(other)).toEqual(['1.0', '1.1', '1.2']);
  await taker.release('parts');
});

test('a run that somebody else has gone on with since it was loaded is refused, and may be loaded again', async () => {
  const { file, db } = await database();
  const store = sqliteStore(db);
  const from = await store.load('parts');
  const other = await open(file);
  const run = new Parts(other).start({ id: 'parts', store: sqliteStore(other), paused: true, ...sync });
  await run.step(2);
  await run.suspend();
  const late = await new Parts(db).start({ id: 'parts', store, from, ...sync }).outcome;
  expect(late.error).toMatchObject({
    code: 'STORE_BUSY',
    message: expect.stringMatching(
      /when it was loaded \(save 0\), but somebody else has gone on with it since \(save \d\)/,
    ),
  });
  expect(rowsIn(other)).toEqual(['1.0', '1.1', '1.2']);
  const again = await store.load('parts');
  await new Parts(db).start({ id: 'parts', store, from: again, ...sync }).output;
  expect(rowsIn(other)).toEqual(allRows);
});

test('a save waits while another connection writes', async () => {
  const { file, db } = await database();
  const store = sqliteStore(db);
  await store.save('r', checkpointAt('r', 1));
  const other = await open(file);
  other.exec('BEGIN IMMEDIATE; INSERT INTO rows VALUES (5, 5)');
  const saving = store.save('r', checkpointAt('r', 2));
  let isSaved = false;
  void saving.then(() => {
    isSaved = true;
  });
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(isSaved).toBe(false);
  other.exec('COMMIT');
  await saving;
  expect((await store.load('r'))!.position.steps).toBe(2);
});

test('who only reads makes no tables', async () => {
  const { db } = await database();
  const store = sqliteStore(db);
  expect([await store.load('r'), await store.list(), await store.delete('r')]).toEqual([undefined, [], undefined]);
  expect(db.prepare("SELECT count(*) AS n FROM sqlite_master WHERE name LIKE 'loopchart%'").get()).toMatchObject({
    n: 0,
  });
});

test('says what it fell back from', async () => {
  const fixture = sqlite({});
  const place = await fixture.make();
  for (const steps of [1, 2]) await place.store.save('r', checkpointAt('r', steps));
  await fixture.damage!(place, 'r');
  const told: string[] = [];
  const store = sqliteStore(place.db, { onFallback: ({ message }) => void told.push(message) });
  expect((await store.load('r'))!.position.steps).toBe(1);
  expect(told).toEqual([
    'Expected the newest checkpoint of run "r" to be whole, got damage in checkpoint 2: the checksum of its payload is wrong. Went back to checkpoint 1.',
  ]);
});

test.each([
  [[null], 'Expected a database handle with `exec` and `prepare`'],
  [[{ exec() {} }], 'Expected a database handle with `exec` and `prepare`'],
  [[{ exec() {}, prepare() {} }, null], 'Expected options to be an object, got null.'],
  [[{ exec() {}, prepare() {} }, { keep: 0 }], 'Expected `keep` to be a whole number from 1 up, got 0.'],
  [[{ exec() {}, prepare() {} }, { transaction: 1 }], 'Expected `transaction` to be true or false, got 1.'],
  [[{ exec() {}, prepare() {} }, { onFallback: 1 }], 'Expected `onFallback` to be a function, got 1.'],
  [[{ exec() {}, prepare() {} }, { takeOver: 1 }], 'Expected `takeOver` to be true, false or a function, got 1.'],
  [[{ exec() {}, prepare() {} }, { rows: 1 }], 'options among transaction, keep, onFallback, takeOver, got "rows".'],
])('sqliteStore(...%j) is refused', (args, message) => {
  expect(() => (sqliteStore as any)(...args)).toThrow(message);
});
