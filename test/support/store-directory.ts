import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect } from 'vitest';
import type { Checkpoint } from '../../src/checkpoint/contents.ts';
import { LoopError } from '../../src/data/errors.ts';
import { type Disk, localDisk } from '../../src/node/disk.ts';
import type { Who } from '../../src/node/holder.ts';
import { runDirectory } from '../../src/node/layout.ts';
import { createFileStore, type FileStoreOptions, fileStore } from '../../src/node/store.ts';
import { checkpointAt } from '../programs/checkpoint.ts';

export const cleanups: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

export function newDirectory(): string {
  const dir = fs.mkdtempSync(join(tmpdir(), 'loopchart-store-'));
  cleanups.push(() => fs.rmSync(dir, { recursive: true, force: true }));
  return dir;
}

export const filesIn = (dir: string, runId: string): string[] => fs.readdirSync(join(dir, runDirectory(runId))).sort();
export const checkpointsIn = (dir: string, runId: string): string[] =>
  filesIn(dir, runId).filter((name) => name.endsWith('.ckpt'));
export const locksIn = (dir: string, runId: string): string[] =>
  filesIn(dir, runId).filter((name) => name.startsWith('lock.'));
export const pathOf = (dir: string, runId: string, name: string): string => join(dir, runDirectory(runId), name);

/** A disk on which flushing takes no time, for tests that are not about it. */
export const quickDisk: Disk = { ...localDisk, fsync: async () => {}, fdatasync: async () => {} };

/** A process of this host that has ended. */
export const ended: Who = { pid: spawnSync(process.execPath, ['--version']).pid, host: hostname(), born: '0' };

/** The steps of the checkpoint that a fresh store loads. */
export async function stepsIn(dir: string, runId = 'r', options: FileStoreOptions = {}): Promise<number | undefined> {
  return (await fileStore(dir, options).load(runId))?.position.steps;
}

/** Whether a checkpoint is that of `checkpointAt`; comparing large arrays item by item would take seconds. */
export function expectAt(loaded: Checkpoint | undefined, steps: number, bytes: number, where?: string): void {
  const { assets, ...rest } = loaded!;
  const { assets: expected, ...expectedRest } = checkpointAt('r', steps, bytes);
  expect(rest, where).toStrictEqual(expectedRest);
  const bytesOf = ({ weights }: Checkpoint['assets']) => Buffer.from((weights as Float64Array).buffer);
  expect(bytesOf(assets).equals(bytesOf(expected)), where).toBe(true);
}

export async function errorOf(promise: Promise<unknown>): Promise<LoopError> {
  const error = await promise.then(
    (value) => new Error(`It resolved with ${String(value)}.`),
    (reason) => reason,
  );
  if (!(error instanceof LoopError)) throw error;
  return error;
}

/** Saves a checkpoint and gives the lock up. */
export async function saved(dir: string, steps: number, bytes = 0, options: FileStoreOptions = {}): Promise<void> {
  const store = createFileStore(quickDisk, dir, options);
  await store.save('r', checkpointAt('r', steps, bytes));
  await store.release('r');
}

/** The bytes of all typed arrays in a value, in order. */
export function bitsOf(value: unknown): string[] {
  if (ArrayBuffer.isView(value)) {
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    return [`${Object.prototype.toString.call(value)} ${Buffer.isBuffer(value)} ${bytes.toString('hex')}`];
  }
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(bitsOf) : [];
}
