import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, symlinkSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sqliteStore } from 'loopchart/node';
import { build } from 'vite';
import { beforeAll, expect, test } from 'vitest';
import { readRows } from '../examples/import-csv/csv.ts';
import { openDatabase } from '../examples/import-csv/database.ts';
import { randomFrom } from './programs/disk.ts';
import { long, patience, seed } from './support/effort.ts';
import { freshFolder } from './support/site.ts';

const root = join(import.meta.dirname, '..');
const csv = join(root, 'node_modules/vega-datasets/data/seattle-weather.csv');
const kills = long ? 200 : 12;

let folder: string;
/** The weather of Seattle in two files, of two years each. */
let files: string[];

// Built once: a process then starts in a tenth of the time, and dies at its work rather than at its start.
beforeAll(async () => {
  const fresh = await freshFolder('import');
  folder = fresh.folder;
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  await build({
    configFile: false,
    logLevel: 'silent',
    build: {
      ssr: join(root, 'examples/import-csv/main.ts'),
      outDir: join(folder, 'built'),
      target: 'node20',
      rolldownOptions: { external: ['node-sqlite3-wasm'], output: { entryFileNames: 'main.mjs' } },
    },
    ssr: { noExternal: true, external: ['node-sqlite3-wasm'], resolve: { conditions: ['loopchart-source'] } },
  });
  const [head, ...lines] = readFileSync(csv, 'utf8').trimEnd().split('\n');
  files = [lines.slice(0, 731), lines.slice(731)].map((part, i) => {
    const file = join(folder, `part-${i}.csv`);
    writeFileSync(file, `${[head, ...part].join('\n')}\n`);
    return file;
  });
  return fresh.remove;
});

/** Runs the program once. It is killed `delay` ms after the database has changed so often, or not at all. */
async function live(dir: string, changes: number, delay: number): Promise<{ killed: boolean; stdout: string }> {
  const args = [
    '--disable-warning=ExperimentalWarning',
    join(folder, 'built/main.mjs'),
    '--db',
    join(dir, 'weather.db'),
  ];
  const child = spawn(process.execPath, [...args, ...files], { stdio: 'pipe' });
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      said[stream] += text;
    });
  }
  let seen = 0;
  // Each commit makes a journal and removes it.
  const watcher = watch(dir, () => {
    if (++seen === changes) setTimeout(() => child.kill('SIGKILL'), delay);
  });
  const [code, signal] = await once(child, 'close');
  watcher.close();
  if (code !== 0 && signal !== 'SIGKILL') throw new Error(`The program ended with ${code ?? signal}.\n${said.stderr}`);
  return { killed: signal !== null, stdout: said.stdout };
}

/** What is in the database, as the lines of a CSV file, and how many steps its newest checkpoint knows of. */
async function look(dir: string): Promise<{ rows: unknown[][]; steps: number }> {
  const db = await openDatabase(join(dir, 'weather.db'));
  const made = db.prepare("SELECT name FROM sqlite_master WHERE name = 'weather'").all().length > 0;
  const rows = made ? db.prepare('SELECT * FROM weather ORDER BY rowid').all() : [];
  const checkpoint = await sqliteStore(db).load('import');
  db.close();
  return { rows: rows.map((row) => Object.values(row as object)), steps: checkpoint?.position.steps ?? 0 };
}

const expected = () => readRows(csv).map(([date, ...values]) => [date, ...values.slice(0, 4).map(Number), values[4]]);

test(`each row is there once, though the program is killed ${kills} times (seed ${seed})`, {
  timeout: 4 * patience,
}, async () => {
  const random = randomFrom(seed);
  let killed = 0;
  let amid = 0;
  for (let run = 0; killed < kills; run++) {
    const dir = join(folder, `run-${run}`);
    mkdirSync(dir);
    for (let isOver = false; !isOver; ) {
      const before = await look(dir);
      const changes = 1 + Math.floor(random() * 80);
      const life = await live(dir, killed < kills ? changes : Infinity, random() * 8);
      const after = await look(dir);
      const where = `seed ${seed}, run ${run}, kill ${killed}`;
      // A row for each step that the checkpoint knows of, and none besides.
      expect(after.rows.length, where).toBe(after.steps);
      expect(after.rows, where).toEqual(expected().slice(0, after.steps));
      expect(after.steps, where).toBeGreaterThanOrEqual(before.steps);
      if (life.killed) killed++;
      if (life.killed && after.steps > before.steps && after.steps < 1461) amid++;
      isOver = !life.killed;
      if (isOver) expect(life.stdout).toBe(`1461 rows in ${join(dir, 'weather.db')}\n`);
    }
    expect((await look(dir)).rows).toEqual(expected());
    rmSync(dir, { recursive: true });
  }
  // Else it was killed before its work or after it.
  expect(amid).toBeGreaterThan(kills / 4);
});

test('a line that is more than values between commas is refused by name', () => {
  const file = join(folder, 'quoted.csv');
  writeFileSync(file, 'a,b\n1,2\n"3,4",5\n');
  expect(() => readRows(file)).toThrow(`${file}, line 3: expected 2 values between commas, got \`"3,4",5\`.`);
});
