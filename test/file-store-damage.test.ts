import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { LoopError } from '../src/data/errors.ts';
import { type Disk, localDisk } from '../src/node/disk.ts';
import { createFileStore, fileStore } from '../src/node/store.ts';
import { richCheckpoint } from './programs/checkpoint.ts';
import { systemError } from './programs/disk.ts';
import { bitsOf, checkpointsIn, errorOf, newDirectory, pathOf, saved, stepsIn } from './support/store-directory.ts';

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
