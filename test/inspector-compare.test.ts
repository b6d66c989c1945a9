// @module-tag page

import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { formatRecording, Loop, record } from 'loopchart';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { begin, end, folder, leave, moment, page, settle, shown, site, visit } from './support/page.ts';

// What a user sees who has trained twice: all runs in a list, and two of them beside each other.

class Batches extends Loop<void, [rate: number]> {
  override state = { loss: 1, seen: 0, total: 6 };
  get done() {
    return this.state.seen >= this.state.total;
  }
  reset() {
    this.state.seen = 0;
  }
  advance(rate: number) {
    this.state.seen++;
    // The first three go the same way, whatever the rate.
    const { seen, loss } = this.state;
    this.state.loss = loss * (seen > 3 ? 1 - rate : 0.9);
    if (this.state.loss < 0.1) this.state.loss = Number.NaN;
  }
}

class Fit extends Loop<number, [settings: { rate: number; optimizer: string }]> {
  override state = { epoch: 0, loss: 0 };
  batches = new Batches();
  get done() {
    return this.state.epoch >= 2;
  }
  reset() {
    this.state.epoch = 0;
  }
  async advance({ rate }: { rate: number }) {
    await this.batches.run(rate);
    this.state.epoch++;
    this.state.loss = this.batches.state.loss;
    if (Number.isNaN(this.state.loss)) throw this.end('the loss is no number');
  }
  override onRunEnd() {
    return this.state.loss;
  }
}

async function trained(...rates: number[]): Promise<string> {
  const recorder = record();
  for (const rate of rates) {
    const run = new Fit().start({ inspect: recorder, id: `rate-${rate}`, args: [{ rate, optimizer: 'sgd' }] });
    await run.outcome;
  }
  return formatRecording(recorder.recording);
}

async function open(files: Record<string, string>): Promise<void> {
  const paths: string[] = [];
  for (const [name, text] of Object.entries(files)) {
    paths.push(join(folder, name));
    await writeFile(paths.at(-1)!, text);
  }
  await page.setInputFiles('#file', paths);
}

const rows = () => page.locator('.run-row:not(.head)');
const listed = () => rows().locator('.run .label').allInnerTexts();
const tab = (name: string) => page.getByRole('tab', { name, exact: true });
const sortedBy = (name: string) => page.getByRole('columnheader', { name }).getByRole('button');

beforeAll(begin);
afterAll(end);
afterEach(leave);

test('several recordings are opened at once, each run has a row, and a row is what all views show', async () => {
  await visit();
  await open({ 'slow.jsonl': await trained(0.05), 'quick.jsonl': await trained(0.3, 0.8) });
  await expect.poll(() => page.getByRole('tab').first().innerText()).toBe('Runs');
  await tab('runs').click();
  await expect.poll(listed).toEqual(['rate-0.05', 'rate-0.3', 'rate-0.8']);
  await expect.poll(() => rows().nth(0).innerText()).toMatch(/rate 0\.05.*finished/s);
  await expect.poll(() => rows().nth(2).innerText()).toMatch(/rate 0\.8.*ended.*the loss is no number.*NaN/s);
  await expect
    .poll(() => page.getByRole('listitem').filter({ hasText: 'quick.jsonl' }).innerText())
    .toContain('2 runs');
  // The first that was given is shown.
  await expect.poll(() => shown('.source')).toContain('slow.jsonl');
  await rows().nth(2).locator('.run').click();
  await expect.poll(() => shown('.verdict b')).toBe('fit was ended');
  await expect.poll(() => shown('.top .source')).toContain('quick.jsonl');
  await expect.poll(() => page.getByRole('combobox', { name: 'Run', exact: true }).inputValue()).toBe('2');
  await expect.poll(() => rows().nth(2).getAttribute('aria-selected')).toBe('true');
  // The moment that was looked at is found again.
  await page.keyboard.press('Home');
  await page.locator('#runs').focus();
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  await expect.poll(() => shown('.top .source')).toContain('slow.jsonl');
  await page.getByRole('combobox', { name: 'Run', exact: true }).selectOption('rate-0.8');
  await expect.poll(moment).toBe(0);
  await page.getByRole('button', { name: 'Close quick.jsonl' }).click();
  await expect.poll(listed).toEqual(['rate-0.05']);
  await expect.poll(() => shown('.top .source')).toContain('slow.jsonl');
  await page.getByRole('button', { name: 'Close slow.jsonl' }).click();
  await expect.poll(() => page.locator('.drop').count()).toBe(1);
});

