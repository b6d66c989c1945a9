import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Loop } from 'loopchart';
import { describe, expect, test } from 'vitest';
import {
  assign,
  createActor,
  fromPromise,
  fromTransition,
  type Snapshot,
  sendTo,
  setup,
  toPromise,
  waitFor,
} from 'xstate';
import { Count, Family, Slow, told, turn } from './support/loops.ts';
import { runProgram } from './support/program.ts';

describe('createActor(loop.machine)', () => {
  test('takes the arguments as its input and gives the output', async () => {
    const actor = createActor(new Family().machine, { input: ['hi'] });
    const output = toPromise(actor);
    actor.start();
    expect(await output).toBe(told('hi'));
    expect(actor.getSnapshot()).toMatchObject({
      status: 'done',
      output: told('hi'),
      context: { args: ['hi'], steps: 3 },
    });
  });

  test('takes the events that a run takes', async () => {
    const loop = new Family();
    const actor = createActor(loop.machine, { input: [] }).start();
    while (loop.first.state.n === 0) await turn();
    actor.send({ type: 'loop.pause' });
    while (leaf().value !== 'paused') await turn();
    const { n } = loop.first.state;
    for (let i = 0; i < 5; i++) await turn();
    expect(loop.first.state.n).toBe(n);
    actor.send({ type: 'loop.stop', reason: 'enough' });
    expect(await toPromise(actor)).toMatch(/^hello /);
    expect(actor.getSnapshot().context.stop).toEqual({ reason: 'enough' });

    function leaf() {
      return (actor.getSnapshot().children.first ?? actor).getSnapshot();
    }
  });

  test('two actors of one machine at once are refused, one after another are not', async () => {
    const { machine } = new Family();
    const one = createActor(machine, { input: [] }).start();
    const two = createActor(machine, { input: [] });
    two.subscribe({ error: () => {} });
    two.start();
    expect(two.getSnapshot()).toMatchObject({ status: 'error', error: { code: 'ALREADY_RUNNING' } });
    expect(await toPromise(one)).toBe(told());
    expect(await toPromise(createActor(machine, { input: [] }).start())).toBe(told());
  });

  test('an actor that is stopped runs no further step, and its signals abort', async () => {
    const loop = new Family();
    const actor = createActor(loop.machine, { input: [] }).start();
    while (loop.first.state.n === 0) await turn();
    const signals = [loop.signal, loop.first.signal];
    actor.stop();
    const { n } = loop.first.state;
    for (let i = 0; i < 5; i++) await turn();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
    expect(loop.first.state.n).toBeLessThanOrEqual(n + 1);
    expect([loop.running, loop.first.running]).toEqual([false, false]);
  });
});

test('an observer that throws into an actor fails it, as XState has it, and no step is taken after that', async () => {
  let steps = 0;
  class Endless extends Slow {
    override get done() {
      return false;
    }
    override async advance() {
      steps++;
      await turn();
    }
  }
  const actor = createActor(new Endless(5).machine, {
    input: [],
    inspect: ({ type }) => {
      if (type === '@xstate.microstep' && steps === 3) throw new Error('an observer that throws');
    },
  });
  const failed = new Promise((resolve) => actor.subscribe({ error: resolve }));
  actor.start();
  expect(await failed).toMatchObject({ message: 'an observer that throws' });
  const taken = steps;
  for (let i = 0; i < 20; i++) await turn();
  expect(steps).toBe(taken);
});

