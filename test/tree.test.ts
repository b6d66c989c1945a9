import { Loop, LoopError, MisconfigurationError } from 'loopchart';
import { describe, expect, test } from 'vitest';
import { createActor, toPromise } from 'xstate';
import { actorsOf } from '../src/chart/xstate-inner.ts';
import { isLinked, walk } from '../src/tree/tree.ts';
import { random } from './support/trees.ts';

class Leaf extends Loop<number> {
  override state = { n: 0 };
  get done() {
    return this.state.n >= 1;
  }
  reset() {
    this.state.n = 0;
  }
  advance() {
    this.state.n++;
  }
  override onRunEnd() {
    return this.state.n;
  }
}

/** Made with an init, like a loop that is to be replaced by its class. */
class Sized extends Leaf {
  readonly size: number;
  constructor(init?: { size: number }) {
    super(init);
    this.size = init?.size ?? 1;
  }
}

class Epoch extends Leaf {
  batches: Leaf | null = null;
  validate: Leaf | null = null;
  folds: Leaf[] = [];
}

class Fit extends Leaf {
  epoch: Leaf | null = new Epoch();
  other: Leaf | null = null;
  folds: Leaf[] = [];
  /** No field for loops. */
  rate = 0.1;
  losses: number[] = [1];
}

function thrownBy(call: () => unknown): any {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('connect', () => {
  test('sets fields, also those that hold null, nothing, a loop or an array', () => {
    const fit = new Fit();
    const [epoch, other, fold] = [new Epoch(), new Leaf(), new Leaf()];
    fit.connect({ epoch, other, folds: [fold] });
    expect([fit.epoch, fit.other, fit.folds]).toEqual([epoch, other, [fold]]);
    expect(fit.epoch).toBe(epoch);
    expect([epoch, other, fold].map(({ path }) => path)).toEqual(['fit.epoch', 'fit.other', 'fit.folds.0']);
    fit.connect({ folds: [] });
    expect(fit.folds).toEqual([]);
  });

  test('makes them part of the state dict, of a run, and of what trainer and restarting reach', async () => {
    class Runs extends Fit {
      override async advance() {
        this.state.n++;
        this.state.n += await this.other!.run();
      }
    }
    const fit = new Runs();
    const trainer = {};
    fit.trainer = trainer;
    const other = new Leaf();
    fit.connect({ other });
    expect(other.trainer).toBe(trainer);
    fit.restarting = true;
    expect(other.restarting).toBe(true);
    expect(Object.keys(fit.stateDict())).toContain('other.state_dict');
    expect(await fit.run()).toBe(2);
  });

  test('passes no trainer on where there is none', () => {
    const fit = new Fit();
    const other = new Leaf();
    fit.connect({ other });
    expect(() => other.trainer).toThrow('not attached');
  });

  const wrong: [what: string, loops: any, message: string][] = [
    ['an unknown name', { epochs: new Leaf() }, 'got `epochs`. Fit has epoch; declare the field first'],
    ['a field that is not for loops', { rate: new Leaf() }, 'got `rate`'],
    ['an array that is not for loops', { losses: new Leaf() }, 'got `losses`'],
    ['the name of an item', { 'folds.0': new Leaf() }, 'got `folds.0`'],
    ['state', { state: new Leaf() }, 'got `state`'],
    ['init', { init: new Leaf() }, 'got `init`'],
    ['a method', { advance: new Leaf() }, 'got `advance`'],
    ['something of Object', { toString: new Leaf() }, 'got `toString`'],
    ['no loop', { epoch: 5 }, 'expected `epoch` to be a loop or an array of loops, got `5`'],
    ['null', { epoch: null }, 'expected `epoch` to be a loop or an array of loops, got `null`'],
    ['a class', { epoch: Epoch }, 'got the function Epoch'],
    ['an object', { epoch: {} }, 'got a Object'],
    ['an array with something else', { folds: [new Leaf(), 3] }, 'got an array with something else in it'],
  ];

  test.for(wrong)('with %s is a MisconfigurationError, and nothing has changed', ([, loops, message]) => {
    const fit = new Fit();
    const before = { ...fit };
    const error = thrownBy(() => fit.connect({ other: new Leaf(), ...loops }));
    expect(error).toBeInstanceOf(MisconfigurationError);
    expect(error).toBeInstanceOf(LoopError);
    expect(error).toMatchObject({ code: 'MISCONFIGURATION', path: 'fit', name: 'MisconfigurationError' });
    expect(error.message).toContain(message);
    expect({ ...fit }).toEqual(before);
    expect(fit.epoch).toBe(before.epoch);
  });

  test('takes no class and nothing that is no loop, says the type system', () => {
    const fit = new Fit();
    // @ts-expect-error a class
    expect(() => fit.connect({ epoch: Epoch })).toThrow(MisconfigurationError);
    // @ts-expect-error no loop
    expect(() => fit.connect({ epoch: { run() {} } })).toThrow(MisconfigurationError);
  });

  test('replaces no loop that is running', async () => {
    const fit = new Fit();
    let error: unknown;
    const other = new Leaf();
    fit.connect({ other });
    other.advance = () => {
      other.state.n++;
      error = thrownBy(() => fit.connect({ other: new Leaf() }));
    };
    await other.run();
    expect(error).toMatchObject({ code: 'ALREADY_RUNNING', path: 'fit.other' });
    expect(fit.other).toBe(other);
  });
});

describe('the loops form a tree', () => {
  const cyclic = () => {
    const [a, b] = [new Epoch(), new Epoch()];
    a.batches = b;
    b.batches = a;
    return { a, b };
  };

  test('connecting a loop below itself is an error, and nothing has changed', () => {
    const [a, b] = [new Epoch(), new Epoch()];
    a.connect({ batches: b });
    const error = thrownBy(() => b.connect({ batches: a }));
    expect(error).toBeInstanceOf(MisconfigurationError);
    expect(error.path).toBe('epoch.batches.batches');
    expect(error.message).toContain('holds itself: a cycle (epoch and epoch.batches.batches)');
    expect(b.batches).toBe(null);
    expect(thrownBy(() => a.connect({ validate: a })).message).toContain('a cycle');
    expect(a.validate).toBe(null);
    expect(b.path).toBe('epoch.batches');
  });

  test.for([
    ['run', ({ a }: any) => a.run()],
    ['run of the other', ({ b }: any) => b.run()],
    ['start', async ({ a }: any) => a.start()],
    ['stateDict', async ({ a }: any) => a.stateDict()],
    ['loadStateDict', async ({ a }: any) => a.loadStateDict({})],
    ['connect', async ({ a }: any) => a.connect({ validate: new Leaf() })],
    ['trainer', async ({ a }: any) => Object.assign(a, { trainer: {} })],
    ['restarting', async ({ a }: any) => Object.assign(a, { restarting: true })],
  ] as [string, (loops: object) => Promise<any>][])(
    'a cycle made by setting fields is an error in %s',
    async ([, use]) => {
      const loops = cyclic();
      for (const _ of [1, 2]) {
        const error = await use(loops).catch((thrown) => thrown);
        expect(error).toBeInstanceOf(MisconfigurationError);
        expect(error.message).toContain('a cycle');
      }
      expect(loops.a.path).toBe('epoch');
    },
  );

  test('a cycle through fields that had been a tree in turn does not hang path', () => {
    const [a, b] = [new Epoch(), new Epoch()];
    a.batches = b;
    a.stateDict();
    a.batches = null;
    b.batches = a;
    b.stateDict();
    a.batches = b;
    expect(a.path).toBe('epoch.batches');
    expect(() => a.stateDict()).toThrow('a cycle');
  });

  test('one loop in two fields, or twice in an array, is an error', () => {
    const leaf = new Leaf();
    const fit = new Fit();
    const error = thrownBy(() => fit.connect({ epoch: leaf, other: leaf }));
    expect(error).toBeInstanceOf(MisconfigurationError);
    expect(error.message).toContain('a Leaf that stands in two places (fit.epoch and fit.other)');
    expect(fit.epoch).toBeInstanceOf(Epoch);
    expect(() => fit.connect({ folds: [leaf, leaf] })).toThrow('(fit.folds.0 and fit.folds.1)');
    expect(fit.folds).toEqual([]);
  });

  test('a second parent is an error that names the first, and nothing has changed', async () => {
    const leaf = new Leaf();
    const [first, second] = [new Fit(), new Epoch()];
    first.connect({ other: leaf });
    const error = thrownBy(() => second.connect({ batches: leaf }));
    expect(error).toBeInstanceOf(MisconfigurationError);
    expect(error).toMatchObject({ path: 'epoch.batches' });
    expect(error.message).toContain('fit holds as `other` already');
    expect(error.message).toContain('Make a second instance, or take it out there first');
    expect(second.batches).toBe(null);
    expect(leaf.path).toBe('fit.other');
    second.batches = leaf;
    await expect(second.run()).rejects.toBeInstanceOf(MisconfigurationError);
    // Taken out there, it is free.
    first.other = null;
    second.stateDict();
    expect(leaf.path).toBe('epoch.batches');
  });

  test('a cycle and a second parent below a field are found as well', () => {
    const leaf = new Leaf();
    const epoch = new Epoch();
    epoch.batches = leaf;
    epoch.validate = leaf;
    expect(() => new Fit().connect({ epoch })).toThrow(
      'stands in two places (fit.epoch.batches and fit.epoch.validate)',
    );
  });
});

test('loops that stand more than a thousand levels deep in one another are an error, wherever they are put to use', async () => {
  const nested = (levels: number) => {
    let fit = new Fit();
    for (let i = 1; i < levels; i++) {
      const outer = new Fit();
      outer.other = fit;
      fit = outer;
    }
    return fit;
  };
  const uses: ((fit: Fit) => unknown)[] = [
    (fit) => fit.machine,
    (fit) => fit.run(),
    (fit) => fit.start(),
    (fit) => fit.stateDict(),
    (fit) => new Fit().connect({ other: fit }),
  ];
  for (const use of uses) {
    const error = await Promise.resolve()
      .then(() => use(nested(5000)))
      .catch((one: unknown) => one);
    expect(error).toBeInstanceOf(MisconfigurationError);
    expect((error as Error).message).toContain('at most 1000 levels deep');
  }
  expect(Object.keys(nested(900).stateDict()).length).toBeGreaterThan(900);
});

test('a child in a field that is called as something that every object has is an error', async () => {
  for (const name of ['toString', 'constructor', '__proto__', '']) {
    const fit = new Fit();
    Object.defineProperty(fit, name, { value: new Leaf(), enumerable: true });
    expect(thrownBy(() => fit.machine)).toBeInstanceOf(MisconfigurationError);
    expect(thrownBy(() => fit.machine).message).toContain(`a name of its own, got \`${name}\``);
    await expect(fit.run()).rejects.toMatchObject({ code: 'MISCONFIGURATION' });
  }
});

describe('loops that a hook has put in the wrong place', () => {
  /** What its hook does is given. */
  class Wires extends Loop<string> {
    override state = { n: 0 };
    child: Leaf = Object.assign(new Leaf(), { owner: null });
    stages: Leaf[] = [new Leaf(), new Leaf()];
    current: Leaf | null = null;
    readonly hook: string;
    readonly wire: (loop: Wires) => void;
    constructor(hook: string, wire: (loop: Wires) => void) {
      super();
      this.hook = hook;
      this.wire = wire;
    }
    get done() {
      return this.state.n >= 3;
    }
    #in(hook: string) {
      if (this.hook === hook) this.wire(this);
    }
    reset() {
      this.state.n = 0;
      this.#in('reset');
    }
    override onRunStart() {
      this.#in('onRunStart');
    }
    async advance() {
      this.#in('advance');
      await this.child.run();
      if (this.current !== null) await this.current.run();
      this.state.n++;
    }
    override onAdvanceEnd() {
      this.#in('onAdvanceEnd');
    }
    override onRunEnd() {
      return `${this.state.n} steps`;
    }
  }
  const ways: { [way: string]: (loop: Wires) => Promise<unknown> } = {
    'run()': (loop) => loop.run(),
    'start()': (loop) => loop.start().output,
    'start() with an observer': (loop) => loop.start({ inspect: () => {} }).output,
    'a machine': (loop) => {
      const actor = createActor(loop.machine);
      const output = toPromise(actor);
      actor.start();
      return output;
    },
  };
  const mistakes: { [mistake: string]: [wire: (loop: Wires) => unknown, says: string] } = {
    'the parent in a field of its child': [(loop) => Object.assign(loop.child, { owner: loop }), 'a cycle'],
    'the loop in itself': [(loop) => Object.assign(loop, { current: loop }), 'a cycle'],
    'two new ones in each other': [
      (loop) => {
        const [a, b]: any[] = [new Leaf(), new Leaf()];
        Object.assign(a, { b });
        Object.assign(b, { a });
        Object.assign(loop, { a });
      },
      'a cycle',
    ],
    'one of a list in a field as well': [(loop) => Object.assign(loop, { current: loop.stages[1] }), 'in two places'],
    'one of another tree': [(loop) => Object.assign(loop, { current: taken.epoch }), 'fit holds as `epoch` already'],
  };
  const taken = Object.assign(new Fit(), { epoch: new Leaf() });
  void taken.machine;
  for (const [mistake, [wire, says]] of Object.entries(mistakes)) {
    for (const [way, go] of Object.entries(ways)) {
      test(`${mistake} is an error by name, whichever hook has done it, with ${way}`, async () => {
        for (const hook of ['reset', 'onRunStart', 'advance', 'onAdvanceEnd']) {
          const error = await go(new Wires(hook, wire)).catch((one: unknown) => one);
          expect(error, hook).toMatchObject({ code: 'MISCONFIGURATION', message: expect.stringContaining(says) });
        }
      });
    }
  }

  test('is an error in the step that has done it', async () => {
    const loop = new Wires('advance', (it) => Object.assign(it, { current: it.stages[it.state.n]! }));
    const run = loop.start();
    await expect(run.output).rejects.toMatchObject({ path: 'wires.current' });
    expect(loop.state.n).toBe(1);
  });

  test('are none where they have only gone elsewhere: round a list, from one loop to another, out and back in', async () => {
    const moves: ((loop: any) => void)[] = [
      (it) => it.stages.push(it.stages.shift()),
      (it) => ([it.stages, it.current] = [it.stages.slice(1), it.stages[0] ?? null]),
      (it) => ([it.child.owner, it.current] = [it.current, it.child.owner ?? new Leaf()]),
      (it) => Object.assign(it, { current: it.state.n % 2 === 0 ? new Leaf() : null }),
    ];
    for (const move of moves) {
      for (const go of Object.values(ways)) expect(await go(new Wires('onAdvanceEnd', move))).toBe('3 steps');
    }
  });
});

