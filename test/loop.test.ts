import { EndLoop, Loop, LoopError } from 'loopchart';
import { describe, expect, test } from 'vitest';

const macrotask = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Writes down every hook with its arguments, and every read of `skip` and `done`. */
class Traced extends Loop<string, unknown[]> {
  override state = { n: 0 };
  readonly log: string[] = [];
  steps: number;

  constructor(steps = 1) {
    super();
    this.steps = steps;
  }

  override get skip(): boolean {
    this.log.push('skip');
    return false;
  }

  get done(): boolean {
    this.log.push('done?');
    return this.state.n >= this.steps;
  }

  reset(...args: unknown[]): void | Promise<void> {
    this.state.n = 0;
    return this.trace('reset', args);
  }

  override onRunStart(...args: unknown[]): void | Promise<void> {
    return this.trace('onRunStart', args);
  }

  override onAdvanceStart(...args: unknown[]): void | Promise<void> {
    return this.trace('onAdvanceStart', args);
  }

  advance(...args: unknown[]): void | Promise<void> {
    this.state.n++;
    return this.trace('advance', args);
  }

  override onAdvanceEnd(...args: unknown[]): void | Promise<void> {
    return this.trace('onAdvanceEnd', args);
  }

  override onSkip(...args: unknown[]): string | Promise<string> {
    void this.trace('onSkip', args);
    return 'skipped';
  }

  override onRunEnd(...args: unknown[]): string | Promise<string> {
    const traced = this.trace('onRunEnd', args);
    return traced === undefined ? 'ended' : traced.then(() => 'ended');
  }

  protected trace(hook: string, args: unknown[]): void | Promise<void> {
    this.log.push(`${hook}(${args.join(', ')})`);
  }
}

class TracedAsync extends Traced {
  protected override async trace(hook: string, args: unknown[]): Promise<void> {
    this.log.push(`${hook}(${args.join(', ')})`);
    await macrotask();
    this.log.push(`${hook} resolved`);
  }
}

/** A loop with a child is run another way than one without: a child that is never asked to run changes nothing. */
class TracedParent extends Traced {
  readonly child: Traced = new Traced();
}

class TracedAsyncParent extends TracedAsync {
  readonly child: Traced = new Traced();
}

const start = (loop: Loop<any, any>, watched: boolean, ...args: unknown[]) =>
  loop.start({ args, ...(watched ? { inspect: () => {} } : {}) });

const kinds = [
  { what: 'a loop without children, unwatched', Sync: Traced, Async: TracedAsync, watched: false },
  { what: 'a loop without children, watched', Sync: Traced, Async: TracedAsync, watched: true },
  { what: 'a loop with a child, unwatched', Sync: TracedParent, Async: TracedAsyncParent, watched: false },
  { what: 'a loop with a child, watched', Sync: TracedParent, Async: TracedAsyncParent, watched: true },
];

describe.for(kinds)('the order of $what', ({ Sync, Async, watched }) => {
  test('is Lightning’s, with the arguments in every hook', async () => {
    const loop = new Sync(1);
    expect(await start(loop, watched, 1, 'k').output).toBe('ended');
    expect(loop.log).toEqual([
      'skip',
      'reset(1, k)',
      'onRunStart(1, k)',
      'done?',
      'onAdvanceStart(1, k)',
      'advance(1, k)',
      'onAdvanceEnd(1, k)',
      'done?',
      'onRunEnd(1, k)',
    ]);
  });

  test('awaits each hook that returns a promise before the next', async () => {
    const loop = new Async(2);
    expect(await start(loop, watched, 1).output).toBe('ended');
    expect(loop.log).toEqual([
      'skip',
      ...['reset', 'onRunStart'].flatMap((hook) => [`${hook}(1)`, `${hook} resolved`]),
      'done?',
      ...['onAdvanceStart', 'advance', 'onAdvanceEnd'].flatMap((hook) => [`${hook}(1)`, `${hook} resolved`]),
      'done?',
      ...['onAdvanceStart', 'advance', 'onAdvanceEnd'].flatMap((hook) => [`${hook}(1)`, `${hook} resolved`]),
      'done?',
      ...['onRunEnd'].flatMap((hook) => [`${hook}(1)`, `${hook} resolved`]),
    ]);
  });

  test('has reset, onRunStart and onRunEnd also with zero iterations', async () => {
    const loop = new Sync(0);
    expect(await start(loop, watched).output).toBe('ended');
    expect(loop.log).toEqual(['skip', 'reset()', 'onRunStart()', 'done?', 'onRunEnd()']);
  });

  test.for([0, 1, 5, 1000])('reads done n + 1 times and skip once for %i iterations', async (steps) => {
    const loop = new Sync(steps);
    const outcome = await start(loop, watched).outcome;
    expect(outcome).toEqual({ status: 'finished', output: 'ended', steps });
    expect(loop.log.filter((line) => line === 'done?')).toHaveLength(steps + 1);
    expect(loop.log.filter((line) => line === 'skip')).toHaveLength(1);
    expect(loop.log.filter((line) => line === 'advance()')).toHaveLength(steps);
  });

  test('reads done exactly n + 1 times when iteration n + 1 ends the loop', async () => {
    for (const hook of ['onAdvanceStart', 'advance', 'onAdvanceEnd'] as const) {
      const loop = new Sync(Infinity);
      let calls = 0;
      const original = loop[hook].bind(loop);
      loop[hook] = (...args: unknown[]) => {
        void original(...args);
        if (++calls === 3) throw loop.end();
      };
      expect(await start(loop, watched).output).toBe('ended');
      expect(loop.log.filter((line) => line === 'done?')).toHaveLength(3);
    }
  });

  test('skips everything but onSkip, whose result is the output', async () => {
    const loop = new Sync(3);
    Object.defineProperty(loop, 'skip', { get: () => loop.log.push('skip') > 0 });
    expect(await start(loop, watched, 'a').outcome).toEqual({ status: 'skipped', output: 'skipped', steps: 0 });
    expect(loop.log).toEqual(['skip', 'onSkip(a)']);
  });

  test('is the same when the loop is run again, and reset alone parts the runs', async () => {
    const loop = new Sync(2);
    await start(loop, watched, 1).output;
    const first = loop.log.splice(0);
    await start(loop, watched, 1).output;
    expect(loop.log).toEqual(first);
    await loop.run(1);
    expect(loop.log.slice(first.length)).toEqual(first);
  });
});

