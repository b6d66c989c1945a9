import { type Checkpoint, Loop, Progress } from 'loopchart';
import { describe, expect, test } from 'vitest';
import { createActor, toPromise } from 'xstate';
import { cutAt, keepingAll } from './support/cuts.ts';

/** Two steps, each of some work; the output is all that they found. */
abstract class Steps<Args extends unknown[] = []> extends Loop<string, Args> {
  override state: { n: number; rows: number[]; sum?: number } = { n: 0, rows: [] };
  get done() {
    return this.state.n >= 2;
  }
  reset(): void {
    this.state = { n: 0, rows: [] };
  }
  abstract work(...args: Args): void | Promise<void>;
  async advance(...args: Args) {
    await this.work(...args);
    this.state.n++;
  }
  override onRunEnd() {
    return JSON.stringify(this.state);
  }
}

/** Two steps, in each of which it does something to what it was given, or to a loop above it. */
class Child extends Loop<number, [list?: number[]]> {
  override state = { i: 0 };
  does: (list: number[], i: number) => void = (list, i) => void list.push(i);
  get done() {
    return this.state.i >= 2;
  }
  reset() {
    this.state.i = 0;
  }
  async advance(list: number[] = []) {
    this.does(list, this.state.i);
    this.state.i++;
    await this.once('x', () => 1);
  }
  override onRunEnd() {
    return 7;
  }
}

abstract class Parent extends Steps {
  readonly child: Child = new Child();
}

/** Goes on from a checkpoint. What is refused at once is told as an outcome is. @param again given one that it takes itself at once */
async function goneOn(make: () => Loop<any, any>, text: string, options: object, again: (text: string) => void) {
  try {
    const run = make().start({ from: JSON.parse(text) as Checkpoint, ...options });
    run.checkpoint().then(
      (checkpoint) => again(JSON.stringify(checkpoint)),
      () => {},
    );
    return await run.outcome;
  } catch (error) {
    return { output: undefined, error };
  }
}

/**
 * A run, those that go on from each of its checkpoints, and those that go on from one that these have taken before their step
 * had come to where it was: side by side, for what differs is waited for a while.
 */
async function resumedAll(make: () => Loop<any, any>, args?: () => unknown[]) {
  const store = keepingAll();
  const whole = await make().start({ store, every: 'step', durability: 'sync', ...(args && { args: args() }) }).outcome;
  const resumed = store.kept.map(async (text, i) => {
    const again: string[] = [];
    const first = await goneOn(make, text, i % 2 === 0 ? {} : { inspect: () => {} }, (one) => again.push(one));
    return [first, ...(await Promise.all(again.map((one) => goneOn(make, one, {}, () => {}))))];
  });
  return { whole, texts: store.kept, resumed: (await Promise.all(resumed)).flat() };
}

/** How the runs end that go on from each checkpoint: whether exactly, or by which error. None in any other way. */
async function endings(make: () => Loop<any, any>, args?: () => unknown[]): Promise<Set<string>> {
  const { whole, resumed } = await resumedAll(make, args);
  expect(whole.status).toBe('finished');
  expect(resumed.length).toBeGreaterThan(2);
  return new Set(
    resumed.map(({ output, error }) => {
      if (error !== undefined) return (error as { code: string }).code;
      expect(output).toEqual(whole.output);
      return 'exact';
    }),
  );
}

const exact = new Set(['exact']);
const refused = new Set(['exact', 'RESUME_MISMATCH']);