test('runs are sorted by any column and filtered by words and numbers', async () => {
  await visit();
  await open({ 'all.jsonl': await trained(0.2, 0.05, 0.8, 0.1) });
  await tab('runs').click();
  const all = ['rate-0.2', 'rate-0.05', 'rate-0.8', 'rate-0.1'];
  await expect.poll(listed).toEqual(all);
  await sortedBy('run').click();
  await expect.poll(() => listed()).toEqual(['rate-0.05', 'rate-0.1', 'rate-0.2', 'rate-0.8']);
  await sortedBy('fit loss').click();
  // What is no number comes last, whichever way.
  await expect.poll(() => listed()).toEqual(['rate-0.2', 'rate-0.1', 'rate-0.05', 'rate-0.8']);
  await sortedBy('fit loss').click();
  await expect.poll(() => listed()).toEqual(['rate-0.05', 'rate-0.1', 'rate-0.2', 'rate-0.8']);
  await expect
    .poll(() => page.getByRole('columnheader', { name: 'fit loss' }).getAttribute('aria-sort'))
    .toBe('descending');
  const filter = page.getByLabel('Filter the runs');
  for (const [text, left] of [
    ['ended', ['rate-0.8']],
    ['sgd loss<0.3', ['rate-0.1', 'rate-0.2']],
    ['rate-0.05', ['rate-0.05']],
    ['took>100', []],
    ['', ['rate-0.05', 'rate-0.1', 'rate-0.2', 'rate-0.8']],
  ] as const) {
    await filter.fill(text);
    await expect.poll(listed, { message: text }).toEqual(left);
  }
  // A number is a column or not.
  await page.getByText('Numbers (2)').click();
  await page.getByLabel('fit.batches · loss').uncheck();
  await expect.poll(() => page.getByRole('columnheader', { name: 'batches loss' }).count()).toBe(0);
});

test('of 3,000 runs few rows are in the document, and the keys reach all', async () => {
  class Short extends Loop {
    override state = { loss: 1 };
    get done() {
      return true;
    }
    reset() {}
    advance() {}
  }
  const recorder = record();
  for (let at = 0; at < 3000; at++) await new Short().start({ inspect: recorder }).output;
  await visit();
  await open({ 'many.jsonl': formatRecording(recorder.recording) });
  await tab('runs').click();
  await expect.poll(() => page.locator('.runs [role=status]').innerText()).toBe('3,000 runs');
  await expect.poll(() => rows().count()).toBeLessThan(60);
  await page.locator('#runs').focus();
  await page.keyboard.press('End');
  await expect.poll(async () => (await listed()).at(-1)).toBe('short#3000');
  await expect.poll(() => shown('.state .who')).toBe('short#3000');
  await expect.poll(() => page.locator('#runs').getAttribute('aria-activedescendant')).toBe('run-2999');
});