describe('a child in a field', () => {
  const named = (name: string) => {
    const fit = new Fit();
    Object.defineProperty(fit, name, { value: new Leaf(), enumerable: true });
    return fit;
  };

  test('that is called as an actor of every machine is an error, and no run that hangs', async () => {
    const own = Object.keys(actorsOf(new Fit().machine)).filter((name) => !(name in new Fit()));
    expect(own).toEqual(['abort', 'fail']);
    for (const name of own) {
      const said = {
        code: 'MISCONFIGURATION',
        path: 'fit',
        message: expect.stringContaining(`got \`${name}\`, as an`),
      };
      expect(thrownBy(() => named(name).machine)).toMatchObject(said);
      expect(thrownBy(() => named(name).start())).toMatchObject(said);
      await expect(named(name).run()).rejects.toMatchObject(said);
    }
  });

  test('that is called as what every loop says of itself, which it would hide, is an error', async () => {
    for (const name of ['skip', 'done', 'running', 'restarting', 'machine', 'trainer', 'path']) {
      const said = { code: 'MISCONFIGURATION', message: expect.stringContaining(`got \`${name}\``) };
      await expect(named(name).run()).rejects.toMatchObject(said);
      expect(thrownBy(() => named(name).start())).toMatchObject(said);
    }
  });

  test('may be called as a method of Loop, and a list of children as anything', async () => {
    for (const name of ['connect', 'replace', 'end', 'sleep']) {
      expect(await named(name).run()).toBe(await named(name).start().output);
    }
    const fit = Object.assign(new Fit(), { abort: [new Leaf()] });
    fit.advance = async () => {
      fit.state.n += await fit.abort[0]!.run();
    };
    expect(await fit.start().output).toBe(await fit.run());
  });
});