test('an asynchronous onSkip is awaited', async () => {
  class Skips extends Loop<string> {
    override get skip() {
      return true;
    }
    get done() {
      return true;
    }
    reset() {}
    advance() {}
    override async onSkip() {
      await macrotask();
      return 'later';
    }
  }
  expect(await new Skips().run()).toBe('later');
});

/** Counts to `to`; what is asked for in `at` happens in the hooks. */
class Counter extends Loop<number, any[]> {
  override state = { n: 0 };
  to: number;

  constructor(to = 3) {
    super();
    this.to = to;
  }

  get done(): boolean {
    return this.state.n >= this.to;
  }

  reset(..._args: any[]): void | Promise<void> {
    this.state.n = 0;
  }

  advance(..._args: any[]): void | Promise<void> {
    this.state.n++;
  }

  override onRunEnd(..._args: any[]): number | Promise<number> {
    return this.state.n;
  }
}

describe('arguments', () => {
  test('are the same references in every hook and iteration, so a change in one iteration is seen in the next', async () => {
    const seen: unknown[] = [];
    class Keeps extends Counter {
      override reset(arg: object) {
        void super.reset();
        seen.push(arg);
      }
      override onRunStart(arg: object) {
        seen.push(arg);
      }
      override onAdvanceStart(arg: { count: number }) {
        arg.count++;
        seen.push(arg);
      }
      override advance(arg: { count: number }) {
        void super.advance();
        expect(arg.count).toBe(this.state.n);
        seen.push(arg);
      }
      override onAdvanceEnd(arg: object) {
        seen.push(arg);
      }
      override onRunEnd(arg: object) {
        seen.push(arg);
        return this.state.n;
      }
    }
    const arg = { count: 0, live: () => {} };
    await new Keeps(3).run(arg);
    expect(seen).toHaveLength(3 + 3 * 3);
    for (const one of seen) expect(one).toBe(arg);
  });

  test('of a child are the references that its parent gave', async () => {
    const arg = { map: new Map() };
    let got: unknown;
    class Child extends Counter {
      override advance(given: unknown) {
        void super.advance();
        got = given;
      }
    }
    class Parent extends Counter {
      readonly child: Child = new Child(1);
      override async advance() {
        this.state.n++;
        await this.child.run(arg);
      }
    }
    await new Parent(1).run();
    expect(got).toBe(arg);
  });

  test('are checked by the type system', () => {
    class Typed extends Loop<number, [count: number, name?: string]> {
      get done() {
        return true;
      }
      reset(count: number) {
        count.toFixed();
      }
      advance() {}
      override onRunEnd() {
        return 1;
      }
    }
    const check = async (loop: Typed) => {
      // @ts-expect-error the argument is missing
      await loop.run();
      // @ts-expect-error not a number
      await loop.run('1');
      // @ts-expect-error the output is a number
      const output: string = await loop.run(1, 'name');
      return output;
    };
    expect(check).toBeTypeOf('function');
  });
});

test('what advance returns is discarded', async () => {
  class Returns extends Counter {
    override advance(): any {
      this.state.n++;
      return true;
    }
  }
  expect(await new Returns(2).run()).toBe(2);
});

test('synchronous hooks before the first step have run when start returns', async () => {
  const loop = new Traced(1);
  const run = loop.start();
  expect(loop.log).toEqual(['skip', 'reset()', 'onRunStart()', 'done?']);
  await run.output;
});

