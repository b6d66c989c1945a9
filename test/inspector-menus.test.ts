// @module-tag page

import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { recordingText, synthetic } from '../inspector/dev/synthetic.ts';
import { begin, end, leave, openRecording, page, press, settle, visit, watchRun } from './support/page.ts';

beforeAll(begin);
afterAll(end);
afterEach(leave);

const summary = (name: string) => page.locator('summary', { hasText: name });
const openMenus = () => page.locator('details[open] summary').allTextContents();
const focused = () => page.evaluate(() => document.activeElement?.textContent);

test('the chart that is on the screen can be saved, also when the page has just been opened', async () => {
  await visit();
  await openRecording(recordingText({ epochs: 1, batches: 3 }));
  await page.waitForSelector('#statechart');
  await summary('Save').click();
  await expect.poll(() => page.getByRole('button', { name: /jsonl/ }).isEnabled()).toBe(true);
  const button = page.getByRole('button', { name: /\.svg/ });
  await expect.poll(() => button.isEnabled()).toBe(true);
  const download = page.waitForEvent('download');
  await button.click();
  expect((await readFile(await (await download).path())).toString()).toMatch(/^<svg /);
  await expect.poll(() => openMenus()).toEqual([]);
  // Where it is not on the screen, it says what to do.
  await press('4');
  await summary('Save').click();
  await expect.poll(() => button.isDisabled()).toBe(true);
  await expect.poll(() => button.getAttribute('title')).toContain('Show the chart');
});

test('Esc closes a menu and gives the focus back, and leaves the range alone', async () => {
  await visit();
  await watchRun([...synthetic({ epochs: 2, batches: 6 })].slice(0, 40));
  await press('r');
  for (const name of ['Save', 'Breakpoints']) {
    await summary(name).focus();
    await press('Enter', 'Tab');
    await expect.poll(() => openMenus()).toEqual([name]);
    await press('Escape');
    await expect.poll(() => openMenus()).toEqual([]);
    await expect.poll(() => focused()).toBe(name);
  }
  await expect.poll(() => page.locator('.log .chip').count()).toBe(1);
});

test('a menu closes at a press elsewhere, when another opens, and when the focus leaves it', async () => {
  await visit();
  await watchRun([...synthetic({ epochs: 2, batches: 6 })].slice(0, 40));
  await summary('Save').click();
  await expect.poll(openMenus).toEqual(['Save']);
  await summary('Breakpoints').click();
  await expect.poll(openMenus).toEqual(['Breakpoints']);
  await page.locator('.top h1').click();
  await expect.poll(openMenus).toEqual([]);
  await summary('Breakpoints').click();
  await expect.poll(openMenus).toEqual(['Breakpoints']);
  // What is in it can be pressed.
  await page.getByLabel('What to wait for').click();
  await settle();
  await expect.poll(() => openMenus()).toEqual(['Breakpoints']);
  await press('Tab', 'Tab');
  await expect.poll(openMenus).toEqual([]);
});
