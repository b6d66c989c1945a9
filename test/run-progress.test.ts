import { type LoopRun, memoryStore } from 'loopchart';
import { describe, expect, test } from 'vitest';
import { Count, InTurn } from './support/counts.ts';
import { turn } from './support/loops.ts';

describe('progress', () => {
  test('can be iterated over: where the run stands each time it has changed, until it ends', async () => {
    const seen: number[] = [];
    const run = new InTurn(new Count(3), new Count(3)).start();
    for await (const { steps, loops } of run) {
      seen.push(steps);
      expect(loops[0]).toMatchObject({ path: 'inTurn' });
    }
    expect(seen.length).toBeGreaterThan(2);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(seen.at(-1)).toBe(6);
    expect((await run.outcome).status).toBe('finished');
    for await (const _ of run) expect.unreachable();
  });

  test('shows the last state also to who takes long over each', async () => {
    class Fails extends Count {
      override advance() {
        if (this.state.n === 5) throw new Error('lost');
        return super.advance();
      }
    }
    const runs: [start: () => LoopRun<unknown>, last: [number, string]][] = [
      [() => new Count(10).start(), [10, 'finished']],
      [() => new InTurn(new Count(3), new Count(3)).start({ inspect: () => {} }), [6, 'finished']],
      [() => new Count(10).start({ store: memoryStore(), every: 'step' }), [10, 'finished']],
      [() => new Fails(10).start({ inspect: () => {} }), [5, 'failed']],
    ];
    for (const [start, last] of runs) {
      const run = start();
      const seen: unknown[] = [];
      try {
        for await (const { steps, loops } of run) {
          seen.push([steps, loops[0]!.value]);
          // As long as the run takes, and longer.
          await run.outcome;
        }
      } catch (error) {
        expect(error).toMatchObject({ message: 'lost' });
      }
      expect(seen.at(-1)).toEqual(last);
    }
  });

  test.each<[string, (run: LoopRun<number, Count>, each: () => void) => void]>([
    [
      'by iteration',
      async (run, each) => {
        for await (const { steps } of run) if (steps >= 2) each();
      },
    ],
    ['by a subscription', (run, each) => run.actor.subscribe(({ context }) => context.steps >= 2 && each())],
  ])(
    'who asks for an end, or a pause, whenever it sees a change makes no changes without end: %s',
    async (_, watch) => {
      class Slow extends Count {
        override async advance() {
          await turn();
          await super.advance();
        }
      }
      const run = new Slow(1_000_000).start();
      watch(run, () => void run.stop('enough'));
      expect(await run.outcome).toMatchObject({ status: 'stopped', reason: 'enough' });

      const other = new Slow(1_000_000).start();
      watch(other, () => void other.pause());
      await expect.poll(() => other.progress.loops[0].value).toBe('paused');
      expect((await other.stop()).status).toBe('stopped');
    },
  );

  test('iteration that is left does not touch the run, and several may go on side by side', async () => {
    class Slow extends Count {
      override async advance() {
        await turn();
        this.state.n++;
      }
    }
    const run = new Slow(50).start({ inspect: () => {} });
    const read = async (most: number) => {
      let seen = 0;
      for await (const _ of run) if (++seen === most) break;
      return seen;
    };
    const [few, all] = await Promise.all([read(2), read(Infinity)]);
    expect(few).toBe(2);
    expect(all).toBeGreaterThan(2);
    expect(await run.output).toBe(50);
  });

  test('iteration throws what the run failed with or was aborted with; a stop and a suspend just end it', async () => {
    class Fails extends Count {
      override async advance() {
        throw new Error('lost');
      }
    }
    const read = async (run: LoopRun<unknown>) => {
      for await (const _ of run);
      return (await run.outcome).status;
    };
    await expect(read(new Fails().start())).rejects.toThrow('lost');
    for (const [end, status] of [
      [(run: LoopRun<number>) => void run.stop(), 'stopped'],
      [(run: LoopRun<number>) => void run.suspend(), 'suspended'],
    ] as const) {
      const run = new Count(Infinity).start();
      const reading = read(run);
      await turn();
      end(run);
      expect(await reading).toBe(status);
    }
    const run = new Count(Infinity).start();
    const reading = read(run);
    await turn();
    run.abort('enough');
    await expect(reading).rejects.toBe('enough');
  });
});

describe('the steps of a loop that fails or is ended count', () => {
  /** Runs a child that breaks off after three steps. */
  class Outer extends Count {
    readonly inner: Count;
    constructor(inner: Count) {
      super(2);
      this.inner = inner;
    }
    override async advance() {
      await this.inner.run().catch(() => {});
      this.state.n++;
    }
  }
  class Fails extends Count {
    override advance() {
      if (this.state.n === 3) throw new Error('lost');
      this.state.n++;
      return undefined as any;
    }
  }
  class FailsLate extends Count {
    override async advance() {
      await turn();
      if (this.state.n === 3) throw new Error('lost');
      this.state.n++;
    }
  }
  class Ends extends Count {
    override advance() {
      if (this.state.n === 3) throw this.end('enough');
      this.state.n++;
      return undefined as any;
    }
  }

  test.each<[string, () => Count, number]>([
    ['one that fails', () => new Fails(5), 3],
    ['one that waits, and fails', () => new FailsLate(5), 3],
    ['one that is ended', () => new Ends(5), 3],
    ['a child that fails', () => new Outer(new Fails(5)), 6],
    ['a child that waits, and fails', () => new Outer(new FailsLate(5)), 6],
    ['a child that is ended', () => new Outer(new Ends(5)), 6],
  ])('%s', async (_, make, steps) => {
    for (const options of [{}, { inspect: () => {} }, { store: memoryStore(), every: 'step' as const }]) {
      const run = make().start(options);
      await run.outcome;
      expect(run.progress.steps).toBe(steps);
    }
  });
});
