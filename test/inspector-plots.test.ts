// @module-tag page

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { recordingText, synthetic } from '../inspector/dev/synthetic.ts';
import { logTicks, tick, ticks } from '../inspector/drawing/axis-ticks.ts';
import { Series } from '../inspector/run/series.ts';
import { Store } from '../inspector/run/store.ts';
import { begin, end, leave, moment, openRecording, page, press, settle, shown, visit } from './support/page.ts';

beforeAll(begin);
afterAll(end);
afterEach(leave);

const openPlot = async (text: string) => {
  await visit();
  await openRecording(text);
  await page.waitForSelector('#statechart');
  await press('4');
  await page.waitForSelector('.u-over');
  await settle();
};
/** The field of the first chart. */
const overBox = async () => (await page.locator('.u-over').first().boundingBox())!;
const count = async () => Number((await shown('#log-count'))!.replace(/,/g, ''));

for (const axis of ['step', 'time', 'clock']) {
  test(`dragging over a plot whose axis is ${axis} selects that time for the log too, until Esc`, async () => {
    await openPlot(recordingText({ epochs: 6, batches: 40 }));
    await page.getByLabel('X axis').selectOption(axis);
    await settle();
    const [all, now] = [await count(), await moment()];
    const { x, y, width, height } = await overBox();
    await page.mouse.move(x + width * 0.2, y + height / 2);
    await page.mouse.down();
    await page.mouse.move(x + width * 0.4, y + height / 2, { steps: 4 });
    await page.mouse.up();
    await expect.poll(count).toSatisfy((left: number) => left > all / 10 && left < all / 3);
    // It is no click: the moment stays.
    await expect.poll(() => moment()).toBe(now);
    const chip = page.locator('.plots .chip');
    await expect.poll(() => chip.innerText()).toContain('selected');
    // What is left of it on the plot would be under the next drag.
    await expect
      .poll(() =>
        page
          .locator('.u-select')
          .first()
          .evaluate((element) => element.clientWidth),
      )
      .toBe(0);
    await press('Escape');
    await expect.poll(count).toBe(all);
    await expect.poll(() => chip.count()).toBe(0);
  });
}

test('a click in a plot goes to the step there, even by a hand that trembles', async () => {
  await openPlot(recordingText({ epochs: 6, batches: 40 }));
  const now = await moment();
  const { x, y, width, height } = await overBox();
  await page.mouse.click(x + width * 0.75, y + height / 2);
  await expect.poll(moment).toBeLessThan(now);
  const there = await moment();
  await page.mouse.move(x + width * 0.25, y + height / 2);
  await page.mouse.down();
  await page.mouse.move(x + width * 0.25 + 2, y + height / 2);
  await page.mouse.up();
  await expect.poll(moment).toBeLessThan(there);
  await expect.poll(() => page.locator('.plots .chip').count()).toBe(0);
});

test('a chart says its value at the pointer, and at which step that is', async () => {
  await openPlot(recordingText({ epochs: 2, batches: 40 }));
  const card = page.locator('.card', { hasText: 'batches · loss' });
  const before = await card.locator('.read').innerText();
  expect(before).toBe(await page.locator('.pick', { hasText: 'batchesloss' }).locator('.read').innerText());
  const { x, y, width, height } = await overBox();
  await page.mouse.move(x + width * 0.1, y + height / 2);
  await page.mouse.move(x + width * 0.5, y + height / 2);
  await expect.poll(() => page.innerText('.plots .of')).toMatch(/^step (39|40|41) at pointer$/);
  await expect.poll(() => card.locator('.read').innerText()).not.toBe(before);
});

