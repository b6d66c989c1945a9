import { describe, expect, test } from 'vitest';
import type { LoopError } from '../src/data/errors.ts';
import { createFileStore, fileStore } from '../src/node/store.ts';
import { checkpointAt } from './programs/checkpoint.ts';
import { crashing, FragileDisk, randomFrom, systemError, watched } from './programs/disk.ts';
import { long, patience, seed } from './support/effort.ts';
import { start } from './support/saver.ts';
import {
  checkpointsIn,
  ended,
  expectAt,
  filesIn,
  newDirectory,
  quickDisk,
  saved,
  stepsIn,
} from './support/store-directory.ts';

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
          // Small ones come to be added to a series.
          const calls = bytes === 0 && random() < 0.7 ? 200 : 60;
          const { disk } = crashing(fragile.disk, 1 + Math.floor(random() * calls), random() < 0.5);
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
    `${long ? 100 : 10} times by kill -9 in the middle of saving 2 MB, or 20 KB to a series, tears nothing`,
    async () => {
      const random = randomFrom(seed);
      const dirs = [newDirectory(), newDirectory()] as const;
      const acknowledgedIn = [0, 0];
      for (let round = 0; round < (long ? 100 : 10); round++) {
        const where = `seed ${seed}, round ${round}`;
        const isSmall = round % 2;
        const dir = dirs[isSmall]!;
        const bytes = isSmall ? 20_000 : 2_000_000;
        const child = start(dir);
        await child.say('ready');
        child.tell(`loop r ${bytes}`);
        await child.say('saved');
        const saves = Math.floor(random() * (isSmall ? 30 : 4));
        for (let n = 0; n < saves; n++) await child.say('saved');
        const until = performance.now() + random() * 12;
        while (performance.now() < until);
        child.process.kill('SIGKILL');
        const lines = await child.ended;
        for (const line of lines) expect(line, where).toMatch(/^(ready|saved \d+)$/);
        const acknowledged = Math.max(
          acknowledgedIn[isSmall]!,
          ...lines.map((line) => Number(line.split(' ')[1] ?? 0)),
        );
        const onFallback = (error: LoopError) => expect.unreachable(`${where}: ${error.message}`);
        const loaded = await fileStore(dir, { onFallback }).load('r');
        const steps = loaded!.position.steps;
        expect([acknowledged, acknowledged + 1], where).toContain(steps);
        expectAt(loaded, steps, bytes, where);
        // Two that are kept, the next, two to be written over, and the lock.
        expect(filesIn(dir, 'r').length, where).toBeLessThanOrEqual(6);
        acknowledgedIn[isSmall] = steps;
      }
    },
    patience,
  );
});
