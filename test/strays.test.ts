import { Loop, MisconfigurationError, memoryStore, record, type Stateful } from 'loopchart';
import { describe, expect, test, vi } from 'vitest';
import { createActor } from 'xstate';
import { Count } from './support/loops.ts';

class Model implements Stateful {
  w = 0;
  stateDict() {
    return { w: this.w };
  }
  loadStateDict({ w }: { w: number }) {
    this.w = w;
  }
}

/** A loop with these fields. */
function holding(fields: object): Count {
  return Object.assign(new Count(2), fields);
}

function thrownBy(call: () => unknown): any {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
}

/** Whatever puts a tree to use. */
const uses: Record<string, (loop: Count) => unknown> = {
  machine: (loop) => loop.machine,
  run: (loop) => loop.run(),
  start: (loop) => loop.start().output,
  stateDict: (loop) => loop.stateDict(),
  loadStateDict: (loop) => loop.loadStateDict({}),
  trainer: (loop) => {
    loop.trainer = {};
  },
  restarting: (loop) => {
    loop.restarting = true;
  },
};

const collections: Record<string, (part: object) => [fields: object, place: string]> = {
  'a plain object': (part) => [{ parts: { train: part } }, 'an object (`parts.train`)'],
  'an object without a prototype': (part) => [
    { parts: Object.assign(Object.create(null), { a: part }) },
    'an object (`parts.a`)',
  ],
  'a Map': (part) => [{ parts: new Map([['train', part]]) }, 'a Map (`parts.get("train")`)'],
  'a Map, as a key': (part) => [{ parts: new Map([[part, 1]]) }, 'a Map (`parts (a key)`)'],
  'a Set': (part) => [{ parts: new Set([part]) }, 'a Set (`parts`)'],
  'an array in an array': (part) => [{ parts: [[part]] }, 'an array (`parts[0][0]`)'],
  'an object in an array': (part) => [{ parts: [1, { a: part }] }, 'an array (`parts[1].a`)'],
  'a Map in an object': (part) => [{ parts: { all: new Map([[1, part]]) } }, 'an object (`parts.all.get(…)`)'],
  'an object, under a symbol': (part) => [{ parts: { [Symbol('part')]: part } }, 'an object (`parts[Symbol(part)]`)'],
  'an array that begins with something else': (part) => [{ parts: ['none', part] }, 'an array (`parts[1]`)'],
  'an array that begins with very many empty places': (part) => [
    { parts: [...new Array(100), part, 0] },
    'an array (`parts[100]`)',
  ],
  'a field whose name is a symbol': (part) => [{ [Symbol('parts')]: part }, '`[Symbol(parts)]`'],
};

test('a child of another copy of the library, in a field or in an array, is a MisconfigurationError', async () => {
  vi.resetModules();
  const other = await import('../src/index.ts');
  class Foreign extends other.Loop {
    get done() {
      return true;
    }
    reset() {}
    advance() {}
  }
  const child = new Foreign();
  expect(child).not.toBeInstanceOf(Loop);
  for (const [fields, place] of [
    [{ batches: child }, 'batches'],
    [{ folds: [child] }, 'folds[0]'],
  ] as const) {
    await expect(holding(fields).run()).rejects.toMatchObject({
      code: 'MISCONFIGURATION',
      message: expect.stringContaining(`got a Foreign of another in \`${place}\``),
    });
  }
});

