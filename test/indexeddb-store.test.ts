// @module-tag page

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { launch } from './support/chromium.ts';
import { buildApp, freshFolder, serveFolder } from './support/site.ts';

let browser: Browser;
let context: BrowserContext;
let page: Page;
let site: { url: string; close(): void };
let temporary: { folder: string; remove(): Promise<void> };

beforeAll(async () => {
  temporary = await freshFolder('indexeddb');
  await writeFile(join(temporary.folder, 'index.html'), '<!doctype html><script type="module" src="app.js"></script>');
  await buildApp(join(import.meta.dirname, 'programs/indexeddb.ts'), temporary.folder, 'app.js');
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
  page = await visit();
});
afterEach(async () => {
  await context.close();
});

/** A tab of this browser. @param quota how many bytes the site may store */
async function visit(quota = 40_000_000): Promise<Page> {
  const tab = await context.newPage();
  const devtools = await context.newCDPSession(tab);
  const origin = new URL(site.url).origin;
  const allow = (quotaSize: number) => devtools.send('Storage.overrideQuotaForOrigin', { origin, quotaSize });
  await tab.exposeFunction('allow', allow);
  // Before anything is stored: the browser does not look at it again soon.
  await allow(quota);
  await tab.goto(site.url);
  await tab.waitForFunction('typeof run === "function"');
  return tab;
}

const begin = (tab: Page) => tab.evaluate<number>('begin()');
const stepsOf = (tab: Page) => tab.evaluate<number>('steps()');
const outcomeOf = (tab: Page) => tab.evaluate<{ status: string; code?: string }>('outcome');

describe.each([
  { keep: 2, where: 'page', count: 23 },
  { keep: 1, where: 'page', count: 23 },
  { keep: 2, where: 'worker', count: 24 },
])('indexedDBStore in a $where, keeping $keep', ({ keep, where, count }) => {
  test('passes the suite of all stores', async () => {
    const results = await page.evaluate<{ name: string; error?: string }[]>(`run(${keep}, ${where === 'worker'})`);
    expect(results.filter(({ error }) => error !== undefined)).toEqual([]);
    expect(results.length).toBe(count);
  });
});

describe('a run that is saved in the browser', () => {
  test('goes on where it was when its tab is loaded again', async () => {
    expect(await begin(page)).toBe(0);
    await expect.poll(() => stepsOf(page)).toBeGreaterThan(5);
    const before = await stepsOf(page);
    await page.reload();
    await page.waitForFunction('typeof run === "function"');
    expect(await begin(page)).toBeGreaterThanOrEqual(before);
    await expect.poll(() => stepsOf(page)).toBeGreaterThan(before + 5);
  });

  test('goes on in the example of the guide, and says who has it', async () => {
    const folder = join(temporary.folder, 'tab');
    await mkdir(folder);
    await writeFile(join(folder, 'index.html'), '<!doctype html><body><script type="module" src="app.js"></script>');
    await buildApp(join(import.meta.dirname, '../examples/guide/in-a-tab.ts'), folder, 'app.js');
    const served = await serveFolder(folder);
    onTestFinished(() => served.close());
    await page.goto(served.url);
    const shown = async () => Number((await page.textContent('body'))!.match(/^(\d+) of 1000$/)?.[1] ?? 0);
    await expect.poll(shown).toBeGreaterThan(30);
    const second = await context.newPage();
    await second.goto(served.url);
    await expect
      .poll(() => second.textContent('body'))
      .toMatch(/^LoopError: Expected to be the only writer of run "count"/);
    await page.reload();
    await expect.poll(shown).toBeGreaterThan(0);
    // It was saved in the fifth of a second before, at 20 ms a step.
    expect(await shown()).toBeGreaterThan(10);
  });

  test('is refused to a second tab while the first one has it, and taken over when that is closed', async () => {
    await begin(page);
    await expect.poll(() => stepsOf(page)).toBeGreaterThan(5);
    const second = await visit();
    await begin(second);
    await expect.poll(() => outcomeOf(second)).toEqual({ status: 'failed', code: 'STORE_BUSY' });
    await expect.poll(() => stepsOf(second)).toBeLessThanOrEqual(await stepsOf(page));
    await page.close();
    // The browser hears of it a moment later.
    await expect
      .poll(async () => {
        const from = await begin(second);
        // It is refused, or comes further.
        while ((await stepsOf(second)) <= from) {
          const outcome = await second.evaluate('Promise.race([outcome, new Promise((open) => setTimeout(open, 20))])');
          if (outcome !== undefined) return outcome;
        }
        return 'runs';
      })
      .toBe('runs');
    await expect.poll(() => stepsOf(second)).toBeGreaterThan(5);
  });

  test('is taken over when its tab has crashed', async () => {
    await begin(page);
    await expect.poll(() => stepsOf(page)).toBeGreaterThan(5);
    const before = await stepsOf(page);
    const second = await visit();
    const devtools = await context.newCDPSession(page);
    const crashed = new Promise((resolve) => page.once('crash', resolve));
    devtools.send('Page.crash').catch(() => {});
    await crashed;
    await expect
      .poll(() => second.evaluate(`open('runs').acquire('count').then(() => 'taken', (error) => error.code)`))
      .toBe('taken');
    const found = await second.evaluate<number>(`open('runs').load('count').then(({ position }) => position.steps)`);
    expect(found).toBeGreaterThanOrEqual(before);
  });

  test('ends when its lock was stolen, and saves no more', async () => {
    await begin(page);
    await expect.poll(() => stepsOf(page)).toBeGreaterThan(5);
    await page.evaluate(`navigator.locks.request('loopchart ["runs","count"]', { steal: true }, () => {})`);
    await expect.poll(() => outcomeOf(page)).toEqual({ status: 'failed', code: 'STORE_BUSY' });
  });

  test('ends with the error of the browser, by name, when the site may store no more', async () => {
    await page.evaluate(`fillUp('junk')`);
    const error = await page.evaluate(`(async () => {
      const store = open('full');
      try {
        const junk = { big: new Float64Array(300_000).map(() => Math.random()) };
        await store.save('r', { ...(await open('junk').load('junk-0')), assets: junk });
      } catch ({ code, message, cause }) {
        return { code, message, cause: cause.name };
      }
    })()`);
    expect(error).toEqual({
      code: 'STORE',
      message: expect.stringMatching(
        /^Could not save run "r" in the database "full": QuotaExceededError.* This site may store no more: delete runs/,
      ),
      cause: 'QuotaExceededError',
    });
  });
});

describe('what a browser does not give', () => {
  test('a page that is not served safely is told so', async () => {
    const { port } = new URL(site.url);
    const args = { host: `other.test:${port}` };
    const unsafe = await context.newPage();
    await unsafe.route(`http://${args.host}/**`, async (route) => {
      const response = await route.fetch({ url: route.request().url().replace('other.test', '127.0.0.1') });
      await route.fulfill({ response });
    });
    await unsafe.goto(`http://${args.host}/`);
    await unsafe.waitForFunction('typeof run === "function"');
    const message = await unsafe.evaluate(`open().load('r').catch((error) => error.message)`);
    expect(message).toMatch(/served by https or from localhost, got no navigator.locks, no crypto.subtle\. Serve/);
  });
});
