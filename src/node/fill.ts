import type { Disk } from './disk.ts';
import { type Encoded, seal } from './format.ts';

/** Up to this many bytes, one call writes while nothing else is done: a hop to another thread and back takes longer. */
const quick = 2 * 1024 * 1024;

/** Up to this many bytes, hashing takes less time than a flush. */
const small = 64 * 1024;

/** The most bytes that one call writes: Node takes no more than 2^31 - 1. */
const chunk = 2 ** 30;

/** Writes a checkpoint into a file that has its length or is empty, and flushes it. */
export async function fill(disk: Disk, fd: number, encoded: Encoded): Promise<void> {
  const { bytes, headerLength } = encoded;
  if (bytes.length <= small) {
    seal(encoded);
    await writeAll(disk, fd, bytes);
  } else {
    // Hashing takes as long as the disk does: one is done while another thread waits for the other.
    const payload = bytes.subarray(headerLength);
    let there: Promise<void>;
    if (payload.length <= quick) {
      writeAllSync(disk, fd, payload, headerLength);
      there = disk.fdatasync(fd);
    } else {
      there = writeAll(disk, fd, payload, headerLength);
    }
    seal(encoded);
    await there;
    writeAllSync(disk, fd, bytes.subarray(0, headerLength));
  }
  await disk.fsync(fd);
}

/** Writes bytes into a file, `from` a place on. */
export async function writeAll(disk: Disk, fd: number, bytes: Buffer, from = 0): Promise<void> {
  if (bytes.length <= quick) return writeAllSync(disk, fd, bytes, from);
  for (let at = 0; at < bytes.length; ) {
    const length = Math.min(bytes.length - at, chunk);
    const { bytesWritten } = await disk.write(fd, bytes, at, length, from + at);
    at = advanced(at, bytesWritten, bytes, from);
  }
}

function writeAllSync(disk: Disk, fd: number, bytes: Buffer, from = 0): void {
  for (let at = 0; at < bytes.length; ) {
    const written = disk.writeSync(fd, bytes, at, bytes.length - at, from + at);
    at = advanced(at, written, bytes, from);
  }
}

/** One call may write less than it was given: on a disk that is getting full, or of more than 2 GiB. */
function advanced(at: number, written: number, bytes: Buffer, from: number): number {
  if (written === 0) throw new Error(`the disk took ${from + at} of ${from + bytes.length} bytes and no more`);
  return at + written;
}
