import { LoopError } from 'loopchart';
import { type RemoteRun, remote, type WorkerPort } from 'loopchart/worker';
import { assign, createActor, sendTo, setup, toPromise, waitFor } from 'xstate';
import { type Ask, type Count, DivergedError, type Plan, Train, turn } from './worker-loops.ts';

/** Begins a worker. */
export type Open = (what?: 'broken' | 'idle' | 'closes') => { worker: WorkerPort; terminate(): unknown };

/** What is kept of anything thrown. */
function kept(error: any): object {
  const { name, message, code, cause } = error ?? {};
  return { name, message, ...(code && { code }), ...(cause && { cause: kept(cause) }) };
}

async function thrown(call: () => unknown): Promise<object> {
  try {
    await call();
  } catch (error) {
    return kept(error);
  }
  return { name: 'nothing' };
}

const epochOf = (run: RemoteRun<unknown, Train>) => run.progress.loops[0].state?.epoch ?? 0;
const long: Plan = { epochs: 1e6 };

/** Until it has come so far. */
async function reaches(run: RemoteRun<unknown, Train>, epoch: number): Promise<void> {
  while (epochOf(run) < epoch) await turn();
}

/**
 * What whoever holds a run in a worker does, and what comes of it, as plain data: the same in Node and in a browser.
 */