describe('the machine of a loop', () => {
  test('is refused as its run is: a cycle, one loop in two fields, a second parent', () => {
    const cyclic = new Fit();
    const inner = new Fit();
    cyclic.other = inner;
    inner.other = cyclic;
    expect(thrownBy(() => cyclic.machine)).toBeInstanceOf(MisconfigurationError);
    expect(thrownBy(() => inner.machine).message).toContain('a cycle');

    const twice = new Fit();
    twice.folds = [new Leaf()];
    twice.other = twice.folds[0]!;
    expect(thrownBy(() => twice.machine).message).toContain('stands in two places');

    const [first, second] = [new Fit(), new Fit()];
    first.other = new Leaf();
    second.other = first.other;
    expect(first.machine.id).toBe('loop');
    expect(thrownBy(() => second.machine).message).toContain('fit holds as `other` already');
  });

  test('is refused also for what is wrong further down, and for what was changed since it was first asked for', () => {
    const fit = new Fit();
    expect(fit.machine.id).toBe('loop');
    const epoch = fit.epoch as Epoch;
    epoch.batches = new Leaf();
    epoch.validate = epoch.batches;
    expect(thrownBy(() => fit.machine)).toMatchObject({ code: 'MISCONFIGURATION', path: 'fit.epoch.validate' });
    epoch.validate = null;
    expect(fit.machine.id).toBe('loop');
    epoch.folds = [fit];
    expect(thrownBy(() => fit.machine).message).toContain('a cycle');
    // The one below as well, which has been put under another meanwhile.
    expect(thrownBy(() => epoch.machine).message).toContain('a cycle');
  });

  test('that was asked for before the loops were wired wrongly fails when it starts', async () => {
    const fit = new Fit();
    const machine = fit.machine;
    fit.other = new Fit();
    (fit.other as Fit).other = fit;
    const actor = createActor(machine, { input: [] });
    const output = toPromise(actor);
    actor.start();
    await expect(output).rejects.toBeInstanceOf(MisconfigurationError);
    fit.other = null;
    expect(await toPromise(createActor(machine, { input: [] }).start())).toBe(1);
  });

  test('is that of loops as they are when they run, also below and behind `provide()`', async () => {
    class Runs extends Leaf {
      child: Leaf = new Leaf();
      got = 0;
      override async advance() {
        this.got = (await this.child.run()) ?? 0;
        this.state.n++;
      }
      override onRunEnd() {
        return this.got;
      }
    }
    class Ten extends Leaf {
      override onRunEnd() {
        return 10;
      }
    }
    const loop = new Runs();
    const provided = loop.machine.provide({ actors: {} });
    expect(await toPromise(createActor(provided, { input: [] }).start())).toBe(1);
    loop.replace({ child: Ten });
    expect(loop.machine.id).toBe('loop');
    expect(await toPromise(createActor(provided, { input: [] }).start())).toBe(10);
    // What was provided on purpose stays.
    const given = loop.machine.provide({ actors: { child: new Leaf().machine } as any });
    loop.replace({ child: Ten });
    expect(await toPromise(createActor(given, { input: [] }).start())).toBe(1);
  });

  test('is refused for a child that its parent has wired wrongly by the time it runs it', async () => {
    class Late extends Leaf {
      child: Fit = new Fit();
      override reset() {
        super.reset();
        this.child.other = new Leaf();
        this.child.folds = [this.child.other];
      }
      override async advance() {
        await this.child.run();
      }
    }
    await expect(new Late().run()).rejects.toMatchObject({ code: 'MISCONFIGURATION', path: 'late.child.folds.0' });
  });
});