describe("in an app's machine", () => {
  function app(loop: Loop<any, any>, input: unknown[] = []) {
    return setup({
      types: { context: {} as { got?: unknown; lost?: unknown } },
      actors: { train: loop.machine },
    }).createMachine({
      id: 'app',
      context: {},
      initial: 'training',
      states: {
        training: {
          invoke: {
            id: 'train',
            src: 'train',
            input: () => input as [],
            onDone: { target: 'ready', actions: assign({ got: ({ event }) => event.output }) },
            onError: { target: 'broken', actions: assign({ lost: ({ event }) => event.error }) },
          },
          on: {
            cancel: { actions: sendTo('train', { type: 'loop.abort', reason: 'cancelled' }) },
            stop: { actions: sendTo('train', { type: 'loop.stop' }) },
            leave: 'left',
          },
        },
        ready: {},
        broken: {},
        left: {},
      },
    });
  }

  test('its output comes in onDone', async () => {
    const actor = createActor(app(new Family(), ['hi'])).start();
    await waitFor(actor, ({ value }) => value !== 'training');
    expect(actor.getSnapshot()).toMatchObject({ value: 'ready', context: { got: told('hi') } });
  });

  test('what a hook threw comes in onError as it was, from a child as well', async () => {
    const lost = new TypeError('lost');
    class Fails extends Slow {
      override async advance() {
        await super.advance();
        if (this.state.n === 2) throw lost;
      }
    }
    class Unlucky extends Family {
      override first = new Fails(3);
    }
    for (const loop of [new Fails(3), new Unlucky()]) {
      const actor = createActor(app(loop)).start();
      await waitFor(actor, ({ value }) => value !== 'training');
      expect(actor.getSnapshot()).toMatchObject({ value: 'broken', status: 'active' });
      expect(actor.getSnapshot().context.lost).toBe(lost);
    }
  });

  test('aborted, it comes in onError with the reason; stopped, in onDone; left, nothing more runs', async () => {
    for (const [event, value] of [
      ['cancel', 'broken'],
      ['stop', 'ready'],
      ['leave', 'left'],
    ] as const) {
      const loop = new Family();
      const actor = createActor(app(loop)).start();
      while (loop.first.state.n === 0) await turn();
      const { signal } = loop.first;
      actor.send({ type: event });
      await waitFor(actor, (snapshot) => snapshot.value !== 'training');
      expect(actor.getSnapshot().value).toBe(value);
      expect(actor.getSnapshot().context.lost).toBe(event === 'cancel' ? 'cancelled' : undefined);
      const { n } = loop.first.state;
      for (let i = 0; i < 5; i++) await turn();
      expect([event, loop.running, loop.first.running, loop.first.state.n - n < 2]).toEqual([
        event,
        false,
        false,
        true,
      ]);
      expect(signal.aborted).toBe(event !== 'stop');
    }
  });

  test('the app persisted in the middle goes on with new loops', async () => {
    const actor = createActor(app(new Family(), ['hi'])).start();
    for (let i = 0; i < 7; i++) await turn();
    const snapshot = JSON.parse(JSON.stringify(actor.getPersistedSnapshot()));
    actor.stop();
    const again = createActor(app(new Family()), { snapshot }).start();
    await waitFor(again, ({ value }) => value !== 'training');
    expect(again.getSnapshot()).toMatchObject({ value: 'ready', context: { got: told('hi') } });
  });
});

describe('provide', () => {
  test('puts another actor in the place of a hook', async () => {
    const hooks = {
      skip: { actor: fromPromise(async () => true), output: undefined, log: [] },
      reset: { actor: fromPromise(async () => {}), output: 2, log: ['onRunStart', 'advance', 'advance', 'onRunEnd'] },
      onRunStart: { actor: fromPromise(async () => {}), output: 2, log: ['reset', 'advance', 'advance', 'onRunEnd'] },
      advance: { actor: fromPromise(async () => {}), output: 0, log: ['reset', 'onRunStart', 'onRunEnd'] },
      onRunEnd: {
        actor: fromPromise(async () => 'mocked'),
        output: 'mocked',
        log: ['reset', 'onRunStart', 'advance', 'advance'],
      },
    };
    for (const [name, { actor: mock, output, log }] of Object.entries(hooks)) {
      const called: string[] = [];
      class Told extends Count {
        override reset() {
          called.push('reset');
        }
        override onRunStart() {
          called.push('onRunStart');
        }
        override async advance() {
          called.push('advance');
          this.state.n++;
        }
        override onRunEnd() {
          called.push('onRunEnd');
          return this.state.n;
        }
      }
      const machine = new Told(2).machine.provide({ actors: { [name]: mock } });
      expect([name, await toPromise(createActor(machine, { input: [] }).start())]).toEqual([name, output]);
      expect([name, called]).toEqual([name, log]);
    }
  });

  test('onSkip, too, and one that decides that there is nothing to do', async () => {
    class Skipped extends Count {
      override get skip() {
        return true;
      }
    }
    const skipped = new Skipped(2).machine.provide({ actors: { onSkip: fromPromise(async () => 'mocked') } });
    expect(await toPromise(createActor(skipped, { input: [] }).start())).toBe('mocked');
    const over = new Count(2).machine.provide({ actors: { onRunStart: fromPromise(async () => true) } });
    expect(await toPromise(createActor(over, { input: [] }).start())).toBe(0);
  });

  test('one that fails is a failure of the loop', async () => {
    const mock = fromPromise(async () => {
      throw new Error('mocked');
    });
    for (const name of ['skip', 'reset', 'onRunStart', 'advance', 'onRunEnd']) {
      const actor = createActor(new Count(2).machine.provide({ actors: { [name]: mock } }), { input: [] });
      const output = toPromise(actor);
      actor.start();
      await expect(output).rejects.toThrow('mocked');
    }
  });

  test('a child loop is another machine, a promise, or fails', async () => {
    const machine = setup({}).createMachine({
      initial: 'busy',
      states: { busy: { after: { 1: 'over' } }, over: { type: 'final' } },
      output: 30,
    });
    for (const [mock, expected] of [
      [machine, 'hello 30 draw 30 2 4; '],
      [fromPromise(async () => 31), 'hello 31 draw 31 2 4; '],
      [new Count(9).machine, 'hello 9 draw 10 2 4; '],
    ] as const) {
      const provided = new Family().machine.provide({ actors: { first: mock as never } });
      expect(await toPromise(createActor(provided, { input: [] }).start())).toBe(expected.repeat(3));
    }
    const failing = new Family().machine.provide({
      actors: {
        first: fromPromise(async () => {
          throw new Error('mocked');
        }) as never,
      },
    });
    const actor = createActor(failing, { input: [] });
    const output = toPromise(actor);
    actor.start();
    await expect(output).rejects.toThrow('mocked');
    expect(actor.getSnapshot().value).toBe('failed');
  });

  test('a child that never ends is left when the parent is stopped or aborted', async () => {
    const forever = new Family().machine.provide({ actors: { first: fromTransition((state) => state, {}) as never } });
    const actor = createActor(forever, { input: [] });
    actor.subscribe({ error: () => {} });
    actor.start();
    await turn();
    expect(Object.keys(actor.getSnapshot().children)).toContain('first');
    actor.send({ type: 'loop.abort', reason: 'enough' });
    expect(actor.getSnapshot()).toMatchObject({ status: 'error', error: 'enough' });
  });
});

