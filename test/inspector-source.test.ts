// @module-tag page

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { Loop } from 'loopchart';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { recordingText } from '../inspector/dev/synthetic.ts';
import { Inspection } from '../src/inspect/inspection.ts';
import { type Inspector, type InspectorOptions, serveInspection } from '../src/node/inspector.ts';
import { launch } from './support/chromium.ts';
import { buildPage, freshFolder, serveFolder } from './support/site.ts';

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
}, 120_000);
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

/** By the name that it has in the list of all runs. */
async function chooseRun(name: string): Promise<void> {
  await page.getByRole('combobox', { name: 'Run', exact: true }).selectOption({ label: name });
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
  await expect.poll(() => page.evaluate(() => Reflect.has(window, 'localStorage') && self.origin)).toBe('null');
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
  await expect.poll(notices).toEqual([expect.stringContaining('The file ends too early')]);
  await expect.poll(() => listed()).toBe(lines.length);
  // As far as Node itself unzips it.
  const half = zipped.subarray(0, zipped.length / 2);
  const whole = gunzipSync(half, { finishFlush: 2 }).toString().split('\n').length - 1;
  await page.reload();
  await openRecording(half, 'half.jsonl.gz');
  await expect.poll(listed).toBe(whole);
  expect(whole).toBeGreaterThan(400);
  await expect.poll(notices).toEqual([expect.stringContaining('The file ends too early')]);
  const damaged = Buffer.from(zipped);
  damaged.fill(0xff, zipped.length * 0.8, zipped.length * 0.8 + 100);
  await page.reload();
  await openRecording(damaged, 'damaged.jsonl.gz');
  await expect.poll(listed).toBeGreaterThan(whole);
  // Nothing of this one can be read.
  await page.reload();
  await openRecording(Buffer.concat([zipped.subarray(0, 10), Buffer.alloc(100, 255)]), 'none.gz');
  await expect
    .poll(() => page.locator('.empty, .notice').allInnerTexts())
    .toEqual([expect.stringContaining('none.gz could not be read')]);
});

test('a wrong file leaves a run as it is, and a good one is opened beside it', async () => {
  const inspection = new Inspection();
  const { url, pages } = await serve(inspection);
  expect(pages).toBe(0);
  const run = new Count().start({ inspect: inspection });
  await visit(url);
  await expect.poll(listed).toBeGreaterThan(20);
  await openRecording('{"name":"not ours"}\n', 'package.json');
  await expect
    .poll(() => page.locator('[role=alert]').allInnerTexts())
    .toEqual([expect.stringMatching(/^Expected .* to be a recording of loopchart, .*`seq`/)]);
  const before = await listed();
  await expect.poll(listed).toBeGreaterThan(before + 20);
  expect(inspection.pages).toBe(1);
  await page.keyboard.press('p');
  await page.getByRole('button', { name: 'Resume', exact: true }).waitFor();
  await expect.poll(listed).toBe(inspection.last);

  const text = recordingText({ epochs: 2, batches: 5 });
  const lines = text.trimEnd().split('\n').length;
  await openRecording(text, 'good.jsonl');
  await expect.poll(listed).toBe(lines);
  await expect.poll(() => notices()).toEqual([]);
  // It is watched all along.
  expect(inspection.pages).toBe(1);
  run.resume();
  const last = inspection.last;
  await expect.poll(() => inspection.last).toBeGreaterThan(last + 20);
  await expect.poll(() => listed()).toBe(lines);
  await chooseRun('count#1');
  await page.getByRole('button', { name: 'Pause', exact: true }).click();
  await page.getByRole('button', { name: 'Resume', exact: true }).waitFor();
  await expect.poll(listed).toBe(inspection.last);
  const numbered = async () => Number((await page.locator('#log .seq').last().innerText()).replace(/,/g, ''));
  await expect.poll(() => numbered()).toBe(inspection.last);
  await expect.poll(() => notices()).toEqual([]);
  void run.stop();
  await run.outcome;
});

