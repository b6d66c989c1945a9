import { describe, expect, test } from 'vitest';
import { beginRun, each, speeds, uninterrupted, whole } from './support/places.ts';
import { runProgram } from './support/program.ts';
import { makeScript, plain } from './support/staged.ts';
import { quiet, turns } from './support/waiting.ts';

describe('from within a hook, wherever it is', () => {
  test('the hooks run as those of plain loops', async () => {
    for (const { slow, watched } of speeds) {
      const { run, log } = beginRun('', slow, watched, () => {});
      expect(await run.output).toBe(uninterrupted);
      expect(log).toEqual(whole(''));
    }
  });

  test(
    'pause: the innermost loop finishes its step, then everything waits, and resume goes on as if nothing had happened',
    each(async (place, way, begin) => {
      const { run, acted, log } = begin((run) => {
        if (way === 'event') return run.actor.send({ type: 'loop.pause' });
        void run.pause();
        void run.pause();
      });
      await acted;
      await quiet(run);

      const expected = makeScript(place, false);
      const plainRun = plain(expected);
      while (plainRun.next().done !== true && !expected.acted);
      expect(log).toEqual(expected.log);
      await turns(3);
      expect(log).toEqual(expected.log);

      if (way === 'event') run.actor.getSnapshot().status === 'active' && run.actor.send({ type: 'loop.resume' });
      else run.resume();
      run.resume();
      expect(await run.outcome).toEqual({ status: 'finished', output: uninterrupted, steps: 2 });
      expect(log).toEqual(whole(place));
    }),
  );

  test(
    'stop: steps in flight are finished, children begun after it take none, hooks and outputs are as normal',
    each(async (place, way, begin) => {
      const { run, log, acted } = begin((run) => {
        if (way === 'event') return run.actor.send({ type: 'loop.stop', reason: 'enough' });
        void run.stop('enough');
        void run.stop('again');
      });
      await acted;
      const outcome = await run.outcome;
      const script = makeScript(place, false);
      for (const _ of plain(script, true));
      expect(log).toEqual(script.log);
      expect(outcome).toMatchObject({ status: 'stopped', reason: 'enough' });
      expect(outcome.output).toMatch(/^outer/);
    }),
  );

  test(
    'abort: nothing more runs, signals abort, and the output rejects with the reason',
    each(async (_, way, begin) => {
      const reason = new Error('enough');
      let signals: AbortSignal[] = [];
      const loops = begin((run) => {
        signals = [loops.loop, loops.loop.inner].filter((one) => one.running).map((one) => one.signal);
        if (way === 'event') return run.actor.send({ type: 'loop.abort', reason });
        run.abort(reason);
        run.abort(new Error('again'));
      });
      const { run, log, acted } = loops;
      await acted;
      await turns(3);
      expect(log.slice(log.indexOf('*') + 1)).toEqual([]);
      expect(await run.outcome).toMatchObject({ status: 'aborted', reason, error: reason });
      expect(signals.map((signal) => [signal.aborted, signal.reason])).toEqual(signals.map(() => [true, reason]));
    }),
  );
});

describe('what a hook asks of its own run and awaits waits for that hook', () => {
  for (const [call, status] of [
    ['pause', undefined],
    ['step', undefined],
    ['stop', 'stopped'],
    ['suspend', 'suspended'],
    ['checkpoint', 'finished'],
  ] as const) {
    test(`${call}: it is said when the program has nothing left to do, and nothing is where it is not awaited`, async () => {
      for (const hook of ['advance', 'onAdvanceEnd', 'once']) {
        const said = await runProgram('stranded.ts', [call, hook, 'await'], ['--no-warnings']);
        expect(said).toEqual([
          `The program ends, for it has nothing left to do; but ${call}() of the run a still waits for own (advancing). ` +
            `If a hook of that run awaits it, the hook waits for itself: call ${call}() there without \`await\`.`,
        ]);
        const going = await runProgram('stranded.ts', [call, hook, 'no'], ['--no-warnings']);
        expect(going).toEqual(status === undefined ? [] : [status]);
      }
    });
  }
});
