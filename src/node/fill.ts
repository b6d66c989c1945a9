import type { Disk } from './disk.ts';
import { type Encoded, seal } from './format.ts';

/** Up to this many bytes, writing takes less time than a hop to another thread and back. */
const small = 512 * 1024;

/** The most bytes that one call writes: Node takes no more than 2^31 - 1. */
const chunk = 2 ** 30;

/** Writes a checkpoint into an empty file, and flushes it. */
export async function fill(disk: Disk, fd: number, encoded: Encoded): Promise<void> {
  const { bytes, headerLength } = encoded;
  if (bytes.length <= small) {
    seal(encoded);
    await writeAll(disk, fd, bytes);
  } else {
    // Hashing takes as long as writing, so one is done while another thread does the other.
    const written = writeAll(disk, fd, bytes.subarray(headerLength), headerLength);
    seal(encoded);
    await written;
    await writeAll(disk, fd, bytes.subarray(0, headerLength));
  }
  await disk.fsync(fd);
}

/** One call may write less than it was given: on a disk that is getting full, or of more than 2 GiB. */
export async function writeAll(disk: Disk, fd: number, bytes: Buffer, from = 0): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const length = Math.min(bytes.length - at, chunk);
    const written =
      length <= small
        ? disk.writeSync(fd, bytes, at, length, from + at)
        : (await disk.write(fd, bytes, at, length, from + at)).bytesWritten;
    if (written === 0) throw new Error(`the disk took ${from + at} of ${from + bytes.length} bytes and no more`);
    at += written;
  }
}
