import type { LoopRun } from 'loopchart';
import { describe, expect, test } from 'vitest';
import { Both, Count, CountNow } from './support/counts.ts';
import { turn } from './support/loops.ts';
import { turns } from './support/waiting.ts';

describe('parallel children', () => {
  test('pause, resume and stop reach each of them', async () => {
    const loop = new Both(new Count(Infinity), new CountNow(Infinity), 5);
    const run = loop.start();
    while (!loop.a.running || !loop.b.running) await turn();
    await turn();
    await run.pause();
    const counts = [loop.a.state.n, loop.b.state.n];
    expect(Math.min(...counts)).toBeGreaterThan(0);
    await turns(3);
    expect([loop.a.state.n, loop.b.state.n]).toEqual(counts);
    run.resume();
    await turns(2);
    const { output, status } = await run.stop();
    expect(status).toBe('stopped');
    expect(output).toEqual([loop.a.state.n, loop.b.state.n]);
    expect(output![0]).toBeGreaterThan(counts[0]!);
    expect(output![1]).toBeGreaterThan(counts[1]!);
  });

  test('abort ends them and their signals, and nothing of them runs on', async () => {
    const loop = new Both(new Count(Infinity), new CountNow(Infinity));
    const run = loop.start();
    while (!loop.a.running || !loop.b.running) await turn();
    const signals = [loop.signal, loop.a.signal, loop.b.signal];
    const reason = new Error('enough');
    run.abort(reason);
    const counts = [loop.a.state.n, loop.b.state.n];
    expect(await run.outcome).toEqual({ status: 'aborted', reason, error: reason, steps: 0 });
    await turns(3);
    expect([loop.a.state.n, loop.b.state.n]).toEqual(counts);
    expect(signals.map((signal) => signal.reason)).toEqual([reason, reason, reason]);
    expect([loop.running, loop.a.running, loop.b.running]).toEqual([false, false, false]);
  });

  test('a branch of a step that goes on when its run is over runs no child', async () => {
    class Branches extends Both {
      said: unknown;
      override async advance() {
        const branch = (async () => {
          await turns(5);
          this.said = await this.b.run().catch((error) => error);
        })();
        await turns(2);
        run.abort('enough');
        await branch;
      }
    }
    const loop = new Branches(new Count(3), new Count(3));
    const run: LoopRun<number[]> = loop.start();
    expect((await run.outcome).status).toBe('aborted');
    await turns(10);
    expect([loop.said, loop.b.state.n, loop.b.running]).toEqual(['enough', 0, false]);
  });

  test('one that fails ends the others', async () => {
    class Failing extends Count {
      override async advance() {
        if (++this.state.n === 3) throw new Error('lost');
      }
    }
    const loop = new Both(new CountNow(Infinity), new Failing(Infinity));
    const run = loop.start();
    expect(await run.outcome).toMatchObject({ status: 'failed', error: new Error('lost') });
    const { n } = loop.a.state;
    await turns(3);
    expect(loop.a.state.n).toBe(n);
    expect(loop.a.running).toBe(false);
  });
});
