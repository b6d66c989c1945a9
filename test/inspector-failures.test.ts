// @module-tag page

import { Loop } from 'loopchart';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { barText } from '../inspector/drawing/flame-bars.ts';
import { Filter } from '../inspector/run/filter.ts';
import { rowWords } from '../inspector/run/row-words.ts';
import { standing } from '../inspector/run/standing.ts';
import { toldOf } from '../inspector/run/standing-in-words.ts';
import type { Store } from '../inspector/run/store.ts';
import { stackParts } from '../inspector/text/stack.ts';
import { type KnownRun, knownFrom, linesOf, recorded } from './support/known-run.ts';
import { begin, choose, end, leave, moment, openRecording, page, press, settle, visit } from './support/page.ts';

type What = 'fail' | 'caught' | 'end' | 'end itself' | 'nothing';

class Row extends Loop<void, [what: What]> {
  override state = { n: 0 };
  /** Ends the search, in whose tree this is. */
  found = (): unknown => undefined;
  get done() {
    return this.state.n >= 3;
  }
  reset() {
    this.state.n = 0;
  }
  async advance(what: What) {
    this.state.n++;
    if (this.state.n !== 2) return;
    if (what === 'end itself') throw this.end('own');
    if (what === 'end') throw this.found();
    if (what === 'fail' || what === 'caught') throw new RangeError('too steep', { cause: new TypeError('no number') });
  }
}

class File extends Loop<void, [what: What]> {
  override state = { n: 0 };
  row = new Row();
  get done() {
    return this.state.n >= 2;
  }
  reset() {
    this.state.n = 0;
  }
  async advance(what: What) {
    this.state.n++;
    await this.row.run(what);
  }
}

class Search extends Loop<void, [what: What]> {
  override state = { n: 0 };
  file = new File();
  constructor() {
    super();
    this.file.row.found = () => this.end('found it');
  }
  get done() {
    return this.state.n >= 2;
  }
  reset() {
    this.state.n = 0;
  }
  async advance(what: What) {
    this.state.n++;
    await this.file.run(what).catch((error: unknown) => {
      if (what !== 'caught') throw error;
    });
  }
}

const runThat = async (what: What): Promise<KnownRun> => knownFrom(linesOf(await recorded(new Search(), [what])));

const ALL = { path: '', type: '', text: '', regex: false, range: null };

/** The rows of the log, all that match. */
function rowsOf(store: Store, wanted: Partial<typeof ALL> = {}, opened?: ReadonlySet<number>): number[] {
  const filter = new Filter(store, { ...ALL, ...wanted }, opened);
  while (filter.search());
  return Array.from({ length: filter.length }, (_, at) => filter.row(at));
}

