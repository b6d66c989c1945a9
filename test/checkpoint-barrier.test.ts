import { type Checkpoint, type CheckpointStore, Loop, memoryStore, type StartOptions } from 'loopchart';
import { describe, expect, test, vi } from 'vitest';
import { Actor, fromPromise } from 'xstate';
import { Above, all, Belt, Consumer, Model, Pair, Producer } from './support/belt.ts';
import { Count, Family, turn } from './support/loops.ts';
import { runProgram } from './support/program.ts';

/** A store that keeps the text of all that was saved, in order. */
function keepingAll(): { store: CheckpointStore; texts: string[] } {
  const texts: string[] = [];
  const store: CheckpointStore = {
    ...memoryStore(),
    async save(_, checkpoint) {
      await turn();
      texts.push(JSON.stringify(checkpoint));
    },
  };
  return { store, texts };
}

/** Goes on from each of these in new loops, and gives what each came to. */
async function resumed(make: () => Loop<any>, texts: string[]): Promise<unknown[]> {
  const outputs: unknown[] = [];
  for (const text of texts) outputs.push(await make().start({ from: JSON.parse(text) as Checkpoint }).output);
  return outputs;
}

const trees: [what: string, make: () => { loop: Loop<number[]>; producer: Producer; models: Model[] }][] = [
  [
    'no model',
    () => {
      const loop = new Pair();
      return { loop, producer: loop.producer, models: [] };
    },
  ],
  [
    'a model in the loop that waits',
    () => {
      const consumer = Object.assign(new Consumer(), { model: new Model() });
      const producer = new Producer();
      return { loop: new Pair(producer, consumer), producer, models: [consumer.model] };
    },
  ],
  [
    'a model that both hold, and the loop above',
    () => {
      const model = new Model();
      const consumer = Object.assign(new Consumer(), { model });
      const producer = Object.assign(new Producer(), { model });
      return { loop: Object.assign(new Pair(producer, consumer), { model }), producer, models: [model] };
    },
  ],
  [
    'three levels',
    () => {
      const consumer = new Consumer();
      class Deep extends Pair {
        override consumer = new Above(new Above(consumer));
      }
      const producer = new Producer();
      return { loop: new Above(new Deep(producer, consumer)), producer, models: [] };
    },
  ],
  [
    'three levels and a model on top',
    () => {
      const consumer = Object.assign(new Consumer(), { model: new Model() });
      class Deep extends Pair {
        override consumer = new Above(new Above(consumer));
      }
      const { model } = consumer;
      const producer = new Producer();
      return { loop: Object.assign(new Above(new Deep(producer, consumer)), { model }), producer, models: [model] };
    },
  ],
];

describe('a loop whose step waits for one beside it', () => {
  for (const [what, make] of trees) {
    test(`with ${what}: comes to the same without a store`, async () => {
      for (const inspect of [[], [() => {}]]) expect(await make().loop.start({ inspect }).output).toEqual(all);
    });

    for (const every of ['step', { ms: 1 }, { ms: 15 }, { steps: 3 }] as const) {
      test(`with ${what}: goes on when it is saved every ${JSON.stringify(every)}, and so does each checkpoint`, async () => {
        for (const durability of ['sync', 'async'] as const) {
          for (const inspect of [[], [() => {}]]) {
            const { store, texts } = keepingAll();
            const { loop, models } = make();
            const options: StartOptions<any> = { store, every, durability, inspect };
            expect(await loop.start(options).output).toEqual(all);
            for (const model of models) expect([model.sum, model.halfDone]).toEqual([110, 0]);
            if (every === 'step') expect(texts.length).toBeGreaterThan(5);
            const some = texts.filter((_, i) => i % 4 === 0 || i === texts.length - 1);
            expect(await resumed(() => make().loop, some)).toEqual(some.map(() => all));
          }
        }
      });
    }

    test(`with ${what}: a checkpoint that is asked for is given, and goes on`, async () => {
      const { loop, producer, models } = make();
      const run = loop.start();
      const texts: string[] = [];
      for (let steps = 1; steps < 16; steps += 3) {
        await producer.reaches(steps);
        texts.push(JSON.stringify(await run.checkpoint()));
      }
      expect(await run.output).toEqual(all);
      for (const model of models) expect(model.halfDone).toBe(0);
      expect(await resumed(() => make().loop, texts)).toEqual(texts.map(() => all));
    });

    test(`with ${what}: it is suspended, and goes on in another process`, async () => {
      for (const inspect of [[], [() => {}]]) {
        for (const steps of [1, 2, 7]) {
          const { loop, producer, models } = make();
          const store = memoryStore();
          const run = loop.start({ id: 'a', store, inspect });
          await producer.reaches(steps);
          const text = JSON.stringify(await run.suspend());
          expect((await run.outcome).status).toBe('suspended');
          expect(JSON.stringify(await store.load('a'))).toBe(text);
          for (const model of models) expect(model.halfDone).toBe(0);
          expect(await resumed(() => make().loop, [text])).toEqual([all]);
        }
      }
    });
  }
});

