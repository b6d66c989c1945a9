// @module-tag page

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { recordingText } from '../inspector/dev/synthetic.ts';
import { Floats } from '../inspector/run/floats.ts';
import { foldedPath, patternOf } from '../inspector/run/number-name.ts';
import { Numbers } from '../inspector/run/numbers.ts';
import { outline } from '../inspector/run/outline.ts';
import { Store } from '../inspector/run/store.ts';
import { readLines } from '../inspector/sources/jsonl.ts';
import { begin, end, leave, openRecording, page, press, settle, shown, visit } from './support/page.ts';
import { recorded, Sweep, Trial } from './support/sweep.ts';

beforeAll(begin);
afterAll(end);
afterEach(leave);

async function held(text: string): Promise<Store> {
  const store = new Store({ events: 1e6, bytes: 1e9 });
  await readLines(new Blob([text]).stream(), (lines) => store.add(lines, 1), new AbortController().signal);
  return store;
}

async function openCharts(text: string): Promise<void> {
  await visit({}, '#pane=plots');
  await openRecording(text);
  await page.waitForSelector('.u-over');
  await settle();
}
const titles = () => page.locator('.card h3').allInnerTexts();
const card = (title: string) => page.getByRole('article', { name: title, exact: true });
const menu = async (title: string, item: string | RegExp) => {
  await page.locator('.card summary', { hasText: `Options of ${title}` }).click();
  await card(title).getByRole('button', { name: item }).click();
};

test('a pattern means what its words say, from any loop or key on, to the end of the name', () => {
  const means = (pattern: string, path: string, ...keys: string[]) => patternOf(pattern)(path, keys);
  expect(means('*.loss', 'fit.epoch.batches', 'loss')).toBe(true);
  expect(means('loss', 'fit.epoch.batches', 'loss')).toBe(true);
  expect(means('oss', 'fit.epoch.batches', 'loss')).toBe(false);
  expect(means('loss', 'fit', 'loss', 'mean')).toBe(false);
  expect(means('trials.*.loss', 'sweep.trials.17', 'loss')).toBe(true);
  expect(means('trials.*.loss', 'sweep.trials.17.epoch', 'loss')).toBe(true);
  expect(means('trials.1*.loss', 'sweep.trials.21', 'loss')).toBe(false);
  expect(means('trials[] · loss', 'sweep.trials.21', 'loss')).toBe(true);
  expect(means('trials[] · loss', 'sweep.trials.21.epoch', 'loss')).toBe(false);
  expect(means('batch · loss', 'fit.batch', 'loss')).toBe(true);
  expect(means('batch·loss', 'fit.batch', 'loss')).toBe(true);
  expect(means('batch · loss', 'fit', 'batch', 'loss')).toBe(false);
  expect(means('LOSS', 'fit', 'loss')).toBe(true);
  // What has a meaning elsewhere is a letter here.
  expect(means('a+(b)', 'fit', 'a+(b)')).toBe(true);
  expect(means('l.ss', 'fit', 'loss')).toBe(false);
  expect(means('  ', 'fit', 'loss')).toBe(false);
  // However many stars there are, it is told at once.
  expect(means(`${'*a'.repeat(100)}b`, `x.${'a'.repeat(5000)}`, 'loss')).toBe(false);
});

test('the loops of an array have one name', () => {
  expect(foldedPath('sweep.trials.3')).toBe('sweep.trials[]');
  expect(foldedPath('sweep.trials.3.epoch.folds.1.2')).toBe('sweep.trials[].epoch.folds[]');
  expect(foldedPath('fit.layer2.3d')).toBe('fit.layer2.3d');
});

test('a long line is drawn with every peak and dip of it, and wherever it is not finite', () => {
  const values = new Floats();
  for (let at = 0; at < 10_000; at++) values.push(Math.sin(at / 300) * (at % 7));
  const odd = [4000, 4001, 9999];
  const peaks = [[17, 1000] as const, [7777, -2000] as const];
  const list = values.toArray();
  for (const at of odd) list[at] = Number.NaN;
  for (const [at, value] of peaks) list[at] = value;
  const changed = new Floats();
  for (const value of [1, 2, ...list]) changed.push(value);
  changed.drop(2);
  expect(changed.toArray()).toEqual(list);
  const kept = outline(changed, 0, changed.length, 200);
  expect(kept.length).toBeLessThanOrEqual(600);
  expect(kept).toEqual([...new Set(kept)].sort((a, b) => a - b));
  for (const at of [17, 7777, 4000, 9999]) expect(kept).toContain(at);
  expect(outline(changed, 5, 9, 200)).toEqual([5, 6, 7, 8]);
  expect(outline(changed, 9, 5, 200)).toEqual([]);
});

