import { assign, createActor, fromPromise, setup } from 'xstate';
import { Count, CountAsync, drive } from './counters.ts';
import { type Case, compare, type Side } from './measure.ts';

const observe = () => {};

function unwatched(count: number): Side {
  return { name: 'loopchart', count, run: () => new Count({ steps: count }).run() };
}

function watched(count: number): Side {
  return { name: 'loopchart', count, run: () => new Count({ steps: count }).start({ inspect: observe }).output };
}

export const syncStep: Case = {
  name: 'sync step',
  async *rows() {
    const count = 30_000_000;
    const plain = { name: 'plain `while`', count, run: () => drive(new Count({ steps: count })) };
    yield await compare('sync step, unwatched', unwatched(5_000_000), plain, { atMost: 5 });
  },
};

export const hookedStep: Case = {
  name: 'sync step with hooks',
  async *rows() {
    class Hooked extends Count {
      override onAdvanceStart(): void {}
      override onAdvanceEnd(): void {}
    }
    const steps = 5_000_000;
    const ours = { name: 'loopchart', count: steps, run: () => new Hooked({ steps }).run() };
    const count = 30_000_000;
    const plain = { name: 'plain `while`', count, run: () => drive(new Hooked({ steps: count })) };
    yield await compare('the same with `onAdvanceStart` and `onAdvanceEnd`', ours, plain, 'report');
  },
};

export const asyncStep: Case = {
  name: 'async step',
  async *rows() {
    const count = 1_000_000;
    const ours = { name: 'loopchart', count, run: () => new CountAsync({ steps: count }).run() };
    const one = { name: 'plain `async while`, awaits `advance`', count, run: () => driveAsync(count) };
    yield await compare('async step, unwatched', ours, one, { atMost: 1.3 });
  },
};

export const asyncStepAll: Case = {
  name: 'async step, every hook awaited',
  async *rows() {
    const count = 1_000_000;
    const ours = { name: 'loopchart', count, run: () => new CountAsync({ steps: count }).run() };
    const all = { name: 'plain `async while`, awaits all hooks', count, run: () => driveAwaitingAll(count) };
    yield await compare('async step, unwatched', ours, all, { atMost: 1.3 });
  },
};

/** Who writes it by hand knows which hook is asynchronous, and awaits no other. */
async function driveAsync(steps: number): Promise<number> {
  const loop = new CountAsync({ steps });
  loop.reset();
  void loop.onRunStart();
  while (!loop.done) {
    void loop.onAdvanceStart();
    await loop.advance();
    void loop.onAdvanceEnd();
  }
  return loop.onRunEnd();
}

async function driveAwaitingAll(steps: number): Promise<number> {
  const loop = new CountAsync({ steps });
  loop.reset();
  await loop.onRunStart();
  while (!loop.done) {
    await loop.onAdvanceStart();
    await loop.advance();
    await loop.onAdvanceEnd();
  }
  return loop.onRunEnd();
}

interface Counting {
  n: number;
  steps: number;
}

const types = {} as {
  context: Counting;
  input: { steps: number };
  output: number;
  events: { type: 'step' };
};
const context = ({ input }: { input: { steps: number } }): Counting => ({ n: 0, steps: input.steps });
const isLast = ({ context }: { context: Counting }) => context.n + 1 >= context.steps;

const sent = setup({ types, guards: { isLast }, actions: { count: assign({ n: ({ context }) => context.n + 1 }) } });
const sentMachine = sent.createMachine({
  context,
  initial: 'counting',
  states: {
    counting: { on: { step: [{ guard: 'isLast', target: 'over', actions: 'count' }, { actions: 'count' }] } },
    over: { type: 'final' },
  },
  output: ({ context }) => context.n,
});

/** A run of a plain XState machine, watched, to which each step is an event. */
export function driveSent(steps: number): number {
  const actor = createActor(sentMachine, { input: { steps }, inspect: observe });
  actor.start();
  const event = { type: 'step' } as const;
  while (actor.getSnapshot().status === 'active') actor.send(event);
  return actor.getSnapshot().output!;
}

export const watchedStep: Case = {
  name: 'watched step',
  async *rows() {
    const count = 25_000;
    const peer = { name: 'XState machine, one event a step', count, run: () => driveSent(count) };
    yield await compare('step, watched', watched(15_000), peer, { atMost: 0.8 });
  },
};

const invoking = setup({
  types,
  guards: { isLast },
  actors: { step: fromPromise<number, number>(async ({ input }) => input + 1) },
});
const invokingMachine = invoking.createMachine({
  context,
  initial: 'counting',
  states: {
    counting: {
      invoke: {
        src: 'step',
        input: ({ context }) => context.n,
        onDone: [
          { guard: 'isLast', target: 'over', actions: assign({ n: ({ event }) => event.output }) },
          { target: 'counting', reenter: true, actions: assign({ n: ({ event }) => event.output }) },
        ],
      },
    },
    over: { type: 'final' },
  },
  output: ({ context }) => context.n,
});

function driveInvoking(steps: number, inspected: boolean): Promise<number> {
  return new Promise((resolve, reject) => {
    const actor = createActor(invokingMachine, { input: { steps }, ...(inspected ? { inspect: observe } : {}) });
    actor.subscribe({ error: reject, complete: () => resolve(actor.getSnapshot().output!) });
    actor.start();
  });
}

export const promiseStep: Case = {
  name: 'step against fromPromise',
  async *rows() {
    const count = 4_000;
    const peer = { name: 'XState machine, `fromPromise` a step', count, run: () => driveInvoking(count, false) };
    yield await compare('step, unwatched', unwatched(8_000_000), peer, { faster: 100 });
  },
};

export const promiseStepWatched: Case = {
  name: 'watched step against fromPromise',
  async *rows() {
    const count = 4_000;
    const peer = { name: 'the same, watched', count, run: () => driveInvoking(count, true) };
    yield await compare('step, watched', watched(15_000), peer, { faster: 4 });
  },
};