test('what is smoothed as it comes is what is smoothed at once', () => {
  const lines = [...synthetic({ epochs: 3, batches: 40, nanAt: 2 })];
  const store = new Store({ events: 1e6, bytes: 1e9 });
  const begin = lines.findIndex(({ type, path }: any) => type === 'actor' && path === 'fit.epoch.batches') + 1;
  store.add(lines.slice(0, begin), 1);
  const path = store.runs[0]!.paths.get('fit.epoch.batches')!;
  const [whole, pieces] = [new Series(store, path, ['loss']), new Series(store, path, ['loss'])];
  for (let at = begin; at < lines.length; at += 7) {
    store.add(lines.slice(at, at + 7), 1);
    pieces.grow(3);
    pieces.smoothed(at % 2 ? 0.6 : 0.9);
  }
  while (pieces.grow(3));
  expect([whole.grow(), whole.whole, pieces.whole]).toEqual([120, true, true]);
  for (const weight of [0.6, 0]) {
    const smoothed = whole.smoothed(weight).toArray();
    expect(pieces.smoothed(weight).toArray()).toEqual(smoothed);
    // By the definition, over those that are numbers.
    const finite = whole.values.toArray().slice(0, 30);
    const means = finite.map((_, n) => {
      const weights = finite.slice(0, n + 1).map((_, i) => weight ** (n - i));
      return weights.reduce((sum, w, i) => sum + w * finite[i]!, 0) / weights.reduce((sum, w) => sum + w, 0);
    });
    for (const [n, mean] of means.entries()) expect(smoothed[n]).toBeCloseTo(mean, 10);
  }
  const first = whole.values.toArray().findIndex((value) => !Number.isFinite(value));
  expect(whole.firstOdd).toEqual({ row: whole.rows.at(first), step: first + 1, value: Number.NaN });
});

test('what stands at a tick of an axis is the number that the tick is at', () => {
  for (let exponent = -8; exponent <= 8; exponent++) {
    for (const lead of [1, 2, 2.5, 5]) {
      const step = Number(`${lead}e${exponent}`);
      for (const at of [0, 1, 3, 7, 9, 11, 101, -3, -40].map((count) => count * step)) {
        const read = Number(tick(at, step).replaceAll(',', ''));
        expect(Math.abs(read - at), `${tick(at, step)} at ${at}`).toBeLessThan(step / 1000);
      }
    }
  }
});

test('the ticks of an axis are few, lie on it and come to an end, whatever numbers it is of', () => {
  const ends = [0, 1, -1, 0.1, 1e-320, 5e-324, 1e-30, 1e16, 1e16 + 2, -1e16, 1e300, 1.7e308, -1.7e308];
  for (const min of ends) {
    for (const max of ends) {
      if (!(min < max)) continue;
      for (const at of [ticks(min, max, 5), ticks(min, max, 5, 1), min > 0 ? logTicks(min, max, 5) : []]) {
        expect(at.length, `from ${min} to ${max}`).toBeLessThanOrEqual(6);
        // Of the smallest numbers there are, a millionth is nothing.
        const more = Math.max((max / 2 - min / 2) * 1e-6, 1e-300);
        for (const one of at) expect(one >= min - more && one <= max + more, `${one} from ${min} to ${max}`).toBe(true);
      }
    }
  }
  expect(ticks(0, 10, 5)).toEqual([0, 2, 4, 6, 8, 10]);
  expect(ticks(1, 3, 9, 1)).toEqual([1, 2, 3]);
  expect(logTicks(0.02, 2000, 9)).toEqual([0.1, 1, 10, 100, 1000]);
});

test('an axis has room for its labels, however many digits tell them apart', async () => {
  expect(tick(0.0019, 0.0001)).toBe('0.0019');
  expect(tick(0.0019, 0.00001)).toBe('0.00190');
  expect(tick(2500, 500)).toBe('2,500');
  expect(tick(0.1 + 0.2 - 0.3, 0.1)).toBe('0');
  expect(tick(1_234_500, 100)).toBe('1.2345e6');
  expect(tick(0.00001234, 0.00000001)).toBe('1.234e-5');
  let text = '';
  let steps = 0;
  for (const line of synthetic({ epochs: 1, batches: 40 })) {
    const state = line.type === 'event' && (line.event.commit as any)?.state;
    if (state && 'loss' in state) state.loss = 0.0019 + ++steps * 1e-8;
    text += `${JSON.stringify(line)}\n`;
  }
  await openPlot(text);
  const label = tick(0.0019001, 1e-7);
  const wanted = await page.evaluate((words) => {
    const ctx = document.createElement('canvas').getContext('2d')!;
    ctx.font = '11px system-ui';
    return ctx.measureText(words).width;
  }, label);
  // The label, and the tick and gap beside it.
  const room = (await overBox()).x - (await page.locator('.plot').first().boundingBox())!.x;
  expect(room).toBeGreaterThan(wanted + 15);
});
