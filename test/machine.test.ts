import { Loop, type LoopContext } from 'loopchart';
import { describe, expect, test } from 'vitest';
import { type AnyActorRef, createActor, type InspectionEvent, toPromise } from 'xstate';
import { runProgram } from './support/program.ts';

/** A turn of the event loop. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

class Count extends Loop<number, [by?: number]> {
  override state: { n: number; seen: number[] } = { n: 0, seen: [] };
  readonly limit: number;

  constructor(limit = 3) {
    super();
    this.limit = limit;
  }

  get done() {
    return this.state.n >= this.limit;
  }

  reset() {
    this.state = { n: 0, seen: [] };
  }

  advance(by = 1): any {
    this.state.n += by;
  }

  override onRunEnd() {
    return this.state.n;
  }
}

class CountLater extends Count {
  override async advance(by = 1) {
    this.state.n += by;
    // JSON has no words for these.
    this.state.seen = [Number.NaN, Infinity, -Infinity, -0, this.state.n];
  }
}

/** Runs one child twice and two side by side, in each of two steps. */
class Outer extends Loop<number> {
  override state = { n: 0, sum: 0 };
  first = new CountLater(3);
  pair = [new CountLater(2), new CountLater(4)];
  last = new Count(2);

  get done() {
    return this.state.n >= 2;
  }

  reset() {
    this.state = { n: 0, sum: 0 };
  }

  async advance() {
    this.state.n++;
    this.state.sum += await this.first.run();
    this.state.sum += await this.once('draw', () => 7);
    this.state.sum += await this.first.run(2);
    for (const n of await Promise.all(this.pair.map((loop) => loop.run()))) this.state.sum += n;
    this.state.sum += await this.last.run();
  }

  override onRunEnd() {
    return this.state.sum;
  }
}

/** Whether JSON gives back what it was, but for NaN and the infinities, and -0. */
function plain(context: unknown): void {
  const seen = JSON.parse(JSON.stringify(context, numbers), (_, value) => value);
  const strip = (value: unknown): unknown => {
    if (typeof value === 'number') return numbers('', value);
    if (Array.isArray(value)) return value.map(strip);
    if (typeof value !== 'object' || value === null) return value;
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, strip(item)]));
  };
  expect(seen).toStrictEqual(strip(context));
}

function numbers(_: string, value: unknown): unknown {
  return typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0)) ? `number ${value}` : value;
}

describe('the chart', () => {
  const { states } = new Count().machine.config as unknown as { states: Record<string, { invoke?: { src: string } }> };

  test('has these states, which invoke the hooks under their names', () => {
    const invoked = Object.fromEntries(Object.entries(states).map(([name, { invoke }]) => [name, invoke?.src]));
    expect(invoked).toEqual({
      entering: 'skip',
      skipped: 'onSkip',
      resetting: 'reset',
      starting: 'onRunStart',
      advancing: 'advance',
      paused: undefined,
      ending: 'onRunEnd',
      finished: undefined,
      aborted: 'abort',
      failed: 'fail',
    });
  });

  test('is the same for every loop, and a loop has one machine', () => {
    const [one, other] = [new Count(), new Outer()];
    expect(one.machine).toBe(one.machine);
    expect(one.machine.config).toEqual(other.machine.config);
  });

  test('goes through the states in order; the hook of each is an actor while it runs', async () => {
    class Slow extends Count {
      override get skip() {
        return false;
      }
      override async reset() {
        await turn();
      }
      override async onRunStart() {
        await turn();
      }
      override async advance() {
        await turn();
        this.state.n++;
      }
      override onRunEnd(): any {
        return turn().then(() => this.state.n);
      }
    }
    const actor = createActor(new Slow(2).machine, { input: [] });
    const seen: string[] = [];
    actor.subscribe((snapshot) => {
      const line = `${snapshot.value} ${Object.keys(snapshot.children)}`;
      if (line !== seen.at(-1)) seen.push(line);
    });
    const output = toPromise(actor);
    actor.start();
    expect(actor.getSnapshot().value).toBe('resetting');
    expect(await output).toBe(2);
    expect(seen).toEqual([
      'entering skip',
      'resetting reset',
      'starting onRunStart',
      'advancing advance',
      'ending onRunEnd',
      'finished ',
    ]);
  });

  test('skipped, failed and aborted loops end in the states that say so', async () => {
    class Skips extends Count {
      override get skip() {
        return true;
      }
      override onSkip() {
        return -1;
      }
    }
    class Fails extends Count {
      override reset() {
        throw new Error('lost');
      }
    }
    const skipped = createActor(new Skips().machine, { input: [] }).start();
    expect(skipped.getSnapshot()).toMatchObject({ status: 'done', value: 'finished', output: -1 });
    expect(skipped.getSnapshot().context).toMatchObject({ skipped: true, steps: 0 });

    const errors: unknown[] = [];
    for (const loop of [new Fails(), new Count(Infinity)]) {
      const actor = createActor(loop.machine, { input: [] });
      actor.subscribe({ error: (error) => errors.push(error) });
      actor.start();
      if (!(loop instanceof Fails)) actor.send({ type: 'loop.abort', reason: 'enough' });
      expect(actor.getSnapshot()).toMatchObject({
        status: 'error',
        value: loop instanceof Fails ? 'failed' : 'aborted',
        context: { error: { message: loop instanceof Fails ? 'lost' : 'enough' } },
      });
      expect(loop.running).toBe(false);
    }
    expect(errors).toEqual([new Error('lost'), 'enough']);
  });
});

