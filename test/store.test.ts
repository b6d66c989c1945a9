import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, test } from 'vitest';
import type { Checkpoint } from '../src/checkpoint/checkpoint.ts';
import { LoopError, MisconfigurationError } from '../src/errors.ts';
import { type Disk, localDisk } from '../src/node/disk.ts';
import { runDirectory } from '../src/node/layout.ts';
import type { StoreHolder, Who } from '../src/node/lock.ts';
import { createFileStore, type FileStoreOptions, fileStore } from '../src/node/store.ts';
import { checkpointAt, richCheckpoint, weightsAt } from './programs/checkpoint.ts';
import { crashing, FragileDisk, randomFrom, systemError, watched } from './programs/disk.ts';

const long = process.env.LOOPCHART_LONG === '1';
/** For tests that do ten times as much in the long run, in milliseconds. */
const patience = long ? 600_000 : 60_000;
const onPosix = process.platform !== 'win32';
const seed = Number(process.env.LOOPCHART_SEED ?? Math.floor(Math.random() * 2 ** 31));

const cleanups: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function newDirectory(): string {
  const dir = fs.mkdtempSync(join(tmpdir(), 'loopchart-store-'));
  cleanups.push(() => fs.rmSync(dir, { recursive: true, force: true }));
  return dir;
}

const filesIn = (dir: string, runId: string): string[] => fs.readdirSync(join(dir, runDirectory(runId))).sort();
const checkpointsIn = (dir: string, runId: string): string[] =>
  filesIn(dir, runId).filter((name) => name.endsWith('.ckpt'));
const locksIn = (dir: string, runId: string): string[] =>
  filesIn(dir, runId).filter((name) => name.startsWith('lock.'));
const pathOf = (dir: string, runId: string, name: string): string => join(dir, runDirectory(runId), name);

/** A disk on which flushing takes no time, for tests that are not about it. */
const quickDisk: Disk = { ...localDisk, fsync: async () => {}, fdatasync: async () => {} };

/** A process of this host that has ended. */
const ended: Who = { pid: spawnSync(process.execPath, ['--version']).pid, host: hostname(), born: '0' };

/** The steps of the checkpoint that a fresh store loads. */
async function stepsIn(dir: string, runId = 'r', options: FileStoreOptions = {}): Promise<number | undefined> {
  return (await fileStore(dir, options).load(runId))?.position.steps;
}

/** Whether a checkpoint is that of `checkpointAt`; comparing large arrays item by item would take seconds. */
function expectAt(loaded: Checkpoint | undefined, steps: number, bytes: number, where?: string): void {
  const { assets, ...rest } = loaded!;
  const { assets: expected, ...expectedRest } = checkpointAt('r', steps, bytes);
  expect(rest, where).toStrictEqual(expectedRest);
  const bytesOf = ({ weights }: Checkpoint['assets']) => Buffer.from((weights as Float64Array).buffer);
  expect(bytesOf(assets).equals(bytesOf(expected)), where).toBe(true);
}

async function errorOf(promise: Promise<unknown>): Promise<LoopError> {
  const error = await promise.then(
    (value) => new Error(`It resolved with ${String(value)}.`),
    (reason) => reason,
  );
  if (!(error instanceof LoopError)) throw error;
  return error;
}

