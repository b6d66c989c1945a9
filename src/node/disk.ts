import * as fs from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { LoopError } from '../data/errors.ts';

/**
 * The file-system calls that a store makes; the tests hand in one that fails.
 *
 * Calls on names are synchronous, because a hop to the thread pool and back takes longer than the call; what moves or
 * flushes data is not.
 */
export interface Disk {
  openSync(path: string, flags: string, mode?: number): number;
  writeSync(fd: number, bytes: Uint8Array, offset: number, length: number, position: number): number;
  closeSync(fd: number): void;
  accessSync(path: string): void;
  renameSync(from: string, to: string): void;
  unlinkSync(path: string): void;
  /** Whether an ordinary file has this name, and not a directory, a pipe or the like. */
  isFileSync(path: string): boolean;
  /** What has a name, itself and not what it may link to; `links` counts its names. */
  lstatSync(path: string): { isFile: boolean; links: number; mode: number; size: number };
  ftruncateSync(fd: number, length: number): void;
  readdirSync(path: string): string[];
  /** Makes the directories that are missing and returns the first of them. */
  mkdirSync(path: string, options: { recursive: true; mode: number }): string | undefined;
  rmdirSync(path: string): void;
  open(path: string, flags: string): Promise<number>;
  write(
    fd: number,
    bytes: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ bytesWritten: number }>;
  read(fd: number, bytes: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesRead: number }>;
  fstat(fd: number): Promise<{ size: number }>;
  fsync(fd: number): Promise<void>;
  fdatasync(fd: number): Promise<void>;
  close(fd: number): Promise<void>;
  readFile(path: string): Promise<Buffer>;
  readdir(path: string): Promise<string[]>;
}

/** Of a disk that is read-only, Node says that the directory to be made does not exist. */
function makeDirectories(path: string, options: { recursive: true; mode: number }): string | undefined {
  try {
    return fs.mkdirSync(path, options);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') sayWhy(path, options.mode);
    throw error;
  }
}

/** @throws why the outermost directory that is missing cannot be made, if it still cannot */
function sayWhy(path: string, mode: number): void {
  let missing = path;
  while (missing !== dirname(missing) && !fs.existsSync(dirname(missing))) missing = dirname(missing);
  try {
    fs.mkdirSync(missing, { mode });
    fs.rmdirSync(missing);
  } catch (error) {
    // Another process has just made it, writes in it, or removes it.
    if (!['EEXIST', 'ENOENT', 'ENOTEMPTY'].includes(String(codeOf(error)))) throw error;
  }
}

/** The disk of this machine. */
export const localDisk: Disk = {
  openSync: fs.openSync,
  writeSync: fs.writeSync,
  closeSync: fs.closeSync,
  accessSync: fs.accessSync,
  renameSync: fs.renameSync,
  unlinkSync: fs.unlinkSync,
  isFileSync: (path) => fs.statSync(path).isFile(),
  lstatSync(path) {
    const found = fs.lstatSync(path);
    return { isFile: found.isFile(), links: found.nlink, mode: found.mode, size: found.size };
  },
  ftruncateSync: fs.ftruncateSync,
  readdirSync: fs.readdirSync as Disk['readdirSync'],
  mkdirSync: makeDirectories,
  rmdirSync: fs.rmdirSync,
  open: promisify(fs.open) as Disk['open'],
  write: promisify(fs.write),
  read: promisify(fs.read),
  fstat: promisify(fs.fstat),
  fsync: promisify(fs.fsync),
  fdatasync: promisify(fs.fdatasync),
  close: promisify(fs.close),
  readFile: promisify(fs.readFile),
  readdir: promisify(fs.readdir),
};

/** A descriptor through which the names in a directory are flushed, where the system has such a thing. */
export function openDirectory(disk: Disk, path: string): number | undefined {
  // Windows cannot open a directory; its file systems log changes of names by themselves.
  return process.platform === 'win32' ? undefined : disk.openSync(path, 'r');
}

/** Returns when the names in a directory are on the disk. */
export async function flushNames(disk: Disk, path: string): Promise<void> {
  const fd = openDirectory(disk, path);
  if (fd === undefined) return;
  try {
    await disk.fsync(fd);
  } finally {
    await disk.close(fd);
  }
}

/** Removes a file; that it is gone already is fine. What is none stays: somebody else has put it there. */
export function remove(disk: Disk, path: string): void {
  try {
    disk.unlinkSync(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' && !isOther(disk, path)) throw error;
  }
}

/** Whether something has a name that is no ordinary file. */
export function isOther(disk: Disk, path: string): boolean {
  try {
    return !disk.isFileSync(path);
  } catch {
    return false;
  }
}

/** Whether an error is of the moment, and may be gone at the next try; any other is about the file. */
export function isPassing(error: unknown): boolean {
  const passing = ['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN', 'EBUSY', 'EINTR', 'ETIMEDOUT'];
  return passing.includes(String(codeOf(error)));
}

/** Whether an error says that there is no room left. */
export function isFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(String(codeOf(error)));
}

/** The `code` of a system error, such as `ENOENT`. */
export function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | undefined)?.code;
}

/** What a store throws when the disk fails it; an error of ours is passed on as it is. */
export function storeError(task: string, cause: unknown): LoopError {
  if (cause instanceof LoopError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const remedy = isFull(cause) ? ' Free some space, and save again.' : '';
  return new LoopError('STORE', `Could not ${task}: ${reason}.${remedy}`, '', { cause });
}
