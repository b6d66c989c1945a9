// @module-tag page

import { formatRecording, Loop, record } from 'loopchart';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { recordingText, synthetic } from '../inspector/dev/synthetic.ts';
import { recordingLines } from '../inspector/export/recording.ts';
import type { Line } from '../inspector/lines/line.ts';
import { Row } from '../inspector/lines/row.ts';
import { Contexts } from '../inspector/run/contexts.ts';
import { standing } from '../inspector/run/standing.ts';
import { toldOf } from '../inspector/run/standing-in-words.ts';
import { Store } from '../inspector/run/store.ts';
import { chart } from '../inspector/run/transition.ts';
import { type Reading, readLines } from '../inspector/sources/jsonl.ts';
import type { Taken } from '../inspector/sources/source.ts';
import {
  begin,
  choose,
  end,
  leave,
  openRecording,
  page,
  press,
  scrub,
  settle,
  shown,
  site,
  visit,
} from './support/page.ts';

beforeAll(begin, 60_000);
afterAll(end);
afterEach(leave);

const textOf = (lines: readonly unknown[]) => lines.map((line) => `${JSON.stringify(line)}\n`).join('');

/** What the page reads of a text: what it is told of it, the lines, and all that they make. */
async function read(text: string, wanted?: number): Promise<{ reading: Reading; lines: Line[]; store: Store }> {
  const taken: Taken[] = [];
  const take = (more: readonly Taken[]) => void taken.push(...more);
  const reading = await readLines(new Blob([text]).stream(), take, new AbortController().signal, {
    which: wanted ?? 1,
  });
  const store = new Store({ events: 1e6, bytes: 1e9 });
  store.add(taken, 1);
  store.goesOn.value = false;
  return { reading, lines: taken.map((line) => (line instanceof Row ? line.line : line)), store };
}

/** How a loop stands at the end of what was read, in words. */
function wordsOf(store: Store, id: string): string {
  const actor = store.actors.get(id)!;
  const { words, more } = toldOf(store, new Contexts(store, chart), actor, standing(store, actor, store.last)!);
  return more ? `${words} ${more}` : words;
}

const laggedIn = (lines: readonly Line[]) =>
  lines.flatMap((line) => (line.type === 'lagged' ? [[line.why, line.from, line.to, line.count]] : []));

class Steps extends Loop {
  override state = { n: 0 };
  readonly #until: number;
  failsAt = Number.NaN;
  constructor(until: number) {
    super();
    this.#until = until;
  }
  get done(): boolean {
    return this.state.n >= this.#until;
  }
  reset(): void {
    this.state.n = 0;
  }
  async advance(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve));
    if (this.state.n === this.failsAt) throw new Error('no more rows');
    this.state.n++;
  }
}

class Middle extends Loop {
  override state = { got: false };
  readonly inner: Steps = new Steps(100_000);
  get done(): boolean {
    return this.state.got;
  }
  reset(): void {}
  async advance(): Promise<void> {
    await this.inner.run();
    this.state.got = true;
  }
}

class Both extends Loop {
  override state = { got: false };
  readonly a: Middle = new Middle();
  readonly b: Steps = new Steps(100_000);
  get done(): boolean {
    return this.state.got;
  }
  reset(): void {}
  async advance(): Promise<void> {
    await Promise.all([this.a.run(), this.b.run()]);
    this.state.got = true;
  }
}

/** The lines of a run that something ends while both of its children are in a step. */
async function ended(how: (run: ReturnType<Both['start']>) => unknown, failsAt?: number): Promise<any[]> {
  const loop = new Both();
  if (failsAt !== undefined) loop.b.failsAt = failsAt;
  const recorder = record();
  const run = loop.start({ inspect: recorder });
  const outcome = run.outcome.catch(() => {});
  while (loop.a.inner.state.n < 3) await new Promise((resolve) => setTimeout(resolve));
  await how(run);
  await outcome;
  // The stops of the actors below come after it.
  await new Promise((resolve) => setTimeout(resolve, 5));
  return recorder.recording;
}

