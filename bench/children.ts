import { Loop } from 'loopchart';
import { assign, createActor, setup, spawnChild, stopChild } from 'xstate';
import { Count, Runs } from './counters.ts';
import { type Case, compare, time } from './measure.ts';

const counted = setup({ types: {} as { context: { n: number }; output: number } }).createMachine({
  context: { n: 0 },
  initial: 'counted',
  states: { counted: { type: 'final', entry: assign({ n: ({ context }) => context.n + 1 }) } },
  output: ({ context }) => context.n,
});

interface Sum {
  runs: number;
  n: number;
  sum: number;
}

const spawner = setup({
  types: {} as {
    context: Sum;
    input: { runs: number };
    output: number;
    events: { type: 'go' } | { type: 'xstate.done.actor.inner'; output: number };
  },
  actors: { counted },
  guards: { isLast: ({ context }) => context.n + 1 >= context.runs },
  actions: {
    spawn: spawnChild('counted', { id: 'inner' }),
    stop: stopChild('inner'),
    add: assign(({ context, event }) => ({
      n: context.n + 1,
      sum: context.sum + (event as { output: number }).output,
    })),
  },
}).createMachine({
  context: ({ input }) => ({ runs: input.runs, n: 0, sum: 0 }),
  initial: 'waiting',
  states: {
    waiting: { on: { go: { target: 'running', actions: 'spawn' } } },
    running: {
      on: {
        'xstate.done.actor.inner': [
          { guard: 'isLast', target: 'over', actions: ['stop', 'add'] },
          { actions: ['stop', 'add', 'spawn'] },
        ],
      },
    },
    over: { type: 'final' },
  },
  output: ({ context }) => context.sum,
});

function driveSpawner(runs: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const actor = createActor(spawner, { input: { runs } });
    actor.subscribe({ error: reject, complete: () => resolve(actor.getSnapshot().output!) });
    actor.start();
    actor.send({ type: 'go' });
  });
}

/** What a loop's run stands for, as a plain class would have it: hooks that may be overridden, and steps that may be awaited. */
abstract class Plain {
  get skip(): boolean {
    return false;
  }
  abstract get done(): boolean;
  onSkip(): number {
    return 0;
  }
  reset(): void {}
  onRunStart(): void {}
  onAdvanceStart(): void {}
  abstract advance(): void | Promise<void>;
  onAdvanceEnd(): void {}
  abstract onRunEnd(): number;

  async run(): Promise<number> {
    if (this.skip) return this.onSkip();
    this.reset();
    this.onRunStart();
    while (!this.done) {
      this.onAdvanceStart();
      const step = this.advance();
      if (step !== undefined) await step;
      this.onAdvanceEnd();
    }
    return this.onRunEnd();
  }
}

class PlainCount extends Plain {
  n = 0;
  readonly steps: number;

  constructor(steps: number) {
    super();
    this.steps = steps;
  }

  get done(): boolean {
    return this.n >= this.steps;
  }

  override reset(): void {
    this.n = 0;
  }

  advance(): void {
    this.n++;
  }

  onRunEnd(): number {
    return this.n;
  }
}

class PlainRuns extends Plain {
  n = 0;
  sum = 0;
  readonly inner: Plain;
  readonly steps: number;

  constructor(steps: number, inner: Plain) {
    super();
    this.steps = steps;
    this.inner = inner;
  }

  get done(): boolean {
    return this.n >= this.steps;
  }

  override reset(): void {
    this.n = 0;
    this.sum = 0;
  }

  async advance(): Promise<void> {
    this.sum += await this.inner.run();
    this.n++;
  }

  onRunEnd(): number {
    return this.sum;
  }
}

/** Three loops in a step, one after another. */
class Batch extends Loop<number> {
  override state = { n: 0, sum: 0 };
  readonly forward: Count = new Count({ steps: 1 });
  readonly backward: Count = new Count({ steps: 1 });
  readonly optimizer: Count = new Count({ steps: 1 });

  get done(): boolean {
    return this.state.n >= 1;
  }

  reset(): void {
    this.state = { n: 0, sum: 0 };
  }

  async advance(): Promise<void> {
    const { state } = this;
    for (const one of [this.forward, this.backward, this.optimizer]) state.sum += await one.run();
    state.n++;
  }

  override onRunEnd(): number {
    return this.state.sum;
  }
}

class PlainBatch extends Plain {
  n = 0;
  sum = 0;
  readonly #parts = [new PlainCount(1), new PlainCount(1), new PlainCount(1)];

  get done(): boolean {
    return this.n >= 1;
  }

  override reset(): void {
    this.n = 0;
    this.sum = 0;
  }

