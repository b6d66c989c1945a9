import { type CheckpointStore, memoryStore } from 'loopchart';
import { describe, expect, test, vi } from 'vitest';
import { Both, Count, CountNow, InTurn } from './support/counts.ts';
import { turn } from './support/loops.ts';
import { ownStore } from './support/own-store.ts';
import { never, turns } from './support/waiting.ts';

describe('saving', () => {
  test('every step, every n steps, and at the end of the run only', async () => {
    for (const watched of [false, true]) {
      for (const Class of [Count, CountNow]) {
        for (const [every, expected] of [
          ['step', [1, 2, 3, 4, 5, 6, 7]],
          [{ steps: 1 }, [1, 2, 3, 4, 5, 6, 7]],
          [{ steps: 3 }, [3, 6, 7]],
          [{ steps: 7 }, [7]],
          [{ steps: 100 }, [7]],
          ['run', [7]],
        ] as const) {
          const { store, saves } = ownStore();
          const inspect = watched ? { inspect: () => {} } : {};
          await new Class(7).start({ store, every, durability: 'sync', ...inspect }).output;
          expect([every, saves]).toEqual([every, expected]);
        }
      }
    }
  });

  test('steps are those of innermost loops, of all that run', async () => {
    const { store, saves } = ownStore();
    await new InTurn(new Count(2), new Count(3), 2).start({ store, every: { steps: 4 }, durability: 'sync' }).output;
    expect(saves).toEqual([4, 8, 10]);

    // Side by side they do not wait for one another to count: a save may come a few steps late.
    const parallel = ownStore();
    await new Both(new Count(40), new Count(40)).start({
      store: parallel.store,
      every: { steps: 4 },
      durability: 'sync',
    }).output;
    const gaps = parallel.saves.map((steps, i) => steps - (parallel.saves[i - 1] ?? 0));
    expect(Math.max(...gaps)).toBeLessThan(2 * 4);
    expect(parallel.saves.at(-1)).toBe(80);
  });

  test('every n milliseconds: at the next boundary once they have passed', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      for (const Class of [Count, CountNow]) {
        class Slow extends Class {
          override advance() {
            vi.advanceTimersByTime(10);
            return super.advance();
          }
        }
        const { store, saves } = ownStore();
        await new Slow(20).start({ store, every: { ms: 55 }, durability: 'sync', inspect: () => {} }).output;
        expect(saves).toEqual([6, 12, 18, 20]);
        const second = ownStore();
        await new Slow(250).start({ store: second.store, inspect: () => {} }).output;
        expect(second.saves).toEqual([100, 200, 250]);
      }
    } finally {
      vi.useRealTimers();
    }
  });

  test('every n milliseconds, also after the clock of the machine was set back or forth', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'performance'] });
    try {
      class Slow extends Count {
        override advance() {
          vi.advanceTimersByTime(10);
          if (this.state.n === 8) vi.setSystemTime(Date.now() - 3_600_000);
          if (this.state.n === 14) vi.setSystemTime(Date.now() + 7_200_000);
          return super.advance();
        }
      }
      const { store, saves } = ownStore();
      await new Slow(20).start({ store, every: { ms: 55 }, durability: 'sync', inspect: () => {} }).output;
      expect(saves).toEqual([6, 12, 18, 20]);
    } finally {
      vi.useRealTimers();
    }
  });

  test('every n milliseconds, also where the clock was put in its place while the run went on', async () => {
    const { store, saves } = ownStore();
    const run = new Count(20).start({ store, every: { ms: 3_600_000 }, durability: 'sync', paused: true });
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      await run.step(3);
      expect(saves).toEqual([1]);
    } finally {
      vi.useRealTimers();
    }
    await run.stop();
  });
  test('sync: no step begins before the save of the last is done', async () => {
    const { store, log } = ownStore();
    const slow: CheckpointStore = {
      ...store,
      async save(id, checkpoint) {
        await turns(2);
        await store.save(id, checkpoint);
      },
    };
    class Logs extends Both {
      override async advance() {
        const run = async (loop: Count) => {
          const n = await loop.run();
          this.state.outputs.push(n);
        };
        await Promise.all([run(this.a), run(this.b)]);
      }
    }
    class Told extends Count {
      override async advance() {
        this.state.n++;
        log.push('step');
      }
    }
    await new Told(3).start({ store: slow, every: 'step', durability: 'sync' }).output;
    expect(log.splice(0)).toEqual(['step', 'save 1', 'step', 'save 2', 'step', 'save 3']);
    await new Logs(new Told(2), new Told(2)).start({ store: slow, every: 'step', durability: 'sync' }).output;
    const counted = log.reduce(
      ([steps, saved], line) => {
        if (line !== 'step') return [steps!, steps!];
        expect(steps! - saved!).toBeLessThan(2);
        return [steps! + 1, saved!];
      },
      [0, 0],
    );
    expect(counted).toEqual([4, 4]);
  });

  test('async: one save at a time goes on beside the run, and the newest of what waits is next', async () => {
    const { store, saves, open } = ownStore(true);
    const run = new Count(10).start({ store, every: 'step', paused: true });
    await run.step(4);
    await turns(2);
    expect(saves).toEqual([1]);
    open.shift()!();
    await turns(2);
    expect(saves).toEqual([1, 4]);
    await run.step(1);
    open.shift()!();
    await turns(2);
    expect(saves).toEqual([1, 4, 5]);
    open.shift()!();
    await turns(2);
    expect(saves).toEqual([1, 4, 5]);
    run.resume();
    while (open.length === 0) await turn();
    open.shift()!();
    let ended = false;
    void run.outcome.then(() => {
      ended = true;
    });
    while (!ended) {
      open.shift()?.();
      await turn();
    }
    expect(saves.at(-1)).toBe(10);
  });

  test('async: the last boundary before a hook that hangs is saved, however quick the saves are', async () => {
    for (let delay = 0; delay < 12; delay++) {
      const saves: number[] = [];
      const store: CheckpointStore = {
        ...memoryStore(),
        async save(_, { position }) {
          for (let i = 0; i < delay; i++) await null;
          saves.push(position.steps);
        },
      };
      class Hangs extends Count {
        override async advance() {
          if (this.state.n === 20) await never;
          this.state.n++;
        }
      }
      const run = new Hangs(100).start({ store, every: 'step' });
      // However many slices a busy machine takes for twenty steps.
      while (saves.at(-1) !== 20) await turns(1);
      run.abort();
      await run.outcome;
    }
  });

  test('exit: only what is suspended or finished', async () => {
    const { store, saves } = ownStore();
    const run = new Count(5).start({ store, every: 'step', durability: 'exit', paused: true });
    await run.step(3);
    expect(saves).toEqual([]);
    const from = await run.suspend();
    expect(saves).toEqual([3]);
    await new Count(5).start({ from, store, every: 'step', durability: 'exit' }).output;
    expect(saves).toEqual([3, 5]);
    const stopped = new Count(5).start({ store, every: 'step', durability: 'exit' });
    await stopped.stop();
    expect(saves).toEqual([3, 5]);
  });

  test('a save that fails ends the run with its error, and the checkpoint before it stays', async () => {
    for (const durability of ['sync', 'async'] as const) {
      const store = memoryStore();
      const failing: CheckpointStore = {
        ...store,
        async save(id, checkpoint) {
          await turn();
          if (checkpoint.position.steps > 3) throw new Error('no space left');
          await store.save(id, checkpoint);
        },
      };
      const run = new Count(Infinity).start({ id: 'a', store: failing, every: { steps: 3 }, durability });
      await expect(run.output).rejects.toThrow('no space left');
      expect((await run.outcome).error).toEqual(new Error('no space left'));
      expect((await store.load('a'))!.position.steps).toBe(3);
    }
  });

  test('a store that throws where it should reject is treated alike', async () => {
    for (const durability of ['sync', 'async'] as const) {
      const store: CheckpointStore = {
        ...memoryStore(),
        save() {
          throw new Error('broken');
        },
      };
      const run = new Count(Infinity).start({ store, every: 'step', durability });
      await expect(run.output).rejects.toThrow('broken');
    }
  });

  test('the store is released when the last save is done, before anybody hears of the end', async () => {
    const { store, log } = ownStore();
    const released: CheckpointStore = {
      ...store,
      async release(id) {
        await turn();
        log.push(`release ${id}`);
      },
    };
    const run = new Count(2).start({ id: 'a', store: released, every: 'run' });
    await run.outcome.then(() => log.push('ended'));
    expect(log).toEqual(['save 2', 'release a', 'ended']);
  });

  test('what is saved in memory is a copy, and goes on from there', async () => {
    const store = memoryStore();
    const first = new InTurn(new Count(3), new Count(3), 2).start({ id: 'a', store, every: 'step', paused: true });
    await first.step(4);
    await turn();
    first.abort();
    await first.outcome;
    const from = (await store.load('a'))!;
    expect(from.position.steps).toBe(4);
    expect(await store.list('a')).toMatchObject([{ runId: 'a', steps: 4 }]);
    const run = new InTurn(new Count(3), new Count(3), 2).start({ from, store, every: 'step' });
    expect(run.id).toBe('a');
    expect(await run.output).toEqual([3, 3, 3, 3]);
    expect((await store.load('a'))!.phase.value).toBe('finished');
    await store.delete('a');
    expect([await store.load('a'), await store.list()]).toEqual([undefined, []]);
  });
});

test('a run that was stopped goes on from what was saved before the stop', async () => {
  for (const durability of ['sync', 'async'] as const) {
    const store = memoryStore();
    const run = new Count(Infinity).start({ id: 'a', store, every: 'step', durability, paused: true });
    await run.step(3);
    run.resume();
    expect(await run.stop('enough')).toMatchObject({ status: 'stopped' });
    const from = (await store.load('a'))!;
    expect(from.phase.context.stop).toBe(null);
    const again = new Count(Infinity).start({ from, paused: true });
    await again.step(2);
    expect(again.progress.steps).toBe(from.position.steps + 2);
    again.abort();
    await again.outcome;
  }
});