describe('arrays of loops', () => {
  class Folds extends Leaf {
    folds: Leaf[] = [new Leaf(), new Leaf()];
    override async advance() {
      for (const fold of this.folds) this.state.n += await fold.run();
    }
  }

  test('are children by their index', async () => {
    const loop = new Folds();
    expect(Object.keys(loop.stateDict())).toEqual(['state_dict', 'folds.0.state_dict', 'folds.1.state_dict']);
    expect(await loop.run()).toBe(2);
    expect(loop.folds.map(({ path }) => path)).toEqual(['folds.folds.0', 'folds.folds.1']);
  });

  test('may grow and shrink between runs', async () => {
    const loop = new Folds();
    loop.folds.push(new Leaf());
    expect(await loop.run()).toBe(3);
    loop.folds.length = 1;
    expect(await loop.run()).toBe(1);
    expect(Object.keys(loop.stateDict())).toEqual(['state_dict', 'folds.0.state_dict']);
  });

  test('may have empty places, also at the beginning: the others keep their names', async () => {
    class Sparse extends Leaf {
      folds: (Leaf | null | undefined)[] = [null, new Leaf(), undefined, new Leaf()];
      override async advance() {
        for (const fold of this.folds) this.state.n += (await fold?.run()) ?? 0;
      }
    }
    const loop = new Sparse();
    expect(Object.keys(loop.stateDict())).toEqual(['state_dict', 'folds.1.state_dict', 'folds.3.state_dict']);
    expect(await loop.run()).toBe(2);
    // Let go of one after another, in a field that was declared for more.
    loop.folds = [...new Array(500).fill(null), new Leaf()];
    expect(Object.keys(loop.stateDict())).toEqual(['state_dict', 'folds.500.state_dict']);
    loop.folds = new Array(3);
    loop.folds[1] = new Leaf();
    expect(Object.keys(loop.stateDict())).toEqual(['state_dict', 'folds.1.state_dict']);
    loop.connect({ folds: [new Leaf()] });
    expect(Object.keys(loop.stateDict())).toEqual(['state_dict', 'folds.0.state_dict']);
  });
});

