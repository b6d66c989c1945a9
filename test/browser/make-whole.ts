import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * Makes a folder that is there whole or not at all: `fill` fills another one beside it, which then gets its name. Where
 * several processes make the same folder at once, the first one's is kept. What a process that was killed has left is
 * removed by the next one.
 */
export async function makeWhole(folder: string, fill: (part: string) => Promise<void>): Promise<void> {
  const parent = dirname(folder);
  const prefix = `${basename(folder)}.part-`;
  mkdirSync(parent, { recursive: true });
  removeLeftovers(parent, prefix);
  const part = mkdtempSync(join(parent, `${prefix}${process.pid}-`));
  try {
    await fill(part);
    try {
      renameSync(part, folder);
    } catch (error) {
      if (!existsSync(folder)) throw error;
    }
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
}

function removeLeftovers(parent: string, prefix: string): void {
  for (const name of readdirSync(parent)) {
    if (!name.startsWith(prefix) || isAlive(Number.parseInt(name.slice(prefix.length), 10))) continue;
    try {
      rmSync(join(parent, name), { recursive: true, force: true });
    } catch {
      // Somebody else's, or what was killed had started another process that is still writing: for the next time.
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is there, and somebody else's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
