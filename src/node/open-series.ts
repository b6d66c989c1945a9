import { writeAll } from './fill.ts';
import type { Encoded } from './format.ts';
import { ahead, seal } from './format.ts';
import type { HeldDirectory } from './held-directory.ts';
import { checkpointFile } from './layout.ts';
import { endOf, fits, markOf, roomFor, setFrame } from './series.ts';

/** A series that is added to: by the writer that has begun it, and by no other. */
export class OpenSeries {
  readonly #directory: HeldDirectory;
  readonly #fd: number;
  /** The number of its first checkpoint. */
  readonly #first: number;
  readonly #room: number;
  /** Where the next one begins. */
  #end: number;

  /** Makes a series with its first checkpoint. Its name may be lost until the names of the directory are flushed. */
  static async begin(directory: HeldDirectory, encoded: Encoded, seq: number, keep: number): Promise<OpenSeries> {
    const { length } = encoded.bytes;
    const room = roomFor(length);
    seal(encoded);
    const whole = Buffer.alloc(room);
    framed(encoded, { seq, first: seq, keep, room }).copy(whole);
    markOf(seq).copy(whole, endOf(0, length));
    const fd = await directory.add(checkpointFile(seq, directory.generation).name, room, async (fd) => {
      await writeAll(directory.disk, fd, whole);
      await directory.disk.fsync(fd);
    });
    return new OpenSeries(directory, fd, seq, room, endOf(0, length));
  }

  private constructor(directory: HeldDirectory, fd: number, first: number, room: number, end: number) {
    this.#directory = directory;
    this.#fd = fd;
    this.#first = first;
    this.#room = room;
    this.#end = end;
  }

  fits({ bytes }: Encoded): boolean {
    return fits(this.#end, bytes.length, this.#room);
  }

  /** Returns when a checkpoint is on the disk. If it fails, the series must not be added to any more. */
  async add(encoded: Encoded, seq: number, keep: number): Promise<void> {
    const { disk } = this.#directory;
    seal(encoded);
    const bytes = framed(encoded, { seq, first: this.#first, keep, room: this.#room });
    // A writer that has lost its lock writes nothing that somebody might take for the newest.
    this.#directory.confirm();
    await writeAll(disk, this.#fd, bytes, this.#end);
    await disk.fdatasync(this.#fd);
    try {
      this.#directory.confirm();
    } catch (error) {
      // It was lost meanwhile.
      await writeAll(disk, this.#fd, Buffer.alloc(ahead), this.#end);
      throw error;
    }
    this.#end = endOf(this.#end, encoded.bytes.length);
    // Not flushed: the next checkpoint, which takes its place, says the same. It is for whoever comes after a crash.
    await writeAll(disk, this.#fd, markOf(seq), this.#end);
  }

  /** Closes the file, behind the call that is under way. */
  close(): void {
    this.#directory.closeLater(this.#fd);
  }
}

function framed({ bytes, buffer }: Encoded, frame: Parameters<typeof setFrame>[2]): Buffer {
  setFrame(buffer, bytes.length, frame);
  return buffer.subarray(0, ahead + bytes.length);
}
