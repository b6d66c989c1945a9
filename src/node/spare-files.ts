import type { Disk } from './disk.ts';
import { unfinished } from './layout.ts';

/** Smaller files are as quick to make as to write over. */
const smallest = 64 * 1024;
/** Larger ones would take too much of the disk for the time they save. */
const largest = 16 * 1024 * 1024;
/** One for the next save, and one whose new name is not yet on the disk. */
const most = 2;

/**
 * Files of checkpoints that are not kept any more, for the next ones to be written over them: a disk takes three times as
 * long to find room for a new file as to write to one that is there.
 *
 *     a checkpoint ── keep ──▶ waits ── namesFlushed ──▶ free ── take ──▶ the next checkpoint, while it is written
 *
 * It waits because a power loss may bring its old name back until then, which must not stand for the bytes of another.
 * Their names are those of half-written files, so what a crash leaves of them is swept.
 */
export class SpareFiles {
  readonly #disk: Disk;
  #waiting: string[] = [];
  #free: string[] = [];

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  /** Takes the name of a checkpoint away, and keeps its file. @returns whether it has done so; else all is as it was */
  keep(path: string): boolean {
    if (this.#waiting.length + this.#free.length >= most) return false;
    try {
      if (!this.#isOurs(path)) return false;
      this.#disk.renameSync(path, path + unfinished);
    } catch {
      return false;
    }
    this.#waiting.push(path + unfinished);
    return true;
  }

  /** The names in the directory, as they were when this began to be done, are on the disk. */
  namesFlushed(): void {
    this.#free.push(...this.#waiting.splice(0));
  }

  /** Gives a file, of any content, this name and length, if there is one. @returns the file, open */
  take(path: string, length: number): number | undefined {
    const spare = length < smallest ? undefined : this.#free.shift();
    if (spare === undefined) return undefined;
    let fd: number | undefined;
    try {
      this.#disk.renameSync(spare, path);
      fd = this.#disk.openSync(path, 'r+');
      this.#disk.ftruncateSync(fd, length);
      return fd;
    } catch {
      // Somebody has removed it, say: a new file will do.
      if (fd !== undefined) this.#disk.closeSync(fd);
      return undefined;
    }
  }

  /** Removes them. @returns whether there were any */
  clear(): boolean {
    const spares = [...this.#waiting.splice(0), ...this.#free.splice(0)];
    for (const path of spares) {
      try {
        this.#disk.unlinkSync(path);
      } catch {
        // It is gone already, or the next start sweeps it.
      }
    }
    return spares.length > 0;
  }

  /** A link would show the new bytes in another place, such as a backup; and others may have been allowed to read it. */
  #isOurs(path: string): boolean {
    const { isFile, links, mode, size } = this.#disk.lstatSync(path);
    const isPrivate = process.platform === 'win32' || (mode & 0o077) === 0;
    return isFile && links === 1 && isPrivate && size >= smallest && size <= largest;
  }
}
