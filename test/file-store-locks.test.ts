import * as fs from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Disk, localDisk } from '../src/node/disk.ts';
import type { StoreHolder, Who } from '../src/node/holder.ts';
import { runDirectory } from '../src/node/layout.ts';
import { createFileStore, fileStore } from '../src/node/store.ts';
import { checkpointAt } from './programs/checkpoint.ts';
import { long } from './support/effort.ts';
import { start } from './support/saver.ts';
import {
  checkpointsIn,
  cleanups,
  ended,
  errorOf,
  filesIn,
  locksIn,
  newDirectory,
  pathOf,
  quickDisk,
  saved,
  stepsIn,
} from './support/store-directory.ts';

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

  test('is told why there is no lock, also where nothing can be removed either', async () => {
    const dir = newDirectory();
    const failed = (call: string) => () => {
      throw Object.assign(new Error(`EROFS: read-only file system, ${call}`), { code: 'EROFS' });
    };
    const disk: Disk = { ...localDisk, openSync: failed('open'), unlinkSync: failed('unlink') };
    const error = await errorOf(createFileStore(disk, dir).save('r', checkpointAt('r', 1)));
    expect(error).toMatchObject({ code: 'STORE', message: expect.stringContaining('read-only file system, open') });
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
