import { type Checkpoint, Loop, type LoopRun, memoryStore, parseRecording, replay } from 'loopchart';
import { inspectHere } from 'loopchart/browser';
import { fileStore, inspector } from 'loopchart/node';
import { describe, expect, test } from 'vitest';
import { placeOf } from '../inspector/run/fork-moments.ts';
import { innermostSteps } from '../inspector/run/innermost-steps.ts';
import type { InspectorOptions } from '../src/node/inspector.ts';
import { Check, Fit } from './support/forkable.ts';
import { knownFrom } from './support/known-run.ts';
import { serve, visit } from './support/server.ts';
import { freshFolder } from './support/site.ts';

const fork = { fit: () => new Fit() };
/** What such a run comes to where nobody does anything to it. */
const undisturbed = () => new Fit().run(10);

/** A run that is paused after so many steps, and a page that watches it. */
async function paused(steps: number, options: InspectorOptions = { fork }) {
  const served = await serve(options);
  const page = await visit(served);
  const run = new Fit().start({ inspect: served, args: [10], paused: true });
  if (steps > 0) await run.step(steps);
  const answer = async (command: object, type: string) => {
    const before = page.lines.filter((one) => one.type === type || one.type === 'refused').length;
    page.send(command);
    const all = await page.until(
      (lines) => lines.filter((one) => one.type === type || one.type === 'refused').length > before,
    );
    return all.findLast((one) => one.type === type || one.type === 'refused');
  };
  const take = (from = 'now', id = 'fit#1') => answer({ type: 'take', id, from }, 'taken');
  const moments = (id = 'fit#1') => answer({ type: 'moments', id }, 'moments');
  const begin = (more: object) => answer({ type: 'fork', ...more }, 'forked');
  const outcomeOf = async (id: string) => {
    const lines = await page.until((all) => all.some((line) => line.id === id && line.status === 'done'));
    return lines.find((line) => line.id === id && line.status === 'done').output;
  };
  return { served, page, run, take, moments, begin, outcomeOf };
}

const rest = async (run: LoopRun<number[], any>) => {
  run.resume();
  return run.output;
};

