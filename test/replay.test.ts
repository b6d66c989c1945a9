import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import {
  type Checkpoint,
  type EndLoop,
  type Frame,
  formatRecording,
  Loop,
  LoopError,
  type LoopRun,
  Progress,
  parseRecording,
  type RecordingLine,
  record,
  replay,
  type StartOptions,
} from 'loopchart';
import { describe, expect, test } from 'vitest';
import type { AnyActorRef, InspectionEvent } from 'xstate';
import { turn } from './support/loops.ts';
import { random, randomTree, Tree } from './support/trees.ts';

const trees = Number(process.env.LOOPCHART_TREES ?? (process.env.LOOPCHART_LONG === undefined ? 300 : 3000));
const firstSeed = Number(process.env.LOOPCHART_SEED ?? 1);

class Leaf extends Loop<number, [by: number]> {
  override state = { n: 0, loss: Number.NaN };
  readonly progress: Progress = new Progress();
  readonly limit: number;

  constructor(limit: number) {
    super();
    this.limit = limit;
  }

  get done() {
    return this.state.n >= this.limit;
  }

  reset() {
    this.state.n = 0;
  }

  advance(by: number): void | Promise<void> {
    this.progress.incrementReady();
    this.state.n++;
    this.state.loss = [Number.NEGATIVE_INFINITY, -0, by / 3][this.state.n % 3]!;
  }

  override onRunEnd() {
    return this.state.n;
  }
}

class SlowLeaf extends Leaf {
  override async advance(by: number) {
    await turn();
    await super.advance(by);
    await turn();
  }
}

class Failing extends SlowLeaf {
  override async advance(by: number) {
    await super.advance(by);
    if (this.state.n === 2) throw new RangeError('two is too much');
  }
}

class Skipped extends Leaf {
  override get skip() {
    return true;
  }

  override onSkip() {
    return 7;
  }
}

class Ending extends SlowLeaf {
  /** No loop in a field: that would be a child. */
  ends: (() => EndLoop) | undefined;

  override async advance(by: number) {
    await super.advance(by);
    if (this.ends !== undefined && by === 2) throw this.ends();
  }
}

class Middle extends Loop<number[], [by: number]> {
  override state = { n: 0, got: [] as number[] };
  readonly slow: Leaf = new SlowLeaf(2);
  readonly pair: Leaf[] = [new SlowLeaf(2), new Leaf(3)];
  readonly skipped: Leaf = new Skipped(1);
  readonly ending: Ending = new Ending(1);

  get done() {
    return this.state.n >= 2;
  }

  reset() {
    this.state = { n: 0, got: [] };
  }

  override onAdvanceStart() {
    this.state.got.push(Number.NaN);
  }

  async advance(by: number) {
    this.state.got.push(await this.slow.run(by), await this.slow.run(by + 1));
    this.state.got.push(...(await Promise.all(this.pair.map((loop) => loop.run(by)))));
    this.state.got.push(await this.skipped.run(by), await this.ending.run(by));
    this.state.n++;
  }

  override onAdvanceEnd() {
    this.state.got.push(Number.POSITIVE_INFINITY);
  }

  override onRunEnd() {
    return this.state.got;
  }
}

/** Three levels: children in turn, side by side and skipped, `once`, a failure that is caught, an end through all levels. */
class Root extends Loop<string, [{ name: string }]> {
  override state = { n: 0, told: '' };
  readonly middle: Middle = new Middle();
  readonly failing: Leaf = new Failing(3);

  constructor() {
    super();
    this.middle.ending.ends = () => this.end({ at: 2, loss: Number.POSITIVE_INFINITY });
  }

  get done() {
    return this.state.n >= 5;
  }

  reset() {
    this.state = { n: 0, told: '' };
  }

  async advance({ name }: { name: string }) {
    const drawn = await this.once('draw', () => `${name} ${this.state.n}`);
    await this.once('nothing', () => {});
    this.state.told += `${drawn}: ${await this.middle.run(this.state.n)} `;
    try {
      await this.failing.run(1);
    } catch (error) {
      this.state.told += `${(error as Error).message}; `;
    }
    this.state.n++;
  }