test('losses are offered first, counts and what stands still are not, and an array of loops is one number', async () => {
  const store = await held(recordingText({ epochs: 3, batches: 8, validation: 4 }));
  const numbers = new Numbers(store);
  const [run] = store.runs;
  // Two loops at a time, until that was all.
  while (!numbers.look(run!.paths.values(), 2));
  const told = Object.fromEntries(numbers.all.map(({ name, kind }) => [name, kind]));
  expect(told).toMatchObject({
    'fit.epoch.batches · loss': 'loss',
    'fit.epoch.validate · loss': 'loss',
    'fit.epoch.batches · accuracy': 'measure',
    'fit · best': 'measure',
    'fit.epoch.batches · total': 'count',
    'fit.epoch · epoch': 'count',
    'fit · epochs': 'count',
  });
  expect(numbers.all.slice(0, 2).map(({ kind }) => kind)).toEqual(['loss', 'loss']);
  expect(numbers.all.at(-1)!.kind).toBe('count');

  const sweep = await held(await recorded(new Sweep({ trials: 5, steps: 6 })));
  const others = new Numbers(sweep);
  expect(others.look(sweep.runs[0]!.paths.values(), 100)).toBe(true);
  const kinds = others.all.map(({ name, kind, paths }) => [name, kind, paths.length]);
  expect(kinds).toEqual([
    ['sweep.trials[] · loss', 'loss', 5],
    ['sweep.trials[] · depth.weight', 'measure', 5],
    ['sweep.trials[] · total', 'count', 5],
    ['sweep.trials[] · seen', 'count', 5],
  ]);
});

test('charts are small and each has its own axis; together they share one, and can be split again', async () => {
  await openCharts(recordingText({ epochs: 3, batches: 8, validation: 4 }));
  await expect.poll(async () => (await titles()).slice(0, 2)).toEqual(['batches · loss', 'validate · loss']);
  const before = (await titles()).length;
  await page.getByLabel('Choose fit.epoch.batches · loss').check();
  await page.getByLabel('Choose fit.epoch.validate · loss').check();
  await page.getByRole('button', { name: 'together (2)' }).click();
  await expect.poll(async () => (await titles())[0]).toBe('batches · loss, validate · loss');
  await expect.poll(async () => (await titles()).length).toBe(before - 1);
  const both = 'fit.epoch.batches · loss, fit.epoch.validate · loss';
  await expect.poll(() => card(both).locator('.legend li').allInnerTexts()).toEqual(['batches loss', 'validate loss']);
  await menu(both, 'split into 2 charts');
  await expect.poll(async () => (await titles()).slice(0, 2)).toEqual(['batches · loss', 'validate · loss']);
  await menu('fit.epoch.batches · loss', 'close');
  await expect.poll(() => titles()).not.toContain('batches · loss');
  await expect
    .poll(() => page.locator('.pick', { hasText: 'batchesloss' }).getByRole('checkbox').isChecked())
    .toBe(false);
  await page.locator('.pick', { hasText: 'batchesloss' }).getByRole('checkbox').check();
  await expect.poll(async () => (await titles())[0]).toBe('batches · loss');
});

test('smoothing and the logarithmic scale are of one chart, and off at first', async () => {
  await openCharts(recordingText({ epochs: 3, batches: 8, validation: 4 }));
  await page.locator('.card summary', { hasText: 'Options of fit.epoch.batches · loss' }).click();
  const smooth = card('fit.epoch.batches · loss').getByRole('slider');
  await expect.poll(() => smooth.inputValue()).toBe('0');
  await smooth.fill('0.9');
  await card('fit.epoch.batches · loss').getByLabel('log scale').check();
  await press('Escape');
  await page.locator('.card summary', { hasText: 'Options of fit.epoch.validate · loss' }).click();
  await expect.poll(() => card('fit.epoch.validate · loss').getByRole('slider').inputValue()).toBe('0');
  await expect.poll(() => card('fit.epoch.validate · loss').getByLabel('log scale').isChecked()).toBe(false);
});