describe('a fork', () => {
  test.for([0, 1, 4, 6, 9, 13, 20])(
    'after %i steps goes on as a run does that is started by hand from the same checkpoint, edited',
    async (steps) => {
      const { run, take, begin, outcomeOf } = await paused(steps);
      const byHand = await run.checkpoint();
      const { checkpoint, loops, forkOf } = await take();
      expect(loops.map(({ loop }: { loop: string }) => loop).sort()).toEqual(['', 'batches', 'check']);
      expect(forkOf).toMatchObject({ id: 'fit#1', steps });
      const edits = [
        { loop: 'batches', at: '/rate', value: 0.5 },
        { loop: 'batches', at: '/history', value: [{ $n: 'NaN' }] },
      ];
      const { id, refused } = await begin({ checkpoint, edits });
      expect(refused).toBeUndefined();
      expect(id).toBe('fit#2');
      const forked = await outcomeOf(id);

      const same = new Fit().start({
        from: byHand,
        migrate: (given) => {
          const batches = { ...(given.stateDict['batches.state_dict'] as object), rate: 0.5, history: [Number.NaN] };
          return { ...given, stateDict: { ...given.stateDict, 'batches.state_dict': batches } };
        },
      });
      expect(forked).toEqual(await same.output);
      const original = await rest(run);
      expect(original).toEqual(await undisturbed());
      expect(forked).not.toEqual(original);
    },
  );

  test('of a run that is not changed comes to the same as that run', async () => {
    const { run, take, begin, outcomeOf } = await paused(9);
    const { checkpoint, args } = await take();
    expect(args).toEqual([10]);
    const { id } = await begin({ checkpoint });
    expect(await outcomeOf(id)).toEqual(await rest(run));
    // A checkpoint can be begun from more than once.
    expect((await begin({ checkpoint })).id).toBe('fit#3');
  });

  test('finds a loop whose run has ended within the step in flight as it was edited', async () => {
    // The check has run in this step, and is looked at once more behind the batches.
    const { run, take, begin, outcomeOf } = await paused(3);
    const { checkpoint } = await take();
    const { id } = await begin({ checkpoint, edits: [{ loop: 'check', at: '/bias', value: 100 }] });
    const [first, second] = await outcomeOf(id);
    const [before, after] = await rest(run);
    expect(first - before!).toBeCloseTo(99);
    expect(second - after!).toBeCloseTo(2 * 99);
  });

  test('says from which run it was begun, and where that stood', async () => {
    const { page, run, take, begin } = await paused(4);
    const { checkpoint, forkOf } = await take();
    expect(forkOf).toEqual({ id: 'fit#1', seq: expect.any(Number), steps: 4 });
    await begin({ checkpoint, paused: true });
    const lines = await page.until((all) => all.some(({ type, id }) => type === 'actor' && id === 'fit#2'));
    expect(lines.find(({ type, id }) => type === 'actor' && id === 'fit#2')).toMatchObject({
      ...{ forkOf, path: 'fit', run: expect.stringMatching(/^fit-fork-[0-9a-f]{6}$/) },
    });
    expect(lines.filter((line) => line.type === 'actor' && 'forkOf' in line)).toHaveLength(1);
    // The last line of the run while it stood.
    const then = lines.findLast(({ seq }) => seq <= forkOf.seq);
    expect(then).toMatchObject({ seq: forkOf.seq, id: 'fit.batches#1', value: 'paused' });
    expect(lines.find(({ type, id }) => type === 'actor' && id === 'fit#2').seq).toBe(forkOf.seq + 1);
    await rest(run);
  });

  test('is replayed from what the page has seen of it, as any run', async () => {
    const { page, run, take, begin, outcomeOf } = await paused(4);
    const { checkpoint } = await take();
    const { id } = await begin({ checkpoint, edits: [{ loop: 'batches', at: '/rate', value: 0.5 }] });
    const output = await outcomeOf(id);
    const lines = page.lines.filter(({ type }) => ['recording', 'actor', 'event'].includes(type));
    // The chart has the number 2.
    const text = [lines[0], ...lines.slice(1).map((line) => ({ ...line, seq: line.seq - 1 }))]
      .map((line) => JSON.stringify(line))
      .join('\n');
    const frames = [...replay(parseRecording(`${text}\n`))];
    expect(frames.findLast((frame) => frame.id === id)).toMatchObject({
      value: 'finished',
      context: { state: { scores: output } },
    });
    await rest(run);
  });

  test('is begun paused if that is asked for, and is driven as any run', async () => {
    const { page, run, take, begin, outcomeOf } = await paused(4);
    const { checkpoint } = await take();
    const { id } = await begin({ checkpoint, paused: true });
    await page.until((all) => all.some((line) => line.id?.startsWith('fit.batches#2') && line.value === 'paused'));
    page.send({ type: 'send', id, event: { type: 'loop.resume' } });
    expect(await outcomeOf(id)).toEqual(await undisturbed());
    await rest(run);
  });

  test('is taken at the next boundary of a run that goes on', async () => {
    const { run, take, begin, outcomeOf } = await paused(4);
    run.resume();
    const { checkpoint } = await take();
    const { id } = await begin({ checkpoint });
    expect(await outcomeOf(id)).toEqual(await undisturbed());
    expect(await run.output).toEqual(await undisturbed());
  });

  test('is begun from what the store of a run has kept, also when that has failed', async () => {
    const store = memoryStore();
    class Diverges extends Fit {
      override async advance(scale: number): Promise<void> {
        await super.advance(scale);
        if (this.state.epoch === 2 && this.batches.state.rate < 0.5) throw new RangeError('too slow');
      }
    }
    const { served, page, run, take, begin, outcomeOf } = await paused(1, { fork: { Diverges: () => new Diverges() } });
    const failing = new Diverges().start({
      inspect: served,
      store,
      id: 'one',
      every: 'step',
      durability: 'sync',
      args: [10],
    });
    expect((await failing.outcome).status).toBe('failed');
    await page.until((lines) => lines.some((line) => line.id === 'diverges#1' && line.status === 'error'));
    expect((await take('now', 'diverges#1')).refused).toMatch(/a run that goes on.*store/s);
    const { checkpoint, forkOf } = await take('saved', 'diverges#1');
    expect(forkOf).toEqual({ id: 'diverges#1', steps: (await store.load('one'))!.position.steps });
    const { id, refused } = await begin({ checkpoint, edits: [{ loop: 'batches', at: '/rate', value: 0.9 }] });
    expect(refused).toBeUndefined();
    expect(await outcomeOf(id)).toHaveLength(4);
    // What is saved of the run is as it was.
    expect((await store.list()).every(({ runId }) => runId === 'one')).toBe(true);
    expect((await store.load('one'))!.stateDict['batches.state_dict']).toMatchObject({ rate: 0.1 });
    await rest(run);
  });
});

