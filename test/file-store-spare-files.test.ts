import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Disk, localDisk } from '../src/node/disk.ts';
import { createFileStore } from '../src/node/store.ts';
import { checkpointAt } from './programs/checkpoint.ts';
import { crashing, FragileDisk, randomFrom, systemError, watched } from './programs/disk.ts';
import { long, patience, seed } from './support/effort.ts';
import {
  checkpointsIn,
  ended,
  expectAt,
  filesIn,
  newDirectory,
  pathOf,
  quickDisk,
  stepsIn,
} from './support/store-directory.ts';

const large = 300_000;

describe('the file of a large checkpoint that is not kept any more', () => {
  test('is written over by one that comes later, and gone when the run is released', async () => {
    const dir = newDirectory();
    const store = createFileStore(quickDisk, dir, { keep: 2 });
    const inodes: number[] = [];
    // Sizes go up and down.
    const sizes = [large, large + 5000, large - 9000, 3 * large, 100_000];
    for (let steps = 1; steps <= 20; steps++) {
      const bytes = sizes[steps % sizes.length]!;
      await store.save('r', checkpointAt('r', steps, bytes));
      const [newest] = checkpointsIn(dir, 'r').slice(-1);
      inodes.push(fs.statSync(pathOf(dir, 'r', newest!)).ino);
      expect(checkpointsIn(dir, 'r').length).toBeLessThanOrEqual(2);
      expectAt(await store.load('r'), steps, bytes);
      if (steps > 1) expectAt(await store.loadAt('r', steps - 1), steps - 1, sizes[(steps - 1) % sizes.length]!);
    }
    expect(new Set(inodes).size).toBeLessThanOrEqual(4);
    await store.release('r');
    expect(filesIn(dir, 'r')).toEqual(['00000019.1.ckpt', '00000020.1.ckpt']);
  });

  test.each([
    ['with another name, in a backup', (file: string, backup: string) => fs.linkSync(file, backup)],
    ['that others may read', (file: string) => fs.chmodSync(file, 0o644)],
  ])('is left alone %s', async (_, use) => {
    const dir = newDirectory();
    const store = createFileStore(quickDisk, dir, { keep: 1 });
    const backup = join(dir, 'backup');
    await store.save('r', checkpointAt('r', 1, large));
    const first = pathOf(dir, 'r', '00000001.1.ckpt');
    const fd = fs.openSync(first, 'r');
    const bytes = fs.readFileSync(first);
    use(first, backup);
    for (let steps = 2; steps <= 6; steps++) await store.save('r', checkpointAt('r', steps, large));
    expect(fs.readFileSync(fd).equals(bytes)).toBe(true);
    fs.closeSync(fd);
    await store.release('r');
  });

  test('is not taken for the old one by whoever was just reading it', async () => {
    const dir = newDirectory();
    const writer = createFileStore(quickDisk, dir, { keep: 1 });
    let [steps, told] = [0, 0];
    const save = () => writer.save('r', checkpointAt('r', ++steps, large));
    await save();
    await save();
    /** Opens the file, and reads half of it, or all, when the writer has saved three times more. */
    const slow = (part: number): Disk => ({
      ...quickDisk,
      async readFile(path) {
        const fd = fs.openSync(path, 'r');
        const { size } = fs.fstatSync(fd);
        const bytes = Buffer.alloc(size);
        const early = fs.readSync(fd, bytes, 0, size * part, 0);
        if (told++ === 0) for (let n = 0; n < 3; n++) await save();
        fs.readSync(fd, bytes, early, size - early, early);
        fs.closeSync(fd);
        return bytes;
      },
    });
    const onFallback = () => expect.unreachable('It was not damaged.');
    for (const part of [0, 0.5]) {
      told = 0;
      const before = steps;
      expect(await createFileStore(slow(part), dir, { onFallback }).loadAt('r', before)).toBeUndefined();
      told = 0;
      const newest = await createFileStore(slow(part), dir, { onFallback }).load('r');
      expectAt(newest, steps, large);
    }
    await writer.release('r');
  });

  test('is not listed as the old one, whose header was just being read', async () => {
    const dir = newDirectory();
    const writer = createFileStore(quickDisk, dir, { keep: 1 });
    let steps = 0;
    const save = () => writer.save('r', checkpointAt('r', ++steps, large));
    await save();
    await save();
    const slow: Disk = {
      ...quickDisk,
      async open(path, flags) {
        const fd = await quickDisk.open(path, flags);
        for (let n = 0; n < 3; n++) await save();
        return fd;
      },
    };
    for (const { seq, steps: told } of await createFileStore(slow, dir).list('r')) expect(told).toBe(seq);
    expect(steps).toBe(5);
    await writer.release('r');
  });

  test('is given up where the disk lacks its room', async () => {
    const dir = newDirectory();
    let room = Infinity;
    const sizeNow = () => filesIn(dir, 'r').reduce((sum, name) => sum + fs.statSync(pathOf(dir, 'r', name)).size, 0);
    const disk = watched(quickDisk, (call) => {
      if (call === 'writeSync' && sizeNow() > room) throw systemError('ENOSPC');
    });
    const store = createFileStore(disk, dir, { keep: 1 });
    for (let steps = 1; steps <= 5; steps++) await store.save('r', checkpointAt('r', steps, large));
    room = 3 * large;
    await store.save('r', checkpointAt('r', 6, 1.5 * large));
    expect(await stepsIn(dir)).toBe(6);
    await store.release('r');
  });

  test('may have been removed by somebody', async () => {
    const dir = newDirectory();
    const store = createFileStore(quickDisk, dir, { keep: 1 });
    for (let steps = 1; steps <= 6; steps++) {
      await store.save('r', checkpointAt('r', steps, large));
      for (const name of filesIn(dir, 'r')) if (name.endsWith('.tmp')) fs.unlinkSync(pathOf(dir, 'r', name));
    }
    expect(await stepsIn(dir)).toBe(6);
    await store.release('r');
    expect(filesIn(dir, 'r')).toEqual(['00000006.1.ckpt']);
  });

  test(
    'never stands for another one after a power loss',
    async () => {
      const random = randomFrom(seed);
      for (let round = 0; round < (long ? 2000 : 100); round++) {
        const where = `seed ${seed}, round ${round}`;
        const fragile = new FragileDisk();
        const keep = 1 + Math.floor(random() * 3);
        const { disk } = crashing(fragile.disk, 1 + Math.floor(random() * 150), random() < 0.5);
        let asked = 0;
        try {
          const store = createFileStore(disk, '/store', { keep }, ended);
          // Of one writer whose saves all succeed until the end, a number is how many steps there were.
          for (;;) await store.save('r', checkpointAt('r', ++asked, large));
        } catch {
          fragile.cut(random);
        }
        const found = createFileStore(fragile.disk, '/store', { keep });
        for (const { seq, steps } of await found.list('r')) {
          expect(steps, where).toBe(seq);
          const loaded = await found.loadAt('r', seq).catch(() => undefined);
          if (loaded !== undefined) expectAt(loaded, seq, large, where);
        }
      }
    },
    patience,
  );
});

test('small checkpoints leave no spare files', async () => {
  const dir = newDirectory();
  const store = createFileStore(localDisk, dir, { keep: 1 });
  for (let steps = 1; steps <= 4; steps++) {
    await store.save('r', checkpointAt('r', steps));
    expect(filesIn(dir, 'r')).toHaveLength(2);
  }
  await store.release('r');
});