describe('replace', () => {
  test('with an instance puts it in the place, and gives it the old one’s children where it has none', () => {
    const fit = new Fit();
    const [batches, validate, fold] = [new Leaf(), new Leaf(), new Leaf()];
    fit.epoch!.connect({ batches, validate, folds: [fold] });
    const fresh = new Epoch();
    expect(fit.replace({ epoch: fresh })).toEqual({ dropped: [] });
    expect(fit.epoch).toBe(fresh);
    expect(fresh.batches).toBe(batches);
    expect(fresh.validate).toBe(validate);
    expect(fresh.folds).toEqual([fold]);
    expect([batches, validate, fold].map(({ path }) => path)).toEqual([
      'fit.epoch.batches',
      'fit.epoch.validate',
      'fit.epoch.folds.0',
    ]);
  });

  test('keeps the children that an instance came with', () => {
    const fit = new Fit();
    fit.epoch!.connect({ batches: new Leaf(), folds: [new Leaf()] });
    const [own, fold] = [new Leaf(), new Leaf()];
    const fresh = new Epoch();
    fresh.connect({ batches: own, folds: [fold] });
    // The others are not lost without a word.
    expect(fit.replace({ epoch: fresh })).toEqual({ dropped: ['epoch.batches', 'epoch.folds'] });
    expect(fresh.batches).toBe(own);
    expect(fresh.folds).toEqual([fold]);
  });

  test('takes an instance that was built around the old one’s children', () => {
    const fit = new Fit();
    const batches = new Leaf();
    fit.epoch!.connect({ batches });
    const fresh = new Epoch();
    fresh.batches = batches;
    expect(fit.replace({ epoch: fresh })).toEqual({ dropped: [] });
    expect(batches.path).toBe('fit.epoch.batches');

    const outer = new Epoch();
    outer.validate = new Epoch();
    (outer.validate as Epoch).validate = batches;
    outer.batches = new Leaf();
    expect(fit.replace({ epoch: outer })).toEqual({ dropped: [] });
    expect(batches.path).toBe('fit.epoch.validate.validate');
  });

  test('with a class names what had been connected to the old one, where the class has loops of its own', () => {
    class Batches extends Leaf {
      inner: Leaf | null = new Leaf();
    }
    class Whole extends Epoch {
      override batches: Leaf | null = new Batches();
      override folds: Leaf[] = [new Leaf()];
    }
    class OtherWhole extends Whole {}
    const fit = new Fit();
    fit.replace({ epoch: Whole });
    const [batches, validate] = [new Leaf(), new Leaf()];
    fit.epoch!.connect({ batches, validate });
    expect(fit.replace({ epoch: OtherWhole })).toEqual({ dropped: ['epoch.batches', 'epoch.folds'] });
    expect((fit.epoch as Whole).batches).toBeInstanceOf(Batches);
    expect((fit.epoch as Whole).validate).toBe(validate);
    // It is free to stand somewhere else.
    fit.connect({ other: batches });
    expect(batches.path).toBe('fit.other');
  });

  test('puts no single loop where the new one has a list', () => {
    class Lists extends Leaf {
      batches: Leaf[] = [];
    }
    const fit = new Fit();
    fit.epoch!.connect({ batches: new Leaf() });
    expect(fit.replace({ epoch: Lists })).toEqual({ dropped: ['epoch.batches'] });
    expect((fit.epoch as Lists).batches).toEqual([]);
  });

  test('by the loop that stands there already changes nothing', () => {
    const fit = new Fit();
    const batches = new Leaf();
    fit.epoch!.connect({ batches });
    expect(fit.replace({ epoch: fit.epoch! })).toEqual({ dropped: [] });
    expect(batches.path).toBe('fit.epoch.batches');
  });

  test('names the children for which the new one has no field', () => {
    class NoFields extends Leaf {}
    class OtherField extends Leaf {
      batches = 5;
      validate: Leaf | null = null;
    }
    const fit = new Fit();
    fit.epoch!.connect({ batches: new Leaf(), folds: [new Leaf(), new Leaf()] });
    const old = fit.epoch!;
    expect(fit.replace({ epoch: new NoFields() })).toEqual({ dropped: ['epoch.batches', 'epoch.folds'] });
    expect(Object.keys(fit.stateDict())).toEqual(['state_dict', 'epoch.state_dict']);
    fit.replace({ epoch: old });
    expect(fit.replace({ epoch: OtherField })).toEqual({ dropped: ['epoch.batches', 'epoch.folds'] });
    expect((fit.epoch as OtherField).batches).toBe(5);
  });

  test('makes a class with the init of the old loop', () => {
    const init = { size: 7 };
    const fit = new Fit();
    fit.connect({ other: new Sized(init) });
    class Larger extends Sized {
      constructor(given?: { size: number }) {
        super(given && { size: given.size * 10 });
      }
    }
    fit.replace({ other: Larger });
    expect(fit.other).toBeInstanceOf(Larger);
    expect((fit.other as Larger).size).toBe(70);
    class Asks extends Leaf {
      readonly got: unknown;
      constructor(given: { size: number }) {
        super(given);
        this.got = given;
      }
    }
    fit.connect({ other: new Sized(init) });
    fit.replace({ other: Asks });
    expect((fit.other as Asks).got).toBe(init);
  });

  test('makes a class that needs no init of a loop that had none', () => {
    class Default extends Leaf {
      readonly size: number;
      constructor(init: { size?: number } = {}) {
        super(init);
        this.size = init.size ?? 1;
      }
    }
    const fit = new Fit();
    fit.replace({ epoch: Default });
    expect((fit.epoch as Default).size).toBe(1);
  });

  test('needs no trainer, and passes one on', () => {
    const fit = new Fit();
    fit.replace({ epoch: Epoch });
    const trainer = {};
    fit.trainer = trainer;
    fit.replace({ epoch: Epoch });
    expect(fit.epoch!.trainer).toBe(trainer);
  });

  test('takes several at once', () => {
    const fit = new Fit();
    fit.connect({ other: new Leaf() });
    const [epoch, other] = [new Epoch(), new Leaf()];
    fit.replace({ epoch, other });
    expect([fit.epoch === epoch, fit.other === other]).toEqual([true, true]);
  });

  test('is seen by the next run', async () => {
    class Runs extends Fit {
      override async advance() {
        this.state.n += await this.epoch!.run();
      }
    }
    class Tens extends Leaf {
      override onRunEnd() {
        return 10;
      }
    }
    const fit = new Runs();
    expect(await fit.run()).toBe(1);
    fit.replace({ epoch: Tens });
    expect(await fit.run()).toBe(10);
  });

  test('carries nothing else over, and leaves the old loop as it was', () => {
    const fit = new Fit();
    const old = fit.epoch!;
    old.state.n = 9;
    old.restarting = true;
    fit.replace({ epoch: Epoch });
    expect(fit.epoch!.state).toEqual({ n: 0 });
    expect(fit.epoch!.restarting).toBe(false);
    expect(old.state).toEqual({ n: 9 });
  });

  class NeedsInit extends Leaf {
    constructor(init: { size: number }) {
      super(init);
      init.size.toFixed();
    }
  }

  class NeedsMore extends Leaf {
    readonly model: object;
    constructor(init: object, model: object) {
      super(init);
      this.model = model;
    }
  }
  class NeedsAsMuch extends NeedsMore {
    lr = 0.1;
  }

  const wrong: [what: string, loops: any, message: string, path: string][] = [
    ['a class that takes more than an init', { epoch: NeedsMore }, 'its constructor takes 2 arguments', 'fit.epoch'],
    ['a class that extends such a class', { epoch: NeedsAsMuch }, 'its constructor takes 2 arguments', 'fit.epoch'],
    [
      'two, of which the second cannot be made',
      { epoch: Epoch, other: NeedsMore },
      'expected a loop in `other`',
      'fit',
    ],
    ['an unknown name', { epochs: Epoch }, 'replace expected the name of a field for loops, got `epochs`', 'fit'],
    [
      'an empty place',
      { other: Leaf },
      'expected a loop in `other` to take the place of, found `null`. Use connect.',
      'fit',
    ],
    [
      'an array',
      { folds: Leaf },
      'expected a loop in `folds` to take the place of, found an array. Use connect.',
      'fit',
    ],
    ['no loop', { epoch: 5 }, 'expected `epoch` to be a loop or a class of loops, got `5`', 'fit'],
    ['a class of something else', { epoch: Map }, 'got the function Map', 'fit'],
    ['an arrow function', { epoch: () => new Leaf() }, 'got the function epoch', 'fit'],
    ['a class whose init is not there', { epoch: NeedsInit }, 'Give replace an instance', 'fit.epoch'],
  ];

  test.for(wrong)('with %s is a MisconfigurationError, and nothing has changed', ([, loops, message, path]) => {
    const fit = new Fit();
    const batches = new Leaf();
    fit.epoch!.connect({ batches });
    const before = { ...fit };
    const error = thrownBy(() => fit.replace(loops));
    expect(error).toBeInstanceOf(MisconfigurationError);
    expect(error.path).toBe(path);
    expect(error.message).toContain(message);
    expect({ ...fit }).toEqual(before);
    expect(fit.epoch).toBe(before.epoch);
  });

  test('takes a class that makes do with the init, whatever the class it extends takes', () => {
    class Enough extends NeedsMore {
      constructor(init: { model: object } = { model: {} }) {
        super(init, init.model);
      }
    }
    class None extends NeedsMore {
      constructor() {
        super({}, []);
      }
    }
    const fit = new Fit();
    fit.connect({ other: new Sized({ size: 3 }) });
    expect(() => fit.replace({ other: NeedsMore as any })).toThrow('its constructor takes 2 arguments');
    const model = {};
    fit.connect({ other: new Enough({ model }) });
    fit.replace({ other: Enough });
    expect((fit.other as Enough).model).toBe(model);
    fit.replace({ epoch: None, other: class extends Sized {} });
    expect((fit.epoch as None).model).toEqual([]);
  });

  test('with a class whose constructor makes something else is refused', () => {
    class Other extends Leaf {
      constructor() {
        super();
        // biome-ignore lint/correctness/noConstructorReturn: that is what is tried.
        return {} as Leaf;
      }
    }
    const fit = new Fit();
    const { epoch } = fit;
    const error = thrownBy(() => fit.replace({ epoch: Other as any }));
    expect(error).toMatchObject({ code: 'MISCONFIGURATION', path: 'fit.epoch' });
    expect(error.cause.message).toBe('Expected its constructor to make a loop, got a Object.');
    expect(fit.epoch).toBe(epoch);
  });

  test('with a class whose constructor throws keeps the cause', () => {
    const fit = new Fit();
    fit.connect({ other: new Sized({ size: 1 }) });
    const cause = new Error('constructor');
    class Throws extends Leaf {
      constructor(init: object) {
        super(init);
        throw cause;
      }
    }
    const error = thrownBy(() => fit.replace({ other: Throws }));
    expect(error).toBeInstanceOf(MisconfigurationError);
    expect(error).toMatchObject({ path: 'fit.other', cause });
    expect(fit.other).toBeInstanceOf(Sized);
  });

  test('that would make a cycle or a second parent undoes all it did', () => {
    const fit = new Fit();
    const batches = new Leaf();
    fit.epoch!.connect({ batches });
    expect(fit.stateDict()).toHaveProperty(['epoch.batches.state_dict']);
    const old = fit.epoch!;
    const fresh = new Epoch();
    fresh.validate = fit;
    expect(() => fit.replace({ epoch: fresh })).toThrow('a cycle');
    expect(fit.epoch).toBe(old);
    expect(fresh.batches).toBe(null);
    expect(batches.path).toBe('fit.epoch.batches');

    const elsewhere = new Fit();
    const taken = new Leaf();
    elsewhere.connect({ other: taken });
    expect(() => fit.replace({ epoch: taken })).toThrow('fit holds as `other` already');
    expect(fit.epoch).toBe(old);
    expect([batches.path, taken.path]).toEqual(['fit.epoch.batches', 'fit.other']);
  });

  test('of a running loop is an error', async () => {
    const fit = new Fit();
    let error: unknown;
    const other = new Leaf();
    fit.connect({ other });
    other.advance = () => {
      other.state.n++;
      error = thrownBy(() => fit.replace({ other: Leaf }));
    };
    await other.run();
    expect(error).toMatchObject({ code: 'ALREADY_RUNNING', path: 'fit.other' });
    expect(fit.other).toBe(other);
  });

  test('takes loops and classes of loops that can be made with an init, says the type system', () => {
    abstract class Abstract extends Leaf {}
    class Two extends Leaf {
      constructor(_a: object, _b: object) {
        super();
      }
    }
    const check = (fit: Fit) => {
      // @ts-expect-error cannot be made
      fit.replace({ epoch: Abstract });
      // @ts-expect-error needs a second argument
      fit.replace({ epoch: Two });
      // @ts-expect-error no loop
      fit.replace({ epoch: Map });
      // @ts-expect-error no loop
      fit.replace({ epoch: 5 });
      fit.replace({ epoch: Sized, other: new Leaf() });
    };
    expect(check).toBeTypeOf('function');
  });
});

