import { type Checkpoint, formatRecording, record, replay } from 'loopchart';
import { describe, expect, test } from 'vitest';
import { turn } from './support/loops.ts';
import { Failing, input, Leaf, Root, SlowLeaf } from './support/replay-loops.ts';
import { expectSame, last, recorded, replayed, watch } from './support/replayed.ts';
import { random, randomTree, Tree } from './support/trees.ts';

const trees = Number(process.env.LOOPCHART_TREES ?? (process.env.LOOPCHART_LONG === undefined ? 300 : 3000));
const firstSeed = Number(process.env.LOOPCHART_SEED ?? 1);

describe('a recording replays from text, without user code, as it ran', () => {
  test('a run of three levels that is paused, stepped and resumed', async () => {
    const { recording, watcher, outcome } = await recorded(new Root(), { args: input, paused: true }, async (run) => {
      await run.step();
      await run.step(4);
      await run.pause();
      run.resume();
      await turn();
      await run.pause();
      await run.step(2);
      run.resume();
    });
    expect(outcome).toMatchObject({ status: 'finished', reason: { at: 2, loss: Number.POSITIVE_INFINITY } });
    expect(outcome.output).toContain('draw 1: NaN,2,2,2,3,7,1,Infinity,NaN,2,2,2,3,7,1,Infinity two is too much; ');

    const frames = expectSame(recording, watcher);
    expect(last(frames)).toMatchObject({ path: 'root', value: 'finished', status: 'done', output: outcome.output });
    expect(new Set(frames.map(({ path }) => path))).toEqual(
      new Set([
        ...['root', 'root.middle', 'root.failing', 'root.middle.slow', 'root.middle.pair.0', 'root.middle.pair.1'],
        ...['root.middle.skipped', 'root.middle.ending'],
      ]),
    );
    expect(new Set(frames.map(({ value }) => value))).toEqual(
      new Set(['entering', 'skipped', 'resetting', 'starting', 'advancing', 'paused', 'ending', 'finished'])
        .add('failed')
        .add('aborted'),
    );
    const types = new Set(frames.map(({ event }) => event.type));
    for (const type of ['loop.pause', 'loop.step', 'loop.resume', 'loop.run', 'loop.once', 'loop.advanced'])
      expect(types).toContain(type);
    expect(frames.filter(({ id }) => id === 'root.middle.slow#8').length).toBeGreaterThan(0);
  });

  test('one that fails', async () => {
    const { recording, watcher, outcome } = await recorded(new Failing(4), { args: [1] });
    expect(outcome.status).toBe('failed');
    const frames = expectSame(recording, watcher);
    expect(last(frames)).toMatchObject({ value: 'failed', status: 'error' });
    expect(last(frames).context.error).toMatchObject({ name: 'RangeError', message: 'two is too much' });
  });

  test('one that is aborted', async () => {
    const { recording, watcher, outcome } = await recorded(new Root(), { args: input }, async (run) => {
      for (let i = 0; i < 9; i++) await turn();
      run.abort(new Error('enough'));
    });
    expect(outcome.status).toBe('aborted');
    const frames = expectSame(recording, watcher);
    expect(last(frames).value).toBe('aborted');
    expect(last(frames).context.error).toMatchObject({ message: 'enough' });
  });

  test('one that is stopped', async () => {
    const { recording, watcher, outcome } = await recorded(new Root(), { args: input }, async (run) => {
      for (let i = 0; i < 9; i++) await turn();
      await run.stop({ why: Number.NaN });
    });
    expect(outcome.status).toBe('stopped');
    const frames = expectSame(recording, watcher);
    expect(last(frames)).toMatchObject({ status: 'done', context: { stop: { reason: { why: Number.NaN } } } });
  });

  test('one that is suspended, and the one that goes on from there', async () => {
    let checkpoint: Checkpoint | undefined;
    const first = await recorded(new Root(), { args: input }, async (run) => {
      for (let i = 0; i < 9; i++) await turn();
      checkpoint = JSON.parse(JSON.stringify(await run.suspend()));
    });
    expect(first.outcome.status).toBe('suspended');
    expectSame(first.recording, first.watcher);

    const second = await recorded(new Root(), { from: checkpoint! });
    expect(second.outcome.status).toBe('finished');
    const frames = expectSame(second.recording, second.watcher);
    expect(frames[0]).toMatchObject({ path: 'root', value: 'advancing', event: { type: 'xstate.init' } });
    expect(last(frames).output).toBe(second.outcome.output);
  });

  test('one that goes on from a checkpoint of its end', async () => {
    const done = new Leaf(2).start({ args: [1] });
    await done.outcome;
    const { recording } = await recorded(new Leaf(2), { from: await done.checkpoint() });
    expect(replayed(formatRecording(recording))).toMatchObject([{ value: 'finished', status: 'done', output: 2 }]);
  });

  test('one that nobody had watched until somebody came', async () => {
    for (let turns = 0; turns < 40; turns += 3) {
      const root = new Root();
      const run = root.start({ args: input });
      for (let i = 0; i < turns; i++) await turn();
      const [recorder, watcher] = [record(), watch()];
      run.actor.system.inspect(recorder);
      run.actor.system.inspect(watcher);
      const outcome = await run.outcome;
      const frames = expectSame(recorder.recording, watcher);
      const introduced = recorder.recording.filter((line) => line.type === 'actor');
      expect(introduced[0]).toMatchObject({ id: 'root#1', path: 'root', late: true });
      expect(introduced.filter(({ parent }) => parent === undefined)).toHaveLength(1);
      expect(last(frames).output).toBe(outcome.output);
    }
  });

  test(`random trees (${trees})`, { timeout: 900_000 }, async () => {
    const ends = new Set<string>();
    for (let seed = firstSeed; seed < firstSeed + trees; seed++) {
      const next = random(seed);
      const node = randomTree(next, { depth: 1 + Math.floor(next() * 4), parallel: next() < 0.5 });
      try {
        const log: string[] = [];
        const { recording, watcher, outcome } = await recorded(new Tree(node, log), { args: [5] }, async (run) => {
          // Some of the very large ones are cut short.
          for (let i = 0; i < 5000; i++) await turn();
          run.abort('long enough');
        });
        ends.add(outcome.status);
        expectSame(recording, watcher);
      } catch (error) {
        (error as Error).message =
          `seed ${seed} (LOOPCHART_SEED=${seed} LOOPCHART_TREES=1): ${(error as Error).message}`;
        throw error;
      }
    }
    if (trees >= 200) expect([...ends]).toEqual(expect.arrayContaining(['failed', 'finished']));
  });
});

