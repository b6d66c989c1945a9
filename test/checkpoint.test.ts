import { type Checkpoint, Loop, LoopError, memoryStore, Progress, type Stateful } from 'loopchart';
import { describe, expect, test } from 'vitest';
import { Count, turn } from './support/loops.ts';

class Weights implements Stateful {
  values: Float32Array = new Float32Array(3);
  loads = 0;
  dicts = 0;

  stateDict() {
    this.dicts++;
    return { values: this.values.slice() };
  }

  loadStateDict(dict: { values: Float32Array }) {
    this.loads++;
    this.values = dict.values;
  }
}

class Batches extends Loop<number, [number?]> {
  override state: { n: number; loss: number; odd: number[] } = { n: 0, loss: Number.NaN, odd: [] };
  progress = new Progress();
  weights: Weights;
  log: string[] = [];

  constructor(weights: Weights) {
    super();
    this.weights = weights;
  }

  get done() {
    return this.state.n >= 3;
  }

  reset() {
    this.log.push('reset');
    this.state.n = 0;
  }

  override onRunStart() {
    this.log.push('onRunStart');
  }

  override onRestart() {
    this.log.push('onRestart');
  }

  async advance(by = 1) {
    this.progress.incrementReady();
    await turn();
    this.state.n++;
    this.weights.values[0]! += by;
    this.state.odd = [Number.NaN, Infinity, -Infinity, -0];
    this.progress.incrementCompleted();
    this.log.push(`step ${this.state.n}`);
  }

  override onRunEnd() {
    return this.state.n;
  }
}

class Fit extends Loop<number, [number?]> {
  override state = { n: 0 };
  weights = new Weights();
  batches = new Batches(this.weights);
  log: string[] = [];

  get done() {
    return this.state.n >= 2;
  }

  reset() {
    this.log.push('reset');
    this.state.n = 0;
  }

  override onRunStart() {
    this.log.push('onRunStart');
  }

  override onRestart() {
    this.log.push('onRestart');
  }

  async advance(by?: number) {
    this.log.push('step');
    await this.batches.run(by);
    this.state.n++;
  }

  override onRunEnd() {
    return this.weights.values[0]!;
  }
}

async function atStep<Args extends unknown[]>(loop: Loop<any, Args>, n: number, args?: Args): Promise<Checkpoint>;
async function atStep(loop: Loop<any, any>, n: number, args?: unknown[]): Promise<Checkpoint> {
  const run = loop.start({ id: 'a run', paused: true, ...(args === undefined ? {} : { args }) });
  const { outcome } = run;
  await run.step(n);
  const checkpoint = await run.checkpoint();
  run.abort();
  await outcome;
  return checkpoint;
}