  override onRunEnd() {
    return this.state.told;
  }
}

const input: [{ name: string }] = [{ name: 'draw' }];

interface Seen {
  actor: AnyActorRef;
  path: string;
  event: string;
  value: unknown;
  context: unknown;
  status: string;
  output?: unknown;
}

const isLoop = (actor: any): boolean => actor?.logic?.config?.id === 'loop';

function pathOf(actor: AnyActorRef): string {
  return isLoop(actor._parent) ? `${pathOf(actor._parent!)}.${actor.id}` : actor.id;
}

/** What XState itself tells of the loops' actors. */
function watch() {
  const seen: Seen[] = [];
  const first = new Map<AnyActorRef, Seen>();
  return {
    seen,
    /** Of actors that were there to be seen when they began. */
    first,
    next(inspected: InspectionEvent) {
      const actor = inspected.actorRef as AnyActorRef;
      if (!isLoop(actor) || !('snapshot' in inspected)) return;
      const { value, context, status, output } = inspected.snapshot as any;
      const has = output === undefined ? {} : { output };
      const event = inspected.event.type;
      const stand = { actor, path: pathOf(actor), event, value, context, status, ...has };
      if (event === 'xstate.init') first.set(actor, stand);
      else if (inspected.type === '@xstate.microstep') seen.push(stand);
    },
  };
}

const hooks = ['reset', 'advance', 'onSkip', 'onRunStart', 'onAdvanceStart', 'onAdvanceEnd', 'onRunEnd', 'onRestart'];
const members = [...hooks, 'done', 'skip', 'onSaveCheckpoint', 'onLoadCheckpoint', 'run', 'once', 'end'];

/** Does something while every hook of every class of the tests throws. */
function withoutUserCode<T>(act: () => T): T {
  const restore: (() => void)[] = [];
  for (const { prototype } of [Loop, Leaf, SlowLeaf, Failing, Skipped, Ending, Middle, Root, Tree, Giving]) {
    for (const member of members) {
      const before = Object.getOwnPropertyDescriptor(prototype, member);
      if (before === undefined) continue;
      const get = () => {
        throw new Error(`${prototype.constructor.name}.${member} was asked for in a replay`);
      };
      Object.defineProperty(prototype, member, { get, configurable: true });
      restore.push(() => Object.defineProperty(prototype, member, before));
    }
  }
  try {
    expect(() => Leaf.prototype.reset()).toThrow('Leaf.reset was asked for in a replay');
    return act();
  } finally {
    for (const one of restore) one();
  }
}

const replayed = (text: string): Frame[] => withoutUserCode(() => [...replay(parseRecording(text))]);

/** Replays from text, and holds each frame against what XState told when it ran. */
function expectSame(recording: RecordingLine[], { seen, first }: ReturnType<typeof watch>): Frame[] {
  const frames = replayed(formatRecording(recording));
  const told = frames.filter(({ event }) => event.type !== 'xstate.init');
  const ids = new Map<AnyActorRef, string>();
  for (const [i, { actor, ...live }] of seen.entries()) {
    const frame = told[i]!;
    if (!ids.has(actor)) ids.set(actor, frame.id);
    expect(frame.id).toBe(ids.get(actor));
    expect(stand(frame), `frame ${frame.seq}`).toEqual(live);
  }
  expect(told.length).toBe(seen.length);
  expect(new Set(ids.values()).size, 'each actor has an id of its own').toBe(ids.size);

  const introduced = new Map(
    frames.flatMap((frame) => (frame.event.type === 'xstate.init' ? [[frame.id, frame]] : [])),
  );
  for (const [actor, { actor: _, ...live }] of first) {
    const id = ids.get(actor);
    // One that was ended before it had heard of anything.
    if (id !== undefined) expect(stand(introduced.get(id)!), id).toEqual(live);
  }
  const late = recording.filter((line) => line.type === 'actor' && line.late);
  expect(late.length).toBe([...ids.keys()].filter((actor) => !first.has(actor)).length);
  return frames;
}

