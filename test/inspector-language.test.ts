// @module-tag page

import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { recordingText } from '../inspector/dev/synthetic.ts';
import { launch } from './support/chromium.ts';
import { begin, browser, end, leave, openRecording, page, shown, site, turnTo, visit } from './support/page.ts';

beforeAll(begin, 60_000);
afterAll(end);
afterEach(leave);

const TEXT = recordingText({ epochs: 2, batches: 600, validation: 2 });
const lines = TEXT.trimEnd().split('\n').length.toLocaleString('en');

/** Opens a recording and looks at a plot of it. */
async function plotted(): Promise<void> {
  await openRecording(TEXT);
  await page.waitForSelector('#pane > section');
  await expect.poll(() => shown('#log-count')).toBe(lines);
  await page.getByRole('tab', { name: 'plots' }).click();
  await page.waitForSelector('.u-over');
}

/** A page in a browser whose window has something else in it, and what it says of itself. */
async function changed(script: (...args: any[]) => void, argument?: unknown): Promise<{ other: Page; said: string[] }> {
  const other = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  const said: string[] = [];
  other.setDefaultTimeout(20_000);
  other.on('pageerror', (error) => said.push(String(error)));
  other.on('console', (message) => said.push(message.text()));
  await other.addInitScript(script, argument);
  await other.goto(site);
  turnTo(other);
  return { other, said };
}

for (const locale of ['de-DE', 'ar-EG', 'tr', 'th-TH-u-ca-buddhist-nu-thai'])
  test(`the page is the same in ${locale}`, async () => {
    await visit({ locale });
    await plotted();
  });

for (const language of ['en-US@posix', 'C', '', 'not a language', null, undefined])
  test(`the page is the same where the browser says that its language is ${JSON.stringify(language)}`, async () => {
    const { other, said } = await changed((told) => {
      Object.defineProperty(navigator, 'language', { get: () => told ?? undefined });
      Object.defineProperty(navigator, 'languages', { get: () => (told === null ? undefined : [told]) });
    }, language);
    await expect.poll(() => other.evaluate(() => navigator.language)).toBe(language ?? undefined);
    await plotted();
    expect(said).toEqual([]);
  });

test('the page is the same in a browser that was started under LANG=C', async () => {
  const kept = ['LANG', 'LC_ALL', 'LANGUAGE'].map((name) => [name, process.env[name]] as const);
  for (const [name] of kept) process.env[name] = 'C';
  const own = await launch();
  for (const [name, value] of kept) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  try {
    const other = await own.newPage({ viewport: { width: 1440, height: 900 } });
    turnTo(other);
    await other.goto(site);
    await plotted();
  } finally {
    await own.close();
  }
});

/** Parts of a browser that are missing or throw, and the part of the page that cannot do without. */
const parts: [string, () => void][] = [
  ['nothing can be laid out by size', () => void Reflect.deleteProperty(window, 'ResizeObserver')],
  [
    'nothing can be drawn',
    () => {
      HTMLCanvasElement.prototype.getContext = () => {
        throw new Error('no canvas');
      };
    },
  ],
  [
    'nothing can be scrolled to',
    () => {
      Element.prototype.scrollIntoView = () => {
        throw new Error('no scrolling');
      };
    },
  ],
  [
    'nothing can be kept',
    () => {
      Storage.prototype.getItem = () => {
        throw new Error('no storage');
      };
    },
  ],
  ['nothing can be copied', () => void Reflect.deleteProperty(window, 'getSelection')],
];
for (const [name, script] of parts)
  test(`where ${name}, the page shows all the rest`, async () => {
    const { other } = await changed(script);
    await openRecording(TEXT);
    await expect.poll(() => other.innerText('#app')).toContain('run.jsonl');
    await expect.poll(() => other.locator('[role=alert], #log .row, [role=treeitem]').count()).toBeGreaterThan(1);
    await expect.poll(() => other.getByRole('button', { name: 'Open', exact: true }).count()).toBe(1);
  });

test('where the page’s script is gone, what stands there says so', async () => {
  const other = await browser.newPage();
  turnTo(other);
  await other.route(/\.js$/, (route) => route.abort());
  await other.goto(site);
  await expect.poll(() => other.locator('#app p').isVisible()).toBe(true);
  await expect.poll(() => other.innerText('#app')).toMatch(/^The page has not started\. .* reload\.$/s);
});

test('where what lays out charts is gone, the page says so and shows the rest', async () => {
  const { other } = await changed(() => {});
  await other.route(/elk-worker/, (route) => route.abort());
  await openRecording(TEXT);
  await other.click('#tab-chart');
  await expect.poll(() => other.innerText('#chart')).toContain('could not be laid out');
  await expect.poll(() => shown('#log-count')).toBe(lines);
});
