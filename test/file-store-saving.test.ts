import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Disk, localDisk } from '../src/node/disk.ts';
import { runDirectory } from '../src/node/layout.ts';
import { createFileStore, fileStore } from '../src/node/store.ts';
import { checkpointAt } from './programs/checkpoint.ts';
import { FragileDisk, randomFrom, systemError, watched } from './programs/disk.ts';
import { seed } from './support/effort.ts';
import {
  checkpointsIn,
  cleanups,
  errorOf,
  expectAt,
  filesIn,
  newDirectory,
  pathOf,
  quickDisk,
  saved,
  stepsIn,
} from './support/store-directory.ts';

describe('the disk that a run takes', () => {
  test('is bounded: 2,000 saves take one or two files, and leave two checkpoints and no open file', async () => {
    const dir = newDirectory();
    const fragile = new FragileDisk();
    for (const [disk, root] of [
      [quickDisk, dir],
      [fragile.disk, '/store'],
    ] as const) {
      const store = createFileStore(disk, root);
      for (let steps = 1; steps <= 2000; steps++) await store.save('r', checkpointAt('r', steps));
      const namesNow = () => disk.readdirSync(join(root, runDirectory('r'))).sort();
      const held = namesNow();
      expect(held.length, `${held}`).toBeLessThanOrEqual(3);
      expect(held.at(-1)).toMatch(/^lock\.1\./);
      expect((await store.list('r')).map(({ seq }) => seq)).toEqual([1999, 2000]);
      await store.release('r');
      expect(namesNow()).toEqual(['00001999.1.ckpt', '00002000.1.ckpt']);
    }
    expect(checkpointsIn(dir, 'r')).toEqual(filesIn(dir, 'r'));
    expect(fragile.opened).toBe(0);
  });

  test.each([1, 3])('is at most %i checkpoints after each save, also with files of an earlier run', async (keep) => {
    const dir = newDirectory();
    for (let steps = 1; steps <= 6; steps++) await saved(dir, steps, 0, { keep: 5 });
    const store = createFileStore(quickDisk, dir, { keep });
    for (let steps = 7; steps <= 10; steps++) {
      await store.save('r', checkpointAt('r', steps));
      expect(checkpointsIn(dir, 'r')).toHaveLength(keep);
      expect((await store.load('r'))!.position.steps).toBe(steps);
    }
    await store.release('r');
  });

  test('is told to be out of bounds when old checkpoints cannot be removed', async () => {
    const dir = newDirectory();
    const broken = watched(quickDisk, (call, args) => {
      if (call === 'unlinkSync' && String(args[0]).endsWith('.ckpt')) throw systemError('EPERM');
    });
    const store = createFileStore(broken, dir, { keep: 1 });
    await store.save('r', checkpointAt('r', 1));
    for (const steps of [2, 3]) {
      const error = await errorOf(store.save('r', checkpointAt('r', steps)));
      expect(error).toMatchObject({ code: 'STORE', cause: { code: 'EPERM' } });
      expect(error.message).toContain(`checkpoint ${steps} of run "r", which is saved`);
      expect(await stepsIn(dir)).toBe(steps);
    }
    await store.release('r');
  });
});

