import type { Checkpoint } from '../../src/checkpoint/contents.ts';

/** A checkpoint of a run after some steps, with an asset of about `bytes` bytes that all depend on the number of steps. */
export function checkpointAt(runId: string, steps: number, bytes = 0): Checkpoint {
  return {
    format: 1,
    loop: 'Fit',
    shape: ['progress', 'state_dict', 'weights (asset)'],
    runId,
    position: { steps, loops: { fit: steps } },
    phase: { value: 'advancing', context: { steps }, children: {} },
    restarting: [],
    stateDict: { state_dict: { steps }, progress: { current: steps } },
    assets: { weights: weightsAt(steps, bytes) },
  };
}

export function weightsAt(steps: number, bytes: number): Float64Array {
  return new Float64Array(Math.floor(bytes / 8)).fill(steps + 0.1);
}

/** A checkpoint with every kind of value that JSON would lose. */
export function richCheckpoint(runId: string): Checkpoint {
  const checkpoint = checkpointAt(runId, 7);
  const shared = Float32Array.of(1.5, -0, Number.NaN, Number.POSITIVE_INFINITY, 1e-45);
  checkpoint.stateDict = {
    state_dict: { loss: Number.NaN, best: Number.NEGATIVE_INFINITY, zero: -0, text: 'ä\u0000😀\ud800' },
  };
  checkpoint.assets = {
    shared,
    again: { shared },
    // A NaN with bits of its own.
    bits: new Float32Array(Uint32Array.of(0x7fc12345, 0xff800001).buffer),
    part: new Float64Array([1, 2, 3, 4]).subarray(1, 3),
    views: [
      Uint8Array.of(1, 255),
      Uint8ClampedArray.of(300, 2),
      Int8Array.of(-1),
      Uint16Array.of(65535),
      Int16Array.of(-2, 3),
      Uint32Array.of(2 ** 32 - 1),
      Int32Array.of(-(2 ** 31)),
      BigUint64Array.of(2n ** 64n - 1n),
      BigInt64Array.of(-(2n ** 63n)),
      new DataView(Uint8Array.of(9, 8, 7, 6).buffer, 1, 2),
      Buffer.from('bytes'),
      new Float64Array(0),
    ],
    buffer: Uint8Array.of(4, 5, 6).buffer,
    map: new Map([['a', new Set([1n, undefined])]]),
    at: new Date(0),
  };
  return checkpoint;
}

/** Ids of runs that are no good names of files, or nearly the same. */
export const oddIds: string[] = [
  '',
  '.',
  '..',
  '../../etc',
  'a/b',
  'a\\b',
  'A',
  'a',
  'con',
  'run-a',
  '%',
  '%61',
  'ä',
  'a\u0000b',
  '😀',
  '\ud83d',
  '\ude00',
  'x'.repeat(300),
  `${'x'.repeat(299)}y`,
  'Ж'.repeat(100),
  'lock.1',
  'a.',
  'a ',
  'a:b*?"<>|',
];
