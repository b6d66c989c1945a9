import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { Loop } from 'loopchart';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { recordingText } from '../inspector/dev/synthetic.ts';
import type { Inspection } from '../src/inspect/inspection.ts';
import { type Inspector, type InspectorOptions, serveInspection } from '../src/node/inspector.ts';
import { buildPage, freshFolder, launch, serveFolder } from './support/page.ts';

let browser: Browser;
let page: Page;
let root: string;
let site: { url: string; close(): void };
let temporary: { folder: string; remove(): Promise<void> };
const open: { close(): unknown }[] = [];
const errors: string[] = [];

beforeAll(async () => {
  temporary = await freshFolder('source');
  root = join(temporary.folder, 'site');
  await buildPage(root);
  site = await serveFolder(root);
  browser = await launch();
});
afterAll(async () => {
  await browser?.close();
  site?.close();
  await temporary?.remove();
});
afterEach(async () => {
  await page?.context().close();
  for (const one of open.splice(0)) await one.close();
  expect(errors.splice(0)).toEqual([]);
});

async function visit(url: string): Promise<void> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  context.on('page', (one) => one.on('pageerror', (error) => errors.push(String(error))));
  page = await context.newPage();
  page.setDefaultTimeout(20_000);
  await page.goto(url);
}

async function openRecording(text: string | Buffer, name: string): Promise<void> {
  const file = join(temporary.folder, name);
  await writeFile(file, text);
  await page.setInputFiles('#file', file);
}

const notices = () => page.locator('.notice').allInnerTexts();
const listed = async () => Number((await page.locator('#log-count').innerText()).replace(/,/g, ''));

/** Counts until it is told to stop. */
class Count extends Loop<number> {
  override state = { n: 0 };
  get done() {
    return false;
  }
  reset() {}
  advance() {
    this.state.n++;
    return new Promise<void>((resolve) => setTimeout(resolve, 20));
  }
  override onRunEnd() {
    return this.state.n;
  }
}

async function serve(inspection: Inspection, options: InspectorOptions = {}): Promise<Inspector> {
  const served = await serveInspection(inspection, { tell: () => {}, ...options }, root);
  open.push(served);
  return served;
}

test('the page works where the browser keeps nothing for it', async () => {
  await visit('about:blank');
  // A document of no origin, as in a sandboxed frame: what asks for its storage fails.
  await page.route(`${site.url}**`, async (route) => {
    const response = await route.fetch();
    const headers = { ...response.headers(), 'access-control-allow-origin': '*' };
    const whole = { ...headers, 'content-security-policy': 'sandbox allow-scripts allow-downloads' };
    await route.fulfill({ response, headers: route.request().isNavigationRequest() ? whole : headers });
  });
  await page.goto(`${site.url}#pane=plots`);
  expect(await page.evaluate(() => Reflect.has(window, 'localStorage') && self.origin)).toBe('null');
  await openRecording(recordingText({ epochs: 2, batches: 5 }), 'kept.jsonl');
  await page.waitForSelector('.u-over');
  await page.keyboard.press('t');
  await expect.poll(() => page.locator('html').getAttribute('data-theme')).toBe('dark');
});

test('a gzipped recording that was cut off or damaged is shown as far as it goes, and says so', async () => {
  // What is random does not pack well, so that lines lie all over the file.
  let seed = 1;
  const noise = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed.toString(36);
  };
  const lines = recordingText({ epochs: 20, batches: 60 })
    .trimEnd()
    .split('\n')
    .map((line) => `${line.slice(0, -1)},"noise":"${noise()}${noise()}${noise()}"}`);
  const zipped = gzipSync(`${lines.join('\n')}\n`);
  await visit(site.url);
  await openRecording(zipped.subarray(0, -4), 'cut.jsonl.gz');
  // Nothing but the check sum is missing.
  await expect.poll(notices).toEqual([expect.stringContaining('the file ends too early')]);
  expect(await listed()).toBe(lines.length);
  // As far as Node itself unzips it.
  const half = zipped.subarray(0, zipped.length / 2);
  const whole = gunzipSync(half, { finishFlush: 2 }).toString().split('\n').length - 1;
  await openRecording(half, 'half.jsonl.gz');
  await expect.poll(listed).toBe(whole);
  expect(whole).toBeGreaterThan(400);
  await expect.poll(notices).toEqual([expect.stringContaining('the file ends too early')]);
  const damaged = Buffer.from(zipped);
  damaged.fill(0xff, zipped.length * 0.8, zipped.length * 0.8 + 100);
  await openRecording(damaged, 'damaged.jsonl.gz');
  await expect.poll(listed).toBeGreaterThan(whole);
  // A file that is none stays one that cannot be read.
  await openRecording(Buffer.concat([zipped.subarray(0, 10), Buffer.alloc(100, 255)]), 'none.gz');
  await expect
    .poll(() => page.locator('.empty, .notice').allInnerTexts())
    .toEqual([expect.stringContaining('none.gz could not be read')]);
});
