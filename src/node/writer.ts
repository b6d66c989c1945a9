import { type Disk, storeError } from './disk.ts';
import { fill } from './fill.ts';
import type { Encoded } from './format.ts';
import { HeldDirectory } from './held-directory.ts';
import type { TakeOver, Who } from './holder.ts';
import { checkpointFile, lastNumber } from './layout.ts';
import { OpenSeries } from './open-series.ts';
import { isSmall } from './series.ts';
import { filesOf, type KeptFile, splitSeries } from './split-series.ts';

/** So many checkpoints of a writer are files of their own: a run that is hardly ever saved needs no series. */
const single = 4;

/**
 * The only writer of a run, from the first save until it is released. Its methods must not overlap.
 *
 *     save 1 … 4         5                6 … 68           69           release
 *     a file each   ──▶  a series    ──▶  added to it ──▶  the next ──▶ a file each of those that are kept
 *
 * A file takes two flushes, of its bytes and of its name; what is added to a series takes one, and no name. Large
 * checkpoints, which get a file each all along, are written over the files of those that are not kept any more.
 */
export class Writer {
  readonly #directory: HeldDirectory;
  /** What is in the directory, oldest first. */
  #files: KeptFile[] = [];
  /** The number of the last checkpoint. */
  #last = 0;
  /** How many this writer has saved. */
  #saved = 0;
  /** The last of the files, if that is a series which this writer has begun. */
  #series: OpenSeries | undefined;

  /**
   * Makes the directory of a run if there is none, takes the lock, and tidies up what a crash has left there.
   *
   * @throws LoopError `STORE_BUSY`, `STORE`
   */
  static async open(
    disk: Disk,
    path: string,
    runId: string,
    who: Who,
    { mayTakeOver, keep }: { mayTakeOver: TakeOver; keep: number },
  ): Promise<Writer> {
    let directory: HeldDirectory | undefined;
    try {
      directory = await HeldDirectory.open(disk, path, runId, who, mayTakeOver);
      const writer = new Writer(directory);
      await writer.#takeIn(keep);
      return writer;
    } catch (error) {
      directory?.unlock();
      await directory?.close();
      throw storeError(`open ${path} for run "${runId}"`, error);
    }
  }

  private constructor(directory: HeldDirectory) {
    this.#directory = directory;
  }

  /**
   * Returns when the checkpoint is on the disk and at most `keep` are left.
   *
   * @throws LoopError `STORE_BUSY` if another writer has taken over, `STORE` if the disk failed; then the checkpoint
   *   before is intact
   */
  async save(encoded: Encoded, keep: number): Promise<void> {
    const { runId, path } = this.#directory;
    const seq = this.#last + 1;
    try {
      if (seq > lastNumber) {
        throw new Error(`no number comes after that of ${this.#files.at(-1)!.name}; move it somewhere else`);
      }
      await this.#write(encoded, seq, keep);
    } catch (error) {
      throw storeError(`save checkpoint ${seq} of run "${runId}" in ${path}`, error);
    }
    try {
      const closing = this.#directory.takeClosing();
      this.#prune(keep);
      await closing;
    } catch (error) {
      throw storeError(`remove what checkpoint ${seq} of run "${runId}", which is saved, replaces in ${path}`, error);
    }
  }

  /** Leaves each checkpoint that is kept in a file of its own, and gives the lock up; after that, the writer can only be closed. */
  async release(keep: number): Promise<void> {
    const { runId, path } = this.#directory;
    try {
      await this.#split(keep);
    } catch {
      // The disk is full, say, or another writer has taken over. Nothing is lost: the next one takes it in as it is.
    }
    try {
      this.#directory.unlock();
    } catch (error) {
      throw storeError(`release run "${runId}" in ${path}`, error);
    }
  }

  async close(): Promise<void> {
    const { runId, path } = this.#directory;
    try {
      await this.#directory.close();
    } catch (error) {
      throw storeError(`close run "${runId}" in ${path}`, error);
    }
  }

  /** Removes all checkpoints of the run. */
  clear(): void {
    const { runId, path } = this.#directory;
    try {
      this.#directory.confirm();
      this.#endSeries();
      this.#files = [];
      this.#directory.clear();
    } catch (error) {
      throw storeError(`delete run "${runId}" in ${path}`, error);
    }
  }

  async #takeIn(keep: number): Promise<void> {
    this.#files = await filesOf(this.#directory);
    this.#last = this.#files.at(-1)?.last ?? 0;
    try {
      await this.#split(keep);
    } catch {
      // On a disk that is full a run can go on nevertheless: what there is is taken as it is.
      this.#files = await filesOf(this.#directory);
    }
  }

  async #write(encoded: Encoded, seq: number, keep: number): Promise<void> {
    if (this.#series?.fits(encoded)) {
      await this.#append(this.#series, encoded, seq, keep);
    } else {
      const isSeries = this.#saved >= single && isSmall(encoded.bytes.length);
      if (isSeries) this.#endSeries();
      else await this.#split(keep);
      await this.#addFile(encoded, seq, isSeries ? keep : undefined);
    }
    this.#saved++;
  }

  async #append(series: OpenSeries, encoded: Encoded, seq: number, keep: number): Promise<void> {
    try {
      await series.add(encoded, seq, keep);
    } catch (error) {
      // What the disk holds of it now is not known: the next one gets another file.
      this.#endSeries();
      throw error;
    }
    const file = this.#files.at(-1)!;
    file.last = this.#last = seq;
    file.count++;
  }

  /** @param keep of a series: how many are kept */
  async #addFile(encoded: Encoded, seq: number, keep: number | undefined): Promise<void> {
    const directory = this.#directory;
    const { name } = checkpointFile(seq, directory.generation);
    let series: OpenSeries | undefined;
    if (keep === undefined) {
      const fd = await directory.add(name, encoded.bytes.length, (opened) => fill(directory.disk, opened, encoded));
      directory.disk.closeSync(fd);
    } else {
      series = await OpenSeries.begin(directory, encoded, seq, keep);
    }
    this.#series = series;
    this.#files.push({ name, seq, last: seq, count: 1, isSeries: keep !== undefined });
    this.#last = seq;
    // Without this the new name may be gone after a power loss, though the file is there.
    await directory.flushNames();
  }

  #endSeries(): void {
    this.#series?.close();
    this.#series = undefined;
  }

  async #split(keep: number): Promise<void> {
    this.#endSeries();
    if (!this.#files.some(({ isSeries }) => isSeries)) return;
    this.#files = await splitSeries(this.#directory, this.#files, keep);
  }

  #prune(keep: number): void {
    let count = this.#files.reduce((sum, file) => sum + file.count, 0);
    while (count - this.#files[0]!.count >= keep) {
      const [{ name, count: gone, isSeries }] = this.#files as [KeptFile];
      if (isSeries) this.#directory.drop(name);
      else this.#directory.retire(name);
      this.#files.shift();
      count -= gone;
    }
  }
}
