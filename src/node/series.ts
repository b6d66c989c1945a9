import { type Header, setHeaderSum, underHeaderSum } from '../checkpoint/header.ts';
import { LoopError } from '../data/errors.ts';
import { ahead, check, readHeader, sumOf } from './format.ts';

// A series is a file that has room for many checkpoints, which are added one after the other. The room is there from the
// beginning, so nothing but the bytes of a checkpoint has to be flushed when one is added: no name, no length.
//
//   0            4096          8192                       16384
//   ├────────────┼─────────────┼──────────────────────────┼──────────────┬─ ─ ─
//   │ 7: frame,  │ 8: frame,   │ 9: frame, a checkpoint   │ mark: 9 is   │ zeros
//   │ checkpoint │ checkpoint  │ of more than one block   │ on the disk  │
//   └────────────┴─────────────┴──────────────────────────┴──────────────┴─ ─ ─
//
// What has been flushed is not written to again: each checkpoint begins a block of its own, so a write that the power
// cuts off can harm none before it. It is also why one that is damaged is told from one that was never finished: behind
// what was acknowledged stands a mark, until the next checkpoint takes its place, which says the same.

const version = 3;
const magic = Buffer.from('LOOPCKPT');
const done = Buffer.from('LOOPDONE');

/** A checkpoint begins at a multiple of this: what disks and their caches write at once. */
const block = 4096;
/** The largest checkpoint that is added to a series; the room of larger ones would cost more than it saves. */
const largest = 64 * 1024;
const mostBlocks = 256;
/** For so many checkpoints of the size of the first one there is room. */
const capacity = 64;

/** The longest file that is a series. */
export const longest: number = (mostBlocks + 1) * block;

/** What is told ahead of a checkpoint. */
export interface Frame {
  /** The number of the checkpoint. */
  seq: number;
  /** That of the first in the file, which is in the name of the file as well. */
  first: number;
  /** So many of the run are kept. */
  keep: number;
  /** The length of the file. */
  room: number;
}

/** A checkpoint in a series, that is whole. */
export interface Recorded {
  seq: number;
  /** As a file of its own would have them. */
  bytes: Buffer;
  header: Header;
}

export interface Series {
  records: Recorded[];
  keep: number;
  /** The newest that was acknowledged, as far as the file tells. */
  promised: number;
  /** The length that the file should have. */
  room: number;
}

export function isSmall(length: number): boolean {
  return ahead + length <= largest;
}

/** How long a series is that begins with a checkpoint of so many bytes. */
export function roomFor(length: number): number {
  return Math.min(mostBlocks * block, capacity * toBlocks(ahead + length)) + block;
}

/** Where a mark or the next checkpoint stands, after one. */
export function endOf(at: number, length: number): number {
  return at + toBlocks(ahead + length);
}

/** Whether there is room for a checkpoint, and a mark behind it. */
export function fits(at: number, length: number, room: number): boolean {
  return isSmall(length) && endOf(at, length) + block <= room;
}

/** Fills in what stands ahead of a checkpoint. */
export function setFrame(bytes: Buffer, length: number, { seq, first, keep, room }: Frame): void {
  const frame = bytes.subarray(0, ahead).fill(0);
  frame.set(magic);
  frame.writeUInt32LE(version, 40);
  frame.writeUInt32LE(ahead, 44);
  frame.writeUInt32LE(length, 48);
  frame.writeUInt32LE(room, 52);
  frame.writeBigUInt64LE(BigInt(seq), 56);
  frame.writeBigUInt64LE(BigInt(first), 64);
  frame.writeUInt32LE(Math.min(keep, 2 ** 32 - 1), 72);
  setHeaderSum(frame, sumOf(underHeaderSum(frame)));
}

/** What says that a checkpoint is on the disk. */
export function markOf(seq: number): Buffer {
  const mark = Buffer.alloc(16);
  mark.set(done);
  mark.writeBigUInt64LE(BigInt(seq), 8);
  return mark;
}

/**
 * What is in a series; `undefined` for a file that is none.
 *
 * @param first the number in the name of the file
 */
export function seriesIn(bytes: Buffer, first: number): Series | undefined {
  if (bytes.length > longest || isSingle(bytes)) return undefined;
  const series: Series = { records: [], keep: 0, promised: first, room: 0 };
  let last = 0;
  for (let at = 0; at < bytes.length; ) {
    const frame = frameAt(bytes, at, first);
    if (frame === undefined || frame.seq <= last) {
      series.promised = Math.max(series.promised, markAt(bytes, at, first));
      at += block;
      continue;
    }
    last = frame.seq;
    series.keep = frame.keep;
    series.room = frame.room;
    // It was begun when the one before it was on the disk.
    series.promised = Math.max(series.promised, last - 1);
    const header = checked(frame.body);
    if (header !== undefined) series.records.push({ seq: last, bytes: frame.body, header });
    at = endOf(at, frame.body.length);
  }
  return last === 0 ? undefined : series;
}

/** Whether it is a file of one checkpoint. @throws LoopError `CHECKPOINT_UNREADABLE` for a newer format than both */
function isSingle(bytes: Buffer): boolean {
  try {
    readHeader(bytes);
    return true;
  } catch (error) {
    if (error instanceof LoopError && bytes.readUInt32LE(40) !== version) throw error;
    return false;
  }
}

function frameAt(bytes: Buffer, at: number, first: number): (Frame & { body: Buffer }) | undefined {
  const frame = bytes.subarray(at, at + ahead);
  if (frame.length < ahead || !frame.subarray(0, magic.length).equals(magic)) return undefined;
  if (!sumOf(underHeaderSum(frame)).equals(frame.subarray(8, 40))) return undefined;
  if (frame.readUInt32LE(40) !== version) return undefined;
  const told = {
    seq: Number(frame.readBigUInt64LE(56)),
    first: Number(frame.readBigUInt64LE(64)),
    keep: frame.readUInt32LE(72),
    room: frame.readUInt32LE(52),
    body: bytes.subarray(at + ahead, at + ahead + frame.readUInt32LE(48)),
  };
  return told.first === first ? told : undefined;
}

function markAt(bytes: Buffer, at: number, first: number): number {
  const mark = bytes.subarray(at, at + 16);
  if (mark.length < 16 || !mark.subarray(0, done.length).equals(done)) return 0;
  const seq = Number(mark.readBigUInt64LE(8));
  return seq >= first && seq <= first + mostBlocks ? seq : 0;
}

function checked(bytes: Buffer): Header | undefined {
  try {
    return check(bytes);
  } catch {
    return undefined;
  }
}

function toBlocks(length: number): number {
  return Math.ceil(length / block) * block;
}