  async advance(): Promise<void> {
    for (const part of this.#parts) this.sum += await part.run();
    this.n++;
  }

  onRunEnd(): number {
    return this.sum;
  }
}

/** Loops inside others: each runs the one below so many times. */
function nest(batches: number): Runs {
  return new Runs({ steps: 10, inner: new Runs({ steps: batches / 10, inner: new Batch() }) });
}

const ways = [
  ['run()', (loop: Loop<number>) => loop.run()],
  ['start()', (loop: Loop<number>) => loop.start().output],
] as const;

export const childRun: Case = {
  name: 'child run',
  async *rows() {
    const count = 100_000;
    const plain = { name: 'plain classes', count, run: () => new PlainRuns(count, new PlainCount(1)).run() };
    for (const [way, go] of ways) {
      const steps = 30_000;
      const ours = { name: 'loopchart', count: steps, run: () => go(new Runs({ steps, inner: 1 })) };
      yield await compare(`child run of one sync step, \`${way}\``, ours, plain, {
        within: way === 'run()' ? 1.2 : 2.5,
      });
    }
    const ours = { name: 'loopchart', count: 30_000, run: () => new Runs({ steps: 30_000, inner: 1 }).run() };
    const spawned = { name: 'XState, minimal child spawned', count: 2_000, run: () => driveSpawner(2_000) };
    yield await compare('child run of one sync step', ours, spawned, { faster: 10 });
  },
};

export const batch: Case = {
  name: 'batch',
  async *rows() {
    const count = 20_000;
    const plainEpoch = new PlainRuns(count / 10, new PlainBatch());
    const plain = {
      name: 'plain classes',
      count,
      expected: 3 * count,
      run: () => new PlainRuns(10, plainEpoch).run(),
    };
    for (const [way, go] of ways) {
      const batches = 5_000;
      const ours = { name: 'loopchart', count: batches, expected: 3 * batches, run: () => go(nest(batches)) };
      yield await compare(`batch of a four-level tree, three loops a batch, \`${way}\``, ours, plain, {
        within: way === 'run()' ? 5 : 12,
      });
    }
  },
};

export const nested: Case = {
  name: 'nested',
  async *rows() {
    const steps = 1_000;
    const times = 10;
    const [count, expected] = [times * steps, times * steps * steps];
    /** One takes some milliseconds: a sample is made of several. */
    const several = async (one: () => Promise<number>) => {
      let sum = 0;
      for (let time = 0; time < times; time++) sum += await one();
      return sum;
    };
    const runPlain = () => new PlainRuns(steps, new PlainCount(steps)).run();
    const plain = { name: 'plain classes', count, expected, run: () => several(runPlain) };
    for (const [way, go] of ways) {
      const run = () => several(() => go(new Runs({ steps, inner: steps })));
      const ours = { name: 'loopchart', count, expected, run };
      yield await compare(`nested 1000 × 1000, \`${way}\`, per inner run`, ours, plain, { atMost: 1.3 });
    }
  },
};

/** Its state is large, and none of it changes but two numbers. */
class Large extends Runs {
  override state = {
    n: 0,
    sum: 0,
    rows: Array.from({ length: 2_000 }, (_, i) => ({ id: i, name: `row ${i}`, ok: true })),
  };

  override reset(): void {
    this.state.n = 0;
    this.state.sum = 0;
  }
}

export const largeState: Case = {
  name: 'large state',
  async *rows() {
    const steps = 500;
    const ours = { name: 'loopchart', count: steps, run: () => new Large({ steps, inner: 1 }).start().output };
    const count = 500;
    const { state } = new Large({ steps: 0, inner: 1 });
    const peer = {
      name: '`structuredClone` of the state',
      count,
      run: () => {
        let done = 0;
        while (done < count) if (structuredClone(state).n === 0) done++;
        return done;
      },
    };
    yield await compare('child run, state of the parent 100 kB of objects, `start()`', ours, peer, { within: 110 });
  },
};

export const watchedChild: Case = {
  name: 'child run, watched',
  async *rows() {
    const steps = 500;
    const ours = {
      name: 'loopchart',
      count: steps,
      run: () => new Runs({ steps, inner: 1 }).start({ inspect: () => {} }).output,
    };
    const count = 2_000;
    const peer = { name: 'XState, minimal child spawned', count, run: () => driveSpawner(count) };
    yield await compare('child run of one step, watched', ours, peer, 'report');
  },
};

/** Very many children in one step. */
class AllInOne extends Runs {
  #many = 0;
  stopAfter = Infinity;
  stop: (() => void) | undefined;

  many(many: number): this {
    this.#many = many;
    return this;
  }

  override async advance(): Promise<void> {
    for (let i = 0; i < this.#many; i++) {
      if (i === this.stopAfter) this.stop?.();
      this.state.sum += await this.inner.run();
    }
    this.state.n++;
  }
}

export const manyChildren: Case = {
  name: 'many children in one step',
  async *rows() {
    const many = 200_000;
    // The first run of a program takes some 20 ms to begin, for nothing of it is compiled yet: as elsewhere, it does not count.
    await new AllInOne({ steps: 1, inner: 1 }).many(1_000).start().output;
    let longest = 0;
    let last = performance.now();
    const timer = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 1);
    await new AllInOne({ steps: 1, inner: 1 }).many(many).start().output;
    clearInterval(timer);
    yield {
      name: '2·10⁵ short children in one step: the longest time that no timer gets through',
      ours: time(longest * 1e6),
      peer: '',
      peerName: '',
      mark: '≤ 25 ms',
      met: longest <= 25,
    };
    const loop = new AllInOne({ steps: 1, inner: 1 }).many(100_000);
    let stopped = 0;
    loop.stopAfter = 10;
    const run = loop.start();
    loop.stop = () => {
      stopped = performance.now();
      void run.stop();
    };
    await run.outcome;
    const took = performance.now() - stopped;
    yield {
      name: '10⁵ children that a step still asks for after `stop`',
      ours: time(took * 1e6),
      peer: '',
      peerName: '',
      mark: '≤ 1 s',
      met: took <= 1000,
    };
  },
};