describe('connect and replace', () => {
  const { proxy: revoked, revoke } = Proxy.revocable({}, {});
  revoke();
  const cases: [what: string, given: unknown, got: string][] = [
    ['nothing', undefined, 'got `undefined`'],
    ['null', null, 'got `null`'],
    ['a text', 'epoch', 'got `epoch`'],
    ['a list', [new Leaf()], 'got an array'],
    ['a Map', new Map([['epoch', new Leaf()]]), 'got a Map'],
    ['a loop itself', new Leaf(), 'got a Leaf'],
    ['a function', () => ({ epoch: new Leaf() }), 'got the function'],
    ['what cannot be read', { epoch: revoked }, 'got something that cannot be read'],
    ['a list of it', { epoch: [revoked] }, 'got an array with something else in it'],
    [
      'what has a class that cannot be read',
      {
        epoch: {
          get constructor() {
            throw new Error('no');
          },
        },
      },
      'cannot be read',
    ],
  ];
  for (const how of ['connect', 'replace'] as const) {
    test.each(cases)(`${how} refuses %s by name`, (_, given, got) => {
      const fit = new Fit();
      const { epoch } = fit;
      const error = thrownBy(() => fit[how](given as any));
      expect(error).toMatchObject({ code: 'MISCONFIGURATION', path: 'fit' });
      expect(error.message).toContain(got);
      expect(fit.epoch).toBe(epoch);
    });
  }
});

