/*
 * What must compile, and what must not: `npm run check` sees that each line that is expected to be an error is one.
 * Nothing here runs.
 */
import { useActorRef, useMachine, useSelector } from '@xstate/react';
import {
  type ChildActor,
  type Json,
  Loop,
  type LoopControlEvent,
  type LoopMachine,
  type LoopRun,
  type LoopSnapshot,
  type LoopStateValue,
  memoryStore,
  type Outcome,
  outcomeOf,
  type StartArguments,
} from 'loopchart';
import { resumable, terminal } from 'loopchart/node';
import { expectTypeOf } from 'vitest';
import {
  type ActorRefFrom,
  assign,
  createActor,
  createMachine,
  fromPromise,
  type InputFrom,
  type OutputFrom,
  type SnapshotFrom,
  sendTo,
  setup,
  toPromise,
  waitFor,
} from 'xstate';

class Batches extends Loop<number, [epoch: number]> {
  override state = { batch: 0, loss: Number.NaN, worst: null as string | null };
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

class Fit extends Loop<{ best: number }> {
  override state = { epoch: 0, losses: [] as number[] };
  batches = new Batches();
  folds = [new Fold(), new Fold()];
  maybe?: Fold;
  empty: Fold | null = null;
  either: Fold | Batches = new Fold();
  unknown: any = undefined;
  rate = 0.1;
  private hidden = new Fold();
  get done() {
    return true;
  }
  reset() {}
  // Types that are inferred from children and from the machine itself are no circle.
  async advance() {
    await this.hidden.run();
    const loss = await this.batches.run(this.state.epoch);
    expectTypeOf(loss).toEqualTypeOf<number>();
    return void loss;
  }
}

const fit = new Fit();
const store = memoryStore();

{
  // The state of a loop in its actor's context. Before the first boundary there is none.
  const actor = createActor(fit.machine);
  const snapshot = actor.getSnapshot();
  expectTypeOf(snapshot.context.state).toEqualTypeOf<{ epoch: number; losses: number[] } | null>();
  expectTypeOf(snapshot.value).toEqualTypeOf<LoopStateValue>();
  expectTypeOf(snapshot.output).toEqualTypeOf<{ best: number } | undefined>();
  expectTypeOf(snapshot.matches('paused')).toEqualTypeOf<boolean>();
  // @ts-expect-error: no state of the chart
  snapshot.matches('running');
  // @ts-expect-error: not in the state
  snapshot.context.state?.loss;
  expectTypeOf(await toPromise(actor)).toEqualTypeOf<{ best: number }>();
  expectTypeOf((await waitFor(actor, ({ value }) => value === 'finished')).context.state?.epoch).toEqualTypeOf<
    number | undefined
  >();
  // @ts-expect-error: there is no such value
  void waitFor(actor, ({ value }) => value === 'running');
}

{
  // Children are actors of their machines, while they run.
  const { children } = createActor(fit.machine).getSnapshot();
  expectTypeOf(children.batches?.getSnapshot().context.state?.loss).toEqualTypeOf<number | undefined>();
  expectTypeOf(children.batches?.getSnapshot().context.state?.worst).toEqualTypeOf<string | null | undefined>();
  expectTypeOf(children['folds.0']?.getSnapshot().context.state?.score).toEqualTypeOf<number | undefined>();
  expectTypeOf(children.maybe?.getSnapshot().context.state?.score).toEqualTypeOf<number | undefined>();
  expectTypeOf(children.empty?.getSnapshot().context.state?.score).toEqualTypeOf<number | undefined>();
  expectTypeOf(children.either?.getSnapshot().context.state).toEqualTypeOf<
    Fold['state'] | Batches['state'] | null | undefined
  >();
  children.batches?.send({ type: 'loop.pause' });
  // @ts-expect-error: nobody may send that
  children.batches?.send({ type: 'loop.advanced' });
  // @ts-expect-error: may not be running
  children.batches.getSnapshot();
  // @ts-expect-error: no loop
  children.rate;
  // @ts-expect-error: an array of loops is none
  children.folds;
  // @ts-expect-error: no field
  children.epohc;
  // @ts-expect-error: nothing is known of it
  children.unknown;
  // @ts-expect-error: nobody else's
  children.hidden;
  expectTypeOf(children.batches).toEqualTypeOf<ChildActor<Batches> | undefined>();
}

{
  // A run of it.
  const run = fit.start();
  expectTypeOf(run).toEqualTypeOf<LoopRun<{ best: number }, Fit>>();
  expectTypeOf(run.actor.getSnapshot().context.state?.losses).toEqualTypeOf<number[] | undefined>();
  expectTypeOf(run.actor.getSnapshot().children.batches?.getSnapshot().context.state?.batch).toEqualTypeOf<
    number | undefined
  >();
  expectTypeOf(await run.output).toEqualTypeOf<{ best: number }>();
  expectTypeOf(run.progress.loops[0].state?.epoch).toEqualTypeOf<number | undefined>();
  for (const { path, state } of run.progress.loops.slice(1)) {
    expectTypeOf(path).toEqualTypeOf<string>();
    expectTypeOf(state).toEqualTypeOf<Json | Fit['state']>();
  }
  for await (const { loops } of run) expectTypeOf(loops[0].state?.epoch).toEqualTypeOf<number | undefined>();
  run.actor.subscribe(({ context }) => expectTypeOf(context.state?.epoch).toEqualTypeOf<number | undefined>());
  terminal(run);

  const outcome = await run.outcome;
  // @ts-expect-error: a run that failed has none
  outcome.output.best;
  if (outcome.status === 'finished') expectTypeOf(outcome.output).toEqualTypeOf<{ best: number }>();
  const { status, output, error, reason, steps } = outcome;
  if (status === 'failed') expectTypeOf(output).toEqualTypeOf<undefined>();
  else if (status === 'stopped') expectTypeOf(output).toEqualTypeOf<{ best: number }>();
  expectTypeOf([error, reason]).toEqualTypeOf<unknown[]>();
  expectTypeOf(steps).toEqualTypeOf<number>();
}

/** In React. */
function Epochs({ run }: { run: LoopRun<{ best: number }, Fit> }) {
  expectTypeOf(useSelector(run.actor, ({ context }) => context.state?.epoch ?? 0)).toEqualTypeOf<number>();
  const actor = useActorRef(fit.machine);
  expectTypeOf(useSelector(actor, ({ context }) => context.state?.losses)).toEqualTypeOf<number[] | undefined>();
  const batches = useSelector(actor, ({ children }) => children.batches);
  expectTypeOf(useSelector(batches, (snapshot) => snapshot?.context.state?.loss)).toEqualTypeOf<number | undefined>();
  const [snapshot, send, ref] = useMachine(new Batches().machine, { input: [1] });
  expectTypeOf(snapshot.context.state?.batch).toEqualTypeOf<number | undefined>();
  send({ type: 'loop.step', n: 3 });
  ref.send({ type: 'loop.stop', reason: 'enough' });
  // @ts-expect-error: nobody may send that
  send({ type: 'nonsense' });
  // @ts-expect-error: it needs its arguments
  useMachine(new Batches().machine);
  return null;
}

{
  // The events that a loop takes are those that people may send.
  const { actor } = fit.start();
  for (const type of ['loop.pause', 'loop.resume', 'loop.step', 'loop.stop', 'loop.abort'] as const)
    actor.send({ type });
  expectTypeOf<Parameters<typeof actor.send>[0]>().toEqualTypeOf<LoopControlEvent>();
  // @ts-expect-error: no such event
  actor.send({ type: 'nonsense' });
  // @ts-expect-error: only its own actors send that
  actor.send({ type: 'loop.advanced', steps: 1, done: true, commit: { state: {}, progress: {}, restarting: false } });
  // @ts-expect-error: of a number of steps
  actor.send({ type: 'loop.step', n: 'two' });
  // @ts-expect-error: no such event
  actor.getSnapshot().can({ type: 'nonsense' });
}

{
  // `start` has to be given the arguments that `run` has to be given.
  const batches = new Batches();
  batches.start({ args: [1] });
  batches.start({ args: [1], from: await store.load('a') });
  batches.start({ from: (await store.load('a'))! });
  // @ts-expect-error: no arguments
  batches.start();
  // @ts-expect-error: no arguments
  batches.start({});
  // @ts-expect-error: no arguments where there is no such run
  batches.start({ from: await store.load('a') });
  // @ts-expect-error: others
  batches.start({ args: ['1'] });
  // @ts-expect-error: none
  batches.start({ args: undefined });
  // @ts-expect-error: too many
  batches.start({ args: [1, 2] });
  // @ts-expect-error: no such option
  batches.start({ args: [1], interval: 5 });

  fit.start();
  fit.start({ from: await store.load('a') });
  // What is `undefined` is as good as left out.
  const none: { signal?: AbortSignal; every?: 'step' } = {};
  fit.start({ signal: none.signal, every: none.every, store: undefined, id: undefined, inspect: undefined });
  // @ts-expect-error: it takes none
  fit.start({ args: [1] });
  // @ts-expect-error: no such option
  fit.start({ interval: 5 });

  class Maybe extends Fold {}
  abstract class Optional extends Loop<void, [by?: number]> {}
  const optional = {} as Optional;
  new Maybe().start();
  optional.start();
  optional.start({ args: [] });
  optional.start({ args: [1] });

  // A function that hands them on.
  const watched = <Output, Args extends unknown[]>(loop: Loop<Output, Args>, ...options: StartArguments<Args>) =>
    loop.start(...options);
  expectTypeOf(await watched(batches, { args: [1] }).output).toEqualTypeOf<number>();
  watched(fit);
  // @ts-expect-error: no arguments
  watched(batches);

  const program = await resumable(batches, { id: 'a', store, args: [1], inspect: undefined });
  expectTypeOf(program.run.actor.getSnapshot().context.state?.loss).toEqualTypeOf<number | undefined>();
  const outcome = await program.outcome;
  expectTypeOf(outcome.exitCode).toEqualTypeOf<number>();
  if (outcome.status === 'finished') expectTypeOf(outcome.output).toEqualTypeOf<number>();
  // @ts-expect-error: no arguments
  void resumable(batches, { id: 'a', store });
}

{
  // The machine fits wherever XState takes one.
  createActor(new Batches().machine, { input: [1] });
  // @ts-expect-error: no arguments
  createActor(new Batches().machine);
  // @ts-expect-error: others
  createActor(new Batches().machine, { input: ['1'] });
  expectTypeOf<InputFrom<Batches['machine']>>().toEqualTypeOf<[epoch: number]>();
  expectTypeOf<OutputFrom<Batches['machine']>>().toEqualTypeOf<number>();
  expectTypeOf<SnapshotFrom<Batches['machine']>['context']['state']>().toEqualTypeOf<Batches['state'] | null>();
  expectTypeOf<LoopSnapshot<Batches>['context']['state']>().toEqualTypeOf<Batches['state'] | null>();
  const snapshot: LoopSnapshot<Batches> = createActor(new Batches().machine, { input: [1] }).getSnapshot();
  const ref: ActorRefFrom<LoopMachine<Batches>> = createActor(new Batches().machine, { input: [1] });
  void [snapshot, ref];

  const app = setup({
    types: {
      context: {} as { loss: number; how: string },
      children: {} as { train: 'batches' },
    },
    actors: { batches: new Batches().machine, fold: new Fold().machine },
  }).createMachine({
    context: { loss: 0, how: '' },
    initial: 'training',
    on: { hold: { actions: sendTo('train', { type: 'loop.pause' }) } },
    states: {
      training: {
        invoke: {
          id: 'train',
          src: 'batches',
          input: ({ context }) => [context.loss],
          onDone: [
            { guard: ({ event }) => outcomeOf(event).status === 'stopped', target: 'held' },
            {
              target: 'trained',
              actions: assign({ loss: ({ event }) => event.output, how: ({ event }) => outcomeOf(event).status }),
            },
          ],
          onError: { guard: ({ event }) => outcomeOf(event).status === 'aborted', target: 'held' },
          onSnapshot: {
            actions: ({ event }) => {
              expectTypeOf(event.snapshot.context.state?.loss).toEqualTypeOf<number | undefined>();
            },
          },
        },
      },
      trained: {
        invoke: {
          src: 'fold',
          onDone: {
            actions: ({ event }) => {
              const outcome = outcomeOf(event);
              expectTypeOf(outcome.output).toEqualTypeOf<string>();
              expectTypeOf(outcome.status).toEqualTypeOf<'finished' | 'skipped' | 'stopped'>();
              expectTypeOf(outcome.ended).toEqualTypeOf<true | undefined>();
            },
          },
        },
      },
      held: {
        entry: assign(({ spawn }) => {
          const ref = spawn('batches', { id: 'train', input: [2] });
          return { loss: ref.getSnapshot().context.state?.loss ?? 0 };
        }),
      },
    },
  });
  const train = createActor(app).getSnapshot().children.train;
  expectTypeOf(train?.getSnapshot().context.state?.loss).toEqualTypeOf<number | undefined>();

  setup({ actors: { batches: new Batches().machine } }).createMachine({
    // @ts-expect-error: others
    invoke: { src: 'batches', input: ['1'] },
  });
  createMachine({ invoke: { src: new Batches().machine, input: [1] } });

  const provided = new Batches().machine.provide({ actors: { advance: fromPromise(async () => undefined) } });
  expectTypeOf(createActor(provided, { input: [1] }).getSnapshot().context.state?.loss).toEqualTypeOf<
    number | undefined
  >();
}

{
  // How it ended, of a snapshot.
  const outcome = outcomeOf(fit.start().actor.getSnapshot());
  expectTypeOf(outcome).toEqualTypeOf<Outcome<{ best: number }> | undefined>();
  const batches = fit.start().actor.getSnapshot().children.batches;
  if (batches) expectTypeOf(outcomeOf(batches.getSnapshot())).toEqualTypeOf<Outcome<number> | undefined>();
  // @ts-expect-error: no loop's
  outcomeOf(createActor(fromPromise(async () => 1)).getSnapshot());
  // @ts-expect-error: no snapshot
  outcomeOf(fit.start().actor);
}

{
  // A loop fits where one of its base class is asked for, be its state narrower or its children more.
  class Wide extends Fit {
    override state = { epoch: 0, losses: [] as number[], more: '' };
    extra = new Batches();
  }
  const asBase: Fit = new Wide();
  expectTypeOf(asBase.machine).toEqualTypeOf<LoopMachine<Fit>>();
  expectTypeOf(new Wide().machine).toEqualTypeOf<LoopMachine<Wide>>();
  const runs: LoopRun<unknown>[] = [new Wide().start(), new Batches().start({ args: [1] })];
  const asFit: LoopRun<{ best: number }, Fit> = new Wide().start();
  const loops: Loop<any, any>[] = [new Wide(), new Batches(), new Fold()];
  const outputs: Loop<unknown>[] = [new Wide(), new Fold()];
  // @ts-expect-error: the other way round, it lacks something
  const asWide: Wide = new Fit();
  // @ts-expect-error: the same of its run
  const runAsWide: LoopRun<{ best: number }, Wide> = fit.start();
  void [runs, asFit, loops, outputs, asWide, runAsWide];
  // Of a loop of which no more is known, all may be.
  expectTypeOf(loops[0]!.start().actor.getSnapshot().context.steps).toEqualTypeOf<number>();
}

{
  // What `onSaveCheckpoint` returns is what is saved.
  class Saves extends Fold {
    override onSaveCheckpoint() {
      return { score: this.state.score, at: 'noon' };
    }
  }
  expectTypeOf(new Saves().start().actor.getSnapshot().context.state?.at).toEqualTypeOf<string | undefined>();
  class SavesAnything extends Fold {
    override onSaveCheckpoint(): Json {
      return [this.state.score];
    }
  }
  expectTypeOf(new SavesAnything().start().actor.getSnapshot().context.state).toEqualTypeOf<Json>();
  class SavesMore extends Fold {
    override onSaveCheckpoint(): Json {
      return [super.onSaveCheckpoint(), 'more'];
    }
  }
  expectTypeOf(new SavesMore().onSaveCheckpoint()).toEqualTypeOf<Json>();
}

{
  // Trees may hold loops of their own class.
  class Tree extends Loop<number> {
    override state = { depth: 0 };
    left: Tree | undefined;
    all: Tree[] = [];
    get done() {
      return true;
    }
    reset() {}
    async advance() {
      await this.left?.run();
    }
  }
  const { children } = new Tree().start().actor.getSnapshot();
  expectTypeOf(children.left?.getSnapshot().children['all.1']?.getSnapshot().context.state?.depth).toEqualTypeOf<
    number | undefined
  >();
}

{
  // Base classes with parameters of their own.
  abstract class Over<Item, Output> extends Loop<Output, [items: Item[]]> {
    override state = { at: 0 };
    reset() {}
  }
  class Sum extends Over<number, number> {
    get done() {
      return true;
    }
    advance(items: number[]) {
      this.state.at += items.length;
    }
  }
  expectTypeOf(await new Sum().run([1])).toEqualTypeOf<number>();
  const run = new Sum().start({ args: [[1]] });
  expectTypeOf(run.actor.getSnapshot().context.state?.at).toEqualTypeOf<number | undefined>();
  expectTypeOf<InputFrom<Sum['machine']>>().toEqualTypeOf<[items: number[]]>();
}

void Epochs;
