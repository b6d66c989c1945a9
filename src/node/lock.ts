import { randomBytes } from 'node:crypto';
import { unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LoopError } from '../data/errors.ts';
import { codeOf, type Disk, remove } from './disk.ts';
import { describe, isAlive, isElsewhere, type StoreHolder, type TakeOver, type Who } from './holder.ts';
import { checkpointFiles } from './layout.ts';

// Who writes a run is told by an empty file in the run's directory whose *name* holds pid, host and time. So a lock is
// there with all it says or not at all, also on a disk that is full, and on file systems without links. As no two locks
// ever have the same name, removing the lock of a dead process cannot hit that of a living one.
//
// Two that start at once: each makes its file first and then looks whether another has appeared. At least one of them
// sees the other and steps back.

/** A lock on the directory of a run. */
export interface Lock extends Who {
  path: string;
  /** One more than that of every writer before. */
  generation: number;
  /** When it was taken, in milliseconds since 1970. */
  since: number;
}

/** How often two that start at once step back for each other before one gives up. */
const attempts = 50;

/**
 * Takes the lock on a directory that exists; a lock whose process is dead is removed. The writer of one that is taken
 * over finds its lock gone before its next checkpoint gets its name, and writes no more.
 *
 * @param mayTakeOver asked of locks that another host has left
 * @throws LoopError `STORE_BUSY` if another writer has it
 */
export async function acquire(
  disk: Disk,
  directory: string,
  runId: string,
  who: Who,
  mayTakeOver: TakeOver = () => false,
): Promise<Lock> {
  for (let attempt = 1; ; attempt++) {
    const names = disk.readdirSync(directory);
    const before = locksAmong(directory, names);
    const holder = before.find(
      (lock) => isAlive(lock, who) && !(isElsewhere(lock, who) && mayTakeOver(told(runId, lock))),
    );
    if (holder !== undefined) throw busy(runId, holder, who);
    const generations = [...before, ...checkpointFiles(names)].map(({ generation }) => generation);
    const lock = newLock(directory, who, 1 + Math.max(0, ...generations));
    const known = new Set([lock.path, ...before.map(({ path }) => path)]);
    let rival: Lock | undefined;
    try {
      disk.closeSync(disk.openSync(lock.path, 'wx', 0o600));
      rival = locksAmong(directory, disk.readdirSync(directory)).find(({ path }) => !known.has(path));
      if (rival === undefined) {
        for (const { path } of before) remove(disk, path);
        held.add(lock.path);
        return lock;
      }
    } catch (error) {
      try {
        remove(disk, lock.path);
      } catch {
        // On a disk that has become read-only nothing can be removed either. What is told is why there is no lock.
      }
      throw error;
    }
    remove(disk, lock.path);
    if (attempt === attempts) throw busy(runId, rival, who);
    await sleep(Math.random() * 20);
  }
}

/** Gives a lock up. */
export function giveUp(disk: Disk, lock: Lock): void {
  remove(disk, lock.path);
  held.delete(lock.path);
}

/**
 * Returns if the lock is still there.
 *
 * @throws LoopError `STORE_BUSY` if another writer has taken the run over
 */
export function confirm(disk: Disk, directory: string, runId: string, lock: Lock, who: Who): void {
  try {
    disk.accessSync(lock.path);
  } catch (cause) {
    if (codeOf(cause) !== 'ENOENT') throw cause;
    held.delete(lock.path);
    throw lost(disk, directory, runId, lock, who, cause);
  }
}

function newLock(directory: string, who: Who, generation: number): Lock {
  const since = Date.now();
  const token = randomBytes(6).toString('hex');
  const path = join(directory, `lock.${generation}.${who.pid}.${since}.${token}.${who.born}.${who.host}`);
  return { ...who, path, generation, since };
}

function locksAmong(directory: string, names: string[]): Lock[] {
  const locks: Lock[] = [];
  for (const name of names) {
    const match = /^lock\.(\d{1,15})\.(\d{1,15})\.(\d{1,15})\.[0-9a-f]+\.([0-9a-f-]+)\.(.+)$/.exec(name);
    if (match === null) continue;
    const [, generation, pid, since, born, host] = match as unknown as [string, string, string, string, string, string];
    const path = join(directory, name);
    locks.push({ path, generation: Number(generation), pid: Number(pid), since: Number(since), born, host });
  }
  return locks;
}

function told(runId: string, { pid, host, since }: Lock): StoreHolder {
  return { runId, pid, host, since };
}

function busy(runId: string, lock: Lock, who: Who): LoopError {
  return new LoopError(
    'STORE_BUSY',
    `Expected to be the only writer of run "${runId}", but it is held by ${describe(lock, who)}. ` +
      'Wait until that run has ended or stop it (`release(runId)` on its store), or use another run id. ' +
      (isElsewhere(lock, who)
        ? `Whether a process of another host (or of a container that was called ${lock.host}) still runs cannot be told from ${who.host}. ` +
          `If it is gone for certain, take the run over with fileStore(dir, { takeOver: true }), or delete ${lock.path}.`
        : `If the holder is gone for certain, delete ${lock.path}.`),
  );
}

function lost(disk: Disk, directory: string, runId: string, lock: Lock, who: Who, cause: unknown): LoopError {
  let holder: Lock | undefined;
  try {
    holder = locksAmong(directory, disk.readdirSync(directory)).find((other) => other.path !== lock.path);
  } catch {
    // The directory is gone, too; the error is about the lock.
  }
  const taker = holder === undefined ? 'the lock of this writer is gone' : `${describe(holder, who)} has taken it over`;
  return new LoopError(
    'STORE_BUSY',
    `Expected to be the only writer of run "${runId}", but ${taker}. Nothing was saved. ` +
      'End this run; to go on here, call `release(runId)` and start again from the newest checkpoint.',
    '',
    { cause },
  );
}

/** The locks of this process. */
const held = new Set<string>();

process.on('exit', () => {
  for (const path of held) {
    try {
      unlinkSync(path);
    } catch {
      // A lock that stays names a dead process, and is taken over.
    }
  }
});
