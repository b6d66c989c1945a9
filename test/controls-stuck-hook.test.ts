import type { LoopRun } from 'loopchart';
import { describe, expect, test } from 'vitest';
import { Count, InTurn } from './support/counts.ts';
import { turn } from './support/loops.ts';
import { never, turns } from './support/waiting.ts';

describe('a hook that never resolves', () => {
  const hooks = ['reset', 'onRunStart', 'onAdvanceStart', 'advance', 'onAdvanceEnd', 'onRunEnd', 'onSkip'] as const;
  const values = { reset: 'resetting', onRunStart: 'starting', onRunEnd: 'ending', onSkip: 'skipped' };

  for (const hook of hooks) {
    test(`${hook}: all wait and say for what, abort ends it`, async () => {
      class Stuck extends Count {
        entered = false;
        aborted = false;
        override get skip() {
          return hook === 'onSkip';
        }
      }
      Object.assign(Stuck.prototype, {
        [hook](this: Stuck) {
          this.entered = true;
          this.signal.addEventListener('abort', () => {
            this.aborted = true;
          });
          return never;
        },
      });
      for (const under of [false, true]) {
        const stuck = new Stuck(1);
        const loop = under ? new InTurn(new Count(1), stuck) : stuck;
        const run = loop.start() as LoopRun<unknown>;
        const settled: string[] = [];
        const told = (name: string) => [() => settled.push(name), () => settled.push(`${name} rejected`)] as const;
        while (!stuck.entered) await turn();
        void run.pause().then(...told('pause'));
        void run.step().then(...told('step'));
        void run.checkpoint().then(...told('checkpoint'));
        void run.suspend().then(...told('suspend'));
        void run.stop().then(...told('stop'));
        await turns(5);
        expect(settled).toEqual([]);
        const value = hook in values ? values[hook as keyof typeof values] : 'advancing';
        expect(run.waitingFor).toEqual([`${under ? 'inTurn.b' : 'stuck'} (${value})`]);
        run.abort('at last');
        expect(await run.outcome).toMatchObject({ status: 'aborted', reason: 'at last' });
        await turn();
        expect(settled.sort()).toEqual(['checkpoint rejected', 'pause', 'step', 'stop', 'suspend rejected']);
        expect(stuck.aborted).toBe(true);
        expect(run.waitingFor).toEqual([]);
        expect(stuck.running).toBe(false);
      }
    });
  }
});