describe('any earlier moment', () => {
  /** What a run comes to that is begun by hand from a checkpoint, with another rate. */
  async function byHand(from: Checkpoint): Promise<number[]> {
    const batches = { ...(from.stateDict['batches.state_dict'] as object), rate: 0.5 };
    const change = (given: Checkpoint) => ({
      ...given,
      stateDict: { ...given.stateDict, 'batches.state_dict': batches },
    });
    return new Fit().start({ from, migrate: change, id: 'by hand' }).output;
  }
  const edits = [{ loop: 'batches', at: '/rate', value: 0.5 }];

  test('of which a page has taken a checkpoint can be begun from later on', async () => {
    const { run, take, begin, moments, outcomeOf } = await paused(2);
    const early = await run.checkpoint();
    await take();
    // Asked for once more where it stands, it is the same moment.
    await take();
    await run.step(7);
    await take();
    const { moments: all, more, gone, lacks } = await moments();
    expect([more, gone, lacks]).toEqual([0, 0, null]);
    expect(all).toEqual([
      { from: 'taken:1', steps: 2, t: expect.any(Number), seq: expect.any(Number) },
      { from: 'taken:2', steps: 9, t: expect.any(Number), seq: expect.any(Number) },
    ]);
    const { checkpoint, forkOf } = await take('taken:1');
    expect(forkOf).toEqual({ id: 'fit#1', steps: 2, seq: all[0].seq });
    expect((await take('taken:3')).refused).toMatch(/is kept, got number 3/);
    const { checkpoint: again } = await take('taken:1');
    expect(again).toBeGreaterThan(checkpoint);
    const { id } = await begin({ checkpoint: again, edits });
    expect(await outcomeOf(id)).toEqual(await byHand(early));
    expect(await rest(run)).toEqual(await undisturbed());
  });

  test('of which its store keeps a checkpoint can be begun from, and the line is known by which it was taken', async () => {
    const { folder, remove } = await freshFolder('moments');
    const store = fileStore(folder, { keep: 100 });
    const { served, page, run, take, begin, moments, outcomeOf } = await paused(1);
    const saved = new Fit().start({
      inspect: served,
      store,
      id: 'saved',
      every: 'step',
      durability: 'sync',
      args: [10],
    });
    const output = await saved.output;
    await page.until((lines) => lines.some((line) => line.id === 'fit#2' && line.status === 'done'));
    const { moments: all } = await moments('fit#2');
    const listed = await store.list('saved');
    expect(all.map(({ from, steps }: any) => [from, steps])).toEqual(
      listed.map(({ seq, steps }) => [`store:${seq}`, steps]),
    );
    const fifth = all.find(({ steps }: any) => steps === 5);
    const then = page.lines.find(({ seq }) => seq === fifth.seq);
    expect(then).toMatchObject({ id: 'fit.batches#2' });
    // What the page counts between two of them is what the run has counted.
    const { store: known } = knownFrom(page.lines.filter(({ type }) => ['actor', 'event'].includes(type)));
    const rowOf = ({ seq }: { seq: number }) => known.rowOfSeq(seq);
    const run2 = known.runs.find(({ root }) => root.id === 'fit#2')!;
    for (const [at, one] of all.entries()) {
      for (const other of all.slice(at))
        expect(innermostSteps(known, run2, rowOf(one), rowOf(other))).toBe(other.steps - one.steps);
    }
    expect(placeOf(known, run2, fifth)).toBe('step 4 of batches#2');

    const { checkpoint, forkOf } = await take(fifth.from, 'fit#2');
    expect(forkOf).toEqual({ id: 'fit#2', steps: 5, seq: fifth.seq });
    const { id } = await begin({ checkpoint, edits });
    expect(await outcomeOf(id)).toEqual(await byHand((await store.loadAt('saved', Number(fifth.from.slice(6))))!));
    // A save that is kept no more, or was of the run at its end, is refused by name.
    expect((await take('store:999', 'fit#2')).refused).toMatch(/keeps it no more/);
    expect((await take(all.at(-1).from, 'fit#2')).refused).toMatch(/at its end/);
    expect(output).toEqual(await undisturbed());
    await rest(run);
    await remove();
  });

  test('is one of the newest that were taken: how many are held no more is told', async () => {
    class Counts extends Loop<void> {
      override state = { n: 0 };
      get done(): boolean {
        return this.state.n >= 50;
      }
      reset(): void {}
      async advance(): Promise<void> {
        this.state.n++;
      }
    }
    const { served, run, take, moments } = await paused(1, {
      fork: { counts: () => new Counts(), fit: () => new Fit() },
    });
    const counts = new Counts().start({ inspect: served, paused: true });
    for (let taken = 0; taken < 35; taken++) {
      await counts.step(1);
      await take('now', 'counts#1');
    }
    const { moments: all, gone } = await moments('counts#1');
    expect([all.length, gone, all[0].from]).toEqual([32, 3, 'taken:4']);
    expect((await take('taken:3', 'counts#1')).refused).toMatch(/number 3/);
    counts.resume();
    await counts.output;
    // Also of a run that is over.
    expect((await take('taken:4', 'counts#1')).forkOf).toMatchObject({ steps: 4 });
    await rest(run);
  });

  test('is not told of a run that cannot be forked, and of a store that fails, why', async () => {
    const store = { ...memoryStore(), list: () => Promise.reject(new Error('no disk')) };
    const { served, page, run, moments } = await paused(1);
    const saved = new Fit().start({ inspect: served, store, id: 'saved', args: [10], paused: true });
    await page.until((lines) => lines.some((line) => line.id === 'fit#2'));
    expect(await moments('fit#2')).toMatchObject({
      moments: [],
      lacks: expect.stringMatching(/could not list.*no disk/),
    });
    expect((await moments('nobody#1')).refused).toMatch(/the outermost loop of a run/);
    await Promise.all([rest(run), rest(saved)]);
  });
});