test('hooks that return no promise complete at once', () => {
  const log: string[] = [];
  class Told extends Count {
    override reset() {
      log.push('reset');
    }
    override onRunStart() {
      log.push('onRunStart');
    }
  }
  const actor = createActor(new Told().machine, { input: [] });
  expect([log, actor.getSnapshot().value]).toEqual([[], 'entering']);
  actor.start();
  expect([log, actor.getSnapshot().value]).toEqual([['reset', 'onRunStart'], 'advancing']);
  actor.stop();

  const none = createActor(new Count(0).machine, { input: [] }).start();
  expect(none.getSnapshot()).toMatchObject({ status: 'done', value: 'finished', output: 0 });
});

describe('the context is plain data', () => {
  test('in every state of every actor, also mid-run with children', async () => {
    const values = new Set<string>();
    const actors = new Set<string>();
    let snapshots = 0;
    let failure: unknown;
    const inspect = (event: InspectionEvent) => {
      if (event.type !== '@xstate.snapshot' && event.type !== '@xstate.microstep') return;
      const { context, value } = event.snapshot as unknown as { context?: LoopContext; value: string };
      if (context === undefined) return;
      snapshots++;
      values.add(value);
      actors.add((event.actorRef as AnyActorRef).id);
      try {
        plain(context);
      } catch (error) {
        failure ??= error;
      }
    };
    const run = new Outer().start({ inspect });
    void run.pause();
    await run.step(3);
    run.resume();
    expect(await run.output).toBe(2 * (3 + 7 + 4 + 2 + 4 + 2));
    expect(failure).toBeUndefined();
    expect(snapshots).toBeGreaterThan(100);
    expect([...actors].sort()).toEqual(['first', 'last', 'outer', 'pair.0', 'pair.1']);
    expect([...values].sort()).toEqual([
      'advancing',
      'ending',
      'entering',
      'finished',
      'paused',
      'resetting',
      'starting',
    ]);
  });

  test('whatever the arguments, the reasons and the errors are', async () => {
    const odd = Object.assign(new Error('odd'), { code: 'E_ODD', cause: new Map(), self: null as unknown });
    odd.self = odd;
    class Fails extends Count {
      override async advance() {
        throw odd;
      }
    }
    class Parent extends Loop<void, [object]> {
      override state = { n: 0 };
      child = new Fails();
      get done() {
        return this.state.n > 0;
      }
      reset() {}
      async advance() {
        await this.child.run().catch(() => {});
        this.state.n++;
        throw this.end(new Set([1]));
      }
    }
    let failure: unknown;
    const inspect = (event: InspectionEvent) => {
      if (event.type !== '@xstate.snapshot') return;
      const { context } = event.snapshot as unknown as { context?: LoopContext };
      try {
        if (context !== undefined) plain(context);
      } catch (error) {
        failure ??= error;
      }
    };
    for (const args of [[{ a: new Map() }], [() => {}], [{ plain: [1, Number.NaN] }]] as [object][]) {
      const run = new Parent().start({ args, inspect });
      await run.output;
      expect(failure).toBeUndefined();
      expect(run.actor.getSnapshot().context.args).toEqual('plain' in args[0] ? args : null);
    }
    const stopped = new Parent().start({ args: [{}], inspect });
    await stopped.stop(new Map());
    const aborted = new Parent().start({ args: [{}], inspect });
    aborted.abort(odd);
    await aborted.outcome;
    expect(failure).toBeUndefined();
    expect(aborted.actor.getSnapshot().context.error).toMatchObject({ name: 'Error', message: 'odd', code: 'E_ODD' });
  });

  test('what a hook does to its arguments, and a step to what a child gave it, does not reach the context', async () => {
    class Lists extends Loop<number[]> {
      override state = { n: 0 };
      get done() {
        return this.state.n > 0;
      }
      reset() {
        this.state.n = 0;
      }
      async advance() {
        this.state.n++;
      }
      override onRunEnd() {
        return [1];
      }
    }
    class Parent extends Loop<void, [{ list: unknown[] }]> {
      override state = { n: 0 };
      lists = new Lists();
      get done() {
        return this.state.n > 0;
      }
      reset() {}
      async advance(given: { list: unknown[] }) {
        given.list.push('changed');
        const output = await this.lists.run();
        output.push(2);
        const result = await this.once('once', () => [1]);
        result.push(2);
        await turn();
        context = structuredClone(run.actor.getSnapshot().context);
        this.state.n++;
      }
    }
    let context!: LoopContext;
    const run = new Parent().start({ args: [{ list: [] }] });
    await run.output;
    const { args, inFlight } = context;
    expect({ args, got: inFlight!.got.flat() }).toEqual({
      args: [{ list: [] }],
      got: [
        { run: 'lists', args: [], at: 0, output: [1], dict: expect.anything() },
        { once: 'once', at: 2, output: [1] },
      ],
    });
  });

  test('a state that is not is an error that names the loop and the key, at the step that made it', async () => {
    for (const [value, what] of [
      [() => {}, 'a function'],
      [10n, 'a bigint'],
      [new Map(), 'an instance of Map'],
      [Symbol('s'), 'a symbol'],
    ] as const) {
      class Odd extends Count {
        override advance() {
          if (++this.state.n === 2) Object.assign(this.state, { odd: { here: value } });
        }
      }
      class Parent extends Outer {
        override first: any = new Odd(5);
      }
      const run = new Parent().start({ inspect: () => {} });
      const { error } = await run.outcome;
      expect(error).toMatchObject({ code: 'NOT_PLAIN_DATA', path: 'parent.first' });
      expect((error as Error).message).toContain(`Expected \`state.odd.here\` to be plain data`);
      expect((error as Error).message).toContain(what);
      expect(run.actor.getSnapshot().value).toBe('failed');
    }
  });
});