describe('a checkpoint', () => {
  test('says whose it is, where the run stood, and all that it was', async () => {
    const checkpoint = await atStep(new Fit(), 4, [10]);
    expect(Object.keys(checkpoint)).toEqual([
      'format',
      'loop',
      'shape',
      'runId',
      'position',
      'phase',
      'restarting',
      'stateDict',
      'assets',
    ]);
    expect(checkpoint).toMatchObject({
      format: 1,
      loop: 'Fit',
      runId: 'a run',
      shape: ['batches.progress', 'batches.state_dict', 'state_dict', 'weights (asset)'],
      position: { steps: 4, loops: { fit: 1, 'fit.batches': 1 } },
      phase: { value: 'advancing', context: { args: [10] }, children: { batches: { value: 'paused', children: {} } } },
      assets: { weights: { values: new Float32Array([40, 0, 0]) } },
    });
    expect(checkpoint.stateDict).toEqual({
      state_dict: { n: 1 },
      'batches.state_dict': { n: 1, loss: Number.NaN, odd: [Number.NaN, Infinity, -Infinity, -0] },
      'batches.progress': expect.objectContaining({ total: expect.objectContaining({ ready: 4, completed: 4 }) }),
    });
  });

  test('survives JSON: NaN, the infinities and -0, too', async () => {
    class Bare extends Fit {
      override weights: any = { values: [0] };
      override batches = new Batches(this.weights);
    }
    const checkpoint = await atStep(new Bare(), 4, [10]);
    const json = JSON.stringify(checkpoint);
    expect(json).not.toMatch(/undefined|null,null,null/);
    const loop = new Bare();
    const run = loop.start({ from: JSON.parse(json), paused: true });
    expect(await run.checkpoint()).toEqual(checkpoint);
    run.abort();
    await run.outcome;
    // A second time through JSON is no different.
    expect(JSON.stringify(JSON.parse(json))).toBe(json);
  });

  test('keeps data that looks like what JSON was taught', async () => {
    class Odd extends Batches {
      override state: any = { n: 0, nested: [{ $n: 'NaN' }, { $$n: 1 }, { $n: { $n: Number.NaN } }], ['__proto__']: 1 };
    }
    const checkpoint = await atStep(new Odd(new Weights()), 1);
    const from = JSON.parse(JSON.stringify(checkpoint));
    const again = new Odd(new Weights());
    const run = again.start({ from, paused: true });
    expect((await run.checkpoint()).stateDict).toEqual(checkpoint.stateDict);
    run.abort();
    await run.outcome;
  });

  test('is not changed by the run that goes on, nor by the runs that go on from it', async () => {
    const loop = new Fit();
    const run = loop.start({ paused: true });
    await run.step(2);
    const checkpoint = await run.checkpoint();
    const copy = structuredClone(checkpoint);
    run.resume();
    expect(await run.output).toBe(6);
    expect({ ...checkpoint }).toEqual(copy);
    for (let i = 0; i < 2; i++) {
      expect(await new Fit().start({ from: checkpoint }).output).toBe(6);
      expect({ ...checkpoint }).toEqual(copy);
    }
  });

  test('of a run that has finished gives its output, and runs nothing', async () => {
    const first = new Fit().start({ args: [2] });
    expect(await first.output).toBe(12);
    const checkpoint = await first.checkpoint();
    expect(checkpoint).toMatchObject({
      phase: { value: 'finished', output: 12, children: {} },
      position: { steps: 6 },
    });
    const loop = new Fit();
    const run = loop.start({ from: checkpoint });
    expect(await run.outcome).toEqual({ status: 'finished', output: 12, steps: 2 });
    expect([loop.log, loop.state, loop.running]).toEqual([[], { n: 2 }, false]);
    await expect(run.suspend()).rejects.toMatchObject({ code: 'RUN_ENDED' });
    expect(await loop.run(1)).toBe(18);
  });

  test('of a run that failed or was aborted is refused', async () => {
    const run = new Fit().start({ paused: true });
    run.abort();
    await run.outcome;
    await expect(run.checkpoint()).rejects.toMatchObject({ code: 'RUN_ENDED' });
  });

  test('several asked for at once are one', async () => {
    const loop = new Fit();
    const run = loop.start();
    const [one, two] = await Promise.all([run.checkpoint(), run.checkpoint()]);
    expect(one).toBe(two);
    expect(loop.weights.dicts).toBe(1);
    await run.output;
  });
});