function stand({ path, event, value, context, status, output }: Frame): Omit<Seen, 'actor'> {
  return { path, event: event.type, value, context, status, ...(output === undefined ? {} : { output }) };
}

async function recorded<Output, Args extends unknown[]>(
  loop: Loop<Output, Args>,
  options: StartOptions<Args>,
  during?: (run: LoopRun<Output>) => Promise<void>,
) {
  const [recorder, watcher] = [record(), watch()];
  const run = loop.start({ ...options, inspect: [recorder, watcher] });
  const ended = run.outcome;
  await during?.(run);
  return { recording: recorder.recording, watcher, outcome: await ended };
}

const last = (frames: Frame[]): Frame => frames.findLast(({ id }) => id === frames[0]!.id)!;

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

/** Gives its parent anything. */
class Giving extends Loop<unknown> {
  override state = { n: 0 };
  readonly #output: unknown;

  constructor(output?: unknown) {
    super();
    this.#output = output;
  }

  get done() {
    return this.state.n >= 1;
  }

  reset() {}

  async advance() {
    await turn();
    this.state.n++;
  }

  override onRunEnd() {
    return this.#output;
  }
}

class Taking extends Giving {
  readonly child: Giving;
  readonly #thrown: { error: unknown } | undefined;

  constructor(output: unknown, thrown?: { error: unknown }) {
    super(output);
    this.child = new Giving(output);
    this.#thrown = thrown;
  }

