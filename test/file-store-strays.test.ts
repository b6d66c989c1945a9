import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LoopError } from 'loopchart';
import { fileStore } from 'loopchart/node';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runDirectory } from '../src/node/layout.ts';
import { checkpointAt } from './programs/checkpoint.ts';

/*
 * What somebody else has put into the directory of a store breaks nothing there, and is left alone.
 */

let dir: string;
beforeEach(() => {
  dir = fs.mkdtempSync(join(tmpdir(), 'loopchart-strays-'));
});
afterEach(() => fs.rmSync(dir, { recursive: true, force: true }));

const inRun = (name: string, runId = 'r') => join(dir, runDirectory(runId), name);
const at = (steps: number, runId = 'r') => checkpointAt(runId, steps);

/** Saves three checkpoints, of which two are kept. */
async function three(): Promise<void> {
  const store = fileStore(dir);
  for (const steps of [1, 2, 3]) await store.save('r', at(steps));
  await store.release('r');
}

const file = (path: string) => fs.writeFileSync(path, 'mine');
const directory = (path: string) => {
  fs.mkdirSync(path);
  file(join(path, 'inside'));
};

const odd = ['notes.txt', '.hidden', 'a b\n\u{1f600}\u202e', "'; rm -rf *", '%', '..ckpt', 'lock', 'lock.', 'x.tmp'];
const similar = [
  '00000004.1.ckpt.tmp.orig',
  '00000004.ckpt',
  '4.1.ckpt',
  '00000003.1.ckpt.bak',
  'copy of 00000003.1.ckpt',
  '00000003.1.CKPT',
  `${'9'.repeat(40)}.1.ckpt`,
  `00000004.${'9'.repeat(40)}.ckpt`,
  'lock.1.2.3',
  `lock.${'9'.repeat(40)}.1.1.aa.0.host`,
];

describe.each(['file', 'directory'] as const)('a %s of somebody else', (kind) => {
  const put = kind === 'file' ? file : directory;

  test.each([...odd, ...similar])('called %j among the checkpoints of a run', async (name) => {
    await three();
    put(inRun(name));
    await worksOn();
    expect(fs.existsSync(inRun(name))).toBe(true);
  });

  test.each([...odd, 'run-', 'run-x', 'run-r.bak', 'run-%', `run-${'y'.repeat(240)}`])(
    'called %j among the directories of runs',
    async (name) => {
      await three();
      put(join(dir, name));
      await worksOn();
      expect(fs.existsSync(join(dir, name))).toBe(true);
    },
  );
});

/** Lists, loads, saves and deletes as if nothing else were there. */
async function worksOn(): Promise<void> {
  const store = fileStore(dir, { onFallback: () => expect.unreachable() });
  expect((await store.list()).map(({ steps }) => steps)).toEqual([2, 3]);
  expect((await store.list('r')).map(({ steps }) => steps)).toEqual([2, 3]);
  expect((await store.load('r'))!.position.steps).toBe(3);
  for (const steps of [4, 5, 6]) await store.save('r', at(steps));
  expect((await store.list('r')).map(({ seq, steps }) => [seq, steps])).toEqual([
    [5, 5],
    [6, 6],
  ]);
  await store.delete('r');
  expect(await store.list()).toEqual([]);
  expect(await store.load('r')).toBe(undefined);
}

const others: Record<string, (path: string) => void> = {
  'a directory': directory,
  'an empty file': (path) => fs.writeFileSync(path, ''),
  'a file of more than 2 GiB': (path) => {
    fs.writeFileSync(path, '');
    fs.truncateSync(path, 2 ** 31 + 2 ** 20);
  },
  'a pipe': (path) => void execFileSync('mkfifo', [path]),
  'a checkpoint of another run': (path) => fs.copyFileSync(inRun('00000001.1.ckpt', 'other'), path),
};

describe.runIf(process.platform !== 'win32')('in the place of the newest checkpoint', () => {
  for (const [what, put] of Object.entries(others)) {
    test(`${what} is passed over, and told`, async () => {
      await three();
      const other = fileStore(dir);
      await other.save('other', at(9, 'other'));
      await other.release('other');
      const stray = inRun('00000007.1.ckpt');
      put(stray);
      const told: LoopError[] = [];
      const store = fileStore(dir, { onFallback: (error) => void told.push(error) });
      expect((await store.load('r'))!.position.steps).toBe(3);
      expect(told).toMatchObject([{ code: 'CHECKPOINT_UNREADABLE' }]);
      expect(told[0]!.message).toContain('00000007.1.ckpt');
      expect(told[0]!.message).toContain('Went back to checkpoint 3');
      const listed = await store.list('r');
      expect(listed.map(({ steps }) => steps)).toEqual([2, 3]);
      // The next ones count on from there.
      for (const steps of [4, 5, 6]) await store.save('r', at(steps));
      told.length = 0;
      expect((await store.load('r'))!.position.steps).toBe(6);
      expect(told).toEqual([]);
      await store.delete('r');
      expect(await store.load('r')).toBe(undefined);
      if (what === 'a directory') expect(fs.existsSync(stray)).toBe(true);
    });
  }
});

test('a copy of the directory of a run is not listed as the run', async () => {
  await three();
  fs.cpSync(join(dir, runDirectory('r')), join(dir, 'run-copy of r'), { recursive: true });
  fs.cpSync(join(dir, runDirectory('r')), join(dir, runDirectory('s')), { recursive: true });
  const store = fileStore(dir);
  expect((await store.list()).map(({ runId, steps }) => [runId, steps])).toEqual([
    ['r', 2],
    ['r', 3],
  ]);
  await expect(store.load('s')).rejects.toMatchObject({ code: 'CHECKPOINT_UNREADABLE' });
});

test('a file where the directory of a run should be is told when the run is saved', async () => {
  file(join(dir, runDirectory('r')));
  const store = fileStore(dir);
  expect(await store.load('r')).toBe(undefined);
  await expect(store.save('r', at(1))).rejects.toMatchObject({ code: 'STORE' });
});

test('a number after which there is none is told when the run is saved', async () => {
  await three();
  file(inRun(`${'9'.repeat(15)}.1.ckpt`));
  const store = fileStore(dir, { onFallback: () => {} });
  await expect(store.save('r', at(4))).rejects.toThrow(/move it somewhere else/);
  expect((await store.load('r'))!.position.steps).toBe(3);
  await store.release('r');
});