describe('what something else than the step’s own code has changed is not done again, and the run is refused', () => {
  test('in the state, by the function of a `once`', async () => {
    class ByOnce extends Steps {
      async work() {
        await this.once('a', () => void this.state.rows.push(1));
        await this.once('b', async () => {
          await null;
          this.state.sum = (this.state.sum ?? 0) + 1;
        });
      }
    }
    expect(await endings(() => new ByOnce())).toEqual(refused);
  });

  test('in the state, by a child that has a part of it, ended or in its middle', async () => {
    class Lends extends Parent {
      async work() {
        await this.child.run(this.state.rows);
        await this.once('after', () => 1);
      }
    }
    expect(await endings(() => new Lends())).toEqual(refused);
  });

  test('in a state of many keys, by the function of a `once`', async () => {
    class Table extends Steps {
      override state: { n: number; rows: number[]; [row: `row ${number}`]: number } = { n: 0, rows: [] };
      async work() {
        for (let i = 0; i < 100; i++) this.state[`row ${i}`] = i;
        await this.once('last', () => {
          if (this.state.n === 0) this.state['row 100'] = 100;
        });
        await this.once('after', () => 1);
      }
    }
    expect(await endings(() => new Table())).toEqual(refused);
    class Own extends Table {
      override async work() {
        for (let i = 0; i < 101; i++) this.state[`row ${i}`] = i;
        await this.once('after', () => 1);
      }
    }
    expect(await endings(() => new Own())).toEqual(exact);
  });

  test('in the state, by a child that reaches it some other way', async () => {
    class Reached extends Parent {
      async work() {
        this.child.does = () => {
          this.state.sum = (this.state.sum ?? 0) + 1;
        };
        await this.child.run();
      }
    }
    expect(await endings(() => new Reached())).toEqual(refused);
  });

  test('in the arguments of a child, though the state has not seen it yet', async () => {
    class Collects extends Parent {
      async work() {
        const found: number[] = [];
        await this.child.run(found);
        await this.once('after', () => 1);
        this.state.rows.push(...found);
      }
    }
    expect(await endings(() => new Collects())).toEqual(refused);
  });

  test('in counters, by the function of a `once` and by a child', async () => {
    class Counts extends Parent {
      readonly batches = new Progress();
      async work() {
        this.child.does = () => this.batches.incrementCompleted();
        await this.child.run();
        await this.once('after', () => 1);
      }
      override onRunEnd() {
        return `${this.batches.total.completed}`;
      }
    }
    class ByOnce extends Counts {
      override async work() {
        await this.once('count', () => this.batches.incrementCompleted());
        await this.once('after', () => 1);
      }
    }
    expect(await endings(() => new Counts())).toEqual(refused);
    expect(await endings(() => new ByOnce())).toEqual(refused);
  });

  test('in the state of a child that does not run, by another child and by the function of a `once`', async () => {
    class Buffer extends Child {
      override state: { i: number; rows: number[] } = { i: 0, rows: [] };
    }
    class Collects extends Parent {
      readonly buffer = new Buffer();
      async work() {
        this.child.does = () => void this.buffer.state.rows.push(1);
        await this.child.run();
        await this.once('after', () => 1);
        this.state.rows.push(this.buffer.state.rows.length);
      }
    }
    class ByOnce extends Collects {
      override async work() {
        await this.buffer.run();
        await this.once('collect', () => void this.buffer.state.rows.push(1));
        await this.once('after', () => 1);
        this.state.rows.push(this.buffer.state.rows.length);
      }
    }
    expect(await endings(() => new Collects())).toEqual(refused);
    expect(await endings(() => new ByOnce())).toEqual(refused);
  });

  test('in the state, by time: also where it had not changed anything by then', async () => {
    let isLate = false;
    class Late extends Parent {
      async work() {
        this.child.does = () => {};
        if (isLate) this.state.sum = 1;
        await this.child.run();
      }
    }
    const from = await cutAt(new Late(), 'late.child', 1);
    isLate = true;
    const { error } = await new Late().start({ from }).outcome;
    expect(error).toMatchObject({ code: 'RESUME_MISMATCH', message: expect.stringContaining('`state.sum` is not as') });

    class LateForOnce extends Late {
      override async work() {
        await this.once('before', () => 1);
        if (isLate) this.state.sum = 1;
        // A step that handles any error is refused all the same.
        await this.once('after', () => 1).catch(() => {});
      }
    }
    isLate = false;
    const { texts } = await resumedAll(() => new LateForOnce());
    isLate = true;
    const codes = await Promise.all(
      texts.slice(2, 6).map(async (text) => {
        const { error } = await new LateForOnce().start({ from: JSON.parse(text) as Checkpoint }).outcome;
        return (error as { code: string } | undefined)?.code;
      }),
    );
    expect(codes).toContain('RESUME_MISMATCH');
  });

  test('in the arguments of the run', async () => {
    class UsesUp extends Steps<[number[]]> {
      async work(list: number[]) {
        this.state.rows.push(list.shift()!);
        await this.once('after', () => 1);
      }
    }
    expect(
      await endings(
        () => new UsesUp(),
        () => [[1, 2, 3]],
      ),
    ).toEqual(refused);
  });

  test('by an actor that goes on from a persisted snapshot', async () => {
    class Lends extends Parent {
      async work() {
        await this.child.run(this.state.rows);
      }
    }
    const actor = createActor(new Lends().machine).start();
    actor.send({ type: 'loop.step', n: 1 });
    const isPaused = () => (actor.getSnapshot().children as any).child?.getSnapshot().value === 'paused';
    while (!isPaused()) await new Promise((resolve) => setImmediate(resolve));
    const snapshot = JSON.parse(JSON.stringify(actor.getPersistedSnapshot()));
    actor.stop();
    const later = createActor(new Lends().machine, { snapshot }).start();
    const again = JSON.parse(JSON.stringify(later.getPersistedSnapshot()));
    later.send({ type: 'loop.resume' });
    await expect(toPromise(later)).rejects.toMatchObject({ code: 'RESUME_MISMATCH' });
    // Persisted once more before its step had come to where it was.
    const last = createActor(new Lends().machine, { snapshot: again }).start();
    last.send({ type: 'loop.resume' });
    await expect(toPromise(last)).rejects.toMatchObject({ code: 'RESUME_MISMATCH' });
  });
});

