import { hash } from 'node:crypto';
import type { Checkpoint } from '../checkpoint/contents.ts';
import { LoopError } from '../data/errors.ts';
import { deserialize, serialize } from './graph.ts';

// A file is a header and a payload; numbers are little-endian.
//
//    0  magic
//    8  SHA-256 of the header from 40 on
//   40  format version
//   44  length of the header
//   48  length of the payload
//   52  length of the graph, the payload's first part
//   56  SHA-256 of the payload
//   88  facts: JSON, filled up with spaces
//
// Up to 48, every version of the format is the same: a reader can tell a newer version from a damaged file.
//
// What the payload is, `graph.ts` says.

const magic = Buffer.from('LOOPCKPT', 'latin1');
const version = 1;
const frame = 88;

/** The largest file in bytes: Node reads and hashes no more at once. */
const largest = 2 ** 31 - 1;

/** What the header tells without the payload. */
export interface Facts {
  runId: string;
  loop: string;
  /** SHA-256 of the list. */
  shape: string;
  steps: number;
  /** Milliseconds since 1970. */
  savedAt: number;
  /** The version of Node that wrote the file. */
  node: string;
}

export interface Header {
  facts: Facts;
  headerLength: number;
  graphLength: number;
  payloadLength: number;
}

/** A whole file but for its checksums, which {@link seal} fills in. */
export interface Encoded {
  bytes: Buffer;
  headerLength: number;
  /** What `bytes` is the beginning of. */
  buffer: Buffer;
}

/** What is wrong with a damaged file. */
export class Damage extends Error {
  override name = 'Damage';
}

/**
 * A copy of a checkpoint as the bytes of a file.
 *
 * @param reuse a buffer that is written to if it is large enough: fresh memory costs more than copying
 * @throws LoopError `NOT_PLAIN_DATA` for what cannot be stored, such as a function
 */
export function encode(runId: string, checkpoint: Checkpoint, savedAt: number, reuse?: Buffer): Encoded {
  const { graph, views } = serialize(checkpoint);
  const facts: Facts = {
    runId,
    loop: checkpoint.loop,
    shape: hash('sha256', JSON.stringify(checkpoint.shape)),
    steps: checkpoint.position.steps,
    savedAt,
    node: process.version,
  };
  const factsBytes = Buffer.from(JSON.stringify(facts));
  const headerLength = Math.ceil((frame + factsBytes.length) / 64) * 64;
  const payloadLength = views.reduce((sum, view) => sum + view.length, graph.length);
  const length = headerLength + payloadLength;
  if (length > largest) {
    throw new LoopError(
      'STORE',
      `Expected a checkpoint of at most ${largest} bytes, got ${length}. Save parts of it elsewhere.`,
    );
  }
  // With some room, as most states grow: the next one fits as well.
  const buffer =
    reuse !== undefined && reuse.length >= length ? reuse : Buffer.allocUnsafeSlow(Math.ceil(length * 1.25));
  const bytes = buffer.subarray(0, length);
  magic.copy(bytes);
  bytes.writeUInt32LE(version, 40);
  bytes.writeUInt32LE(headerLength, 44);
  bytes.writeUInt32LE(payloadLength, 48);
  bytes.writeUInt32LE(graph.length, 52);
  bytes.fill(' ', frame, headerLength);
  factsBytes.copy(bytes, frame);
  graph.copy(bytes, headerLength);
  let end = headerLength + graph.length;
  for (const view of views) {
    bytes.set(view, end);
    end += view.length;
  }
  return { bytes, headerLength, buffer };
}

/** Fills in the checksums. */
export function seal({ bytes, headerLength }: Encoded): void {
  hash('sha256', bytes.subarray(headerLength), 'buffer').copy(bytes, 56);
  hash('sha256', bytes.subarray(40, headerLength), 'buffer').copy(bytes, 8);
}

/** How many bytes the header has, by the beginning of a file. */
export function headerLengthOf(bytes: Buffer): number {
  if (bytes.length < frame) throw new Damage(`it ends after ${bytes.length} bytes, within the header`);
  if (!bytes.subarray(0, magic.length).equals(magic)) throw new Damage('it does not begin like a checkpoint');
  return bytes.readUInt32LE(44);
}

/**
 * Reads and checks the header at the beginning of a file.
 *
 * @throws Damage
 * @throws LoopError `CHECKPOINT_UNREADABLE` for a newer version of the format
 */
export function readHeader(bytes: Buffer): Header {
  const headerLength = headerLengthOf(bytes);
  if (headerLength < frame || headerLength > bytes.length)
    throw new Damage('its header is cut off, or its length wrong');
  const sum = hash('sha256', bytes.subarray(40, headerLength), 'buffer');
  if (!sum.equals(bytes.subarray(8, 40))) throw new Damage('the checksum of its header is wrong');
  const found = bytes.readUInt32LE(40);
  if (found !== version) {
    throw new LoopError(
      'CHECKPOINT_UNREADABLE',
      `Expected a checkpoint in format ${version}, got format ${found}. Resume with the version of loopchart that wrote it, or a later one.`,
    );
  }
  return {
    facts: JSON.parse(bytes.toString('utf8', frame, headerLength)) as Facts,
    headerLength,
    graphLength: bytes.readUInt32LE(52),
    payloadLength: bytes.readUInt32LE(48),
  };
}

/**
 * The checkpoint in a file.
 *
 * @throws Damage
 * @throws LoopError `CHECKPOINT_UNREADABLE` for a file that is whole, and that this version of loopchart or Node cannot read
 */
export function decode(bytes: Buffer): Checkpoint {
  const { facts, headerLength, graphLength, payloadLength } = readHeader(bytes);
  const expected = headerLength + payloadLength;
  if (bytes.length !== expected) throw new Damage(`it has ${bytes.length} bytes, not ${expected}`);
  const sum = hash('sha256', bytes.subarray(headerLength), 'buffer');
  if (!sum.equals(bytes.subarray(56, 88))) throw new Damage('the checksum of its payload is wrong');
  const graphEnd = headerLength + graphLength;
  try {
    return deserialize(bytes.subarray(headerLength, graphEnd), bytes.subarray(graphEnd));
  } catch (cause) {
    throw new LoopError(
      'CHECKPOINT_UNREADABLE',
      `Expected a checkpoint that Node ${process.version} can read, got one that Node ${facts.node} wrote. Resume with that version, or a later one.`,
      '',
      { cause },
    );
  }
}
