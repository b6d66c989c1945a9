import { join } from 'node:path';
import { turn } from '../time/turn.ts';
import { codeOf, type Disk, flushNames, isOther, openDirectory, remove, storeError } from './disk.ts';
import { type Encoded, seal } from './format.ts';
import type { TakeOver, Who } from './holder.ts';
import {
  type CheckpointFile,
  checkpointFile,
  checkpointFiles,
  isUnfinished,
  lastNumber,
  unfinished,
} from './layout.ts';
import { acquire, confirm, giveUp, type Lock } from './lock.ts';

/** Up to this many bytes, hashing takes less time than a second flush of the file. */
const small = 512 * 1024;

/** The most bytes that one call writes: Node takes no more than 2^31 - 1. */
const chunk = 2 ** 30;

/** The only writer of a run, from the first save until it is released. Its methods must not overlap. */
export class Writer {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #runId: string;
  readonly #who: Who;
  readonly #lock: Lock;
  /** The directory, to flush its names. */
  readonly #names: number | undefined;
  /** What is in the directory, oldest first. */
  readonly #files: CheckpointFile[];
  /** Files that have lost their name, being closed. */
  #closing: Promise<unknown> = Promise.resolve();

  /**
   * Makes the directory of a run if there is none, takes the lock, and sweeps what a crash has left there.
   *
   * @throws LoopError `STORE_BUSY`, `STORE`
   */
  static async open(
    disk: Disk,
    directory: string,
    runId: string,
    who: Who,
    mayTakeOver: TakeOver = () => false,
  ): Promise<Writer> {
    try {
      const { lock, first } = await enter(disk, directory, runId, who, mayTakeOver);
      try {
        if (first !== undefined) await flushParents(disk, directory, first);
        const names = disk.readdirSync(directory);
        for (const name of names) if (isUnfinished(name)) remove(disk, join(directory, name));
        const fd = openDirectory(disk, directory);
        return new Writer(disk, directory, runId, who, lock, fd, checkpointFiles(names));
      } catch (error) {
        giveUp(disk, lock);
        throw error;
      }
    } catch (error) {
      throw storeError(`open ${directory} for run "${runId}"`, error);
    }
  }

  private constructor(
    disk: Disk,
    directory: string,
    runId: string,
    who: Who,
    lock: Lock,
    names: number | undefined,
    files: CheckpointFile[],
  ) {
    this.#disk = disk;
    this.#directory = directory;
    this.#runId = runId;
    this.#who = who;
    this.#lock = lock;
    this.#names = names;
    this.#files = files;
  }

