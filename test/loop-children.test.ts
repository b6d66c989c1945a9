import { Loop } from 'loopchart';
import { describe, expect, test } from 'vitest';
import { Counter, nest } from './support/counter.ts';
import { turn } from './support/loops.ts';
import { Traced } from './support/traced.ts';

describe('children', () => {
  test('that a hook runs are actors under the parent’s, under the field’s name', async () => {
    const seen: unknown[] = [];
    const child = new Counter(1);
    const parent = nest(child);
    child.onAdvanceStart = () => {
      const { context, children } = run.actor.getSnapshot();
      seen.push(context.running, children.child?.getSnapshot().value, children.child?.id);
    };
    const run = parent.start();
    await run.output;
    expect(seen).toEqual([['child'], 'advancing', 'child']);
    expect(Object.keys(run.actor.getSnapshot().children)).not.toContain('child');
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
        spawned = run.actor.getSnapshot().context.running;
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
      running = run.actor.getSnapshot().context.running;
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
    expect(run.actor.getSnapshot().context.running).toEqual(['left', 'right']);
    expect(await run.output).toBe(1);
    expect(arrived).toEqual(['parent.left', 'parent.right', 'parent.right']);
  });

  test.for(['advance', 'onRunStart'] as const)('that %s does not await are waited for', async (hook) => {
    const log: string[] = [];
    class Child extends Counter {
      override async advance() {
        await turn();
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
      await turn();
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
      await turn();
      await turn();
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
