import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { Loop } from 'loopchart';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { recordingText } from '../inspector/dev/synthetic.ts';
import { Inspection } from '../src/inspect/inspection.ts';
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
