import { join } from 'node:path';
import { turn } from '../time/turn.ts';
import { codeOf, type Disk, flushNames, isFull, isOther, openDirectory, remove } from './disk.ts';
import type { TakeOver, Who } from './holder.ts';
import { checkpointFiles, isUnfinished, unfinished } from './layout.ts';
import { acquire, confirm, giveUp, type Lock } from './lock.ts';
import { SpareFiles } from './spare-files.ts';

/** The directory of a run, of which a lock says that nobody else writes there. Its methods must not overlap. */
export class HeldDirectory {
  readonly disk: Disk;
  readonly path: string;
  readonly runId: string;
  readonly #who: Who;
  readonly #lock: Lock;
  /** The directory, to flush its names. */
  readonly #names: number | undefined;
  readonly #spares: SpareFiles;
  /** Files that have lost their name, being closed. */
  #closing: Promise<unknown> = Promise.resolve();

  /** Makes the directory if there is none, takes the lock, and sweeps what a crash has left there. @throws LoopError `STORE_BUSY` */
  static async open(disk: Disk, path: string, runId: string, who: Who, mayTakeOver: TakeOver): Promise<HeldDirectory> {
    const { lock, first } = await enter(disk, path, runId, who, mayTakeOver);
    try {
      if (first !== undefined) await flushParents(disk, path, first);
      for (const name of disk.readdirSync(path)) if (isUnfinished(name)) remove(disk, join(path, name));
      return new HeldDirectory(disk, path, runId, who, lock, openDirectory(disk, path));
    } catch (error) {
      giveUp(disk, lock);
      throw error;
    }
  }

  private constructor(disk: Disk, path: string, runId: string, who: Who, lock: Lock, names: number | undefined) {
    this.disk = disk;
    this.path = path;
    this.runId = runId;
    this.#who = who;
    this.#lock = lock;
    this.#names = names;
    this.#spares = new SpareFiles(disk);
  }

  /** Counts the writers of the run. */
  get generation(): number {
    return this.#lock.generation;
  }

  /** @throws LoopError `STORE_BUSY` if another writer has taken over */
  confirm(): void {
    confirm(this.disk, this.path, this.runId, this.#lock, this.#who);
  }

  /**
   * Makes a file that has its name once it is filled and flushed, and not before. Its name may be lost until
   * {@link flushNames} has returned.
   *
   * @param length how many bytes `fill` will write, all of them
   * @returns the file, open
   */
  async add(name: string, length: number, fill: (fd: number) => Promise<void>): Promise<number> {
    const path = join(this.path, name);
    const temporary = path + unfinished;
    const fd = this.#spares.take(temporary, length) ?? this.disk.openSync(temporary, 'w', 0o600);
    try {
      await fill(fd);
      this.confirm();
      this.disk.renameSync(temporary, path);
    } catch (error) {
      await this.#discard(fd, temporary);
      // What is kept to be quick must not be what a full disk lacks.
      if (this.#spares.clear() && isFull(error)) return await this.add(name, length, fill);
      throw error;
    }
    return fd;
  }

  /** Returns when the names of the files are on the disk. */
  async flushNames(): Promise<void> {
    if (this.#names === undefined) return;
    await this.disk.fsync(this.#names);
    this.#spares.namesFlushed();
  }

  /** Takes the name of a checkpoint's file away; what is left of it is used again, if it is large enough. */
  retire(name: string): void {
    // Where names cannot be flushed, nobody knows when the old one cannot come back.
    if (this.#names === undefined || !this.#spares.keep(join(this.path, name))) this.drop(name);
  }

  /** Takes the name of a file away; what is left of it is freed later. */
  drop(name: string): void {
    const path = join(this.path, name);
    // While a file is open, unlinking takes its name away and no more; its blocks are freed when it is closed, which
    // takes as long as writing it, and for which nobody waits.
    const fd = isOther(this.disk, path) ? undefined : this.#openDoomed(path);
    remove(this.disk, path);
    if (fd !== undefined) this.closeLater(fd);
  }

  /** Settles when what was to be closed later is: a failure of that is told here, or else by {@link close}. */
  takeClosing(): Promise<unknown> {
    const closing = this.#closing;
    this.#closing = Promise.resolve();
    return closing;
  }

  /** Closes a file behind the call that is under way: waking a thread takes time, too. */
  closeLater(fd: number): void {
    const closed = turn().then(() => this.disk.close(fd));
    this.#closing = Promise.all([this.#closing, closed]);
    this.#closing.catch(() => {});
  }

  /** Removes all that is of the run but the lock. */
  clear(): void {
    this.confirm();
    this.#spares.clear();
    const names = this.disk.readdirSync(this.path);
    const checkpoints = checkpointFiles(names).map(({ name }) => name);
    for (const name of [...checkpoints, ...names.filter(isUnfinished)]) remove(this.disk, join(this.path, name));
  }

  /** Gives the lock up; after that, the directory can only be closed. */
  unlock(): void {
    this.#spares.clear();
    giveUp(this.disk, this.#lock);
  }

  async close(): Promise<void> {
    await Promise.all([this.#closing, this.#names === undefined ? undefined : this.disk.close(this.#names)]);
  }

  async #discard(fd: number, temporary: string): Promise<void> {
    try {
      await this.disk.close(fd);
      remove(this.disk, temporary);
    } catch {
      // What is told is why it could not be filled. The file is written over by the next save, or swept at the next start.
    }
  }

  #openDoomed(path: string): number | undefined {
    try {
      return this.disk.openSync(path, 'r');
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  }
}

/** Takes the lock in a directory that is made if it is missing; `first` is the outermost directory that was made. */
async function enter(
  disk: Disk,
  directory: string,
  runId: string,
  who: Who,
  mayTakeOver: TakeOver,
): Promise<{ lock: Lock; first: string | undefined }> {
  for (let attempt = 1; ; attempt++) {
    const first = disk.mkdirSync(directory, { recursive: true, mode: 0o700 });
    try {
      return { lock: await acquire(disk, directory, runId, who, mayTakeOver), first };
    } catch (error) {
      // Another writer has just deleted the run, and its directory.
      if (codeOf(error) !== 'ENOENT' || attempt === 10) throw error;
    }
  }
}

/** Flushes the names of directories that were made, `first` being the outermost of them. */
async function flushParents(disk: Disk, directory: string, first: string): Promise<void> {
  for (let made = directory; ; made = join(made, '..')) {
    await flushNames(disk, join(made, '..'));
    if (made === first || made.length <= first.length) return;
  }
}
