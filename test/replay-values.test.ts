import { formatRecording, record } from 'loopchart';
import { describe, expect, test } from 'vitest';
import { anything } from './support/anything.ts';
import { turn } from './support/loops.ts';
import { input, Root, Taking } from './support/replay-loops.ts';
import { expectSame, recorded, replayed, watch } from './support/replayed.ts';

describe.each(anything)('%s', (_, value) => {
  test('thrown', async () => {
    const { recording, watcher, outcome } = await recorded(new Taking(1, { error: value }), {});
    expect(outcome).toMatchObject({ status: 'failed' });
    expectSame(recording, watcher);
  });

  test('as the reason of an abort, a stop and an end', async () => {
    for (const how of ['abort', 'stop'] as const) {
      const { recording, watcher } = await recorded(new Taking(1), {}, async (run) => {
        await turn();
        void run[how](value);
      });
      expectSame(recording, watcher);
    }
    const outer = new Root();
    outer.middle.ending.ends = () => outer.end(value);
    const { recording, watcher, outcome } = await recorded(outer, { args: input });
    expect(outcome.status).toBe('finished');
    expectSame(recording, watcher);
  });

  test('as an output, in a run that is recorded late', async () => {
    const run = new Taking(value).start();
    const [recorder, watcher] = [record(), watch()];
    run.actor.system.inspect(recorder);
    run.actor.system.inspect(watcher);
    await run.outcome;
    const frames = replayed(formatRecording(recorder.recording));
    const told = frames.filter(({ event }) => event.type !== 'xstate.init');
    expect(told.map(({ context }) => context)).toEqual(watcher.seen.map(({ context }) => context));
  });
});

test('what cannot be looked at is recorded and replayed when it is thrown, or given as a reason', async () => {
  const no = () => {
    throw new Error('do not look');
  };
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const traps = new Proxy({}, { get: no, has: no, ownKeys: no, getPrototypeOf: no });
  for (const value of [
    proxy,
    traps,
    { toString: no, toJSON: no, why: no },
    new Proxy(new Error('x'), { ownKeys: no }),
  ]) {
    const thrown = await recorded(new Taking(1, { error: value }), {});
    expect(thrown.outcome.status).toBe('failed');
    expect(thrown.outcome.error === value).toBe(true);
    expectSame(thrown.recording, thrown.watcher);
    for (const [how, status] of [
      ['abort', 'aborted'],
      ['stop', 'stopped'],
    ] as const) {
      const { recording, watcher, outcome } = await recorded(new Taking(1), {}, async (run) => {
        await turn();
        void run[how](value);
      });
      expect(outcome.status).toBe(status);
      expectSame(recording, watcher);
    }
  }
});
