import { checkAsset, decodeBeside, encodeBeside } from '../data/asset-codec.ts';
import { checkAssets } from '../data/asset-copy.ts';
import type { Json } from '../data/json.ts';
import { notData } from './checkpoint-copy.ts';
import type { Checkpoint } from './contents.ts';

/*
 * The payload of a checkpoint where there is no `node:v8`: JSON, as `docs/format.md` has it, and behind it the bytes of the
 * typed arrays, which are copied once and not made into text.
 *
 *     { …, "assets": { "model": { "$bytes": ["Float32Array", 0, 8] } } } 00 00 80 3f 00 00 00 40
 *                                                 └── the first byte and how many ──┘
 */

/** @throws LoopError `NOT_PLAIN_DATA` for what cannot be kept */
export function encodeGraph(checkpoint: Checkpoint): { payload: Uint8Array; graphLength: number } {
  const { assets, ...rest } = checkpoint;
  checkAssets(assets);
  const { json, parts, length } = encodeBeside({ ...plain(rest), assets });
  const graph = new TextEncoder().encode(JSON.stringify(json));
  const payload = new Uint8Array(graph.length + length);
  payload.set(graph);
  let end = graph.length;
  for (const part of parts) {
    payload.set(part, end);
    end += part.length;
  }
  return { payload, graphLength: graph.length };
}

/** The inverse of {@link encodeGraph}. @throws Error for what is none */
export function decodeGraph(payload: Uint8Array, graphLength: number): Checkpoint {
  const json = JSON.parse(new TextDecoder().decode(payload.subarray(0, graphLength))) as Json;
  return decodeBeside(json, payload.subarray(graphLength)) as Checkpoint;
}

/** All but the assets: what a structured clone makes of it, if JSON can keep that. */
function plain<Rest extends object>(rest: Rest): Rest {
  try {
    const copy = structuredClone(rest);
    for (const [key, value] of Object.entries(copy)) checkAsset(value, key, () => '');
    return copy;
  } catch (cause) {
    throw notData(cause);
  }
}