test('the error names the loop, the key or the child, and says what to do', async () => {
  class ByOnce extends Steps {
    async work() {
      await this.once('a', () => void this.state.rows.push(1));
    }
  }
  class UsesUp extends Steps<[number[]]> {
    async work(list: number[]) {
      this.state.rows.push(list.shift()!);
      await this.once('after', () => 1);
    }
  }
  class Lends extends Parent {
    async work() {
      await this.child.run([1]);
    }
  }
  const messages = async (make: () => Loop<any, any>, args?: unknown[]) => {
    const { resumed } = await resumedAll(make, args && (() => args));
    return resumed.flatMap(({ error }) => (error === undefined ? [] : [(error as Error).message]));
  };
  const todo = (waited = '') =>
    'What the function of a `once`, or a child, changes is not changed again: let it return that, as in `this.state.rows = await this.once(…)`. ' +
    waited +
    'Times and random numbers belong into `once`. ' +
    'To go on with what it is now, all the same: start({ from, migrate: (checkpoint) => checkpoint }).';
  expect(await messages(() => new ByOnce())).toContain(
    `byOnce: The step in flight was run again, and \`state.rows\` is not as when the checkpoint was taken. ${todo()}`,
  );
  expect(await messages(() => new Lends())).toContain(
    `lends: The step in flight was run again, and the arguments of \`child\` are not as when the checkpoint was taken. ${todo('It was waited for a second: what takes its own code longer belongs into `once`, which is not called again. ')}`,
  );
  expect(await messages(() => new UsesUp(), [[1, 2, 3]])).toContain(
    'usesUp: The arguments of the run had been changed when the checkpoint was taken, and are as they were before it. ' +
      'Leave arguments as they are, and keep in `state` how far the loop has come: items[this.state.next++].',
  );
});

