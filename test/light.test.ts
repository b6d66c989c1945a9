import { AsyncLocalStorage } from 'node:async_hooks';
import { Loop, type LoopRun, memoryStore } from 'loopchart';
import { afterEach, describe, expect, test } from 'vitest';
import { type AnyActorRef, createActor } from 'xstate';
import { runsUsedAgain } from '../src/actors/ended-runs.ts';
import { unseenRuns } from '../src/actors/unseen.ts';
import { lightRuns } from '../src/light/light-run.ts';
import { allowLight } from '../src/light/light-runner.ts';
import { interpret, isParallel, random, randomTree, Tree } from './support/trees.ts';

/*
 * While nobody looks, child runs have no actors. Whoever looks sees nothing but actors, and nothing is any different for
 * it: not the results, nor the order of the hooks, nor where a run goes on from a checkpoint.
 */

afterEach(() => allowLight(true));

const turn = () => new Promise((resolve) => setImmediate(resolve));

class Leaf extends Loop<number, [number?]> {
  override state = { n: 0 };
  readonly #steps: number;

  constructor(steps = 1) {
    super();
    this.#steps = steps;
  }

  get done() {
    return this.state.n >= this.#steps;
  }

  reset() {
    this.state.n = 0;
  }

  advance(): void | Promise<void> {
    this.state.n++;
  }

  override onRunEnd(by = 1) {
    return this.state.n * by;
  }
}

class Outer extends Loop<number> {
  override state = { n: 0, sum: 0 };
  inner: Loop<number, any>;
  readonly #steps: number;

  constructor(steps: number, inner: Loop<number, any> = new Leaf()) {
    super();
    this.#steps = steps;
    this.inner = inner;
  }

  get done() {
    return this.state.n >= this.#steps;
  }

  reset() {
    this.state.n = 0;
    this.state.sum = 0;
  }

  async advance() {
    this.state.sum += await this.inner.run();
    this.state.n++;
  }

  override onRunEnd() {
    return this.state.sum;
  }
}

/** How many child runs begin without an actor in what is run here. */
async function lightIn(work: () => Promise<unknown>): Promise<number> {
  const before = lightRuns();
  await work();
  return lightRuns() - before;
}

describe('child runs have no actor', () => {
  test('in a run that nobody gets hold of, however deep', async () => {
    expect(await lightIn(() => new Outer(3, new Outer(4, new Outer(5))).run())).toBe(3 + 3 * 4 + 3 * 4 * 5);
  });

  test('in a run that is started and left alone', async () => {
    expect(await lightIn(() => new Outer(3, new Outer(4)).start().output)).toBe(3 + 3 * 4);
  });

  test('in one that is saved every so often', async () => {
    const run = () => new Outer(30, new Outer(4)).start({ store: memoryStore(), every: { ms: 1 } }).output;
    expect(await lightIn(run)).toBeGreaterThan(30);
  });

  test('in one that an app has begun with an actor of its own', async () => {
    const actor = createActor(new Outer(5).machine);
    const over = new Promise((resolve) => setTimeout(resolve, 500));
    expect(
      await lightIn(async () => {
        actor.start();
        await over;
      }),
    ).toBe(5);
    expect(actor.getSnapshot().output).toBe(5);
  });

  test('in one whose `once` is saved before it returns', async () => {
    const run = () => new Outer(5).start({ store: memoryStore(), durability: 'sync' }).output;
    expect(await lightIn(run)).toBe(5);
  });

  test('but where somebody watches or subscribes', async () => {
    expect(await lightIn(() => new Outer(5).start({ inspect: () => {} }).output)).toBe(0);
    const subscribed = () => {
      const run = new Outer(5).start();
      run.actor.subscribe(() => {});
      return run.output;
    };
    expect(await lightIn(subscribed)).toBe(0);
  });

  test('and has one where another actor has been put in the place of a hook or a child', async () => {
    const loop = new Outer(3);
    const actor = createActor(loop.machine.provide({}));
    const light = await lightIn(async () => {
      actor.start();
      await new Promise((resolve) => setTimeout(resolve, 500));
    });
    expect([light, actor.getSnapshot().output]).toEqual([0, 3]);
  });
});

