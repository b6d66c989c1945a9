import { checkSeal, decoded, jsonable } from '../../checkpoint/checkpoint-json.ts';
import type { Checkpoint } from '../../checkpoint/contents.ts';
import type { Json } from '../../data/json.ts';
import { Loop } from '../../loop.ts';

/** A checkpoint of a run after so many steps, with an asset of about so many bytes, which all depend on the steps. */
export function sampleAt(runId: string, steps: number, bytes = 0): Checkpoint {
  return jsonable({
    format: 1,
    loop: 'Sample',
    shape: ['state_dict', 'weights (asset)'],
    runId,
    position: { steps, loops: { sample: steps } },
    phase: { value: 'advancing', context: { steps }, children: {} },
    restarting: [],
    stateDict: { state_dict: { steps } },
    assets: { weights: new Float64Array(Math.floor(bytes / 8)).fill(steps + 0.1) },
  });
}

/** A checkpoint with every kind of value that may be in one. */
export function richSample(runId: string): Checkpoint {
  const checkpoint = sampleAt(runId, 7);
  const twice = Float32Array.of(1.5, -0, Number.NaN, Number.POSITIVE_INFINITY, 1e-45);
  const { buffer } = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  const { Buffer } = globalThis as { Buffer?: { from(text: string): Uint8Array } };
  checkpoint.stateDict = {
    state_dict: { loss: Number.NaN, best: Number.NEGATIVE_INFINITY, zero: -0, text: 'ä\u0000😀\ud800', $n: 'NaN' },
  };
  checkpoint.assets = {
    model: {
      twice,
      again: [twice],
      // A NaN with bits of its own.
      bits: new Float32Array(Uint32Array.of(0x7fc12345, 0xff800001).buffer),
      overlapping: [buffer, new Uint8Array(buffer, 0, 6), new Uint16Array(buffer, 2, 2)],
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
        new Float64Array(0),
        new DataView(Uint8Array.of(9, 8, 7, 6).buffer, 1, 2),
        ...(Buffer === undefined ? [] : [Buffer.from('bytes')]),
      ],
      map: new Map<unknown, unknown>([
        ['a', new Set([1n, undefined])],
        [2, { '': '' }],
      ]),
      at: new Date(0),
    },
  };
  return checkpoint;
}

/**
 * A checkpoint as a run would go on from it, whether the store gave it as data or in its JSON form.
 * @throws LoopError `CHECKPOINT_UNREADABLE`
 */
export function asRunHasIt(checkpoint: Checkpoint | undefined): Checkpoint | undefined {
  if (checkpoint === undefined) return undefined;
  const loop = new Sums() as any;
  checkSeal(loop, checkpoint);
  return decoded(loop, checkpoint);
}

/** Ids of runs that are no good names, or nearly the same. */
export const oddIds: readonly string[] = [
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
  '__proto__',
];

/** Adds up the numbers from 1 on, and keeps them all: as an asset, which is no plain data. */
class Numbers {
  values: Float64Array = new Float64Array();

  add(value: number): void {
    this.values = Float64Array.of(...this.values, value);
  }

  stateDict(): Float64Array {
    return this.values.slice();
  }

  loadStateDict(values: unknown): void {
    this.values = (values as Float64Array).slice();
  }
}

class Sum extends Loop<number, [upTo: number]> {
  override state = { n: 0, sum: 0 };
  readonly seen: Numbers = new Numbers();

  get done(): boolean {
    return this.state.n >= 3;
  }

  reset(): void {
    if (!this.restarting) this.state = { n: 0, sum: 0 };
  }

  async advance(by: number): Promise<void> {
    this.state.n++;
    this.state.sum += by * this.state.n;
    this.seen.add(this.state.sum);
  }

  override onRunEnd(): number {
    return this.state.sum;
  }
}

/** A loop with a child in it, as small as a run can be that has a state, an asset, and a step in flight at most boundaries. */
export class Sums extends Loop<Json> {
  override state = { sums: [] as number[] };
  readonly sum: Sum = new Sum();

  get done(): boolean {
    return this.state.sums.length >= 3;
  }

  reset(): void {}

  async advance(): Promise<void> {
    const by = await this.once('by', () => this.state.sums.length + 1);
    this.state.sums.push(await this.sum.run(by));
  }

  override onRunEnd(): Json {
    return { sums: [...this.state.sums], seen: [...this.sum.seen.values] };
  }
}

/** What a run of `Sums` comes to: 9 innermost steps. */
export const outputOfSums: Json = { sums: [6, 12, 18], seen: [1, 3, 6, 2, 6, 12, 3, 9, 18] };
