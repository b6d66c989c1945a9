import { LoopError } from '../data/errors.ts';
import type { Checkpoint } from './contents.ts';

// A checkpoint as bytes is a header and a payload; numbers are little-endian.
//
//    0  magic
//    8  SHA-256 of the header from 40 on
//   40  version of the format
//   44  length of the header
//   48  length of the payload
//   52  length of the graph, the payload's first part
//   56  SHA-256 of the payload
//   88  facts: JSON, filled up with spaces
//
// Up to 48, every version of the format is the same: a reader can tell a newer version from damage.
//
// Versions differ in what the graph is: 1 is V8's own serialization (`node/graph.ts`), 2 is JSON (`json-graph.ts`); 3 is no
// checkpoint but what stands ahead of each in a file of many (`node/series.ts`). Who makes the checksums is not said here: Node has a function for it, a browser has one that returns a promise.

const magic = Uint8Array.from('LOOPCKPT', (letter) => letter.charCodeAt(0));
const frame = 88;
const lengthOfSum = 32;

/** The largest checkpoint in bytes: Node reads and hashes no more at once. */
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
  /** Of version 1: the version of Node that wrote it. */
  node?: string;
}

export interface Header {
  facts: Facts;
  headerLength: number;
  graphLength: number;
  payloadLength: number;
}

/** What is wrong with bytes that are damaged. */
export class Damage extends Error {
  override name = 'Damage';
}

/** The facts of a checkpoint. @param shape SHA-256 of {@link shapeText}, as hexadecimal digits */
export function factsOf(runId: string, checkpoint: Checkpoint, savedAt: number, shape: string): Facts {
  return { runId, loop: checkpoint.loop, shape, steps: checkpoint.position.steps, savedAt };
}

/** The shape of a checkpoint as a text, to be hashed. */
export function shapeText(checkpoint: Checkpoint): string {
  return JSON.stringify(checkpoint.shape);
}

/**
 * A header without its checksums.
 * @throws LoopError `STORE` for more bytes than can be kept
 */
export function makeHeader(version: number, facts: Facts, graphLength: number, payloadLength: number): Uint8Array {
  const written = new TextEncoder().encode(JSON.stringify(facts));
  const headerLength = Math.ceil((frame + written.length) / 64) * 64;
  if (headerLength + payloadLength > largest) {
    throw new LoopError(
      'STORE',
      `Expected a checkpoint of at most ${largest} bytes, got ${headerLength + payloadLength}. Save parts of it elsewhere.`,
    );
  }
  const header = new Uint8Array(headerLength).fill(0x20, frame);
  header.set(magic);
  const numbers = numbersOf(header);
  for (const [at, number] of [
    [40, version],
    [44, headerLength],
    [48, payloadLength],
    [52, graphLength],
  ] as const) {
    numbers.setUint32(at, number, true);
  }
  header.set(written, frame);
  return header;
}

/** Fills in the checksum of the payload: the first of the two, as the other is also of it. */
export function setPayloadSum(header: Uint8Array, sum: Uint8Array): void {
  header.set(sum, 56);
}

/** Fills in the checksum of {@link underHeaderSum}. */
export function setHeaderSum(header: Uint8Array, sum: Uint8Array): void {
  header.set(sum, 8);
}

/** What the header's checksum is of. */
export function underHeaderSum(header: Uint8Array): Uint8Array {
  return header.subarray(40);
}

/** How many bytes the header has, by the beginning of a checkpoint. @throws Damage */
export function headerLengthOf(bytes: Uint8Array): number {
  if (bytes.length < frame) throw new Damage(`it ends after ${bytes.length} bytes, within the header`);
  if (!isSame(bytes.subarray(0, magic.length), magic)) throw new Damage('it does not begin like a checkpoint');
  return numbersOf(bytes).getUint32(44, true);
}

/** The header at the beginning of a checkpoint, not checked yet but for its length. @throws Damage */
export function headerIn(bytes: Uint8Array): Uint8Array {
  const headerLength = headerLengthOf(bytes);
  if (headerLength < frame || headerLength > bytes.length) {
    throw new Damage('its header is cut off, or its length wrong');
  }
  return bytes.subarray(0, headerLength);
}

/**
 * Checks a header and reads it.
 *
 * @param sum the checksum that {@link underHeaderSum} has
 * @param version the one that the caller can read
 * @throws Damage
 * @throws LoopError `CHECKPOINT_UNREADABLE` for another version of the format
 */
export function readHeader(header: Uint8Array, sum: Uint8Array, version: number): Header {
  if (!isSame(sum, header.subarray(8, 8 + lengthOfSum))) throw new Damage('the checksum of its header is wrong');
  const numbers = numbersOf(header);
  const found = numbers.getUint32(40, true);
  if (found !== version) {
    throw new LoopError(
      'CHECKPOINT_UNREADABLE',
      `Expected a checkpoint in format ${version}, got format ${found}. Resume with the version of loopchart that wrote it, or a later one.`,
    );
  }
  return {
    facts: JSON.parse(new TextDecoder().decode(header.subarray(frame))) as Facts,
    headerLength: header.length,
    graphLength: numbers.getUint32(52, true),
    payloadLength: numbers.getUint32(48, true),
  };
}

/** @param sum the checksum that the payload has @throws Damage */
export function checkPayloadSum(header: Uint8Array, sum: Uint8Array): void {
  if (!isSame(sum, header.subarray(56, 56 + lengthOfSum))) throw new Damage('the checksum of its payload is wrong');
}

function numbersOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
