import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { recordingText, synthetic } from '../inspector/dev/synthetic.ts';
import { tick } from '../inspector/drawing/axis-ticks.ts';
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
const overBox = async () => (await page.locator('.u-over').boundingBox())!;
const count = async () => Number((await shown('#log-count'))!.replace(/,/g, ''));

for (const axis of ['step', 'time']) {
  test(`dragging over a plot over ${axis}s selects that time for the log too, until Esc`, async () => {
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
    expect(await moment()).toBe(now);
    const chip = page.locator('.plots .chip');
    expect(await chip.innerText()).toContain('selected');
    // What is left of it on the plot would be under the next drag.
    expect(await page.locator('.u-select').evaluate((element) => element.clientWidth)).toBe(0);
    await press('Escape');
    await expect.poll(count).toBe(all);
    expect(await chip.count()).toBe(0);
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
  expect(await page.locator('.plots .chip').count()).toBe(0);
});

test('the numbers beside a plot say of which step they are', async () => {
  await openPlot(recordingText({ epochs: 2, batches: 40 }));
  expect(await page.innerText('.picks .of')).toMatch(/^step 80 · .* shown$/);
  const before = await page.locator('.pick', { hasText: 'batchesloss' }).locator('.read').innerText();
  const { x, y, width, height } = await overBox();
  await page.mouse.move(x + width * 0.1, y + height / 2);
  await page.mouse.move(x + width * 0.5, y + height / 2);
  await expect.poll(() => page.innerText('.picks .of')).toMatch(/^step (39|40|41) · .* at pointer$/);
  expect(await page.locator('.pick', { hasText: 'batchesloss' }).locator('.read').innerText()).not.toBe(before);
});

test('what is smoothed as it comes is what is smoothed at once', () => {
  const lines = [...synthetic({ epochs: 3, batches: 40, nanAt: 2 })];
  const store = new Store({ events: 1e6, bytes: 1e9 });
  const pick = { path: 'fit.epoch.batches', keys: ['loss'] };
  store.add(lines.splice(0, 7), 1);
  const [run] = store.runs;
  const [whole, pieces] = [new Series(pick, run!), new Series(pick, run!)];
  for (let at = 0; at < lines.length; at += 7) {
    store.add(lines.slice(at, at + 7), 1);
    pieces.grow(store);
    pieces.smoothed(at % 2 ? 0.6 : 0.9);
  }
  whole.grow(store);
  expect(whole.values.length).toBe(120);
  for (const weight of [0.6, 0]) {
    const smoothed = whole.smoothed(weight);
    expect(pieces.smoothed(weight)).toEqual(smoothed);
    // By the definition, over those that are numbers.
    const finite = whole.values.slice(0, 30);
    const means = finite.map((_, n) => {
      const weights = finite.slice(0, n + 1).map((_, i) => weight ** (n - i));
      return weights.reduce((sum, w, i) => sum + w * finite[i]!, 0) / weights.reduce((sum, w) => sum + w, 0);
    });
    for (const [n, mean] of means.entries()) expect(smoothed[n]).toBeCloseTo(mean, 10);
  }
  const odd = whole.values.map((value, at) => (Number.isFinite(value) ? -1 : at)).filter((at) => at >= 0);
  expect(odd.length).toBeGreaterThan(0);
  expect(whole.odd.map(({ row }) => row)).toEqual(odd.map((at) => whole.rows[at]));
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
  const room = (await overBox()).x - (await page.locator('.plot').boundingBox())!.x;
  expect(room).toBeGreaterThan(wanted + 15);
});
