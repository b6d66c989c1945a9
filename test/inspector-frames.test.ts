// @module-tag page

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Loop } from 'loopchart';
import { type Inspector, type InspectorOptions, inspector } from 'loopchart/node';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { launch } from './support/chromium.ts';
import { freshFolder, serveFolder } from './support/site.ts';

// Whether somebody's page may show the page of a run that goes on in a frame.

class Count extends Loop<number> {
  override state = { n: 0, total: 30 };
  get done() {
    return this.state.n >= 30;
  }
  reset() {}
  advance() {
    this.state.n++;
  }
}

let browser: Browser;
let fresh: { folder: string; remove(): Promise<void> };
let docs: { url: string; close(): void };
let served: Inspector | undefined;

beforeAll(async () => {
  browser = await launch();
  fresh = await freshFolder('frames');
  await mkdir(fresh.folder, { recursive: true });
  docs = await serveFolder(fresh.folder);
});
afterAll(async () => {
  await browser.close();
  docs.close();
  await fresh.remove();
});
afterEach(async () => {
  await served?.close();
});

const frameOf = (src: string, more = '') =>
  `<!doctype html><link rel="icon" href="data:,"><title>docs</title><iframe title="A run" src="${src}" width="600" height="400" ${more}></iframe>`;

/** Somebody's page, with the page of a run in a frame. */
async function framed(options: InspectorOptions, more = '') {
  served = await inspector({ ...options, tell: () => {} });
  await new Count().start({ inspect: served }).output;
  await writeFile(join(fresh.folder, 'index.html'), frameOf(served.url, more));
  const page = await browser.newPage();
  const said: string[] = [];
  page.on('console', (message) => said.push(message.text()));
  await page.goto(docs.url);
  return { said, frame: page.frameLocator('iframe') };
}

test('none may, unless it is said', async () => {
  const { said } = await framed({});
  await expect.poll(() => said.join()).toMatch(/frame-ancestors 'none'/);
});

test.each([
  ['its origin', () => docs.url.slice(0, -1)],
  ['another and its origin', () => ['https://docs.example', docs.url.slice(0, -1)]],
])('one may whose origin is among `frames`: %s', async (_, frames) => {
  const { said, frame } = await framed({ frames: [frames()].flat() });
  await frame.getByText('finished').first().waitFor();
  expect(said).toEqual([]);
});

test('with another origin among them, it may not', async () => {
  const { said } = await framed({ frames: ['https://docs.example', 'vscode-webview:'] });
  await expect.poll(() => said.join()).toMatch(/frame-ancestors https:\/\/docs\.example vscode-webview:/);
});

test('it may in the frames within frames in which an editor shows pages, which let it do little else', async () => {
  const rights = 'sandbox="allow-scripts allow-same-origin allow-forms allow-downloads"';
  const folder = join(fresh.folder, 'editor');
  await mkdir(folder, { recursive: true });
  // Another origin, whose page has that of the first one in a frame, and that one the page of the run.
  await writeFile(join(folder, 'index.html'), frameOf(docs.url, rights));
  const editor = await serveFolder(folder);
  const { said, frame } = await framed({ frames: [docs.url.slice(0, -1), editor.url.slice(0, -1)] }, rights);
  await frame.getByText('finished').first().waitFor();
  const page = await browser.newPage();
  page.on('console', (message) => said.push(message.text()));
  await page.goto(editor.url);
  const inner = page.frameLocator('iframe').frameLocator('iframe');
  await inner.getByText('finished').first().waitFor();
  await inner.getByRole('tab', { name: 'log' }).click();
  await inner.locator('#log [role=option]').first().waitFor();
  expect(said).toEqual([]);
  editor.close();
});
