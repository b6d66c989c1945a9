import type { LoopRun } from 'loopchart';
import { describe, expect, test } from 'vitest';
import { Both, Count, CountNow, InTurn } from './support/counts.ts';
import { turn } from './support/loops.ts';
import { speeds, uninterrupted } from './support/places.ts';
import { makeScript, Outer, plain } from './support/staged.ts';
import { quiet } from './support/waiting.ts';

describe('step', () => {
  test('takes steps of the innermost loop, whichever that is', async () => {
    for (const { slow, watched } of speeds) {
      for (let n = 1; n <= 4; n++) {
        const script = makeScript('', slow);
        const run = new Outer(script).start({ paused: true, ...(watched ? { inspect: () => {} } : {}) });
        const expected = makeScript('', false);
        const plainRun = plain(expected);
        await quiet(run);
        plainRun.next();
        expect(script.log).toEqual(expected.log);
        for (let budget = n; ; budget += n) {
          await run.step(n);
          let ended: boolean | undefined;
          while (expected.taken < budget && !ended) ended = plainRun.next().done;
          expect(script.log).toEqual(expected.log);
          if (ended) break;
        }
        expect(await run.output).toBe(uninterrupted);
      }
    }
  });

  test('what an ended child did not take is for the next', async () => {
    const run = new InTurn(new Count(2), new Count(4), 3).start({ paused: true });
    await run.step(3);
    expect(run.progress.loops.map(({ path, value, state }) => [path, value, state])).toEqual([
      ['inTurn', 'advancing', { outputs: [] }],
      ['inTurn.b', 'paused', { n: 1 }],
    ]);
    await run.step(5);
    expect(run.progress.loops.map(({ path, value, state }) => [path, value, state])).toEqual([
      ['inTurn', 'advancing', { outputs: [2, 4] }],
      ['inTurn.b', 'paused', { n: 0 }],
    ]);
    await run.step(100);
    expect(await run.output).toEqual([2, 4, 2, 4, 2, 4]);
  });

  test('where several run in parallel, each takes them', async () => {
    const loop = new Both(new Count(4), new CountNow(7));
    const run = loop.start({ paused: true });
    await run.step(2);
    expect([loop.a.state, loop.b.state]).toEqual([{ n: 2 }, { n: 2 }]);
    await run.step(1);
    expect([loop.a.state, loop.b.state]).toEqual([{ n: 3 }, { n: 3 }]);
    run.actor.send({ type: 'loop.step', n: 3 });
    await quiet(run);
    expect([loop.a.state, loop.b.state, loop.a.running]).toEqual([{ n: 4 }, { n: 6 }, false]);
    run.resume();
    expect(await run.output).toEqual([4, 7]);
  });

  test('in a run that is not paused it counts from where the run is, at both speeds', async () => {
    for (const watched of [false, true]) {
      for (const Class of [Count, CountNow]) {
        let stepped: Promise<void> | undefined;
        class Stepper extends Class {
          override advance() {
            if (this.state.n === 10) stepped = run.step(5);
            return super.advance();
          }
        }
        const loop = new Stepper(1000);
        const run: LoopRun<number> = loop.start(watched ? { inspect: () => {} } : {});
        while (stepped === undefined) await turn();
        await stepped;
        // The step that asked is the first of them.
        expect([watched, Class.name, loop.state.n]).toEqual([watched, Class.name, 15]);
        run.abort();
        await run.outcome;
      }
    }
  });

  test('resolves when the run ends first, and after it has ended', async () => {
    const run = new Count(2).start({ paused: true });
    await run.step(10);
    await run.step();
    expect(await run.outcome).toEqual({ status: 'finished', output: 2, steps: 2 });
  });

  test('takes a whole number from 1 up', () => {
    const run = new Count(2).start({ paused: true });
    for (const n of [0, -1, 1.5, Number.NaN, '1' as never]) {
      expect(() => run.step(n)).toThrow(`Expected the number of steps to be a whole number from 1 up, got \`${n}\`.`);
    }
    run.resume();
    return run.output;
  });
});
