import { BaseProgress, type Json, Loop, LoopError, Progress, ReadyCompletedTracker, StartedTracker } from 'loopchart';
import { describe, expect, test } from 'vitest';

class Leaf extends Loop {
  override state: any = {};
  get done() {
    return true;
  }
  reset() {}
  advance() {}
}

class Simple extends BaseProgress {
  increment = 0;
  reset() {
    this.increment = 0;
  }
  resetOnRestart() {}
}

class Kept extends Leaf {
  readonly a: number;
  readonly progress: Simple = new Simple();
  constructor(a: number) {
    super();
    this.a = a;
  }
  override onSaveCheckpoint(): Json {
    return { a: this.a };
  }
  override onLoadCheckpoint(state: Json) {
    Object.assign(this, state);
  }
}

class KeptParent extends Kept {
  readonly loop_child: Kept = new Kept(2);
}

function thrownBy(call: () => unknown): any {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('stateDict', () => {
  test('is Lightning’s flat layout: the example of its tests', () => {
    expect(Object.entries(new KeptParent(1).stateDict())).toEqual([
      ['state_dict', { a: 1 }],
      ['progress', { increment: 0 }],
      ['loop_child.state_dict', { a: 2 }],
      ['loop_child.progress', { increment: 0 }],
    ]);
  });

  test('lays out Lightning’s fit loop exactly, in the order of the fields', () => {
    class BatchProgress extends Progress {
      is_last_batch = false;
    }
    class Optimizer extends BaseProgress {
      readonly step: Progress<ReadyCompletedTracker> = Progress.fromDefaults(ReadyCompletedTracker);
      readonly zero_grad: Progress<StartedTracker> = Progress.fromDefaults(StartedTracker);
      reset() {}
      resetOnRestart() {}
    }
    class Optimization extends BaseProgress {
      readonly optimizer: Optimizer = new Optimizer();
      optimizer_position = 0;
      reset() {}
      resetOnRestart() {}
    }
    class OptimizerLoop extends Leaf {
      readonly optim_progress: Optimization = new Optimization();
    }
    class ManualLoop extends Leaf {
      readonly optim_step_progress: Progress<ReadyCompletedTracker> = Progress.fromDefaults(ReadyCompletedTracker);
    }
    class BatchLoop extends Leaf {
      readonly optimizer_loop: OptimizerLoop = new OptimizerLoop();
      readonly manual_loop: ManualLoop = new ManualLoop();
    }
    class EvaluationEpoch extends Leaf {
      readonly batch_progress: BatchProgress = new BatchProgress();
    }
    class Evaluation extends Leaf {
      readonly dataloader_progress: Progress<ReadyCompletedTracker> = Progress.fromDefaults(ReadyCompletedTracker);
      readonly epoch_loop: EvaluationEpoch = new EvaluationEpoch();
    }
    class Epoch extends Leaf {
      override state = { _batches_that_stepped: 0 };
      readonly batch_progress: BatchProgress = new BatchProgress();
      readonly scheduler_progress: Progress<ReadyCompletedTracker> = Progress.fromDefaults(ReadyCompletedTracker);
      readonly batch_loop: BatchLoop = new BatchLoop();
      readonly val_loop: Evaluation = new Evaluation();
    }
    class FitLoop extends Leaf {
      readonly max_epochs: number = 3;
      readonly epoch_loop: Epoch = new Epoch();
      readonly epoch_progress: Progress = new Progress();
    }
    const P = { ready: 0, completed: 0, started: 0, processed: 0 };
    const RC = { ready: 0, completed: 0 };
    const RSC = { ready: 0, completed: 0, started: 0 };
    expect(Object.entries(new FitLoop().stateDict())).toEqual([
      ['state_dict', {}],
      ['epoch_loop.state_dict', { _batches_that_stepped: 0 }],
      ['epoch_loop.batch_progress', { total: P, current: P, is_last_batch: false }],
      ['epoch_loop.scheduler_progress', { total: RC, current: RC }],
      ['epoch_loop.batch_loop.state_dict', {}],
      ['epoch_loop.batch_loop.optimizer_loop.state_dict', {}],
      [
        'epoch_loop.batch_loop.optimizer_loop.optim_progress',
        {
          optimizer: { step: { total: RC, current: RC }, zero_grad: { total: RSC, current: RSC } },
          optimizer_position: 0,
        },
      ],
      ['epoch_loop.batch_loop.manual_loop.state_dict', {}],
      ['epoch_loop.batch_loop.manual_loop.optim_step_progress', { total: RC, current: RC }],
      ['epoch_loop.val_loop.state_dict', {}],
      ['epoch_loop.val_loop.dataloader_progress', { total: RC, current: RC }],
      ['epoch_loop.val_loop.epoch_loop.state_dict', {}],
      ['epoch_loop.val_loop.epoch_loop.batch_progress', { total: P, current: P, is_last_batch: false }],
      ['epoch_progress', { total: P, current: P }],
    ]);
  });

  test('has the state first, always, even if it is empty', () => {
    expect(new Leaf().stateDict()).toEqual({ state_dict: {} });
  });

  test('updates a destination in place and puts a prefix before every key', () => {
    const destination = { other: 1, 'fit.state_dict': 'old' };
    const returned = new KeptParent(1).stateDict(destination, 'fit.');
    expect(returned).toBe(destination);
    expect(Object.entries(destination)).toEqual([
      ['other', 1],
      ['fit.state_dict', { a: 1 }],
      ['fit.progress', { increment: 0 }],
      ['fit.loop_child.state_dict', { a: 2 }],
      ['fit.loop_child.progress', { increment: 0 }],
    ]);
  });

  test('leaves out everything else: numbers, objects, lists of progress, null', () => {
    class Other extends Leaf {
      readonly number: number = 1;
      readonly object: object = { progress: new Progress() };
      readonly list: Progress[] = [new Progress()];
      readonly nothing: Loop | null = null;
      readonly _progress: Simple = new Simple();
    }
    expect(Object.keys(new Other().stateDict())).toEqual(['state_dict', '_progress']);
  });

  test('is a copy: what happens later does not change it', () => {
    class Live extends Leaf {
      override state = { list: [1] };
      readonly live: { list: number[] } = { list: [1] };
    }
    const loop = new Live();
    const dict = loop.stateDict();
    loop.state.list.push(2);
    expect(dict).toEqual({ state_dict: { list: [1] } });

    class Returns extends Live {
      override onSaveCheckpoint() {
        return this.live;
      }
    }
    const returns = new Returns();
    const second = returns.stateDict();
    returns.live.list.push(2);
    expect(second).toEqual({ state_dict: { list: [1] } });
  });

  test('can be asked for inside a hook, and then says how things stand', async () => {
    const seen: unknown[] = [];
    class Counts extends Leaf {
      override state = { n: 0 };
      override get done() {
        return this.state.n >= 2;
      }
      override advance() {
        this.state.n++;
        seen.push(this.stateDict());
      }
    }
    await new Counts().run();
    expect(seen).toEqual([{ state_dict: { n: 1 } }, { state_dict: { n: 2 } }]);
  });
});

describe('loadStateDict', () => {
  class Counter extends Leaf {
    override state: any = { n: 0 };
    readonly progress: Progress = new Progress();
  }
  class Parent extends Counter {
    readonly child: Counter = new Counter();
    readonly folds: Counter[] = [new Counter(), new Counter()];
  }

  function filled(): Parent {
    const loop = new Parent();
    for (const [i, one] of [loop, loop.child, ...loop.folds].entries()) {
      one.state.n = i + 1;
      one.progress.incrementReady();
    }
    return loop;
  }

  test('gives back what stateDict gave, also through JSON', () => {
    const dict = filled().stateDict();
    const loop = new Parent();
    expect(loop.loadStateDict(JSON.parse(JSON.stringify(dict)))).toEqual({ missing: [], unknown: [] });
    expect(loop.stateDict()).toEqual(dict);
    expect(loop.folds[1]!.state).toEqual({ n: 4 });
  });

  test('copies: the dict and the loop go separate ways', () => {
    const dict = filled().stateDict();
    const before = structuredClone(dict);
    const loop = new Parent();
    loop.loadStateDict(dict);
    loop.state.n = 100;
    loop.child.progress.incrementReady();
    expect(dict).toEqual(before);
  });

  test('keeps the progress objects', () => {
    const loop = new Parent();
    const { progress } = loop.child;
    loop.loadStateDict(filled().stateDict());
    expect(loop.child.progress).toBe(progress);
  });

  test('takes the part under a prefix, and leaves other prefixes alone', () => {
    const dict = filled().stateDict({ 'other.state_dict': 1 }, 'fit.');
    const loop = new Parent();
    expect(loop.loadStateDict(dict, 'fit.')).toEqual({ missing: [], unknown: [] });
    expect(loop.stateDict()).toEqual(filled().stateDict());
    const child = new Counter();
    expect(child.loadStateDict(dict, 'fit.child.', { strict: true })).toEqual({ missing: [], unknown: [] });
    expect(child.state).toEqual({ n: 2 });
  });

  test('reports what is missing and what is unknown, and loads the rest', () => {
    const { progress, 'folds.1.state_dict': _, ...rest } = filled().stateDict();
    const loop = new Parent();
    const report = loop.loadStateDict({ ...rest, 'childs.state_dict': {}, toString: 1, 'child.extra': 2 });
    expect(report).toEqual({
      missing: ['progress', 'folds.1.state_dict'],
      unknown: ['childs.state_dict', 'toString', 'child.extra'],
    });
    expect(loop.state).toEqual({ n: 1 });
    expect(loop.folds.map(({ state }) => state)).toEqual([{ n: 3 }, { n: 0 }]);
    expect(progress).toBeDefined();
  });

  test('an empty dict changes nothing but restarting', () => {
    const loop = filled();
    const before = loop.stateDict();
    expect(loop.loadStateDict({}).missing).toEqual(Object.keys(before));
    expect(loop.stateDict()).toEqual(before);
    expect(loop.restarting).toBe(true);
  });

  test('sets restarting on the loop and on all below it', () => {
    const loop = new Parent();
    loop.loadStateDict(filled().stateDict());
    expect([loop, loop.child, ...loop.folds].map(({ restarting }) => restarting)).toEqual([true, true, true, true]);
  });

  const bad: [
    what: string,
    change: (dict: Record<string, any>) => void,
    strict: boolean,
    code: string,
    message: string,
  ][] = [
    ['a missing key, strict', (dict) => delete dict['child.progress'], true, 'STATE_DICT_MISMATCH', '`child.progress`'],
    ['an unknown key, strict', (dict) => (dict.more = 1), true, 'STATE_DICT_MISMATCH', 'unknown `more`'],
    [
      'a broken counter far down',
      (dict) => delete dict['folds.1.progress'].current.ready,
      false,
      'STATE_DICT_MISMATCH',
      '`folds.1.progress.current.ready`',
    ],
    [
      'a progress that is none',
      (dict) => (dict['child.progress'] = 'x'),
      false,
      'STATE_DICT_MISMATCH',
      '`child.progress`',
    ],
    [
      'a state that is not plain far down',
      (dict) => (dict['folds.1.state_dict'] = { at: new Date() }),
      false,
      'NOT_PLAIN_DATA',
      '`folds.1.state_dict.at`',
    ],
  ];

  test.for(bad)('with %s is an error, and nothing has changed', ([, change, strict, code, message]) => {
    const dict = filled().stateDict() as any;
    change(dict);
    const loop = new Parent();
    const before = loop.stateDict();
    const error = thrownBy(() => loop.loadStateDict(dict, '', { strict }));
    expect(error).toBeInstanceOf(LoopError);
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
    expect(loop.stateDict()).toEqual(before);
    expect(loop.restarting).toBe(false);
  });

  test('names missing and unknown keys when strict', () => {
    const error = thrownBy(() => new Leaf().loadStateDict({ more: 1, even: 2 }, '', { strict: true }));
    expect(error.message).toBe(
      'leaf: The state dict does not fit: missing `state_dict`; unknown `more`, `even`. Nothing was loaded.',
    );
  });

  test('of a running loop, or one with a running loop below, is an error', async () => {
    const loop = new Parent();
    loop.stateDict();
    const errors: any[] = [];
    class Busy extends Leaf {
      override state = { n: 0 };
      override get done() {
        return this.state.n > 0;
      }
      override advance() {
        this.state.n++;
        errors.push(thrownBy(() => this.loadStateDict({})));
        errors.push(thrownBy(() => holder.loadStateDict({})));
      }
    }
    class Holder extends Leaf {
      readonly busy: Busy = new Busy();
    }
    const holder = new Holder();
    holder.stateDict();
    await holder.busy.run();
    expect(errors).toHaveLength(2);
    for (const error of errors) expect(error).toMatchObject({ code: 'ALREADY_RUNNING', path: 'holder.busy' });
  });

  test('then run goes on from it through reset', async () => {
    class Counts extends Leaf {
      override state = { n: 0, resets: 0 };
      override get done() {
        return this.state.n >= 5;
      }
      override reset() {
        this.state.resets++;
        if (!this.restarting) this.state.n = 0;
      }
      override advance() {
        this.state.n++;
      }
    }
    const loop = new Counts();
    loop.loadStateDict({ state_dict: { n: 3, resets: 1 } });
    const run = loop.start();
    expect((await run.outcome).steps).toBe(2);
    expect(loop.state).toEqual({ n: 5, resets: 2 });
  });
});

describe('onLoadCheckpoint', () => {
  test('comes after the loop’s own progress and before its children, while restarting has its old value', () => {
    const log: unknown[] = [];
    class Child extends Leaf {
      override state = { n: 0 };
      override onLoadCheckpoint(state: Json) {
        log.push('child');
        super.onLoadCheckpoint(state);
      }
    }
    class Parent extends Leaf {
      readonly child: Child = new Child();
      readonly progress: Simple = new Simple();
      override onLoadCheckpoint() {
        log.push('parent', this.progress.increment, this.child.state.n, this.restarting);
      }
    }
    new Parent().loadStateDict({ state_dict: {}, progress: { increment: 4 }, 'child.state_dict': { n: 2 } });
    expect(log).toEqual(['parent', 4, 0, false, 'child']);
  });

  test('is not called where the dict has no state', () => {
    let called = false;
    class Parent extends Leaf {
      override onLoadCheckpoint() {
        called = true;
      }
    }
    expect(new Parent().loadStateDict({}).missing).toEqual(['state_dict']);
    expect(called).toBe(false);
  });

  test('may make children, which are then loaded and are restarting', () => {
    class Parent extends Leaf {
      folds: Leaf[] = [];
      child: Leaf | null = null;
      override onSaveCheckpoint() {
        return { folds: this.folds.length };
      }
      override onLoadCheckpoint(state: Json) {
        const { folds } = state as { folds: number };
        this.folds = Array.from({ length: folds }, () => new Leaf());
        this.child = new Leaf();
      }
    }
    const from = new Parent();
    from.folds = [new Leaf(), new Leaf()];
    from.child = new Leaf();
    from.folds[1]!.state = { n: 2 };
    from.child.state = { n: 3 };
    const loop = new Parent();
    expect(loop.loadStateDict(from.stateDict())).toEqual({ missing: [], unknown: [] });
    expect(loop.stateDict()).toEqual(from.stateDict());
    expect([...loop.folds, loop.child!].map(({ restarting }) => restarting)).toEqual([true, true, true]);
    expect(loop.folds[1]!.path).toBe('parent.folds.1');
  });

  test('gets a copy that it may change', () => {
    class Pops extends Leaf {
      override onLoadCheckpoint(state: Json) {
        (state as { list: number[] }).list.pop();
        super.onLoadCheckpoint(state);
      }
    }
    const dict = { state_dict: { list: [1, 2] } };
    const loop = new Pops();
    loop.loadStateDict(dict);
    expect(loop.state).toEqual({ list: [1] });
    expect(dict).toEqual({ state_dict: { list: [1, 2] } });
  });

  test.for([5, 'text', null, true])('by default takes no state that is no object: %o', (state) => {
    const error = thrownBy(() => new Leaf().loadStateDict({ state_dict: state }));
    expect(error).toMatchObject({ code: 'STATE_DICT_MISMATCH', path: 'leaf' });
    expect(error.message).toContain(`Expected the state to be an object, got ${JSON.stringify(state)}`);
  });

  test.for([5, 'text', null, [1], NaN])(
    'may take what onSaveCheckpoint gave, whatever plain data it is: %o',
    (state) => {
      let got: unknown;
      class Any extends Leaf {
        override onSaveCheckpoint() {
          return state;
        }
        override onLoadCheckpoint(given: Json) {
          got = given;
        }
      }
      const loop = new Any();
      loop.loadStateDict(loop.stateDict());
      expect(got).toEqual(state);
    },
  );
});

describe('metrics', () => {
  class Metric {
    readonly loaded: unknown[] = [];
    stateDict() {
      return {};
    }
    loadStateDict(dict: unknown) {
      this.loaded.push(dict);
    }
  }
  class Parent extends Leaf {
    readonly child: Leaf = new Leaf();
  }

  test('take their part of the dict, of the loop and of each below', () => {
    const accuracy = new Metric();
    const report = new Parent().loadStateDict(
      { state_dict: {}, accuracy: 1, 'child.state_dict': {}, 'child.accuracy': 2 },
      '',
      { metrics: { accuracy }, strict: true },
    );
    expect(accuracy.loaded).toEqual([1, 2]);
    expect(report).toEqual({ missing: [], unknown: [] });
  });

  test('need not be in the dict, and claim no key that no loop has', () => {
    const metrics = { accuracy: new Metric(), loss: new Metric() };
    const report = new Parent().loadStateDict(
      { state_dict: {}, 'child.state_dict': {}, 'nobody.accuracy': 1, constructor: 1 },
      '',
      { metrics },
    );
    expect(report).toEqual({ missing: [], unknown: ['nobody.accuracy', 'constructor'] });
    expect(metrics.accuracy.loaded).toEqual([]);
  });
});

describe('plain data', () => {
  const dictOf = (state: unknown) => {
    const loop = new Leaf();
    loop.state = state;
    return loop.stateDict().state_dict;
  };

  test('is JSON, and NaN and the infinities', () => {
    const state = {
      null: null,
      true: true,
      text: 'text',
      numbers: [0, -0, 1.5, Number.NaN, Infinity, -Infinity],
      deep: { a: [{ b: [[]] }] },
    };
    expect(dictOf(state)).toEqual(state);
  });

  test('keeps keys that hold undefined', () => {
    expect(Object.keys(dictOf({ a: undefined, b: 1 }) as object)).toEqual(['a', 'b']);
  });

  test('may hold the same object twice', () => {
    const shared = { n: 1 };
    expect(dictOf({ a: shared, b: [shared, shared] })).toEqual({ a: shared, b: [shared, shared] });
  });

  test('keeps a key __proto__ as a key, through stateDict and loadStateDict', () => {
    const state = JSON.parse('{"__proto__":{"polluted":true},"deep":{"__proto__":1}}');
    const dict = dictOf(state) as any;
    expect(JSON.stringify(dict)).toBe('{"__proto__":{"polluted":true},"deep":{"__proto__":1}}');
    const loop = new Leaf();
    loop.loadStateDict(JSON.parse(JSON.stringify({ state_dict: state })));
    expect(JSON.stringify(loop.state)).toBe(JSON.stringify(state));
    expect(Object.getPrototypeOf(loop.state)).toBe(Object.prototype);
    expect(({} as any).polluted).toBeUndefined();
  });

  test('keeps NaN, the infinities and __proto__ through a run', async () => {
    class Runs extends Leaf {
      override state: any = JSON.parse('{"__proto__":1}');
      override get done() {
        return this.state.loss !== undefined;
      }
      override advance() {
        this.state.loss = [Number.NaN, Infinity, -Infinity];
      }
    }
    const run = new Runs().start();
    await run.output;
    const { state } = (run.actor.getSnapshot() as any).context;
    expect(Object.entries(state)).toEqual([
      ['__proto__', 1],
      ['loss', [Number.NaN, Infinity, -Infinity]],
    ]);
  });

  const bare = 'an object without a prototype (copy it into an ordinary one: `{ ...object }`)';
  const cycle: any = { a: {} };
  cycle.a.back = cycle;
  const ring: unknown[] = [];
  ring.push([ring]);
  class Stack extends Array<number> {}
  const wrong: [what: string, state: unknown, key: string, kind: string][] = [
    ['a function', { call: () => {} }, '`state.call`', 'a function'],
    ['a cycle', cycle, '`state.a.back`', 'a cycle'],
    ['a cycle of arrays', { ring }, '`state.ring[0][0]`', 'a cycle'],
    ['a class instance', { at: new Date(0) }, '`state.at`', 'an instance of Date'],
    ['a map', { m: new Map() }, '`state.m`', 'an instance of Map'],
    ['a typed array', { t: [new Float32Array(1)] }, '`state.t[0]`', 'an instance of Float32Array'],
    ['a subclass of Array', { s: new Stack() }, '`state.s`', 'an instance of Stack'],
    ['an object without a prototype', { groups: /(?<a>.)/.exec('x')!.groups }, '`state.groups`', bare],
    ['a bigint', { big: 1n }, '`state.big`', 'a bigint'],
    ['a symbol', { s: Symbol('s') }, '`state.s`', 'a symbol'],
    ['undefined in an array', { list: [1, undefined] }, '`state.list[1]`', 'undefined (use null)'],
    ['a hole in an array', { list: Object.assign(new Array(2), [1]) }, '`state.list[1]`', 'undefined (use null)'],
    ['a loop', { loop: new Leaf() }, '`state.loop`', 'an instance of Leaf'],
    ['undefined', undefined, '`state`', 'undefined (use null)'],
  ];

  test.for(wrong)('has no %s: an error that names the loop and the key', ([, state, key, kind]) => {
    class Parent extends Leaf {
      readonly child: Leaf = new Leaf();
    }
    const parent = new Parent();
    parent.child.state = state;
    const error = thrownBy(() => parent.stateDict());
    expect(error).toBeInstanceOf(LoopError);
    expect(error).toMatchObject({ code: 'NOT_PLAIN_DATA', path: 'parent.child' });
    expect(error.message).toContain(`parent.child: Expected ${key} to be plain data`);
    expect(error.message).toContain(`got ${kind}.`);
  });

  test.for(wrong.flatMap((one) => [false, true].map((watched) => [...one, watched] as const)))(
    'that a step makes otherwise (%s) fails the run at that step, naming the loop and the key',
    async ([, state, key, , watched]) => {
      let steps = 0;
      class Child extends Leaf {
        override state: any = { fine: 1 };
        override get done() {
          return steps >= 3;
        }
        override advance() {
          if (++steps === 2) this.state = state;
        }
      }
      class Parent extends Leaf {
        readonly child: Child = new Child();
        override get done() {
          return steps > 0;
        }
        override async advance() {
          await this.child.run();
        }
      }
      const run = new Parent().start(watched ? { inspect: () => {} } : {});
      const error: any = await run.output.catch((thrown) => thrown);
      expect(error).toMatchObject({ code: 'NOT_PLAIN_DATA', path: 'parent.child' });
      expect(error.message).toContain(key);
      if (watched) expect(steps).toBe(2);
    },
  );

  test('is asked of what onSaveCheckpoint returns, too', () => {
    class Returns extends Leaf {
      override onSaveCheckpoint(): any {
        return [() => {}];
      }
    }
    expect(thrownBy(() => new Returns().stateDict()).message).toContain('`state[0]`');
  });
});
