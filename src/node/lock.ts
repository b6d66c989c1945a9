import { randomBytes } from 'node:crypto';
import { readFileSync, unlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LoopError } from '../data/errors.ts';
import { codeOf, type Disk, remove } from './disk.ts';
import { checkpointFiles } from './layout.ts';

// Who writes a run is told by an empty file in the run's directory whose *name* holds pid, host and time. So a lock is
// there with all it says or not at all, also on a disk that is full, and on file systems without links. As no two locks
// ever have the same name, removing the lock of a dead process cannot hit that of a living one.
//
// Two that start at once: each makes its file first and then looks whether another has appeared. At least one of them
// sees the other and steps back.

/** A process as locks know it. */
export interface Who {
  pid: number;
  host: string;
  /** When it began, in words that no other process with this pid shares; `0` where the system does not say. */
  born: string;
}

/** A lock on the directory of a run. */
export interface Lock extends Who {
  path: string;
  /** One more than that of every writer before. */
  generation: number;
  /** When it was taken, in milliseconds since 1970. */
  since: number;
}

/** Who holds a run in a store, as far as its lock tells. */
export interface StoreHolder {
  runId: string;
  /** The process and the name of the machine (or container) that it ran on. */
  pid: number;
  host: string;
  /** When it took the run, in milliseconds since 1970, by the clock of that machine. */
  since: number;
}

/** Whether a run may be taken over from a holder of which cannot be told from here whether it still runs. */
export type TakeOver = (holder: StoreHolder) => boolean;

/** How often two that start at once step back for each other before one gives up. */
const attempts = 50;

/** This process. */
export function thisProcess(): Who {
  return {
    pid: process.pid,
    host: hostname()
      .replace(/[^\w.-]/g, '_')
      .slice(0, 100),
    born: birth(process.pid) ?? '0',
  };
}

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
      remove(disk, lock.path);
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

/** Whether the process with a lock may still run. Of another host that cannot be told. */
function isAlive(lock: Lock, who: Who): boolean {
  if (isElsewhere(lock, who)) return true;
  const born = birth(lock.pid);
  if (born === undefined) return false;
  return born === '0' || lock.born === '0' || born === lock.born;
}

function isElsewhere(lock: Lock, who: Who): boolean {
  return lock.host !== who.host;
}

function told(runId: string, { pid, host, since }: Lock): StoreHolder {
  return { runId, pid, host, since };
}

/** When the process that has a pid now began; `undefined` if none has. */
function birth(pid: number): string | undefined {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Anything else, such as EPERM, says that it is there.
    if (codeOf(error) === 'ESRCH') return undefined;
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name of the program comes before, in parentheses, and may hold spaces and parentheses itself.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, started] = [fields[0], fields[19]];
    // It has ended, and its parent has not asked how: in a container that may stay so for ever.
    if (state === 'Z' || state === 'X') return undefined;
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').slice(0, 8);
    return `${boot}-${started}`;
  } catch {
    return '0';
  }
}

function describe(lock: Lock, who: Who): string {
  const same = lock.pid === who.pid && lock.host === who.host;
  const holder = same ? `another store in this process (pid ${lock.pid})` : `process ${lock.pid}`;
  return `${holder} on host ${lock.host} since ${new Date(lock.since).toISOString()}`;
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