describe('assets', () => {
  test('are captured as copies at the boundary, once where loops share them, and loaded once', async () => {
    const loop = new Fit();
    const checkpoint = await atStep(loop, 4);
    expect(Object.keys(checkpoint.assets)).toEqual(['weights']);
    expect(loop.weights.dicts).toBe(1);
    loop.weights.values[0] = 99;
    expect(checkpoint.assets.weights).toEqual({ values: new Float32Array([4, 0, 0]) });

    const again = new Fit();
    expect(await again.start({ from: checkpoint }).output).toBe(6);
    expect(again.weights.loads).toBe(1);
    expect(again.batches.weights).toBe(again.weights);
    expect(checkpoint.assets.weights).toEqual({ values: new Float32Array([4, 0, 0]) });
  });

  test('of loops below have dotted paths, and may be any kind of typed array', async () => {
    const arrays = [new Float64Array([Number.NaN, -0]), new Uint8Array([255]), new BigInt64Array([-1n])];
    class Own extends Fit {
      override weights: any = null;
      override batches = new Batches(
        Object.assign(new Weights(), { stateDict: () => ({ values: new Float32Array(3), arrays }) }),
      );
      override onRunEnd() {
        return 0;
      }
    }
    const store = memoryStore();
    const run = new Own().start({ id: 'a', store, paused: true });
    await run.step(1);
    await run.suspend();
    const { assets } = (await store.load('a'))!;
    expect(assets).toEqual({ 'batches.weights': { values: new Float32Array(3), arrays } });
  });
});