/** In one step it takes all there is. */
class AtOnce extends Consumer {
  override async advance() {
    const got: number[] = [];
    const take = async () => {
      while (got.length < 10) got.push(await this.belt.take());
      return got.reduce((sum, item) => sum + item, 0);
    };
    await (this.model === undefined ? take() : this.model.change(take));
    this.state.got = got;
  }
}

/** The steps of the producer at each checkpoint of a run. */
function producerSteps(texts: string[]): (number | undefined)[] {
  return texts.map((text) => (JSON.parse(text) as Checkpoint).position.loops['pair.producer']);
}

describe('a step that needs all steps of another', () => {
  test('is in flight in the checkpoints of the run, and is run again', async () => {
    const { store, texts } = keepingAll();
    const make = () => new Pair(new Producer(), new AtOnce());
    expect(await make().start({ store, every: { steps: 2 } }).output).toEqual(all);
    const inFlight = texts.filter((_, i) => {
      const steps = producerSteps(texts)[i];
      return steps !== undefined && steps > 0 && steps < 20;
    });
    expect(inFlight.length).toBeGreaterThan(1);
    expect(await resumed(make, inFlight)).toEqual(inFlight.map(() => all));
  });

  test('and that may be changing a model is waited for, while the other goes on', async () => {
    for (const place of ['consumer', 'above'] as const) {
      const { store, texts } = keepingAll();
      const model = new Model();
      const consumer = Object.assign(new AtOnce(), { model });
      const pair = new Pair(new Producer(), consumer);
      const loop: Loop<number[]> = place === 'above' ? Object.assign(new Above(pair), { model }) : pair;
      expect(await loop.start({ store, every: 'step' }).output).toEqual(all);
      expect([model.sum, model.halfDone]).toEqual([110, 0]);
      for (const text of texts) expect([0, 110]).toContain(Object.values<any>(JSON.parse(text).assets)[0].sum);
    }
  });

  test('beside a loop with a model of its own does not keep that from being captured', async () => {
    const { store, texts } = keepingAll();
    const make = () => new Pair(Object.assign(new Producer(), { model: new Model() }), new AtOnce());
    expect(await make().start({ store, every: 'step' }).output).toEqual(all);
    expect(producerSteps(texts).filter((steps) => steps !== undefined && steps > 0 && steps < 20)).not.toEqual([]);
    expect(await resumed(make, [texts[1]!])).toEqual([all]);
  });

  test('is suspended by steps of the other, which it gets and needs, where it may be changing a model', async () => {
    /** Takes five in each step. */
    class Five extends Consumer {
      override async advance() {
        const got: number[] = [];
        await this.model!.change(async () => {
          while (got.length < 5) got.push(await this.belt.take());
          return got.reduce((sum, item) => sum + item, 0);
        });
        this.state.got.push(...got);
      }
    }
    const make = () => new Pair(new Producer(), Object.assign(new Five(), { model: new Model() }));
    const pair = make();
    const run = pair.start();
    await pair.producer.reaches(3);
    const from = JSON.parse(JSON.stringify(await run.suspend())) as Checkpoint;
    expect(from.assets).toEqual({ 'consumer.model': { sum: 30 } });
    expect(from.position.loops).toEqual({ pair: 0, 'pair.producer': 10, 'pair.consumer': 1 });
    expect(await make().start({ from }).output).toEqual(all);
  });

  test('and that nothing will end is left when the run is suspended, its signal aborts, and it is run again', async () => {
    class Waits extends Consumer {
      aborted = false;
      calls = 0;
      override async advance() {
        this.calls++;
        await new Promise<void>((_, reject) => {
          this.signal.addEventListener('abort', () => {
            this.aborted = true;
            reject(this.signal.reason);
          });
        });
      }
    }
    const consumer = new Waits();
    const pair = new Pair(new Producer(), consumer);
    const run = pair.start();
    await pair.producer.reaches(5);
    const from = JSON.parse(JSON.stringify(await run.suspend('SIGTERM'))) as Checkpoint;
    expect(await run.outcome).toMatchObject({ status: 'suspended', reason: 'SIGTERM' });
    expect([consumer.calls, consumer.aborted]).toEqual([1, true]);
    // In those five seconds the other has come to its end.
    expect(from.position.loops).toEqual({ pair: 0, 'pair.consumer': 0 });
    expect(await new Pair().start({ from }).output).toEqual(all);
  });
});