describe('a run that nobody gets hold of has no actor, not even for its root', () => {
  test('where it is a run of its own, and nobody watches all runs', async () => {
    const before = unseenRuns();
    const loop = new Outer(3);
    await loop.run();
    await loop.run();
    expect(unseenRuns() - before).toBe(2);
    await loop.start().output;
    allowLight(false);
    await loop.run();
    expect(unseenRuns() - before).toBe(2);
  });

  test('and comes to the same as any other (60 trees)', async () => {
    const first = Number(process.env.LOOPCHART_SEED ?? 1);
    const trees = Number(process.env.LOOPCHART_TREES ?? (process.env.LOOPCHART_LONG ? 3_000 : 60));
    for (let seed = first; seed < first + trees; seed++) {
      const next = random(seed);
      const node = randomTree(next, { depth: 1 + Math.floor(next() * 4), parallel: next() < 0.5 });
      const plainLog: string[] = [];
      const { output, error } = interpret(node, plainLog);
      if (JSON.stringify(plainLog).length > 8_000) continue;
      const log: string[] = [];
      const come = await new Tree(node, log, () => {}).run(5).then(
        (output) => ({ output, error: undefined }),
        (error) => ({ output: undefined, error: error.message }),
      );
      const why = `seed ${seed} (LOOPCHART_SEED=${seed} LOOPCHART_TREES=1)`;
      expect(come, why).toEqual({ output, error });
      if (error === undefined || !isParallel(node)) expect(byLoop(log), why).toEqual(byLoop(plainLog));
    }
  });

  test('its hooks before the first step are called at once, in the async context of whoever runs it', async () => {
    const storage = new AsyncLocalStorage<string>();
    for (const light of [true, false]) {
      allowLight(light);
      const seen: string[] = [];
      class Tells extends Outer {
        override reset() {
          super.reset();
          seen.push(`reset ${storage.getStore()}`);
        }
        override onRunStart() {
          seen.push(`onRunStart ${storage.getStore()}`);
        }
        override async advance() {
          seen.push(`step ${storage.getStore()}`);
          await super.advance();
        }
      }
      const output = storage.run('here', () => new Tells(1).run());
      seen.push('begun');
      expect(await output).toBe(1);
      expect([light, ...seen]).toEqual([light, 'reset here', 'onRunStart here', 'begun', 'step here']);
    }
  });

  test.each([
    ['steps', () => new (class extends Leaf {})(Infinity)],
    [
      'steps that are awaited',
      () =>
        new (class extends Leaf {
          override async advance() {
            this.state.n++;
          }
        })(Infinity),
    ],
    ['child runs', () => new Outer(Infinity)],
    ['steps of a child', () => new Outer(Infinity, new Leaf(1000))],
  ])('but a state that is no plain data is named all the same, and while it goes on: of %s', async (_, make) => {
    for (const below of [false, true]) {
      const loop = make();
      if (below && !(loop instanceof Outer)) continue;
      const timer = setTimeout(() => {
        const one = below ? (loop as Outer).inner : loop;
        (one.state as any).live = () => {};
      }, 1);
      await expect(loop.run()).rejects.toMatchObject({ code: 'NOT_PLAIN_DATA' });
      clearTimeout(timer);
    }
  });
});

/** The actors of a run, by their ids. */
function actorsBelow(actor: AnyActorRef): string[] {
  const snapshot = actor.getSnapshot() as any;
  const below = (snapshot.context?.running ?? []) as string[];
  return [`${actor.id} ${snapshot.value}`, ...below.flatMap((name) => actorsBelow(snapshot.children[name]))];
}

