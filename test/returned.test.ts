import { Loop, LoopError, type LoopRun, record } from 'loopchart';
import { describe, expect, test } from 'vitest';
import { createActor, fromPromise, toPromise } from 'xstate';
import { turn } from './support/loops.ts';

/** What a program in JavaScript may write in the place of a getter or a hook. */
type Written = (this: Search, ...args: unknown[]) => unknown;

/** Three steps, with whatever is given in the place of its getters and hooks. */
class Search extends Loop<unknown> {
  override state = { n: 0 };

  constructor(getters: Record<string, Written> = {}, hooks: Record<string, Written> = {}) {
    super();
    for (const [name, get] of Object.entries(getters)) Object.defineProperty(this, name, { get, configurable: true });
    for (const [name, value] of Object.entries(hooks)) Object.defineProperty(this, name, { value });
  }

  get done(): boolean {
    return this.state.n >= 3;
  }

  reset() {
    this.state.n = 0;
  }

  advance(): void | Promise<void> {
    this.state.n++;
  }
}

/** Runs a search in its one step, and says what came of it. */
class Parent extends Loop<unknown> {
  override state: { steps: number; came: any } = { steps: 0, came: null };
  readonly search: Search;

  constructor(search: Search) {
    super();
    this.search = search;
  }

  get done() {
    return this.state.steps > 0;
  }

  reset() {
    this.state = { steps: 0, came: null };
  }

  async advance() {
    const output = await this.search.run();
    this.state.came = { output: output ?? null, n: this.search.state.n };
    this.state.steps++;
  }

  override onRunEnd() {
    return this.state.came;
  }
}

interface Came {
  n: number;
  output: unknown;
}

/** The ways in which a loop is run: each reads `done` and `skip`, and calls the hooks, somewhere else in the library. */
const ways: Record<string, (search: Search) => Promise<Came>> = {
  'by itself': async (search) => ({ output: (await search.run()) ?? null, n: search.state.n }),
  'while somebody watches': async (search) => {
    const output = await search.start({ inspect: () => {} }).output;
    return { output: output ?? null, n: search.state.n };
  },
  'by its parent': async (search) => (await new Parent(search).run()) as Came,
  'by its parent while somebody watches': async (search) =>
    (await new Parent(search).start({ inspect: record() }).output) as Came,
  'with a child of its own': async (search) => {
    Object.assign(search, { child: new Search() });
    return { output: (await search.run()) ?? null, n: search.state.n };
  },
  'as an actor of somebody': async (search) => {
    const actor = createActor(search.machine, { input: [] });
    const output = toPromise(actor);
    actor.start();
    return { output: (await output) ?? null, n: search.state.n };
  },
};

/** `get done()` that says so from step n on. */
const from = (at: number, found: unknown): Record<string, Written> => ({
  done() {
    return this.state.n >= at ? found : '';
  },
});

async function errorOf(promise: Promise<unknown>): Promise<LoopError> {
  const error = await promise.then(
    (value) => new Error(`Expected an error, got ${JSON.stringify(value)}.`),
    (error) => error,
  );
  expect(error).toBeInstanceOf(LoopError);
  return error;
}

