// @module-tag page

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { recordingText } from '../inspector/dev/synthetic.ts';
import { launch } from './support/chromium.ts';
import { buildApp, buildPage, freshFolder, serveFolder } from './support/site.ts';

// Three pages draw at once, and some of what is waited for takes seconds by itself.
vi.setConfig({ testTimeout: 120_000 });

/** Somebody's app: it runs a loop in its tab or in a worker, and the worker can be made to wait for an answer. */
const APP = (from: string) => `
import { Loop } from ${JSON.stringify(join(from, 'index.ts'))};
import { inspectHere } from ${JSON.stringify(join(from, 'browser/index.ts'))};
class Count extends Loop {
  state = { n: 0 };
  get done() { return false; }
  reset() {}
  advance() {
    this.state.n++;
    return new Promise((resolve) => setTimeout(resolve, 20));
  }
}
const begin = (port) => new Count().start({ inspect: inspectHere(port ? { port } : {}) });
if (typeof window === 'undefined') {
  begin();
  addEventListener('message', ({ data }) => {
    const request = new XMLHttpRequest();
    request.open('GET', data, false);
    request.send();
  });
} else {
  window.begin = () => { window.run = begin(); };
  window.openPage = () => {
    const page = window.open('./#port');
    addEventListener('message', ({ source, data }) => {
      if (source !== page || data.loopchart !== 'ready') return;
      const { port1, port2 } = new MessageChannel();
      page.postMessage({ loopchart: 'port' }, location.origin, [port1]);
      window.run = begin(port2);
    });
  };
  window.work = () => { window.worker = new Worker('./app.js', { type: 'module' }); };
}
`;

let browser: Browser;
let context: BrowserContext;
let page: Page;
let site: { url: string; close(): void };
let temporary: { folder: string; remove(): Promise<void> };
const errors: string[] = [];

beforeAll(async () => {
  temporary = await freshFolder('here');
  const root = join(temporary.folder, 'site');
  await buildPage(root);
  const source = join(temporary.folder, 'source.js');
  await writeFile(source, APP(join(import.meta.dirname, '../src')));
  await buildApp(source, root, 'app.js');
  await writeFile(
    join(root, 'app.html'),
    '<!doctype html><title>app</title><script type="module" src="./app.js"></script>',
  );
  site = await serveFolder(root);
  browser = await launch();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  site?.close();
  await temporary?.remove();
});
beforeEach(async () => {
  context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  context.on('page', (one) => one.on('pageerror', (error) => errors.push(String(error))));
  page = await context.newPage();
  await page.goto(`${site.url}#channel=loopchart&pane=chart`);
});
afterEach(async () => {
  await context?.close();
  expect(errors.splice(0)).toEqual([]);
});

async function app(how: 'begin' | 'work' | 'openPage'): Promise<Page> {
  const one = await context.newPage();
  await one.goto(`${site.url}app.html`);
  await one.evaluate((name) => (window as any)[name](), how);
  // A tab behind another one draws once a second.
  await page.bringToFront();
  return one;
}

const listed = async () => Number((await page.locator('#log-count').innerText()).replace(/,/g, ''));
const grows = async () => {
  await page.click('#tab-chart');
  await page.waitForSelector('#statechart');
  const before = await listed();
  await expect.poll(listed).toBeGreaterThan(before);
};
const notices = () => page.locator('.notice').allInnerTexts();
const pausable = () => page.getByRole('button', { name: 'Pause', exact: true }).isEnabled();

test('a tab that is left says goodbye, and its run is shown as gone until it comes back', async () => {
  const tab = await app('begin');
  await grows();
  await expect.poll(() => pausable()).toBe(true);
  await tab.goto('about:blank');
  await expect.poll(notices).toEqual([expect.stringMatching(/^The run on channel loopchart has gone\. What was seen/)]);
  await expect.poll(() => pausable()).toBe(false);
  await expect.poll(() => page.locator('.source').getAttribute('class')).toBe('source waiting');
  await tab.goto(`${site.url}app.html`);
  await tab.evaluate(() => (window as any).begin());
  await expect.poll(notices).toEqual([expect.stringContaining('Another run has taken this address')]);
  await grows();
  await expect.poll(() => pausable()).toBe(true);
  // Over, and then gone: nothing is wrong.
  await tab.evaluate(() => (window as any).run.stop());
  await expect.poll(() => page.locator('#tree').innerText()).toContain('finished');
  await page.getByRole('button', { name: 'Dismiss' }).click();
  await tab.close();
  await expect
    .poll(notices)
    .toEqual([
      expect.stringMatching(/^The run was stopped and the page or worker it was in has gone\. Save the recording/),
    ]);
});

