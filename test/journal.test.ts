import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Checkpoint, Loop, type LoopError, memoryStore } from 'loopchart';
import { fileStore } from 'loopchart/node';
import { describe, expect, test } from 'vitest';
import { cutAt, fromEveryCut, keepingAll } from './support/cuts.ts';

const turns = async (count: number) => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
};

/** Takes so many steps, each of some turns of the event loop, and answers what it was asked. */
class Worker extends Loop<string, [task?: unknown]> {
  override state = { n: 0 };
  readonly name: string;
  readonly steps: number;
  readonly turns: number;
  constructor(name: string, steps = 1, turns = 1) {
    super();
    this.name = name;
    this.steps = steps;
    this.turns = turns;
  }
  get done() {
    return this.state.n >= this.steps;
  }
  reset() {
    this.state.n = 0;
  }
  async advance() {
    await turns(this.turns);
    this.state.n++;
  }
  override onRunEnd(task?: unknown) {
    return task === undefined ? this.name : `${this.name} ${JSON.stringify(task)}`;
  }
}

/** One step, written as a function; what that returns is the output. */
abstract class Step extends Loop<unknown> {
  override state: { got: unknown } = { got: null };
  get done() {
    return this.state.got !== null;
  }
  reset() {
    this.state.got = null;
  }
  abstract work(): Promise<unknown>;
  async advance() {
    this.state.got = await this.work();
  }
  override onRunEnd() {
    return this.state.got;
  }
}

/** A loop around another. */
class Around extends Step {
  readonly inner: Step;
  constructor(inner: Step) {
    super();
    this.inner = inner;
  }
  async work() {
    return this.inner.run();
  }
}