describe.each(Object.keys(ways))('a loop that is run %s', (name) => {
  const way = ways[name]!;

  test.each([['it'], [1], [{ a: 1 }], [[]], [10n], [Symbol('it')]])(
    'is done when it says %s, at the first look or later',
    async (found) => {
      expect((await way(new Search(from(0, found)))).n).toBe(0);
      expect((await way(new Search(from(1, found)))).n).toBe(1);
      expect((await way(new Search(from(5, found)))).n).toBe(5);
    },
  );

  test('goes on while it says nothing, 0 or NaN', async () => {
    for (const nothing of [undefined, null, 0, Number.NaN, '', 0n]) {
      const search = new Search({
        done() {
          return this.state.n < 3 ? nothing : true;
        },
      });
      expect((await way(search)).n).toBe(3);
    }
  });

  test('is skipped when its skip is a text, and not when that is empty', async () => {
    const onSkip = () => 'skipped';
    expect(await way(new Search({ skip: () => 'not today' }, { onSkip }))).toEqual({ output: 'skipped', n: 0 });
    expect(await way(new Search({ skip: () => '' }, { onSkip }))).toMatchObject({ n: 3 });
  });

  const mistakes: Record<string, Written> = {
    'a function': () => () => true,
    'a promise': async () => true,
    'a promise that rejects': async () => {
      throw new Error('nobody would hear of this');
    },
    'an iterator': function* () {
      yield true;
    },
    'an async iterator': async function* () {
      yield true;
    },
    'the iterator of an array': () => [true].values(),
  };
  for (const [kind, mistake] of Object.entries(mistakes)) {
    test(`fails when done or skip is ${kind}, and says which`, async () => {
      for (const getter of ['done', 'skip']) {
        const error = await errorOf(way(new Search({ [getter]: mistake })));
        expect(error).toMatchObject({ code: 'MISCONFIGURATION', path: expect.stringMatching(/search$/) });
        expect(error.message).toContain(`\`${getter}\``);
        const later = await errorOf(
          way(
            new Search({
              done() {
                return this.state.n < 2 ? false : mistake.call(this);
              },
            }),
          ),
        );
        expect(later.message).toContain('`done`');
      }
    });
  }

  for (const hook of ['reset', 'onRunStart', 'onAdvanceStart', 'advance', 'onAdvanceEnd', 'onRunEnd']) {
    test(`fails when ${hook} is a generator`, async () => {
      const generators: Written[] = [
        function* () {
          yield 1;
        },
        async function* () {
          yield 1;
        },
        async () => [1].values(),
        async () => {
          await turn();
          return new Map().keys();
        },
      ];
      for (const generator of generators) {
        const error = await errorOf(way(new Search({}, { [hook]: generator })));
        expect(error).toMatchObject({ code: 'MISCONFIGURATION', path: expect.stringMatching(/search$/) });
        expect(error.message).toContain(`\`${hook}\``);
      }
    });
  }

  test('fails when onSkip is a generator', async () => {
    const onSkip = function* () {
      yield 1;
    };
    expect((await errorOf(way(new Search({ skip: () => true }, { onSkip })))).message).toContain('`onSkip`');
  });

  test('may give a list, and what its other hooks return is nobody’s business', async () => {
    const anything = () => ({ a: [1, 2] });
    const search = new Search({}, { reset: anything, onAdvanceStart: anything, onRunEnd: () => [1, 2] });
    expect(await way(search)).toEqual({ output: [1, 2], n: 3 });
  });
});

test('an onRestart that is a generator fails the run that goes on', async () => {
  const run: LoopRun<unknown> = new Search().start({ paused: true });
  await run.step(1);
  const checkpoint = await run.suspend();
  const search = new Search(
    {},
    {
      *onRestart() {
        yield 1;
      },
    },
  );
  expect((await errorOf(search.start({ from: checkpoint }).output)).message).toContain('`onRestart`');
});

test('a loop that goes on from a checkpoint reads done by its truth, too', async () => {
  const make = () => new Search(from(3, 'found'));
  const run = make().start({ paused: true });
  await run.step(1);
  const search = make();
  expect(await search.start({ from: await run.suspend() }).outcome).toMatchObject({ status: 'finished', steps: 3 });
});

test('what takes a state back and is not awaited must not be async', async () => {
  const dict = new Search().stateDict();
  for (const onLoadCheckpoint of [
    async () => {
      throw new Error('nobody would hear of this');
    },
    function* () {
      yield 1;
    },
  ]) {
    expect(() => new Search({}, { onLoadCheckpoint }).loadStateDict(dict)).toThrow(/onLoadCheckpoint/);
  }

  const run = new Search().start({ paused: true });
  const model = (asset: unknown) =>
    Object.assign(new Search(), { model: { stateDict: () => asset, loadStateDict: async () => {} } });
  await run.suspend();
  await expect(model(Promise.resolve(1)).start({ paused: true }).suspend()).rejects.toThrow(/stateDict of model/);
  const checkpoint = await model({ w: 1 }).start({ paused: true }).suspend();
  expect(() => model({ w: 1 }).start({ from: checkpoint })).toThrow(/loadStateDict of model/);
});

test('a replacement of skip counts by its truth, as skip does', async () => {
  const search = new Search({}, { onSkip: () => 'skipped' });
  const machine = search.machine.provide({ actors: { skip: fromPromise(async () => 'not today') } as any });
  expect(await toPromise(createActor(machine, { input: [] }).start())).toBe('skipped');
});
