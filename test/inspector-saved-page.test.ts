// @module-tag page

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { formatRecording, Loop, record } from 'loopchart';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { recordingText, synthetic } from '../inspector/dev/synthetic.ts';
import { writePage } from '../src/node/recording/page.ts';
import {
  begin,
  browser,
  choose,
  end,
  folder,
  leave,
  moment,
  openRecording,
  page,
  press,
  settle,
  site,
  turnTo,
  visit,
  watchRun,
} from './support/page.ts';
import { serveFolder } from './support/site.ts';

beforeAll(begin);
afterAll(end);
afterEach(leave);

/** What lays out charts, in a page that is saved. */
const LAYOUT = /^ *<script data-own="" type="application\/gzip" id="layout">/m;

class Count extends Loop {
  override state = { n: 0 };
  get done() {
    return this.state.n >= 3;
  }
  reset() {}
  advance() {
    this.state.n++;
  }
}

/** Of the library itself, with the chart that all loops have. */
async function ownRecording(): Promise<string> {
  const recorder = record();
  await new Count().start({ inspect: recorder }).output;
  return formatRecording(recorder.recording);
}

const SMALL = { epochs: 2, batches: 12, validation: 4 };

/** Saves by the menu. @returns where the file is, and its text */
async function save(entry: RegExp, onlyRange = false): Promise<{ file: string; text: string }> {
  await page.getByText('Save', { exact: true }).click();
  if (onlyRange) await page.getByLabel('only the selected time').check();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.locator('.actions').getByRole('button', { name: entry }).click(),
  ]);
  const file = join(folder, `saved-${download.suggestedFilename()}`);
  await download.saveAs(file);
  return { file, text: await readFile(file, 'latin1') };
}

/** Opens a file as somebody would to whom it was sent: from the disk, with no network. */
async function openOffline(
  file: string,
  options: BrowserContextOptions = {},
  fragment = '',
): Promise<{ faults: string[] }> {
  const faults: string[] = [];
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, offline: true, ...options });
  const other = await context.newPage();
  other.setDefaultTimeout(20_000);
  other.on('pageerror', (error) => faults.push(String(error)));
  other.on('console', (message) => faults.push(message.text()));
  other.on('request', (request) => {
    if (!/^(file|data|blob):/.test(request.url())) faults.push(`asked for ${request.url()}`);
  });
  await other.goto(pathToFileURL(file).href + fragment);
  turnTo(other);
  return { faults };
}