describe('a persisted snapshot', () => {
  const taken: Record<string, () => Promise<string[]>> = {
    'between turns': () =>
      sample(async (take, ended) => {
        while (!ended()) {
          take();
          await turn();
        }
      }),
    'at every turn of the promises': () =>
      sample(async (take, ended) => {
        for (let i = 0; i < 2000 && !ended(); i++) {
          take();
          await null;
        }
        while (!ended()) {
          take();
          await turn();
          for (let i = 0; i < 20; i++) {
            take();
            await null;
          }
        }
      }),
    'in a subscription to the actor': () =>
      sample(async (take, _, actor) => {
        actor.subscribe(take);
      }),
    'at every event of any actor': () =>
      sample(async (take, _, actor) => {
        actor.system.inspect(({ type }) => void (type === '@xstate.snapshot' && queueMicrotask(take)));
      }),
  };

  async function sample(
    watch: (take: () => void, ended: () => boolean, actor: ReturnType<typeof createActor>) => Promise<void>,
  ): Promise<string[]> {
    const actor = createActor(new Family().machine, { input: ['hi'] });
    const snapshots = new Set<string>();
    const take = () => void snapshots.add(JSON.stringify(actor.getPersistedSnapshot()));
    const output = toPromise(actor);
    const watching = watch(take, () => actor.getSnapshot().status !== 'active', actor as never);
    actor.start();
    expect(await output).toBe(told('hi'));
    await watching;
    return [...snapshots].filter((json) => JSON.parse(json).status === 'active');
  }

  async function restored(json: string): Promise<string> {
    const snapshot = JSON.parse(json) as Snapshot<unknown>;
    const actor = createActor(new Family().machine, { snapshot, input: [] });
    const output = toPromise(actor);
    actor.start();
    let turns = 0;
    const stuck = (async () => {
      while (actor.getSnapshot().status === 'active' && turns++ < 1000) await turn();
      await turn();
      return `stuck: ${JSON.stringify(actor.getPersistedSnapshot())}`;
    })();
    return Promise.race([output, stuck]);
  }

  for (const [when, take] of Object.entries(taken)) {
    test(`taken ${when} goes on in new instances, children and all`, async () => {
      const snapshots = await take();
      expect(snapshots.length).toBeGreaterThan(10);
      expect(snapshots.some((json) => JSON.parse(json).context.running.length === 2)).toBe(true);
      for (const json of snapshots) expect(await restored(json), json).toBe(told('hi'));
    });
  }

  test('survives being persisted again at once, and again', async () => {
    for (const json of (await taken['between turns']!()).slice(3, 12)) {
      const actor = createActor(new Family().machine, { snapshot: JSON.parse(json), input: [] });
      expect(JSON.parse(JSON.stringify(actor.getPersistedSnapshot()))).toEqual(JSON.parse(json));
    }
  });

  test('goes on in another process', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'loopchart-embed-'));
    try {
      const snapshots = await taken['between turns']!();
      const file = join(directory, 'snapshots');
      writeFileSync(file, snapshots.join('\n'));
      expect(await runProgram('restore.ts', [file])).toEqual(snapshots.map(() => told('hi')));
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

describe('a hundred thousand child runs leave the heap as it was', { timeout: 600_000 }, () => {
  const few = 4e6;

  test('one in each step: at every moment', async () => {
    const heaps = (await runProgram('heap.ts', ['a step each'], ['--expose-gc'])).map(({ heap }) => heap);
    expect(heaps.length).toBe(12);
    expect(Math.max(...heaps) - heaps[0]).toBeLessThan(few);
  });

  test('all in one step: when it is over', async () => {
    const [before, after] = (await runProgram('heap.ts', ['one step'], ['--expose-gc'])).map(({ heap }) => heap);
    expect(after - before).toBeLessThan(few);
  });
});