  override async advance() {
    await this.child.run();
    await super.advance();
    if (this.#thrown !== undefined) throw this.#thrown.error;
  }
}

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

test('recordings that older versions have made replay', () => {
  const text = gunzipSync(readFileSync(new URL('golden/recordings-1.jsonl.gz', import.meta.url))).toString();
  const recordings = text.split(/^(?={"type":"recording")/m);
  expect(recordings.length).toBe(71);
  const ends = recordings.map((one) => [...replay(parseRecording(one))].at(-1)!.status);
  expect(new Set(ends)).toEqual(new Set(['error', 'done']));
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

test('the lines of a recording', async () => {
  const { recording } = await recorded(new Taking(Number.NaN), {});
  const shown = recording.map((line) => {
    const context = 'context' in line ? { context: Object.keys(line.context as object).length > 9 } : {};
    return JSON.stringify({ ...line, t: undefined, ...context });
  });
  expect(shown.filter((_, i) => i < 3 || i >= recording.length - 3)).toMatchInlineSnapshot(`
    [
      "{"type":"recording","seq":0,"format":1}",
      "{"type":"actor","seq":1,"id":"taking#1","path":"taking","loop":"Taking","value":"entering","context":true}",
      "{"type":"event","seq":2,"id":"taking#1","from":"taking#1/skip","event":{"type":"xstate.done.actor.skip","output":{"hook":"skip","commit":{"state":{"n":0},"progress":{},"children":{"child":{"state":{"n":0},"progress":{},"children":{}}},"restarting":false},"value":false},"actorId":"skip"},"value":"resetting","tr":[["loop.entering",["loop.resetting"],"xstate.done.actor.skip"]]}",
      "{"type":"event","seq":12,"id":"taking#1","from":"taking.child#1","event":{"type":"xstate.done.actor.child","output":{"dict":{"state":{"n":1},"progress":{},"children":{}},"pace":null,"output":{"$n":"NaN"}},"actorId":"child"},"value":"advancing","tr":[["loop",null,"xstate.done.actor.*"]]}",
      "{"type":"event","seq":13,"id":"taking#1","from":"taking#1/advance","event":{"type":"loop.advanced","steps":1,"commit":{"state":{"n":1},"progress":{},"children":{"child":{"state":{"n":1},"progress":{},"children":{}}},"restarting":false},"done":true},"value":"ending","tr":[["loop.advancing",["loop.ending"],"loop.advanced"]]}",
      "{"type":"event","seq":14,"id":"taking#1","from":"taking#1/onRunEnd","event":{"type":"xstate.done.actor.onRunEnd","output":{"hook":"onRunEnd","commit":{"state":{"n":1},"progress":{},"children":{"child":{"state":{"n":1},"progress":{},"children":{}}},"restarting":false},"value":{"$n":"NaN"}},"actorId":"onRunEnd"},"value":"finished","status":"done","context":true,"output":{"$n":"NaN"},"tr":[["loop.ending",["loop.finished"],"xstate.done.actor.onRunEnd"]]}",
    ]
  `);
  const numbered = recording.filter((line) => line.type !== 'recording');
  expect(numbered.map(({ seq }) => seq)).toEqual(numbered.map((_, i) => i + 1));
  const times = numbered.map(({ t }) => t);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect(parseRecording(formatRecording(recording))).toEqual(recording);
});

test('a line says who sent the event: nobody where it came from outside, also when the same object is sent again', async () => {
  const pause = { type: 'loop.pause' };
  const { recording } = await recorded(new Root(), { args: input }, async (run) => {
    for (let i = 0; i < 2; i++) {
      await turn();
      run.actor.send(pause as any);
      await run.pause();
      run.resume();
    }
  });
  const events = recording.filter((line) => line.type === 'event');
  const pauses = events.filter(({ event }) => event.type === 'loop.pause');
  for (const { id, from } of pauses) expect(from === undefined, id).toBe(id === 'root#1');
  expect(new Set(pauses.map(({ from }) => from))).toEqual(new Set([undefined, 'root#1', 'root.middle#1']));
  expect(events.find(({ event }) => event.type === 'loop.advanced')?.from).toBe('root.middle.slow#1/advance');
});

test('a recorder that is given a function passes each line on and keeps none', async () => {
  const lines: RecordingLine[] = [];
  const recorder = record((line) => lines.push(line));
  const output = await new Leaf(2).start({ args: [1], inspect: recorder }).output;
  expect(recorder.recording).toEqual([]);
  expect([...replay(lines)].at(-1)!.output).toBe(output);
});

describe('where a recording and the chart disagree, replay says where', () => {
  let recording: RecordingLine[];

  async function good(): Promise<any[]> {
    recording ??= (await recorded(new Taking(1), {})).recording;
    // Not a clone: that keeps what is the same object in several lines the same.
    return parseRecording(formatRecording(recording));
  }

  function mismatch(act: () => unknown): LoopError {
    try {
      act();
    } catch (error) {
      expect(error).toBeInstanceOf(LoopError);
      expect((error as LoopError).code).toBe('REPLAY_MISMATCH');
      return error as LoopError;
    }
    throw new Error('It replayed.');
  }

  const wrong = (lines: any[]): LoopError => mismatch(() => replayed(formatRecording(lines)));

  test('a changed value', async () => {
    const lines = await good();
    const line = lines.find(({ event }) => event?.type === 'loop.advanced');
    line.value = 'paused';
    expect(wrong(lines).message).toBe(
      `taking.child: At ${line.seq} the recording and the chart disagree: expected loop.advanced to lead to paused (active), got ending (active).`,
    );
  });

  test('a changed status, context, output or error at the end', async () => {
    const lines = await good();
    const end = lines.at(-1);
    end.status = 'error';
    expect(wrong(lines).message).toContain('to lead to finished (error), got finished (done)');
    end.status = 'done';
    end.context.state.n = 2;
    expect(wrong(lines).message).toMatch(/^taking: At \d+ .* expected the context {.*"state":{"n":2}.*, got {.*"n":1}/);
    end.context.state.n = 1;
    end.output = 2;
    expect(wrong(lines).message).toContain('expected the output 2, got 1');
    delete end.output;
    expect(wrong(lines).message).toContain('expected the output undefined, got 1');
    end.output = 1;
    end.error = { name: 'Error', message: 'none' };
    expect(wrong(lines).message).toContain('expected the error {');
  });

  test('what a step has left behind changed: at the end of the actor', async () => {
    const lines = await good();
    const line = lines.findLast(({ event }) => event?.type === 'loop.advanced');
    line.event.done = false;
    expect(wrong(lines).message).toContain('expected loop.advanced to lead to ending (active), got advancing (active)');
    line.event.done = true;
    line.event.steps = 2;
    expect(wrong(lines).message).toContain('expected the context');
  });

  test('any line dropped, doubled or in another place', async () => {
    const lines = await good();
    for (let i = 0; i < lines.length - 1; i++) {
      expect(wrong(lines.toSpliced(i, 1)).message, `line ${i} dropped`).toMatch(/^(\S+: )?At \d+ /);
      expect(wrong(lines.toSpliced(i, 0, lines[i])).message, `line ${i} doubled`).toMatch(/^(\S+: )?At \d+ /);
      expect(wrong(lines.toSpliced(i, 2, lines[i + 1], lines[i])).message).toMatch(/^(\S+: )?At \d+ /);
    }
    // A recording of a run that goes on.
    expect(replayed(formatRecording(lines.slice(0, -1))).length).toBe(lines.length - 2);
  });

  test('an unknown actor, format or kind of line, and no recording at all', async () => {
    const lines = await good();
    lines.at(-1).id = 'other#1';
    expect(wrong(lines).message).toContain('expected an actor that the recording has introduced, got other#1');
    const [header, ...rest] = await good();
    expect(wrong([{ ...header, format: 2 }, ...rest]).message).toContain(
      'expected a recording of format 1, got format 2',
    );
    expect(wrong(rest).message).toContain('expected a recording, which begins with its format');
    expect(wrong([header, { type: 'other', seq: 1 }]).message).toContain('got {"type":"other","seq":1}');
    expect(replayed('')).toEqual([]);
  });

  test('a loop that stands nowhere in the chart, or with no context', async () => {
    for (const value of ['standing', 'constructor', '', null, 7, { advancing: {} }, undefined]) {
      const lines = await good();
      lines[1].value = value;
      expect(wrong(lines).message).toMatch(/^taking: At 1 .* expected a state of the chart, got /);
    }
    for (const context of [null, 7, 'text', [], undefined]) {
      const lines = await good();
      lines[1].context = context;
      expect(wrong(lines).message).toMatch(/^taking: At 1 .* expected a context, got /);
    }
  });

  test('a line that is no JSON object', async () => {
    const text = formatRecording(await good());
    for (const line of ['{"type":', 'null', '42', '[]', '"event"']) {
      const error = mismatch(() => parseRecording(text.replace('\n', `\n${line}\n`)));
      expect(error.message).toContain(`Expected line 2 of the recording to be a JSON object, got \`${line}\``);
      expect(error.cause instanceof SyntaxError).toBe(line === '{"type":');
    }
    expect(parseRecording(text.replaceAll('\n', '\r\n\r\n'))).toEqual(recording);
    // Where the disk was full, or the process was killed.
    const wholeLines = text.slice(0, -1).lastIndexOf('\n') + 1;
    for (let length = wholeLines + 1; length < text.length - 1; length++)
      expect(mismatch(() => parseRecording(text.slice(0, length))).message).toContain('Expected line');
  });

  test('any part of a line lost or replaced: it replays, or it is a mismatch, and nothing else', async () => {
    let mismatches = 0;
    const tryOut = (lines: any[]) => {
      try {
        replayed(formatRecording(lines));
      } catch (error) {
        expect((error as LoopError).code, (error as Error).stack).toBe('REPLAY_MISMATCH');
        mismatches++;
      }
    };
    const spoil = (lines: any[], part: any) => {
      if (typeof part !== 'object' || part === null) return;
      for (const key of Object.keys(part)) {
        const before = part[key];
        for (const other of [undefined, null, 42, 'text', {}, []]) {
          part[key] = other;
          tryOut(lines);
        }
        part[key] = before;
      }
    };
    const lines = await good();
    for (const line of lines) {
      spoil(lines, line);
      spoil(lines, line.event);
      spoil(lines, line.event?.commit);
      spoil(lines, line.event?.output);
    }
    replayed(formatRecording(lines));
    expect(mismatches).toBeGreaterThan(lines.length * 6);
  });
});