describe('children', () => {
  test("are actors under their fields' names while they run, and gone after", async () => {
    const seen = new Set<string>();
    const loop = new Outer();
    const actor = createActor(loop.machine, { input: [] });
    actor.subscribe(({ children, context }) => {
      const names = Object.keys(children).filter(
        (name) => name !== 'advance' && name in { first: 1, last: 1, 'pair.0': 1, 'pair.1': 1 },
      );
      expect(names.sort()).toEqual([...context.running].sort());
      seen.add(names.join());
      for (const [name, child] of Object.entries(children)) {
        if (child === undefined || !names.includes(name)) continue;
        expect(child._parent).toBe(actor);
        expect(child.id).toBe(name);
        expect(child.getSnapshot().context.name).toBe(name);
      }
    });
    const output = toPromise(actor);
    actor.start();
    expect(await output).toBe(44);
    expect([...seen].sort()).toEqual(
      ['', 'first', 'last', 'pair.0', 'pair.0,pair.1', 'pair.1'].filter((names) => seen.has(names)),
    );
    // Both at once, unless the event loop had its turn between them.
    expect([...seen].some((names) => names.endsWith('pair.1'))).toBe(true);
    expect(Object.keys(actor.getSnapshot().children)).toEqual([]);
    expect(actor.getSnapshot().context.running).toEqual([]);
    expect(loop.first.running).toBe(false);
  });

  test('that ended are stopped, also where the run ended badly', async () => {
    for (const how of ['fails', 'aborted', 'ends'] as const) {
      const made = new Set<AnyActorRef>();
      class Long extends Outer {
        override pair = [new CountLater(Infinity), new CountLater(Infinity)];
        override async advance() {
          const pair = this.pair.map((child) => child.run());
          await turn();
          if (how === 'fails') throw new Error('lost');
          if (how === 'ends') throw this.end();
          run.abort();
          await Promise.all(pair);
        }
      }
      const run = new Long().start({
        inspect: ({ actorRef, type }) => void (type === '@xstate.actor' && made.add(actorRef as AnyActorRef)),
      });
      await run.outcome;
      await turn();
      const alive = [...made].filter((actor) => actor !== run.actor && actor.getSnapshot()?.status === 'active');
      expect([how, alive.map(({ id }) => id)]).toEqual([how, []]);
    }
  });

  test('run at the same time are two actors; one instance twice at once is an error', async () => {
    class Twice extends Outer {
      override async advance() {
        const running = this.first.run();
        await expect(this.first.run()).rejects.toThrow('twice.first: is running already.');
        this.state.n += await running;
      }
    }
    expect(await new Twice().run()).toBe(0);
  });
});