describe('restarting', () => {
  class Restarts extends Counter {
    readonly seen: string[] = [];
    override get skip() {
      this.seen.push(`skip ${this.restarting}`);
      return false;
    }
    override get done() {
      this.seen.push(`done ${this.restarting}`);
      return super.done;
    }
    override reset() {
      this.seen.push(`reset ${this.restarting}`);
      if (!this.restarting) this.state.n = 0;
    }
    override onRunStart() {
      this.seen.push(`onRunStart ${this.restarting}`);
    }
    override onAdvanceStart() {
      this.seen.push(`onAdvanceStart ${this.restarting}`);
    }
    override advance() {
      this.seen.push(`advance ${this.restarting}`);
      void super.advance();
    }
    override onAdvanceEnd() {
      this.seen.push(`onAdvanceEnd ${this.restarting}`);
    }
    override onRunEnd() {
      this.seen.push(`onRunEnd ${this.restarting}`);
      return this.state.n;
    }
  }
  class RestartsParent extends Restarts {
    readonly child: Counter = new Counter();
  }

  const Kinds = [Restarts, RestartsParent];

  test.for(Kinds)('is false in a fresh run of a %o', async (Kind) => {
    const loop = new Kind(2);
    expect(loop.restarting).toBe(false);
    await loop.run();
    expect(loop.seen.filter((line) => line.endsWith('true'))).toEqual([]);
  });

  test.for(Kinds)('is true from a load to the end of the first whole iteration of a %o', async (Kind) => {
    const loop = new Kind(3);
    loop.loadStateDict({ state_dict: { n: 1 } });
    expect(loop.restarting).toBe(true);
    await loop.run();
    expect(loop.seen).toEqual([
      'skip true',
      'reset true',
      'onRunStart true',
      'done true',
      'onAdvanceStart true',
      'advance true',
      'onAdvanceEnd true',
      'done false',
      'onAdvanceStart false',
      'advance false',
      'onAdvanceEnd false',
      'done false',
      'onRunEnd false',
    ]);
    expect(loop.restarting).toBe(false);
  });

  test.for(Kinds)('is false in onRunEnd after zero iterations of a %o', async (Kind) => {
    const loop = new Kind(1);
    loop.loadStateDict({ state_dict: { n: 1 } });
    await loop.run();
    expect(loop.seen).toEqual(['skip true', 'reset true', 'onRunStart true', 'done true', 'onRunEnd false']);
    expect(loop.restarting).toBe(false);
  });

  test.for(Kinds)('is false in onRunEnd after an end in the first iteration of a %o', async (Kind) => {
    const loop = new Kind(3);
    loop.advance = () => {
      throw loop.end();
    };
    loop.restarting = true;
    await loop.run();
    expect(loop.seen.at(-1)).toBe('onRunEnd false');
    expect(loop.restarting).toBe(false);
  });

  test.for(Kinds)('stays as it was when a %o fails', async (Kind) => {
    const early = new Kind(3);
    early.advance = () => {
      throw new Error('early');
    };
    early.restarting = true;
    await expect(early.run()).rejects.toThrow('early');
    expect(early.restarting).toBe(true);

    const late = new Kind(3);
    const advance = late.advance.bind(late);
    late.advance = () => {
      advance();
      if (late.state.n === 2) throw new Error('late');
    };
    late.restarting = true;
    await expect(late.run()).rejects.toThrow('late');
    expect(late.restarting).toBe(false);
  });

  test('is left alone by a skipped run', async () => {
    class Skips extends Counter {
      override get skip() {
        return true;
      }
    }
    const loop = new Skips();
    loop.restarting = true;
    await loop.run();
    expect(loop.restarting).toBe(true);
  });

  test('set on a loop is set on all below it, in arrays as well', () => {
    const loop = tree();
    loop.restarting = true;
    expect([loop, loop.child, loop.folds[0]!, loop.folds[1]!].map((one) => one.restarting)).toEqual(
      Array(4).fill(true),
    );
    loop.restarting = false;
    expect([loop, loop.child, loop.folds[0]!, loop.folds[1]!].map((one) => one.restarting)).toEqual(
      Array(4).fill(false),
    );
  });

  test('of a child ends with its own first iteration, and with the parent’s if it was not run', async () => {
    const seen: string[] = [];
    class Child extends Counter {
      override reset() {
        seen.push(`${this.path.slice(this.path.indexOf('.') + 1)} ${this.restarting}`);
        this.state.n = 0;
      }
    }
    class Parent extends Counter {
      readonly a: Child = new Child(1);
      readonly b: Child = new Child(1);
      override async advance() {
        this.state.n++;
        await this.a.run();
        if (this.state.n === 1) await this.a.run();
        if (this.state.n > 1) await this.b.run();
      }
    }
    const loop = new Parent(2);
    loop.restarting = true;
    await loop.run();
    // Lightning would give `b true`: a flag gone stale.
    expect(seen).toEqual(['a true', 'a false', 'a false', 'b false']);
  });

  function tree() {
    class Tree extends Counter {
      readonly child: Counter = new Counter();
      readonly folds: Counter[] = [new Counter(), new Counter()];
    }
    return new Tree();
  }
});

