import { deepStrictEqual } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Checkpoint, type CheckpointStore, Loop, LoopError, memoryStore, type Stateful } from 'loopchart';
import { fileStore } from 'loopchart/node';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createActor, setup, waitFor } from 'xstate';
import { checkAsset } from '../src/data/asset-codec.ts';
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
  steps = 2;

  constructor(held: unknown) {
    super();
    this.model = new Holds(held);
  }

  get done() {
    return this.state.n >= this.steps;
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

async function stored(from: Checkpoint, store: CheckpointStore): Promise<Checkpoint> {
  await store.save('run', from);
  await store.release!('run');
  return (await store.load('run'))!;
}

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'loopchart-assets-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** The ways that a checkpoint may go before somebody goes on from it. */
const ways: [string, (from: Checkpoint) => Promise<Checkpoint>][] = [
  ['in memory', async (from) => from],
  ['as JSON', async (from) => json(from)],
  ['as JSON of what came out of JSON', async (from) => json(json(from))],
  ['through a store in memory', async (from) => stored(from, memoryStore())],
  ['through a store in memory, and JSON', async (from) => json(await stored(from, memoryStore()))],
  ['through a store of files', async (from) => stored(from, fileStore(folder()))],
  ['through a store of files, and JSON', async (from) => json(await stored(from, fileStore(folder())))],
];

/** A machine of an app that runs the loop. */
const appOf = (loop: Fit) =>
  setup({ actors: { fit: loop.machine } }).createMachine({
    initial: 'fitting',
    states: {
      fitting: { invoke: { src: 'fit', id: 'fit', input: [], onDone: { target: 'over', actions: () => {} } } },
      over: { type: 'final' },
    },
  });

/** Makes a persisted snapshot behind the first step, and gives the model of the loop that goes on from it. */
async function persisted(value: unknown, machineOf: (loop: Fit) => any, go: (snapshot: any) => any): Promise<unknown> {
  const first = createActor(machineOf(new Fit(value)), { input: [] });
  const fitIn = (actor: any) => actor.getSnapshot().children.fit ?? actor;
  const paused = (actor: any) => actor.getSnapshot().value === 'paused';
  first.start();
  fitIn(first).send({ type: 'loop.step' });
  await waitFor(fitIn(first), (snapshot: any) => snapshot.value === 'paused' && snapshot.context.steps === 1);
  const snapshot = go(first.getPersistedSnapshot());
  first.stop();
  const loop = new Fit('of before');
  const second = createActor(machineOf(loop), { snapshot });
  second.start();
  expect(paused(fitIn(second))).toBe(true);
  fitIn(second).send({ type: 'loop.resume' });
  await waitFor(second, ({ status }: any) => status === 'done');
  return loop.model.held;
}

/** What a new loop has got back, by all ways from a checkpoint and from a snapshot. */
const returns: [string, (value: unknown) => Promise<any>][] = [
  ...ways.map(([name, go]): (typeof returns)[number] => [
    name,
    async (value) => new Fit('of before').start({ from: await go(await taken(value)) }).output,
  ]),
  [
    'in a persisted snapshot',
    (value) =>
      persisted(
        value,
        (loop) => loop.machine,
        (one) => one,
      ),
  ],
  ['in a persisted snapshot as JSON', (value) => persisted(value, (loop) => loop.machine, json)],
  ['in a persisted snapshot of an app', (value) => persisted(value, appOf, (one) => one)],
  ['in a persisted snapshot of an app as JSON', (value) => persisted(value, appOf, json)],
];

const buffer = new ArrayBuffer(64);
new Uint8Array(buffer).forEach((_, i, bytes) => {
  bytes[i] = i * 7;
});
const twice = { w: Float32Array.of(1, Number.NaN, -0) };
const { Float16Array: Float16 } = globalThis as any;
const lent = new Uint8Array(new SharedArrayBuffer(16), 4, 5).fill(3);

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
        Float16 === undefined ? [] : [Float16.of(0.5, -0)],
      ],
      large: { unsigned: BigUint64Array.of(2n ** 64n - 1n), signed: BigInt64Array.of(-5n) },
    },
  ],
  ['a Buffer alone', Buffer.from('bytes')],
  [
    'Buffers everywhere',
    {
      one: Buffer.from('one'),
      list: [Buffer.alloc(0), Buffer.alloc(20_000, 7)],
      map: new Map([['key', Buffer.from('in a map')]]),
      set: new Set([Buffer.from('in a set')]),
      part: Buffer.from('a part of it').subarray(2, 6),
      beside: Uint8Array.of(1, 2),
    },
  ],
  [
    'empty ones',
    {
      view: new Float32Array(0),
      data: new DataView(buffer, 8, 0),
      buffer: new ArrayBuffer(0),
      map: new Map(),
      set: new Set(),
    },
  ],
  ['views of a part of their buffer', { part: new Uint16Array(buffer, 6, 5), view: new DataView(buffer, 17, 9) }],
  ['a view of memory that workers share', { lent }],
  ['bytes of more than one portion', new Uint8Array(100_000).map((_, i) => i * 31)],
  ['a buffer', { buffer }],
  [
    'a map, a set, dates and bigints',
    {
      map: new Map<any, any>([[1, new Map([[{ a: 1 }, 5n]])]]),
      set: new Set([new Date(7), 'x', Number.NaN]),
    },
  ],
  ['undefined in an array, and under a key', [undefined, 1, { none: undefined }]],
  ['keys that objects have', JSON.parse('{ "__proto__": [1], "constructor": { "length": 1 } }')],
];