describe('in the log', () => {
  test('one failure is one row, which says what was thrown, its cause, and how far up it went', async () => {
    const { store } = await runThat('fail');
    const [failure, ...others] = store.failures.all.values();
    expect(others).toEqual([]);
    expect(store.actor(failure!.head)?.id).toBe('search.file.row#1');
    expect(rowWords(store, failure!.head)).toEqual({
      who: 'row#1',
      what: 'failed',
      to: 'failed',
      say: 'RangeError: too steep, caused by TypeError: no number · up to search#1',
    });
    const rows = rowsOf(store);
    expect(rows.at(-1)).toBe(failure!.head);
    expect(rows).toHaveLength(store.end - failure!.parts);
    expect(failure!.parts).toBe(store.last - failure!.head);
  });

  test('opened, it lists the events by which it went up, and each row has its index', async () => {
    const { store } = await runThat('caught');
    const heads = [...store.failures.all.keys()];
    expect(heads).toHaveLength(2);
    const opened = new Set([heads[0]!]);
    const rows = rowsOf(store, {}, opened);
    const parts = rows.filter((row) => store.failures.headOf(row) !== undefined);
    expect(parts.map((row) => [store.actor(row)?.id, store.types.list[store.type(row)]])).toEqual([
      ['search.file#1', 'loop.left'],
      ['search.file.row#1', 'xstate.stop'],
      ['search.file#1', 'loop.failed'],
      ['search#1', 'loop.left'],
      ['search.file#1', 'xstate.stop'],
    ]);
    const filter = new Filter(store, ALL, opened);
    expect(rows.map((row) => filter.upTo(row))).toEqual(rows.map((_, at) => at));
    // A row that is folded is the one that it is folded into.
    expect(filter.row(filter.upTo(heads[1]! + 2))).toBe(heads[1]);
  });

  test('a failure that was caught says by which loop', async () => {
    const { store } = await runThat('caught');
    const says = [...store.failures.all.keys()].map((head) => rowWords(store, head).say);
    expect(says).toEqual(Array(2).fill(expect.stringMatching(/ · up to file#[12], caught by search#1$/)));
  });

  test('the same message in another step is another failure', async () => {
    const { store } = await runThat('caught');
    expect([...store.failures.all.values()].map(({ top }) => top.id)).toEqual(['search.file#1', 'search.file#2']);
  });

  test('a search lists the rows that match, also those that are parts', async () => {
    const { store } = await runThat('fail');
    const types = rowsOf(store, { text: 'too steep' }).map((row) => store.types.list[store.type(row)]);
    expect(types).toEqual([
      'loop.failed',
      'loop.left',
      'loop.failed',
      'loop.left',
      'loop.failed',
      'xstate.error.actor.fail',
    ]);
  });

  test('parts whose head was let go of are rows of their own', async () => {
    const { store } = await runThat('fail');
    const [{ head }] = store.failures.all.values() as unknown as [{ head: number }];
    const range = { from: store.t(head + 1), to: store.t(store.last) };
    expect(rowsOf(store, { range } as never)).toHaveLength(store.last - head);
  });
});

describe('the end of a loop by this.end()', () => {
  const told = ({ store, contexts }: KnownRun) =>
    [...store.actors.values()].map((actor) => {
      const { phase, words, more } = toldOf(store, contexts, actor, standing(store, actor, store.last)!);
      return `${actor.id}: ${phase}, ${words}${more && `, ${more}`}`;
    });

  test('is no failure in the loops that it went through', async () => {
    const run = await runThat('end');
    expect(told(run)).toEqual([
      'search#1: ended, finished · ended',
      'search.file#1: ended, ended with search, by the end of search that was thrown in it: found it',
      'search.file.row#1: ended, ended with search, by the end of search that was thrown in it: found it',
    ]);
    const { store } = run;
    for (const actor of store.actors.values()) expect(actor.failedAt).toBe(Number.POSITIVE_INFINITY);
    const [head] = store.failures.all.keys();
    expect(rowWords(store, head!)).toEqual({
      who: 'row#1',
      what: 'ends',
      to: 'ended',
      say: 'EndLoop: search ends: found it · ends search#1',
    });
    for (let row = 0; row < store.end; row++) expect(['failed', 'aborted']).not.toContain(store.phase(row));
  });

  test('that it threw itself is told beside its state', async () => {
    expect(told(await runThat('end itself'))).toContain('search.file.row#1: ended, finished · ended');
  });
});

test('frames of what runs the loops are told from those of the program', async () => {
  const text = await recorded(new Search(), ['fail']);
  const stack: string = JSON.parse(`"${/"stack":"((?:[^"\\]|\\.)*)"/.exec(text)![1]}"`);
  const parts = stackParts(stack);
  expect(parts[0]).toMatchObject({ own: false });
  expect(parts[0]!.text).toContain('Row.advance');
  expect(parts.filter(({ own }) => own).map(({ text }) => text)).toEqual([expect.stringContaining('StepActor.')]);
  expect(parts.filter(({ own }) => !own)).toHaveLength(1);
  expect(parts.map((part) => part.text).join('\n')).toBe(stack);
  // As it is installed, in Chromium and in Firefox.
  const installed = [
    'RangeError: x',
    '    at Row.advance (file:///app/src/step/row.js:3:9)',
    '    at StepActor.#steps (file:///app/node_modules/loopchart/dist/actors/step-actor.js:169:59)',
    'advance@http://localhost/src/row.js:3:9',
    'finish@http://localhost/node_modules/.vite/deps/loopchart.js?v=1:169:59',
  ].join('\n');
  expect(stackParts(installed).map(({ own, frames }) => [own, frames])).toEqual([
    [false, 2],
    [true, 1],
    [false, 1],
    [true, 1],
  ]);
});

test('a name that does not fit into its bar is cut before the number of the run', () => {
  expect(barText('batches', ' #12', 100)).toBe('batches #12');
  expect(barText('batches', ' #12', 60)).toBe('batc…#12');
  expect(barText('batches', ' #12', 40)).toBe('#12');
  expect(barText('batches', ' #12', 20)).toBe('');
  expect(barText('batches', '', 40)).toBe('batch…');
});

describe('on the page', () => {
  beforeAll(begin);
  afterAll(end);
  afterEach(leave);

  const opened = async (what: What) => {
    await visit();
    await openRecording(await recorded(new Search(), [what]));
    await page.waitForSelector('#statechart');
  };
  const selected = () => page.locator('#log [aria-selected=true]');

  test('a failure is one row that opens, by press and by Enter, and leads to where it began', async () => {
    await opened('fail');
    const listed = async () => Number(await page.locator('#log .row').first().getAttribute('aria-setsize'));
    const count = await listed();
    const failed = page.locator('#log .row.failed');
    await expect.poll(() => failed.count()).toBe(1);
    // The last event is folded into it.
    await expect.poll(() => selected().innerText()).toContain('RangeError: too steep, caused by TypeError: no number');
    await failed.getByText('7 more').click();
    await settle();
    await expect.poll(() => listed()).toBe(count + 7);
    await page.focus('#log');
    await press('ArrowUp', 'ArrowUp', 'ArrowUp', 'ArrowUp', 'ArrowUp', 'ArrowUp', 'ArrowUp', 'Enter');
    await expect.poll(() => listed()).toBe(count);
    const last = await moment();
    await press('l');
    await choose('search');
    await page.getByRole('button', { name: 'began in row#1 at step 2' }).click();
    await settle();
    await expect.poll(() => page.locator('.state .who').getAttribute('title')).toBe('search.file.row#1');
    await press('l');
    await failed.click();
    await expect.poll(() => page.locator('.state .who').getAttribute('title')).toBe('search.file.row#1');
    await expect.poll(() => moment()).toBeLessThanOrEqual(last);
    // Its stack begins with the program's own frames; the others are a line until they are wanted.
    await expect.poll(() => page.innerText('.state .stack')).toContain('Row.advance');
    await expect.poll(() => page.innerText('.state .stack')).not.toContain('StepActor.');
    await page
      .locator('.state .stack')
      .first()
      .getByRole('button', { name: /frames of loopchart/ })
      .click();
    await expect.poll(() => page.innerText('.state .stack')).toContain('StepActor.');
  });

  test('an end is nowhere red', async () => {
    await opened('end');
    await expect.poll(() => page.innerText('.verdict')).toMatch(/search was ended[\s\S]*found it/);
    await expect
      .poll(() => page.locator('.row.failed, .node.failed, .node.aborted, .mark.failed, .mark.aborted').count())
      .toBe(0);
    await expect.poll(() => page.innerText('#tree')).toContain('ended with search');
    await press('0');
    await expect.poll(() => page.locator('.nested.failed, .nested.aborted').count()).toBe(0);
  });

  test('drawing over the text of a row, to copy it, leaves the moment where it is', async () => {
    await opened('nothing');
    const before = await moment();
    const { x, y, height } = (await page.locator('#log .row').nth(2).locator('.what').boundingBox())!;
    await page.mouse.move(x + 1, y + height / 2);
    await page.mouse.down();
    await page.mouse.move(x + 40, y + height / 2, { steps: 4 });
    await page.mouse.up();
    await settle();
    await expect.poll(() => page.evaluate(() => String(getSelection()))).not.toBe('');
    await expect.poll(() => moment()).toBe(before);
    await page.locator('#log .row').nth(2).click();
    await expect.poll(() => moment()).toBeLessThan(before);
  });
});
