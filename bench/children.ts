import { assign, createActor, setup, spawnChild, stopChild } from 'xstate';
import { Count, drive, Runs } from './counters.ts';
import { type Case, compare } from './measure.ts';

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

export const childRun: Case = {
  name: 'child run',
  async *rows() {
    const steps = 1_000;
    const ours = { name: 'loopchart', count: steps, run: () => new Runs({ steps, inner: 1 }).run() };
    const count = 4_000;
    const peer = { name: 'XState, minimal child spawned', count, run: () => driveSpawner(count) };
    yield await compare('child run of one step', ours, peer, { atMost: 2 });
  },
};

/** Two classes, one inside the other, and nothing else. */
class PlainRuns {
  n = 0;
  sum = 0;
  readonly inner: Count;
  readonly steps: number;

  constructor(steps: number, inner: number) {
    this.steps = steps;
    this.inner = new Count({ steps: inner });
  }

  run(): number {
    while (this.n < this.steps) {
      this.sum += drive(this.inner);
      this.n++;
    }
    return this.sum;
  }
}

export const nested: Case = {
  name: 'nested',
  async *rows() {
    const steps = 1_000;
    const expected = steps * steps;
    const ours = { name: 'loopchart', count: steps, expected, run: () => new Runs({ steps, inner: steps }).run() };
    // As often as takes as long.
    const count = 50 * steps;
    const peer = {
      name: 'plain classes',
      count,
      expected: count * steps,
      run: () => new PlainRuns(count, steps).run(),
    };
    yield await compare('nested 1000 × 1000, per inner run', ours, peer, 'report', 9);
  },
};
