import { LoopError } from 'loopchart';
import { describe, expect, test, vi } from 'vitest';
import { Count, InTurn } from './support/counts.ts';
import { turn } from './support/loops.ts';
import { makeScript, Outer } from './support/staged.ts';
import { turns } from './support/waiting.ts';

describe('a signal', () => {
  test('that is aborted already: no hook runs', async () => {
    const script = makeScript('', false);
    const reason = new Error('before');
    const run = new Outer(script).start({ signal: AbortSignal.abort(reason) });
    expect(await run.outcome).toEqual({ status: 'aborted', reason, error: reason, steps: 0 });
    await turns(2);
    expect(script.log).toEqual([]);
  });

  test('that is aborted later ends the run, children too', async () => {
    const controller = new AbortController();
    const loop = new InTurn(new Count(2), new Count(Infinity));
    const run = loop.start({ signal: controller.signal });
    while (!loop.b.running) await turn();
    const { signal } = loop.b;
    controller.abort();
    expect(await run.outcome).toEqual({
      status: 'aborted',
      reason: controller.signal.reason,
      error: controller.signal.reason,
      steps: 0,
    });
    expect(signal.reason).toBe(controller.signal.reason);
  });

  test('that is aborted after the end changes nothing, and the run has let go of it', async () => {
    const controller = new AbortController();
    const remove = vi.spyOn(controller.signal, 'removeEventListener');
    const run = new Count(2).start({ signal: controller.signal });
    const outcome = await run.outcome;
    await turn();
    expect(remove).toHaveBeenCalledOnce();
    controller.abort();
    expect(await run.outcome).toBe(outcome);
    expect(outcome).toEqual({ status: 'finished', output: 2, steps: 2 });
  });

  test('that many runs are given warns of nothing, and ends all of them', async () => {
    const warnings: Error[] = [];
    const listen = (warning: Error) => void warnings.push(warning);
    process.on('warning', listen);
    try {
      const controller = new AbortController();
      const runs = Array.from({ length: 30 }, () => new Count(3).start({ signal: controller.signal, paused: true }));
      await Promise.all(runs.slice(0, 10).map((run) => run.stop()));
      await turn();
      const reason = new Error('enough');
      controller.abort(reason);
      const outcomes = await Promise.all(runs.slice(10).map((run) => run.outcome));
      for (const outcome of outcomes) expect(outcome).toMatchObject({ status: 'aborted', reason });
      expect(warnings).toEqual([]);
    } finally {
      process.off('warning', listen);
    }
  });

  test("of the loop is there during a run only, and is not aborted by the run's end", async () => {
    const loop = new Count(2);
    expect(() => loop.signal).toThrow('count: `signal` belongs to a run, and the loop is not running.');
    const run = loop.start({ paused: true });
    const { signal } = loop;
    run.resume();
    await run.output;
    expect(signal.aborted).toBe(false);
    expect(() => loop.signal).toThrow(LoopError);
  });
});
