import * as fs from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { CheckpointStore } from '../src/checkpoint/store.ts';
import type { LoopError } from '../src/data/errors.ts';
import { type Disk, localDisk } from '../src/node/disk.ts';
import { readHeader } from '../src/node/format.ts';
import { createFileStore, fileStore } from '../src/node/store.ts';
import { checkpointAt } from './programs/checkpoint.ts';
import { crashing, FragileDisk, systemError, watched } from './programs/disk.ts';
import {
  checkpointsIn,
  ended,
  errorOf,
  expectAt,
  filesIn,
  newDirectory,
  pathOf,
  quickDisk,
  saved,
  stepsIn,
} from './support/store-directory.ts';

/*
 * A run that is saved often adds its small checkpoints to one file, a series: from the fifth on.
 */

const block = 4096;

async function saveUpTo(store: CheckpointStore, steps: number, from = 1, bytes = 0): Promise<void> {
  for (let n = from; n <= steps; n++) await store.save('r', checkpointAt('r', n, bytes));
}

/** A process that has saved so often and was killed; the path of its series. */
async function killed(dir: string, steps: number, keep = 2): Promise<string> {
  await saveUpTo(createFileStore(quickDisk, dir, { keep }, ended), steps);
  return pathOf(dir, 'r', checkpointsIn(dir, 'r').at(-1)!);
}

const untold = (error: LoopError) => expect.unreachable(error.message);

describe('a save to a series', () => {
  test('flushes its bytes, and neither makes nor changes a name', async () => {
    const dir = newDirectory();
    const calls: string[] = [];
    const store = createFileStore(
      watched(localDisk, (call) => calls.push(call)),
      dir,
    );
    await saveUpTo(store, 5);
    for (let n = 6; n <= 20; n++) {
      calls.length = 0;
      await store.save('r', checkpointAt('r', n));
      calls.push('acknowledged');
      // What a file that was replaced leaves is freed beside the saves.
      const order = calls.filter((call) => call !== 'close').join(' ');
      if (n > 6) expect(order).toBe('accessSync writeSync fdatasync accessSync writeSync acknowledged');
    }
    expect((await store.list('r')).map(({ seq, steps }) => [seq, steps])).toEqual([
      [19, 19],
      [20, 20],
    ]);
    expect((await store.loadAt('r', 19))!.position.steps).toBe(19);
    expect(await store.loadAt('r', 21)).toBe(undefined);
    await store.release('r');
    expect(checkpointsIn(dir, 'r')).toEqual(['00000019.1.ckpt', '00000020.1.ckpt']);
  });

  test('comes to another file when that is full, or when it is too large for one', async () => {
    const dir = newDirectory();
    const store = createFileStore(quickDisk, dir, { keep: 3 });
    const sizes = [...Array(100).fill(0), 100_000, 0, 600_000, ...Array(10).fill(30_000), 0];
    for (const [i, bytes] of sizes.entries()) {
      await store.save('r', checkpointAt('r', i + 1, bytes));
      const kept = [i - 1, i, i + 1].filter((n) => n > 0);
      expect((await store.list('r')).map(({ seq }) => seq)).toEqual(kept);
      for (const n of kept) expectAt(await store.loadAt('r', n), n, sizes[n - 1]!);
      expect(checkpointsIn(dir, 'r').length).toBeLessThanOrEqual(4);
    }
    await store.release('r');
    expect(checkpointsIn(dir, 'r')).toHaveLength(3);
    expect(await stepsIn(dir)).toBe(sizes.length);
  });

  test.each([
    ['writing', 'writeSync', 'ENOSPC'],
    ['flushing', 'fdatasync', 'EIO'],
  ])(
    'fails when the disk fails while %s; the one before stays, and the next comes to another file',
    async (_, call, code) => {
      const dir = newDirectory();
      let fails = false;
      const disk = watched(quickDisk, (name) => {
        if (fails && name === call) throw systemError(code);
      });
      const store = createFileStore(disk, dir);
      await saveUpTo(store, 8);
      fails = true;
      expect(await errorOf(store.save('r', checkpointAt('r', 9)))).toMatchObject({ code: 'STORE', cause: { code } });
      fails = false;
      expect([8, 9]).toContain(await stepsIn(dir, 'r', { onFallback: untold }));
      await store.save('r', checkpointAt('r', 10));
      expect(checkpointsIn(dir, 'r').at(-1)).toBe('00000009.1.ckpt');
      expect((await store.list('r')).map(({ seq, steps }) => [seq, steps])).toEqual([
        [8, 8],
        [9, 10],
      ]);
      await store.release('r');
      expect(await stepsIn(dir, 'r', { onFallback: untold })).toBe(10);
    },
  );
});

