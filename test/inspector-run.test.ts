// @module-tag page

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LoopRun } from 'loopchart';
import type { Browser, Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadTensorFlow } from '../examples/digits/backend.ts';
import { loadDigits, slice } from '../examples/digits/data.ts';
import { Fit } from '../examples/digits/loops.ts';
import { createTraining } from '../examples/digits/training.ts';
import { Inspection } from '../src/inspect/inspection.ts';
import { type Inspector, serveInspection } from '../src/node/inspector.ts';
import { launch } from './support/chromium.ts';

let folder: string;
let browser: Browser;
let page: Page;
let inspector: Inspector;
let run: LoopRun<unknown>;
let fit: Fit;
const said: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loopchart-live-'));
  await build({
    configFile: join(import.meta.dirname, '../vite.config.ts'),
    root: join(import.meta.dirname, '../inspector'),
    logLevel: 'silent',
    build: { outDir: folder },
  });
  browser = await launch();
  await loadTensorFlow();
});

afterAll(async () => {
  await browser?.close();
  await inspector?.close();
  await rm(folder, { recursive: true, force: true });
});

const waits = async () => {
  // The page's word has to reach the run first.
  await expect.poll(() => run.waitingFor, { timeout: 20_000 }).toEqual([]);
};
const listed = async () => Number((await page.locator('#log-count').textContent())!.replace(/,/g, ''));

test('the digits run is watched, paused, stepped, rewound, resumed and stopped from the page, over a restart of the server', async () => {
  const { train, heldOut } = await loadDigits();
  const training = createTraining({ train: slice(train, 0, 1600), heldOut: slice(heldOut, 0, 500) }, { epochs: 1000 });
  fit = new Fit(training);
  const inspection = new Inspection({});
  inspector = await serveInspection(inspection, { tell: () => {} }, folder);
  page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  page.setDefaultTimeout(15_000);
  page.on('pageerror', (error) => said.push(String(error)));
  page.on('console', (message) => said.push(message.text()));

  run = fit.start({ inspect: inspection });
  const { outcome } = run;
  await page.goto(`${inspector.url}&pane=chart`);
  await page.waitForSelector('#statechart');
  // The page has come with the pictures of the library's own chart.
  expect(page.workers()).toEqual([]);
  expect(page.url()).not.toContain(inspector.token);
  await expect.poll(() => page.locator('#tree').innerText()).toContain('batches');
  const first = await listed();
  await expect.poll(listed, { timeout: 20_000 }).toBeGreaterThan(first + 20);

  await page.keyboard.press('p');
  await waits();
  const { steps } = run.progress;
  await page.keyboard.press('n');
  await expect.poll(() => run.progress.steps, { timeout: 20_000 }).toBe(steps + 1);
  await waits();
  // The page has the step as well, and not only the pause before it.
  const taken = run.progress.loops.at(-1)!.steps;
  await expect.poll(() => page.locator('#tree').innerText()).toMatch(new RegExp(`paused\\n${taken}\\b`));

  // All of it: where the step was the last of its loop, the loop above has come to its pause since.
  const numbered = async () => Number((await page.locator('#log .seq').last().innerText()).replace(/,/g, ''));
  const all = async () => [await numbered(), await listed()];
  await expect.poll(all).toEqual([inspection.last, inspection.last]);

  // Back in time: the run stays where it is, the views do not.
  const now = await page.locator('#tree').innerText();
  await page.keyboard.press('Home');
  for (let i = 0; i < 6; i++) await page.keyboard.press('ArrowRight');
  await expect.poll(() => page.locator('#tree').innerText()).not.toBe(now);
  expect(run.progress.steps).toBe(steps + 1);
  await page.keyboard.press('l');
  await expect.poll(() => page.locator('#tree').innerText()).toBe(now);

  // The server is killed while the run goes on, and comes back: nothing is listed twice, and nothing is missing.
  await page.keyboard.press('p');
  await expect.poll(() => run.progress.steps, { timeout: 20_000 }).toBeGreaterThan(steps + 5);
  const { port, token } = inspector;
  await inspector.close();
  await expect.poll(() => page.locator('.notice').innerText()).toContain('Trying again');
  const alone = run.progress.steps;
  await expect.poll(() => run.progress.steps, { timeout: 20_000 }).toBeGreaterThan(alone + 20);
  inspector = await serveInspection(inspection, { port, token, tell: () => {} }, folder);
  await expect.poll(() => page.locator('.notice').count(), { timeout: 30_000 }).toBe(0);
  // The console says of each try that nobody answered.
  expect(said.every((line) => line.includes('ERR_CONNECTION_REFUSED'))).toBe(true);
  said.length = 0;
  const back = await listed();
  await expect.poll(listed, { timeout: 20_000 }).toBeGreaterThan(back + 20);
  await page.keyboard.press('p');
  await waits();
  await expect.poll(() => page.locator('#tree').innerText()).toContain('paused');
  await expect.poll(all).toEqual([inspection.last, inspection.last]);

  await page.keyboard.press('p');
  await page.keyboard.press('x');
  await page.getByLabel('Reason').fill('seen enough');
  await page.keyboard.press('Enter');
  expect(await outcome).toMatchObject({ status: 'stopped', reason: 'seen enough' });
  await page.keyboard.press('l');
  await expect.poll(() => page.locator('#tree').innerText(), { timeout: 8000 }).toMatch(/^fit\nfinished/);
  expect(said).toEqual([]);
});