test('path of a loop that stands nowhere is its class’s name', () => {
  expect(new Leaf().path).toBe('leaf');
  expect(new (class extends Leaf {})().path).toBe('loop');
  const fit = new Fit();
  const other = new Leaf();
  fit.connect({ other });
  fit.other = null;
  expect(other.path).toBe('leaf');
});

test('loops that are linked are those that a walk would leave as they are', () => {
  class Any extends Leaf {
    a: Any | null = null;
    b: Any | null = null;
    list: Any[] = [];
  }
  let [linked, wrong] = [0, 0];
  for (let seed = 1; seed <= 200; seed++) {
    const next = random(seed);
    const loops = Array.from({ length: 5 }, () => new Any());
    const one = () => loops[Math.floor(next() * loops.length)]!;
    for (let change = 0; change < 12; change++) {
      const from = one();
      const kind = Math.floor(next() * 5);
      if (kind === 0) from.a = one();
      else if (kind === 1) from.b = one();
      else if (kind === 2) from.list.push(one());
      else if (kind === 3) from.list.reverse();
      else from.a = null;
      const root = one();
      const isLinkedNow = isLinked(root);
      const links = () => loops.map((loop) => loop.path);
      const before = links();
      let isTree = true;
      try {
        walk(root);
      } catch {
        isTree = false;
      }
      if (isLinkedNow) expect([isTree, links()], `seed ${seed}`).toEqual([true, before]);
      if (isTree) expect(isLinked(root), `seed ${seed}`).toBe(true);
      if (isLinkedNow) linked++;
      if (!isTree) wrong++;
    }
  }
  expect(Math.min(linked, wrong)).toBeGreaterThan(100);
});

