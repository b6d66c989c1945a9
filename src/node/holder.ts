import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { codeOf } from './disk.ts';

/** A process as locks know it. */
export interface Who {
  pid: number;
  host: string;
  /** When it began, in words that no other process with this pid shares; `0` where the system does not say. */
  born: string;
}

/** A process that holds something since some moment, in milliseconds since 1970. */
export interface Held extends Who {
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

/** Whether a process that holds something may still run. Of another host that cannot be told. */
export function isAlive(lock: Held, who: Who): boolean {
  if (isElsewhere(lock, who)) return true;
  const born = birth(lock.pid);
  if (born === undefined) return false;
  return born === '0' || lock.born === '0' || born === lock.born;
}

export function isElsewhere(lock: Held, who: Who): boolean {
  return lock.host !== who.host;
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

/** A holder in words. */
export function describe(lock: Held, who: Who): string {
  const same = lock.pid === who.pid && lock.host === who.host;
  const holder = same ? `another store in this process (pid ${lock.pid})` : `process ${lock.pid}`;
  return `${holder} on host ${lock.host} since ${new Date(lock.since).toISOString()}`;
}
