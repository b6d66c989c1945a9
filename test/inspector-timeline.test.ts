// @module-tag page

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { recordingText, synthetic } from '../inspector/dev/synthetic.ts';
import { LANE, tall } from '../inspector/drawing/flame-scene.ts';
import { Store } from '../inspector/run/store.ts';
import { deepText } from './support/deep.ts';
import {
  begin,
  end,
  leave,
  moment,
  openRecording,
  page,
  press,
  settle,
  shown,
  visit,
  watchRun,
} from './support/page.ts';

beforeAll(begin);
afterAll(end);
afterEach(leave);

test('time begins with the first loop, however long before that the recorder was made', () => {
  const lines = [...synthetic({ epochs: 1, batches: 3 })].map((line) =>
    line.type === 'recording' || line.type === 'chart' ? { ...line, t: line.t - 60_000 } : line,
  );
  const store = new Store({ events: 1e6, bytes: 1e9 });
  for (const line of lines) store.add([line], 1);
  const [fit] = store.roots;
  expect(store.t(0)).toBe(fit!.from);
  expect(store.t(2)).toBe(fit!.from);
  expect(store.t(store.last)).toBe(lines.at(-1)!.t);
  // What is saved is as it came.
  expect(store.line(0).t).toBe(lines[0]!.t);
});

test('up to seven lanes are whole, and so are those in sight where there are more', async () => {
  await visit();
  for (const lanes of [5, 7, 9]) {
    await openRecording(await deepText(lanes));
    await expect.poll(() => page.locator('#tree .node').count()).toBe(lanes);
    await settle();
    const height = await page.locator('#timeline').evaluate((element) => element.clientHeight);
    expect(height, `${lanes} lanes`).toBe(tall(Math.min(7, lanes)));
    expect(height % LANE, `${lanes} lanes`).toBe(tall(7) % LANE);
  }
});

const pill = async () => [
  (await page.locator('button.live').innerText()).trim(),
  await page.locator('.scrubber').getAttribute('class'),
];

test('slider and timeline have one axis, also zoomed: a moment lies on both at the same place', async () => {
  await visit();
  const lines = [...synthetic({ epochs: 3, batches: 12, pauseAt: 2 })];
  await openRecording(lines.map((line) => JSON.stringify(line)).join('\n'));
  await page.waitForSelector('#statechart');
  const canvas = page.locator('#timeline canvas');
  const handle = () =>
    page.locator('#scrub').evaluate((element) => {
      const { value, max } = element as HTMLInputElement;
      const { left, width } = element.getBoundingClientRect();
      return left + 7 + (Number(value) / Number(max)) * (width - 14);
    });
  const { x, y, width } = (await canvas.boundingBox())!;
  const from = lines.find(({ type }) => type === 'actor')!.t;
  const to = lines.at(-1)!.t;
  // Much of the time is a pause in which nothing happens: by events, all would lie elsewhere.
  for (const part of [0.1, 0.3, 0.5, 0.8]) {
    await page.mouse.click(x + width * part, y + 40);
    await settle();
    const there = await moment();
    const { t } = lines.find(({ seq }) => seq === there)!;
    await expect
      .poll(async () => Math.abs((await handle()) - (x + ((t - from) / (to - from)) * width)))
      .toBeLessThan(1);
  }
  const before = await handle();
  await press('w', 'w', 'w');
  await expect.poll(() => handle()).not.toBe(before);
  // Pressed where the handle is, the slider leads to where it is.
  const there = await moment();
  await page.mouse.click(await handle(), (await page.locator('#scrub').boundingBox())!.y + 12);
  await settle();
  await expect.poll(async () => Math.abs((await moment()) - there)).toBeLessThanOrEqual(1);
  // At its left edge is the first event in sight: what is in sight stays.
  const sight = await page.locator('#scrub').getAttribute('max');
  await page.mouse.click(x + 1, (await page.locator('#scrub').boundingBox())!.y + 12);
  await settle();
  await expect.poll(() => moment()).toBeLessThan(there);
  await expect.poll(() => page.locator('#scrub').getAttribute('max')).toBe(sight);
  await expect.poll(() => handle()).toBeLessThan(x + width / 2);
});

test('where the moment shown is not the newest, the page says so, at every width', async () => {
  await visit();
  await openRecording(recordingText({ epochs: 1, batches: 5 }));
  await page.waitForSelector('#statechart');
  await expect.poll(() => pill()).toEqual(['end', 'scrubber ']);
  const { width } = (await page.locator('#scrub').boundingBox())!;
  await press('ArrowLeft');
  await expect.poll(() => pill()).toEqual(['back to end', 'scrubber past']);
  await expect.poll(async () => (await page.locator('#scrub').boundingBox())!.width).toBe(width);
  await press('ArrowRight');
  await expect.poll(() => pill()).toEqual(['end', 'scrubber ']);
  const lines = [...synthetic({ epochs: 2, batches: 6 })];
  // A run that goes on when it is told something.
  await watchRun(lines.slice(0, 40), ({ type }) => (type === 'send' ? lines.slice(40) : undefined));
  await expect.poll(() => pill()).toEqual(['live', 'scrubber ']);
  await press('Home');
  const until = () => page.locator('#scrub').evaluate((element) => Number((element as HTMLInputElement).max));
  const before = await until();
  await press('p');
  await expect.poll(() => shown('.moment .dim')).toBe(` of ${lines.length} · `);
  await expect.poll(until).toBeGreaterThan(before);
  await page.setViewportSize({ width: 760, height: 700 });
  await settle();
  await expect.poll(() => pill()).toEqual(['back to live', 'scrubber past']);
  await page.getByRole('button', { name: 'back to live' }).click();
  await settle();
  await expect.poll(() => pill()).toEqual(['live', 'scrubber ']);
  await expect.poll(() => shown('#moment')).toBe(`${lines.length}`);
});

test('a step of the loop that is looked at is gone to by its number, and what cannot be shown is said', async () => {
  await visit();
  await openRecording(recordingText({ epochs: 3, batches: 20 }));
  await page.waitForSelector('#statechart');
  await page.locator('.node', { hasText: 'batches' }).last().locator('.name').click();
  await press('g');
  // The field has the focus: what is typed goes into it.
  await page.keyboard.type('21');
  await page.getByLabel(/counted over all its 3 runs/).check();
  await page.keyboard.press('Enter');
  await expect.poll(() => shown('.state .who')).toBe('batches#2');
  await expect.poll(() => page.locator('.sheet.go-to').count()).toBe(0);
  await expect
    .poll(() => page.locator('.node[aria-selected=true], .node.selected').first().innerText())
    .toMatch(/1 \/ 20/);
  await press('g');
  await page.locator('.go-to [name=event]').fill('9999');
  await page.keyboard.press('Enter');
  await expect.poll(() => shown('.go-to .fault')).toMatch(/^Events 1 to \d+ are held, and 9,999 is not among them\.$/);
  await page.locator('.go-to [name=event]').fill('7');
  await page.keyboard.press('Enter');
  await expect.poll(() => moment()).toBe(7);
});
