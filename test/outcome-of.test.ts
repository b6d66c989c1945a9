import { Loop, MisconfigurationError, outcomeOf } from 'loopchart';
import { describe, expect, test } from 'vitest';
import {
  type AnyActorRef,
  type AnyMachineSnapshot,
  assign,
  createActor,
  enqueueActions,
  fromPromise,
  setup,
  toPromise,
  waitFor,
} from 'xstate';
import { Family, turn } from './support/loops.ts';

/** How each is to end, and what is then said of it. */
const ways = {
  'is done': { status: 'finished', output: 'the end', steps: 3 },
  'ends itself': { status: 'finished', output: 'the end', ended: true, reason: undefined, steps: 1 },
  'ends itself for a reason': { status: 'finished', output: 'the end', ended: true, reason: { at: 1 }, steps: 1 },
  'is ended by its child': { status: 'finished', output: 'the end', ended: true, reason: 'from below', steps: 1 },
  'is stopped': { status: 'stopped', output: 'the end', reason: 'enough', steps: 2 },
  'is skipped': { status: 'skipped', output: 'the end', steps: 0 },
  'is aborted': { status: 'aborted', error: 'no', reason: 'no', steps: 1 },
  fails: { status: 'failed', error: new TypeError('lost'), steps: 1 },
} as const;
type Way = keyof typeof ways;
const all = Object.entries(ways) as [Way, (typeof ways)[Way]][];

class Below extends Loop {
  override state = { over: false };
  readonly #during: () => void;

  constructor(during: () => void) {
    super();
    this.#during = during;
  }

  get done() {
    return this.state.over;
  }

  reset() {
    this.state.over = false;
  }

  advance() {
    this.#during();
    this.state.over = true;
  }
}

/** Whatever way it ends, its output is the same. */
class Ends extends Loop<string> {
  override state = { n: 0 };
  readonly way: Way;
  below: Below = new Below(() => {
    if (this.way === 'is ended by its child') throw this.end('from below');
    if (this.way === 'is stopped') this.actor!.send({ type: 'loop.stop', reason: 'enough' });
    if (this.way === 'is aborted') this.actor!.send({ type: 'loop.abort', reason: 'no' });
  });
  /** Set by who begins it. */
  actor: AnyActorRef | undefined;

  constructor(way: Way) {
    super();
    this.way = way;
  }

  override get skip() {
    return this.way === 'is skipped';
  }

  get done() {
    return this.state.n >= 3;
  }

  reset() {
    this.state.n = 0;
  }

  async advance() {
    await turn();
    if (this.state.n === 1) {
      if (this.way === 'ends itself') throw this.end();
      if (this.way === 'ends itself for a reason') throw this.end({ at: 1 });
      if (this.way === 'fails') throw ways.fails.error;
      await this.below.run();
    }
    this.state.n++;
  }

  override onSkip() {
    return 'the end';
  }

  override onRunEnd() {
    return 'the end';
  }
}

/** An app that goes to a state of the name of how its loop has ended, by guards alone. */
function app(machine: Ends['machine']) {
  return setup({ types: { context: {} as { said?: unknown } }, actors: { loop: machine } }).createMachine({
    context: {},
    initial: 'running',
    states: {
      running: {
        invoke: {
          id: 'mine',
          src: 'loop',
          onDone: [
            {
              guard: ({ event }) => outcomeOf(event).ended === true,
              target: 'ended',
              actions: assign({ said: ({ event }) => outcomeOf(event) }),
            },
            {
              guard: ({ event }) => outcomeOf(event).status === 'stopped',
              target: 'stopped',
              actions: assign({ said: ({ event }) => outcomeOf(event) }),
            },
            {
              guard: ({ event }) => outcomeOf(event).status === 'skipped',
              target: 'skipped',
              actions: assign({ said: ({ event }) => outcomeOf(event) }),
            },
            { target: 'finished', actions: assign({ said: ({ event }) => outcomeOf(event) }) },
          ],
          onError: [
            {
              guard: ({ event }) => outcomeOf(event).status === 'aborted',
              target: 'aborted',
              actions: assign({ said: ({ event }) => outcomeOf(event) }),
            },
            { target: 'failed', actions: assign({ said: ({ event }) => outcomeOf(event) }) },
          ],
        },
      },
      ended: { type: 'final' },
      stopped: { type: 'final' },
      skipped: { type: 'final' },
      finished: { type: 'final' },
      aborted: { type: 'final' },
      failed: { type: 'final' },
    },
  });
}

const stateFor = (way: Way) => ('ended' in ways[way] ? 'ended' : ways[way].status);

async function ending(actor: AnyActorRef & { start(): unknown }): Promise<AnyMachineSnapshot> {
  actor.subscribe({ error: () => {} });
  actor.start();
  return waitFor(actor, ({ status }) => status !== 'active');
}