describe('a hook that waits for the steps of a loop beside it', () => {
  const hooks: [name: string, make: () => Consumer][] = [
    [
      'reset',
      () =>
        new (class extends Consumer {
          override async reset() {
            this.state.got = [await this.belt.take(), await this.belt.take()];
          }
        })(),
    ],
    [
      'onRunStart',
      () =>
        new (class extends Consumer {
          override async onRunStart() {
            this.state.got = [await this.belt.take(), await this.belt.take()];
          }
        })(),
    ],
    [
      'onRunEnd',
      () =>
        new (class extends Consumer {
          override get done() {
            return this.state.got.length >= 3;
          }
          override async onRunEnd() {
            const got = [...this.state.got];
            while (got.length < 10) got.push(await this.belt.take());
            return got;
          }
        })(),
    ],
    [
      'onRestart',
      () =>
        new (class extends Consumer {
          override async onRestart() {
            this.rebuild();
            if (this.state.got.length < 9) this.belt.items.unshift(await this.belt.take());
          }
        })(),
    ],
  ];
  for (const [name, consumer] of hooks) {
    test(name, async () => {
      const make = () => new Pair(new Producer(), consumer());
      for (const inspect of [[], [() => {}]]) {
        const { store, texts } = keepingAll();
        expect(await make().start({ store, every: 'step', inspect }).output).toEqual(all);
        const again = keepingAll();
        for (const text of texts.filter((_, i) => i % 5 === 1)) {
          const run = make().start({ from: JSON.parse(text), store: again.store, every: 'step', inspect });
          expect(await run.output).toEqual(all);
        }
      }
      const pair = make();
      const run = pair.start();
      await pair.producer.reaches(3);
      const text = JSON.stringify(await run.suspend());
      expect(await resumed(make, [text])).toEqual([all]);
    });
  }
});

describe('loops that hand on what they got', () => {
  /** Takes from one belt and puts on another. */
  class Middle extends Consumer {
    next!: Belt;
    override async advance() {
      const item = await this.belt.take();
      this.state.got.push(item);
      this.next.put(item);
    }
  }

  /** Three in a row, the first in bursts: the second takes several quick steps, then one that waits. */
  class Row extends Pair {
    last: Consumer;
    constructor() {
      const middle = new Middle();
      const last = new Consumer();
      super(new Bursts(), middle);
      this.last = last;
      const belt = new Belt();
      middle.next = belt;
      last.belt = belt;
      last.rebuild = () => {
        belt.items = middle.state.got.slice(last.state.got.length);
      };
    }
    override async advance() {
      const [, , got] = await Promise.all([this.producer.run(), this.consumer.run(), this.last.run()]);
      this.state.got = got;
    }
  }

  class Bursts extends Producer {
    override async advance() {
      for (let i = 0; i < 30; i++) await turn();
      for (let i = 0; i < 10; i++) if (++this.state.n % 2 === 0) this.belt.put(this.state.n);
    }
  }

  test('have no step in a checkpoint that was given something that nobody has handed on', async () => {
    for (let round = 0; round < 5; round++) {
      const { store, texts } = keepingAll();
      const run = new Row().start({ store, every: { ms: 1 } });
      const asked: string[] = [];
      void run.outcome;
      for (let i = 0; i < 3; i++) {
        await turn();
        await run.checkpoint().then(
          (checkpoint) => asked.push(JSON.stringify(checkpoint)),
          () => {},
        );
      }
      expect(await run.output).toEqual(all);
      for (const text of [...texts, ...asked]) {
        const { stateDict } = JSON.parse(text) as { stateDict: any };
        const middle = stateDict['consumer.state_dict'].got as number[];
        const last = stateDict['last.state_dict'].got as number[];
        expect(middle.slice(0, last.length)).toEqual(last);
      }
      expect(await resumed(() => new Row(), [...texts, ...asked])).toEqual([...texts, ...asked].map(() => all));
    }
  });

  test('before their step is over, too', async () => {
    class Early extends Producer {
      override async advance() {
        this.belt.put(2 * this.state.n + 2);
        // Few: on a busy machine a step of many would be one that a checkpoint is taken beside.
        for (let i = 0; i < 4; i++) await turn();
        this.state.n++;
      }
      override get done() {
        return this.state.n >= 10;
      }
    }
    const make = () => {
      const pair = new Pair(new Early(), new Consumer());
      const consumer = pair.consumer as Consumer;
      let filled = false;
      const fill = () => {
        if (!filled) pair.producer.belt.items = all.slice(consumer.state.got.length, pair.producer.state.n);
        filled = true;
      };
      pair.producer.rebuild = fill;
      consumer.rebuild = fill;
      return pair;
    };
    const { store, texts } = keepingAll();
    expect(await make().start({ store, every: 'step' }).output).toEqual(all);
    expect(await resumed(make, texts)).toEqual(texts.map(() => all));
  });
});