describe('a loop in JavaScript, where no compiler asks for its hooks', () => {
  const written = { reset() {}, advance() {}, done: true };
  const without = (hook: keyof typeof written, value?: unknown): any => {
    const { [hook]: _, ...rest } = written;
    class Bare extends (Loop as any) {}
    for (const [name, member] of Object.entries(rest)) Object.defineProperty(Bare.prototype, name, { value: member });
    return Object.assign(new Bare(), value === undefined ? {} : { [hook]: value });
  };

  test('is refused without `reset`, `advance` or `done`, as a root and as a child', async () => {
    for (const hook of ['reset', 'advance', 'done'] as const) {
      const said = {
        code: 'MISCONFIGURATION',
        message: expect.stringContaining(`\`${hook === 'done' ? 'get done' : hook}`),
      };
      await expect(without(hook).run()).rejects.toMatchObject({ ...said, path: 'bare' });
      expect(thrownBy(() => without(hook).start())).toMatchObject(said);
      expect(thrownBy(() => without(hook).machine)).toMatchObject(said);
      const fit = new Fit();
      fit.epoch = without(hook);
      await expect(fit.run()).rejects.toMatchObject({ ...said, path: 'fit.epoch' });
    }
  });

  test('is refused with a hook that cannot be called', async () => {
    await expect(without('advance', 5).run()).rejects.toThrow('a method `advance`, got 5');
    const leaf: Leaf = new Leaf();
    Object.assign(leaf, { onRunEnd: undefined });
    await expect(leaf.run()).rejects.toThrow('a method `onRunEnd`, got none');
  });

  describe('with a `state` that is no field', () => {
    const saidOf = async (make: () => Leaf, says: string) => {
      const said = { code: 'MISCONFIGURATION', message: expect.stringContaining(says) };
      await expect(make().run()).rejects.toMatchObject({ ...said, path: 'own' });
      expect(thrownBy(() => make().start())).toMatchObject(said);
      const fit = new Fit();
      fit.epoch = make();
      await expect(fit.run()).rejects.toMatchObject({ ...said, path: 'fit.epoch' });
    };

    test('is refused where the class has it, which the field of Loop hides, also by way of another class', async () => {
      const hidden = { state: { get: () => ({ n: 5 }), set: () => {} }, init: { value() {} } };
      for (const [name, member] of Object.entries(hidden)) {
        class Base extends (Loop as any) {}
        for (const [hook, value] of Object.entries(written)) Object.defineProperty(Base.prototype, hook, { value });
        Object.defineProperty(Base.prototype, name, member);
        const { Own } = { Own: class extends Base {} };
        await saidOf(() => new Own() as any, `Expected \`${name}\` to be a field`);
      }
    });

    test('is refused where it cannot be set, and may be whatever can', async () => {
      let held = { n: 0 };
      const get = () => held;
      class Own extends Leaf {
        override get done() {
          return this.state.n >= 2;
        }
      }
      const made = (property: PropertyDescriptor) => Object.defineProperty(new Own(), 'state', property);
      await saidOf(() => made({ get }), 'can be set');
      await saidOf(() => made({ value: held, writable: false }), 'can be set');
      const set = (state: { n: number }) => {
        held = state;
      };
      const run = made({ get, set }).start({ paused: true });
      await run.step();
      const from = await run.suspend();
      held = { n: 0 };
      expect(await made({ get, set }).start({ from }).output).toBe(2);
    });
  });

  test('and a child that is made in `reset`', async () => {
    class Late extends Leaf {
      child: Leaf | null = null;
      override reset() {
        this.child = without('done');
      }
      override async advance() {
        await this.child!.run();
      }
    }
    const said = { code: 'MISCONFIGURATION', path: 'late.child' };
    await expect(new Late().run()).rejects.toMatchObject(said);
    await expect(new Late().start().output).rejects.toMatchObject(said);
  });
});