describe('a crash', () => {
  test.each([1, 3])(
    'at any call, from the first save to the release, loses nothing that was acknowledged (keep %i)',
    async (keep) => {
      for (const done of [false, true]) {
        for (let n = 1, survived = false; !survived; n++) {
          const where = `call ${n}, ${done ? 'done' : 'not done'}`;
          const { disk: whole } = new FragileDisk();
          const { disk, crashed } = crashing(whole, n, done);
          const store = createFileStore(disk, '/store', { keep }, ended);
          let acknowledged = 0;
          try {
            for (; acknowledged < 7; acknowledged++) await store.save('r', checkpointAt('r', acknowledged + 1));
            await store.release('r');
          } catch {
            // It has died.
          }
          const found = await createFileStore(whole, '/store', { onFallback: untold }).load('r');
          const steps = found?.position.steps ?? 0;
          expect([acknowledged, acknowledged + 1], where).toContain(steps);
          // Whoever goes on leaves all in order.
          const next = createFileStore(whole, '/store', { keep, onFallback: untold });
          await next.save('r', checkpointAt('r', 100));
          const listed = await next.list('r');
          expect(listed.at(-1)!.steps, where).toBe(100);
          expect(listed.length, where).toBe(Math.min(keep, steps + 1));
          for (const { seq, steps } of listed) expect((await next.loadAt('r', seq))!.position.steps, where).toBe(steps);
          await next.release('r');
          expect(whole.readdirSync('/store/run-r').length, where).toBe(listed.length);
          survived = !crashed();
        }
      }
    },
  );

  test('in the middle of a write leaves the one before, without a word, wherever it was cut off', async () => {
    const dir = newDirectory();
    const store = createFileStore(quickDisk, dir, {}, ended);
    await saveUpTo(store, 8, 1, 5000);
    const path = pathOf(dir, 'r', checkpointsIn(dir, 'r').at(-1)!);
    const before = fs.readFileSync(path);
    await store.save('r', checkpointAt('r', 9, 5000));
    const after = fs.readFileSync(path);
    const at = 4 * 2 * block;
    const end = at + 128 + before.readUInt32LE(48);
    expect(before.subarray(0, at)).toEqual(after.subarray(0, at));
    const torn = (put: (bytes: Buffer) => void) => {
      const bytes = Buffer.from(before);
      put(bytes);
      fs.writeFileSync(path, bytes);
    };
    // Cut off after some byte; but for one sector; only one sector.
    for (let cut = at; cut < end; cut += cut < at + 200 ? 1 : 37) {
      torn((bytes) => after.copy(bytes, at, at, cut));
      expect(await stepsIn(dir, 'r', { onFallback: untold }), `byte ${cut - at}`).toBe(8);
    }
    for (let sector = at; sector < end; sector += 512) {
      torn((bytes) => {
        after.copy(bytes, at, at, end);
        bytes.fill(0, sector, Math.min(sector + 512, end));
      });
      expect(await stepsIn(dir, 'r', { onFallback: untold }), `without ${sector - at}`).toBe(8);
      torn((bytes) => after.copy(bytes, sector, sector, Math.min(sector + 512, end)));
      expect(await stepsIn(dir, 'r', { onFallback: untold }), `only ${sector - at}`).toBe(8);
    }
    torn((bytes) => after.copy(bytes, at, at, end));
    expect(await stepsIn(dir, 'r', { onFallback: untold }), 'whole, and not acknowledged').toBe(9);
    torn((bytes) => after.copy(bytes, at, at, end - 100));
    await saved(dir, 20, 5000);
    expect(await stepsIn(dir, 'r', { onFallback: untold })).toBe(20);
    expect(filesIn(dir, 'r')).toEqual(['00000008.2.ckpt', '00000009.2.ckpt']);
  });
});