describe('a loop or a Stateful object that stands in no field of the tree and in no array of its kind', () => {
  for (const [kind, make] of Object.entries(collections)) {
    test(`but in ${kind} is a MisconfigurationError that names the field, whatever the tree is used for`, async () => {
      for (const part of [new Count(1), new Model()]) {
        const [fields, place] = make(part);
        for (const [use, call] of Object.entries(uses)) {
          const error: any = await Promise.resolve()
            .then(() => call(holding(fields)))
            .catch((thrown) => thrown);
          expect(error, use).toBeInstanceOf(MisconfigurationError);
          expect(error.path, use).toBe('count');
          expect(error.message, use).toContain(`got a ${part.constructor.name} in`);
          expect(error.message, use).toContain(place);
        }
      }
    });
  }

  test('is found below as well, and the error names the loop that holds it', () => {
    class Fit extends Count {
      epoch: Count = holding({ epochs: [holding({ metrics: { accuracy: new Model() } })] });
    }
    expect(thrownBy(() => new Fit(1).machine)).toMatchObject({
      path: 'fit.epoch.epochs.0',
      message: expect.stringContaining('`metrics.accuracy`'),
    });
  });

  test('is found when the machine begins, if it has come since the machine was asked for', async () => {
    const loop = new Count(2);
    const machines = [loop.machine, loop.machine.provide({})];
    Object.assign(loop, { parts: new Set([new Model()]) });
    for (const machine of machines) {
      const actor = createActor(machine, { input: [] });
      actor.subscribe({ error: () => {} });
      actor.start();
      expect(actor.getSnapshot()).toMatchObject({
        status: 'error',
        error: { code: 'MISCONFIGURATION', path: 'count' },
      });
    }
  });

  test('is found by a checkpoint if a hook has made it', async () => {
    class Late extends Count {
      models: Map<string, Model> | null = null;
      override onRunStart() {
        this.models = new Map([['first', new Model()]]);
      }
    }
    const run = new Late(2).start();
    run.pause();
    await expect(run.checkpoint()).rejects.toThrow('got a Model in a Map (`models.get("first")`)');
    expect(() => run.actor.getPersistedSnapshot()).toThrow('got a Model in a Map (`models.get("first")`)');
    run.resume();
    await run.output;
  });
});

describe('no mistake is', () => {
  test('a collection of what stands in the tree as well: in a field, an array, above, beside', async () => {
    class Named extends Count {
      first: Count = new Count(1);
      folds: Count[] = [new Count(1)];
      model: Model = new Model();
      readonly byName: Map<string, object> = new Map<string, object>([
        ['first', this.first],
        ['fold', this.folds[0]!],
        ['model', this.model],
        ['self', this],
      ]);
    }
    const loop = new Named(1);
    Object.assign(loop.first, { around: { parent: loop, beside: loop.folds[0], model: loop.model } });
    expect(await loop.run()).toBe(1);
    // The part of a tree is used by itself.
    expect(Object.keys(loop.first.stateDict())).toEqual(['state_dict']);
    loop.restarting = true;
    expect(loop.first.restarting).toBe(true);
  });

  test('what the state and the init hold, a #private field, and what an instance of another class holds', async () => {
    class Box {
      readonly loop: Count = new Count(1);
      readonly models: Map<string, Model> = new Map([['a', new Model()]]);
    }
    class Private extends Count {
      readonly #hidden: Map<string, Count> = new Map([['a', new Count(1)]]);
      readonly box: Box = new Box();
      get size() {
        return this.#hidden.size;
      }
    }
    const loop = new Private(1);
    expect(Object.keys(loop.stateDict())).toEqual(['state_dict']);
    class Init extends Loop {
      get done() {
        return true;
      }
      reset() {}
      advance() {}
    }
    await new Init({ models: [[new Model()]], loops: new Set([new Count(1)]) }).run();
  });

  test('what a Stateful object holds: that is its own affair', async () => {
    const model = { parts: { inner: new Model() }, stateDict: () => ({}), loadStateDict: () => {} };
    expect(await holding({ model }).run()).toBe(2);
    expect(await holding({ models: [model] }).run()).toBe(2);
  });
});