test('lines that are missing stand in their place as a line that says so, however many places there are', async () => {
  const lines = [...synthetic({ epochs: 2, batches: 6 })];
  const { reading, lines: got } = await read(
    textOf([...lines.slice(0, 20), ...lines.slice(30, 40), ...lines.slice(41)]),
  );
  expect(reading).toMatchObject({ missing: 11, recordings: 1, bad: 0, misplaced: 0 });
  expect(laggedIn(got)).toEqual([
    ['missing', 21, 30, 10],
    ['missing', 41, 41, 1],
  ]);
});

test('a line that cannot be read is not missing as well', async () => {
  const lines = [...synthetic({ epochs: 2, batches: 6 })].map((line) => JSON.stringify(line));
  const { reading, lines: got } = await read([...lines.slice(0, 20), 'oops', '{}', ...lines.slice(25)].join('\n'));
  expect(reading).toMatchObject({ bad: 2, missing: 3, firstFault: 'line 21: it is not JSON' });
  expect(laggedIn(got)).toEqual([
    ['unreadable', 21, 22, 2],
    ['missing', 23, 25, 3],
  ]);
  // A line too many is in nobody's place.
  const more = await read([...lines.slice(0, 20), 'oops', ...lines.slice(20)].join('\n'));
  expect(more.reading).toMatchObject({ bad: 1, missing: 0, lines: lines.length });
});

test('what a recording tells of missing lines itself is not told again', async () => {
  const lines = [...synthetic({ epochs: 3, batches: 6 })];
  const at = (id: string): any => lines.find((line) => line.type === 'actor' && line.id === id);
  // As a program tells a page that comes when most is held no more: how each loop stood, under the number of its last line.
  const late = [
    { ...at('fit#1'), seq: 38, value: 'advancing', late: true },
    { type: 'lagged', seq: 39, t: 0, from: 3, to: 39, count: 36, why: 'dropped' },
    { ...at('fit.epoch#2'), seq: 40, value: 'advancing', late: true },
  ];
  const whole = await read(textOf([...lines.slice(0, 2), ...late, ...lines.slice(40)]));
  expect(whole.reading).toMatchObject({ missing: 0, misplaced: 0, recordings: 1 });
  expect(whole.store.lagged).toEqual(new Map([['dropped', 36]]));
});

test('a recording that was saved by the page is read as it was, with what was missing in it', async () => {
  const lines = [...synthetic({ epochs: 60, batches: 60 })];
  const bounded = new Store({ events: 4000, bytes: 1e9 });
  const { lines: gapped } = await read(textOf([...lines.slice(0, 5000), ...lines.slice(5100)]));
  for (let from = 0; from < gapped.length; from += 500) bounded.add(gapped.slice(from, from + 500), 1);
  expect(bounded.dropped).toBeGreaterThan(0);
  let text = '';
  for await (const portion of recordingLines(bounded, new Contexts(bounded, chart))) text += portion;
  const again = await read(text);
  expect(again.reading).toMatchObject({ missing: 0, misplaced: 0, bad: 0, recordings: 1 });
  expect(again.store.lagged).toEqual(bounded.lagged);
  expect(again.store.unseen).toBeGreaterThan(1000);
});

test('of recordings that lie one behind the other, one is read and the others are counted', async () => {
  const [one, two] = [recordingText({ epochs: 2, batches: 3 }), recordingText({ epochs: 1, batches: 2, seed: 3 })];
  const count = (text: string) => text.trimEnd().split('\n').length;
  const first = await read(one + two + one);
  expect(first.reading).toMatchObject({ recordings: 3, missing: 0, misplaced: 0, lines: count(one) });
  const second = await read(one + two + one, 2);
  expect(second.reading).toMatchObject({ recordings: 3, lines: count(two) });
  expect(second.store.runId).toBe('synthetic-3');
  // The first one was cut off in a line, which the head of the second is stuck to.
  const stuck = await read(one.slice(0, -20) + two);
  expect(stuck.reading).toMatchObject({ recordings: 2, bad: 1, lines: count(one) - 1 });
  // As the library writes them.
  const recorded = async () => {
    const recorder = record();
    await new Steps(4).start({ inspect: recorder }).outcome;
    return formatRecording(recorder.recording);
  };
  const own = await recorded();
  await expect
    .poll(async () => (await read(own)).reading)
    .toMatchObject({ recordings: 1, missing: 0, lines: count(own) });
  await expect
    .poll(async () => (await read(own + (await recorded()))).reading)
    .toMatchObject({ recordings: 2, lines: count(own) });
});