describe('an error', () => {
  const hooks = [
    'skip',
    'onSkip',
    'reset',
    'onRunStart',
    'done',
    'onAdvanceStart',
    'advance',
    'onAdvanceEnd',
    'onRunEnd',
  ] as const;
  const cases = hooks.flatMap((hook) =>
    [false, true].flatMap((late) =>
      [false, true].flatMap((watched) => [false, true].map((parent) => ({ hook, late, watched, parent }))),
    ),
  );

  test.for(cases.filter(({ hook, late }) => !late || (hook !== 'skip' && hook !== 'done')))(
    'in $hook reaches output as the same object, and later hooks do not run (async: $late, watched: $watched, child: $parent)',
    async ({ hook, late, watched, parent }) => {
      const error = Object.assign(new Error(hook), { detail: { live: () => {} } });
      const loop = parent ? new TracedParent(1) : new Traced(1);
      if (hook === 'onSkip') Object.defineProperty(loop, 'skip', { value: true });
      if (hook === 'skip' || hook === 'done') {
        Object.defineProperty(loop, hook, {
          get: () => {
            throw error;
          },
        });
      } else {
        loop[hook] = (() => {
          loop.log.push('thrown');
          if (!late) throw error;
          return macrotask().then(() => {
            throw error;
          });
        }) as () => any;
      }
      const run = start(loop, watched);
      const outcome = await run.outcome;
      expect(outcome.status).toBe('failed');
      expect(outcome.error).toBe(error);
      expect(await run.output.catch((thrown) => thrown)).toBe(error);
      if (hook !== 'skip' && hook !== 'done') expect(loop.log.at(-1)).toBe('thrown');
      expect(loop.running).toBe(false);
      expect(run.actor.getSnapshot().status).toBe('error');
    },
  );

  test('leaves every counter as it was at the throw', async () => {
    class Fails extends Counter {
      override advance() {
        this.state.n++;
        if (this.state.n === 5) throw new Error('fifth');
      }
    }
    const loop = new Fails(10);
    const run = loop.start();
    expect((await run.outcome).steps).toBe(4);
    expect(loop.state).toEqual({ n: 5 });
    expect(run.actor.getSnapshot()).toMatchObject({
      context: { state: { n: 5 }, steps: 4, error: { message: 'fifth' } },
    });
  });

  test.for(['text', 0, false, { code: 1 }])('that is no Error reaches output as it is: %o', async (thrown) => {
    const loop = new Counter();
    loop.advance = () => {
      throw thrown;
    };
    expect(await loop.run().catch((error) => error)).toBe(thrown);
  });

  test.for([null, undefined])('that is %o reaches output as it is', async (thrown) => {
    const loop = new Counter();
    loop.advance = () => {
      throw thrown;
    };
    expect(await loop.run().catch((error) => error)).toBe(thrown);
  });

  test('of a child reaches its parent’s step as the same object, and may be caught there', async () => {
    const error = new Error('child');
    const child = new Counter();
    child.advance = () => {
      throw error;
    };
    const caught: unknown[] = [];
    class Parent extends Counter {
      readonly child: Counter = child;
      override async advance() {
        this.state.n++;
        await this.child.run().catch((thrown) => caught.push(thrown));
      }
    }
    expect(await new Parent(2).run()).toBe(2);
    expect(caught).toHaveLength(2);
    for (const one of caught) expect(one).toBe(error);
  });

  test('three levels down reaches output unchanged when nobody catches it', async () => {
    const error = new TypeError('deep');
    const leaf = new Counter();
    leaf.advance = () => {
      throw error;
    };
    const run = nest(nest(leaf)).start();
    expect(await run.output.catch((thrown) => thrown)).toBe(error);
  });

  test('does not keep the loop from running again', async () => {
    const loop = new Counter(2);
    const { advance } = Counter.prototype;
    loop.advance = () => {
      throw new Error('once');
    };
    await expect(loop.run()).rejects.toThrow('once');
    loop.advance = advance;
    expect(await loop.run()).toBe(2);
  });
});

/** A loop that runs `child` once per step. */
function nest(child: Loop<any, any>, steps = 1): Counter & { child: Loop<any, any> } {
  class Nest extends Counter {
    readonly child: Loop<any, any> = child;
    override async advance() {
      this.state.n++;
      await this.child.run();
    }
  }
  return new Nest(steps);
}