describe('nobody is held up', () => {
  test('a pause is one of whole steps: it waits, names what for, and a checkpoint can be had all the same', async () => {
    const pair = new Pair();
    const run = pair.start();
    await pair.producer.reaches(3);
    void run.pause();
    const checkpoint = JSON.stringify(await run.checkpoint());
    expect(run.waitingFor).toEqual(['pair.consumer (advancing)']);
    expect(await resumed(() => new Pair(), [checkpoint])).toEqual([all]);
    run.resume();
    expect(await run.output).toEqual(all);
  });

  test('a loop that stands for a checkpoint is not one that is waited for', async () => {
    let open!: () => void;
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    class Held extends Consumer {
      override async advance() {
        await opened;
        await super.advance();
      }
    }
    // A model, so that the step is waited for.
    const run = new Pair(new Producer(), Object.assign(new Held(), { model: new Model() })).start();
    const checkpoint = run.checkpoint();
    while (!run.waitingFor.includes('pair.consumer (advancing)') || run.waitingFor.length > 1) await turn();
    expect(run.waitingFor).toEqual(['pair.consumer (advancing)']);
    open();
    await checkpoint;
    expect(await run.output).toEqual(all);
  });

  test('an abort while loops stand ends the run, and nothing goes on', async () => {
    for (const model of [undefined, new Model()]) {
      let status: string | undefined;
      // Where both happen to come to a boundary at once, the suspend is there before the abort: then once more.
      for (let i = 0; i < 50 && status !== 'aborted'; i++) {
        const producer = new Producer();
        const run = new Pair(producer, Object.assign(new Consumer(), { model })).start({ store: memoryStore() });
        await producer.reaches(3);
        const checkpoint = run.checkpoint();
        const suspended = run.suspend();
        await turn();
        run.abort('enough');
        const outcome = await run.outcome;
        status = outcome.status;
        await Promise.allSettled([checkpoint, suspended]);
        if (status === 'suspended') continue;
        expect(outcome).toMatchObject({ status: 'aborted', reason: 'enough' });
        await expect(suspended).rejects.toMatchObject({ code: 'RUN_ENDED' });
        const { n } = producer.state;
        for (let i = 0; i < 20; i++) await turn();
        expect(producer.state.n).toBe(n);
      }
      expect(status).toBe('aborted');
    }
  });

  test('by what is no loop in the place of one: it is waited for, and what runs beside it goes on', async () => {
    const pair = new Pair();
    const { belt } = pair.producer;
    const stranger = fromPromise(async () => {
      const got: number[] = [];
      while (got.length < 10) got.push(await belt.take());
      return got;
    });
    // As `provide` does, for the machine that `start` uses.
    Object.assign(pair.machine.implementations.actors, { consumer: stranger });
    const { store, texts } = keepingAll();
    const run = pair.start({ store, every: 'step' });
    expect(await run.output).toEqual(all);
    for (const text of texts) expect(Object.keys(JSON.parse(text).phase.children)).not.toContain('consumer');
  });

  test('under the fake timers of a test', async () => {
    class Quick extends Producer {
      override async advance() {
        await null;
        this.state.n++;
        if (this.state.n % 2 === 0) this.belt.put(this.state.n);
      }
    }
    vi.useFakeTimers();
    try {
      const run = new Pair(new Quick()).start({ store: memoryStore(), every: 'step' });
      expect(await run.output).toEqual(all);
    } finally {
      vi.useRealTimers();
    }
  });

  test('by whoever asks for one checkpoint after another: there is a step between two', async () => {
    for (const make of [() => new Count(5), () => new Family()]) {
      const run = make().start();
      let asked = 0;
      // It would go on for ever, without a turn of the event loop, if the run stood still.
      const phase = () =>
        run.checkpoint().then(
          ({ phase }) => phase.value,
          () => 'finished',
        );
      while ((await phase()) !== 'finished' && asked < 1000) asked++;
      expect(asked).toBeLessThan(1000);
      expect((await run.outcome).status).toBe('finished');
    }
  });

  test('by an observer or a subscriber that asks for a checkpoint at all that it is told', async () => {
    for (const way of ['inspect', 'subscribe']) {
      let asked = 0;
      let isAsked = false;
      const ask = () => {
        if (isAsked || run === undefined || asked >= 1000) return;
        isAsked = true;
        asked++;
        const over = () => {
          isAsked = false;
        };
        run.checkpoint().then(over, over);
      };
      let run: ReturnType<Count['start']> | undefined;
      run = new Count(5).start(way === 'inspect' ? { inspect: ask } : {});
      if (way === 'subscribe') run.actor.subscribe(ask);
      expect((await run.outcome).status).toBe('finished');
      expect(asked).toBeLessThan(100);
    }
  });

  test('a loop alone has no timer, whatever is asked of it', async () => {
    const made: unknown[] = await runProgram('timers.ts');
    // One for each run, while it gives its store back.
    expect(made).toEqual([{ alone: 2 }]);
  });

  test('a checkpoint that cannot be had is told of once, after a minute, with whom it waits for', async () => {
    const [warnings] = await runProgram('late-checkpoint.ts', [], ['--no-warnings']);
    expect(warnings).toEqual([
      'A checkpoint of the run a has been wanted for a minute. It waits for a step of pair.consumer (advancing), ' +
        'which runs beside other loops and may be changing a Stateful object. ' +
        'The run goes on, and is saved when that step is over.',
    ]);
  });
});