test('a wrong file leaves a recording as it is', async () => {
  await visit(site.url);
  const text = recordingText({ epochs: 2, batches: 5 });
  const lines = text.trimEnd().split('\n').length;
  await openRecording(text, 'good.jsonl');
  await expect.poll(listed).toBe(lines);
  await page.keyboard.press('Home');
  for (const [name, content] of [
    ['empty.jsonl', ''],
    ['picture.png', Buffer.from([0x89, 0x50, 0x4e, 0x47, 10, 0, 1, 2])],
    ['other.gz', gzipSync('hello')],
  ] as const) {
    await openRecording(content, name);
    await expect
      .poll(() => page.locator('[role=alert]').allInnerTexts())
      .toEqual([expect.stringContaining('to be a recording of loopchart, but')]);
    await expect.poll(() => page.locator('#moment').innerText()).toBe('1');
    await expect.poll(() => listed()).toBe(lines);
    await page.getByRole('button', { name: 'Dismiss' }).click();
  }
  await expect.poll(() => notices()).toEqual([]);
  await openRecording(recordingText({ epochs: 3, batches: 5 }), 'more.jsonl');
  await expect.poll(listed).toBeGreaterThan(lines);
  // What was looked at there is looked at again.
  await chooseRun('good');
  await expect.poll(listed).toBe(lines);
  await expect.poll(() => page.locator('#moment').innerText()).toBe('1');
});

test('without the token, or with a wrong one, the page says so and goes on when it has the right one', async () => {
  const inspection = new Inspection();
  const { port, url, token } = await serve(inspection);
  const run = new Count().start({ inspect: inspection });
  const bare = new URL('/', url).href;
  const alert = () => page.locator('[role=alert]').innerText();
  const notice = () => page.locator('.notice').innerText();
  await visit(`${bare}#seq=5`);
  await expect.poll(alert).toMatch(/^The token is missing: .* Open the address that the program printed\.$/);
  await page.goto(`${bare}#token=${'x'.repeat(32)}`);
  await expect.poll(alert).toMatch(/^The token is wrong: .* Open the address that the program printed\.$/);
  expect(page.url()).not.toContain('xxx');
  expect(inspection.pages).toBe(0);
  // In the same tab, as somebody does who has found the right one.
  await page.goto(`${url}&seq=5`);
  await expect.poll(() => page.locator('#moment').innerText()).toBe('5');
  await expect.poll(() => inspection.pages).toBe(1);
  await expect.poll(() => page.locator('[role=alert]').count()).toBe(0);

  // The port is another program's for a while.
  await open.pop()!.close();
  const other = await serve(new Inspection(), { port });
  await expect.poll(notice).toMatch(/^The token is wrong.* What was seen stays\.$/);
  const tries: string[] = [];
  page.on('websocket', (socket) => tries.push(socket.url()));
  await page.evaluate(() => dispatchEvent(new Event('focus')));
  await expect.poll(notice).toMatch(/^The token is wrong/);
  await expect.poll(() => listed()).toBeGreaterThan(4);
  await other.close();
  await serve(inspection, { port, token });
  expect(tries).toEqual([]);
  await page.evaluate(() => dispatchEvent(new Event('focus')));
  await expect.poll(() => inspection.pages).toBe(1);
  await expect.poll(() => page.locator('.notice').count()).toBe(0);
  void run.stop();
  await run.outcome;
});

test('a link to the moment is copied, with the token, and what that means is said', async () => {
  const inspection = new Inspection();
  const { url, token } = await serve(inspection);
  const run = new Count().start({ inspect: inspection });
  await visit(url);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await expect.poll(listed).toBeGreaterThan(20);
  await page.keyboard.press('Home');
  for (let i = 0; i < 6; i++) await page.keyboard.press('ArrowRight');
  const save = page.locator('summary', { hasText: 'Save' });
  await save.click();
  await expect
    .poll(() => page.locator('.actions .note').innerText())
    .toContain('whoever has it can watch and stop the run');
  await page.getByRole('button', { name: 'Copy link' }).click();
  await page.locator('summary', { hasText: 'Copied' }).waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toBe(`${new URL('/', url)}#seq=7&loop=count%231&token=${token}`);
  // Where there is no such thing as a clipboard, the old way.
  await page.evaluate(() => {
    Object.defineProperty(navigator, 'clipboard', { value: undefined });
    document.addEventListener('copy', () => Object.assign(window, { text: String(getSelection()) }));
  });
  await save.waitFor();
  await save.click();
  await page.getByRole('button', { name: 'Copy link' }).click();
  await page.locator('summary', { hasText: 'Copied' }).waitFor();
  await expect.poll(() => page.evaluate(() => (window as any).text)).toBe(copied);

  const elsewhere = await page.context().browser()!.newPage();
  await elsewhere.goto(copied);
  await elsewhere.waitForSelector('#moment');
  await expect.poll(() => elsewhere.locator('#moment').innerText()).toBe('7');
  await elsewhere.context().close();
  // To a file of this disk there is none.
  await openRecording(recordingText({ epochs: 1, batches: 3 }), 'own.jsonl');
  await save.waitFor();
  await save.click();
  await expect.poll(() => page.getByRole('button', { name: 'Copy link' }).isDisabled()).toBe(true);
  // What is there by now can be saved.
  await save.click();
  await page.click('#tab-chart');
  await page.waitForSelector('#statechart');
  await save.click();
  await expect.poll(() => page.getByRole('button', { name: 'Chart .svg' }).isEnabled()).toBe(true);
  void run.stop();
  await run.outcome;
});