describe('what the step’s own code does is done again, and the run goes on', () => {
  test('with what `once` and children return', async () => {
    class Returned extends Parent {
      async work() {
        this.child.does = () => {};
        this.state.rows.push(await this.once('a', () => 1));
        this.state.sum = (this.state.sum ?? 0) + (await this.child.run([1]));
        this.state.rows.push(await this.once('b', () => 2));
      }
    }
    expect(await endings(() => new Returned())).toEqual(exact);
  });

  test('with counters, and with what children begin with', async () => {
    class Lends extends Child {
      override state = { i: 0, rate: 0, sum: 0 };
      override reset() {
        this.state.i = 0;
      }
      override async advance() {
        this.state.sum += this.state.rate;
        await super.advance();
      }
    }
    class Writes extends Steps {
      readonly steps = new Progress();
      readonly lends = new Lends();
      async work() {
        this.steps.incrementReady();
        this.lends.state.rate += 1;
        await this.lends.run();
        this.lends.state.rate *= 10;
        await this.once('between', () => 1);
        await this.lends.run();
        this.state.rows.push(this.lends.state.sum);
        this.steps.incrementCompleted();
      }
      override onRunEnd() {
        return JSON.stringify([this.state, this.steps.stateDict(), this.lends.state]);
      }
    }
    expect(await endings(() => new Writes())).toEqual(exact);
  });

  test('with counters that two loops have, whichever of them counts', async () => {
    class Counts extends Child {
      readonly batches: Progress;
      constructor(batches: Progress) {
        super();
        this.batches = batches;
        this.does = () => batches.incrementReady();
      }
    }
    class Shares extends Steps {
      readonly batches = new Progress();
      readonly children: Counts[] = [new Counts(this.batches), new Counts(this.batches)];
      async work() {
        for (const child of this.children) await child.run();
        this.batches.incrementCompleted();
        await this.once('after', () => 1);
      }
      override onRunEnd() {
        return JSON.stringify(this.batches.stateDict());
      }
    }
    expect(await endings(() => new Shares())).toEqual(exact);
  });

  test('while others are under way', async () => {
    class Beside extends Parent {
      async work() {
        this.child.does = () => {};
        const run = this.child.run([1]);
        this.state.rows.push(9);
        const pushed = ['a', 'b', 'c'].map(async (key, i) => {
          this.state.rows.push(await this.once(key, () => i));
        });
        await Promise.all([run, ...pushed]);
      }
    }
    expect(await endings(() => new Beside())).toEqual(exact);
  });

  test('also in what a child was given', async () => {
    class Shared extends Parent {
      async work() {
        this.child.does = () => {};
        const list = [1];
        const run = this.child.run(list);
        list.push(2);
        await run;
        this.state.rows.push(list.length);
      }
    }
    expect(await endings(() => new Shared())).toEqual(exact);
  });

  test('after a while, where it waits for something of its own', async () => {
    class Waits extends Parent {
      async work() {
        this.child.does = () => {};
        const run = this.child.run([1]);
        await new Promise((resolve) => setTimeout(resolve, 5));
        this.state.rows.push(9);
        await Promise.all([run, this.once('after', () => 1)]);
      }
    }
    expect(await endings(() => new Waits())).toEqual(exact);
  });
});

test('a step that asks for less than before, and whose state is what it was, is refused at once', async () => {
  let asksForBoth = true;
  class Asks extends Parent {
    readonly other: Child = new Child();
    async work() {
      this.child.does = () => {};
      this.other.does = () => {};
      this.state.rows.push(1);
      await Promise.all([this.child.run(), ...(asksForBoth ? [this.other.run()] : [])]);
    }
  }
  const from = await cutAt(new Asks(), 'asks.other', 1);
  expect(from.phase.context.inFlight).toMatchObject({ changed: { rows: expect.any(String) } });
  asksForBoth = false;
  const { error } = await new Asks().start({ from }).outcome;
  expect(error).toMatchObject({ code: 'RESUME_MISMATCH', message: expect.stringContaining('a run of `other`') });
});

test('what the step waits for itself may be over sooner than it was then', async () => {
  class Waits extends Parent {
    async work() {
      this.child.does = () => {};
      const run = this.child.run([1]);
      await null;
      await null;
      this.state.rows.push(9);
      this.state.sum = 1;
      await run;
    }
  }
  const from = await cutAt(new Waits(), 'waits.child', 1);
  const noted = from.phase.context.inFlight as unknown as { changed: { [key: string]: string } };
  expect(Object.keys(noted.changed)).toEqual(['rows', 'sum']);
  for (const keys of [[], ['rows'], ['sum']]) {
    // As it is where it had waited for longer.
    const changed = Object.fromEntries(keys.map((key) => [key, noted.changed[key]!]));
    const context = { ...from.phase.context, inFlight: { ...noted, changed } } as Checkpoint['phase']['context'];
    const { encoded: _, seal: __, ...early } = { ...from, phase: { ...from.phase, context } } as any;
    expect(await new Waits().start({ from: early }).outcome).toMatchObject({ status: 'finished' });
  }
});