describe('who watches', () => {
  const steps = 5_000;

  test('watched, every step is an event; unwatched, there are far fewer events than steps, and all else is equal', async () => {
    const contexts: unknown[] = [];
    for (const watched of [false, true]) {
      let [events, ended] = [0, 0];
      const loop = new Count(steps);
      const run = loop.start(
        watched
          ? {
              inspect: (event) => {
                if (event.type === '@xstate.event' && event.event.type === 'loop.advanced') events += 1;
              },
            }
          : {},
      );
      run.actor.subscribe(() => ended++);
      expect(await run.output).toBe(steps);
      contexts.push(run.actor.getSnapshot().context);
      if (watched) expect(events).toBe(steps);
      else expect(ended).toBeLessThan(steps / 10);
    }
    expect(contexts[0]).toEqual(contexts[1]);
  });

  for (const when of ['before the start', 'at once', 'in the middle'] as const) {
    test(`one who comes ${when} through actor.system.inspect sees every step from there on, until they leave`, async () => {
      const loop = new Count(Infinity);
      const actor = createActor(loop.machine, { input: [] });
      let events = 0;
      const steps: number[] = [];
      const look = () =>
        actor.system.inspect({
          next(event) {
            if (event.type !== '@xstate.event' || event.event.type !== 'loop.advanced') return;
            events++;
            steps.push((event.event as unknown as { steps: number }).steps);
          },
        });
      const before = when === 'before the start' ? look() : undefined;
      actor.start();
      if (when === 'in the middle') {
        while (actor.getSnapshot().context.steps === 0) await turn();
      }
      const looking = before ?? look();
      while (events < 100) await turn();
      // The first may end a slice that had begun before.
      expect(new Set(steps.slice(when === 'in the middle' ? 1 : 0))).toEqual(new Set([1]));
      looking.unsubscribe();
      looking.unsubscribe();
      const { steps: seen } = actor.getSnapshot().context;
      const eventsThen = events;
      let snapshots = 0;
      actor.subscribe(() => snapshots++);
      while (snapshots < 5) await turn();
      expect(actor.getSnapshot().context.steps - seen).toBeGreaterThan(5 * 10);
      expect(events).toBe(eventsThen);
      actor.stop();
    });
  }

  test('an inspector that throws does not reach the loop, and what it threw is not lost', async () => {
    expect(await runProgram('throwing.ts')).toEqual([
      { way: 'function', outcome: { status: 'finished', output: 3, steps: 3 }, uncaught: ['inspector'] },
      { way: 'observer', outcome: { status: 'finished', output: 3, steps: 3 }, uncaught: ['inspector'] },
      { way: 'one of two', outcome: { status: 'finished', output: 3, steps: 3 }, uncaught: ['inspector'] },
      { way: 'late', outcome: { status: 'finished', output: 3, steps: 3 }, uncaught: ['inspector'] },
    ]);
  });
});

test('a loop of many sync steps lets timers and other loops through', async () => {
  const order: string[] = [];
  const run = new Count(5e7).start();
  void run.output.then(() => order.push('long loop'));
  setTimeout(() => order.push('timer'), 0);
  setImmediate(() => order.push('immediate'));
  await new Count(3).run().then(() => order.push('short loop'));
  await turn();
  await turn();
  expect(order.sort()).toEqual(['immediate', 'short loop', 'timer']);
  await run.pause();
  expect(order).not.toContain('long loop');
  run.resume();
  expect(await run.output).toBe(5e7);
});
