import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { recordingText, synthetic } from '../inspector/dev/synthetic.ts';
import { LANE, tall } from '../inspector/drawing/flame.ts';
import { Store } from '../inspector/run/store.ts';
import { deepText } from './support/deep.ts';
import { begin, end, leave, openRecording, page, press, settle, shown, visit, watchRun } from './support/page.ts';

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

test('where the moment shown is not the newest, the page says so, at every width', async () => {
  await visit();
  await openRecording(recordingText({ epochs: 1, batches: 5 }));
  await page.waitForSelector('#statechart');
  expect(await pill()).toEqual(['end', 'scrubber ']);
  const { width } = (await page.locator('#scrub').boundingBox())!;
  await press('ArrowLeft');
  expect(await pill()).toEqual(['back to end', 'scrubber past']);
  expect((await page.locator('#scrub').boundingBox())!.width).toBe(width);
  await press('ArrowRight');
  expect(await pill()).toEqual(['end', 'scrubber ']);
  await watchRun([...synthetic({ epochs: 2, batches: 6 })].slice(0, 40));
  expect(await pill()).toEqual(['live', 'scrubber ']);
  await press('Home');
  await page.setViewportSize({ width: 760, height: 700 });
  await settle();
  expect(await pill()).toEqual(['back to live', 'scrubber past']);
  await page.getByRole('button', { name: 'back to live' }).click();
  await settle();
  expect(await pill()).toEqual(['live', 'scrubber ']);
  expect(await shown('#moment')).toBe('40');
});
