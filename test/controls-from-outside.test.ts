import { type Checkpoint, Loop, type LoopRun } from 'loopchart';
import { describe, expect, test } from 'vitest';
import { Count, CountNow, InTurn } from './support/counts.ts';
import { keepingAll } from './support/cuts.ts';
import { turn } from './support/loops.ts';
import { quiet, turns } from './support/waiting.ts';

describe('from outside', () => {
  test('a sync loop of many steps is paused, takes steps, goes on, is stopped', async () => {
    for (const watched of [false, true]) {
      const loop = new CountNow(Infinity);
      const run = loop.start(watched ? { inspect: () => {} } : {});
      await turn();
      await run.pause();
      const { n } = loop.state;
      expect(n).toBeGreaterThan(0);
      await turns(3);
      expect(loop.state.n).toBe(n);
      expect(run.progress).toEqual({
        steps: n,
        loops: [{ path: 'countNow', value: 'paused', steps: n, state: { n } }],
      });
      await run.step(7);
      expect(loop.state.n).toBe(n + 7);
      await Promise.all([run.pause(), run.pause()]);
      expect(loop.state.n).toBe(n + 7);
      run.resume();
      run.resume();
      await turn();
      const outcome = await run.stop('enough');
      expect(outcome).toEqual({ status: 'stopped', reason: 'enough', output: loop.state.n, steps: loop.state.n });
      expect(loop.state.n).toBeGreaterThan(n + 7);
    }
  });

  test('stop between two steps takes none', async () => {
    for (const Class of [Count, CountNow]) {
      const loop = new Class(Infinity);
      const run = loop.start({ inspect: () => {} });
      await turn();
      const { n } = loop.state;
      await run.stop();
      expect(loop.state.n).toBe(n);
    }
  });

  test('paused: true waits before the first step, of a child as well, and stop ends it there', async () => {
    const loop = new InTurn(new Count(2), new Count(2));
    const run = loop.start({ paused: true });
    await quiet(run);
    expect(run.progress.loops).toEqual([{ path: 'inTurn', value: 'paused', steps: 0, state: { outputs: [] } }]);
    await run.pause();
    expect(await run.stop('not today')).toEqual({ status: 'stopped', reason: 'not today', output: [], steps: 0 });
    expect(loop.a.state.n).toBe(0);
  });

  test('paused: true of a loop without a step ends', async () => {
    expect(await new Count(0).start({ paused: true }).outcome).toEqual({ status: 'finished', output: 0, steps: 0 });
  });

  test('paused: true with a checkpoint waits before the next step', async () => {
    const first = new InTurn(new Count(3), new Count(3)).start({ paused: true });
    await first.step(4);
    const from = await first.suspend();
    const loop = new InTurn(new Count(3), new Count(3));
    const run = loop.start({ from, paused: true });
    await quiet(run);
    expect(run.progress.loops[1]).toEqual({ path: 'inTurn.b', value: 'paused', steps: 1, state: { n: 1 } });
    await run.step();
    expect(loop.b.state).toEqual({ n: 2 });
    run.resume();
    expect(await run.output).toEqual([3, 3]);
  });

  test('all of them may be called again, and when the run has ended', async () => {
    for (const end of [
      (_: LoopRun<number>) => {},
      (run: LoopRun<number>) => void run.stop(),
      (run: LoopRun<number>) => void run.suspend(),
      (run: LoopRun<number>) => run.abort(),
    ]) {
      const run = new Count(100).start();
      await turn();
      end(run);
      end(run);
      const outcome = await run.outcome;
      await run.pause();
      run.resume();
      await run.step();
      run.abort(new Error('too late'));
      expect(await run.stop('too late')).toBe(outcome);
      if (outcome.status !== 'suspended') await expect(run.suspend()).rejects.toMatchObject({ code: 'RUN_ENDED' });
      expect(await run.outcome).toBe(outcome);
      expect(run.waitingFor).toEqual([]);
    }
  });

  test('a step of a paused child ends with the run when that is aborted', async () => {
    const run = new InTurn(new Count(5), new Count(5)).start({ paused: true });
    await run.step(2);
    const [stepped, checkpoint, output] = [run.step(1000), run.checkpoint(), run.output];
    run.abort('a reason');
    await stepped;
    await expect(checkpoint).rejects.toMatchObject({ code: 'RUN_ENDED' });
    await expect(output).rejects.toBe('a reason');
  });
});

describe('a stop that is asked for within a step holds behind it, also where that is run again after a resume', () => {
  class Work extends Loop<number> {
    override state = { n: 0 };
    /** Asks for the stop. */
    stop = () => {};
    get done() {
      return this.state.n >= 100;
    }
    reset() {
      this.state.n = 0;
    }
    async advance() {
      await this.once('first', () => 1);
      await this.once('second', () => {
        if (this.state.n === 3) this.stop();
      });
      this.state.n++;
    }
    override onRunEnd() {
      return this.state.n;
    }
  }

  class Around extends Work {
    readonly inner = new Count(2);
    override async advance() {
      await this.inner.run();
      await super.advance();
    }
  }

  test.each([Work, Around])('of %o', async (Class) => {
    const store = keepingAll();
    const work = new Class();
    const run = work.start({ store, every: 'step', durability: 'sync' });
    work.stop = () => void run.stop('enough');
    expect(await run.outcome).toMatchObject({ status: 'stopped', output: 4 });
    const stopping = store.kept.filter((text) => text.includes('"reason":"enough"'));
    expect(stopping.length).toBeGreaterThan(0);
    for (const text of stopping) {
      const again = await new Class().start({ from: JSON.parse(text) as Checkpoint }).outcome;
      expect(again).toMatchObject({ status: 'stopped', output: 4 });
    }
  });

  test.each([Work, Around])('of %o, where whoever goes on asks for it at once', async (Class) => {
    const store = keepingAll();
    const run = new Class().start({ store, every: 'step', durability: 'sync' });
    while (store.kept.length < 12) await turn();
    await run.stop();
    for (const text of store.kept.slice(1, 12)) {
      const from = JSON.parse(text) as Checkpoint;
      const { n } = from.stateDict.state_dict as { n: number };
      const { output } = await new Class().start({ from }).stop('now');
      expect(output).toBe(n + (from.phase.context.inFlight === null ? 0 : 1));
    }
  });
});