describe('a step that is run again is given what it had got, in the order in which it had got it', () => {
  class Notes extends Step {
    workers = [new Worker('slow', 24), new Worker('quick', 1), new Worker('middle', 9)];
    last = new Worker('last', 4);
    async work() {
      const order: string[] = [];
      await Promise.all(this.workers.map(async (worker) => order.push(await worker.run())));
      return [...order, await this.last.run()];
    }
  }
  class Races extends Step {
    slow = new Worker('slow', 24);
    quick = new Worker('quick', 1, 1);
    last = new Worker('last', 4);
    async work() {
      const [slow, quick] = [this.slow.run(), this.quick.run()];
      const first = await Promise.any([slow, quick]);
      const all = await Promise.allSettled([slow, quick]);
      return [first, await this.last.run(), all.map(({ status }) => status)];
    }
  }
  class Pool extends Step {
    workers = [new Worker('a', 1, 6), new Worker('b', 2, 1), new Worker('c', 1, 2)];
    async work() {
      const queue = [1, 2, 3, 4, 5, 6, 7, 8, 9];
      const wrong: string[] = [];
      const answer = async (worker: Worker) => {
        for (let task = queue.shift(); task !== undefined; task = queue.shift()) {
          const came = await worker.run(task);
          if (came !== `${worker.name} ${task}`) wrong.push(`${task}: ${came}`);
        }
      };
      await Promise.all(this.workers.map(answer));
      return wrong;
    }
  }
  class OnceRaces extends Step {
    last = new Worker('last', 4);
    async work() {
      const ask = (name: string, wait: number) => this.once(name, () => turns(wait).then(() => name));
      const [slow, quick] = [ask('slow', 12), ask('quick', 1)];
      const first = await Promise.race([slow, quick]);
      return [first, await slow, await this.last.run()];
    }
  }
  class Sync extends Loop<string> {
    override state = { n: 0 };
    readonly name: string;
    constructor(name: string) {
      super();
      this.name = name;
    }
    get done() {
      return this.state.n > 0;
    }
    reset() {
      this.state.n = 0;
    }
    advance() {
      this.state.n++;
    }
    override onRunEnd() {
      return this.name;
    }
  }
  /** Two that end in the same moment, and code that takes longer to come back for one than for the other. */
  class SameMoment extends Step {
    pair = [new Sync('a'), new Sync('b')];
    last = new Worker('last', 4);
    async work() {
      const order: string[] = [];
      const react = async (worker: Sync, later: number) => {
        for (let i = 0; i < 4; i++) {
          const name = await worker.run();
          for (let k = 0; k < later; k++) await null;
          order.push(name);
        }
      };
      await Promise.all([react(this.pair[0]!, 7), react(this.pair[1]!, 0)]);
      return [order.join(''), await this.last.run()];
    }
  }

  test('two that end in the same moment, as far as the step had got them', async () => {
    const { texts, resumed } = await fromEveryCut(() => new Around(new SameMoment()));
    expect(resumed.length).toBeGreaterThan(3);
    for (const [i, { status, output }] of resumed.entries()) {
      const { phase } = JSON.parse(texts[i]!) as { phase: Checkpoint['phase'] };
      const inFlight = phase.children.inner?.context.inFlight as { got: { run: string; output: string }[][] } | null;
      const got = (inFlight?.got.flat() ?? []).filter(({ run }) => run !== 'last');
      expect([i, status, output]).toEqual([i, 'finished', [expect.stringMatching(/^[ab]{8}$/), 'last']]);
      expect((output as [string])[0].startsWith(got.map((one) => one.output).join(''))).toBe(true);
    }
  });

  for (const Kind of [Notes, Races, Pool, OnceRaces]) {
    for (const [where, make] of [
      ['the outermost loop', () => new Kind()],
      ['a loop two levels down', () => new Around(new Around(new Kind()))],
    ] as const) {
      test(`${Kind.name} in ${where}`, async () => {
        const { whole, resumed } = await fromEveryCut(make);
        expect(whole.status).toBe('finished');
        expect(resumed.length).toBeGreaterThan(3);
        for (const [i, outcome] of resumed.entries()) expect([i, outcome]).toEqual([i, { ...whole, steps: 1 }]);
      });
    }
  }

  test('through a store of files', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'loopchart-journal-'));
    try {
      const run = new Notes().start({ store: fileStore(folder), id: 'notes', every: 'step' });
      for await (const { loops } of run) if (loops.some(({ path }) => path.endsWith('.last'))) break;
      await run.suspend();
      const from = (await fileStore(folder).load('notes'))!;
      expect(await new Notes().start({ from }).output).toEqual(['quick', 'middle', 'slow', 'last']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('a step that asks for something else is an error that names it', () => {
  async function mismatch(make: (again: boolean) => Step): Promise<LoopError> {
    const from = await cutAt(make(false), 'two.b', 2);
    const { status, error } = await make(true).start({ from }).outcome;
    expect([status, (error as LoopError)?.code]).toEqual(['failed', 'RESUME_MISMATCH']);
    // The checkpoint is good: the step as it was comes to its end.
    expect(await make(false).start({ from }).outcome).toMatchObject({ status: 'finished' });
    return error as LoopError;
  }
  class Two extends Step {
    a = new Worker('a');
    b = new Worker('b', 6);
    readonly plan: (step: Two) => Promise<unknown>;
    constructor(plan: (step: Two) => Promise<unknown>) {
      super();
      this.plan = plan;
    }
    work() {
      return this.plan(this);
    }
  }
  const plans: [
    string,
    first: (step: Two) => Promise<unknown>,
    again: (step: Two) => Promise<unknown>,
    names: string,
  ][] = [
    [
      'other arguments for one that had ended',
      async (step) => [await step.a.run({ rate: 0.1, layers: [1, 2] }), await step.b.run()],
      async (step) => [await step.a.run({ rate: 0.1, layers: [1, 3] }), await step.b.run()],
      '`a` with argument 1 `{"rate":0.1,"layers":[1,2]}`',
    ],
    [
      'other arguments for one in its middle',
      async (step) => step.b.run('x'),
      async (step) => step.b.run('y'),
      '`b` with argument 1 `"x"`',
    ],
    [
      'another place of a long argument',
      async (step) => step.b.run({ rows: new Array(99).fill({ price: 1 }), tax: Number.NaN }),
      async (step) => step.b.run({ rows: new Array(99).fill({ price: 1 }), tax: null }),
      '`b` with argument 1, at `.tax`, `NaN` when the checkpoint was taken, and asked for `null`',
    ],
    [
      'fewer arguments',
      async (step) => step.b.run('x'),
      async (step) => step.b.run(),
      '`b` with argument 1 `"x"` when the checkpoint was taken, and asked for missing',
    ],
    [
      'another key',
      async (step) => [await step.once('first', () => 1), await step.b.run()],
      async (step) => [await step.once('second', () => 1), await step.b.run()],
      "once('first')",
    ],
    [
      'no once',
      async (step) => [await step.once('first', () => 1), await step.b.run()],
      async (step) => [await step.b.run()],
      "once('first')",
    ],
    [
      'once less often',
      async (step) => [await step.a.run(), await step.a.run(), await step.b.run()],
      async (step) => [await step.a.run(), await step.b.run()],
      'a run of `a`',
    ],
    [
      'something else, in a step that catches the error',
      async (step) => [await step.a.run(1), await step.b.run()],
      async (step) => [await step.a.run(2).catch(() => 'caught'), await step.b.run().catch(() => 'caught')],
      '`a` with argument 1 `1`',
    ],
  ];
  for (const [what, first, again, names] of plans) {
    test(what, async () => {
      const { message, path } = await mismatch((second) => new Two(second ? again : first));
      expect([path, message]).toEqual(['two', expect.stringContaining(names)]);
    });
  }

  test('arguments that are no plain data are not compared, but their kind is', async () => {
    const run = (arg: unknown) => async (step: Two) => step.b.run(arg);
    const from = await cutAt(new Two(run(new Map([['a', 1]]))), 'two.b', 2);
    expect(await new Two(run(new Map([['b', 2]]))).start({ from }).outcome).toMatchObject({ status: 'finished' });
    expect(await new Two(run(new Set())).start({ from }).outcome).toMatchObject({ error: { code: 'RESUME_MISMATCH' } });
  });

  test('a class of the program may have another name, as in another build of it', async () => {
    const build = (name: string) => ({ [name]: class {} })[name]!;
    const [Model, Minified] = [build('Model'), build('at')];
    const run = (arg: unknown) => async (step: Two) => step.b.run(arg);
    const from = await cutAt(new Two(run(new Model())), 'two.b', 2);
    expect(await new Two(run(new Minified())).start({ from }).outcome).toMatchObject({ status: 'finished' });
    for (const other of [new Map(), () => {}, undefined, {}]) {
      const { error } = await new Two(run(other)).start({ from }).outcome;
      expect(error).toMatchObject({ code: 'RESUME_MISMATCH' });
    }
  });
});

describe('children whose order a step changes', () => {
  /** Answers with the sum of what it was ever given. */
  class Member extends Worker {
    override state = { n: 0, score: 0 };
    override reset(task?: unknown) {
      this.state = { n: 0, score: this.state.score + Number(task) };
    }
    override onRunEnd() {
      return `${this.state.score}`;
    }
  }
  const best = (a: Member, b: Member) => b.state.score - a.state.score;
  abstract class Team extends Step {
    members = [new Member('member'), new Member('member'), new Member('member')];
    override state: { got: unknown; n: number } = { got: null, n: 0 };
  }

  test('and of which it then runs one: that run cannot go on in another, and is refused by name', async () => {
    class Sorts extends Team {
      async work() {
        const got: unknown[] = [];
        for (const [i, member] of this.members.entries()) got.push(await member.run([1, 3, 2][i]));
        this.members.sort(best);
        return [...got, await this.members[0]!.run(10)];
      }
    }
    const { whole, texts, resumed } = await fromEveryCut(() => new Sorts());
    expect(whole.output).toEqual(['1', '3', '2', '13']);
    const errors = resumed.flatMap(({ output, error }: any) => {
      if (error === undefined) expect(output).toEqual(whole.output);
      return error ?? [];
    });
    expect(errors.length).toBeGreaterThan(0);
    expect(errors.length).toBeLessThan(texts.length);
    for (const { code, message } of errors) {
      expect(code).toBe('RESUME_MISMATCH');
      expect(message).toBe(
        'sorts: The step in flight had run `members.0` when the checkpoint was taken, and another loop than that stood there when it was run again. ' +
          'Put children in another order in onAdvanceEnd, when none of the step is to be run any more, or leave them where they are and keep their order in `state`.',
      );
    }
  });

  test('when all of them have been run', async () => {
    class Sorts extends Team {
      override get done() {
        return this.state.n >= 3;
      }
      override reset() {
        this.state = { got: [], n: 0 };
      }
      async work() {
        return undefined;
      }
      override async advance() {
        for (const [i, member] of this.members.entries())
          (this.state.got as unknown[]).push(await member.run([1, 3, 2][i]));
        this.state.n++;
      }
      override onAdvanceEnd() {
        this.members.sort(best);
      }
    }
    const { whole, resumed } = await fromEveryCut(() => new Sorts());
    expect(whole.status).toBe('finished');
    for (const { output } of resumed) expect(output).toEqual(whole.output);
  });
});

describe('once', () => {
  test('gives its failure again, without another call', async () => {
    let calls = 0;
    class Fetches extends Step {
      fallback = new Worker('fallback', 4);
      async work() {
        try {
          return await this.once('fetch', async () => {
            await turns(1);
            throw Object.assign(new TypeError('the line is down'), { status: ++calls });
          });
        } catch (error) {
          return [await this.fallback.run(), error instanceof TypeError, (error as { status: number }).status];
        }
      }
    }
    const { whole, resumed } = await fromEveryCut(() => new Fetches());
    expect(whole.output).toEqual(['fallback', true, 1]);
    // In the very first checkpoint nothing had been asked for.
    for (const { output } of resumed.slice(1)) expect(output).toEqual(['fallback', true, 1]);
  });

  for (const [how, wait] of [
    ['at once', 0],
    ['after an await', 2],
  ] as const) {
    test(`may run children ${how}: they belong to it, and others beside it do not`, async () => {
      let searches = 0;
      class Finder extends Step {
        finder = new Worker('finder', 3);
        second = new Worker('second', 2);
        beside = new Worker('beside', 5);
        train = new Worker('train', 3);
        async work() {
          const rate = this.once('rate', async () => {
            for (let i = 0; i < wait; i++) await null;
            const found = [await this.finder.run('x'), await this.second.run()];
            searches++;
            return found;
          });
          const beside = this.beside.run('y');
          return [await rate, await beside, await this.train.run(), this.finder.state.n];
        }
      }
      const { whole, resumed } = await fromEveryCut(() => new Around(new Finder()));
      expect(whole.output).toEqual([['finder "x"', 'second'], 'beside "y"', 'train', 3]);
      for (const [i, { output, error }] of resumed.entries())
        expect([i, output, error]).toEqual([i, whole.output, undefined]);
      expect(searches).toBeLessThan(resumed.length);
    });
  }

  test('takes any key that is a text with something in it', async () => {
    class Asks extends Step {
      child = new Worker('child', 3);
      readonly key: string;
      constructor(key: string) {
        super();
        this.key = key;
      }
      async work() {
        const before = await this.once(this.key, () => 1);
        await this.child.run();
        return [before, await this.once(`${this.key}2`, () => 2)];
      }
    }
    for (const key of ['constructor', '__proto__', 'toString', ' ', 'a.b']) {
      const { resumed } = await fromEveryCut(() => new Asks(key));
      for (const { output } of resumed) expect([key, output]).toEqual([key, [1, 2]]);
    }
  });

  describe('is saved before it returns, where the run waits for its saves', () => {
    let charges: number;
    class Charges extends Loop<string[]> {
      override state = { ids: [] as string[] };
      readonly returned: () => void;
      constructor(returned: () => void) {
        super();
        this.returned = returned;
      }
      get done() {
        return this.state.ids.length >= 2;
      }
      reset() {
        this.state.ids = [];
      }
      async advance() {
        const id = await this.once('charge', () => `charge ${++charges}`);
        this.returned();
        await turns(2);
        this.state.ids.push(id);
      }
      override onRunEnd() {
        return this.state.ids;
      }
    }
    class Beside extends Step {
      worker = new Worker('worker', 5);
      charging: Charges;
      constructor(returned: () => void) {
        super();
        this.charging = new Charges(returned);
      }
      async work() {
        return Promise.all([this.charging.run(), this.worker.run()]);
      }
    }
    const trees: [string, (returned: () => void) => Loop<unknown>, expected: unknown][] = [
      ['a loop without children', (returned) => new Charges(returned), ['charge 1', 'charge 2']],
      ['a child beside another', (returned) => new Beside(returned), [['charge 1', 'charge 2'], 'worker']],
    ];
    for (const [where, make, expected] of trees) {
      for (const every of ['step', 'run', { steps: 100 }] as const) {
        test(`in ${where}, saved every ${JSON.stringify(every)}`, async () => {
          charges = 0;
          const store = keepingAll();
          const inStore: (string | undefined)[] = [];
          const whole = make(() => inStore.push(store.kept.at(-1)));
          expect(await whole.start({ store, every, durability: 'sync' }).output).toEqual(expected);
          for (const [i, text] of inStore.entries()) {
            // As after a kill right then: what was charged is not charged again.
            charges = i + 1;
            const from = JSON.parse(text!) as Checkpoint;
            expect(await make(() => {}).start({ from }).output).toEqual(expected);
            expect(charges).toBe(2);
          }
        });
      }
    }
  });

  test('a model that a step has changed before it asks is saved as it was before that step', async () => {
    class Model {
      w = 0;
      stateDict() {
        return { w: this.w };
      }
      loadStateDict(dict: { w: number }) {
        this.w = dict.w;
      }
    }
    class Fit extends Loop<number> {
      override state = { n: 0 };
      model = new Model();
      get done() {
        return this.state.n >= 4;
      }
      reset() {}
      async advance() {
        this.model.w++;
        await this.once('log', () => this.state.n);
        this.model.w *= 2;
        this.state.n++;
      }
      override onRunEnd() {
        return this.model.w;
      }
    }
    for (const make of [() => new Fit(), () => new Around(new Fit() as unknown as Step)]) {
      const { whole, resumed } = await fromEveryCut(make);
      expect(whole.output).toBe(30);
      expect(resumed.length).toBeGreaterThan(6);
      for (const [i, { output }] of resumed.entries()) expect([i, output]).toEqual([i, 30]);
    }
  });
});

describe('what has ended', () => {
  test('leaves no run behind that code of it could begin', async () => {
    const begun: string[] = [];
    class Told extends Worker {
      override async advance() {
        begun.push(this.path);
        await super.advance();
      }
    }
    class Both extends Step {
      late = new Told('late');
      branch!: Promise<unknown>;
      async work() {
        this.branch = turns(6).then(() => this.late.run());
        this.branch.catch(() => {});
        await turns(1);
        throw new Error('refused');
      }
    }
    for (const inspect of [[], [() => {}]]) {
      const both = new Both();
      const run = new Around(both).start({ inspect });
      expect((await run.outcome).status).toBe('failed');
      await run.settled;
      await expect(both.branch).rejects.toMatchObject({ code: 'RUN_ENDED', path: 'around.inner.late' });
      expect(begun).toEqual([]);
      // Run by itself on purpose, it may.
      expect(await both.late.start().output).toBe('late');
      begun.length = 0;
    }
  });

  test('is settled when the last of its code has returned, and cannot be started anew before', async () => {
    const done: string[] = [];
    class Patient extends Step {
      child = new Worker('child', 9);
      async work() {
        const once = this.once('slow', async () => {
          await turns(40);
          done.push('once');
          return 1;
        });
        await this.child.run().catch(() => turns(20));
        done.push('step');
        return once;
      }
    }
    for (const end of ['abort', 'suspend'] as const) {
      done.length = 0;
      const loop = new Patient();
      const outer = new Around(loop);
      const run = outer.start();
      await turns(4);
      await run[end]();
      await run.outcome;
      expect(() => outer.start()).toThrow(expect.objectContaining({ code: 'ALREADY_RUNNING' }));
      await expect(loop.run()).rejects.toThrow();
      await run.settled;
      expect(done).toEqual(['step', 'once']);
      expect((await outer.start().outcome).status).toBe('finished');
    }
  });
});

test('restarting is what it was where the run goes on', async () => {
  const seen: string[] = [];
  class Child extends Worker {
    override async advance() {
      seen.push(`child ${this.restarting}`);
      await super.advance();
    }
  }
  class Parent extends Loop<void> {
    override state = { n: 0 };
    child = new Child('child', 4);
    get done() {
      return this.state.n >= 2;
    }
    reset() {
      if (!this.restarting) this.state.n = 0;
    }
    async advance() {
      seen.push(`parent ${this.restarting}`);
      await this.child.run();
      this.state.n++;
    }
  }
  for (const loaded of [false, true]) {
    const make = () => {
      const parent = new Parent();
      if (loaded) parent.loadStateDict(new Parent().stateDict());
      return parent;
    };
    seen.length = 0;
    await make().run();
    const whole = [...seen];
    expect(whole.includes('parent true')).toBe(loaded);
    const store = keepingAll();
    await make().start({ store, every: 'step', durability: 'sync' }).outcome;
    for (const text of store.kept) {
      seen.length = 0;
      await new Parent().start({ from: JSON.parse(text) as Checkpoint }).outcome;
      // The parent's step in flight begins once more; the child's steps go on.
      const rest = seen.filter((line) => line.startsWith('child'));
      expect(rest).toEqual(whole.filter((line) => line.startsWith('child')).slice(8 - rest.length));
      expect(seen.filter((line) => line.startsWith('parent'))).toEqual(
        whole
          .filter((line) => line.startsWith('parent'))
          .slice(-seen.filter((line) => line.startsWith('parent')).length || 2),
      );
    }
  }
});

test('onLoadCheckpoint is called once for each loop, however deep and wherever the run was cut', async () => {
  const calls: Record<string, number> = {};
  const counted = <Base extends abstract new (...args: any[]) => Loop<any, any>>(base: Base) => {
    abstract class Counted extends base {
      override onLoadCheckpoint(state: any) {
        calls[this.path] = (calls[this.path] ?? 0) + 1;
        super.onLoadCheckpoint(state);
      }
    }
    return Counted;
  };
  class Leaf extends counted(Worker) {}
  abstract class Twice extends Loop<void> {
    override state = { n: 0 };
    get done() {
      return this.state.n >= 2;
    }
    reset() {
      this.state.n = 0;
    }
  }
  class Middle extends counted(Twice) {
    leaf = new Leaf('leaf', 3);
    other = new Leaf('other', 2);
    async advance() {
      await Promise.all([this.leaf.run(), this.other.run()]);
      await this.leaf.run();
      this.state.n++;
    }
  }
  class Top extends counted(Twice) {
    middle = new Middle();
    async advance() {
      await this.middle.run();
      this.state.n++;
    }
  }
  const store = keepingAll();
  await new Top().start({ store, every: 'step' }).outcome;
  for (const text of store.kept) {
    for (const path of Object.keys(calls)) delete calls[path];
    await new Top().start({ from: JSON.parse(text) as Checkpoint }).outcome;
    expect(calls).toEqual({ top: 1, 'top.middle': 1, 'top.middle.leaf': 1, 'top.middle.other': 1 });
  }
});

test('a child that the step has raced or awaited fails the step only by its code; one that it never looked at does', async () => {
  class Late extends Step {
    async work() {
      await turns(8);
      throw new Error('too late to matter');
    }
  }
  class Impatient extends Step {
    late = new Late();
    readonly looks: boolean;
    constructor(looks: boolean) {
      super();
      this.looks = looks;
    }
    async work() {
      const run = this.late.run();
      if (this.looks) return Promise.race([run, turns(2).then(() => 'went on')]);
      return 'did not look';
    }
  }
  for (const inspect of [[], [() => {}]]) {
    expect(await new Impatient(true).start({ inspect, store: memoryStore() }).outcome).toMatchObject({
      status: 'finished',
      output: 'went on',
    });
    expect(await new Impatient(false).start({ inspect }).outcome).toMatchObject({ status: 'failed' });
  }
});

test('what a step had got is not lost by a suspend, or a checkpoint, before that step is run again', async () => {
  let calls = 0;
  class Charges extends Step {
    work() {
      return this.once('charge', () => ++calls).then(async (charge) => [charge, await this.receive('approval')]);
    }
  }
  let run = new Charges().start();
  while (!run.waitingFor.some((what) => what.includes('receive'))) await turns(1);
  // Again and again, at once, and after each turn in which it begins.
  for (let round = 0; round < 12; round++) {
    const from = JSON.parse(JSON.stringify(await run.suspend())) as Checkpoint;
    expect(from.phase.context.inFlight, `round ${round}`).toMatchObject({ got: [[{ once: 'charge', output: 1 }]] });
    run = new Charges().start({ from, ...(round % 2 === 0 ? {} : { inspect: () => {} }) });
    if (round % 3 === 1) await run.checkpoint();
    await turns(round >> 2);
  }
  await run.give('approval', 'yes');
  expect(await run.output).toEqual([1, 'yes']);
  expect(calls).toBe(1);
});