test('a worker that is terminated is found to be gone, and another one is shown', async () => {
  const tab = await app('work');
  await grows();
  await tab.evaluate(() => (window as any).worker.terminate());
  await expect.poll(notices).toEqual([expect.stringContaining('has gone, or is busy: it does not answer')]);
  await expect.poll(() => pausable()).toBe(false);
  await tab.evaluate(() => (window as any).work());
  await expect.poll(notices).toEqual([expect.stringContaining('Another run has taken this address')]);
  await grows();
  await expect.poll(() => pausable()).toBe(true);
});

test('a worker in the middle of a long step is waited for, and all goes on when it answers', async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  await context.route('**/hold', async (route) => {
    await held;
    await route.fulfill({ body: 'go on' });
  });
  const tab = await app('work');
  await grows();
  await tab.evaluate(() => (window as any).worker.postMessage('./hold'));
  await expect.poll(notices).toEqual([expect.stringContaining('it does not answer')]);
  await expect.poll(() => pausable()).toBe(false);
  release();
  await expect.poll(notices).toEqual([]);
  await grows();
  await expect.poll(() => pausable()).toBe(true);
  // One after the other, none twice.
  await page.getByRole('button', { name: 'Pause', exact: true }).click();
  await page.getByRole('button', { name: 'Resume', exact: true }).waitFor();
  await expect
    .poll(async () => [Number((await page.locator('#log .seq').last().innerText()).replace(/,/g, '')), await listed()])
    .toSatisfy(([last, count]: number[]) => last === count);
});

test('of two runs on one channel one is shown, and the other can be', async () => {
  const first = await app('begin');
  await grows();
  await first.evaluate(() => (window as any).run.pause());
  await page.getByRole('button', { name: 'Resume', exact: true }).waitFor();
  const paused = await listed();
  const second = await app('begin');
  await expect.poll(notices).toEqual([expect.stringContaining('Another run answers on channel loopchart, too.')]);
  await expect.poll(() => listed()).toBe(paused);
  await page.getByRole('button', { name: 'Show that one' }).click();
  await grows();
  await expect.poll(() => pausable()).toBe(true);
  // What is pressed reaches the one that is shown.
  await page.keyboard.press('x');
  await page.getByLabel('Reason').fill('enough');
  await page.keyboard.press('Enter');
  await expect
    .poll(() => second.evaluate(() => (window as any).run.outcome.then((one: any) => one.status)))
    .toBe('stopped');
  await expect.poll(() => first.evaluate(() => (window as any).run.progress.status)).not.toBe('stopped');
  // When that has gone, the first is shown again, all of it.
  await second.goto('about:blank');
  await expect.poll(listed).toBe(paused);
  await page.getByRole('button', { name: 'Resume', exact: true }).click();
  await grows();
  // A page that comes when both are there shows one of them.
  await app('begin');
  await page.reload();
  await grows();
  await expect.poll(notices).toEqual([expect.stringContaining('Another run answers')]);
});

test('a run over a port is left for a recording and gone back to, and is gone with its page', async () => {
  const opened = context.waitForEvent('page', (one) => one.url().includes('#port'));
  const tab = await app('openPage');
  page = await opened;
  await page.bringToFront();
  await grows();
  const file = join(temporary.folder, 'good.jsonl');
  const text = recordingText({ epochs: 2, batches: 5 });
  await writeFile(file, text);
  await page.setInputFiles('#file', file);
  await expect.poll(listed).toBe(text.trimEnd().split('\n').length);
  const { n } = await tab.evaluate(() => (window as any).run.progress.loops[0].state);
  // The run is still in the list, beside the one that the recording holds.
  await page.getByRole('tab', { name: 'runs' }).click();
  await page.locator('.run-row[aria-selected=false]').click();
  // The same run, all of it.
  await expect.poll(listed).toBeGreaterThan(n);
  await grows();
  await expect.poll(() => notices()).toEqual([]);
  await expect.poll(() => pausable()).toBe(true);
  await tab.goto('about:blank');
  await expect.poll(notices).toEqual([expect.stringContaining('has gone')]);
});
