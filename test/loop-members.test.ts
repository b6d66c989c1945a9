import { describe, expect, test } from 'vitest';
import { Counter, nest } from './support/counter.ts';

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
