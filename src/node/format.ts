import { hash } from 'node:crypto';
import type { Checkpoint } from '../checkpoint/contents.ts';
import {
  checkPayloadSum,
  Damage,
  factsOf,
  type Header,
  headerIn,
  makeHeader,
  readHeader as readChecked,
  setHeaderSum,
  setPayloadSum,
  shapeText,
  underHeaderSum,
} from '../checkpoint/header.ts';
import { LoopError } from '../data/errors.ts';
import { deserialize, serialize } from './graph.ts';

// A file is a header (`checkpoint/header.ts`) and a payload, which is what `graph.ts` says. A file of many: `series.ts`.

const version = 1;

/** So many bytes are free ahead of a checkpoint: in a series, something stands there. */
export const ahead = 128;

/** A whole file but for its checksums, which {@link seal} fills in. */
export interface Encoded {
  bytes: Buffer;
  headerLength: number;
  /** What `bytes` is a part of: {@link ahead} bytes, these, and some room. */
  buffer: Buffer;
}

/**
 * A copy of a checkpoint as the bytes of a file.
 *
 * @param reuse a buffer that is written to if it is large enough: fresh memory costs more than copying
 * @throws LoopError `NOT_PLAIN_DATA` for what cannot be stored, such as a function
 */
export function encode(runId: string, checkpoint: Checkpoint, savedAt: number, reuse?: Buffer): Encoded {
  const { graph, views } = serialize(checkpoint);
  const facts = factsOf(runId, checkpoint, savedAt, hash('sha256', shapeText(checkpoint)));
  const payloadLength = views.reduce((sum, view) => sum + view.length, graph.length);
  const header = makeHeader(version, { ...facts, node: process.version }, graph.length, payloadLength);
  const headerLength = header.length;
  const end = ahead + headerLength + payloadLength;
  // With some room, as most states grow: the next one fits as well.
  const buffer = reuse !== undefined && reuse.length >= end ? reuse : Buffer.allocUnsafeSlow(Math.ceil(end * 1.25));
  const bytes = buffer.subarray(ahead, end);
  bytes.set(header);
  graph.copy(bytes, headerLength);
  let at = headerLength + graph.length;
  for (const view of views) {
    bytes.set(view, at);
    at += view.length;
  }
  return { bytes, headerLength, buffer };
}

/** Fills in the checksums. */
export function seal({ bytes, headerLength }: Encoded): void {
  const header = bytes.subarray(0, headerLength);
  setPayloadSum(header, sumOf(bytes.subarray(headerLength)));
  setHeaderSum(header, sumOf(underHeaderSum(header)));
}

/**
 * Reads and checks the header at the beginning of a file.
 *
 * @throws Damage
 * @throws LoopError `CHECKPOINT_UNREADABLE` for a newer version of the format
 */
export function readHeader(bytes: Buffer): Header {
  const header = headerIn(bytes);
  return readChecked(header, sumOf(underHeaderSum(header)), version);
}

/**
 * The header of a checkpoint that is whole.
 *
 * @throws Damage
 * @throws LoopError `CHECKPOINT_UNREADABLE` for a newer version of the format
 */
export function check(bytes: Buffer): Header {
  const header = readHeader(bytes);
  const expected = header.headerLength + header.payloadLength;
  if (bytes.length !== expected) throw new Damage(`it has ${bytes.length} bytes, not ${expected}`);
  checkPayloadSum(bytes, sumOf(bytes.subarray(header.headerLength)));
  return header;
}

/**
 * The checkpoint in a file.
 *
 * @throws Damage
 * @throws LoopError `CHECKPOINT_UNREADABLE` for a file that is whole, and that this version of loopchart or Node cannot read
 */
export function decode(bytes: Buffer): Checkpoint {
  const { facts, headerLength, graphLength } = check(bytes);
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

export function sumOf(bytes: Uint8Array): Buffer {
  return hash('sha256', bytes, 'buffer');
}
