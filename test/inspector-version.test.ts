// @module-tag page

import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest';
import { synthetic } from '../inspector/dev/synthetic.ts';
import type { Line } from '../inspector/lines/line.ts';
import { begin, browser, end, leave, page, press, shown, site, turnTo, visit } from './support/page.ts';

// A page may be older or newer than the program whose run it is to show.

beforeAll(begin, 120_000);
afterAll(end);
afterEach(leave);

const lines: Line[] = [...synthetic({ epochs: 1, batches: 3 })].slice(0, 12);
const lastSeq = lines.at(-1)!.seq;
const hello = (runId: string, protocol: unknown) => ({
  ...{ type: 'hello', runId, firstSeq: 1, lastSeq, gap: false, readonly: false },
  ...(protocol === undefined ? {} : { protocol }),
});
const alerts = () => page.locator('[role=alert]').allInnerTexts();
const says = (got: string, where: string) =>
  `Expected a program that speaks version 1, as this page does, got one of ${where} that speaks ${got}. Nothing of it is ` +
  'shown. Open the page of the loopchart that the program runs with, or run it with the loopchart that this page is of.';

test('a program of another version is named, and neither shown nor asked again until somebody comes back', async () => {
  await visit();
  let protocol: number | undefined = 2;
  let opened = 0;
  const told: string[] = [];
  await page.routeWebSocket(/\/ws/, (socket) => {
    opened++;
    socket.onMessage((text) => told.push(String(text)));
    // What another version may mean by a line that looks like ours, nobody knows.
    socket.send(JSON.stringify([hello('r', protocol), ...lines]));
    socket.send(JSON.stringify(lines));
  });
  await page.goto(`${site}#token=secret`);
  const host = new URL(site).host;
  await expect.poll(alerts).toEqual([says('version 2', host)]);
  await press('p', 'n');
  protocol = undefined;
  await page.evaluate(() => dispatchEvent(new Event('focus')));
  await expect.poll(alerts).toEqual([says('none', host)]);
  await expect.poll(() => page.locator('#statechart').count()).toBe(0);
  expect([opened, told]).toEqual([2, []]);
  protocol = 1;
  await page.evaluate(() => dispatchEvent(new Event('focus')));
  await expect.poll(() => shown('#log-count')).toBe('12');
  await expect.poll(() => alerts()).toEqual([]);
});

/** A program in another tab, on the channel; `heard` of its window is what it was told. */
async function programIn(tab: Page, run: string, protocol: number): Promise<void> {
  await tab.evaluate(
    ([run, first, text]) => {
      const heard: string[] = [];
      Object.assign(window, { heard });
      const channel = new BroadcastChannel('loopchart');
      channel.onmessage = ({ data }) => {
        if ((data.run ?? run) !== run) return;
        heard.push(data.loopchart);
        if (data.loopchart !== 'open') return;
        for (const frame of [first, text])
          channel.postMessage({ loopchart: 'frame', page: data.page, run, text: frame });
      };
      channel.postMessage({ loopchart: 'here', run });
    },
    [run, JSON.stringify([hello(run, protocol)]), JSON.stringify(lines)] as const,
  );
}

test('on a channel, the run of another version is named and left, and one of ours is shown', async () => {
  const context = await browser.newContext();
  onTestFinished(() => context.close());
  const [newer, same] = [await context.newPage(), await context.newPage()];
  for (const tab of [newer, same]) await tab.goto(site);
  turnTo(await context.newPage());
  await page.goto(`${site}#channel=loopchart`);
  await programIn(newer, 'newer', 2);
  await expect.poll(alerts).toEqual([says('version 2', 'channel loopchart')]);
  // It hears that the page has gone, and nothing more than that it has taken the one frame.
  await expect.poll(() => newer.evaluate(() => (window as any).heard)).toEqual(['open', 'taken', 'close']);
  await expect.poll(() => page.locator('#statechart').count()).toBe(0);
  await programIn(same, 'same', 1);
  await expect.poll(() => shown('#log-count')).toBe('12');
  await expect.poll(() => alerts()).toEqual([]);
  // The newer one says once more that it is there, and hears but that.
  await newer.evaluate(() => new BroadcastChannel('loopchart').postMessage({ loopchart: 'here', run: 'newer' }));
  await same.evaluate(() => new BroadcastChannel('loopchart').postMessage({ loopchart: 'here', run: 'same' }));
  await expect
    .poll(() => same.evaluate(() => (window as any).heard.filter((one: string) => one === 'open')))
    .toHaveLength(2);
  await expect.poll(() => newer.evaluate(() => (window as any).heard)).toEqual(['open', 'taken', 'close', 'here']);
  await expect.poll(() => shown('#log-count')).toBe('12');
});
