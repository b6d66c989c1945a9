import { type LoopRun, memoryStore } from 'loopchart';
import { describe, expect, test } from 'vitest';
import { Count, InTurn } from './support/counts.ts';
import { turn } from './support/loops.ts';
import { runProgram } from './support/program.ts';

describe('the outcome', () => {
  test('finished, with the reason of an end', async () => {
    class Ends extends Count {
      override async advance() {
        if (++this.state.n === 2) throw this.end('exhausted');
      }
    }
    expect(await new Count(2).start().outcome).toEqual({ status: 'finished', output: 2, steps: 2 });
    expect(await new Ends().start().outcome).toEqual({
      status: 'finished',
      output: 2,
      ended: true,
      reason: 'exhausted',
      steps: 1,
    });
  });

  test('skipped', async () => {
    class Skipped extends Count {
      override get skip() {
        return true;
      }
      override onSkip() {
        return -1;
      }
    }
    expect(await new Skipped().start().outcome).toEqual({ status: 'skipped', output: -1, steps: 0 });
  });

  test('stopped, with and without a reason', async () => {
    for (const reason of [undefined, 'enough', { code: 1 }]) {
      const run = new Count(Infinity).start({ paused: true });
      await run.step(2);
      const stopped = { status: 'stopped', output: 2, reason, steps: 2 };
      expect(await run.stop(reason)).toEqual(stopped);
      expect(await run.outcome).toEqual(stopped);
    }
  });

  test('aborted, with any reason, which output rejects with', async () => {
    for (const reason of [new TypeError('no'), 'enough', { code: 1 }, null, 0]) {
      const run = new Count(Infinity).start({ paused: true });
      await run.step(2);
      run.abort(reason);
      const { output } = run;
      await expect(output).rejects.toBe(reason);
      expect(await run.outcome).toEqual({ status: 'aborted', error: reason, reason, steps: 2 });
    }
    const run = new Count(Infinity).start({ paused: true });
    run.abort();
    expect(await run.outcome).toMatchObject({ status: 'aborted', error: { code: 'STOPPED', path: 'count' } });
    const sent = new Count(Infinity).start({ paused: true });
    sent.actor.send({ type: 'loop.abort' });
    expect(await sent.outcome).toMatchObject({ status: 'aborted', error: { code: 'STOPPED', path: 'count' } });
  });

  test('aborted, by an event whose reason is nothing', async () => {
    for (const event of [{ type: 'loop.abort' }, { type: 'loop.abort', reason: undefined }] as const) {
      const run = new Count(Infinity).start();
      run.actor.send(event);
      expect((await run.outcome).status).toBe('aborted');
    }
  });

  test('failed, where the store fails without an error', async () => {
    for (const durability of ['sync', 'async'] as const) {
      const store = { ...memoryStore(), save: () => Promise.reject(undefined) };
      const { status, error } = await new Count(Infinity).start({ store, every: 'step', durability }).outcome;
      expect([status, error]).toEqual(['failed', expect.objectContaining({ code: 'STORE', path: 'count' })]);
    }
  });

  test('failed, with what the hook threw as it was', async () => {
    for (const thrown of [new TypeError('no'), 'a string', undefined, null, { code: 1 }]) {
      class Fails extends Count {
        override async advance() {
          if (++this.state.n === 3) throw thrown;
        }
      }
      for (const loop of [new Fails(Infinity), new InTurn(new Count(1), new Fails(Infinity))]) {
        const run = loop.start() as LoopRun<unknown>;
        const { output } = run;
        expect(
          await output.then(
            () => 'resolved',
            (error) => [error],
          ),
        ).toEqual([thrown]);
        const { status, error, steps } = await run.outcome;
        expect([status, error, steps]).toEqual(['failed', thrown, loop instanceof Fails ? 2 : 0]);
      }
    }
  });

  test('an actor that somebody stopped is an aborted run', async () => {
    const run = new Count(Infinity).start();
    await turn();
    run.actor.stop();
    expect(await run.outcome).toMatchObject({ status: 'aborted', error: { code: 'STOPPED' } });
  });

  test('is heard: nothing is unhandled where somebody asked; where nobody did, a failure is', async () => {
    const heard = await runProgram('unheard.ts');
    expect(heard).toEqual([
      { case: 'start, and nobody asks', unhandled: ['lost'] },
      { case: 'run, and nobody awaits it', unhandled: ['lost'] },
      { case: 'output, and nobody awaits it', unhandled: ['lost'] },
      { case: 'output is caught', unhandled: [] },
      { case: 'output is caught a turn later, before the end', unhandled: [] },
      { case: 'outcome', unhandled: [] },
      { case: 'abort', unhandled: [] },
      { case: 'a signal that aborts', unhandled: ['too late'] },
      { case: 'a store that fails', unhandled: ['disk'] },
      { case: 'stop', unhandled: [] },
      { case: 'suspend', unhandled: [] },
      { case: 'iteration', unhandled: [] },
      { case: 'a child, caught by its parent', unhandled: [] },
      { case: 'a child, whose parent does not wait for it', unhandled: [] },
      { case: 'a run that finishes, and nobody asks', unhandled: [] },
    ]);
  });
});

test('a reason that has no words does not keep a run from ending', async () => {
  const reason = Object.assign(Object.create(null), { a: 1 });
  const suspended = new Count(3).start({ paused: true });
  await suspended.suspend(reason);
  expect(await suspended.outcome).toMatchObject({ status: 'suspended', reason });
  class Ends extends Count {
    override advance(): any {
      throw this.end(reason);
    }
  }
  expect((await new Ends(3).start().outcome).status).toBe('finished');
});