test('a pattern plots all that it means in one chart, a line for each loop of an array', async () => {
  await openCharts(await recorded(new Sweep({ trials: 12, steps: 6, steep: 9 })));
  const field = page.getByLabel(/^Search the numbers/);
  await field.fill('trials.1*.loss');
  await expect.poll(() => page.locator('.pick').allInnerTexts()).toEqual([expect.stringContaining('loss')]);
  await field.press('Enter');
  // Trials 1, 10 and 11.
  await expect.poll(async () => (await titles())[0]).toBe('trials.1*.loss');
  await expect.poll(() => card('trials.1*.loss').locator('.legend li').allInnerTexts()).toEqual(['#1', '#10', '#11']);
  const all = card('sweep.trials[] · loss');
  await expect.poll(() => all.locator('footer').innerText()).toContain('12 lines');
  await all.getByRole('button', { name: /^12 lines/ }).click();
  await expect.poll(() => all.locator('.legend li').count()).toBe(12);
  await menu('sweep.trials[] · loss', 'split into 12 charts');
  await expect.poll(() => titles()).toEqual(expect.arrayContaining(['trials.0 · loss', 'trials.11 · loss']));
  await field.fill('nothing');
  await expect.poll(() => page.locator('.picks form button').isDisabled()).toBe(true);
});

test('where a number is not finite, its chart says so, and leads to the first such step', async () => {
  await openCharts(await recorded(new Sweep({ trials: 12, steps: 6, steep: 9 })));
  const link = card('sweep.trials[] · loss').getByRole('button', { name: /first at step/ });
  await expect.poll(() => link.innerText()).toBe('NaN, first at step 3 (3 of 12 lines)');
  await link.click();
  await settle();
  await expect.poll(() => page.innerText('#state')).toMatch(/seen\s*3/);
  await expect.poll(() => page.innerText('.state')).toMatch(/trials\.(9|10|11)/);
});

test('runs of the same loop are lines of one chart, each in the colour of its run', async () => {
  await openCharts(await recorded(new Trial(0.5, 6), new Trial(0.25, 6), new Trial(0.125, 6)));
  const legend = card('trial · loss').locator('.legend li');
  await expect.poll(() => legend.allInnerTexts()).toEqual(['trial#1', 'trial#2', 'trial#3']);
  const hues = await legend.locator('.swatch').evaluateAll((all) => all.map((one) => getComputedStyle(one).color));
  expect(new Set(hues).size).toBe(3);
  await legend.nth(0).getByRole('button').click();
  await settle();
  await expect.poll(() => shown('.state .tools')).toContain('trial#1');
  // A click goes to the line that is next to the pointer: the lowest is the one that learns fastest.
  await legend.nth(2).getByRole('button').click();
  const { x, y, width, height } = (await card('trial · loss').locator('.u-over').boundingBox())!;
  await page.mouse.click(x + width * 0.5, y + height - 2);
  await settle();
  await expect.poll(() => page.innerText('.state .tools')).toContain('trial#1');
});

test('runs that are compared are lines of one chart, also those of another recording, and lead there', async () => {
  await visit({}, '#pane=plots');
  await openRecording(await recorded(new Trial(0.5, 6)), 'steep.jsonl');
  await page.waitForSelector('.u-over');
  await openRecording(await recorded(new Trial(0.25, 9)), 'flat.jsonl');
  await page.getByRole('tab', { name: 'runs' }).click();
  await page.getByLabel('Compare steep').check();
  await page.getByLabel('Compare flat').check();
  await page.getByRole('tab', { name: 'plots' }).click();
  const legend = card('trial · loss').locator('.legend li');
  await expect.poll(() => legend.allInnerTexts()).toEqual(['steep', 'flat']);
  // A chart is as high as the names of its lines need, and lies on no other.
  await page.getByLabel(/^Search the numbers/).fill('*');
  await press('Enter');
  const whole = card('*');
  await whole.getByRole('button', { name: / lines/ }).click();
  const foot = (await whole.locator('footer').boundingBox())!;
  const box = (await whole.boundingBox())!;
  expect(foot.y + foot.height).toBeLessThanOrEqual(box.y + box.height + 1);
  const state = () => page.innerText('#state');
  await legend.nth(0).getByRole('button').click();
  await expect.poll(state).toMatch(/seen\s*6/);
  await legend.nth(1).getByRole('button').click();
  await expect.poll(state).toMatch(/seen\s*9/);
});

test('only charts in sight are drawn', async () => {
  await openCharts(await recorded(new Sweep({ trials: 40, steps: 4 })));
  await menu('sweep.trials[] · loss', 'split into 40 charts');
  await settle();
  await expect.poll(() => page.locator('.card').count()).toBe(41);
  await expect.poll(() => page.locator('.card canvas').count()).toSatisfy((count: number) => count > 1 && count < 20);
  await card('sweep.trials.39 · loss').scrollIntoViewIfNeeded();
  await expect.poll(() => card('sweep.trials.39 · loss').locator('canvas').count()).toBe(1);
});