test.for([
  ['stop', /^The run was stopped and its program has ended\. Save the recording to keep it\./],
  ['abort', /^The run was aborted and its program has ended\./],
] as const)('after the run and its program have ended, the page says so quietly: %s', async ([how, words]) => {
  const inspection = new Inspection();
  const { url, port, token } = await serve(inspection);
  const run = new Count().start({ inspect: inspection });
  await visit(url);
  await expect.poll(listed).toBeGreaterThan(10);
  if (how === 'stop') await run.stop();
  else run.abort(new Error('no'));
  await run.outcome;
  await expect.poll(listed).toBe(inspection.last);
  // The program is still there.
  await expect.poll(() => notices()).toEqual([]);
  await open.pop()!.close();
  await expect.poll(notices).toEqual([expect.stringMatching(words)]);
  await expect.poll(() => page.locator('.notice').getAttribute('class')).toBe('notice quiet');
  await expect.poll(() => page.locator('.source').getAttribute('class')).toBe('source whole');
  // Nothing is lit as if more were to come.
  const colour = () => page.locator('.live').evaluate((live) => getComputedStyle(live).color);
  const text = await page.locator('.scrubber .dim').evaluate((dim) => getComputedStyle(dim).color);
  await expect.poll(() => colour()).toBe(text);
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save the recording' }).click();
  const saved = gunzipSync(await readFile(await (await download).path())).toString();
  expect(saved.trimEnd().split('\n')).toHaveLength(inspection.last);
  // It is looked for all the same.
  await serve(inspection, { port, token });
  await expect.poll(notices).toEqual([]);
  await expect.poll(() => inspection.pages).toBe(1);
});

test('a second run of one program is looked at when the first has ended, and is the one that is driven', async () => {
  class Other extends Count {}
  const inspection = new Inspection();
  const { url } = await serve(inspection);
  const first = new Count().start({ inspect: inspection });
  await visit(url);
  await expect.poll(listed).toBeGreaterThan(10);
  const second = new Other().start({ inspect: inspection });
  const who = () => page.locator('.state .who').innerText();
  await expect.poll(() => page.locator('#tree').innerText()).toContain('other');
  await expect.poll(() => who()).toBe('count#1');
  // Both go on: what is pressed is for the one that is looked at.
  await page.keyboard.press('p');
  await expect.poll(() => first.waitingFor).toEqual([]);
  await page.getByRole('button', { name: 'Resume count#1', exact: true }).waitFor();
  await page.locator('.node', { hasText: 'other' }).click();
  await page.getByRole('button', { name: 'Pause other#1', exact: true }).waitFor();
  await page.locator('.node', { hasText: 'count' }).click();
  await page.getByRole('button', { name: 'Resume count#1', exact: true }).waitFor();
  await first.stop();
  // Somebody has chosen the first, so it stays in sight; there is but the second to be driven.
  await expect.poll(() => page.locator('#tree').innerText()).toContain('finished');
  await expect.poll(() => who()).toBe('count#1');
  const { steps } = second.progress;
  await expect.poll(() => second.progress.steps).toBeGreaterThan(steps);
  await page.keyboard.press('x');
  await page.getByLabel('Reason').fill('the second');
  await page.keyboard.press('Enter');
  expect(await second.outcome).toMatchObject({ status: 'stopped', reason: 'the second' });
  await expect.poll(() => page.getByRole('button', { name: 'Stop', exact: true }).isDisabled()).toBe(true);
  // Where nobody has chosen, the page goes on to the next run.
  await expect.poll(() => page.url()).toContain('loop=count%231');
  await page.goto('about:blank');
  await page.goto(url);
  await expect.poll(who).toBe('other#1');
  await expect.poll(() => page.url()).not.toContain('loop=');
  const third = new Count().start({ inspect: inspection });
  await expect.poll(who).toBe('count#2');
  await page.keyboard.press('p');
  await page.getByRole('button', { name: 'Resume', exact: true }).waitFor();
  void third.stop();
  await third.outcome;
});