test('what user code does to a value later does not reach the recording', async () => {
  class Giver extends SlowLeaf {
    override onRunEnd(): any {
      return [1];
    }
  }
  class Changer extends Leaf {
    readonly giver: Leaf = new Giver(1);

    override async advance(by: number) {
      for (const list of [await this.giver.run(1), await this.once('list', () => [1])] as any[]) list.push(2);
      await this.giver.run(2);
      await super.advance(by);
    }

    override onRunEnd(): any {
      return [1];
    }
  }
  const reason = { list: [1] };
  const { recording, watcher, outcome } = await recorded(new Changer(3), { args: [1] }, async (run) => {
    await turn();
    void run.stop(reason);
    reason.list.push(2);
  });
  (outcome.output as any).push(2);
  reason.list.push(3);
  const frames = replayed(formatRecording(recording));
  // Outputs aside: those that XState told of have changed since.
  const contexts = frames.filter(({ event }) => event.type !== 'xstate.init').map(({ context }) => context);
  expect(contexts).toEqual(watcher.seen.map(({ context }) => context));
  expect(last(frames)).toMatchObject({ output: [1], context: { stop: { reason: { list: [1] } } } });
});

test('a recording that an older version began in the middle of a step replays, and is held against what it says', () => {
  const error = { name: 'TypeError', message: 'no' };
  const dict = { state: { n: 1 }, progress: {}, children: {} };
  const inFlight = {
    hooks: ['onAdvanceStart'],
    runs: { child: [[{ error, dict }]] },
    once: { it: { output: 7 } },
    ran: true,
  };
  const context = {
    ...{ name: null, args: [], begun: true, state: { n: 0 }, progress: {}, children: {}, running: ['child'], steps: 0 },
    ...{ done: false, restarting: false, inFlight, pace: null, stop: null, ended: null, skipped: false, error: null },
  };
  const ended = {
    ...inFlight,
    runs: {
      child: [
        [
          { error, dict },
          { output: 2, dict },
        ],
      ],
    },
  };
  const failure = { name: 'Error', message: 'late' };
  const lines = (end: object): any[] => [
    { type: 'recording', seq: 0, t: 0, format: 1 },
    { type: 'actor', seq: 1, t: 0, id: 'fit#1', path: 'fit', loop: 'Fit', value: 'advancing', context, late: true },
    {
      ...{ type: 'event', seq: 2, t: 0, id: 'fit#1', value: 'advancing' },
      event: { type: 'xstate.done.actor.child', actorId: 'child', output: { output: 2, dict, pace: null } },
    },
    {
      ...{ type: 'event', seq: 3, t: 0, id: 'fit#1', value: 'failed' },
      event: { type: 'loop.failed', steps: 0, error: { $error: failure } },
    },
    {
      ...{ type: 'event', seq: 4, t: 0, id: 'fit#1', value: 'failed', status: 'error', error: failure },
      event: { type: 'xstate.error.actor.fail', actorId: 'fail', error: { $error: failure } },
      context: { ...context, running: [], inFlight: end, error: failure },
    },
  ];
  const frames = [...replay(lines(ended))];
  expect(frames[1]!.context.inFlight).toMatchObject({ hooks: ['onAdvanceStart'], ran: true, asked: [] });
  expect(frames.at(-1)).toMatchObject({ status: 'error', value: 'failed' });
  for (const other of [
    { ...ended, once: {} },
    { ...ended, hooks: [] },
    { ...ended, runs: { child: [[{ error, dict }], [{ output: 3, dict }]] } },
    inFlight,
  ])
    expect(() => [...replay(lines(other))]).toThrow('expected the context');
  // In which pieces they were is no matter.
  expect([...replay(lines({ ...ended, runs: { child: [[{ error, dict }], [{ output: 2, dict }]] } }))].length).toBe(4);
});
