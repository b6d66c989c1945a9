import { memoryStore } from 'loopchart';
import { describe, expect, test } from 'vitest';
import { Count } from './support/counts.ts';
import { turn } from './support/loops.ts';
import { ownStore } from './support/own-store.ts';

describe('saving', () => {
  describe('in a store that stands still', () => {
    const still = () => new Promise<never>(() => {});
    const reason = new Error('enough');

    test.each(['sync', 'async'] as const)(
      'does not hold up an abort (%s), nor the error of a step',
      async (durability) => {
        const { store, saves } = ownStore(true);
        const released: string[] = [];
        store.release = (id) => void released.push(id);
        const run = new Count(100).start({ store, id: 'run', every: 'step', durability });
        while (saves.length === 0) await turn();
        run.abort(reason);
        expect(await run.outcome).toMatchObject({ status: 'aborted', reason });
        // What is being written is still the run's.
        expect(released).toEqual([]);

        class Fails extends Count {
          override advance() {
            if (this.state.n === 1) throw reason;
            return super.advance();
          }
        }
        const failing = new Fails(100).start({ store: { ...store, save: still }, every: 'step', durability: 'async' });
        expect(await failing.outcome).toMatchObject({ status: 'failed', error: reason });
      },
    );

    test('releases the run when it has come to an end after all', async () => {
      const { store, saves, open } = ownStore(true);
      let released!: () => void;
      const release = new Promise<void>((resolve) => {
        released = resolve;
      });
      store.release = released;
      const run = new Count(100).start({ store, every: 'step', durability: 'sync' });
      while (saves.length === 0) await turn();
      run.abort(reason);
      await run.outcome;
      for (const done of open) done();
      await release;
      expect(saves).toEqual([1]);
    });

    test('ends the run that was stopped or has finished, once it is aborted', async () => {
      for (const end of ['stop', 'finish', 'suspend'] as const) {
        const { store, saves } = ownStore(true);
        const run = new Count(end === 'finish' ? 1 : 100).start({
          store,
          every: end === 'suspend' ? 'run' : 'step',
          durability: 'async',
          paused: end === 'suspend',
        });
        const suspended = end === 'suspend' ? run.suspend() : undefined;
        suspended?.catch(() => {});
        while (saves.length === 0) await turn();
        if (end === 'stop') void run.stop();
        while (end !== 'suspend' && run.waitingFor.length > 0) await turn();
        run.abort(reason);
        expect(await run.outcome).toMatchObject({ status: 'aborted', reason, error: reason });
        await expect(run.output).rejects.toBe(reason);
        if (suspended !== undefined) await expect(suspended).rejects.toMatchObject({ code: 'RUN_ENDED' });
      }
    });

    test('is no reason to call a run aborted that was saved in time', async () => {
      const { store, open } = ownStore(true);
      const run = new Count(1).start({ store, every: 'run' });
      while (open.length === 0) await turn();
      run.abort(reason);
      open[0]!();
      expect(await run.outcome).toMatchObject({ status: 'finished', output: 1 });
    });

    test('does not hold up an abort while it is acquired, nor the end while it is released', async () => {
      const told: string[] = [];
      let acquired!: () => void;
      const acquire = new Promise<void>((resolve) => {
        acquired = resolve;
      });
      const store = { ...memoryStore(), acquire: () => acquire, release: () => void told.push('released') };
      const run = new Count(3).start({ store });
      run.abort(reason);
      run.abort(new Error('again'));
      expect(await run.outcome).toMatchObject({ status: 'aborted', reason, steps: 0 });
      expect(told).toEqual([]);
      // What came too late is given back.
      acquired();
      await turn();
      expect(told).toEqual(['released']);

      const releasing = { ...memoryStore(), release: still };
      expect(await new Count(3).start({ store: releasing }).outcome).toMatchObject({ status: 'finished', output: 3 });
    });
  });
});
