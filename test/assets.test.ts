import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Checkpoint, Loop, LoopError, memoryStore, type Stateful } from 'loopchart';
import { fileStore } from 'loopchart/node';
import { describe, expect, onTestFinished, test } from 'vitest';
import { checkAsset, decodeAsset, encodeAsset } from '../src/data/asset-codec.ts';
import { turn } from './support/loops.ts';

/** Gives a checkpoint whatever it holds. */
class Holds implements Stateful {
  held: any;
  constructor(held: unknown) {
    this.held = held;
  }
  stateDict() {
    return this.held;
  }
  loadStateDict(dict: unknown) {
    this.held = dict;
  }
}

class Fit extends Loop<unknown> {
  override state = { n: 0 };
  model: Holds;

  constructor(held: unknown) {
    super();
    this.model = new Holds(held);
  }

  get done() {
    return this.state.n >= 2;
  }

  reset() {}

  async advance() {
    await turn();
    this.state.n++;
  }

  override onRunEnd() {
    return this.model.held;
  }
}

async function taken(held: unknown): Promise<Checkpoint> {
  const run = new Fit(held).start({ paused: true, id: 'run' });
  await run.step();
  return run.suspend();
}

const json = (value: unknown) => JSON.parse(JSON.stringify(value));

/** The ways that a checkpoint may go before somebody goes on from it. */
const ways: [string, (from: Checkpoint) => Promise<Checkpoint>][] = [
  ['in memory', async (from) => from],
  ['as JSON', async (from) => json(from)],
  ['as JSON of what came out of JSON', async (from) => json(json(from))],
  [
    'through a store in memory, and JSON',
    async (from) => {
      const store = memoryStore();
      await store.save('run', from);
      return json(await store.load('run'));
    },
  ],
  [
    'through a store of files, and JSON',
    async (from) => {
      const folder = mkdtempSync(join(tmpdir(), 'loopchart-assets-'));
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
      const store = fileStore(folder);
      await store.save('run', from);
      await store.release!('run');
      return json(await store.load('run'));
    },
  ],
];

const buffer = new ArrayBuffer(64);
new Uint8Array(buffer).forEach((_, i, bytes) => {
  bytes[i] = i * 7;
});
const twice = { w: Float32Array.of(1, Number.NaN, -0) };

const held: [string, unknown][] = [
  [
    'numbers that JSON has no word for',
    { best: Number.POSITIVE_INFINITY, list: [Number.NaN, -0, Number.NEGATIVE_INFINITY] },
  ],
  ['nothing', undefined],
  ['what looks like a mark', { $bytes: ['Uint8Array', 'AA=='], inner: { $map: [] }, more: { $$n: 'NaN' }, $n: 1 }],
  ['one that is a mark alone', { $bytes: ['Uint8Array', 'AA=='] }],
  [
    'each kind of typed array, deep down',
    {
      layers: [
        [Uint8Array, Uint8ClampedArray, Int8Array, Uint16Array, Int16Array, Uint32Array].map((View) =>
          View.of(1, 2, 255),
        ),
        [Int32Array.of(-1), Float32Array.of(0.5, -0, Number.NaN), Float64Array.of(Math.PI)],
      ],
      large: { unsigned: BigUint64Array.of(2n ** 64n - 1n), signed: BigInt64Array.of(-5n) },
    },
  ],
  ['empty ones', { view: new Float32Array(0), buffer: new ArrayBuffer(0), map: new Map(), set: new Set() }],
  ['views of a part of their buffer', { part: new Uint16Array(buffer, 6, 5), view: new DataView(buffer, 3, 9) }],
  ['bytes of more than one portion', new Uint8Array(100_000).map((_, i) => i * 31)],
  ['a buffer', { buffer }],
  [
    'a map, a set, dates and bigints',
    { map: new Map<any, any>([[1, new Map([[{ a: 1 }, 5n]])]]), set: new Set([new Date(7), 'x', Number.NaN]) },
  ],
  ['undefined in an array', [undefined, 1]],
];

describe.each(ways)('assets %s', (_, go) => {
  test.each(held)('are what they were: %s', async (_, value) => {
    const output = await new Fit('of before').start({ from: await go(await taken(value)) }).output;
    expect(output).toStrictEqual(value);
  });

  test('share what they shared, and may go round in a circle', async () => {
    const value: any = { a: twice, b: [twice], map: new Map() };
    value.map.set('self', value);
    const output: any = await new Fit('of before').start({ from: await go(await taken(value)) }).output;
    expect([output.b[0] === output.a, output.map.get('self') === output, output.a === twice]).toEqual([
      true,
      true,
      false,
    ]);
    expect(output.a).toEqual(twice);
  });

  test('are not changed by the runs that go on from them', async () => {
    const from = await go(await taken({ w: Float32Array.of(1, 2), list: [[1]], map: new Map([['a', [1]]]) }));
    for (let i = 0; i < 2; i++) {
      const loop = new Fit('of before');
      const output: any = await loop.start({ from }).output;
      expect(output).toStrictEqual({ w: Float32Array.of(1, 2), list: [[1]], map: new Map([['a', [1]]]) });
      output.w[0] = 9;
      output.list[0].push(9);
      output.map.get('a').push(9);
    }
  });
});