describe('the arguments', () => {
  /** Has no loops below it, so nothing of a step is remembered between two. */
  class Sum extends Loop<number, [number]> {
    override state = { n: 0, sum: 0 };
    get done(): boolean {
      return this.state.n >= 5;
    }
    reset(): void {}
    async advance(by: number): Promise<void> {
      await new Promise((resolve) => setImmediate(resolve));
      this.state.n++;
      this.state.sum += by;
    }
    override onRunEnd(): number {
      return this.state.sum;
    }
  }

  test('can be others where no step has asked for anything with those of before', async () => {
    const { served, page, run, take, begin, outcomeOf } = await paused(1, { fork: { sum: () => new Sum() } });
    const sum = new Sum().start({ inspect: served, args: [1], paused: true });
    await sum.step(2);
    await page.until((lines) => lines.some(({ id }) => id === 'sum#1'));
    const { checkpoint, args, argsStay } = await take('now', 'sum#1');
    expect([args, argsStay]).toEqual([[1], null]);
    const { id } = await begin({ checkpoint, args: [100] });
    expect(await outcomeOf(id)).toBe(302);
    sum.resume();
    expect(await sum.output).toBe(5);
    await rest(run);
  });

  test('stay in the middle of a step that has asked for something with them', async () => {
    const { run, take, begin } = await paused(4);
    const { checkpoint, argsStay } = await take();
    expect(argsStay).toMatch(/between two steps of the outermost loop.*`check`, `batches`/s);
    expect((await begin({ checkpoint, args: [1] })).refused).toMatch(
      /the arguments that the run has, got others.*between two steps/,
    );
    expect(await rest(run)).toEqual(await undisturbed());
  });

  test('come from the factory where they are no plain data', async () => {
    class Reads extends Loop<number, [Map<string, number>]> {
      override state = { sum: 0, n: 0 };
      get done(): boolean {
        return this.state.n >= 3;
      }
      reset(): void {}
      async advance(data: Map<string, number>): Promise<void> {
        await new Promise((resolve) => setImmediate(resolve));
        this.state.n++;
        this.state.sum += data.get('a')!;
      }
      override onRunEnd(): number {
        return this.state.sum;
      }
    }
    const data = new Map([['a', 7]]);
    let factory: () => any = () => new Reads();
    const { served, page, run, take, begin, outcomeOf } = await paused(1, { fork: { reads: () => factory() } });
    const reads = new Reads().start({ inspect: served, args: [data], paused: true });
    await reads.step(1);
    await page.until((lines) => lines.some(({ id }) => id === 'reads#1'));
    const { checkpoint, args } = await take('now', 'reads#1');
    expect(args).toBe(null);
    expect((await begin({ checkpoint })).refused).toMatch(/no plain data.*\{ loop, args \}/);
    factory = async () => ({ loop: new Reads(), args: [data] });
    expect(await outcomeOf((await begin({ checkpoint })).id)).toBe(21);
    reads.resume();
    await Promise.all([reads.output, rest(run)]);
  });
});

