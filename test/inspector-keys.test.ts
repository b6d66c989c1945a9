// @module-tag page

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { recordingText, synthetic } from '../inspector/dev/synthetic.ts';
import { begin, choose, end, leave, openRecording, page, press, visit, watchRun } from './support/page.ts';

beforeAll(begin);
afterAll(end);
afterEach(leave);

test('the list of keys has those of tree and borders too, and each is on one line', async () => {
  await visit();
  await openRecording(recordingText({ epochs: 1, batches: 3 }));
  await page.waitForSelector('#statechart');
  await press('?');
  const help = await page.getByRole('dialog').innerText();
  for (const said of ['unfold, fold a group', 'put it back', 'abort, with a reason', 'the newest, and stay there']) {
    expect(help).toContain(said);
  }
  const cut = await page
    .locator('kbd')
    .evaluateAll((keys) =>
      keys.filter((key) => key.scrollHeight > key.clientHeight + 2).map(({ textContent }) => textContent),
    );
  expect(cut).toEqual([]);
  const past = await page
    .locator('.help dt')
    .evaluateAll((terms) => terms.filter((term) => term.scrollWidth > term.clientWidth).length);
  expect(past).toBe(0);
});

test('so many steps and abort have keys, whatever Caps Lock does', async () => {
  await visit();
  const told = await watchRun([...synthetic({ epochs: 2, batches: 6 })].slice(0, 40));
  await page.getByLabel('How many steps').fill('7');
  await press('Escape', 'Shift+N');
  await press('Shift+X');
  await page.getByLabel('Reason').fill('wrong data');
  await press('Enter');
  await expect.poll(() => told.length).toBe(2);
  // As Caps Lock gives it.
  await page.evaluate(() => document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'N', bubbles: true })));
  await expect.poll(() => told.length).toBe(3);
  const send = (event: object) => ({ type: 'send', id: 'fit#1', event });
  expect(told).toEqual([
    send({ type: 'loop.step', n: 7 }),
    send({ type: 'loop.abort', reason: 'wrong data' }),
    send({ type: 'loop.step', n: 1 }),
  ]);
});

test('a dialog that was just closed can be opened again by the very next key', async () => {
  await visit();
  await watchRun([...synthetic({ epochs: 2, batches: 6 })].slice(0, 40));
  const title = () => page.getByRole('dialog').getAttribute('aria-label');
  for (const [key, shiftKey, name] of [
    ['?', true, 'Keys'],
    ['x', false, 'Stop the run'],
    ['X', true, 'Abort the run'],
  ] as const) {
    await press(shiftKey ? `Shift+${key}` : key);
    // As early as a key can come: when it is closed, and the browser has not yet said so.
    await page.getByRole('dialog').evaluate(
      (dialog, init) => {
        const again = new MutationObserver(() => {
          again.disconnect();
          document.body.dispatchEvent(new KeyboardEvent('keydown', { ...init, bubbles: true }));
        });
        again.observe(dialog, { attributeFilter: ['open'] });
      },
      { key, shiftKey },
    );
    await press('Escape');
    // What the browser had still to say of the one that was closed, it has said.
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 50)));
    expect(await title()).toBe(name);
    await press('Escape');
    await expect.poll(() => page.getByRole('dialog').count()).toBe(0);
  }
});

test('a dialog gives the focus back to where it was', async () => {
  await visit();
  await watchRun([...synthetic({ epochs: 2, batches: 6 })].slice(0, 40));
  const stop = page.getByRole('button', { name: 'Stop', exact: true });
  const focused = () => page.evaluate(() => document.activeElement?.textContent);
  for (const close of [
    () => press('Escape'),
    () => page.getByRole('button', { name: 'Cancel' }).click(),
    () => page.getByRole('dialog').getByRole('button', { name: 'Stop' }).click(),
  ]) {
    await stop.click();
    await page.getByRole('dialog').waitFor();
    await close();
    await expect.poll(focused).toBe('Stop');
    expect(await page.getByRole('dialog').count()).toBe(0);
  }
});

test('the key that pins does the same as the button', async () => {
  await visit();
  await openRecording(recordingText({ epochs: 2, batches: 6 }));
  await page.waitForSelector('#statechart');
  await choose('batches');
  const stand = async () => [
    await page.getByLabel('Compare with').inputValue(),
    await page.getByRole('button', { name: 'pin', exact: true }).getAttribute('aria-pressed'),
  ];
  await press('Shift+ArrowLeft');
  const button = () => page.getByRole('button', { name: 'pin', exact: true }).click();
  for (const pin of [() => press('m'), button]) {
    await expect.poll(() => stand()).toEqual(['step', 'false']);
    await pin();
    await expect.poll(stand).toEqual(['pinned', 'true']);
    await pin();
    await expect.poll(stand).toEqual(['step', 'false']);
  }
});