describe('whoever looks', () => {
  /** In the middle of the step of the innermost of three loops. */
  class Waits extends Leaf {
    readonly reached: Promise<void>;
    go!: () => void;
    #reach!: () => void;

    constructor() {
      super(2);
      this.reached = new Promise((resolve) => {
        this.#reach = resolve;
      });
    }

    override async advance() {
      if (this.state.n === 1) {
        this.#reach();
        await new Promise<void>((resolve) => {
          this.go = resolve;
        });
      }
      this.state.n++;
    }
  }

  test.each([
    ['by getSnapshot', (run: LoopRun<number>) => run.actor.getSnapshot()],
    ['by getPersistedSnapshot', (run: LoopRun<number>) => run.actor.getPersistedSnapshot()],
    ['by subscribe', (run: LoopRun<number>) => run.actor.subscribe(() => {})],
    ['by inspect', (run: LoopRun<number>) => run.actor.system.inspect(() => {})],
    ['by progress', (run: LoopRun<number>) => run.progress],
    ['by waitingFor', (run: LoopRun<number>) => run.waitingFor],
  ])('%s sees an actor for each running loop, in the state that it is in', async (_, look) => {
    const innermost = new Waits();
    const run = new Outer(2, new Outer(2, innermost)).start();
    await innermost.reached;
    look(run);
    expect(actorsBelow(run.actor)).toEqual(['outer advancing', 'inner advancing', 'inner advancing']);
    expect(run.progress.loops.map(({ path, steps, state }) => [path, steps, state])).toEqual([
      ['outer', 0, { n: 0, sum: 0 }],
      ['outer.inner', 0, { n: 0, sum: 0 }],
      ['outer.inner.inner', 1, { n: 1 }],
    ]);
    innermost.advance = async () => void innermost.state.n++;
    innermost.go();
    expect(await run.output).toBe(8);
  });

  test('sees what the step in flight has got', async () => {
    class Twice extends Outer {
      override async advance() {
        this.state.sum += await this.inner.run(10);
        this.state.sum += await this.once('k', () => 5);
        await super.advance();
      }
    }
    const innermost = new Waits();
    const both = new (class extends Twice {
      later = innermost;
      override async advance() {
        await super.advance();
        this.state.sum += await this.later.run();
      }
    })(1);
    const run = both.start();
    await innermost.reached;
    const { inFlight } = run.actor.getSnapshot().context;
    expect(inFlight!.got.flat().map(({ run, once, output, args }: any) => [run ?? once, args ?? null, output])).toEqual(
      [
        ['inner', [10], 10],
        ['k', null, 5],
        ['inner', [], 1],
      ],
    );
    expect(inFlight!.asked.map(({ run }: any) => run)).toEqual(['later']);
    innermost.go();
    expect(await run.output).toBe(18);
  });
});

describe('what a run consists of is used again for the next of the same loop', () => {
  /** How many runs are used again in what is run here. */
  async function againIn(work: () => Promise<unknown>): Promise<number> {
    const before = runsUsedAgain();
    await work();
    return runsUsedAgain() - before;
  }

  test('where the one before has left nothing behind', async () => {
    expect(await againIn(() => new Outer(5).start().output)).toBe(4);
    expect(await againIn(() => new Outer(3, new Outer(4)).run())).toBe(2 + 2 + 3 * 3);
  });

  test('but not where somebody may still have to do with it: a signal, a `once`, a failure, an actor', async () => {
    const kinds: Record<string, (leaf: Leaf) => unknown> = {
      signal: (leaf) => leaf.signal,
      once: (leaf) => leaf.once('k', () => 1),
      failure: () => Promise.reject(new Error('wrong')),
      actor: () => run!.actor.getSnapshot(),
    };
    let run: LoopRun<number> | undefined;
    for (const [kind, work] of Object.entries(kinds)) {
      class Works extends Leaf {
        override async advance() {
          this.state.n++;
          await work(this);
        }
      }
      class Tries extends Outer {
        override async advance() {
          this.state.sum += await this.inner.run().catch(() => 1);
          this.state.n++;
        }
      }
      const again = await againIn(async () => {
        run = new Tries(3, new Works()).start();
        expect(await run.output, kind).toBe(3);
      });
      expect([kind, again]).toEqual([kind, 0]);
    }
  });

  test('and finds nothing of that one: arguments, steps, what `done` said, its end', async () => {
    class Sometimes extends Leaf {
      override get skip() {
        return turns % 4 === 1;
      }
      override onSkip() {
        return -1;
      }
      override onRunStart() {
        if (turns % 4 === 2) throw this.end('before it began');
      }
      override advance() {
        this.state.n++;
        if (turns % 4 === 3 && this.state.n === 2) throw this.end('in a step');
      }
    }
    let turns = 0;
    const seen: unknown[] = [];
    class Varies extends Outer {
      override async advance() {
        turns = this.state.n;
        this.state.sum += await (turns % 2 === 0 ? this.inner.run(10 + turns) : this.inner.run());
        if (look && turns === 6) seen.push(run!.actor.getSnapshot().context.inFlight);
        this.state.n++;
      }
    }
    let look = false;
    let run: LoopRun<number> | undefined;
    const outputOf = () => {
      run = new Varies(8, new Sometimes(3)).start();
      return run.output;
    };
    const light = await againIn(async () => seen.push(await outputOf()));
    allowLight(false);
    seen.push(await outputOf());
    expect(seen[0]).toBe(seen[1]);
    look = true;
    await outputOf();
    allowLight(true);
    await outputOf();
    expect(seen[2]).toEqual(seen[3]);
    // Not after a run that threw.
    expect(light).toBeGreaterThanOrEqual(4);
  });
});