/** Saves a checkpoint and gives the lock up. */
async function saved(dir: string, steps: number, bytes = 0, options: FileStoreOptions = {}): Promise<void> {
  const store = createFileStore(quickDisk, dir, options);
  await store.save('r', checkpointAt('r', steps, bytes));
  await store.release('r');
}

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

  test('is what it was when save was called', async () => {
    const dir = newDirectory();
    const store = fileStore(dir);
    const weights = weightsAt(1, 600_000);
    const checkpoint = { ...checkpointAt('r', 1), assets: { weights } };
    const first = store.save('r', checkpoint);
    weights.fill(-1);
    await first;
    expectAt(await store.load('r'), 1, 600_000);
    await store.release('r');
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

  test('cannot be a function, and the error says so', async () => {
    const store = fileStore(newDirectory());
    const error = await errorOf(store.save('r', { ...checkpointAt('r', 1), assets: { model: () => 1 } }));
    expect(error.code).toBe('NOT_PLAIN_DATA');
    expect(error.message).toContain('() => 1 could not be cloned');
    expect(await store.load('r')).toBeUndefined();
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
  const ids = [
    '',
    '.',
    '..',
    '../../etc',
    'a/b',
    'a\\b',
    'A',
    'a',
    'con',
    'run-a',
    '%',
    '%61',
    'ä',
    'a\u0000b',
    '😀',
    '\ud83d',
  ];
  ids.push('\ude00', 'x'.repeat(300), `${'x'.repeat(299)}y`, 'Ж'.repeat(100), 'lock.1', 'a.', 'a ', 'a:b*?"<>|');

  test('have a directory each, whatever their ids', async () => {
    const outer = newDirectory();
    const dir = join(outer, 'store');
    const store = createFileStore(quickDisk, dir);
    for (const [i, id] of ids.entries()) await store.save(id, checkpointAt(id, i));
    for (const [i, id] of ids.entries()) expect((await store.load(id))!.position.steps).toBe(i);
    expect(fs.readdirSync(outer)).toEqual(['store']);
    const names = fs.readdirSync(dir);
    // Some file systems do not tell A from a.
    expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(ids.length);
    for (const name of names) expect(name).toMatch(/^run-[a-z0-9%-]*$/);
    for (const id of ids) await store.release(id);
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

describe('the disk that a run takes', () => {
  test('is bounded: 2,000 saves leave two checkpoints and a lock, and no open file', async () => {
    const dir = newDirectory();
    const fragile = new FragileDisk();
    for (const [disk, root] of [
      [quickDisk, dir],
      [fragile.disk, '/store'],
    ] as const) {
      const store = createFileStore(disk, root);
      for (let steps = 1; steps <= 2000; steps++) await store.save('r', checkpointAt('r', steps));
      const names = disk.readdirSync(join(root, runDirectory('r'))).sort();
      expect(names).toEqual(['00001999.1.ckpt', '00002000.1.ckpt', expect.stringMatching(/^lock\.1\./)]);
      await store.release('r');
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
    ['a large', 600_000, 'write fsync writeSync fdatasync renameSync fsync'],
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
    ['writing much', 'write', 600_000],
    ['flushing', 'fsync', 0],
    ['flushing much', 'fdatasync', 600_000],
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

describe('a crash', () => {
  const cases = [1, 2].flatMap((keep) => [
    { keep, size: 'small', bytes: 0 },
    { keep, size: 'large', bytes: 540_000 },
  ]);

  test.each(cases)('at any call leaves the old or the new checkpoint (keep $keep, $size)', async (one) => {
    const { keep, bytes } = one;
    for (const done of [false, true]) {
      for (let n = 1, survived = false; !survived; n++) {
        const dir = newDirectory();
        for (const steps of [1, 2]) await saved(dir, steps, bytes, { keep });
        const { disk, crashed } = crashing(quickDisk, n, done);
        const store = createFileStore(disk, dir, { keep }, ended);
        const acknowledged = await store.save('r', checkpointAt('r', 3, bytes)).then(
          () => true,
          () => false,
        );
        const where = `call ${n}, ${done ? 'done' : 'not done'}`;
        const onFallback = (error: LoopError) => expect.unreachable(`${where}: ${error.message}`);
        const loaded = await fileStore(dir, { onFallback }).load('r');
        expect([acknowledged ? 3 : 2, 3], where).toContain(loaded?.position.steps);
        expectAt(loaded, loaded!.position.steps, bytes, where);
        await saved(dir, 4, bytes, { keep });
        expect(await stepsIn(dir), where).toBe(4);
        // The lock of the dead, the half-written file and the old checkpoints are gone.
        expect(filesIn(dir, 'r'), where).toEqual(checkpointsIn(dir, 'r'));
        expect(filesIn(dir, 'r').length, where).toBeLessThanOrEqual(keep);
        survived = acknowledged && !crashed();
        expect(n).toBeLessThan(100);
        if (survived) expect(n).toBeGreaterThan(10);
      }
    }
  });

  test('in the first save leaves nothing or the new checkpoint', async () => {
    for (let n = 1, survived = false; !survived; n++) {
      const dir = newDirectory();
      const { disk, crashed } = crashing(quickDisk, n, n % 2 === 0);
      const save = createFileStore(disk, dir, {}, ended).save('r', checkpointAt('r', 1));
      const acknowledged = await save.then(
        () => true,
        () => false,
      );
      expect(acknowledged ? [1] : [undefined, 1], `call ${n}`).toContain(await stepsIn(dir));
      await saved(dir, 2);
      expect(await stepsIn(dir)).toBe(2);
      survived = acknowledged && !crashed();
    }
  });

  test(
    'of the machine keeps what was acknowledged, though the disk forgets what was not flushed',
    async () => {
      const random = randomFrom(seed);
      for (let round = 0; round < (long ? 3000 : 150); round++) {
        const where = `seed ${seed}, round ${round}`;
        const fragile = new FragileDisk();
        const keep = 1 + Math.floor(random() * 2);
        const bytes = random() < 0.5 ? 0 : 540_000;
        let [asked, acknowledged] = [0, 0];
        for (let life = 0; life < 3; life++) {
          const { disk } = crashing(fragile.disk, 1 + Math.floor(random() * 60), random() < 0.5);
          const store = createFileStore(disk, '/store', { keep }, ended);
          try {
            for (;;) {
              asked++;
              await store.save('r', checkpointAt('r', asked, bytes));
              acknowledged = asked;
            }
          } catch {
            fragile.cut(random);
          }
          // A name that was given to a file is given after its bytes: not even a fallback is needed.
          const onFallback = (error: LoopError) => expect.unreachable(`${where}: ${error.message}`);
          const loaded = await createFileStore(fragile.disk, '/store', { onFallback }).load('r');
          const steps = loaded?.position.steps ?? 0;
          expect(steps, where).toBeGreaterThanOrEqual(acknowledged);
          expect(steps, where).toBeLessThanOrEqual(asked);
          if (loaded !== undefined) expectAt(loaded, steps, bytes, where);
          acknowledged = steps;
        }
      }
    },
    patience,
  );

  test('an error of the disk at any call is told, and the next save succeeds', async () => {
    for (const bytes of [0, 600_000]) {
      for (let n = 1, survived = false; !survived; n++) {
        const dir = newDirectory();
        for (const steps of [1, 2]) await saved(dir, steps, bytes);
        let calls = 0;
        const disk = watched(quickDisk, () => {
          if (!survived && ++calls === n) throw systemError('EIO');
        });
        const store = createFileStore(disk, dir);
        const acknowledged = await store.save('r', checkpointAt('r', 3, bytes)).then(
          () => true,
          (error) => {
            expect(error).toMatchObject({ name: 'LoopError', code: 'STORE', cause: { code: 'EIO' } });
            return false;
          },
        );
        // The files that were pruned are closed after the save.
        await new Promise(setImmediate);
        survived = calls < n;
        calls = n;
        expect([acknowledged ? 3 : 2, 3], `call ${n}`).toContain(await stepsIn(dir));
        // A file that could not be closed is told once, by a save that is on the disk.
        await store.save('r', checkpointAt('r', 4, bytes)).catch((error) => expect(error.cause.code).toBe('EIO'));
        expect(await stepsIn(dir), `call ${n}`).toBe(4);
        await store.release('r');
        expect(filesIn(dir, 'r'), `call ${n}`).toEqual(checkpointsIn(dir, 'r'));
        expect(filesIn(dir, 'r'), `call ${n}`).toHaveLength(2);
      }
    }
  });

  test(
    `${long ? 100 : 10} times by kill -9 in the middle of saving 2 MB tears nothing`,
    async () => {
      const random = randomFrom(seed);
      const dir = newDirectory();
      let acknowledged = 0;
      for (let round = 0; round < (long ? 100 : 10); round++) {
        const where = `seed ${seed}, round ${round}`;
        const child = start(dir);
        await child.say('ready');
        child.tell('loop r 2000000');
        await child.say('saved');
        const saves = Math.floor(random() * 4);
        for (let n = 0; n < saves; n++) await child.say('saved');
        const until = performance.now() + random() * 12;
        while (performance.now() < until);
        child.process.kill('SIGKILL');
        const lines = await child.ended;
        for (const line of lines) expect(line, where).toMatch(/^(ready|saved \d+)$/);
        acknowledged = Math.max(acknowledged, ...lines.map((line) => Number(line.split(' ')[1] ?? 0)));
        const onFallback = (error: LoopError) => expect.unreachable(`${where}: ${error.message}`);
        const loaded = await fileStore(dir, { onFallback }).load('r');
        const steps = loaded!.position.steps;
        expect([acknowledged, acknowledged + 1], where).toContain(steps);
        expectAt(loaded, steps, 2_000_000, where);
        expect(filesIn(dir, 'r').length, where).toBeLessThanOrEqual(5);
        acknowledged = steps;
      }
    },
    patience,
  );
});

describe('a damaged checkpoint', () => {
  /** Two checkpoints, of 1 and 2 steps; the path of the newer one. */
  async function two(dir: string): Promise<string> {
    await saved(dir, 1, 64);
    await saved(dir, 2, 64);
    return pathOf(dir, 'r', checkpointsIn(dir, 'r')[1]!);
  }

  async function fallsBack(dir: string, where: string): Promise<LoopError> {
    const told: LoopError[] = [];
    expect(await stepsIn(dir, 'r', { onFallback: (error) => told.push(error) }), where).toBe(1);
    expect(told, where).toHaveLength(1);
    return told[0]!;
  }

  test('is found whichever byte is changed', async () => {
    const dir = newDirectory();
    const path = await two(dir);
    const whole = fs.readFileSync(path);
    for (let at = 0; at < whole.length; at++) {
      const bytes = Buffer.from(whole);
      bytes[at]! ^= 1 << (at % 8);
      fs.writeFileSync(path, bytes);
      await fallsBack(dir, `byte ${at}`);
    }
  });

  test('is found wherever it is cut off, or if it is too long', async () => {
    const dir = newDirectory();
    const path = await two(dir);
    const whole = fs.readFileSync(path);
    for (let length = 0; length < whole.length; length++) {
      fs.writeFileSync(path, whole.subarray(0, length));
      await fallsBack(dir, `${length} bytes`);
      expect(await fileStore(dir).list('r'), `${length} bytes`).toHaveLength(1);
    }
    for (const extra of ['\0', whole]) {
      fs.writeFileSync(path, Buffer.concat([whole, Buffer.from(extra)]));
      const error = await fallsBack(dir, 'too long');
      expect(error.code).toBe('CHECKPOINT_UNREADABLE');
      expect(error.message).toMatch(
        /checkpoint 2 \(00000002\.2\.ckpt\): it has \d+ bytes, not \d+\. Went back to checkpoint 1\.$/,
      );
      expect(error.cause).toBeInstanceOf(Error);
    }
    fs.writeFileSync(path, whole);
    expect(await stepsIn(dir)).toBe(2);
  });

  test('is warned about by the process unless somebody listens', async () => {
    const dir = newDirectory();
    fs.truncateSync(await two(dir), 100);
    const warned = new Promise<Error>((resolve) => process.once('warning', resolve));
    expect(await stepsIn(dir)).toBe(1);
    expect((await warned).message).toContain('Went back to checkpoint 1.');
  });

  test('can be made an error', async () => {
    const dir = newDirectory();
    fs.truncateSync(await two(dir), 100);
    const refuse = (error: LoopError) => {
      throw error;
    };
    expect((await errorOf(stepsIn(dir, 'r', { onFallback: refuse }))).code).toBe('CHECKPOINT_UNREADABLE');
  });

  test('is an error if no good one is left', async () => {
    const dir = newDirectory();
    await two(dir);
    for (const name of checkpointsIn(dir, 'r')) fs.writeFileSync(pathOf(dir, 'r', name), 'not a checkpoint');
    const error = await errorOf(stepsIn(dir));
    expect(error.code).toBe('CHECKPOINT_UNREADABLE');
    expect(error.message).toMatch(/checkpoint 2 .*; checkpoint 1 .*None is left: start the run anew/);
    expect(error.cause).toBeInstanceOf(Error);
    await saved(dir, 3);
    expect(await stepsIn(dir)).toBe(3);
  });

  test('is one that cannot be read, for its sectors, its owner or its size, but not one that too many open files keep from being read', async () => {
    const dir = newDirectory();
    const path = await two(dir);
    for (const [code, steps] of [
      ['EIO', 1],
      ['EACCES', 1],
      ['ERR_FS_FILE_TOO_LARGE', 1],
      ['EMFILE', undefined],
      ['ENOMEM', undefined],
    ] as const) {
      const disk: Disk = {
        ...localDisk,
        readFile: async (file) => (file === path ? Promise.reject(systemError(code)) : localDisk.readFile(file)),
      };
      const load = createFileStore(disk, dir, { onFallback: () => {} }).load('r');
      if (steps !== undefined) expect((await load)!.position.steps).toBe(steps);
      else expect(await errorOf(load)).toMatchObject({ code: 'STORE', cause: { code } });
    }
  });

  test('is not one that the writer removes while it is read', async () => {
    const dir = newDirectory();
    await saved(dir, 1);
    let steps = 1;
    const disk: Disk = {
      ...localDisk,
      async readFile(file) {
        if (steps < 5) await saved(dir, ++steps, 0, { keep: 1 });
        return await localDisk.readFile(file);
      },
    };
    const onFallback = () => expect.unreachable();
    expect((await createFileStore(disk, dir, { onFallback }).load('r'))!.position.steps).toBe(5);
  });
});

describe('the format of a file', () => {
  const golden = join(import.meta.dirname, 'golden', 'format-1');

  test('1 is read', async () => {
    const loaded = await fileStore(golden).load('golden');
    // It was written before checkpoints told which loops were restarting.
    const { restarting: _, ...written } = richCheckpoint('golden');
    expect({ ...loaded }).toStrictEqual(written);
    expect(bitsOf(loaded)).toEqual(bitsOf(richCheckpoint('golden')));
    expect(await fileStore(golden).list()).toMatchObject([{ runId: 'golden', seq: 1, steps: 7 }]);
  });

  test('that is newer is an error that names both, not a reason to go back to an older checkpoint', async () => {
    const dir = newDirectory();
    await saved(dir, 1);
    await saved(dir, 2);
    const path = pathOf(dir, 'r', checkpointsIn(dir, 'r')[1]!);
    const bytes = fs.readFileSync(path);
    bytes.writeUInt32LE(2, 40);
    const header = bytes.subarray(40, bytes.readUInt32LE(44));
    createHash('sha256').update(header).digest().copy(bytes, 8);
    fs.writeFileSync(path, bytes);
    const error = await errorOf(stepsIn(dir));
    expect(error.code).toBe('CHECKPOINT_UNREADABLE');
    expect(error.message).toBe(
      'Expected a checkpoint in format 1, got format 2. Resume with the version of loopchart that wrote it, or a later one.',
    );
    expect(await fileStore(dir).list('r')).toHaveLength(1);
  });
});

describe('a second writer', () => {
  test('in this process is told who holds the run, until it is released', async () => {
    const dir = newDirectory();
    const [first, second] = [fileStore(dir), fileStore(dir)];
    await first.save('r', checkpointAt('r', 1));
    for (const call of [second.save('r', checkpointAt('r', 2)), second.delete('r')]) {
      const error = await errorOf(call);
      expect(error.code).toBe('STORE_BUSY');
      const lock = pathOf(dir, 'r', locksIn(dir, 'r')[0]!);
      expect(error.message).toMatch(
        new RegExp(`held by another store in this process \\(pid ${process.pid}\\) on host .+ since 20..-..-..T`),
      );
      expect(error.message).toContain(`delete ${lock}`);
    }
    expect((await second.load('r'))!.position.steps).toBe(1);
    await second.save('another run', checkpointAt('another run', 1));
    await second.release('another run');
    await first.release('r');
    await second.save('r', checkpointAt('r', 2));
    expect((await errorOf(first.save('r', checkpointAt('r', 3)))).code).toBe('STORE_BUSY');
    await second.release('r');
    await first.save('r', checkpointAt('r', 3));
    expect((await first.list('r')).map(({ seq, steps }) => [seq, steps])).toEqual([
      [2, 2],
      [3, 3],
    ]);
    await first.release('r');
  });

  test('in another process is told its pid; the lock goes with the process, however it ends', async () => {
    const dir = newDirectory();
    const store = fileStore(dir);
    for (const end of ['exit', 'kill'] as const) {
      const child = start(dir);
      child.tell('save r 1 0');
      await child.say('saved');
      const error = await errorOf(store.save('r', checkpointAt('r', 2)));
      expect(error.code).toBe('STORE_BUSY');
      expect(error.message).toContain(`held by process ${child.process.pid} on host`);
      if (end === 'exit') child.process.stdin!.end();
      else child.process.kill('SIGKILL');
      await child.ended;
      expect(locksIn(dir, 'r')).toHaveLength(end === 'exit' ? 0 : 1);
      await store.save('r', checkpointAt('r', 2));
      const [lock, ...others] = locksIn(dir, 'r');
      expect(lock).toContain(`.${process.pid}.`);
      expect(others).toEqual([]);
      await store.release('r');
    }
  });

  test('is exactly one of several processes that start at once, also over a dead lock', async () => {
    const dir = newDirectory();
    const children = [start(dir), start(dir), start(dir)];
    await Promise.all(children.map((child) => child.say('ready')));
    for (let round = 0; round < (long ? 200 : 20); round++) {
      if (round % 2 === 0) {
        await createFileStore(quickDisk, dir, {}, ended).save(`r${round}`, checkpointAt('r', 1));
      }
      for (const child of children) child.tell(`save r${round} 2 0`);
      const answers = await Promise.all(children.map((child) => child.say('')));
      expect(
        answers.filter((line) => line === 'saved 2'),
        `${answers}`,
      ).toHaveLength(1);
      expect(
        answers.filter((line) => line.startsWith('STORE_BUSY')),
        `${answers}`,
      ).toHaveLength(2);
      expect(locksIn(dir, `r${round}`)).toHaveLength(1);
    }
  });

  test('steps back when another appears while it takes the lock', async () => {
    const dir = newDirectory();
    await saved(dir, 1);
    const rival = fileStore(dir);
    let reads = 0;
    // Between looking for locks and making its own, the other has come and saved.
    const disk: Disk = {
      ...localDisk,
      openSync(path, flags, mode) {
        if (flags === 'wx' && ++reads === 1) {
          const made = join(dir, runDirectory('r'), `lock.2.${process.pid}.${Date.now()}.abcdef012345.0.${hostname()}`);
          fs.writeFileSync(made, '');
          cleanups.push(() => fs.rmSync(made, { force: true }));
        }
        return localDisk.openSync(path, flags, mode);
      },
    };
    const error = await errorOf(createFileStore(disk, dir).save('r', checkpointAt('r', 2)));
    expect(error.code).toBe('STORE_BUSY');
    expect(locksIn(dir, 'r')).toEqual([expect.stringContaining('abcdef012345')]);
    expect((await errorOf(rival.save('r', checkpointAt('r', 2)))).code).toBe('STORE_BUSY');
    expect(await stepsIn(dir)).toBe(1);
  });

  test('may take over what a dead process holds, also if another process has its pid now', async (context) => {
    const dir = newDirectory();
    await createFileStore(quickDisk, dir, {}, ended).save('r', checkpointAt('r', 1));
    const store = fileStore(dir);
    await store.save('r', checkpointAt('r', 2));
    await store.release('r');
    if (process.platform !== 'linux') context.skip('Only Linux tells when a process began.');
    const before: Who = { pid: process.pid, host: hostname(), born: 'abcdef01-1' };
    await createFileStore(quickDisk, dir, {}, before).save('r', checkpointAt('r', 3));
    await store.save('r', checkpointAt('r', 4));
    expect(await stepsIn(dir)).toBe(4);
    await store.release('r');
  });

  test('never takes over what another host holds', async () => {
    const dir = newDirectory();
    const elsewhere: Who = { ...ended, host: 'elsewhere.example' };
    const other = createFileStore(quickDisk, dir, {}, elsewhere);
    await other.save('r', checkpointAt('r', 1));
    const error = await errorOf(fileStore(dir).save('r', checkpointAt('r', 2)));
    expect(error.code).toBe('STORE_BUSY');
    expect(error.message).toContain(`process ${ended.pid} on host elsewhere.example since`);
    expect(error.message).toContain('take the run over with fileStore(dir, { takeOver: true })');
    await other.release('r');
    await saved(dir, 2);
    expect(await stepsIn(dir)).toBe(2);
  });

  test('takes over what another host holds where it is told to, and the other writes no more', async () => {
    const dir = newDirectory();
    const elsewhere: Who = { ...ended, host: 'elsewhere.example' };
    const other = createFileStore(quickDisk, dir, {}, elsewhere);
    await other.save('r', checkpointAt('r', 1));
    await other.save('another', checkpointAt('another', 1));

    const asked: StoreHolder[] = [];
    const takeOver = (holder: StoreHolder) => {
      asked.push(holder);
      return holder.runId === 'r';
    };
    const store = fileStore(dir, { takeOver });
    expect((await store.load('r'))!.position.steps).toBe(1);
    await store.save('r', checkpointAt('r', 2));
    expect((await errorOf(store.save('another', checkpointAt('another', 2)))).code).toBe('STORE_BUSY');
    expect(asked).toMatchObject([
      { runId: 'r', host: 'elsewhere.example', pid: ended.pid },
      { runId: 'another', host: 'elsewhere.example', pid: ended.pid },
    ]);
    expect(asked[0]!.since).toBeGreaterThan(0);
    const error = await errorOf(other.save('r', checkpointAt('r', 9)));
    expect(error.code).toBe('STORE_BUSY');
    expect(error.message).toContain('has taken it over');
    expect(await stepsIn(dir)).toBe(2);
    await store.release('r');
    await fileStore(dir, { takeOver: true }).delete('another');
  });

  test('never takes over what a living process of this host holds, whatever it is told', async () => {
    const dir = newDirectory();
    const first = fileStore(dir);
    await first.save('r', checkpointAt('r', 1));
    const store = fileStore(dir, { takeOver: true });
    expect((await errorOf(store.save('r', checkpointAt('r', 2)))).code).toBe('STORE_BUSY');
    await first.save('r', checkpointAt('r', 3));
    await first.release('r');
  });

  test('is told if what says whether to take over says neither yes nor no', async () => {
    const dir = newDirectory();
    const elsewhere: Who = { ...ended, host: 'elsewhere.example' };
    await createFileStore(quickDisk, dir, {}, elsewhere).save('r', checkpointAt('r', 1));
    const store = fileStore(dir, { takeOver: (async () => true) as any });
    expect((await errorOf(store.save('r', checkpointAt('r', 2)))).message).toContain(
      '`takeOver` to return true or false',
    );
  });

  test('fences off the first, which fails from then on and touches nothing', async () => {
    const dir = newDirectory();
    const first = createFileStore(quickDisk, dir, {}, ended);
    await first.save('r', checkpointAt('r', 1));
    const second = fileStore(dir);
    await second.save('r', checkpointAt('r', 2));
    const before = filesIn(dir, 'r');
    for (const call of [
      first.save('r', checkpointAt('r', 9)),
      first.save('r', checkpointAt('r', 9)),
      first.delete('r'),
    ]) {
      const error = await errorOf(call);
      expect(error.code).toBe('STORE_BUSY');
      expect(error.message).toContain(`process ${process.pid} on host`);
      expect(error.message).toContain('has taken it over. Nothing was saved.');
    }
    expect(filesIn(dir, 'r')).toEqual(before);
    await second.save('r', checkpointAt('r', 3));
    await second.release('r');
    // Though nobody holds the run any more, others have gone on with it.
    expect((await errorOf(first.save('r', checkpointAt('r', 9)))).code).toBe('STORE_BUSY');
    expect(await stepsIn(dir)).toBe(3);
    await first.release('r');
    await first.save('r', checkpointAt('r', 4));
    expect(await stepsIn(dir)).toBe(4);
    await first.release('r');
  });

  test('is not overwritten by a first that was taken over after it had looked at its lock', async () => {
    const dir = newDirectory();
    const blind: Disk = { ...quickDisk, accessSync: () => {} };
    const first = createFileStore(blind, dir, {}, ended);
    await first.save('r', checkpointAt('r', 1));
    const second = fileStore(dir);
    await second.save('r', checkpointAt('r', 2));
    await first.save('r', checkpointAt('r', 9));
    // Both saved their second checkpoint, each under a name of its own; the one who took over is the one who counts.
    expect(checkpointsIn(dir, 'r')).toContain('00000002.2.ckpt');
    expect(await stepsIn(dir)).toBe(2);
    await second.save('r', checkpointAt('r', 3));
    await second.release('r');
    await saved(dir, 4);
    expect(await stepsIn(dir)).toBe(4);
    expect(checkpointsIn(dir, 'r')).toHaveLength(2);
  });

  test('sees to it that a lock deleted by hand is missed', async () => {
    const dir = newDirectory();
    const store = fileStore(dir);
    await store.save('r', checkpointAt('r', 1));
    fs.rmSync(pathOf(dir, 'r', locksIn(dir, 'r')[0]!));
    const error = await errorOf(store.save('r', checkpointAt('r', 2)));
    expect(error.code).toBe('STORE_BUSY');
    expect(error.message).toContain('the lock of this writer is gone');
    expect(await stepsIn(dir)).toBe(1);
    await store.release('r');
  });
});

test.each([
  [['', {}], 'Expected `dir` to be a string that is not empty, got ``.'],
  [[undefined, {}], 'Expected `dir` to be a string that is not empty, got `undefined`.'],
  [[{ keep: 2 }], 'Expected `dir` to be a string that is not empty, got `{"keep":2}`.'],
  [['d', { keep: 0 }], 'Expected `keep` to be a whole number from 1 up, got `0`.'],
  [['d', { keep: 1.5 }], 'Expected `keep` to be a whole number from 1 up, got `1.5`.'],
  [['d', { keep: '2' }], 'Expected `keep` to be a whole number from 1 up, got `2`.'],
  [['d', { keep: Number.NaN }], 'Expected `keep` to be a whole number from 1 up, got `NaN`.'],
  [['d', { onFallback: true }], 'Expected `onFallback` to be a function, got `true`.'],
  [['d', { keeps: 3 }], 'Expected options among keep, onFallback, takeOver, got `keeps`.'],
  [['d', 3], 'Expected options to be an object, got `3`.'],
])('bad arguments are named: %j', (args, message) => {
  const make = () => (fileStore as (...args: unknown[]) => unknown)(...args);
  expect(make).toThrow(MisconfigurationError);
  expect(make).toThrow(message);
});

test('an id that is not a string is named', async () => {
  const store = fileStore(newDirectory());
  const id = 7 as unknown as string;
  for (const call of [store.load(id), store.list(id), store.save(id, checkpointAt('r', 1)), store.delete(id)]) {
    expect((await errorOf(call)).message).toBe('Expected `runId` to be a string, got `7`.');
  }
});

/** The bytes of all typed arrays in a value, in order. */
function bitsOf(value: unknown): string[] {
  if (ArrayBuffer.isView(value)) {
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    return [`${Object.prototype.toString.call(value)} ${Buffer.isBuffer(value)} ${bytes.toString('hex')}`];
  }
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(bitsOf) : [];
}

interface Child {
  process: ChildProcess;
  tell(line: string): void;
  /** The next line it says that begins like this. */
  say(beginning: string): Promise<string>;
  /** All lines it has said, when it has ended. */
  ended: Promise<string[]>;
}

/** Starts a process that saves as it is told; see `programs/saver.ts`. */
function start(dir: string): Child {
  const program = join(import.meta.dirname, 'programs', 'saver.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', program, dir], { stdio: ['pipe', 'pipe', 'inherit'] });
  cleanups.push(() => void child.kill('SIGKILL'));
  const said: string[] = [];
  let read = 0;
  let wake = () => {};
  createInterface({ input: child.stdout }).on('line', (line) => {
    said.push(line);
    wake();
  });
  const ended = new Promise<string[]>((resolve) => {
    child.on('close', () => {
      resolve(said);
      wake();
    });
  });
  return {
    process: child,
    ended,
    tell: (line) => void child.stdin.write(`${line}\n`),
    async say(beginning) {
      for (;;) {
        while (read < said.length) {
          const line = said[read++]!;
          if (line.startsWith(beginning)) return line;
        }
        if (child.exitCode !== null || child.signalCode !== null) throw new Error(`It ended: ${said.join(', ')}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}