describe("in an app's machine", () => {
  describe.each(all)('a loop that %s', (way, expected) => {
    test('can be told by guards and actions of onDone and onError', async () => {
      const loop = new Ends(way);
      const actor = createActor(app(loop.machine));
      loop.actor = actor.getSnapshot().children.mine;
      const { value, context } = await ending(actor);
      expect(value).toBe(stateFor(way));
      expect(context.said).toEqual(expected);
    });

    test('while somebody watches, of a machine that provide() made, and in a machine within a machine', async () => {
      const loop = new Ends(way);
      const inner = app(loop.machine.provide({}));
      const outer = setup({ actors: { inner } }).createMachine({
        initial: 'running',
        states: { running: { invoke: { id: 'inner', src: 'inner', onDone: 'over' } }, over: { type: 'final' } },
      });
      const actor = createActor(outer, { inspect: () => {} });
      const within = actor.getSnapshot().children.inner as AnyActorRef;
      loop.actor = within.getSnapshot().children.mine;
      await ending(actor);
      expect(within.getSnapshot().value).toBe(stateFor(way));
      expect(within.getSnapshot().context.said).toEqual(expected);
    });

    test('when the app went on from its snapshot', async () => {
      const first = createActor(app(new Ends(way).machine)).start();
      const snapshot = JSON.parse(JSON.stringify(first.getPersistedSnapshot()));
      first.stop();
      const loop = new Ends(way);
      const actor = createActor(app(loop.machine), { snapshot });
      loop.actor = actor.getSnapshot().children.mine;
      const { value, context } = await ending(actor);
      expect(value).toBe(stateFor(way));
      expect(context.said).toEqual(expected);
    });

    test('is told by a snapshot of its actor, also one that was persisted', async () => {
      const loop = new Ends(way);
      const actor = createActor(loop.machine);
      loop.actor = actor;
      expect(outcomeOf(actor.getSnapshot())).toBeUndefined();
      const snapshot = await ending(actor).catch(() => actor.getSnapshot());
      expect(outcomeOf(snapshot as ReturnType<typeof actor.getSnapshot>)).toEqual(expected);
      if (snapshot.status === 'done') expect(outcomeOf(actor.getPersistedSnapshot() as any)).toEqual(expected);
    });

    test('is what `outcome` of a run says', async () => {
      const loop = new Ends(way);
      const run = loop.start({ paused: true });
      loop.actor = run.actor;
      run.resume();
      expect(await run.outcome).toEqual(expected);
      expect(outcomeOf(run.actor.getSnapshot())).toEqual(expected);
    });
  });

  test('spawned loops that return the same under one id, one after another and beside each other, are told apart', async () => {
    const order: Way[] = ['is done', 'ends itself', 'is skipped', 'is done', 'ends itself for a reason'];
    const machine = setup({
      types: { context: {} as { said: Record<string, unknown[]> } },
    }).createMachine({
      context: { said: { one: [], two: [] } },
      on: {
        begin: {
          actions: assign(({ spawn, event }) => {
            spawn(new Ends(event.way).machine, { id: event.id } as object);
            return {};
          }),
        },
        'xstate.done.actor.*': {
          actions: enqueueActions(({ event, context, enqueue }: any) => {
            const said = [...context.said[event.actorId], outcomeOf(event)];
            enqueue.assign({ said: { ...context.said, [event.actorId]: said } });
            enqueue.stopChild(event.actorId);
          }),
        },
      },
    });
    const actor = createActor(machine).start();
    for (const [i, way] of order.entries()) {
      actor.send({ type: 'begin', id: 'one', way });
      actor.send({ type: 'begin', id: 'two', way: order.at(-1 - i)! });
      await waitFor(actor, ({ context }) => context.said.one!.length > i && context.said.two!.length > i);
    }
    const { one, two } = actor.getSnapshot().context.said;
    expect(one).toEqual(order.map((way) => ways[way]));
    expect(two).toEqual(order.toReversed().map((way) => ways[way]));
    actor.stop();
  });

  test('a loop that was refused has failed', async () => {
    const loop = new Ends('is done');
    const first = createActor(loop.machine).start();
    const { value, context } = await ending(createActor(app(loop.machine)));
    expect(value).toBe('failed');
    expect(context.said).toMatchObject({ status: 'failed', error: { code: 'ALREADY_RUNNING' }, steps: 0 });
    await toPromise(first);
  });
});

test('a child of a loop: what it returned, without what its parent gets beside it', async () => {
  const family = new Family();
  const run = family.start({ inspect: () => {} });
  const seen: unknown[] = [];
  const known = new Set<unknown>();
  run.actor.subscribe(({ children }) => {
    const { first } = children;
    if (first === undefined || known.has(first)) return;
    known.add(first);
    first.subscribe((snapshot) => snapshot.status === 'done' && seen.push(outcomeOf(snapshot)));
  });
  await run.output;
  expect(seen).toEqual(
    [3, 4, 3, 4, 3, 4].map((output, i) => ({ status: 'finished', output, steps: i % 2 === 0 ? 3 : 2 })),
  );
});

test('an actor that was stopped from outside has not come to an end of its own', async () => {
  const actor = createActor(new Ends('is done').machine).start();
  await turn();
  actor.stop();
  expect(outcomeOf(actor.getSnapshot())).toBeUndefined();
  const run = new Ends('is done').start();
  await run.suspend();
  expect(outcomeOf(run.actor.getSnapshot())).toBeUndefined();
});

describe('refused is', () => {
  const copy = { type: 'xstate.done.actor.mine', output: 'the end', actorId: 'mine' } as const;
  test.each<[string, unknown]>([
    ['a copy of an event, which could be of any loop', copy],
    ['nothing', undefined],
    ['null', null],
    ['an actor', createActor(new Ends('is done').machine)],
    ['a snapshot of another actor', createActor(fromPromise(async () => 1)).getSnapshot()],
    ['a snapshot of an app', createActor(app(new Ends('is done').machine)).getSnapshot()],
  ])('%s', (_, given) => {
    expect(() => outcomeOf(given as any)).toThrow(MisconfigurationError);
    expect(() => outcomeOf(given as any)).toThrow(/^outcomeOf expected the event .* got `/);
  });

  test('the event of the end of another actor', async () => {
    const machine = setup({ actors: { other: fromPromise(async () => 'the end') } }).createMachine({
      invoke: { src: 'other', onDone: { guard: ({ event }) => outcomeOf(event).status === 'finished' } },
    });
    const actor = createActor(machine);
    const failed = new Promise((resolve) => actor.subscribe({ error: resolve }));
    actor.start();
    expect(String(await failed)).toContain('outcomeOf expected the event');
  });
});