test('a line that is there twice, or later than it belongs, is left out and counted', async () => {
  const lines = [...synthetic({ epochs: 2, batches: 6 })];
  const { reading, store } = await read(textOf([...lines.slice(0, 30), lines[24], lines[29], ...lines.slice(30)]));
  expect(reading).toMatchObject({ misplaced: 2, firstMisplaced: 31, missing: 0, lines: lines.length });
  expect(store.actors.get('fit#1')!.steps).toBe(2);
});

test('loops below one that was aborted, has failed or was suspended have ended with it', async () => {
  const aborted = await read(textOf(await ended((run) => run.abort(new Error('enough')))));
  expect(wordsOf(aborted.store, 'both#1')).toBe('aborted');
  for (const id of ['both.a#1', 'both.a.inner#1', 'both.b#1'])
    expect(wordsOf(aborted.store, id)).toBe('ended with both when both#1 was aborted');

  const failed = await read(textOf(await ended(() => {}, 5)));
  expect(wordsOf(failed.store, 'both.b#1')).toBe('failed');
  for (const id of ['both.a#1', 'both.a.inner#1'])
    expect(wordsOf(failed.store, id)).toBe('ended with both when both#1 failed');

  const suspended = await read(textOf(await ended((run) => run.suspend())));
  expect(wordsOf(suspended.store, 'both#1')).toContain('stopped from outside: its run was suspended');
  expect(wordsOf(suspended.store, 'both.a.inner#1')).toBe('ended with both when both#1 was stopped');
});

test('that holds as well where the lines of their own ends are missing', async () => {
  const lines = await ended((run) => run.abort());
  const { store } = await read(textOf(lines.filter(({ event }) => event?.type !== 'xstate.stop')));
  for (const id of ['both.a#1', 'both.a.inner#1', 'both.b#1'])
    expect(wordsOf(store, id)).toBe('ended with both when both#1 was aborted');
  expect([...store.actors.values()].map(({ ended: is }) => is)).toEqual([true, true, true, true]);
});

test('a loop whose end is missing has ended when the one above is told so, or when it runs anew', () => {
  const without = (...left: ((line: any) => boolean)[]) => {
    const store = new Store({ events: 1e6, bytes: 1e9 });
    const lines = [...synthetic({ epochs: 2, batches: 4 })].filter((line) => !left.some((test) => test(line)));
    store.add(lines, 1);
    return { store, at: (test: (line: any) => boolean) => lines.findIndex(test) };
  };
  const isEnd = ({ id, value }: any) => id === 'fit.epoch.batches#1' && value === 'finished';
  const tells = ({ event }: any) => event?.type === 'loop.ended';
  const begins = ({ type, id }: any) => type === 'actor' && id === 'fit.epoch#2';
  const told = without(isEnd);
  expect(told.store.actors.get('fit.epoch.batches#1')!.endRow).toBe(told.at(tells));
  expect(wordsOf(told.store, 'fit.epoch.batches#1')).toMatch(/^ended/);
  const epochEnds = ({ id, value }: any) => id === 'fit.epoch#1' && value === 'finished';
  const anew = without(isEnd, tells, epochEnds);
  expect(anew.store.actors.get('fit.epoch.batches#1')!.endRow).toBe(anew.at(begins));
  expect(anew.store.actors.get('fit.epoch#1')!.endRow).toBe(anew.at(begins));
});

