/*
 * What must compile of runs in workers, and what must not: `npm run check` sees that each line that is expected to be an
 * error is one. Nothing here runs.
 */
import { parentPort, Worker as Thread } from 'node:worker_threads';
import { useSelector } from '@xstate/react';
import { type Checkpoint, Loop, type LoopRun, memoryStore, type Outcome } from 'loopchart';
import { inspectHere } from 'loopchart/browser';
import { inspector } from 'loopchart/node';
import { type RemoteRun, remote, serve } from 'loopchart/worker';
import { expectTypeOf } from 'vitest';
import { type ActorRefFrom, assign, createActor, type OutputFrom, sendTo, setup } from 'xstate';

class Batches extends Loop<number, [epoch: number]> {
  override state = { batch: 0, loss: Number.NaN };
  get done() {
    return this.state.batch > 3;
  }
  reset() {}
  advance(_epoch: number) {}
}

class Fold extends Loop<string> {
  override state = { score: 0 };
  get done() {
    return true;
  }
  reset() {}
  advance() {}
}

const checkpoint = {} as Checkpoint;

// Any end of a way for messages, of a browser or of Node.
serve(new Batches());
serve(() => new Batches(), { store: memoryStore(), name: 'batches', inspector: inspectHere });
serve(new Batches(), { port: parentPort, inspector });
serve(new Batches(), { port: new MessageChannel().port1 });
remote<Batches>(new Thread('file'));
remote<Batches>(new Worker('file'));
remote<Batches>(new MessageChannel().port2);
remote<Batches>(new SharedWorker('file').port, { name: 'batches' });
// @ts-expect-error: its port is meant
remote<Batches>(new SharedWorker('file'));
// @ts-expect-error: a loop is meant, not its class
serve(Batches);

const batches = remote<Batches>(new Worker('file'));
const fold = remote<Fold>(new Worker('file'));

// Started as the loop itself is.
batches.start({ args: [1] });
batches.start({ from: checkpoint });
batches.start({ args: [1], from: 'newest', id: 'a', every: { steps: 5 }, inspect: true });
fold.start();
fold.start({ from: 'newest', id: 'a' });
// @ts-expect-error: no arguments
batches.start();
// @ts-expect-error: no arguments where nothing is saved
batches.start({ from: 'newest', id: 'a' });
// @ts-expect-error: others
batches.start({ args: ['1'] });
// @ts-expect-error: the store is in the worker
fold.start({ store: memoryStore() });
// @ts-expect-error: so are observers
fold.start({ inspect: () => {} });

{
  // It has the types of a run.
  const run = batches.start({ args: [1] });
  expectTypeOf(run).toEqualTypeOf<RemoteRun<number, Batches>>();
  expectTypeOf(await run.output).toEqualTypeOf<number>();
  expectTypeOf(await run.outcome).toEqualTypeOf<Outcome<number>>();
  expectTypeOf(await run.suspend()).toEqualTypeOf<Checkpoint>();
  expectTypeOf(run.progress.loops[0].state?.loss).toEqualTypeOf<number | undefined>();
  for await (const { loops } of run) expectTypeOf(loops[0].state?.batch).toEqualTypeOf<number | undefined>();
  // Who needs no actor takes either.
  const either: Omit<LoopRun<number, Batches>, 'actor'>[] = [run, new Batches().start({ args: [1] })];
  void either;
  // @ts-expect-error: the actor stays where it is
  run.actor;
}

{
  // As an actor.
  const app = setup({
    types: { context: {} as { loss: number }, children: {} as { train: 'batches' } },
    actors: { batches: batches.logic, fold: fold.logic },
  }).createMachine({
    context: { loss: 0 },
    invoke: {
      id: 'train',
      src: 'batches',
      input: { args: [1] },
      onDone: { actions: assign({ loss: ({ event }) => event.output }) },
      onSnapshot: {
        actions: assign({ loss: ({ event }) => event.snapshot.context.progress.loops[0].state?.loss ?? 0 }),
      },
    },
    on: { hold: { actions: sendTo('train', { type: 'loop.pause' }) } },
  });
  const ref = createActor(app).getSnapshot().children.train!;
  expectTypeOf(ref).toEqualTypeOf<ActorRefFrom<typeof batches.logic>>();
  const useBatch = () => useSelector(ref, ({ context }) => context.progress.loops[0].state?.batch);
  expectTypeOf(useBatch).returns.toEqualTypeOf<number | undefined>();
  expectTypeOf<OutputFrom<typeof fold.logic>>().toEqualTypeOf<string>();
  createActor(fold.logic, { input: {} });
  createActor(batches.logic, { input: { args: [1] } });
  // @ts-expect-error: no arguments
  createActor(batches.logic, { input: {} });
  // @ts-expect-error: no event of a loop
  createActor(fold.logic).send({ type: 'nonsense' });
}
