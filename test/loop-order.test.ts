import { Loop } from 'loopchart';
import { describe, expect, test } from 'vitest';
import { turn } from './support/loops.ts';
import { start, Traced, TracedAsync, TracedAsyncParent, TracedParent } from './support/traced.ts';

const kinds = [
  { what: 'a loop without children, unwatched', Sync: Traced, Async: TracedAsync, watched: false },
  { what: 'a loop without children, watched', Sync: Traced, Async: TracedAsync, watched: true },
  { what: 'a loop with a child, unwatched', Sync: TracedParent, Async: TracedAsyncParent, watched: false },
  { what: 'a loop with a child, watched', Sync: TracedParent, Async: TracedAsyncParent, watched: true },
];

describe.for(kinds)('the order of $what', ({ Sync, Async, watched }) => {
  test('is Lightning’s, with the arguments in every hook', async () => {
    const loop = new Sync(1);
    expect(await start(loop, watched, 1, 'k').output).toBe('ended');
    expect(loop.log).toEqual([
      'skip',
      'reset(1, k)',
      'onRunStart(1, k)',
      'done?',
      'onAdvanceStart(1, k)',
      'advance(1, k)',
      'onAdvanceEnd(1, k)',
      'done?',
      'onRunEnd(1, k)',
    ]);
  });

  test('awaits each hook that returns a promise before the next', async () => {
    const loop = new Async(2);
    expect(await start(loop, watched, 1).output).toBe('ended');
    expect(loop.log).toEqual([
      'skip',
      ...['reset', 'onRunStart'].flatMap((hook) => [`${hook}(1)`, `${hook} resolved`]),
      'done?',
      ...['onAdvanceStart', 'advance', 'onAdvanceEnd'].flatMap((hook) => [`${hook}(1)`, `${hook} resolved`]),
      'done?',
      ...['onAdvanceStart', 'advance', 'onAdvanceEnd'].flatMap((hook) => [`${hook}(1)`, `${hook} resolved`]),
      'done?',
      ...['onRunEnd'].flatMap((hook) => [`${hook}(1)`, `${hook} resolved`]),
    ]);
  });

  test('has reset, onRunStart and onRunEnd also with zero iterations', async () => {
    const loop = new Sync(0);
    expect(await start(loop, watched).output).toBe('ended');
    expect(loop.log).toEqual(['skip', 'reset()', 'onRunStart()', 'done?', 'onRunEnd()']);
  });

  test.for([0, 1, 5, 1000])('reads done n + 1 times and skip once for %i iterations', async (steps) => {
    const loop = new Sync(steps);
    const outcome = await start(loop, watched).outcome;
    expect(outcome).toEqual({ status: 'finished', output: 'ended', steps });
    expect(loop.log.filter((line) => line === 'done?')).toHaveLength(steps + 1);
    expect(loop.log.filter((line) => line === 'skip')).toHaveLength(1);
    expect(loop.log.filter((line) => line === 'advance()')).toHaveLength(steps);
  });

  test('reads done exactly n + 1 times when iteration n + 1 ends the loop', async () => {
    for (const hook of ['onAdvanceStart', 'advance', 'onAdvanceEnd'] as const) {
      const loop = new Sync(Infinity);
      let calls = 0;
      const original = loop[hook].bind(loop);
      loop[hook] = (...args: unknown[]) => {
        void original(...args);
        if (++calls === 3) throw loop.end();
      };
      expect(await start(loop, watched).output).toBe('ended');
      expect(loop.log.filter((line) => line === 'done?')).toHaveLength(3);
    }
  });

  test('skips everything but onSkip, whose result is the output', async () => {
    const loop = new Sync(3);
    Object.defineProperty(loop, 'skip', { get: () => loop.log.push('skip') > 0 });
    expect(await start(loop, watched, 'a').outcome).toEqual({ status: 'skipped', output: 'skipped', steps: 0 });
    expect(loop.log).toEqual(['skip', 'onSkip(a)']);
  });

  test('is the same when the loop is run again, and reset alone parts the runs', async () => {
    const loop = new Sync(2);
    await start(loop, watched, 1).output;
    const first = loop.log.splice(0);
    await start(loop, watched, 1).output;
    expect(loop.log).toEqual(first);
    await loop.run(1);
    expect(loop.log.slice(first.length)).toEqual(first);
  });
});

test('an asynchronous onSkip is awaited', async () => {
  class Skips extends Loop<string> {
    override get skip() {
      return true;
    }
    get done() {
      return true;
    }
    reset() {}
    advance() {}
    override async onSkip() {
      await turn();
      return 'later';
    }
  }
  expect(await new Skips().run()).toBe('later');
});

test('synchronous hooks before the first step have run when start returns', async () => {
  const loop = new Traced(1);
  const run = loop.start();
  expect(loop.log).toEqual(['skip', 'reset()', 'onRunStart()', 'done?']);
  await run.output;
});