/** The typed arrays and DataViews in a value. */
function viewsIn(value: unknown): ArrayBufferView[] {
  if (ArrayBuffer.isView(value)) return [value];
  if (value instanceof Map || value instanceof Set) return [...value].flatMap(viewsIn);
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(viewsIn) : [];
}

describe.each(returns)('assets %s', (_, comeBack) => {
  test.each(held)('are what they were: %s', async (_, value) => {
    const back = await comeBack(value);
    // Classes, signs of zeros and all bytes as well.
    deepStrictEqual(back, value);
    for (const view of viewsIn(back)) {
      expect([view.byteOffset, view.buffer.byteLength]).toEqual([0, view.byteLength]);
      expect(view.buffer).toBeInstanceOf(ArrayBuffer);
      expect(view.buffer).not.toBe(viewsIn(value)[0]!.buffer);
    }
  });

  test('are dates that are none where they were', async () => {
    // `deepStrictEqual` takes no two of them for the same.
    expect(await comeBack([new Date(Number.NaN)])).toStrictEqual([new Date(Number.NaN)]);
  });

  test('share what they shared, and may go round in a circle', async () => {
    const value: any = { a: twice, b: [twice], map: new Map(), bytes: Buffer.from('twice') };
    value.map.set('self', value).set(twice, [value.bytes]);
    const back = await comeBack(value);
    expect(back.b[0]).toBe(back.a);
    expect(back.map.get('self')).toBe(back);
    expect(back.map.get(back.a)[0]).toBe(back.bytes);
    expect(back.a).not.toBe(twice);
    expect(back.a).toEqual(twice);
  });

  test('show the same bytes where they did', async () => {
    const all = Float32Array.from({ length: 100 }, (_, i) => i);
    const far = new ArrayBuffer(100_000);
    const value = {
      all,
      first: all.subarray(0, 10),
      second: all.subarray(10, 20),
      buffer,
      of: new Uint8Array(buffer),
      // They overlap in the middle of a large buffer, and one begins where no Uint32Array may.
      words: new Uint32Array(far, 50_004, 2),
      bytes: Buffer.from(far, 50_001, 5),
      data: new DataView(far, 50_005, 3),
    };
    const back = await comeBack(value);
    deepStrictEqual(back, value);
    back.first[0] = -1;
    back.second[0] = -2;
    expect([back.all[0], back.all[10], all[0]]).toEqual([-1, -2, 0]);
    expect(back.of.buffer).toBe(back.buffer);
    back.bytes[4] = 9;
    expect([new Uint8Array(back.words.buffer, back.words.byteOffset)[1], back.data.getUint8(0)]).toEqual([9, 9]);
    expect(back.words.buffer.byteLength).toBeLessThan(32);
  });
});