describe('a save', () => {
  test.each([
    ['a small', 0, 'writeSync fsync renameSync fsync'],
    ['a large', 600_000, 'writeSync fdatasync writeSync fsync renameSync fsync'],
    ['a very large', 3_000_000, 'write writeSync fsync renameSync fsync'],
  ])('of %s checkpoint is acknowledged when file and name are flushed, in this order', async (_, bytes, order) => {
    const dir = newDirectory();
    const calls: string[] = [];
    const seen = watched(localDisk, (call) => calls.push(call));
    const store = createFileStore(seen, dir);
    for (const steps of [1, 2, 3]) {
      calls.length = 0;
      await store.save('r', checkpointAt('r', steps, bytes));
      calls.push('acknowledged');
      expect(calls.filter((call) => /write|sync$|rename|ack/.test(call) || call === 'writeSync').join(' ')).toContain(
        `${order} `,
      );
      expect(calls.indexOf('acknowledged')).toBeGreaterThan(calls.lastIndexOf('fsync'));
    }
    // Neither directories are made nor read once the run has its lock.
    expect(calls).not.toContain('mkdirSync');
    expect(calls).not.toContain('readdirSync');
    await store.release('r');
  });

  test('flushes the names of the directories it makes', async () => {
    const fragile = new FragileDisk();
    const flushed: string[] = [];
    const paths = new Map<number, string>();
    const disk: Disk = {
      ...fragile.disk,
      openSync(path, flags, mode) {
        const fd = fragile.disk.openSync(path, flags, mode);
        paths.set(fd, path);
        return fd;
      },
      fsync(fd) {
        flushed.push(paths.get(fd)!);
        return fragile.disk.fsync(fd);
      },
    };
    await createFileStore(disk, '/a/b').save('r', checkpointAt('r', 1));
    expect(flushed.slice(0, 3)).toEqual(['/a/b', '/a', '/']);
  });

  test('goes on after short writes', async () => {
    const random = randomFrom(seed);
    const dir = newDirectory();
    const cut = (length: number) => Math.max(1, Math.floor(random() * length));
    const short: Disk = {
      ...quickDisk,
      writeSync: (fd, bytes, offset, length, position) => localDisk.writeSync(fd, bytes, offset, cut(length), position),
      write: (fd, bytes, offset, length, position) => localDisk.write(fd, bytes, offset, cut(length), position),
    };
    const store = createFileStore(short, dir);
    for (const bytes of [0, 1000, 100_000, 1_000_000]) {
      await store.save('r', checkpointAt('r', 1, bytes));
      expectAt(await store.load('r'), 1, bytes, `seed ${seed}`);
    }
    await store.release('r');
  });

  test('fails when the disk takes nothing more and does not say why', async () => {
    const dir = newDirectory();
    const stuck: Disk = { ...quickDisk, writeSync: () => 0 };
    const store = createFileStore(stuck, dir);
    const error = await errorOf(store.save('r', checkpointAt('r', 1)));
    expect(error.code).toBe('STORE');
    expect(error.message).toMatch(/the disk took 0 of \d+ bytes/);
    await store.release('r');
  });

  test.each([
    ['writing', 'writeSync', 0],
    ['writing much', 'writeSync', 600_000],
    ['writing very much', 'write', 3_000_000],
    ['flushing', 'fsync', 0],
    ['flushing much', 'fsync', 600_000],
    ['renaming', 'renameSync', 0],
  ])('fails when the disk is full while %s, and the checkpoint before stays', async (_, call, bytes) => {
    const dir = newDirectory();
    let full = false;
    const disk = watched(quickDisk, (name) => {
      if (full && name === call) throw systemError('ENOSPC');
    });
    const store = createFileStore(disk, dir, { keep: 1 });
    await store.save('r', checkpointAt('r', 1, bytes));
    full = true;
    for (let n = 0; n < 3; n++) {
      const error = await errorOf(store.save('r', checkpointAt('r', 2, bytes)));
      expect(error).toMatchObject({ code: 'STORE', cause: { code: 'ENOSPC' } });
      expect(error.message).toMatch(/Could not save checkpoint 2 of run "r" in .*ENOSPC.*Free some space/);
      expect(checkpointsIn(dir, 'r')).toHaveLength(1);
      expect(filesIn(dir, 'r')).toHaveLength(2);
      expect(await stepsIn(dir)).toBe(1);
    }
    full = false;
    await store.save('r', checkpointAt('r', 3, bytes));
    expect(await stepsIn(dir)).toBe(3);
    await store.release('r');
  });

  test('survives a real disk that is full, and a start on it', async (context) => {
    const mount = join(newDirectory(), 'full');
    fs.mkdirSync(mount);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', mount]);
    if (mounted.status !== 0) {
      context.skip(`A tmpfs cannot be mounted here: ${mounted.error?.message ?? mounted.stderr.toString().trim()}`);
    }
    cleanups.push(() => void spawnSync('umount', ['--lazy', mount]));
    const store = fileStore(mount);
    const size = 300_000;
    await store.save('r', checkpointAt('r', 1, size));
    await store.save('r', checkpointAt('r', 2, size));
    const tooLarge = await errorOf(store.save('r', checkpointAt('r', 3, 2 * size)));
    expect(tooLarge).toMatchObject({ code: 'STORE', cause: { code: 'ENOSPC' } });
    expectAt(await store.load('r'), 2, size);
    await store.save('r', checkpointAt('r', 4, size));
    await store.release('r');
    // What a killed writer may leave: no byte is free.
    const leftover = pathOf(mount, 'r', '00000004.1.ckpt.tmp');
    const fd = fs.openSync(leftover, 'w');
    expect(() => {
      for (;;) fs.writeSync(fd, Buffer.alloc(4096));
    }).toThrow('ENOSPC');
    fs.closeSync(fd);
    const next = fileStore(mount);
    expectAt(await next.load('r'), 4, size);
    await next.save('r', checkpointAt('r', 5, size));
    expect(fs.existsSync(leftover)).toBe(false);
    expectAt(await next.load('r'), 5, size);
    await next.release('r');
  });
});