test('the state and the arguments of a checkpoint are not changed by the runs that go on from it', async () => {
  class Pushes extends Fit {
    override state: any = { n: 0, list: [] };
    override async advance(...args: any[]) {
      await super.advance();
      this.state.list.push(args[0].push(0));
    }
    override onRunEnd() {
      return [...this.state.list];
    }
  }
  const first = new Pushes(1) as Loop<unknown, any[]>;
  const run = first.start({ args: [[]], paused: true });
  await run.step();
  const taken = await run.suspend();
  for (const from of [taken, json(taken)]) {
    const before = JSON.stringify(from);
    const outputs = [await new Pushes(1).start({ from }).output, await new Pushes(1).start({ from }).output];
    expect(outputs[1]).toEqual(outputs[0]);
    expect(JSON.stringify(from)).toBe(before);
  }
});

test('a Buffer is a Buffer after JSON', () => {
  const asset = decodeAsset(json(encodeAsset({ bytes: Buffer.from('text') }))) as { bytes: Buffer };
  expect(Buffer.isBuffer(asset.bytes)).toBe(true);
  expect(asset.bytes.toString()).toBe('text');
});

test('what would not come back as it was is refused when the checkpoint is taken, by name', async () => {
  class Rng {}
  const nested: unknown[] = [];
  let inner = nested;
  for (let i = 0; i < 5000; i++) {
    inner.push([]);
    inner = inner[0] as unknown[];
  }
  for (const [value, says] of [
    [{ rng: new Rng() }, '`model.rng`, which `stateDict()` returned, to be data that a checkpoint can keep'],
    [{ rng: new Rng() }, 'got an instance of Rng. Return what it can be made of.'],
    [[1, { f() {} }], '`model[1].f`'],
    [new Map([['a', Symbol('s')]]), '`model.(Map)`'],
    [/x/, 'got an instance of RegExp'],
    [new (class Cache extends Map {})(), 'got an instance of Cache'],
    [new (class Weights extends Float32Array {})(2), 'got an instance of Weights'],
    [new (class Rows extends Array {})(), 'got an instance of Rows'],
    [new SharedArrayBuffer(8), 'got an instance of SharedArrayBuffer'],
    [Array(3), 'got a gap in an array'],
    [nested, 'more than 1000 levels of nested data'],
  ] as const) {
    const error = await taken(value).catch((error) => error);
    expect(error).toBeInstanceOf(LoopError);
    expect(error).toMatchObject({ code: 'NOT_PLAIN_DATA', path: 'fit' });
    expect(error.message).toContain(says);
  }
  expect(() => checkAsset({ a: [1, new Map([[1, 2n]])] }, 'model', () => 'fit')).not.toThrow();
});

test('a checkpoint whose JSON form was damaged is refused', async () => {
  const good = json(
    await taken({ w: Float64Array.of(1), day: new Date(0), map: new Map([[1, 2n]]), twice: [twice, twice] }),
  );
  const damaged: [string[], unknown][] = [
    [['encoded'], 3],
    [['encoded'], null],
    [
      ['assets', 'model', 'w', '$bytes'],
      ['Float64Array', '***'],
    ],
    [
      ['assets', 'model', 'w', '$bytes'],
      ['Float64Array', 'AAAA'],
    ],
    [
      ['assets', 'model', 'w', '$bytes'],
      ['Function', 'AAAA'],
    ],
    [
      ['assets', 'model', 'w', '$bytes'],
      ['constructor', 'AAAA'],
    ],
    [['assets', 'model', 'w', '$bytes'], null],
    [['assets', 'model', 'map', '$map'], 5],
    [['assets', 'model', 'map', '$map', '0', '1', '$bigint'], 'five'],
    [['assets', 'model', 'twice', '1', '$shared'], [7]],
    [['assets', 'model', 'twice', '1', '$shared'], null],
  ];
  for (const [keys, value] of damaged) {
    const from = structuredClone(good);
    const last = keys.at(-1)!;
    const object = keys.slice(0, -1).reduce((at, key) => at[key], from);
    expect(object[last]).toBeDefined();
    object[last] = value;
    const fit = new Fit('of before');
    expect(() => fit.start({ from }), `${keys.join('.')} = ${JSON.stringify(value)}`).toThrow(
      expect.objectContaining({ code: 'CHECKPOINT_UNREADABLE' }),
    );
    expect(fit.model.held).toBe('of before');
  }
});

test('the JSON form of older checkpoints is read: numbers in the state, assets as JSON left them', async () => {
  // They had no seal, and did not tell which loops were restarting.
  const { seal: _, restarting: __, ...from } = json(await taken({ w: [1] }));
  from.encoded = true;
  from.stateDict.state_dict.loss = { $n: 'NaN' };
  from.assets.model.best = null;
  const fit = new Fit('of before');
  expect(await fit.start({ from }).output).toEqual({ w: [1], best: null });
  expect(fit.state).toEqual({ n: 2, loss: Number.NaN });
});
