// @module-tag page

import { formatRecording, Loop, record } from 'loopchart';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Nest } from '../inspector/run/nest.ts';
import { Series } from '../inspector/run/series.ts';
import { Store } from '../inspector/run/store.ts';
import { timeSpent } from '../inspector/run/time-spent.ts';
import { treeAt } from '../inspector/run/tree-at.ts';
import { readLines } from '../inspector/sources/jsonl.ts';
import { begin, end, leave, openRecording, page, visit } from './support/page.ts';

class Batches extends Loop {
  override state = { loss: 1, seen: 0 };
  readonly rate: number;

  constructor(rate: number) {
    super();
    this.rate = rate;
  }

  get done(): boolean {
    return this.state.seen >= 4;
  }
  reset(): void {}
  async advance(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 1));
    this.state.seen++;
    this.state.loss *= 1 - this.rate;
  }
}

class Fit extends Loop<number> {
  override state = { over: false };
  readonly batches: Batches;

  constructor(rate: number) {
    super();
    this.batches = new Batches(rate);
  }

  get done(): boolean {
    return this.state.over;
  }
  reset(): void {}
  async advance(): Promise<void> {
    await this.batches.run();
    this.state.over = true;
  }
}

/** Two runs of one process that go on at the same time, the first with an id of its own. */
async function two(): Promise<string> {
  const recorder = record();
  const runs = [new Fit(0.5).start({ inspect: recorder, id: 'rate-0.5' }), new Fit(0.25).start({ inspect: recorder })];
  for (const run of runs) await run.output;
  return formatRecording(recorder.recording);
}

async function held(text: string): Promise<Store> {
  const store = new Store({ events: 1e6, bytes: 1e9 });
  await readLines(new Blob([text]).stream(), (lines) => store.add(lines, 1), new AbortController().signal);
  return store;
}

test('two runs in one process are two: each has its name, its numbers, its times and its picture', async () => {
  const store = await held(await two());
  expect(store.runs.map(({ name, number }) => [name, number])).toEqual([
    ['rate-0.5', 1],
    ['fit#2', 2],
  ]);
  const losses = store.runs.map((run) => {
    const series = new Series(store, run.paths.get('fit.batches')!, ['loss']);
    series.grow();
    return [series.steps.toArray(), series.values.toArray()];
  });
  expect(losses).toEqual([
    [
      [1, 2, 3, 4],
      [0.5, 0.25, 0.125, 0.0625],
    ],
    [
      [1, 2, 3, 4],
      [0.75, 0.75 ** 2, 0.75 ** 3, 0.75 ** 4],
    ],
  ]);
  for (const run of store.runs) {
    const nest = new Nest();
    nest.update(run);
    expect(nest.boxes.map(({ key, paths }) => [key, paths.length])).toEqual([
      ['fit', 1],
      ['fit › batches', 1],
    ]);
    const everywhere = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
    expect(timeSpent(store, run, everywhere).map(({ path, count }) => [path, count])).toEqual([
      ['fit', 1],
      ['fit.batches', 1],
    ]);
  }
  // The same loop has the same colour in both.
  const [one, other] = store.runs.map(({ paths }) => [...paths.values()].map(({ hue }) => hue));
  expect(one).toEqual(other);
});

test('the tree has a row for each run, and one for all of them where there are many', async () => {
  const few = await held(await two());
  const roots = (store: Store) => treeAt(store, store.last, new Set()).filter(({ depth }) => depth === 0);
  expect(roots(few).map(({ actor, times }) => [actor.id, times])).toEqual([
    ['fit#1', 1],
    ['fit#2', 1],
  ]);
  const recorder = record();
  for (let at = 0; at < 9; at++) await new Fit(0.1).start({ inspect: recorder }).output;
  const many = await held(formatRecording(recorder.recording));
  expect(roots(many).map(({ actor, times }) => [actor.id, times])).toEqual([['fit#9', 9]]);
  expect(many.runs).toHaveLength(9);
});

test('of runs that a page has let go nothing stays', async () => {
  const recorder = record();
  for (let at = 0; at < 60; at++) await new Fit(0.1).start({ inspect: recorder, id: `run ${at}` }).output;
  const lines = formatRecording(recorder.recording);
  const store = new Store({ events: 100, bytes: 1e9 });
  await readLines(
    new Blob([lines]).stream(),
    (some) => {
      // As they would come in from a program, a few at a time.
      for (const line of some) store.add([line], 1);
    },
    new AbortController().signal,
  );
  for (const { paths } of store.runs) {
    expect([...paths.values()].some(({ actors }) => actors.length > 0)).toBe(true);
  }
  if (store.dropped > 0) expect(store.runs.length).toBeLessThan(60);
  expect(store.runs.at(-1)!.name).toBe('run 59');
});

test('a loop whose beginning was not seen is of the run that turns out to have run it', async () => {
  const all = (await two()).trimEnd().split('\n');
  // Without the lines that say whose the batches are.
  const kept = all.filter((line) => !(JSON.parse(line).type === 'actor' && JSON.parse(line).path === 'fit.batches'));
  const store = await held(kept.join('\n'));
  expect(store.runs.map(({ name, paths }) => [name, [...paths.keys()]])).toEqual([
    ['rate-0.5', ['fit', 'fit.batches']],
    ['fit#2', ['fit', 'fit.batches']],
  ]);
  for (const { paths } of store.runs) expect(paths.get('fit.batches')!.actors).toHaveLength(1);
});

beforeAll(begin);
afterAll(end);
afterEach(leave);

test('the page shows the run that is looked at', async () => {
  await visit({}, '');
  await openRecording(await two());
  await page.waitForSelector('.nested');
  const last = page.locator('.node', { hasText: 'batches' });
  await expect.poll(() => last.count()).toBe(2);
  await expect.poll(() => page.locator('.nested').count()).toBe(2);
});