test('children whose steps come to an end by themselves are captured at the same boundary', async () => {
  class Sums extends Loop<number> {
    override state = { sum: 0 };
    pair = [new Count(50), new Count(50)];
    model = new Model();
    get done() {
      return this.state.sum > 0;
    }
    reset() {
      this.state.sum = 0;
    }
    async advance() {
      const sums = await Promise.all(this.pair.map((loop) => loop.run()));
      this.state.sum = sums[0]! + sums[1]!;
    }
    override onRunEnd() {
      return this.state.sum;
    }
  }
  const { store, texts } = keepingAll();
  expect(await new Sums().start({ store, every: { steps: 5 }, durability: 'sync' }).output).toBe(100);
  expect(texts.length).toBeGreaterThan(10);
  expect(await resumed(() => new Sums(), texts)).toEqual(texts.map(() => 100));
});

test('of many loops side by side, not all are looked at each time that one comes to stand', async () => {
  class Waits extends Count {
    override async advance() {
      await turn();
      this.state.n++;
    }
  }
  class Crowd extends Loop<number> {
    override state = { sum: 0 };
    loops = Array.from({ length: 100 }, () => new Waits(3));
    get done() {
      return this.state.sum > 0;
    }
    reset() {}
    async advance() {
      for (const n of await Promise.all(this.loops.map((loop) => loop.run()))) this.state.sum += n;
    }
    override onRunEnd() {
      return this.state.sum;
    }
  }
  const run = new Crowd().start();
  await turn();
  await turn();
  const looks = vi.spyOn(Actor.prototype, 'getSnapshot');
  const from = await run.checkpoint();
  // Once for each that comes would be 10,000.
  expect(looks.mock.calls.length).toBeLessThan(6000);
  looks.mockRestore();
  expect(Object.keys(from.phase.children)).toHaveLength(100);
  expect(await run.output).toBe(300);
  expect(await new Crowd().start({ from }).output).toBe(300);
});