test('a loop whose beginning is missing belongs to the one that is told of its end', async () => {
  const lines = [...synthetic({ epochs: 2, batches: 8 })];
  // From the middle of the first epoch to the middle of the second.
  const cut = lines.findIndex((line: any) => line.type === 'actor' && line.id === 'fit.epoch.batches#2') + 6;
  const { store } = await read(textOf([...lines.slice(0, 20), ...lines.slice(cut)]));
  expect(store.actors.get('fit.epoch.batches#2')!.parent!.id).toBe('fit.epoch#2');
  // The first epoch has ended somewhere in what is missing.
  expect(store.actors.get('fit.epoch#1')!.endRow).toBe(20);
});

test('a loop that goes on after it was taken to have ended runs', () => {
  const store = new Store({ events: 1e6, bytes: 1e9 });
  const lines: any[] = [...synthetic({ epochs: 1, batches: 4 })];
  const early = lines.findIndex(({ event }) => event?.type === 'loop.advanced');
  const ends = lines.find(({ id, value }) => id === 'fit.epoch#1' && value === 'finished');
  store.add([...lines.slice(0, early), { ...ends, seq: lines[early].seq }], 1);
  const batches = store.actors.get('fit.epoch.batches#1')!;
  expect(standing(store, batches, store.last)!.phase).toBe('stopped');
  store.add([{ ...lines[early], seq: lines[early].seq + 1 }], 1);
  expect(standing(store, batches, store.last)!.phase).toBe('running');
});

test('how often a loop has stepped is a least number from where lines are missing to where it says so itself', async () => {
  const lines: any[] = [...synthetic({ epochs: 1, batches: 20 })];
  const last = lines.findLastIndex(({ id, value }) => id === 'fit.epoch.batches#1' && value === 'finished');
  lines[last] = { ...lines[last], context: { steps: 20 } };
  const { store } = await read(textOf([...lines.slice(0, 25), ...lines.slice(30)]));
  const actor = store.actors.get('fit.epoch.batches#1')!;
  const gap = store.gaps.row(0);
  const end = actor.rows.row(actor.rows.length - 1);
  expect([gap - 1, gap, end - 1, end].map((row) => store.isVague(actor, row))).toEqual([false, true, true, false]);
  expect(actor.steps).toBe(20);
});

test('a recording of which every other line is missing is read, and each gap has its place', async () => {
  const half = (epochs: number) =>
    [...synthetic({ epochs, batches: 2, validation: 1 })].filter((_, at) => at % 2 === 0);
  const { store, reading } = await read(textOf(half(2000)));
  expect(store.gaps.length).toBe(reading.missing);
  expect(reading.missing).toBeGreaterThan(20_000);
});

test('that lines are missing takes no time: what came after them is not moved to when it was told', () => {
  const lines: any[] = [...synthetic({ epochs: 2, batches: 6 })];
  const store = new Store({ events: 1e6, bytes: 1e9 });
  const told = { type: 'lagged', seq: 30, t: lines[29].t + 1e6, from: 21, to: 30, count: 10, why: 'dropped' };
  store.add([...lines.slice(0, 20), told, ...lines.slice(30)] as Line[], 1);
  expect(store.t(20)).toBe(lines[19].t);
  expect(store.t(store.last)).toBe(lines.at(-1).t);
});

const rowsOfTree = () => page.locator('[role=treeitem]').allInnerTexts();
const notices = () => page.locator('.notice').allInnerTexts();

test('missing lines are told above the views, in the log and in the tree', async () => {
  const lines = [...synthetic({ epochs: 3, batches: 12 })];
  await visit();
  await openRecording(textOf([...lines.slice(0, 30), ...lines.slice(60)]));
  await expect.poll(notices).toEqual(['30 lines are missing: what stood there is not shown.']);
  await expect.poll(() => shown('.limits')).toBe('30 missing in the recording');
  await expect.poll(async () => (await rowsOfTree())[0]).toContain('≥');
  await scrub('29');
  await expect.poll(() => page.innerText('#log')).toContain('30 lines missing in the recording');
  await expect.poll(async () => (await rowsOfTree())[0]).not.toContain('≥');
});

