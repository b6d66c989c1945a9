import { formatRecording, record } from 'loopchart';
import { describe, expect, test } from 'vitest';
import { turn } from './support/loops.ts';
import { input, Root, Taking } from './support/replay-loops.ts';
import { expectSame, recorded, replayed, watch } from './support/replayed.ts';

const shared = { n: 1 };
const circle: Error = new Error('round');
circle.cause = new TypeError('and round', { cause: circle });

const anything: [string, unknown][] = [
  ['a string', 'text'],
  ['NaN', Number.NaN],
  ['minus zero', -0],
  ['undefined', undefined],
  ['null', null],
  ['an object', { a: [1, Number.NEGATIVE_INFINITY] }],
  ['what looks like a number of ours', { $n: 'NaN' }],
  ['what looks like an error of ours', { $error: 1 }],
  ['what looks opaque', { $opaque: 'Map', $plain: 1 }],
  ['a map', new Map()],
  ['a function', () => 'text'],
  ['a bigint', 1n],
  ['a symbol', Symbol('s')],
  ['an error', new TypeError('of a kind')],
  ['an error without a stack', Object.defineProperty(new Error('bare'), 'stack', { value: undefined })],
  ['an object that holds a function', { f() {} }],
  ['an object that is held twice', { a: shared, b: [shared] }],
  ['an error whose cause is plain data', new Error('outer', { cause: { status: 503, list: [Number.NaN] } })],
  ['an error whose cause is a map', new Error('outer', { cause: new Map() })],
  ['an error whose causes go round in a circle', circle],
  ['errors in one', new AggregateError([new TypeError('a'), 'b', new Map()], 'all failed')],
  ['a list of errors', [Object.assign(new RangeError('a'), { map: new Map() }), new Error('b')]],
  ['an error of the platform', new DOMException('late', 'TimeoutError')],
  [
    'an error with fields of all kinds',
    Object.assign(new Error('odd'), { status: 429, f() {}, $class: 'Map', shared }),
  ],
];

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
