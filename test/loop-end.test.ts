import { EndLoop, Loop, LoopError } from 'loopchart';
import { describe, expect, test } from 'vitest';
import { Counter, nest } from './support/counter.ts';
import { turn } from './support/loops.ts';
import { Traced, TracedAsync, TracedParent } from './support/traced.ts';

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
    expect(outcome).toEqual({ status: 'finished', output: 'ended', ended: true, reason: 'why', steps: 0 });
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
      await turn();
      if (++loop.state.n === 2) throw loop.end();
    };
    const outcome = await loop.start().outcome;
    expect(outcome).toEqual({ status: 'finished', output: 2, ended: true, steps: 1 });
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
      expect(outcome, hook).toEqual({ status: 'finished', output: 1, ended: true, reason: hook, steps: 0 });
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
      await turn();
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