export const scenarios = {
  async 'gives the output'(open: Open) {
    const { worker, terminate } = open();
    const train = remote<Train>(worker);
    const outputs: unknown[] = [];
    // Its weights are handed over, and it has them still.
    for (let i = 0; i < 3; i++) {
      const output = (await train.start({ args: [{ epochs: 2 }] }).output) as Float32Array;
      outputs.push([output.constructor.name, [...output]]);
    }
    const here = (await new Train().run({ epochs: 2 })) as Float32Array;
    terminate();
    return { outputs, here: [here.constructor.name, [...here]] };
  },

  async 'keeps kinds of values'(open: Open) {
    const { worker, terminate } = open();
    const args: [Plan] = [{ epochs: 1, gives: 'many kinds' }];
    const { both, big, set, ...rest } = (await remote<Train>(worker).start({ args }).output) as any;
    const [minus, not] = [...set];
    const shared = both[0].buffer === both[1].buffer;
    terminate();
    return [shared, [...both[1]], big === 2n ** 70n, Object.is(minus, 0), Number.isNaN(not), Object.keys(rest)];
  },

  async 'says how it ended'(open: Open) {
    const { worker, terminate } = open();
    const train = remote<Train>(worker);
    const finished = await train.start({ args: [{ epochs: 2 }] }).outcome;
    const run = train.start({ args: [long] });
    await reaches(run, 1);
    const stopped = await run.stop('enough');
    await run.settled;
    const aborted = train.start({ args: [long] });
    await reaches(aborted, 1);
    const reason = { not: 'an error' };
    aborted.abort(reason);
    const outcome = await aborted.outcome;
    const same = [outcome.reason === reason, outcome.error === reason, await aborted.output.catch((e) => e === reason)];
    terminate();
    return {
      finished: [finished.status, finished.steps],
      stopped: [stopped.status, stopped.reason, stopped.steps > 0],
      aborted: [outcome.status, ...same],
    };
  },

  async 'pauses, steps and goes on'(open: Open) {
    const { worker, terminate } = open();
    const run = remote<Train>(worker).start({ args: [{ epochs: 4 }], paused: true });
    await run.pause();
    const at: unknown[] = [run.progress.loops.map(({ path, value, steps }) => [path, value, steps])];
    for (const n of [1, 2, 5]) {
      await run.step(n);
      at.push([run.progress.steps, run.progress.loops.at(-1)!.value]);
    }
    const wrong = await thrown(() => run.step(0.5));
    run.resume();
    const { status } = await run.outcome;
    const after = [run.progress.steps, run.progress.loops[0].value, run.waitingFor];
    await run.pause();
    await run.step();
    run.resume();
    run.abort('too late');
    terminate();
    return { at, wrong, status, after };
  },

  async 'is suspended and goes on'(open: Open) {
    const { worker, terminate } = open();
    const train = remote<Train>(worker, { name: 'saved' });
    const whole = (await train.start({ args: [{ epochs: 3, gives: 'numbers' }] }).output) as Float32Array;
    const run = train.start({ args: [{ epochs: 3, gives: 'numbers' }], id: 'digits' });
    await run.step(7);
    const checkpoint = await run.suspend('for lunch');
    const { status, reason, error } = await run.outcome;
    await run.settled;
    const { weights, when, names } = checkpoint.assets.model as ReturnType<Train['model']['stateDict']>;
    const kinds = [weights.constructor.name, when instanceof Date, names.get('bias') === 1n];
    const again = train.start({ args: [{ epochs: 3, gives: 'numbers' }], id: 'digits', from: 'newest' });
    const stored = [...((await again.output) as number[])];
    await again.settled;
    // What came through JSON as well, in a worker and here.
    const json = JSON.parse(JSON.stringify(checkpoint));
    const there = train.start({ args: [{ epochs: 3, gives: 'numbers' }], from: json });
    const ids = [run.id, again.id, there.id];
    const resumed = [...((await there.output) as number[])];
    const here = [
      ...((await new Train().start({ args: [{ epochs: 3, gives: 'numbers' }], from: json }).output) as number[]),
    ];
    terminate();
    const [first] = [[...whole]].map((one) => one.join());
    const same = [stored, resumed, here].map((one) => one.join() === first);
    return { steps: checkpoint.position.steps, status, reason, code: (error as LoopError).code, kinds, same, ids };
  },

  async 'begins anew where nothing is saved'(open: Open) {
    const { worker, terminate } = open();
    const train = remote<Train>(worker, { name: 'saved' });
    const one = await train.start({ args: [{ epochs: 1, gives: 'numbers' }], id: 'a', from: 'newest' }).outcome;
    // It has finished: it stays so, with the arguments that it had.
    const again = train.start({ args: [{ epochs: 1, gives: 'numbers' }], id: 'a', from: 'newest' });
    const two = await again.outcome;
    const other = await train.start({ args: [{ epochs: 2, gives: 'numbers' }], id: 'a', from: 'newest' }).outcome;
    const count = remote<Count>(worker, { name: 'count' });
    const storeless = await count.start({ id: 'a', from: 'newest' }).outcome;
    terminate();
    return [one.status, two.status, again.progress.steps, kept(other.error), kept(storeless.error)];
  },

  async 'gives checkpoints'(open: Open) {
    const { worker, terminate } = open();
    const run = remote<Train>(worker).start({ args: [{ epochs: 3, gives: 'numbers' }] });
    await run.step(3);
    const early = await run.checkpoint();
    run.resume();
    const output = (await run.output) as Float32Array;
    const late = await run.checkpoint();
    const { outcome } = new Train().start({ from: early });
    const here = (await outcome).output as number[];
    terminate();
    return [early.position.steps, late.phase.value, [...here].join() === [...output].join()];
  },

  async 'passes errors on'(open: Open) {
    const { worker, terminate } = open();
    const run = remote<Train>(worker).start({ args: [{ epochs: 3, fails: 2 }] });
    const { status, error, steps } = await run.outcome;
    const checkpoint = await thrown(() => run.checkpoint());
    const suspend = await thrown(() => run.suspend());
    terminate();
    const { weights, stack } = error as DivergedError;
    return {
      ...{ status, steps, error: kept(error), same: error instanceof DivergedError, weights, checkpoint, suspend },
      from: stack?.includes('advance'),
    };
  },

  async 'refuses what cannot cross'(open: Open) {
    const { worker, terminate } = open();
    const train = remote<Train>(worker);
    const args: any[] = [{ epochs: 1, gives: 'weights', call: () => {} }];
    const given = await thrown(() => train.start({ args: args as [Plan] }));
    const outcome = await train.start({ args: [{ epochs: 1, gives: 'a function' }] }).outcome;
    const date = await train.start({ args: [{ epochs: 1, gives: 'a date of its own' }] }).outcome;
    const options = await Promise.all([
      thrown(() => train.start({ args: [{ epochs: 1 }], store: {} } as any)),
      thrown(() => train.start({ args: [{ epochs: 1 }], inspect: () => {} } as any)),
      thrown(() => train.start({ args: [{ epochs: 1 }], every: 'now' } as any)),
      thrown(() => train.start({ args: [{ epochs: 1 }], from: 'newest' })),
      thrown(() => train.start({ args: [{ epochs: 1 }], from: 5 } as any)),
      thrown(() => remote<Train>({} as any)),
      thrown(() => remote<Train>(worker, { named: 'x' } as any)),
    ]);
    terminate();
    return { given, outcome: [outcome.status, kept(outcome.error)], date: kept(date.error), options };
  },

  async 'has one run of a loop at a time'(open: Open) {
    const { worker, terminate } = open();
    const train = remote<Train>(worker);
    const first = train.start({ args: [{ epochs: 3 }] });
    const second = train.start({ args: [{ epochs: 3 }] });
    const refused = await second.outcome;
    await second.settled;
    const { status } = await first.outcome;
    const third = train.start({ args: [long] });
    await reaches(third, 1);
    third.abort('over');
    // Its step is still in flight.
    const fourth = train.start({ args: [{ epochs: 1 }] });
    const ends = [(await third.outcome).status, (await fourth.outcome).status];
    terminate();
    return { refused: [refused.status, kept(refused.error)], status, ends };
  },

  async 'shares its way with others'(open: Open) {
    const { worker, terminate } = open();
    const said: unknown[] = [null, 1, 'start', {}, { loopchart: 'run' }, { loopchart: 'frame', text: '[]' }];
    const strangers = [
      ...said,
      ...[
        { say: 'start' },
        { say: 'start', run: 'a', options: null },
        { say: 'start', run: 'a', options: { id: 'a' } },
      ],
      ...[
        { say: 'call', run: 'b', call: 1, of: { ask: 'pause' } },
        { say: 'call', run: 'b' },
        { say: 'look', run: 'c' },
      ],
    ];
    const disturb = () => {
      for (const one of strangers) {
        const message = typeof one === 'object' && one && 'say' in one ? { loopchart: 'run', to: '', ...one } : one;
        worker.postMessage(message, []);
      }
    };
    disturb();
    const train = remote<Train>(worker).start({ args: [{ epochs: 3 }] });
    const [count, another] = [0, 1].map(() => remote<Count>(worker, { name: 'count' }));
    const many = remote<Count>(worker, { name: 'counts' });
    const runs = [count!.start(), many.start(), many.start(), many.start({ paused: true })] as const;
    disturb();
    await runs[3].pause();
    runs[3].resume();
    const ends = await Promise.all([train, ...runs].map(({ outcome }) => outcome));
    await runs[0].settled;
    const last = await another!.start().output;
    disturb();
    terminate();
    return [...ends.map(({ status }) => status), ends.slice(1).map(({ output }) => output), last];
  },

  async 'tells where it stands, and not each step'(open: Open) {
    const { worker, terminate } = open();
    let messages = 0;
    const count = (data: any) => {
      if (data.run !== undefined) messages++;
    };
    if ('on' in worker) worker.on('message', count);
    else worker.addEventListener('message', ({ data }) => count(data));
    const unasked = remote<Train>(worker).start({ args: [{ epochs: 2000, quick: true }] });
    await unasked.outcome;
    await unasked.settled;
    const quiet = messages;
    const run = remote<Train>(worker).start({ args: [{ epochs: 40 }] });
    const seen: number[] = [];
    let deepest = 0;
    for await (const { steps, loops } of run) {
      seen.push(steps);
      deepest = Math.max(deepest, loops.length);
    }
    const rises = seen.every((steps, i) => i === 0 || steps >= seen[i - 1]!);
    const failing = remote<Train>(worker).start({ args: [{ epochs: 3, fails: 2 }] });
    const failed = await thrown(async () => {
      for await (const _ of failing);
    });
    terminate();
    return { quiet, few: seen.length < 60, last: seen.at(-1), rises, deepest, failed };
  },

  async 'is shown in an inspector of the worker'(open: Open) {
    const { worker, terminate } = open();
    const channel = new BroadcastChannel('loopchart');
    const lines: any[] = [];
    channel.addEventListener('message', ({ data }: any) => {
      if (data.loopchart === 'here') channel.postMessage({ loopchart: 'open', page: 'a', run: data.run, since: 0 });
      if (data.loopchart !== 'frame' || data.page !== 'a') return;
      lines.push(...JSON.parse(data.text));
      channel.postMessage({ loopchart: 'taken', page: 'a', run: data.run, characters: data.text.length });
    });
    const count = remote<Count>(worker, { name: 'count' });
    const run = count.start({ inspect: true });
    await run.outcome;
    await run.settled;
    while (!lines.some(({ status }) => status === 'done')) await turn();
    const first = lines.find(({ type }) => type === 'event');
    const later = count.start();
    await later.step(2);
    await later.inspect();
    later.resume();
    await later.outcome;
    while (lines.filter(({ status }) => status === 'done').length < 2) await turn();
    channel.close();
    terminate();
    return [first.event.type, lines.some(({ id, late }) => id === 'count#2' && late === true)];
  },

  async 'ends when its worker is terminated'(open: Open) {
    const { worker, terminate } = open();
    const train = remote<Train>(worker);
    const run = train.start({ args: [{ epochs: 9, hangs: 2 }] });
    await run.step(7);
    run.resume();
    const [pause, checkpoint] = [run.pause().then(() => 'over'), thrown(() => run.checkpoint())];
    terminate();
    const { status, error, steps } = await run.outcome;
    await run.settled;
    const after = await train.start({ args: [long] }).outcome;
    return { status, error: kept(error), steps, pause: await pause, checkpoint: await checkpoint, after: after.status };
  },

  async 'was aborted, if that was asked for before its worker was terminated'(open: Open) {
    const { worker, terminate } = open();
    const run = remote<Train>(worker).start({ args: [{ epochs: 9, hangs: 2 }] });
    await run.step(7);
    run.resume();
    run.abort('does not answer');
    await turn();
    terminate();
    const { status, reason } = await run.outcome;
    return [status, reason];
  },

  async 'ends when its worker cannot be loaded'(open: Open) {
    const { worker } = open('broken');
    const { status, error } = await remote<Train>(worker).start({ args: [long] }).outcome;
    const { name, message, code } = error as LoopError;
    return [status, name, code, message.includes('could not be loaded') || message.includes('no such model')];
  },

  async 'waits for a worker that serves, and can be aborted before'(open: Open) {
    const { worker, terminate } = open('idle');
    const train = remote<Train>(worker);
    const run = train.start({ args: [long] });
    const step = run.step();
    const { waitingFor, progress } = run;
    await turn();
    run.abort('no more');
    const { status, reason } = await run.outcome;
    await run.settled;
    await step;
    const signal = AbortSignal.abort('before');
    const never = await train.start({ args: [long], signal }).outcome;
    const controller = new AbortController();
    const later = train.start({ args: [long], signal: controller.signal });
    controller.abort('meanwhile');
    const outcome = await later.outcome;
    const checkpoint = await thrown(() => later.checkpoint());
    terminate();
    return {
      waitingFor,
      loops: progress.loops,
      status,
      reason,
      never: never.reason,
      later: outcome.reason,
      checkpoint,
    };
  },

  async 'ends when the worker closes what serves it'(open: Open) {
    const { worker, terminate } = open('closes');
    const run = remote<Train>(worker).start({ args: [long] });
    const { status, error } = await run.outcome;
    await run.settled;
    terminate();
    return [status, kept(error)];
  },

  async 'ends when the way to it is closed here'(open: Open) {
    const { worker, terminate } = open();
    const train = remote<Train>(worker);
    const run = train.start({ args: [long] });
    await reaches(run, 1);
    train.close();
    const { status, error } = await run.outcome;
    const after = await train.start({ args: [long] }).outcome;
    // Another end finds the loop free, once the run is over.
    const again = await remote<Train>(worker).start({ args: [{ epochs: 1 }] }).outcome;
    terminate();
    return [status, error instanceof LoopError, kept(error), after.status, again.status];
  },

  async 'is given what it waits for'(open: Open) {
    const { worker, terminate } = open();
    const ask = remote<Ask>(worker, { name: 'ask' });
    const run = ask.start();
    while (!run.waitingFor.some((one) => one.includes('answer 0'))) await turn();
    const { waitingFor } = run;
    const refused = await thrown(() => run.give('answer 0', () => {}));
    await run.give('answer 0', { yes: true });
    // Before it is asked for.
    await run.give('answer 1', [2]);
    const output = await run.output;
    const late = await thrown(() => run.give('answer 2', 3));
    const actor = createActor(ask.logic, { input: {} }).start();
    actor.send({ type: 'loop.give', key: 'answer 0', value: 'a' });
    actor.send({ type: 'loop.give', key: 'answer 1', value: 'b' });
    const told = await toPromise(actor);
    terminate();
    return { waitingFor, refused, output, late, told };
  },

  async 'is an actor in a machine'(open: Open) {
    const { worker, terminate } = open();
    const train = remote<Train>(worker);
    const app = setup({
      actors: { train: train.logic },
      types: { context: {} as { how: unknown[]; epochs: number[] } },
    });
    const machine = app.createMachine({
      context: { how: [], epochs: [] },
      initial: 'training',
      on: {
        pause: { actions: sendTo('train', { type: 'loop.pause' }) },
        step: { actions: sendTo('train', { type: 'loop.step', n: 5 }) },
        stop: { actions: sendTo('train', { type: 'loop.stop', reason: 'enough' }) },
        leave: '.left',
        train: '.training',
      },
      states: {
        training: {
          invoke: {
            id: 'train',
            src: 'train',
            input: { args: [{ epochs: 1e6, gives: 'numbers' }] },
            onSnapshot: {
              actions: assign({
                epochs: ({ context, event }) => [...context.epochs, event.snapshot.context.progress.steps],
              }),
            },
            onDone: { target: 'trained', actions: assign({ how: ({ event }) => event.output as number[] }) },
            onError: { target: 'failed', actions: assign({ how: ({ event }) => [kept(event.error)] }) },
          },
        },
        trained: {},
        failed: {},
        left: {},
      },
    });
    const actor = createActor(machine).start();
    const first = actor.getSnapshot().children.train!;
    actor.send({ type: 'pause' });
    while (first.getSnapshot().context.progress.loops.at(-1)!.value !== 'paused') await turn();
    const at = first.getSnapshot().context.progress.steps;
    actor.send({ type: 'step' });
    while (first.getSnapshot().context.progress.steps < at + 5) await turn();
    actor.send({ type: 'leave' });
    actor.send({ type: 'train' });
    await turn();
    actor.send({ type: 'stop' });
    const { value, context } = await waitFor(actor, (snapshot) => snapshot.matches('trained'));
    const rises = context.epochs.length > 3;
    actor.send({ type: 'train' });
    const running = actor.getSnapshot().children.train!;
    while (running.getSnapshot().context.progress.steps === 0) await turn();
    running.send({ type: 'loop.abort', reason: new RangeError('too far') });
    const failed = await waitFor(actor, (snapshot) => snapshot.matches('failed'));
    actor.stop();
    // Alone, and begun again with what it was given, as an app that is restored does.
    const input = { args: [{ epochs: 2, gives: 'numbers' }] as [Plan] };
    const alone = createActor(train.logic, { input }).start();
    const snapshot = JSON.parse(JSON.stringify(alone.getPersistedSnapshot()));
    alone.stop();
    const again = createActor(train.logic, { snapshot, input }).start();
    const output = (await toPromise(again)) as number[];
    const { outcome } = again.getSnapshot().context;
    terminate();
    const isSame = output.join() === ((await new Train().run(...input.args)) as number[]).join();
    return { value, numbers: context.how.length, rises, failed: failed.context.how, isSame, status: outcome?.status };
  },
};
