import type { Checkpoint } from '../../checkpoint/contents.ts';
import {
  checkPayloadSum,
  Damage,
  factsOf,
  type Header,
  headerIn,
  makeHeader,
  readHeader,
  setHeaderSum,
  setPayloadSum,
  shapeText,
  underHeaderSum,
} from '../../checkpoint/header.ts';
import { decodeGraph, encodeGraph } from '../../checkpoint/json-graph.ts';
import { LoopError } from '../../data/errors.ts';

/** The version of the format whose graph is JSON. */
const version = 2;

/** A checkpoint as bytes. Two pieces: headers are listed without their payloads. */
export interface Sealed {
  header: Uint8Array<ArrayBuffer>;
  payload: Uint8Array<ArrayBuffer>;
}

/**
 * Copies a checkpoint at once; the checksums come later.
 *
 * @returns what makes the bytes
 * @throws LoopError `NOT_PLAIN_DATA` for what cannot be stored; `STORE` for more than can be
 */
export function encode(runId: string, checkpoint: Checkpoint, savedAt: number): () => Promise<Sealed> {
  const { payload, graphLength } = encodeGraph(checkpoint);
  const shape = shapeText(checkpoint);
  const facts = factsOf(runId, checkpoint, savedAt, '');
  return async () => {
    const whole = { ...facts, shape: hex(await sumOf(new TextEncoder().encode(shape))) };
    const header = makeHeader(version, whole, graphLength, payload.length) as Uint8Array<ArrayBuffer>;
    setPayloadSum(header, await sumOf(payload));
    setHeaderSum(header, await sumOf(underHeaderSum(header)));
    return { header, payload: payload as Uint8Array<ArrayBuffer> };
  };
}

/** @throws Damage; LoopError `CHECKPOINT_UNREADABLE` for another version of the format */
export async function openHeader(bytes: unknown): Promise<Header> {
  if (!(bytes instanceof Uint8Array)) throw new Damage('its header is no bytes');
  const header = headerIn(bytes);
  return readHeader(header, await sumOf(underHeaderSum(header)), version);
}

/** The inverse of {@link encode}. @throws as {@link openHeader} does */
export async function decode(runId: string, { header, payload }: Partial<Sealed>): Promise<Checkpoint> {
  const { facts, graphLength, payloadLength } = await openHeader(header);
  if (facts.runId !== runId) throw new Damage(`it is of run "${facts.runId}"`);
  const found = payload instanceof Uint8Array ? payload.length : 0;
  if (found !== payloadLength) throw new Damage(`its payload has ${found} bytes, not ${payloadLength}`);
  checkPayloadSum(header!, await sumOf(payload!));
  try {
    return decodeGraph(payload!, graphLength);
  } catch (cause) {
    throw new LoopError(
      'CHECKPOINT_UNREADABLE',
      'Expected a checkpoint that this version of loopchart can read, got one that it cannot. ' +
        'Resume with the version that wrote it, or a later one.',
      '',
      { cause },
    );
  }
}

async function sumOf(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