describe('end', () => {
  test('makes an EndLoop that names the loop, its path and the reason', () => {
    const loop = new Counter();
    const end = loop.end('exhausted');
    expect(end).toBeInstanceOf(EndLoop);
    expect(end).toBeInstanceOf(Error);
    expect(end).toMatchObject({ name: 'EndLoop', loop, path: 'counter', reason: 'exhausted' });
    expect(end.message).toBe('counter ends: exhausted');
    expect(loop.end().message).toBe('counter ends');
  });

  const Kinds = [Traced, TracedParent, TracedAsync];

  test.for(
    Kinds.flatMap((Kind) =>
      (['reset', 'onRunStart', 'onAdvanceStart', 'advance', 'onAdvanceEnd'] as const).map((hook) => ({ Kind, hook })),
    ),
  )('in $hook leaves the rest out and runs onRunEnd ($Kind.name)', async ({ Kind, hook }) => {
    const loop = new Kind(Infinity);
    loop[hook] = () => {
      loop.log.push(`${hook} ends`);
      throw loop.end('why');
    };
    const outcome = await loop.start().outcome;
    expect(outcome).toEqual({ status: 'finished', output: 'ended', reason: 'why', steps: 0 });
    const lines = loop.log.filter((line) => !line.endsWith('resolved'));
    expect(lines.slice(lines.indexOf(`${hook} ends`) + 1)).toEqual(['onRunEnd()']);
  });

  test('in done runs onRunEnd, before the first step and after one', async () => {
    for (const at of [0, 2]) {
      class Ends extends Counter {
        override get done() {
          if (this.state.n === at) throw this.end();
          return false;
        }
      }
      expect(await new Ends().run()).toBe(at);
    }
  });

  test('rejected by a promise is the same', async () => {
    const loop = new Counter(5);
    loop.advance = async () => {
      await macrotask();
      if (++loop.state.n === 2) throw loop.end();
    };
    const outcome = await loop.start().outcome;
    expect(outcome).toEqual({ status: 'finished', output: 2, steps: 1 });
  });

  test.for(['skip', 'onSkip', 'onRunEnd'] as const)('in %s is an error: there is nothing left to end', async (hook) => {
    const loop = new Traced(1);
    const throws = () => {
      throw loop.end();
    };
    if (hook === 'onSkip') Object.defineProperty(loop, 'skip', { value: true });
    if (hook === 'skip') Object.defineProperty(loop, 'skip', { get: throws });
    else loop[hook] = throws;
    const error = await loop.run().catch((thrown) => thrown);
    expect(error).toBeInstanceOf(LoopError);
    expect(error).toMatchObject({ code: 'END_OUTSIDE', path: 'traced', cause: { name: 'EndLoop' } });
    expect(error.message).toContain(hook);
  });

  test('of a parent leaves the child without its onRunEnd and runs the parent’s, from every hook of the child', async () => {
    const hooks = [
      'reset',
      'onRunStart',
      'onAdvanceStart',
      'advance',
      'onAdvanceEnd',
      'onRunEnd',
      'onSkip',
      'skip',
      'done',
    ];
    for (const hook of hooks) {
      const child = new Traced(2);
      const parent = nest(child, 5);
      const throws = () => {
        child.log.push('ends the parent');
        throw parent.end(hook);
      };
      if (hook === 'onSkip') Object.defineProperty(child, 'skip', { value: true });
      if (hook === 'skip' || hook === 'done') Object.defineProperty(child, hook, { get: throws });
      else Object.assign(child, { [hook]: throws });
      const outcome = await parent.start().outcome;
      expect(outcome, hook).toEqual({ status: 'finished', output: 1, reason: hook, steps: 0 });
      expect(child.log.at(-1), hook).toBe('ends the parent');
      expect([parent.running, child.running]).toEqual([false, false]);
    }
  });

  test.for([1, 2, 3, 4])('of a loop %i levels up leaves every loop between, like a labelled break', async (up) => {
    const log: string[] = [];
    class Level extends Loop {
      override state = { n: 0 };
      readonly below: Level | undefined;
      readonly name: string;
      constructor(levels: Level[], depth: number) {
        super();
        this.name = `level ${levels.push(this)}`;
        if (levels.length < depth) this.below = new Level(levels, depth);
        else this.advance = () => Promise.reject(levels.at(-1 - up)!.end());
      }
      get done() {
        return this.state.n >= 2;
      }
      reset() {
        this.state.n = 0;
      }
      async advance() {
        this.state.n++;
        await this.below!.run();
      }
      override onRunEnd() {
        log.push(this.name);
      }
    }
    const levels: Level[] = [];
    const root = new Level(levels, 5);
    await root.run();
    // The one that is ended goes on to onRunEnd, and those above it with all their steps.
    const ended = levels.length - up;
    const expected: string[] = [];
    const unwind = (level: number): void => {
      if (level < ended) for (let step = 0; step < 2; step++) unwind(level + 1);
      expected.push(`level ${level}`);
    };
    unwind(1);
    expect(log).toEqual(expected);
  });

  test('of a parent passes through the step that awaits the child, where finally runs', async () => {
    const log: string[] = [];
    class Child extends Counter {
      override advance() {
        throw parent.end('from below');
      }
    }
    class Parent extends Counter {
      readonly child: Child = new Child(1);
      override async advance() {
        try {
          await this.child.run();
          log.push('not reached');
        } catch (thrown) {
          log.push(`${(thrown as EndLoop).name} of ${(thrown as EndLoop).path}: ${(thrown as EndLoop).reason}`);
          throw thrown;
        } finally {
          log.push('finally');
        }
      }
    }
    const parent = new Parent(9);
    await parent.run();
    expect(log).toEqual(['EndLoop of parent: from below', 'finally']);
  });

  test('of a parent leaves a child that runs beside, whose signal aborts', async () => {
    let aborted: unknown;
    const slow = new Counter(1);
    slow.advance = () =>
      new Promise<void>((_, reject) => {
        const { signal } = slow;
        signal.addEventListener('abort', () => {
          aborted = signal.reason;
          reject(signal.reason);
        });
      });
    const quick = new Counter(1);
    class Parent extends Counter {
      readonly slow: Counter = slow;
      readonly quick: Counter = quick;
      override async advance() {
        await Promise.all([this.slow.run(), this.quick.run()]);
      }
    }
    const parent = new Parent(1);
    quick.advance = () => Promise.reject(parent.end());
    expect(await parent.run()).toBe(0);
    expect(aborted).toBeInstanceOf(EndLoop);
    expect(slow.running).toBe(false);
  });

  test('of a loop that is not running around the hook is an error that names both', async () => {
    const other = new Counter();
    const loop = new Counter();
    const end = other.end();
    loop.advance = () => {
      throw end;
    };
    const error = await nest(loop)
      .run()
      .catch((thrown) => thrown);
    expect(error).toBeInstanceOf(LoopError);
    expect(error).toMatchObject({ code: 'END_OUTSIDE', path: 'nest.child' });
    expect(error.cause).toBe(end);
    expect(error.message).toContain('end of counter was thrown');
  });

  test('of a child is an error in its parent’s step, where it is not running', async () => {
    const parent = nest(new Counter(1));
    const { advance } = parent;
    parent.advance = async function (this: any) {
      await advance.call(this);
      throw parent.child.end();
    };
    await expect(parent.run()).rejects.toMatchObject({ code: 'END_OUTSIDE', path: 'nest' });
  });

  test('of a loop that runs beside, not around, is an error', async () => {
    const [a, b] = [new Counter(1), new Counter(1)];
    a.advance = () => Promise.reject(b.end());
    b.advance = async () => {
      await macrotask();
      b.state.n++;
    };
    class Parent extends Counter {
      readonly a: Counter = a;
      readonly b: Counter = b;
      override async advance() {
        this.state.n++;
        await Promise.all([this.a.run(), this.b.run()]);
      }
    }
    await expect(new Parent(1).run()).rejects.toMatchObject({ code: 'END_OUTSIDE', path: 'parent.a' });
  });

  test('of the whole run from outside any run is just an error', () => {
    const loop = new Counter();
    expect(() => {
      throw loop.end();
    }).toThrow('counter ends');
  });
});