describe('models', () => {
  class Model {
    w = 0;
    stateDict() {
      return { w: this.w };
    }
    loadStateDict({ w }: { w: number }) {
      this.w = w;
    }
  }

  class Trains extends Steps {
    model: Model = new Model();
    override async work() {
      await this.once('before', () => 1);
      this.model.w += 10;
      await this.once('after', () => 1);
    }
    override onRunEnd() {
      return `${this.model.w}`;
    }
  }

  class AroundChild extends Trains {
    child: Child = new Child();
    how: (train: () => void) => unknown = (train) => this.once('train', train);
    override async work() {
      this.child.does = () => {};
      await this.how(() => {
        this.model.w += 10;
      });
      await this.child.run([1]);
    }
  }

  test('that a step without children changes are changed again; not by the function of a `once`', async () => {
    expect(await endings(() => new Trains())).toEqual(exact);
    class ByOnce extends Trains {
      override async work() {
        await this.once('train', () => void this.model.w++);
        await this.once('after', () => 1);
      }
    }
    expect(await endings(() => new ByOnce())).toEqual(refused);
  });

  test('are told by an error that says who may change them', async () => {
    class Twice extends AroundChild {
      override how = (train: () => void) => train();
    }
    const { resumed } = await resumedAll(() => new Twice());
    const { message } = resumed.flatMap(({ error }) => (error as Error) ?? [])[0]!;
    expect(message).toContain(
      'and the model `model` is not as when the checkpoint was taken. Where a loop has children',
    );
    expect(message).toContain(
      "let a child do that, or a `once`, as in `await this.once('reset', () => this.metric.reset())`",
    );
    expect(message).not.toContain('let it return that');
  });

  test('that a parent’s step changes would be changed twice; not in a `once`, nor by its child', async () => {
    expect(await endings(() => new AroundChild())).toEqual(exact);
    class Twice extends AroundChild {
      override how = (train: () => void) => train();
    }
    expect(await endings(() => new Twice())).toEqual(refused);
    class ByChild extends AroundChild {
      override how = (train: () => void) => {
        this.child.does = train;
      };
    }
    expect(await endings(() => new ByChild())).toEqual(exact);
  });

  test('that a parent’s step puts in the place of others: not another one each time', async () => {
    class Grows extends AroundChild {
      override how = () => {
        const { w } = this.model;
        this.model = new Model();
        this.model.w = w + 1;
      };
    }
    class Swaps extends AroundChild {
      readonly models: Model[] = [new Model(), new Model()];
      override how = () => {
        this.models.reverse();
        this.models[0]!.w += 1;
      };
      override onRunEnd() {
        return JSON.stringify(this.models);
      }
    }
    class Anew extends AroundChild {
      override how = () => {
        this.model = new Model();
      };
    }
    expect(await endings(() => new Grows())).toEqual(refused);
    expect(await endings(() => new Swaps())).toEqual(refused);
    expect(await endings(() => new Anew())).toEqual(exact);
    class Folds extends Anew {
      override async work() {
        this.how();
        this.child.does = () => void this.model.w++;
        await this.child.run();
      }
    }
    expect(await endings(() => new Folds())).toEqual(refused);
  });

  test('that the step of a loop between changes, of one above it; where nothing else goes on beside that', async () => {
    class Epoch extends Loop<number> {
      override state = { i: 0 };
      readonly child: Child = new Child();
      change: () => void = () => {};
      get done() {
        return this.state.i >= 2;
      }
      reset() {
        this.state.i = 0;
      }
      async advance() {
        this.change();
        this.child.does = () => {};
        await this.child.run();
        this.state.i++;
      }
      override onRunEnd() {
        return 1;
      }
    }
    class Fit extends Trains {
      readonly epochs: Epoch[] = [new Epoch(), new Epoch()];
      override async work() {
        this.epochs[0]!.change = () => {
          this.model.w++;
        };
        await this.epochs[0]!.run();
      }
    }
    class Beside extends Fit {
      override async work() {
        for (const epoch of this.epochs) epoch.child.does = () => void this.model.w++;
        await Promise.all(this.epochs.map((epoch) => epoch.run()));
      }
    }
    expect(await endings(() => new Fit())).toEqual(refused);
    expect(await endings(() => new Beside())).toEqual(exact);
  });
});