describe('looking for them', () => {
  test('calls no getter, and passes over what throws at whoever looks', async () => {
    let called = 0;
    const lazy = {
      get loop(): Count {
        called++;
        throw new Error('not yet');
      },
    };
    const hostile = new Proxy(
      {},
      {
        getPrototypeOf() {
          throw new Error('go away');
        },
        get() {
          throw new Error('go away');
        },
        ownKeys() {
          throw new Error('go away');
        },
      },
    );
    expect(await holding({ lazy, nested: [hostile, { lazy }] }).run()).toBe(2);
    expect(called).toBe(0);
  });

  test('passes over a field that throws at whoever asks for what it has not', async () => {
    // As settings that are read from the environment do.
    const get = (settings: any, key: string | symbol) => {
      if (!(key in settings)) throw new ReferenceError(`${String(key)} is not set`);
      return settings[key];
    };
    const refuse = () => {
      throw new Error('go away');
    };
    const { proxy: revoked, revoke } = Proxy.revocable<any>([], {});
    revoke();
    const everything = { get, has: refuse, getPrototypeOf: refuse, ownKeys: refuse };
    for (const field of [
      new Proxy({ PORT: 80 }, { get }),
      new Proxy({}, everything),
      new Proxy([], everything),
      revoked,
    ]) {
      const store = memoryStore();
      const run = holding({ field }).start({ store, id: 'one', paused: true });
      await run.step(1);
      await run.suspend();
      const from = await store.load('one');
      expect(await holding({ field }).start({ store, from, inspect: record() }).output).toBe(2);
      expect(holding({ field }).stateDict()).toHaveProperty('state_dict');
    }
  });

  test('ends in circles, and in what is larger than anybody wants to look at', async () => {
    const circle: { self?: object; list: object[] } = { list: [] };
    circle.self = circle;
    circle.list.push(circle, [circle]);
    const endless = new Set(Array.from({ length: 1e5 }, (_, i) => ({ i })));
    let deep: object = {};
    for (let i = 0; i < 1e5; i++) deep = { deep };
    expect(await holding({ circle, endless, deep, numbers: new Array(1e6).fill(0) }).run()).toBe(2);
  });
});

describe('Stateful objects in an array', () => {
  class Ensemble extends Loop<number[]> {
    override state = { n: 0 };
    models: (Model | null)[] = [null, new Model(), new Model()];
    get done() {
      return this.state.n >= 6;
    }
    reset() {
      this.state.n = 0;
    }
    async advance() {
      for (const [i, model] of this.models.entries()) if (model !== null) model.w += i;
      this.state.n++;
    }
    override onRunEnd() {
      return this.models.map((model) => model?.w ?? -1);
    }
  }

  test('are captured under their index, also in loops below, and come back from a checkpoint', async () => {
    class Fit extends Loop<number[]> {
      override state: { got: number[] | null } = { got: null };
      folds: Ensemble[] = [new Ensemble()];
      get done() {
        return this.state.got !== null;
      }
      reset() {
        this.state.got = null;
      }
      async advance() {
        this.state.got = await this.folds[0]!.run();
      }
      override onRunEnd() {
        return this.state.got!;
      }
    }
    const run = new Fit().start({ paused: true });
    await run.step(4);
    const from = await run.suspend();
    expect(from.assets).toEqual({ 'folds.0.models.1': { w: 4 }, 'folds.0.models.2': { w: 8 } });
    expect(from.shape).toContain('folds.0.models.1 (asset)');
    expect(await new Fit().start({ from: JSON.parse(JSON.stringify(from)) }).output).toEqual([-1, 6, 12]);
  });

  test('that are made while the loop runs are missed by an error that says where to make them', async () => {
    class Late extends Count {
      override reset() {
        super.reset();
        Object.assign(this, { made: new Model(), child: Object.assign(new Count(1), { own: new Model() }) });
      }
    }
    const run = new Late(2).start({ paused: true });
    await run.step();
    const from = await run.suspend();
    expect(thrownBy(() => new Late(2).start({ from }))).toMatchObject({
      code: 'CHECKPOINT_MISMATCH',
      message: expect.stringContaining(
        'Make `child`, `made` in the constructor, or from the state in onLoadCheckpoint: reset and onRunStart are not repeated. ' +
          'A Stateful object is loaded after that, and before onRestart',
      ),
    });
  });

  test('one more or one less is another shape', async () => {
    const run = new Ensemble().start({ paused: true });
    await run.step(1);
    const from = await run.suspend();
    const fewer = new Ensemble();
    fewer.models.pop();
    expect(thrownBy(() => fewer.start({ from }))).toMatchObject({
      code: 'CHECKPOINT_MISMATCH',
      message: expect.stringContaining('`models.2 (asset)`'),
    });
  });
});