test('what a step has got of many runs of a child is the same whether they had actors or not', async () => {
  class Counts extends Leaf {
    override reset() {}
    override get done() {
      return this.state.n % 3 === 0 && this.state.n > 0;
    }
    override onRunEnd() {
      const { n } = this.state;
      if (n === 9) this.state = { n: 0 };
      return n;
    }
  }
  class Many extends Outer {
    more: Leaf = new Leaf();
    override async advance() {
      for (let i = 0; i < 12; i++) {
        this.state.sum += await this.inner.run();
        if (i % 5 === 0) this.state.sum += await this.more.run(i);
      }
      got.push(structuredClone(run!.actor.getSnapshot().context.inFlight));
      this.state.n++;
    }
  }
  const got: unknown[] = [];
  let run: LoopRun<number> | undefined;
  for (const light of [true, false]) {
    allowLight(light);
    run = new Many(2, new Counts()).start();
    await run.output;
  }
  expect(JSON.stringify(got.slice(0, 2))).toBe(JSON.stringify(got.slice(2)));
});

test('a checkpoint in the middle of light runs goes on in new instances', async () => {
  const whole = new Outer(6, new Outer(5, new Outer(4)));
  const expected = await whole.run();
  for (let after = 0; after < 40; after += 3) {
    let steps = 0;
    let taken: Promise<any> | undefined;
    class Counts extends Leaf {
      override advance() {
        this.state.n++;
        if (steps++ === after) taken = run.checkpoint();
      }
    }
    const make = (leaf: Leaf) => new Outer(6, new Outer(5, new Outer(4, leaf)));
    const run: LoopRun<number> = make(new Counts()).start();
    expect(await run.output).toBe(expected);
    const from = JSON.parse(JSON.stringify(await taken));
    expect(from.position.steps).toBe(after + 1);
    expect(await make(new Leaf()).start({ from }).output).toBe(expected);
  }
});

test('after a stop, children that are still asked for end at once, however many', async () => {
  class Many extends Outer {
    override async advance() {
      for (let i = 0; i < 100_000; i++) {
        this.state.sum += await this.inner.run();
        if (i === 10) void run.stop();
      }
      this.state.n++;
    }
  }
  const run: LoopRun<number> = new Many(1).start();
  expect(await run.outcome).toMatchObject({ status: 'stopped', output: 11 });
});

test('hooks run in the async context in which their loop was run, also after somebody has looked, paused and resumed', async () => {
  const storage = new AsyncLocalStorage<string>();
  const seen = new Set<unknown>();
  class Sees extends Leaf {
    override async advance() {
      seen.add(storage.getStore());
      await turn();
      seen.add(storage.getStore());
      this.state.n++;
    }
    override onRunEnd(by?: number) {
      seen.add(storage.getStore());
      return super.onRunEnd(by);
    }
  }
  const run = storage.run('of the run', () => new Outer(3, new Outer(2, new Sees(3))).start());
  for (let i = 0; i < 4; i++) {
    await turn();
    await turn();
    run.actor.getSnapshot();
    await run.pause();
    storage.run('of another', () => run.resume());
  }
  expect(await run.output).toBe(18);
  expect([...seen]).toEqual(['of the run']);
});

test('random looks, pauses, steps, checkpoints and observers change nothing (60 trees)', {
  timeout: 600_000,
}, async () => {
  const first = Number(process.env.LOOPCHART_SEED ?? 1);
  const trees = Number(process.env.LOOPCHART_TREES ?? (process.env.LOOPCHART_LONG ? 1_500 : 60));
  const kinds: Record<string, number> = {};
  const light = await lightIn(async () => {
    for (let seed = first; seed < first + trees; seed++) {
      const next = random(seed);
      const node = randomTree(next, { depth: 1 + Math.floor(next() * 4), parallel: next() < 0.5 });
      const plainLog: string[] = [];
      const { output, error } = interpret(node, plainLog);
      if (JSON.stringify(plainLog).length > 8_000) continue;
      for (let time = 0; time < 4; time++) {
        const log: string[] = [];
        const come = await lookedAt(node, log, random(seed * 100 + time), kinds);
        const why = `seed ${seed}, time ${time} (LOOPCHART_SEED=${seed} LOOPCHART_TREES=1)`;
        expect(come, why).toEqual({ output, error });
        if (error === undefined || !isParallel(node)) expect(byLoop(log), why).toEqual(byLoop(plainLog));
      }
    }
  });
  if (trees >= 60) {
    expect(light).toBeGreaterThan(200);
    expect(Object.keys(kinds).sort()).toEqual([
      'checkpoint',
      'inspect',
      'later',
      'pause',
      'persist',
      'snapshot',
      'step',
      'subscribe',
    ]);
  }
});