/** The recording that lies in a page. */
function recordingIn(text: string): Record<string, any>[] {
  const [, base64] = /id="recording"[^>]*>([^<]*)</.exec(text)!;
  const lines = gunzipSync(Buffer.from(base64!, 'base64')).toString();
  return lines
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

const looks = async (shown: Page) => ({
  moment: await moment(),
  tab: await shown.locator('[role=tab][aria-selected=true]').innerText(),
  loop: await shown.locator('.state .who').getAttribute('title'),
  state: await shown.innerText('#state'),
  search: await shown.getByLabel('Search the log').inputValue(),
  rows: await shown.locator('#log-count').innerText(),
  verdict: await shown.locator('.verdict').innerText(),
});

describe('a page that is saved', () => {
  test.each(['light', 'dark'] as const)('shows the same, from the disk, without a network: %s', async (colorScheme) => {
    await visit();
    await openRecording(recordingText({ ...SMALL, failAt: 2 }));
    await page.waitForSelector('#statechart');
    await choose('batches');
    await press('Home', 'Shift+ArrowRight', 'Shift+ArrowRight', '4');
    await page.getByLabel('Search the log').fill('accuracy');
    await settle();
    await expect.poll(() => page.locator('#log-count').innerText()).toBe('17');
    const before = await looks(page);
    const { file } = await save(/^Page/);
    await page.close();
    const { faults } = await openOffline(file, { colorScheme });
    await page.locator('.u-over').first().waitFor();
    await expect.poll(() => page.locator('#log-count').innerText()).toBe('17');
    await expect.poll(() => looks(page)).toEqual(before);
    await expect.poll(() => page.evaluate(() => document.documentElement.dataset.theme)).toBe(colorScheme);
    await expect.poll(() => page.locator('.source').innerText()).toBe('run.jsonl');
    // Whoever looks further finds that after a reload, too.
    await page.getByRole('tab', { name: 'chart' }).click();
    await page.waitForSelector('#statechart');
    await press('ArrowRight');
    await expect.poll(() => page.url()).toContain(`seq=${before.moment + 1}`);
    await page.reload();
    await page.waitForSelector('#statechart');
    await expect.poll(moment).toBe(before.moment + 1);
    expect(faults).toEqual([]);
  });

  test('can be saved again, and is the same file', async () => {
    await visit();
    await openRecording(recordingText(SMALL));
    await page.waitForSelector('#statechart');
    const first = await save(/^Page/);
    await page.close();
    const { faults } = await openOffline(first.file);
    await page.waitForSelector('#statechart');
    // As an extension of the browser may have put there.
    await page.evaluate(() => document.body.append(Object.assign(document.createElement('p'), { id: 'foreign' })));
    const again = await save(/^Page/);
    const parts = ({ text }: { text: string }) => [
      text.replace(/(id="recording")[^<]*/, '$1').replaceAll(/\s+|\/(?=>)/g, ''),
      recordingIn(text),
    ];
    expect(parts(again)).toEqual(parts(first));
    expect(faults).toEqual([]);
  });

  test('strings of a recording stay text in it', async () => {
    const hostile =
      '</script><script>document.title=1</script><!--<script><img src=x onerror="document.title=2">\u2028';
    await visit();
    const text = recordingText({ ...SMALL, extra: { hostile } })
      .replaceAll('"runId":"synthetic-7"', `"runId":${JSON.stringify(hostile)}`)
      .replaceAll('"loop":"Batches"', `"loop":${JSON.stringify(hostile)}`);
    await openRecording(text);
    await page.waitForSelector('#statechart');
    await choose('batches');
    await page.getByLabel('Search the log').fill(hostile.replace('\u2028', '"&\''));
    await settle();
    const { file, text: html } = await save(/^Page/);
    await page.close();
    expect(html.match(/<\/script>/gi)?.length).toBe(3);
    const { faults } = await openOffline(file);
    await page.waitForSelector('#statechart');
    await expect.poll(() => page.innerText('#state')).toContain('<img src=x onerror=');
    await expect.poll(() => page.getByLabel('Search the log').inputValue()).toBe(hostile.replace('\u2028', '"&\''));
    await expect.poll(() => page.locator('img').count()).toBe(0);
    await expect.poll(() => page.title()).toMatch(/loopchart$/);
    expect(faults).toEqual([]);
  });

  test('runs nothing but its own script, whatever is put into it', async () => {
    await visit();
    await openRecording(recordingText(SMALL));
    await page.waitForSelector('#statechart');
    const { file, text } = await save(/^Page/);
    await page.close();
    await writeFile(file, text.replace('</body>', '<script>document.title = "run"</script></body>'), 'latin1');
    const { faults } = await openOffline(file);
    await page.waitForSelector('#statechart');
    await expect.poll(() => page.title()).toMatch(/loopchart$/);
    expect(faults).toEqual([expect.stringContaining('Content Security Policy')]);
  });

  test('lays out charts of other machines itself, and holds no layout where there is none', async () => {
    const chart = {
      type: 'chart',
      key: 'other',
      root: { id: 'other', key: 'other', initial: 'a', states: { a: { on: { GO: { target: 'b' } } }, b: {} } },
    };
    const lines = [...synthetic(SMALL)].map((line) =>
      line.type === 'chart' ? { ...line, ...chart } : line.type === 'actor' ? { ...line, chart: 'other' } : line,
    );
    await visit();
    await openRecording(await ownRecording(), 'plain.jsonl');
    await page.waitForSelector('#statechart');
    expect(LAYOUT.test((await save(/^Page/)).text)).toBe(false);
    await openRecording(lines.map((line) => `${JSON.stringify(line)}\n`).join(''), 'other.jsonl');
    await expect.poll(() => page.locator('#statechart').textContent()).toContain('GO');
    const { file, text } = await save(/^Page/);
    expect(LAYOUT.test(text)).toBe(true);
    await page.close();
    const { faults } = await openOffline(file);
    await expect.poll(() => page.locator('#statechart').textContent()).toContain('GO');
    expect(faults).toEqual([]);
  });
});

describe('runs that are compared', () => {
  const COMPARED = 'compare=a.jsonl:fit%231,b.jsonl:fit%231';
  const two = () =>
    page.setInputFiles(
      '#file',
      ['a', 'b'].map((name, seed) => ({
        name: `${name}.jsonl`,
        mimeType: 'application/x-ndjson',
        buffer: Buffer.from(recordingText({ ...SMALL, epochs: 2 + seed, seed })),
      })),
    );
  const runs = () => page.getByLabel('Run', { exact: true }).locator('option').allInnerTexts();

  test('are saved in one page, with the recordings of all of them', async () => {
    await visit({}, `#${COMPARED}&pane=log&seq=20`);
    await two();
    await expect.poll(runs).toEqual(['a', 'b']);
    await expect.poll(() => page.url()).toContain(COMPARED);
    await expect.poll(moment).toBe(20);
    const { file } = await save(/^Page with 2 recordings/);
    await page.close();
    const { faults } = await openOffline(file);
    await expect.poll(runs).toEqual(['a', 'b']);
    await expect.poll(moment).toBe(20);
    await press('ArrowRight');
    await expect.poll(() => page.url()).toContain('seq=21');
    await expect.poll(() => page.url()).toContain(COMPARED);
    expect(faults).toEqual([]);
  });

  test('others that are open stay out of it', async () => {
    await visit({}, '');
    await two();
    await expect.poll(runs).toEqual(['a', 'b']);
    const { text } = await save(/^Page/);
    expect(text).not.toMatch(/^<script [^>]*id="recording-2"/m);
  });
});

describe('what is saved', () => {
  test('is the selected time, if that is asked for, and each loop as it stood when that began', async () => {
    await visit();
    await openRecording(recordingText({ ...SMALL, epochs: 4 }));
    await page.waitForSelector('#statechart');
    await press('Home');
    await page.locator('#scrub').fill('60');
    await press('w', 'w', 'w', 'r');
    const within = Number((await page.locator('#log-count').innerText()).replace(',', ''));
    await choose('batches');
    // The last moment of that time.
    const last = page.locator('#log [role=option]').last();
    await page.locator('#log').focus();
    await last.click();
    await settle();
    const [at, state] = [await moment(), await page.innerText('#state')];
    const { file, text } = await save(/^Page/, true);
    const recording = await save(/^Recording/, true);
    const lines = recordingIn(text);
    expect(
      gunzipSync(await readFile(recording.file))
        .toString()
        .trimEnd()
        .split('\n'),
    ).toHaveLength(lines.length);
    const late = lines.filter((line) => line.late);
    expect(late.map(({ id }) => id)).toEqual(['fit#1', expect.stringMatching(/^fit\.epoch#/), expect.anything()]);
    expect(lines.filter(({ type, late }) => !late && (type === 'event' || type === 'actor'))).toHaveLength(within);
    await page.close();
    const { faults } = await openOffline(file);
    await page.waitForSelector('#statechart');
    await expect.poll(moment).toBe(at);
    await expect.poll(() => page.innerText('#state')).toBe(state);
    await expect.poll(() => page.locator('.notice').innerText()).toContain('The recording stops before its run ends');
    expect(faults).toEqual([]);
  });

  test('is what the page was told, and no value that was fetched beyond that', async () => {
    const cut = { $cut: { kind: 'object', size: 3, ref: '1/state', digest: 'd' } };
    const lines = [...synthetic({ ...SMALL, extra: { secret: cut } })].slice(0, -1);
    await visit();
    await watchRun(lines, ({ type, ref }) =>
      type === 'get' ? { type: 'value', ref, value: { password: 'hunter2' } } : undefined,
    );
    await choose('batches');
    await page.locator('.member', { hasText: 'secret' }).getByRole('button', { name: 'fetch' }).click();
    await expect.poll(() => page.innerText('#state')).not.toContain('cut here');
    const { text } = await save(/^Page/);
    expect(recordingIn(text)).toEqual(JSON.parse(JSON.stringify(lines)));
  });
});

describe('loopchart view --html', () => {
  test('makes the same page', async () => {
    const recording = join(folder, 'count.jsonl');
    await writeFile(recording, await ownRecording());
    const file = join(folder, 'made.html');
    await writePage([recording], file, join(folder, 'site'));
    expect(LAYOUT.test(await readFile(file, 'utf8'))).toBe(false);
    const { faults } = await openOffline(file, {}, '#pane=chart&seq=5');
    await page.waitForSelector('#statechart');
    await expect.poll(moment).toBe(5);
    await expect.poll(() => page.locator('.source').innerText()).toBe('count.jsonl');
    expect(faults).toEqual([]);
  });

  test('puts in what lays out a chart of another machine', async () => {
    const recording = join(folder, 'charts.jsonl');
    await writeFile(recording, recordingText(SMALL));
    const file = join(folder, 'charts.html');
    await writePage([recording], file, join(folder, 'site'));
    const { faults } = await openOffline(file, {}, '#pane=chart');
    await page.waitForSelector('#statechart');
    await expect.poll(() => page.locator('#statechart').textContent()).toContain('onRunStart');
    expect(faults).toEqual([]);
  });
});

describe('in a frame of 600 by 400', () => {
  test.each([
    ['with all rights', '', {}],
    ['with sandbox="allow-scripts"', 'sandbox="allow-scripts"', {}],
    [
      'from a server of notebooks, with a sandbox of its own',
      '',
      { 'content-security-policy': 'sandbox allow-scripts' },
    ],
  ])('%s, it shows and can be used', async (_, more, headers) => {
    const recording = join(folder, 'framed.jsonl');
    await writeFile(recording, recordingText(SMALL));
    const docs = join(folder, 'docs');
    await mkdir(docs, { recursive: true });
    await writePage([recording], join(docs, 'run.html'), join(folder, 'site'));
    const frame = await readFile(join(import.meta.dirname, '../examples/guide/frame.html'), 'utf8');
    await writeFile(join(docs, 'index.html'), frame.replace('width=', `${more} width=`));
    const served = await serveFolder(docs, headers);
    const faults: string[] = [];
    const other = await browser.newPage({ viewport: { width: 800, height: 600 } });
    other.on('pageerror', (error) => faults.push(String(error)));
    turnTo(other);
    await page.goto(served.url);
    const inner = page.frameLocator('iframe');
    await inner.locator('.u-over').first().waitFor();
    await inner.getByRole('tab', { name: 'log' }).click();
    await inner.locator('#log [role=option]').first().waitFor();
    // Of what is shown, there is room for some lines.
    const height = await inner.locator('#log').evaluate((log) => log.clientHeight);
    expect(height).toBeGreaterThan(100);
    await expect.poll(() => inner.locator('html').evaluate((html) => html.scrollWidth <= html.clientWidth)).toBe(true);
    await inner.getByRole('tab', { name: 'state' }).click();
    await inner.locator('#state .member').first().waitFor();
    expect(faults).toEqual([]);
    served.close();
  });
});

describe('the page in one file', () => {
  test('is not in each folder that the page was put into: then it is said what to do', async () => {
    // Its browser says on the console that there is none.
    turnTo(await browser.newPage());
    await page.route(/single\.html/, (route) => route.fulfill({ status: 404 }));
    await page.goto(site);
    await openRecording(recordingText(SMALL));
    await page.locator('.nested').first().waitFor();
    await page.getByText('Save', { exact: true }).click();
    await page.locator('.actions').getByRole('button', { name: /^Page/ }).click();
    await expect
      .poll(() => page.locator('.notice.failed').innerText())
      .toMatch(/single\.html beside this page, got the answer 404; save the recording/);
  });

  test('is asked for while the program of a run is there, which may have gone when somebody saves', async () => {
    await visit();
    const lines = [...synthetic(SMALL)];
    await Promise.all([page.waitForResponse(/single\.html/), watchRun(lines)]);
    await page.route(/single\.html/, (route) => route.abort());
    const { text } = await save(/^Page/);
    expect(recordingIn(text).at(-1)).toEqual(lines.at(-1));
  });
});
