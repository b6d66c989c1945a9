import type { Checkpoint } from '../checkpoint/contents.ts';
import { codeOf, type Disk, flushNames, storeError } from './disk.ts';
import { type Encoded, encode } from './format.ts';
import type { TakeOver, Who } from './holder.ts';
import { namesIn } from './read.ts';
import { Writer } from './writer.ts';

/** What the runs of a store have in common. */
export interface StoreWide {
  disk: Disk;
  who: Who;
  keep: number;
  mayTakeOver: TakeOver;
}

/** A run in a store of files. Its methods must not overlap, but for {@link encode}. */
export class RunOfStore {
  readonly directory: string;
  readonly #wide: StoreWide;
  readonly #runId: string;
  #writer: Writer | undefined;
  /** A buffer that no save is using. */
  #spare: Buffer | undefined;

  constructor(wide: StoreWide, directory: string, runId: string) {
    this.#wide = wide;
    this.directory = directory;
    this.#runId = runId;
  }

  get isHeld(): boolean {
    return this.#writer !== undefined;
  }

  async hold(): Promise<Writer> {
    const { disk, who, keep, mayTakeOver } = this.#wide;
    this.#writer ??= await Writer.open(disk, this.directory, this.#runId, who, { keep, mayTakeOver });
    return this.#writer;
  }

  /** A copy of a checkpoint, to be saved. */
  encode(checkpoint: Checkpoint): Encoded {
    const spare = this.#spare;
    this.#spare = undefined;
    return encode(this.#runId, checkpoint, Date.now(), spare);
  }

  async save(encoded: Encoded): Promise<void> {
    const writer = await this.hold();
    await writer.save(encoded, this.#wide.keep);
    this.#spare = encoded.buffer;
  }

  /** @param root where the directories of all runs are */
  async delete(root: string): Promise<void> {
    const { disk } = this.#wide;
    if (!this.isHeld && (await namesIn(disk, this.directory)).length === 0) return;
    const writer = await this.hold();
    writer.clear();
    await this.release();
    await removeDirectory(disk, root, this.directory);
  }

  async release(): Promise<void> {
    const writer = this.#writer;
    if (writer === undefined) return;
    // If this fails, the writer is still the one who holds the lock.
    await writer.release(this.#wide.keep);
    this.#writer = undefined;
    await writer.close();
  }
}

async function removeDirectory(disk: Disk, root: string, directory: string): Promise<void> {
  try {
    disk.rmdirSync(directory);
    await flushNames(disk, root);
  } catch (error) {
    // The next writer is there already, or has come and gone, or somebody keeps a file of theirs there.
    if (['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(String(codeOf(error)))) return;
    throw storeError(`remove the directory ${directory}`, error);
  }
}