describe('once', () => {
  test('runs a function and gives what it returned, also asynchronously', async () => {
    const got: unknown[] = [];
    const loop = new Counter(1);
    loop.advance = async () => {
      loop.state.n++;
      got.push(await loop.once('sync', () => ({ a: [1] })));
      got.push(await loop.once('async', async () => 'later'));
      got.push(await loop.once('nothing', () => {}));
    };
    await loop.run();
    expect(got).toEqual([{ a: [1] }, 'later', undefined]);
  });

  test.for([false, true])(
    'takes the same key again in the next step and in the next hook (child: %o)',
    async (parent) => {
      const keys: string[] = [];
      class Once extends Counter {
        child: Counter | null = parent ? new Counter() : null;
        override async reset() {
          this.state.n = 0;
          await this.once('key', () => void keys.push('reset'));
        }
        override async onRunStart() {
          await this.once('key', () => void keys.push('onRunStart'));
        }
        override async advance() {
          this.state.n++;
          await this.once('key', () => void keys.push(`step ${this.state.n}`));
        }
      }
      await new Once(2).run();
      expect(keys).toEqual(['reset', 'onRunStart', 'step 1', 'step 2']);
    },
  );

  test.for([false, true])('with a key twice in one step is an error that names it (child: %o)', async (parent) => {
    const calls: number[] = [];
    class Twice extends Counter {
      child: Counter | null = parent ? new Counter() : null;
      override async onAdvanceStart() {
        await this.once('warm', () => void calls.push(1));
      }
      override async advance() {
        this.state.n++;
        await this.once('warm', () => void calls.push(2));
      }
    }
    const error = await new Twice().run().catch((thrown) => thrown);
    expect(error).toMatchObject({ name: 'LoopError', code: 'ONCE_TWICE', path: 'twice' });
    expect(error.message).toContain('`warm`');
    expect(calls).toEqual([1]);
  });

  test('outside a run rejects, and does not call the function', async () => {
    let called = false;
    const result = new Counter().once('key', () => {
      called = true;
    });
    await expect(result).rejects.toMatchObject({ code: 'NOT_RUNNING', path: 'counter' });
    expect(called).toBe(false);
  });

  test('that throws rejects with the same error', async () => {
    const error = new Error('inside');
    for (const fn of [() => Promise.reject(error), () => Promise.resolve().then(() => Promise.reject(error))]) {
      const loop = new Counter(1);
      loop.advance = async () => {
        await loop.once('key', fn);
      };
      expect(await loop.run().catch((thrown) => thrown)).toBe(error);
    }
    const loop = new Counter(1);
    loop.advance = async () => {
      await loop.once('key', () => {
        throw error;
      });
    };
    expect(await loop.run().catch((thrown) => thrown)).toBe(error);
  });

  test('gives anything while nobody saves or records the run', async () => {
    const loop = new Counter(1);
    const map = new Map();
    loop.advance = async () => {
      loop.state.n++;
      expect(await loop.once('key', () => map)).toBe(map);
    };
    await loop.run();
  });
});

