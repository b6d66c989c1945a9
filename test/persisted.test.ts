import { Loop, type Stateful } from 'loopchart';
import { describe, expect, test } from 'vitest';
import { type AnyActorRef, createActor, fromTransition, setup, toPromise, waitFor } from 'xstate';
import { type Count, Family, Slow, turn } from './support/loops.ts';

class Model implements Stateful {
  w = 0;
  loss = Number.NaN;
  stateDict() {
    return { w: this.w, loss: this.loss };
  }
  loadStateDict(dict: { w: number; loss: number }) {
    Object.assign(this, dict);
  }
}

/** Trains a model, one unit a step, and says in each hook what it finds. */
class Trains extends Slow {
  model: Model = new Model();
  readonly found: string[] = [];
  override onRestart() {
    this.found.push(`onRestart ${this.model.w}`);
  }
  override async advance() {
    this.found.push(`advance ${this.model.w}`);
    await super.advance();
    this.model.w++;
  }
  override onRunEnd() {
    return this.model.w;
  }
}

/** Trains two models in an array, by way of a child loop, over and over. */
class Fit extends Loop<number[]> {
  override state: { n: number; loss: number } = { n: 0, loss: Number.NaN };
  models: Model[] = [new Model()];
  epoch: Trains = new Trains(2);
  get done() {
    return this.state.n >= 3;
  }
  reset() {
    this.state.n = 0;
  }
  async advance() {
    await this.epoch.run();
    this.models[0]!.w += 10;
    this.state.n++;
  }
  override onRunEnd() {
    return [this.models[0]!.w, this.epoch.model.w];
  }
}

const throughJson = (value: unknown) => JSON.parse(JSON.stringify(value));
const asItIs = (value: unknown) => value;

