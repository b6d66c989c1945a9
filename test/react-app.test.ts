// @module-tag page

import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { launch } from './support/chromium.ts';
import { buildExample, freshFolder, serveFolder } from './support/site.ts';

// A whole training takes seconds by itself.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let browser: Browser;
let context: BrowserContext;
let site: { url: string; close(): void };
let temporary: { folder: string; remove(): Promise<void> };
const errors: string[] = [];

// React's build for development is tested: in its StrictMode, each component is mounted twice.
beforeAll(async () => {
  temporary = await freshFolder('pages');
  for (const name of ['react-app', 'plain']) {
    await buildExample(join(import.meta.dirname, '../examples', name), join(temporary.folder, name));
  }
  site = await serveFolder(temporary.folder);
  browser = await launch();
});
afterAll(async () => {
  await browser?.close();
  site?.close();
  await temporary?.remove();
});
beforeEach(async () => {
  context = await browser.newContext();
  context.on('page', (page) => {
    page.on('pageerror', (error) => errors.push(String(error)));
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  });
});
afterEach(async () => {
  await context.close();
  expect(errors.splice(0)).toEqual([]);
});

async function visit(name: 'react-app' | 'plain'): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${site.url}${name}/index.html`);
  return page;
}

const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();
const status = (page: Page) => page.getByRole('status').innerText();
const comesTo = (page: Page, text: string | RegExp) => expect.poll(() => status(page)).toMatch(text);
const steps = async (page: Page) => Number(/after (\d+) steps/.exec(await status(page))?.[1]);

/** What all weights of the net come to, once the training is over. */
async function weights(page: Page): Promise<string> {
  await expect.poll(() => status(page), { timeout: 60_000 }).toMatch(/^After 40 epochs: .*weights [0-9a-f]{8}$/);
  return (await status(page)).slice(-8);
}

describe('examples/react-app', () => {
  test('is started, paused, taken a step, and loaded again twice in the middle, and comes to what a run in one go comes to', async () => {
    const inOneGo = await weights(await visit('plain'));
    const page = await visit('react-app');
    await comesTo(page, /^Paused in epoch 1 of 40, after 0 steps$/);
    await press(page, 'Start');
    await expect.poll(() => steps(page)).toBeGreaterThan(20);
    await press(page, 'Pause');
    await comesTo(page, /^Paused /);
    const paused = await steps(page);
    await press(page, 'Step');
    await expect.poll(() => status(page)).toMatch(new RegExp(`^Paused .* after ${paused + 1} steps$`));
    await page.reload();
    await comesTo(page, /^Paused /);
    await expect.poll(() => steps(page)).toBe(paused + 1);
    await press(page, 'Resume');
    await expect.poll(() => steps(page)).toBeGreaterThan(paused + 40);
    const before = await steps(page);
    await page.reload();
    await comesTo(page, /^Paused /);
    // Nothing of what was seen is lost: each step waits until it is saved.
    await expect.poll(() => steps(page)).toBeGreaterThanOrEqual(before);
    await expect.poll(() => steps(page)).toBeLessThan(320);
    await press(page, 'Resume');
    await expect.poll(() => weights(page)).toBe(inOneGo);
    // What has finished gives its result again.
    await page.reload();
    await expect.poll(() => weights(page)).toBe(inOneGo);
  });

  test('is seen in the inspector in a second tab, stopped, and begun anew', async () => {
    const page = await visit('react-app');
    await press(page, 'Start');
    const opened = context.waitForEvent('page');
    await page.getByRole('link', { name: 'Open the inspector' }).click();
    const inspector = await opened;
    await expect.poll(() => inspector.locator('#tree').innerText()).toMatch(/train[\s\S]*batches/);
    await inspector.getByRole('button', { name: 'Pause' }).click();
    await page.bringToFront();
    await comesTo(page, /^Paused /);
    await expect.poll(() => steps(page)).toBeGreaterThan(0);
    // Whoever has paused it, the page knows that it can be resumed.
    await press(page, 'Resume');
    await comesTo(page, /^Training /);
    await press(page, 'Stop');
    await comesTo(page, /^After \d+ epochs: \d+ of 240 points right, loss \d\.\d+, weights [0-9a-f]{8}$/);
    await expect.poll(() => inspector.locator('#tree').innerText()).toContain('finished');
    await press(page, 'Train again');
    await comesTo(page, /^Training in epoch \d+ of 40, /);
  });

  test('waits in a second tab for the first one, and takes over when that is closed', async () => {
    const first = await visit('react-app');
    await press(first, 'Start');
    await expect.poll(() => steps(first)).toBeGreaterThan(10);
    const second = await visit('react-app');
    await comesTo(second, /^Another tab is training/);
    const before = await steps(first);
    await first.close();
    await comesTo(second, /^Paused /);
    await expect.poll(() => steps(second)).toBeGreaterThanOrEqual(before);
  });
});

describe('examples/plain', () => {
  test('is paused, taken a step, resumed and stopped', async () => {
    const page = await visit('plain');
    await press(page, 'Pause');
    await comesTo(page, /^paused/);
    await press(page, 'Step');
    await press(page, 'Resume');
    await comesTo(page, /^advancing, after [1-9]\d* epochs$/);
    await press(page, 'Stop');
    await comesTo(page, /^After \d+ epochs: loss \d\.\d+, weights [0-9a-f]{8}$/);
    await expect.poll(() => page.getByRole('button', { disabled: true }).count()).toBe(3);
  });
});