describe('children', () => {
  test('that a hook runs are actors under the parent’s, under the field’s name', async () => {
    const seen: unknown[] = [];
    const child = new Counter(1);
    const parent = nest(child);
    child.onAdvanceStart = () => {
      const { context, children } = run.actor.getSnapshot() as any;
      seen.push(context.running, children.child.getSnapshot().value, children.child.id);
    };
    const run = parent.start();
    await run.output;
    expect(seen).toEqual([['child'], 'advancing', 'child']);
    expect(Object.keys((run.actor.getSnapshot() as any).children)).not.toContain('child');
  });

  test.for(['reset', 'onRunStart', 'onAdvanceStart', 'advance', 'onAdvanceEnd', 'onRunEnd'] as const)(
    'may be run in %s, and their output comes back',
    async (hook) => {
      class Parent extends Traced {
        readonly child: Counter = new Counter(4);
      }
      const parent = new Parent(1);
      let got: unknown;
      let spawned: unknown;
      const original = parent[hook].bind(parent) as (...args: unknown[]) => any;
      parent[hook] = (async (...args: unknown[]) => {
        got = await parent.child.run();
        return original(...args);
      }) as any;
      parent.child.onAdvanceStart = () => {
        spawned = (run.actor.getSnapshot() as any).context.running;
      };
      const run = parent.start();
      expect(await run.output).toBe('ended');
      expect(got).toBe(4);
      expect(spawned).toEqual(['child']);
    },
  );

  test('run in onSkip are children, too', async () => {
    class Skips extends Loop<number> {
      readonly child: Counter = new Counter(2);
      override get skip() {
        return true;
      }
      get done() {
        return true;
      }
      reset() {}
      advance() {}
      override onSkip() {
        return this.child.run();
      }
    }
    expect(await new Skips().run()).toBe(2);
  });

  test('run outside a hook of the parent, or begun with start() in the hook of another, have a run of their own', async () => {
    const child = new Counter(2);
    const parent = nest(child);
    expect(await child.run()).toBe(2);
    let outside!: Promise<number>;
    const stranger = new Counter(1);
    const other = new Counter(2);
    stranger.advance = async () => {
      stranger.state.n++;
      // No child of this loop: `run` would be refused here.
      outside = other.start().output;
      await outside;
    };
    const run = stranger.start();
    let running: unknown;
    other.onAdvanceStart = () => {
      running = (run.actor.getSnapshot() as any).context.running;
    };
    await run.output;
    expect(await outside).toBe(2);
    expect(running).toEqual([]);
    expect(await parent.run()).toBe(1);
  });

  test('in a Promise.all are two actors at the same time', async () => {
    const arrived: string[] = [];
    let both!: () => void;
    const meet = new Promise<void>((resolve) => {
      both = resolve;
    });
    class Meets extends Counter {
      override async advance() {
        this.state.n++;
        if (arrived.push(this.path) === 2) both();
        await meet;
      }
    }
    class Parent extends Counter {
      readonly left: Meets = new Meets(1);
      readonly right: Meets = new Meets(2);
      override async advance() {
        this.state.n++;
        expect(await Promise.all([this.left.run(), this.right.run()])).toEqual([1, 2]);
      }
    }
    const run = new Parent(1).start();
    await meet;
    expect((run.actor.getSnapshot() as any).context.running).toEqual(['left', 'right']);
    expect(await run.output).toBe(1);
    expect(arrived).toEqual(['parent.left', 'parent.right', 'parent.right']);
  });

  test.for(['advance', 'onRunStart'] as const)('that %s does not await are waited for', async (hook) => {
    const log: string[] = [];
    class Child extends Counter {
      override async advance() {
        await macrotask();
        log.push(`step ${++this.state.n}`);
      }
    }
    class Parent extends Counter {
      readonly child: Child = new Child(2);
      override onRunEnd() {
        log.push('onRunEnd');
        return this.state.n;
      }
    }
    const parent = new Parent(1);
    const original = parent[hook].bind(parent);
    parent[hook] = (...args: any[]) => {
      void parent.child.run();
      return original(...args);
    };
    await parent.run();
    expect(log).toEqual(['step 1', 'step 2', 'onRunEnd']);
  });

  test('that a step does not await fail the step', async () => {
    const error = new Error('unawaited');
    const child = new Counter(1);
    child.advance = async () => {
      await macrotask();
      throw error;
    };
    const parent = nest(child, 2);
    parent.advance = () => {
      parent.state.n++;
      void parent.child.run();
    };
    expect(await parent.run().catch((thrown) => thrown)).toBe(error);
    expect(parent.state.n).toBe(1);
  });

  test('that a step does not await fail the step also when they fail before it returns', async () => {
    const error = new Error('unawaited');
    const child = new Counter(1);
    child.advance = () => {
      throw error;
    };
    const parent = nest(child, 2);
    parent.advance = async () => {
      parent.state.n++;
      void parent.child.run();
      await macrotask();
      await macrotask();
    };
    expect(await parent.run().catch((thrown) => thrown)).toBe(error);
    expect(parent.state.n).toBe(1);
  });

  test('are run again in each step, thousands of times, one actor each', async () => {
    class Parent extends Counter {
      readonly child: Counter = new Counter(2);
      total = 0;
      override async advance() {
        this.state.n++;
        this.total += await this.child.run();
      }
    }
    const parent = new Parent(1000);
    await parent.run();
    expect(parent.total).toBe(2000);
  });

  test('that override run may do as they like', async () => {
    class Own extends Counter {
      override run(): Promise<number> {
        return Promise.resolve(42);
      }
    }
    let got = 0;
    class Parent extends Counter {
      readonly child: Own = new Own();
      override async advance() {
        this.state.n++;
        got = await this.child.run();
      }
    }
    await new Parent(1).run();
    expect(got).toBe(42);
  });
});