test('two runs beside each other: which was better, where they parted, why each stopped', async () => {
  await visit();
  await open({ 'a.jsonl': await trained(0.2), 'b.jsonl': await trained(0.8) });
  await tab('runs').click();
  await expect.poll(listed).toEqual(['rate-0.2', 'rate-0.8']);
  const compare = page.getByRole('button', { name: 'Compare', exact: true });
  await expect.poll(() => compare.isDisabled()).toBe(true);
  await page.getByLabel('Compare rate-0.2').check();
  // By the keys as well.
  await page.locator('#runs').focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press(' ');
  await page.getByRole('button', { name: 'Compare 2' }).click();
  await expect
    .poll(() => shown('.pair .parted'))
    .toBe('The same until step 4 of batches; there loss is 0.5832 in rate-0.2 and 0.1458 in rate-0.8.');
  await expect
    .poll(() => shown('.pair .better'))
    .toMatch(/^In the end, rate-0\.2 did better: fit · loss 0\.\d+ against NaN, and 1 more\.$/);
  await expect
    .poll(() => page.locator('.pair .given').allInnerTexts())
    .toEqual(['fit rate: 0.2 → 0.8', 'batches argument 1: 0.2 → 0.8']);
  const cells = (name: string, nth = 0) =>
    page
      .locator('.beside tr', { has: page.getByRole('rowheader', { name }) })
      .nth(nth)
      .locator('td')
      .allInnerTexts();
  expect(await cells('outcome')).toEqual([expect.stringMatching(/^ finished 0\.\d+$/), ' ended the loss is no number']);
  await expect.poll(() => cells('rate')).toEqual(['0.2', '0.8']);
  await expect.poll(() => cells('optimizer')).toEqual(['"sgd"', '"sgd"']);
  await expect.poll(() => page.locator('.beside tr.differs th').allInnerTexts()).not.toContain('optimizer');
  await expect.poll(() => page.locator('.beside .best').allInnerTexts()).toHaveLength(2);
  await page.getByLabel('only what differs').check();
  await expect.poll(() => page.locator('.beside tbody').innerText()).not.toContain('optimizer');
  await expect
    .poll(() => page.locator('.stripes').first().getAttribute('aria-label'))
    .toMatch(/^rate-0\.2 took .*, and parted after /);
  // The moment itself, in either.
  for (const name of ['rate-0.2', 'rate-0.8']) {
    await tab('compare').click();
    await page.getByRole('button', { name: `Show it in ${name}` }).click();
    await settle();
    await expect.poll(() => shown('.state .who')).toBe('batches#1');
    await expect.poll(() => page.locator('.state').innerText()).toMatch(name === 'rate-0.2' ? /0\.5832/ : /0\.1458/);
  }
  // A link keeps what is compared, as far as it can lead to the recordings.
  await expect.poll(() => decodeURIComponent(new URL(page.url()).hash)).toMatch(/compare=[^:]+:fit#\d,[^:]+:fit#\d/);
  await tab('compare').click();
  await page.getByLabel('Compare rate-0.2 no more').click();
  await expect.poll(() => page.getByRole('tab', { name: 'compare' }).count()).toBe(0);
});

test('runs that are chosen while files are still read stay chosen, whatever the address had said', async () => {
  const files: Record<string, string> = {
    first: await trained(0.1),
    second: await trained(0.2),
    third: await trained(0.3),
  };
  let answer = () => {};
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  await visit({}, '');
  await page.route(/\.jsonl$/, async (route) => {
    const [name = ''] = /\w+(?=\.jsonl)/.exec(route.request().url()) ?? [];
    if (name === 'third') await answered;
    await route.fulfill({ body: files[name]! });
  });
  // As after a reload, when one of two had been chosen.
  const compare = encodeURIComponent('first.jsonl:fit#1');
  await page.goto(`${site}#file=first.jsonl&file=second.jsonl&file=third.jsonl&compare=${compare}`);
  await page.reload();
  const box = (rate: number) => page.getByRole('checkbox', { name: `Compare rate-${rate}`, exact: true });
  await box(0.2).check();
  await box(0.1).check();
  answer();
  await box(0.3).waitFor();
  // Once all have been read, the address has the view of somebody who has chosen, and all the files.
  await expect.poll(() => page.url()).toMatch(/file=third\.jsonl.*compare=second\.jsonl[^&]*,first\.jsonl/);
  for (const rate of [0.1, 0.2]) await expect.poll(() => box(rate).isChecked()).toBe(true);
  await expect.poll(() => page.getByRole('tab', { name: 'compare' }).count()).toBe(1);
});

test('what is dropped is added, and two that cannot be read are both told of', async () => {
  await visit();
  await open({ 'good.jsonl': await trained(0.1), 'bad.jsonl': '{}\n', 'empty.jsonl': '' });
  await page.waitForSelector('#tree');
  await expect
    .poll(() => page.locator('[role=alert]').innerText())
    .toMatch(/bad\.jsonl.*empty\.jsonl|empty\.jsonl.*bad\.jsonl/s);
  // Where the first is none, the first that is one is shown.
  await page.reload();
  await open({ 'bad.jsonl': '{}\n', 'good.jsonl': await trained(0.1) });
  await expect.poll(() => shown('.top .source')).toContain('good.jsonl');
  await expect.poll(() => page.locator('.notice[role=alert]').innerText()).toContain('bad.jsonl');
});

for (const colorScheme of ['light', 'dark'] as const)
  test(`axe finds nothing to blame in the list and the comparison, ${colorScheme}`, async () => {
    const inspector = createRequire(join(import.meta.dirname, '../inspector/package.json'));
    const axe = await readFile(inspector.resolve('axe-core/axe.min.js'), 'utf8');
    await visit({ colorScheme });
    await open({ 'a.jsonl': await trained(0.2), 'b.jsonl': await trained(0.8) });
    await tab('runs').click();
    await expect.poll(listed).toHaveLength(2);
    await page.evaluate(axe);
    const blamed = (part: string) =>
      page.evaluate(async (selector) => {
        const options = { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] };
        const { violations } = await (window as any).axe.run(selector, options);
        return violations.map(({ id, nodes }: any) => [id, nodes.map(({ html }: any) => html)]);
      }, part);
    for (const box of await page.locator('.run-row input').all()) await box.check();
    await expect.poll(() => blamed('.runs')).toEqual([]);
    await expect.poll(() => blamed('.verdict')).toEqual([]);
    await page.getByRole('button', { name: 'Compare 2' }).click();
    await page.waitForSelector('.beside');
    await expect.poll(() => blamed('.compare')).toEqual([]);
    await page.keyboard.press('g');
    await page.waitForSelector('.sheet.go-to');
    await expect.poll(() => blamed('.sheet.go-to')).toEqual([]);
    for (const width of [800, 390]) {
      await page.setViewportSize({ width, height: 900 });
      await settle();
      await expect
        .poll(() => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), { message: `${width}` })
        .toBe(true);
    }
  });