  /**
   * Returns when the checkpoint is on the disk and at most `keep` are left.
   *
   * @throws LoopError `STORE_BUSY` if another writer has taken over, `STORE` if the disk failed; then the checkpoint
   *   before is intact
   */
  async save(encoded: Encoded, keep: number): Promise<void> {
    const file = checkpointFile((this.#files.at(-1)?.seq ?? 0) + 1, this.#lock.generation);
    try {
      const { name, seq } = this.#files.at(-1) ?? { name: '', seq: 0 };
      if (seq >= lastNumber) throw new Error(`no number comes after that of ${name}; move it somewhere else`);
      await this.#write(file, encoded);
    } catch (error) {
      throw storeError(`save checkpoint ${file.seq} of run "${this.#runId}" in ${this.#directory}`, error);
    }
    try {
      await this.#prune(keep);
    } catch (error) {
      const task = `remove what checkpoint ${file.seq} of run "${this.#runId}", which is saved, replaces`;
      throw storeError(`${task} in ${this.#directory}`, error);
    }
  }

  /** Gives the lock up; after that, the writer can only be closed. */
  unlock(): void {
    try {
      giveUp(this.#disk, this.#lock);
    } catch (error) {
      throw storeError(`release run "${this.#runId}" in ${this.#directory}`, error);
    }
  }

  async close(): Promise<void> {
    try {
      await Promise.all([this.#closing, this.#names === undefined ? undefined : this.#disk.close(this.#names)]);
    } catch (error) {
      throw storeError(`close run "${this.#runId}" in ${this.#directory}`, error);
    }
  }

  /** Removes all checkpoints of the run. */
  clear(): void {
    try {
      this.#confirm();
      this.#files.length = 0;
      const names = this.#disk.readdirSync(this.#directory);
      const checkpoints = checkpointFiles(names).map(({ name }) => name);
      const rest = names.filter(isUnfinished);
      for (const name of [...checkpoints, ...rest]) remove(this.#disk, join(this.#directory, name));
    } catch (error) {
      throw storeError(`delete run "${this.#runId}" in ${this.#directory}`, error);
    }
  }

  async #write(file: CheckpointFile, encoded: Encoded): Promise<void> {
    const disk = this.#disk;
    const path = join(this.#directory, file.name);
    const temporary = path + unfinished;
    const fd = disk.openSync(temporary, 'w', 0o600);
    try {
      await this.#fill(fd, encoded);
      this.#confirm();
      disk.renameSync(temporary, path);
    } catch (error) {
      await this.#discard(fd, temporary);
      throw error;
    }
    this.#files.push(file);
    disk.closeSync(fd);
    // Without this the new name may be gone after a power loss, though the file is there.
    if (this.#names !== undefined) await disk.fsync(this.#names);
  }

  async #fill(fd: number, encoded: Encoded): Promise<void> {
    const { bytes, headerLength } = encoded;
    if (bytes.length <= small) {
      seal(encoded);
      await this.#writeAll(fd, bytes);
      await this.#disk.fsync(fd);
      return;
    }
    await this.#writeAll(fd, bytes);
    // Hashing takes as long as flushing, so one is done while the other is under way. The header, whose place on the
    // disk is settled by then, goes after.
    const flushed = this.#disk.fsync(fd);
    seal(encoded);
    await flushed;
    await this.#writeAll(fd, bytes.subarray(0, headerLength));
    await this.#disk.fdatasync(fd);
  }

  /** One call may write less than it was given: on a disk that is getting full, or of more than 2 GiB. */
  async #writeAll(fd: number, bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const length = Math.min(bytes.length - at, chunk);
      const written =
        length <= small
          ? this.#disk.writeSync(fd, bytes, at, length, at)
          : (await this.#disk.write(fd, bytes, at, length, at)).bytesWritten;
      if (written === 0) throw new Error(`the disk took ${at} of ${bytes.length} bytes and no more`);
      at += written;
    }
  }

  async #discard(fd: number, temporary: string): Promise<void> {
    try {
      await this.#disk.close(fd);
      remove(this.#disk, temporary);
    } catch {
      // What is told is why the save failed. The file is written over by the next save, or swept at the next start.
    }
  }

  async #prune(keep: number): Promise<void> {
    const before = this.#closing;
    this.#closing = Promise.resolve();
    while (this.#files.length > keep) {
      const path = join(this.#directory, this.#files[0]!.name);
      // While a file is open, unlinking takes its name away and no more; its blocks are freed when it is closed, which
      // takes as long as writing it, and for which nobody waits.
      const fd = isOther(this.#disk, path) ? undefined : this.#openDoomed(path);
      remove(this.#disk, path);
      this.#files.shift();
      if (fd !== undefined) this.#closeLater(fd);
    }
    await before;
  }

  #openDoomed(path: string): number | undefined {
    try {
      return this.#disk.openSync(path, 'r');
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** A failure is told by the next save, or by the release. */
  #closeLater(fd: number): void {
    const before = this.#closing;
    // Behind the save's own promises: waking a thread takes time, too.
    const closed = turn().then(() => this.#disk.close(fd));
    this.#closing = Promise.all([before, closed]);
    this.#closing.catch(() => {});
  }

  #confirm(): void {
    confirm(this.#disk, this.#directory, this.#runId, this.#lock, this.#who);
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