function byLoop(log: readonly string[]): Record<string, string[]> {
  const logs: Record<string, string[]> = {};
  for (const line of log) {
    const path = line.slice(0, line.indexOf(' '));
    logs[path] ??= [];
    logs[path].push(line);
  }
  return logs;
}

/** Runs a tree, of which somebody wants something at random moments. */
async function lookedAt(
  node: Parameters<typeof interpret>[0],
  log: string[],
  next: () => number,
  kinds: Record<string, number>,
): Promise<{ output: number | undefined; error: string | undefined }> {
  const chance = 0.05 + 0.3 * next();
  const left: Promise<unknown>[] = [];
  let holds = false;
  let run: LoopRun<number> | undefined;
  const goOn = () => {
    holds = false;
    run!.resume();
  };
  const soon = (then: () => void) => (next() < 0.5 ? setImmediate(then) : queueMicrotask(then));
  const wants: Record<string, (run: LoopRun<number>) => void> = {
    snapshot: ({ actor }) => actorsBelow(actor),
    later: ({ actor }) => setImmediate(() => actorsBelow(actor)),
    persist: ({ actor }) => {
      try {
        JSON.stringify(actor.getPersistedSnapshot());
      } catch (error) {
        // There are models, and the loops are in the middle of their steps.
        expect(error).toMatchObject({ code: 'NOT_PAUSED' });
      }
    },
    inspect: ({ actor }) => {
      const subscription = actor.system.inspect(() => {});
      if (next() < 0.7) soon(() => subscription.unsubscribe());
    },
    subscribe: ({ actor }) => {
      const subscription = actor.subscribe({ next: () => actorsBelow(actor), error: () => {} });
      if (next() < 0.7) soon(() => subscription.unsubscribe());
    },
    pause: (run) => {
      holds = true;
      left.push(run.pause().then(goOn));
    },
    step: (run) => {
      holds = true;
      left.push(run.step(1 + Math.floor(next() * 3)).then(goOn));
    },
    checkpoint: (run) => void left.push(run.checkpoint().then(JSON.stringify, () => {})),
  };
  const names = Object.keys(wants);
  const tree = new Tree(node, log, () => {
    if (run === undefined || holds || next() > chance) return;
    const name = names[Math.floor(next() * names.length)]!;
    kinds[name] = (kinds[name] ?? 0) + 1;
    wants[name]!(run);
  });
  run = tree.start({ args: [5] });
  const { output, error } = await run.outcome;
  await Promise.all(left);
  return { output, error: (error as Error | undefined)?.message };
}

test('a child that is wired wrongly is the error of the step that runs it, and not of whoever looks', async () => {
  class Late extends Outer {
    override async advance() {
      this.inner = new Outer(1, Object.assign(new Leaf(), { strays: new Map([['one', new Leaf()]]) }));
      await super.advance();
    }
  }
  const run = new Late(1).start();
  expect(await run.outcome).toMatchObject({ status: 'failed', error: { code: 'MISCONFIGURATION' } });
});

test('hooks of a step that are over are over for whoever looks twice in it', async () => {
  class Hooked extends Outer {
    more: Leaf = new Leaf();
    last: Leaf = new Leaf();
    look: () => unknown = () => {};
    override async onAdvanceStart() {
      this.state.sum += await this.inner.run();
      this.state.sum += 10;
    }
    override async advance() {
      this.look();
      this.state.sum += 2 * (await this.more.run());
      this.state.sum *= 10;
      this.state.n++;
    }
    override async onAdvanceEnd() {
      this.look();
      this.state.sum += 3 * (await this.last.run());
    }
  }
  const expected = await new Hooked(2).run();
  const loop = new Hooked(2);
  const taken: Promise<any>[] = [];
  loop.look = () => {
    run.actor.getSnapshot();
    taken.push(run.checkpoint());
  };
  const run: LoopRun<number> = loop.start();
  expect(await run.output).toBe(expected);
  for (const from of await Promise.all(taken)) {
    expect(await new Hooked(2).start({ from: JSON.parse(JSON.stringify(from)) }).output).toBe(expected);
  }
});