function thrownBy(call: () => unknown): any {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

/** The innermost running loop below an actor. */
function innermost(actor: AnyActorRef): AnyActorRef {
  const { children, context } = actor.getSnapshot();
  const name = context?.running?.[0] ?? Object.keys(children).find((id) => children[id].getSnapshot().context);
  return name === undefined ? actor : innermost(children[name]);
}

async function whenPaused(actor: AnyActorRef): Promise<void> {
  while (innermost(actor).getSnapshot().value !== 'paused') await turn();
}

/** Starts a loop and persists it, paused, behind so many steps of its innermost loop. */
async function pausedAfter(steps: number, machine: any, input: unknown[] = []): Promise<any> {
  const actor = createActor(machine, { input });
  actor.start();
  for (let i = 0; i < steps; i++) {
    actor.send({ type: 'loop.step' });
    await turn();
    await whenPaused(actor);
  }
  const snapshot = actor.getPersistedSnapshot();
  actor.stop();
  return snapshot;
}

async function resumed(machine: any, snapshot: any): Promise<unknown> {
  const actor = createActor(machine, { snapshot });
  const output = toPromise(actor);
  actor.start();
  actor.send({ type: 'loop.resume' });
  return await output;
}

describe('a snapshot of a loop with Stateful fields that is paused', () => {
  for (const [how, way] of Object.entries({ 'as it is': asItIs, 'through JSON': throughJson })) {
    test(`holds them, and puts them back before any hook runs, in new instances, ${how}`, async () => {
      for (let steps = 1; steps < 6; steps++) {
        const snapshot = way(await pausedAfter(steps, new Fit().machine));
        const fit = new Fit();
        expect(await resumed(fit.machine, snapshot)).toEqual([30, 6]);
        // Between two runs of the child, it is not the child that is restarting.
        expect(fit.epoch.found[0]).toBe(`${steps % 2 === 0 ? 'advance' : 'onRestart'} ${steps}`);
      }
    });
  }

  test('is not changed by the actors that go on from it, whose models are copies', async () => {
    const snapshot = await pausedAfter(3, new Fit().machine);
    const before = structuredClone(snapshot);
    for (let i = 0; i < 3; i++) expect(await resumed(new Fit().machine, snapshot)).toEqual([30, 6]);
    expect(snapshot).toEqual(before);
    expect(snapshot.assets).toEqual({
      'models.0': { w: 10, loss: Number.NaN },
      'epoch.model': { w: 3, loss: Number.NaN },
    });
  });

  test('keeps the numbers that JSON has no word for, in states and models', async () => {
    const snapshot = throughJson(await pausedAfter(1, new Fit().machine));
    const fit = new Fit();
    fit.models[0]!.loss = 1;
    fit.epoch.model.loss = 1;
    fit.state.loss = 1;
    await resumed(fit.machine, snapshot);
    expect([fit.models[0]!.loss, fit.epoch.model.loss, fit.state.loss]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  });

  test('persisted again holds the same: at once, started, paused once more, and after further steps', async () => {
    const first = throughJson(await pausedAfter(2, new Trains(5).machine));
    const trains = new Trains(5);
    const actor = createActor(trains.machine, { snapshot: first });
    expect(throughJson(actor.getPersistedSnapshot())).toEqual(first);
    actor.start();
    expect(throughJson(actor.getPersistedSnapshot())).toEqual(first);
    actor.send({ type: 'loop.pause' });
    expect(throughJson(actor.getPersistedSnapshot())).toEqual(first);
    actor.send({ type: 'loop.step' });
    await turn();
    await whenPaused(actor);
    const later = throughJson(actor.getPersistedSnapshot());
    actor.stop();
    expect(later.assets.model.w).toBe(3);
    expect(await resumed(new Trains(5).machine, first)).toBe(5);
    expect(await resumed(new Trains(5).machine, later)).toBe(5);
  });

  test('of a run that start() began, or that goes on from a checkpoint, is the same', async () => {
    const run = new Fit().start({ paused: true });
    await run.step(3);
    const snapshot = throughJson(run.actor.getPersistedSnapshot());
    expect(await resumed(new Fit().machine, snapshot)).toEqual([30, 6]);
    const from = await run.suspend();
    const again = new Fit().start({ from, paused: true });
    expect(throughJson(again.actor.getPersistedSnapshot()).assets).toEqual(snapshot.assets);
    again.resume();
    expect(await again.output).toEqual([30, 6]);
  });

  test('after provide(), which makes a new machine', async () => {
    const provided = (loop: Fit) => loop.machine.provide({}).provide({ guards: {} } as never);
    const snapshot = throughJson(await pausedAfter(3, provided(new Fit())));
    expect(await resumed(provided(new Fit()), snapshot)).toEqual([30, 6]);
  });

  test("in an app's machine, however deep", async () => {
    function app(fit: Fit) {
      const inner = setup({ actors: { fit: fit.machine } }).createMachine({
        initial: 'training',
        output: ({ event }) => (event as { output?: unknown }).output,
        states: {
          training: { invoke: { id: 'fit', src: 'fit', input: [], onDone: 'trained' } },
          trained: { type: 'final', output: ({ event }) => (event as { output?: unknown }).output },
        },
      });
      return setup({ actors: { inner } }).createMachine({
        initial: 'working',
        states: { working: { invoke: { id: 'inner', src: 'inner', onDone: 'ready' } }, ready: {} },
      });
    }
    const fitOf = (actor: AnyActorRef): AnyActorRef => actor.getSnapshot().children.inner.getSnapshot().children.fit;
    const actor = createActor(app(new Fit())).start();
    fitOf(actor).send({ type: 'loop.step', n: 2 });
    await turn();
    await whenPaused(fitOf(actor));
    const snapshot = throughJson(actor.getPersistedSnapshot());
    actor.stop();
    const fit = new Fit();
    const again = createActor(app(fit), { snapshot }).start();
    fitOf(again).send({ type: 'loop.resume' });
    await waitFor(again, ({ value }) => value === 'ready');
    expect([fit.models[0]!.w, fit.epoch.model.w]).toEqual([30, 6]);
  });
});

describe('a snapshot of a loop with Stateful fields that has not begun, or has finished', () => {
  test('holds them', async () => {
    const early = new Trains(3);
    early.model.w = 100;
    const snapshot = throughJson(createActor(early.machine, { input: [] }).getPersistedSnapshot());
    expect(await resumed(new Trains(3).machine, snapshot)).toBe(103);

    const actor = createActor(new Fit().machine, { input: [] });
    await toPromise(actor.start());
    const over = throughJson(actor.getPersistedSnapshot());
    const fit = new Fit();
    const again = createActor(fit.machine, { snapshot: over });
    expect(again.getSnapshot()).toMatchObject({ status: 'done', output: [30, 6] });
    expect([fit.models[0]!.w, fit.epoch.model.w, fit.state.n]).toEqual([30, 6, 3]);
    expect(throughJson(again.getPersistedSnapshot())).toEqual(over);
  });
});

describe('where Stateful fields cannot be taken as a whole, persisting is a LoopError that says what to do', () => {
  test('in the middle of a step or a hook, of a loop or of one below it', async () => {
    for (const [loop, path] of [
      [new Trains(3), 'trains is advancing'],
      [new Fit(), 'fit.epoch is advancing'],
    ] as const) {
      const actor = createActor(loop.machine as any, { input: [] });
      const output = toPromise(actor);
      actor.start();
      await turn();
      const error = thrownBy(() => actor.getPersistedSnapshot());
      expect(error).toMatchObject({ name: 'LoopError', code: 'NOT_PAUSED' });
      expect(error.message).toContain(path);
      expect(error.message).toContain('`loop.pause`');
      actor.send({ type: 'loop.pause' });
      await whenPaused(actor);
      expect((actor.getPersistedSnapshot() as any).assets).toBeDefined();
      actor.send({ type: 'loop.resume' });
      await output;
    }
  });

  test('at every moment: whole or an error, and the whole ones go on as if nothing had been', async () => {
    const actor = createActor(new Fit().machine, { input: [] });
    const output = toPromise(actor);
    const snapshots = new Set<string>();
    const codes = new Set<string>();
    const take = () => {
      try {
        snapshots.add(JSON.stringify(actor.getPersistedSnapshot()));
      } catch (error) {
        codes.add((error as { code: string }).code);
      }
    };
    actor.subscribe(take);
    actor.system.inspect(({ type }) => void (type === '@xstate.snapshot' && queueMicrotask(take)));
    actor.start();
    for (let i = 0; actor.getSnapshot().status === 'active'; i++) {
      actor.send(i % 3 === 0 ? { type: 'loop.step' } : { type: 'loop.pause' });
      await turn();
      take();
    }
    expect(await output).toEqual([30, 6]);
    expect([...codes]).toEqual(['NOT_PAUSED']);
    expect(snapshots.size).toBeGreaterThan(4);
    for (const json of snapshots) {
      const snapshot = JSON.parse(json);
      if (snapshot.status === 'active') expect(await resumed(new Fit().machine, snapshot)).toEqual([30, 6]);
    }
  });

  test('with another actor in the place of a child, which cannot be paused', async () => {
    const machine = new Fit().machine.provide({ actors: { epoch: fromTransition((state) => state, {}) as never } });
    const actor = createActor(machine, { input: [] });
    actor.subscribe({ error: () => {} });
    actor.start();
    await turn();
    expect(thrownBy(() => actor.getPersistedSnapshot()).message).toContain('fit.epoch is running');
    actor.send({ type: 'loop.abort', reason: 'enough' });
  });

  test('when the fields are those of another run by now', async () => {
    const trains = new Trains(2);
    const first = createActor(trains.machine, { input: [] });
    await toPromise(first.start());
    expect((first.getPersistedSnapshot() as any).assets.model.w).toBe(2);
    const second = createActor(trains.machine, { input: [] });
    const output = toPromise(second.start());
    expect(thrownBy(() => first.getPersistedSnapshot()).message).toContain('another actor of trains is running');
    await output;
    expect(thrownBy(() => first.getPersistedSnapshot()).message).toContain(
      'another actor of trains has run since then',
    );
    expect((second.getPersistedSnapshot() as any).assets.model.w).toBe(4);
  });

  test('what failed has nothing to go on from, and may be persisted as it is', async () => {
    class Fails extends Trains {
      override async advance() {
        await super.advance();
        throw new Error('lost');
      }
    }
    const actor = createActor(new Fails(2).machine, { input: [] });
    await expect(toPromise(actor.start())).rejects.toThrow('lost');
    expect(actor.getPersistedSnapshot()).toMatchObject({ status: 'error' });
  });
});

test('what a step in flight has got and is no plain data makes persisting an error, with or without models', async () => {
  class Gets extends Family {
    override first: Count = Object.assign(new Slow(2), { onRunEnd: () => new Map() as never });
  }
  const actor = createActor(new Gets().machine, { input: [] });
  const output = toPromise(actor);
  actor.start();
  while (actor.getSnapshot().context.running.length < 2) await turn();
  expect(thrownBy(() => actor.getPersistedSnapshot())).toMatchObject({ code: 'NOT_PLAIN_DATA', path: 'gets' });
  await output;
});

describe('a snapshot that does not fit is refused before any hook runs', () => {
  async function refused(loop: Trains | Fit, snapshot: unknown): Promise<any> {
    const actor = createActor(loop.machine as any, { snapshot: snapshot as any });
    const output = toPromise(actor);
    output.catch(() => {});
    actor.start();
    actor.send({ type: 'loop.resume' });
    return output.then(
      () => undefined,
      (error) => error,
    );
  }

  test('for it has no models, or others', async () => {
    const { assets, ...rest } = throughJson(await pausedAfter(2, new Fit().machine));
    const others = {
      'missing `models.0`, `epoch.model`; unknown nothing': undefined,
      'missing `models.0`; unknown nothing': { 'epoch.model': { w: 1 } },
      'missing nothing; unknown `models.1`': { ...assets, 'models.1': { w: 1 } },
    };
    for (const [message, given] of Object.entries(others)) {
      const fit = new Fit();
      const error = await refused(fit, { ...rest, ...(given === undefined ? {} : { assets: given }) });
      expect(error).toMatchObject({ code: 'CHECKPOINT_MISMATCH', path: 'fit' });
      expect(error.message).toContain(message);
      expect([fit.epoch.found, fit.running, fit.epoch.model.w]).toEqual([[], false, 0]);
    }
  });

  test('for it is that of a child alone', async () => {
    const snapshot = throughJson(await pausedAfter(1, new Fit().machine));
    const error = await refused(new Trains(2), snapshot.children.epoch.snapshot);
    expect(error).toMatchObject({ code: 'CHECKPOINT_MISMATCH' });
    expect(error.message).toContain('that of the child `epoch` alone');
  });
});

test('a snapshot of loops without Stateful fields has nothing that XState would not put there', async () => {
  const actor = createActor(new Family().machine, { input: [] });
  const output = toPromise(actor);
  actor.start();
  for (let i = 0; i < 4; i++) await turn();
  const keys = Object.keys(throughJson(actor.getPersistedSnapshot()));
  expect(keys.sort()).toEqual(['children', 'context', 'historyValue', 'status', 'value']);
  await output;
});

describe('a snapshot of loops that make their children from their state, in onLoadCheckpoint', () => {
  /** Makes its children when it is given how many, and perhaps others before. */
  class Folds extends Loop<number[], [k: number]> {
    override state: { k: number; scores: number[]; lowest: number } = { k: 0, scores: [], lowest: Number.NaN };
    folds: Loop<number>[] = [];
    readonly make: () => Loop<number>;
    constructor(make: () => Loop<number>, before = 0) {
      super();
      this.make = make;
      this.folds = Array.from({ length: before }, make);
    }
    get done() {
      return this.state.scores.length >= this.state.k;
    }
    reset(k: number) {
      this.onLoadCheckpoint({ k, scores: [], lowest: Number.NaN });
    }
    override onLoadCheckpoint(state: any) {
      this.state = state;
      this.folds = Array.from({ length: state.k }, this.make);
    }
    async advance() {
      this.state.scores.push(await this.folds[this.state.scores.length]!.run());
    }
    override onRunEnd() {
      return this.state.scores;
    }
  }

  /** Runs such a loop: what is made stands further down. */
  class Above extends Loop<number> {
    override state = { sum: 0 };
    folds: Folds = new Folds(() => new Trains(2));
    get done() {
      return this.state.sum > 0;
    }
    reset() {
      this.state.sum = 0;
    }
    async advance() {
      for (const score of await this.folds.run(3)) this.state.sum += score;
    }
    override onRunEnd() {
      return this.state.sum;
    }
  }

  const kinds: { [kind: string]: () => Loop<unknown, [k: number]> } = {
    'only there': () => new Folds(() => new Trains(2)),
    'in the constructor as well': () => new Folds(() => new Trains(2), 3),
    'that do the same': () => new Folds(() => new Above() as never, 1),
    'below another': () => new Above() as never,
  };
  for (const [kind, make] of Object.entries(kinds)) {
    test(`${kind} goes on as if nothing had been, persisted after each step, in new instances`, async () => {
      const expected = await make().run(3);
      let snapshot: any;
      let output: unknown;
      for (let steps = 0; output === undefined; steps++) {
        const actor = createActor(make().machine, snapshot === undefined ? { input: [3] } : ({ snapshot } as any));
        void toPromise(actor).then((came: any) => {
          output = came;
        });
        // As it was given, before it has begun.
        if (snapshot !== undefined) expect(throughJson(actor.getPersistedSnapshot())).toEqual(snapshot);
        actor.start();
        actor.send({ type: 'loop.step' });
        while (output === undefined && innermost(actor).getSnapshot().value !== 'paused') await turn();
        if (output !== undefined) break;
        snapshot = throughJson(actor.getPersistedSnapshot());
        actor.stop();
        expect(steps).toBeLessThan(100);
      }
      expect(output).toEqual(expected);
    });
  }

  test('also in an app’s machine, twice with the same instance, and with what provide() has put in a place', async () => {
    const snapshot = throughJson(await pausedOf(new Folds(() => new Trains(2))));
    const folds = new Folds(() => new Trains(2));
    createActor(folds.machine, { snapshot } as any);
    expect(await resumed(folds.machine, snapshot)).toEqual([2, 2, 2]);
    const other = new Folds(() => new Trains(2));
    expect(
      await resumed(other.machine.provide({ actors: { other: fromTransition((s) => s, {}) as never } }), snapshot),
    ).toEqual([2, 2, 2]);
  });

  const pausedOf = (loop: Folds) => pausedAfter(3, loop.machine, [3]);

  test('that are not made there are missed by name', async () => {
    const snapshot = throughJson(await pausedOf(new Folds(() => new Trains(2))));
    class Forgets extends Folds {
      override onLoadCheckpoint(state: any) {
        this.state = state;
        if (this.running) this.folds = Array.from({ length: state.k }, this.make);
      }
    }
    const actor = createActor(new Forgets(() => new Trains(2)).machine, { snapshot } as any);
    const lost = toPromise(actor);
    actor.start();
    await expect(lost).rejects.toMatchObject({ code: 'CHECKPOINT_MISMATCH', path: 'forgets' });
    await expect(lost).rejects.toThrow('Expected a child `folds.1`');
  });
});

test('a field that holds an object of a state of before is refused where an actor goes on from a snapshot, too', async () => {
  class Shares extends Fit {
    override epoch: Trains = Object.assign(new Trains(2), { of: this.state });
  }
  const snapshot = await pausedAfter(1, new Shares().machine);
  const actor = createActor(new Shares().machine, { snapshot });
  const output = toPromise(actor);
  actor.start();
  await expect(output).rejects.toMatchObject({ code: 'MISCONFIGURATION', path: 'shares.epoch' });
});