describe('what does not fit is refused, with what is missing and what is unknown, and nothing is loaded', () => {
  class Epochs extends Fit {}
  class Wider extends Fit {
    extra = new Batches(new Weights());
  }
  class Renamed extends Loop<number> {
    override state = { n: 7 };
    weights = new Weights();
    get done() {
      return true;
    }
    reset() {}
    async advance() {}
  }
  Object.defineProperty(Renamed, 'name', { value: 'Fit' });

  function refused(loop: Loop<any, any>, from: unknown, code: string): string {
    const before = JSON.stringify(loop.stateDict());
    let thrown: unknown;
    try {
      loop.start({ from: from as Checkpoint });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(LoopError);
    expect(thrown).toMatchObject({ code, path: expect.stringMatching(new RegExp(`^${loop.path}\\b`)) });
    expect(JSON.stringify(loop.stateDict())).toBe(before);
    expect([loop.running, loop.restarting]).toEqual([false, false]);
    if ('weights' in loop) expect((loop.weights as Weights).loads).toBe(0);
    return (thrown as LoopError).message;
  }

  test('another loop, but not one whose class goes by another name, as a minifier gives it', async () => {
    class Other extends Fit {
      extra = new Batches(new Weights());
    }
    expect(refused(new Other(), await atStep(new Fit(), 1), 'CHECKPOINT_MISMATCH')).toBe(
      'other: Expected a checkpoint of this Other, got one of a Fit: missing `extra.progress`, `extra.state_dict`, ' +
        '`extra.weights (asset)`; unknown nothing. Nothing was loaded. Bring it forward with start({ from, migrate }).',
    );
    const from = JSON.parse(JSON.stringify(await atStep(new Fit(), 4)));
    expect(await new Epochs().start({ from }).output).toBe(6);
  });

  test('another shape', async () => {
    expect(refused(new Renamed(), await atStep(new Fit(), 1), 'CHECKPOINT_MISMATCH')).toContain(
      'got one of another shape of Fit: missing nothing; unknown `batches.progress`, `batches.state_dict`.',
    );
    const fit = await atStep(new Fit(), 1);
    expect(refused(new Wider(), { ...fit, loop: 'Wider' }, 'CHECKPOINT_MISMATCH')).toContain(
      'missing `extra.progress`, `extra.state_dict`, `extra.weights (asset)`; unknown nothing.',
    );
  });

  test('another format, and what is no checkpoint', async () => {
    const fit = await atStep(new Fit(), 1);
    expect(refused(new Fit(), { ...fit, format: 2 }, 'CHECKPOINT_UNREADABLE')).toContain(
      'Expected a checkpoint of format 1, got format 2.',
    );
    for (const value of [null, 7, 'text', [], {}, { ...fit, phase: null }, { ...fit, shape: 'a' }]) {
      expect(refused(new Fit(), value, 'CHECKPOINT_UNREADABLE')).toContain('Expected a checkpoint');
    }
  });

  test('one that lost a part on its way, or has a counter that is none', async () => {
    const fit = await atStep(new Fit(), 4);
    const without = (key: 'stateDict' | 'assets', name: string) => {
      const { [name]: _, ...rest } = fit[key];
      return { ...fit, [key]: rest };
    };
    refused(new Fit(), without('stateDict', 'batches.state_dict'), 'CHECKPOINT_MISMATCH');
    refused(new Fit(), without('assets', 'weights'), 'CHECKPOINT_MISMATCH');
    refused(new Fit(), { ...fit, stateDict: { ...fit.stateDict, 'batches.progress': 7 } }, 'CHECKPOINT_MISMATCH');
    refused(new Fit(), { ...fit, phase: { ...fit.phase, value: 'dreaming' } }, 'CHECKPOINT_UNREADABLE');
  });

  test('a run that goes on already', async () => {
    const loop = new Fit();
    const from = await atStep(new Fit(), 1);
    const run = loop.start({ paused: true });
    expect(() => loop.start({ from })).toThrow(expect.objectContaining({ code: 'ALREADY_RUNNING' }));
    run.resume();
    expect(await run.output).toBe(6);
  });

  test('migrate brings an old one forward, and gets a copy of nothing that it could break', async () => {
    const old = await atStep(new Fit(), 4);
    const copy = structuredClone(old);
    const loop = new Wider();
    const run = loop.start({
      from: old,
      migrate(checkpoint) {
        const fresh = new Wider();
        const stateDict = { ...fresh.stateDict(), ...checkpoint.stateDict };
        const assets = { ...checkpoint.assets, 'extra.weights': fresh.extra.weights.stateDict() };
        const shape = [...Object.keys(stateDict), ...Object.keys(assets).map((path) => `${path} (asset)`)].sort();
        return { ...checkpoint, loop: 'Wider', shape, stateDict, assets };
      },
    });
    expect(await run.output).toBe(6);
    expect({ ...old }).toEqual(copy);
  });
});

describe('going on', () => {
  test('behind reset, onRestart is called instead of reset and onRunStart, once for each loop in its middle', async () => {
    for (const steps of [1, 2, 4]) {
      const from = await atStep(new Fit(), steps);
      const loop = new Fit();
      expect(await loop.start({ from }).output).toBe(6);
      const epochs = steps < 3 ? ['step', 'step'] : ['step'];
      expect(loop.log).toEqual(['onRestart', ...epochs]);
      const mine = loop.batches.log;
      expect(mine[0]).toBe('onRestart');
      expect(mine.filter((line) => line === 'reset').length).toBe(epochs.length - 1);
      expect(mine.filter((line) => line.startsWith('step')).length).toBe(6 - steps);
    }
  });

  test('with other arguments where they are given, with those of the checkpoint where they are not', async () => {
    class Adds extends Loop<number, [number]> {
      override state = { n: 0, sum: 0 };
      get done() {
        return this.state.n >= 6;
      }
      reset() {}
      advance(by: number) {
        this.state.n++;
        this.state.sum += by;
      }
      override onRunEnd() {
        return this.state.sum;
      }
    }
    const from = await atStep(new Adds(), 4, [10]);
    expect(await new Adds().start({ from }).output).toBe(60);
    expect(await new Adds().start({ from, args: [1] }).output).toBe(42);
  });

  test('a child in its middle is not given other arguments than it was run with', async () => {
    const from = await atStep(new Fit(), 4, [10]);
    expect(await new Fit().start({ from }).output).toBe(60);
    expect(await new Fit().start({ from, args: [1] }).outcome).toMatchObject({
      status: 'failed',
      error: {
        code: 'RESUME_MISMATCH',
        path: 'fit',
        message: expect.stringContaining('`batches` with argument 1 `10`'),
      },
    });
  });

  test('arguments that are no plain data must be given again', async () => {
    class Told extends Loop<number, [() => number]> {
      override state = { n: 0 };
      get done() {
        return this.state.n >= 4;
      }
      reset() {
        this.state.n = 0;
      }
      async advance(next: () => number) {
        this.state.n += next();
      }
      override onRunEnd() {
        return this.state.n;
      }
    }
    const from = await atStep(new Told(), 2, [() => 1]);
    await expect(new Told().start({ from }).output).rejects.toMatchObject({ code: 'RESUME_MISMATCH', path: 'told' });
    await expect(new Told().start({ from }).output).rejects.toThrow('Give them again: start({ from, args }).');
    expect(await new Told().start({ from, args: [() => 2] }).output).toBe(4);
  });

  test('the id and the count of steps go on', async () => {
    const from = await atStep(new Fit(), 4);
    const run = new Fit().start({ from });
    expect(run.id).toBe('a run');
    await run.output;
    expect(run.progress.steps).toBe(6);
    const other = new Fit().start({ from, id: 'another' });
    expect(other.id).toBe('another');
    await other.output;
  });
});

describe('a step that is run again', () => {
  class Leaf extends Loop<unknown> {
    override state = { n: 0 };
    readonly gives: () => unknown;
    constructor(gives: () => unknown = () => [1]) {
      super();
      this.gives = gives;
    }
    get done() {
      return this.state.n >= 2;
    }
    reset() {
      this.state.n = 0;
    }
    async advance() {
      this.state.n++;
    }
    override onRunEnd() {
      return this.gives();
    }
  }

  class Chooses extends Loop<unknown> {
    override state = { n: 0, got: [] as unknown[] };
    a = new Leaf();
    b = new Leaf();
    readonly plan: (loop: Chooses) => Promise<void>;
    constructor(plan: (loop: Chooses) => Promise<void>) {
      super();
      this.plan = plan;
    }
    get done() {
      return this.state.n >= 1;
    }
    reset() {
      this.state.n = 0;
    }
    async advance() {
      await this.plan(this);
      this.state.n++;
    }
    override onRunEnd() {
      return this.state.got;
    }
  }

  async function twice(
    steps: number,
    before: (loop: Chooses) => Promise<unknown>,
    after: (loop: Chooses) => Promise<unknown> = before,
  ) {
    const from = await atStep(new Chooses(async (loop) => void (await before(loop))), steps);
    return new Chooses(async (loop) => void (await after(loop))).start({ from: JSON.parse(JSON.stringify(from)) })
      .outcome;
  }

  const mismatches: [
    name: string,
    steps: number,
    before: (loop: Chooses) => Promise<unknown>,
    after: (loop: Chooses) => Promise<unknown>,
    message: string,
  ][] = [
    [
      'asks for another child',
      1,
      (loop) => loop.a.run(),
      (loop) => loop.b.run(),
      'a run of `a` when the checkpoint was taken, and did not when it was run again; it asked for a run of `b` instead',
    ],
    ['asks for none', 1, (loop) => loop.a.run(), async () => {}, 'had asked for a run of `a`'],
    [
      'asks once for what had run twice',
      3,
      async (loop) => [await loop.a.run(), await loop.a.run()],
      (loop) => loop.a.run(),
      'had asked for a run of `a`',
    ],
    [
      'does not ask for one that had ended',
      3,
      async (loop) => [await loop.a.run(), await loop.b.run()],
      (loop) => loop.b.run(),
      'it asked for a run of `b` instead',
    ],
    [
      'asks for one of two',
      1,
      (loop) => Promise.all([loop.a.run(), loop.b.run()]),
      (loop) => loop.a.run(),
      'had asked for a run of `b`',
    ],
  ];
  for (const [name, steps, before, after, message] of mismatches) {
    test(`and ${name} is an error that says so`, async () => {
      const outcome = await twice(steps, before, after);
      expect(outcome).toMatchObject({ status: 'failed', error: { code: 'RESUME_MISMATCH', path: 'chooses' } });
      expect((outcome.error as Error).message).toContain(message);
    });
  }

  test('and asks for the same and more goes on', async () => {
    const more = await twice(
      1,
      (loop) => loop.a.run(),
      async (loop) => [await loop.a.run(), await loop.b.run()],
    );
    expect(more).toMatchObject({ status: 'finished' });
  });

  test('and ends itself before it asks', async () => {
    const ended = await twice(
      1,
      (loop) => loop.a.run(),
      async (loop) => {
        throw loop.end('enough');
      },
    );
    expect(ended).toMatchObject({ status: 'finished', reason: 'enough' });
  });

  test('gets what it had got, whatever it does to the output', async () => {
    const plan = async (loop: Chooses) => {
      const got = (await loop.a.run()) as number[];
      got.push(2);
      const once = await loop.once('key', () => [3]);
      once.push(4);
      await loop.b.run();
      loop.state.got = [got, once];
    };
    const expected = [
      [1, 2],
      [3, 4],
    ];
    expect(await new Chooses(plan).run()).toEqual(expected);
    for (const steps of [1, 2, 3]) {
      const { output } = await twice(steps, plan);
      expect([steps, output]).toEqual([steps, expected]);
    }
  });

  test('outputs that are no plain data are an error that names the loop, where a run is saved', async () => {
    for (const gives of [() => new Map(), () => () => {}, () => 10n]) {
      const plan = async (loop: Chooses) => {
        await loop.a.run();
        await loop.b.run();
      };
      const make = () => Object.assign(new Chooses(plan), { a: new Leaf(gives) });
      expect(await make().start().outcome).toMatchObject({ status: 'finished' });

      const saved = await make().start({ store: memoryStore() }).outcome;
      expect(saved).toMatchObject({ status: 'failed', error: { code: 'NOT_PLAIN_DATA', path: 'chooses.a' } });

      const run = make().start({ paused: true });
      await run.step(3);
      await expect(run.checkpoint()).rejects.toMatchObject({ code: 'NOT_PLAIN_DATA', path: 'chooses' });
      run.resume();
      expect(await run.outcome).toMatchObject({ status: 'finished' });
    }
  });

  test('and so are those of once, and of the root when it has finished', async () => {
    const once = new Chooses(async (loop) => {
      await loop.once('key', () => new Map());
    });
    expect(await once.start({ store: memoryStore() }).outcome).toMatchObject({
      status: 'failed',
      error: { code: 'NOT_PLAIN_DATA', path: 'chooses' },
    });
    const root = new Leaf(() => new Map());
    const { error, status } = await root.start({ store: memoryStore() }).outcome;
    expect([status, error]).toEqual(['failed', expect.objectContaining({ code: 'NOT_PLAIN_DATA', path: 'leaf' })]);
  });
});

test('the end of a loop that a step has caught is that of the same loop in a build that calls its class otherwise', async () => {
  const build = (name: string) => {
    const named = {
      [name]: class extends Loop<string> {
        override state = { n: 0 };
        ends: Loop = new Ends(this);
        waits: Count = new Count(2);
        caught: unknown;
        get done() {
          return this.state.n >= 1;
        }
        reset() {}
        async advance() {
          try {
            await this.ends.run();
          } catch (error) {
            this.caught = error;
          }
          await this.waits.run();
          this.state.n++;
          throw this.caught;
        }
        override onRunEnd() {
          return `ended after ${this.state.n}`;
        }
      },
    };
    return named[name]!;
  };
  class Ends extends Loop {
    readonly #up: Loop<any>;
    constructor(up: Loop<any>) {
      super();
      this.#up = up;
    }
    get done() {
      return false;
    }
    reset() {}
    advance() {
      throw this.#up.end('enough');
    }
  }
  const run = new (build('At'))().start({ paused: true });
  await run.step(1);
  const from = await run.suspend();
  const again = new (build('Bt'))();
  expect(await again.start({ from }).outcome).toMatchObject({ output: 'ended after 1', reason: 'enough' });
  expect(again.caught).toMatchObject({ loop: again, path: 'bt' });
});