describe('one instance runs once at a time', () => {
  test('a second run rejects and the first goes on', async () => {
    const loop = new Counter(2);
    const first = loop.run();
    await expect(loop.run()).rejects.toMatchObject({ code: 'ALREADY_RUNNING', path: 'counter' });
    expect(await first).toBe(2);
    expect(await loop.run()).toBe(2);
  });

  test('a second start throws', async () => {
    const loop = new Counter(2);
    const run = loop.start();
    expect(() => loop.start()).toThrow(expect.objectContaining({ code: 'ALREADY_RUNNING' }));
    expect(await run.output).toBe(2);
  });

  test('a child twice in one Promise.all', async () => {
    const parent = nest(new Counter(1));
    parent.advance = async () => {
      await Promise.all([parent.child.run(), parent.child.run()]);
    };
    await expect(parent.run()).rejects.toMatchObject({ code: 'ALREADY_RUNNING', path: 'nest.child' });
  });

  test('a loop inside its own hook, and a parent inside its child’s', async () => {
    const loop = new Counter(1);
    loop.advance = async () => {
      await loop.run();
    };
    await expect(loop.run()).rejects.toMatchObject({ code: 'ALREADY_RUNNING', path: 'counter' });
    const child = new Counter(1);
    const parent = nest(child);
    child.advance = async () => {
      await parent.run();
    };
    await expect(parent.run()).rejects.toMatchObject({ code: 'ALREADY_RUNNING', path: 'nest' });
  });

  test('running says whether it does', async () => {
    const loop = new Counter(1);
    const seen: boolean[] = [loop.running];
    loop.onAdvanceStart = () => void seen.push(loop.running);
    await loop.run();
    seen.push(loop.running);
    expect(seen).toEqual([false, true, false]);
  });
});

test('path names the root after its class and the others after their fields', async () => {
  const paths: string[] = [];
  class BatchLoop extends Counter {
    override reset() {
      paths.push(this.path);
      this.state.n = 0;
    }
  }
  class EpochLoop extends BatchLoop {
    readonly batches: BatchLoop = new BatchLoop(1);
    readonly folds: BatchLoop[] = [new BatchLoop(1), new BatchLoop(1)];
    override async advance() {
      this.state.n++;
      for (const loop of [this.batches, ...this.folds]) await loop.run();
    }
  }
  class FitLoop extends BatchLoop {
    readonly epoch: EpochLoop = new EpochLoop(1);
    override async advance() {
      this.state.n++;
      await this.epoch.run();
    }
  }
  const fit = new FitLoop(1);
  await fit.run();
  expect(paths).toEqual([
    'fitLoop',
    'fitLoop.epoch',
    'fitLoop.epoch.batches',
    'fitLoop.epoch.folds.0',
    'fitLoop.epoch.folds.1',
  ]);
  expect(fit.epoch.folds[1]!.path).toBe('fitLoop.epoch.folds.1');
});

describe('signal', () => {
  test('belongs to a run', () => {
    expect(() => new Counter().signal).toThrow(expect.objectContaining({ code: 'NOT_RUNNING' }));
  });

  test('is aborted with the reason of an abort, in every running loop', async () => {
    const reasons: unknown[] = [];
    const child = new Counter(1);
    const parent = nest(child);
    let entered!: () => void;
    const inside = new Promise<void>((resolve) => {
      entered = resolve;
    });
    child.advance = () => {
      for (const loop of [child, parent]) {
        const { signal } = loop;
        expect(signal.aborted).toBe(false);
        signal.addEventListener('abort', () => reasons.push(signal.reason));
      }
      entered();
      return new Promise(() => {});
    };
    const run = parent.start();
    await inside;
    const reason = new Error('enough');
    run.abort(reason);
    expect(await run.output.catch((thrown) => thrown)).toBe(reason);
    expect(reasons).toHaveLength(2);
    for (const one of reasons) expect(one).toBe(reason);
  });

  test('is the same throughout a run, new in the next, and not aborted by the end of the run', async () => {
    const signals: AbortSignal[] = [];
    const loop = new Counter(2);
    loop.onAdvanceStart = () => void signals.push(loop.signal);
    await loop.run();
    await loop.run();
    expect(signals[0]).toBe(signals[1]);
    expect(signals[2]).toBe(signals[3]);
    expect(signals[0]).not.toBe(signals[2]);
    expect(signals.map((signal) => signal.aborted)).toEqual([false, false, false, false]);
  });
});

describe('trainer', () => {
  test('is an error as long as there is none', () => {
    expect(() => new Counter().trainer).toThrow('The loop is not attached to a Trainer.');
  });

  test('set on a loop is set on all below it, in arrays as well', () => {
    class Tree extends Counter {
      readonly child: Counter = nest(new Counter());
      readonly folds: Counter[] = [new Counter(), new Counter()];
    }
    const tree = new Tree();
    const trainer = {};
    tree.trainer = trainer;
    for (const loop of [tree, tree.child, (tree.child as any).child, ...tree.folds]) expect(loop.trainer).toBe(trainer);
  });

  test('is not needed to run', async () => {
    expect(await new Counter(2).run()).toBe(2);
  });
});