describe('damage in a series', () => {
  test('of the newest is told whichever byte is changed, and the one before is loaded', async () => {
    const dir = newDirectory();
    const path = await killed(dir, 8);
    const whole = fs.readFileSync(path);
    const at = 3 * block;
    const end = at + 128 + whole.readUInt32LE(at + 48);
    for (let byte = at; byte < end; byte += byte < at + 128 ? 1 : 7) {
      const bytes = Buffer.from(whole);
      bytes[byte]! ^= 1 << (byte % 8);
      fs.writeFileSync(path, bytes);
      const told: LoopError[] = [];
      expect(await stepsIn(dir, 'r', { onFallback: (error) => told.push(error) }), `byte ${byte - at}`).toBe(7);
      expect(told.map(({ code }) => code)).toEqual(['CHECKPOINT_UNREADABLE']);
      expect(told[0]!.message).toMatch(
        /checkpoint 8 \(00000005\.1\.ckpt\): it is not whole.*Went back to checkpoint 7\.$/,
      );
    }
    const error = await errorOf(fileStore(dir).loadAt!('r', 8));
    expect(error.code).toBe('CHECKPOINT_UNREADABLE');
    expect((await fileStore(dir).list('r')).map(({ seq }) => seq)).toEqual([6, 7]);
  });

  test('stays to be told when another writer has opened it, and goes with what comes after', async () => {
    const dir = newDirectory();
    const path = await killed(dir, 8);
    const bytes = fs.readFileSync(path);
    bytes[3 * block + 300]! ^= 1;
    fs.writeFileSync(path, bytes);
    const told: LoopError[] = [];
    const store = createFileStore(quickDisk, dir, { onFallback: (error) => told.push(error) });
    await store.acquire('r');
    expect((await store.load('r'))!.position.steps).toBe(7);
    expect(told).toHaveLength(1);
    for (const steps of [8, 9]) await store.save('r', checkpointAt('r', steps));
    await store.release('r');
    expect(checkpointsIn(dir, 'r')).toEqual(['00000009.2.ckpt', '00000010.2.ckpt']);
    expect((await store.load('r'))!.position.steps).toBe(9);
    expect(told).toHaveLength(1);
  });

  test('of older ones, or of its end, does not keep the newest from being loaded', async () => {
    const dir = newDirectory();
    const path = await killed(dir, 8);
    const whole = fs.readFileSync(path);
    for (const at of [0, 8, 200, block, block + 130, 2 * block + 300]) {
      const bytes = Buffer.from(whole);
      bytes[at]! ^= 1;
      fs.writeFileSync(path, bytes);
      expect(await stepsIn(dir, 'r', { onFallback: untold }), `byte ${at}`).toBe(8);
    }
    fs.writeFileSync(path, whole.subarray(0, 5 * block));
    const told: LoopError[] = [];
    expect(await stepsIn(dir, 'r', { onFallback: (error) => told.push(error) })).toBe(8);
    expect(told[0]?.message).toMatch(/its file has 20480 bytes, not \d+/);
  });

  test('of all of it leads to the file before', async () => {
    const dir = newDirectory();
    const path = await killed(dir, 5);
    fs.writeFileSync(path, Buffer.alloc(100_000, 'x'));
    const told: LoopError[] = [];
    expect(await stepsIn(dir, 'r', { onFallback: (error) => told.push(error) })).toBe(4);
    expect(told).toHaveLength(1);
  });

  test('is not what older versions of loopchart take a series for: it has a format of its own', async () => {
    const path = await killed(newDirectory(), 8);
    expect(() => readHeader(fs.readFileSync(path))).toThrow(/Expected a checkpoint in format 1, got format 3/);
  });
});

describe('beside the writer of a series', () => {
  test('who reads gets one that is whole, also where the file grows while it is read', async () => {
    const dir = newDirectory();
    const writer = createFileStore(quickDisk, dir);
    await saveUpTo(writer, 8);
    let steps = 8;
    let reads = 0;
    const disk: Disk = {
      ...localDisk,
      async readFile(path) {
        const bytes = await localDisk.readFile(path);
        // The beginning as it was before, the rest as it is after two more.
        if (++reads < 4) for (let n = 0; n < 2; n++) await writer.save('r', checkpointAt('r', ++steps));
        const later = await localDisk.readFile(path);
        later.set(bytes.subarray(0, (steps - 4) * block), 0);
        return later;
      },
    };
    const reader = createFileStore(disk, dir, { onFallback: untold });
    expect((await reader.load('r'))!.position.steps).toBe(steps);
    expect(reads).toBeGreaterThan(1);
    await writer.release('r');
  });

  test('who takes the run over goes on from what was saved; the writer then saves nothing more', async () => {
    const dir = newDirectory();
    const elsewhere = { ...ended, host: 'elsewhere.example' };
    const first = createFileStore(quickDisk, dir, {}, elsewhere);
    await saveUpTo(first, 8);
    const second = createFileStore(quickDisk, dir, { takeOver: true });
    await second.acquire('r');
    expect((await errorOf(first.save('r', checkpointAt('r', 9)))).code).toBe('STORE_BUSY');
    expect((await second.load('r'))!.position.steps).toBe(8);
    await first.release('r');
    await second.save('r', checkpointAt('r', 50));
    await second.release('r');
    expect((await second.list('r')).map(({ steps }) => steps)).toEqual([8, 50]);
  });

  test('a writer that loses the run while it saves takes back what it has written', async () => {
    const dir = newDirectory();
    let isTaken = false;
    const disk: Disk = {
      ...quickDisk,
      async fdatasync() {
        if (isTaken)
          for (const name of filesIn(dir, 'r')) if (name.startsWith('lock.')) fs.rmSync(pathOf(dir, 'r', name));
      },
    };
    const store = createFileStore(disk, dir);
    await saveUpTo(store, 8);
    isTaken = true;
    expect((await errorOf(store.save('r', checkpointAt('r', 9)))).code).toBe('STORE_BUSY');
    expect(await stepsIn(dir, 'r', { onFallback: untold })).toBe(8);
    await store.release('r');
    expect(await stepsIn(dir, 'r', { onFallback: untold })).toBe(8);
  });
});
