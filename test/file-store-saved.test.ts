import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runDirectory } from '../src/node/layout.ts';
import { createFileStore, fileStore } from '../src/node/store.ts';
import { checkpointAt, oddIds, richCheckpoint } from './programs/checkpoint.ts';
import {
  bitsOf,
  checkpointsIn,
  expectAt,
  filesIn,
  newDirectory,
  pathOf,
  quickDisk,
  saved,
} from './support/store-directory.ts';

const onPosix = process.platform !== 'win32';

describe('what is saved', () => {
  test('comes back bit for bit', async () => {
    const dir = newDirectory();
    const store = fileStore(dir);
    await store.save('r', richCheckpoint('r'));
    await store.release('r');
    const loaded = await fileStore(dir).load('r');
    expect(loaded).toStrictEqual(richCheckpoint('r'));
    expect(bitsOf(loaded)).toEqual(bitsOf(richCheckpoint('r')));
    const { shared, again, part } = loaded!.assets as any;
    expect(again.shared).toBe(shared);
    expect(part.buffer.byteLength).toBe(16);
  });

  test('may be of any size, and shrink and grow from save to save', async () => {
    const dir = newDirectory();
    const store = createFileStore(quickDisk, dir);
    for (const bytes of [0, 8, 524_000, 2_000_000, 16, 530_000, 3_000_000]) {
      await store.save('r', checkpointAt('r', bytes, bytes));
      expectAt(await store.load('r'), bytes, bytes);
    }
    await store.release('r');
  });

  test('is the last of saves that were asked for at once', async () => {
    const dir = newDirectory();
    const store = createFileStore(quickDisk, dir, { keep: 3 });
    await Promise.all(Array.from({ length: 20 }, (_, i) => store.save('r', checkpointAt('r', i, i * 30_000))));
    expect((await store.list('r')).map(({ seq, steps }) => [seq, steps])).toEqual([
      [18, 17],
      [19, 18],
      [20, 19],
    ]);
    expectAt(await store.load('r'), 19, 19 * 30_000);
    await store.release('r');
  });

  test('is not mixed with what is saved beside it', async () => {
    const dir = newDirectory();
    const store = createFileStore(quickDisk, dir);
    await store.save('r', checkpointAt('r', 1, 600_000));
    await Promise.all([2, 3].map((steps) => store.save('r', checkpointAt('r', steps, 600_000))));
    expectAt(await store.load('r'), 3, 600_000);
    await store.release('r');
    fs.rmSync(pathOf(dir, 'r', checkpointsIn(dir, 'r')[1]!));
    expectAt(await store.load('r'), 2, 600_000);
  });

  test('is for the owner only', async (context) => {
    if (!onPosix) context.skip('Windows has no modes.');
    const dir = join(newDirectory(), 'made', 'here');
    const store = fileStore(dir);
    await store.save('r', checkpointAt('r', 1));
    const mode = (path: string) => (fs.statSync(path).mode & 0o777).toString(8);
    expect(mode(dir)).toBe('700');
    expect(mode(join(dir, runDirectory('r')))).toBe('700');
    for (const name of filesIn(dir, 'r')) expect(mode(pathOf(dir, 'r', name))).toBe('600');
    expect(filesIn(dir, 'r')).toHaveLength(2);
    await store.release('r');
  });
});

describe('runs', () => {
  test('have a directory each, whatever their ids', async () => {
    const outer = newDirectory();
    const dir = join(outer, 'store');
    const store = createFileStore(quickDisk, dir);
    for (const [i, id] of oddIds.entries()) await store.save(id, checkpointAt(id, i));
    for (const [i, id] of oddIds.entries()) expect((await store.load(id))!.position.steps).toBe(i);
    expect(fs.readdirSync(outer)).toEqual(['store']);
    const names = fs.readdirSync(dir);
    // Some file systems do not tell A from a.
    expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(oddIds.length);
    for (const name of names) expect(name).toMatch(/^run-[a-z0-9%-]*$/);
    for (const id of oddIds) await store.release(id);
  });

  test('are listed oldest first, each with what was saved last', async () => {
    const dir = newDirectory();
    const store = createFileStore(quickDisk, dir);
    expect(await store.list()).toEqual([]);
    const longId = 'x'.repeat(5000);
    for (const [steps, id] of [
      [1, 'a'],
      [2, longId],
      [3, 'a'],
      [4, 'a'],
    ] as const) {
      await store.save(id, checkpointAt(id, steps));
      // The clock is what orders runs.
      const now = Date.now();
      while (Date.now() === now);
    }
    const all = await store.list();
    expect(all.map(({ runId, seq, steps }) => [runId, seq, steps])).toEqual([
      [longId, 1, 2],
      ['a', 2, 3],
      ['a', 3, 4],
    ]);
    expect(all.every(({ savedAt }) => Math.abs(savedAt - Date.now()) < 60_000)).toBe(true);
    expect(await store.list('a')).toEqual(all.slice(1));
    expect(await store.list('b')).toEqual([]);
    for (const id of ['a', longId]) await store.release(id);
  });

  test('can be deleted, and begun anew', async () => {
    const dir = newDirectory();
    const store = createFileStore(quickDisk, dir);
    await store.save('a', checkpointAt('a', 1));
    await store.save('b', checkpointAt('b', 2));
    await store.delete('a');
    await store.delete('never saved');
    expect(await store.load('a')).toBeUndefined();
    expect(fs.readdirSync(dir)).toEqual([runDirectory('b')]);
    await store.save('a', checkpointAt('a', 3));
    expect((await store.list('a')).map(({ seq, steps }) => [seq, steps])).toEqual([[1, 3]]);
    await store.release('a');
    await store.release('b');
    await createFileStore(quickDisk, dir).delete('b');
    expect(fs.readdirSync(dir)).toEqual([runDirectory('a')]);
  });

  test('leave what others put into their directory', async () => {
    const dir = newDirectory();
    await saved(dir, 1);
    fs.writeFileSync(pathOf(dir, 'r', 'notes.txt'), 'mine');
    await fileStore(dir).delete('r');
    expect(filesIn(dir, 'r')).toEqual(['notes.txt']);
  });
});