test('a recording that stops shows as unknown what had not ended, at its end and nowhere else', async () => {
  const lines = recordingText({ epochs: 3, batches: 12 }).split('\n');
  await visit();
  await openRecording(`${lines.slice(0, 45).join('\n')}\n${lines[45]!.slice(0, 30)}`);
  await expect
    .poll(notices)
    .toEqual([expect.stringMatching(/^The last line was cut off: .* The recording stops before its run ends: /)]);
  for (const row of await rowsOfTree()) expect(row).toContain('unknown');
  await page.waitForSelector('#statechart');
  await expect
    .poll(() => page.innerText('.why'))
    .toMatch(/^\s*unknown as nothing more was seen of it; last seen advancing/);
  await expect
    .poll(() => page.locator('#statechart').getAttribute('aria-label'))
    .toBe('Statechart, last seen advancing');
  await expect.poll(() => page.locator('.state header').first().innerText()).toContain('unknown');
  await expect.poll(() => page.locator('.mark.running').count()).toBe(0);
  await press('ArrowLeft');
  await expect.poll(async () => (await rowsOfTree()).join()).not.toContain('unknown');
  await expect.poll(() => page.innerText('.why')).toMatch(/^\s*advancing because/);
  await press('End');
  await expect.poll(async () => (await rowsOfTree()).join()).toContain('unknown');
});

test('two recordings in one file are shown one at a time', async () => {
  const two = recordingText({ epochs: 1, batches: 2, seed: 3 });
  await visit();
  await openRecording(recordingText({ epochs: 3, batches: 5 }) + two, 'both.jsonl');
  await expect
    .poll(notices)
    .toEqual([expect.stringMatching(/^This file holds 2 recordings, .* Recording 1 is shown\. Show recording 2$/)]);
  await expect.poll(() => page.innerText('#tree')).toContain('× 3');
  await page.getByRole('button', { name: 'Show recording 2' }).click();
  await expect.poll(() => shown('#log-count')).toBe(String(two.trimEnd().split('\n').length));
  await expect.poll(async () => (await notices())[0]).toContain('Recording 2 is shown. Show recording 1');
  await expect.poll(() => page.innerText('#tree')).not.toContain('× 3');
  await expect.poll(() => page.locator('.source').innerText()).toBe('both.jsonl, recording 2');
});

test('a recording without a loop says so', async () => {
  await visit();
  await openRecording(recordingText({ epochs: 1, batches: 1 }).split('\n').slice(0, 2).join('\n'), 'head.jsonl');
  await expect
    .poll(() => page.locator('[role=alert]').allInnerTexts())
    .toEqual([expect.stringMatching(/^Expected head\.jsonl to hold a loop, but it holds none\. .* open another/)]);
});

test('a run whose program answers no more is unknown until it does again', async () => {
  const lines = [...synthetic({ epochs: 2, batches: 8 })].slice(0, 24);
  await visit();
  let hang: (() => void) | undefined;
  let answers = true;
  await page.routeWebSocket(/\/ws/, (socket) => {
    if (!answers) {
      void socket.close();
      return;
    }
    const hello = { type: 'hello', protocol: 1, runId: 'r', firstSeq: 1, lastSeq: 24, gap: false, readonly: false };
    socket.send(JSON.stringify([hello]));
    socket.send(JSON.stringify(lines));
    hang = () => void socket.close();
  });
  await page.goto(`${site}#token=secret&pane=chart`);
  await page.waitForSelector('#statechart');
  await choose('batches');
  const last = async () => (await rowsOfTree()).at(-1);
  await expect.poll(() => last()).toContain('advancing');
  await expect.poll(() => page.locator('button.live').innerText()).toContain('live');
  answers = false;
  hang!();
  await expect.poll(last).toContain('unknown');
  await expect.poll(() => page.locator('button.live').innerText()).toContain('end');
  await expect.poll(async () => (await rowsOfTree()).join()).not.toContain('advancing');
  answers = true;
  await expect.poll(last).toContain('advancing');
  await settle();
  await expect.poll(() => page.locator('button.live').innerText()).toContain('live');
});