describe('an object of a state that somebody else holds', () => {
  class Batches extends Child {
    shared: object | null = null;
  }
  class Fit extends Parent {
    override readonly child: Batches = new Batches();
    rows: number[] = this.state.rows;
    async work() {
      this.state.rows = [...this.state.rows, 1];
      await this.child.run([1]);
    }
  }
  const saved = async (make: () => Fit) => {
    const whole = await cutAt(make(), 'fit', 1);
    return { from: whole };
  };
  const refusal = (make: () => Fit, from: Checkpoint): string => {
    try {
      make().start({ from });
    } catch (error) {
      expect(error).toMatchObject({ code: 'MISCONFIGURATION' });
      return (error as Error).message;
    }
    return 'none';
  };

  test('is refused where the run goes on, with the name of the field', async () => {
    const { from } = await saved(() => new Fit());
    expect(refusal(() => new Fit(), from)).toContain(
      'fit: Expected `rows` not to hold a part of a state, got `state.rows` of fit as it was before it was loaded',
    );
    const sharing = () => {
      const fit = new Fit();
      fit.rows = [];
      fit.child.shared = { of: [fit.state] };
      return fit;
    };
    expect(refusal(sharing, from)).toContain('fit.child: Expected `shared.of[0]` not to hold a part of a state');
  });

  test('but not a template, a constant that is the same, or one that onLoadCheckpoint sets', async () => {
    class Again extends Fit {
      override onLoadCheckpoint(state: any) {
        this.state = state;
        this.rows = state.rows;
      }
    }
    const { from } = await saved(() => new Fit());
    await expect(new Again().start({ from }).output).resolves.toBeDefined();
    class Constant extends Fit {
      readonly sizes: number[] = [1, 2];
      override state: any = { n: 0, rows: [], sizes: this.sizes };
      readonly template: object = this.state;
      override rows = [];
      override reset() {}
    }
    const constant = await cutAt(new Constant(), 'constant', 1);
    await expect(new Constant().start({ from: constant }).output).resolves.toBeDefined();
  });
});

test('a checkpoint that somebody changes on purpose goes on with what it was changed to', async () => {
  class Own extends Parent {
    async work() {
      this.child.does = () => {};
      this.state.sum = (this.state.sum ?? 0) + 1;
      await this.child.run([1]);
    }
  }
  const from = await cutAt(new Own(), 'own.child', 1);
  expect(from.phase.context.inFlight).toMatchObject({ changed: { sum: expect.any(String) } });
  const migrate = (before: Checkpoint): Checkpoint => {
    const stateDict = { ...before.stateDict, state_dict: { n: 0, rows: [], sum: 40 } };
    return { ...before, stateDict };
  };
  expect(JSON.parse(await new Own().start({ from, migrate }).output)).toMatchObject({ sum: 42 });
});

test('a run that is refused for a time in its state can go on with another one all the same, if somebody says so', async () => {
  let now = 1;
  class Stamps extends Parent {
    async work() {
      this.child.does = () => {};
      this.state.sum = now++;
      await this.child.run([1]);
    }
  }
  const from = await cutAt(new Stamps(), 'stamps.child', 1);
  await expect(new Stamps().start({ from }).output).rejects.toThrow(
    '`state.sum` is not as when the checkpoint was taken',
  );
  const output = await new Stamps().start({ from, migrate: (checkpoint) => checkpoint }).output;
  expect(JSON.parse(output)).toEqual({ n: 2, rows: [], sum: now - 1 });
});

test('a step that does not ask again for a `once` is refused, also in a loop without children', async () => {
  let asks = true;
  class Forgets extends Steps {
    async work() {
      if (asks) await this.once('charge', () => 1);
      await this.once('note', () => 2);
    }
  }
  const store: string[] = [];
  const { texts } = await resumedAll(() => new Forgets());
  store.push(...texts);
  asks = false;
  const ends = [];
  for (const text of store) ends.push(await new Forgets().start({ from: JSON.parse(text) }).outcome);
  expect(ends.some(({ error }) => (error as any)?.code === 'RESUME_MISMATCH')).toBe(true);
  for (const [i, { status }] of ends.entries()) {
    const { inFlight } = (JSON.parse(store[i]!) as Checkpoint).phase.context;
    expect(status).toBe(inFlight === null ? 'finished' : 'failed');
  }
});