describe('what cannot be forked is refused by name, and the run goes on', () => {
  test.for<[name: string, edits: unknown[], message: RegExp]>([
    ['a loop that is not there', [{ loop: 'other', at: '/rate', value: 1 }], /a loop of the run.*`other`/],
    ['a place that is not there', [{ loop: 'batches', at: '/rate/of', value: 1 }], /no `of`/],
    ['a key that is not there to be taken out', [{ loop: 'batches', at: '/rates' }], /no `rates`/],
    [
      'a state that is none',
      [{ loop: 'batches', at: '', value: 5 }],
      /`stateDict\['batches.state_dict'\]` is an object/,
    ],
    ['an item behind the end of a list', [{ loop: 'batches', at: '/history/99', value: 5 }], /an item of the list of/],
    ['what cannot be a key of the prototype', [{ loop: 'batches', at: '/__proto__/x', value: 1 }], /no `__proto__`/],
  ])('%s', async ([, edits, message]) => {
    const { run, take, begin } = await paused(4);
    const { checkpoint } = await take();
    expect((await begin({ checkpoint, edits })).refused).toMatch(message);
    expect(await rest(run)).toEqual(await undisturbed());
    expect({}).not.toHaveProperty('x');
  });

  test('commands that are none', async () => {
    const { page, run, take } = await paused(4);
    await take();
    const bad: [object, RegExp][] = [
      [{ type: 'take', id: 'fit#1', from: 'then' }, /now, saved, store:1 or taken:1/],
      [{ type: 'take', id: 'fit#1', from: 'store:1e3' }, /now, saved, store:1 or taken:1/],
      [{ type: 'moments' }, /`id`/],
      [{ type: 'take', id: 'fit#1', from: 'now', more: 1 }, /nothing but/],
      [{ type: 'fork', checkpoint: '1' }, /`checkpoint`/],
      [{ type: 'fork', checkpoint: 1, edits: new Array(1001).fill({ loop: '', at: '' }) }, /at most 1000/],
      [{ type: 'fork', checkpoint: 1, edits: [{ loop: '', at: 'rate', value: 1 }] }, /JSON pointer/],
      [
        { type: 'fork', checkpoint: 1, edits: [{ loop: '', at: '/a', value: { $cut: { kind: 'array', size: 1 } } }] },
        /plain data/,
      ],
      [{ type: 'fork', checkpoint: 1, edits: [{ loop: '', at: '/a', value: { $date: '2026' } }] }, /plain data/],
      [{ type: 'fork', checkpoint: 1, args: {} }, /`args` to be a list/],
      [{ type: 'fork', checkpoint: 1, paused: 1 }, /`paused`/],
    ];
    for (const [command] of bad) page.send(command);
    const lines = await page.until((all) => all.filter(({ type }) => type === 'refused').length === bad.length);
    const reasons = lines.filter(({ type }) => type === 'refused').map(({ reason }) => reason);
    for (const [i, [, message]] of bad.entries()) expect(reasons[i]).toMatch(message);
    expect(await rest(run)).toEqual(await undisturbed());
  });

  test.for<[name: string, factory: (run: Fit) => any, message: RegExp]>([
    [
      'a factory that throws',
      () => {
        throw new Error('no disk');
      },
      /no disk/,
    ],
    ['one that rejects', () => Promise.reject(new Error('no net')), /no net/],
    ['one that makes no loop', () => 5, /`fork.fit` to return a loop.*Number/],
    ['one that makes another loop', () => new Check(), /a checkpoint of this Check, got one of a Fit/],
    ['one that gives the loop of the run', (running) => running, /a new loop, got that of the run itself/],
    ['one that says more than is known', () => ({ loop: new Fit(), inspect: 1 }), /nothing but loop, args/],
    ['one whose store is none', () => ({ loop: new Fit(), store: {} }), /`store` to have save and load/],
    [
      'one whose store refuses',
      () => ({ loop: new Fit(), store: { ...memoryStore(), acquire: () => Promise.reject(new Error('busy')) } }),
      /busy/,
    ],
  ])('%s', async ([, factory, message]) => {
    const running = new Fit();
    const served = await serve({ fork: { fit: () => factory(running) } });
    const page = await visit(served);
    const run = running.start({ inspect: served, args: [10], paused: true });
    await run.step(4);
    page.send({ type: 'take', id: 'fit#1', from: 'now' });
    await page.until((lines) => lines.some(({ type }) => type === 'taken'));
    page.send({ type: 'fork', checkpoint: 1 });
    const lines = await page.until((all) => all.some(({ type }) => type === 'forked'));
    expect(lines.find(({ type }) => type === 'forked').refused).toMatch(message);
    expect(await rest(run)).toEqual(await undisturbed());
  });

  test('a model that the run has, too', async () => {
    const model = {
      w: 1,
      stateDict: () => ({ w: model.w }),
      loadStateDict: ({ w }: any) => {
        model.w = w;
      },
    };
    class WithModel extends Fit {
      model: typeof model = model;
    }
    const { served, page, run, take, begin } = await paused(1, { fork: { withModel: () => new WithModel() } });
    const other = new WithModel().start({ inspect: served, args: [10], paused: true });
    await other.step(2);
    await page.until((lines) => lines.some(({ id }) => id === 'withModel#1'));
    const { checkpoint } = await take('now', 'withModel#1');
    expect((await begin({ checkpoint })).refused).toMatch(/a new `model`, got that of the run itself/);
    await Promise.all([rest(other), rest(run)]);
  });

  test('runs that the program makes no forks of, loops below the outermost, checkpoints that were never taken', async () => {
    const { served, page, run, take, begin } = await paused(4);
    expect(page.hello.forks).toEqual(['fit']);
    const check = new Check().start({ inspect: served, paused: true });
    await page.until((lines) => lines.some(({ id }) => id === 'check#1'));
    expect((await take('now', 'check#1')).refused).toMatch(/fork: \{ check: /);
    expect((await take('now', 'fit.batches#1')).refused).toMatch(/outermost/);
    expect((await take('now', 'nobody#1')).refused).toMatch(/outermost/);
    expect((await take('saved')).refused).toMatch(/a run with a store/);
    expect((await begin({ checkpoint: 7 })).refused).toMatch(/taken last, got number 7/);
    check.resume();
    await Promise.all([check.output, rest(run)]);
  });

  test('a run whose step has changed what it asks for fails by itself, with the reason', async () => {
    const { page, run, take, begin } = await paused(4);
    const { checkpoint } = await take();
    // The epoch is what the batches were asked for with.
    const { id } = await begin({ checkpoint, edits: [{ loop: '', at: '/epoch', value: 3 }] });
    const lines = await page.until((all) => all.some((line) => line.id === id && line.status === 'error'));
    const { error } = lines.find((line) => line.id === id && line.status === 'error');
    expect(error.message).toMatch(/run `batches` with argument 1 `0`/);
    expect(await rest(run)).toEqual(await undisturbed());
  });

  test('more forks than can go on at a time', async () => {
    const { run, take, begin } = await paused(1);
    const { checkpoint } = await take();
    for (let i = 0; i < 16; i++) expect((await begin({ checkpoint, paused: true })).id).toBe(`fit#${i + 2}`);
    expect((await begin({ checkpoint })).refused).toMatch(/at most 16/);
    await rest(run);
  });

  test('options that are no functions', async () => {
    for (const bad of [5, [], { fit: new Fit() }, () => new Fit()] as any[]) {
      await expect(inspector({ fork: bad })).rejects.toThrow(/Expected `fork` to be functions that make loops/);
      expect(() => inspectHere({ fork: bad })).toThrow(/Expected `fork` to be functions that make loops/);
    }
  });

  test('a checkpoint that the page has released', async () => {
    const { page, run, take, begin } = await paused(4);
    const { checkpoint } = await take();
    page.send({ type: 'release' });
    expect((await begin({ checkpoint })).refused).toMatch(/taken last/);
    await rest(run);
  });

  test('a page that asks for a checkpoint again gets the one that it asked for last', async () => {
    const { page, run } = await paused(4);
    for (const from of ['saved', 'now', 'saved', 'now']) page.send({ type: 'take', id: 'fit#1', from });
    const lines = await page.until((all) => all.some((line) => line.type === 'taken' && 'checkpoint' in line));
    const taken = lines.filter((line) => line.type === 'taken' && 'checkpoint' in line);
    expect(taken).toMatchObject([{ from: 'now', checkpoint: 4 }]);
    await rest(run);
  });

  test('anything, where pages may only watch', async () => {
    const { page, run, take } = await paused(4, { fork, readonly: true });
    expect(page.hello.forks).toEqual([]);
    expect((await take()).reason).toMatch(/readonly/);
    expect(await rest(run)).toEqual(await undisturbed());
  });
});

describe('what a redactor keeps back', () => {
  class Secret extends Check {
    override state: any = { bias: 0, times: 0, key: 'hunter2', list: [{ key: 'hunter2', n: 1 }] };
  }
  const redact = (line: any) => JSON.parse(JSON.stringify(line).replaceAll('hunter2', '***'));

  test('is not shown, is kept in a fork, and cannot be written over by what stands in its place', async () => {
    const seen: any[] = [];
    const { served, page, run, take, begin, outcomeOf } = await paused(1, {
      redact,
      fork: {
        secret: () => {
          const loop = new Secret();
          seen.push(loop);
          return loop;
        },
      },
    });
    const secret = new Secret().start({ inspect: served, paused: true });
    await page.until((lines) => lines.some((line) => line.id === 'secret#1' && line.value === 'paused'));
    const { checkpoint, loops } = await take('now', 'secret#1');
    expect(loops[0].state).toEqual({ bias: 0, times: 0, key: '***', list: [{ key: '***', n: 1 }] });
    const list = [
      { key: '***', n: 1 },
      { key: '***', n: 2 },
    ];
    expect((await begin({ checkpoint, edits: [{ loop: '', at: '/list', value: list }] })).refused).toMatch(/redacted/);
    expect((await begin({ checkpoint, edits: [{ loop: '', at: '/key', value: 'mine' }] })).refused).toMatch(/redacted/);
    const { id } = await begin({ checkpoint, edits: [{ loop: '', at: '/list/0/n', value: 5 }] });
    await outcomeOf(id);
    expect(seen.at(-1).state).toMatchObject({ key: 'hunter2', list: [{ key: 'hunter2', n: 5 }] });
    secret.resume();
    await Promise.all([secret.output, rest(run)]);
  });
});