describe.each(ways)('assets %s', (_, go) => {
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

describe('a model that gives what it goes on with, as those of PyTorch do', () => {
  class Net implements Stateful {
    weights = new Float64Array([0]);
    readonly layers = { bias: [0] };
    stateDict() {
      return { weights: this.weights, layers: this.layers };
    }
    loadStateDict({ weights, layers }: { weights: Float64Array; layers: { bias: number[] } }) {
      this.weights.set(weights);
      this.layers.bias[0] = layers.bias[0]!;
    }
    train() {
      this.weights[0]!++;
      this.layers.bias[0]! += 10;
    }
  }

  class Trains extends Loop<number[]> {
    override state = { n: 0 };
    readonly net = new Net();
    get done() {
      return this.state.n >= 4;
    }
    reset() {}
    async advance() {
      this.net.train();
      await this.once('log', turn);
      this.net.train();
      this.state.n++;
    }
    override onRunEnd() {
      return [this.net.weights[0]!, this.net.layers.bias[0]!];
    }
  }
  const whole = [8, 80];

  test('is in a checkpoint as it was then, whatever becomes of it', async () => {
    const run = new Trains().start({ paused: true });
    await run.step(2);
    const from = await run.checkpoint();
    const text = JSON.stringify(from);
    run.resume();
    expect(await run.output).toEqual(whole);
    expect(JSON.stringify(from)).toBe(text);
    expect(await new Trains().start({ from }).output).toEqual(whole);
  });

  test('also where the same instance goes on from it', async () => {
    const trains = new Trains();
    const run = trains.start({ paused: true });
    await run.step(1);
    const from = await run.suspend();
    expect(await trains.start({ from }).output).toEqual(whole);
    expect(await new Trains().start({ from }).output).toEqual(whole);
  });

  test('in whichever way it gives that, and also where it gives another thing each time', async () => {
    const kept = [1];
    const ways: [string, (weights: Float64Array, time: number) => unknown][] = [
      ['what it goes on with', (weights) => ({ weights })],
      ['that in other things', (weights) => new Map([['layers', [{ weights }]]])],
      ['another view of that', (weights) => ({ weights: weights.subarray() })],
      ['a copy, beside something else that is none', (weights) => ({ weights: weights.slice(), kept })],
      ['a copy at first, and then itself', (weights, time) => ({ weights: time < 3 ? weights.slice() : weights })],
    ];
    for (const [name, give] of ways) {
      const weights = new Float64Array(10_000);
      let time = 0;
      const model: Stateful = { stateDict: () => give(weights, time++), loadStateDict: () => {} };
      const fit = Object.assign(new Fit(1), { model });
      fit.steps = 6;
      const run = fit.start({ paused: true });
      for (let i = 0; i < 5; i++) {
        await run.step();
        const { assets } = await run.checkpoint();
        const text = JSON.stringify(assets);
        weights.fill(i + 1);
        expect(JSON.stringify(assets), name).toBe(text);
        expect(assets.model, name).toStrictEqual(give(new Float64Array(10_000).fill(i), 0));
      }
      run.abort();
      await run.settled;
    }
  });

  test('also in a store that takes its time, and in the middle of a step', async () => {
    const kept: Checkpoint[] = [];
    const store: CheckpointStore = {
      save: async (_, checkpoint) => {
        await turn();
        kept.push(checkpoint);
      },
      load: async () => undefined,
      list: async () => [],
      delete: async () => {},
    };
    for (const durability of ['sync', 'async'] as const) {
      kept.length = 0;
      await new Trains().start({ store, every: 'step', durability }).output;
      expect(kept.length).toBeGreaterThan(3);
      for (const from of kept) expect(await new Trains().start({ from: json(from) }).output).toEqual(whole);
    }
  });
});

test('the state and the arguments of a checkpoint are not changed by the runs that go on from it', async () => {
  class Pushes extends Fit {
    override state: any = { n: 0, list: [] };
    /** A run that has used up its arguments does not go on. */
    pushes = true;
    override async advance(...args: any[]) {
      await super.advance();
      if (this.pushes) this.state.list.push(args[0].push(0));
    }
    override onRunEnd() {
      return [...this.state.list];
    }
  }
  const first = new Pushes(1);
  first.pushes = false;
  const run = (first as Loop<unknown, any[]>).start({ args: [[]], paused: true });
  await run.step();
  const taken = await run.suspend();
  for (const from of [taken, json(taken)]) {
    const before = JSON.stringify(from);
    const outputs = [await new Pushes(1).start({ from }).output, await new Pushes(1).start({ from }).output];
    expect(outputs[1]).toEqual(outputs[0]);
    expect(JSON.stringify(from)).toBe(before);
  }
});

test('what `migrate` puts in comes as it is, also beside what JSON has marks for', async () => {
  const from = json(await taken({ w: Float32Array.of(1), n: Number.NaN }));
  const migrate = (checkpoint: any) => {
    checkpoint.assets.model.put = { bytes: Buffer.from('put in'), map: new Map([[1, Int8Array.of(-1)]]) };
    return checkpoint;
  };
  deepStrictEqual(await new Fit('of before').start({ from, migrate }).output, {
    w: Float32Array.of(1),
    n: Number.NaN,
    put: { bytes: Buffer.from('put in'), map: new Map([[1, Int8Array.of(-1)]]) },
  });
});

test.each([
  ['an asset', ({ assets }: any, odd: unknown) => Object.assign(assets.model, { odd })],
  ['the state', ({ stateDict }: any, odd: unknown) => Object.assign(stateDict.state_dict, { odd })],
])('an instance of a class that somebody has put into %s is refused, and not taken for plain data', async (_, put) => {
  class Rate {
    value = 0.1;
  }
  for (const go of [async (from: Checkpoint) => from, async (from: Checkpoint) => stored(from, memoryStore())]) {
    const from = await go(await taken({ w: 1 }));
    put(from, new Rate());
    const fit = new Fit('of before');
    expect(() => fit.start({ from })).toThrow(expect.objectContaining({ code: 'CHECKPOINT_UNREADABLE' }));
    expect(fit.model.held).toBe('of before');
  }
});

function transferred(): Float32Array {
  const array = new Float32Array(2);
  structuredClone(array, { transfer: [array.buffer] });
  return array;
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

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
    [{ sent: transferred() }, 'got a Float32Array that was transferred'],
    [Object.assign(new Map(), { version: 2 }), 'got a Map with a key of its own, `version`'],
    [{ at: Object.assign(new Date(0), { zone: 'UTC' }) }, 'got a Date with a key of its own, `zone`'],
    [Object.assign(new Float32Array(3), { shape: [3, 1] }), 'got a Float32Array with a key of its own, `shape`'],
    [[revoked()], 'got something that cannot be read'],
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
  const all = new Float64Array(4);
  const good = json(
    await taken({
      w: Float64Array.of(1),
      day: new Date(0),
      map: new Map([[1, 2n]]),
      twice: [twice, twice],
      all,
      part: all.subarray(1, 2),
    }),
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
    [['assets', 'model', 'part', '$bytes', '2'], 3],
    [['assets', 'model', 'part', '$bytes', '2'], null],
    [['assets', 'model', 'part', '$bytes', '3'], 1_000_000],
    [['assets', 'model', 'part', '$bytes', '3'], -1],
    [['assets', 'model', 'all', '$bytes', '1'], 5],
    [['assets', 'model', 'map', '$map'], 5],
    [['assets', 'model', 'map', '$map', '0', '1', '$bigint'], 'five'],
    [['assets', 'model', 'twice', '1', '$shared'], [7]],
    [['assets', 'model', 'twice', '1', '$shared'], null],
  ];
  for (const [keys, value] of damaged) {
    const from = json(good);
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
