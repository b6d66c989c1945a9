// @module-tag page

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { recordingText } from '../inspector/dev/synthetic.ts';
import { begin, choose, end, folder, leave, moment, page, press, settle, site, visit } from './support/page.ts';

beforeAll(async () => {
  await begin();
  await writeFile(join(folder, 'site', 'beside.jsonl'), recordingText({ epochs: 3, batches: 20, validation: 4 }));
});
afterAll(end);
afterEach(leave);

const BATCHES = 'fit.epoch.batches';

/** How the first chart is drawn, as its options say. */
async function chart() {
  await page.locator('.card summary').first().click();
  const card = page.locator('.card').first();
  const smooth = await card.getByRole('slider').inputValue();
  const log = await card.getByLabel('log scale').isChecked();
  await press('Escape');
  return { smooth, log };
}

/** What somebody sees of the view, as far as a link keeps it. */
const looks = async () => ({
  moment: await moment(),
  tab: await page.locator('[role=tab][aria-selected=true]').innerText(),
  loop: await page.locator('.state .who').getAttribute('title'),
  only: await page.locator('.tree [aria-selected=true]').innerText(),
  numbers: await page.locator('.pick:has(:checked)').evaluateAll((picks) => picks.map((one) => (one as any).title)),
  axis: await page.getByLabel('X axis').inputValue(),
  charts: await page.locator('.card h3').allInnerTexts(),
  chart: await chart(),
  search: await page.getByLabel('Search the log').inputValue(),
  type: await page.locator('.log').getByLabel('Type').inputValue(),
  regex: await page.getByTitle('Search by regular expression').getAttribute('aria-pressed'),
  rows: await page.locator('#log-count').innerText(),
  follow: await page.getByLabel('follow').isChecked(),
  against: await page.getByLabel('Compare with').inputValue(),
  changes: await page.locator('.state .check input').isChecked(),
  range: await page.locator('.log .chip').allInnerTexts(),
  zoomed: await page.getByTitle('Show all of the time').count(),
});

/** Changes all of that. */
async function changeAll(): Promise<void> {
  await choose('batches');
  await press('w', 'w', 'r', 'Home', 'Shift+ArrowRight', 'm', 'Shift+ArrowRight', 'Shift+ArrowRight', '4');
  await page.locator('.pick', { hasText: 'accuracy' }).getByRole('checkbox').uncheck();
  await page.getByLabel(/^Search the numbers/).fill('*.loss');
  await press('Enter');
  await page.getByLabel(/^Search the numbers/).fill('');
  await page.getByLabel('X axis').selectOption('time');
  await page.locator('.card summary').first().click();
  await page.locator('.card').first().getByRole('slider').fill('0.25');
  await page.locator('.card').first().getByLabel('log scale').check();
  await press('Escape');
  await page.getByTitle('Search by regular expression').click();
  await page.getByLabel('Search the log').fill('loss: 0|1, "a+b & c"');
  await page.getByLabel('follow').uncheck();
  await page.locator('.log').getByLabel('Type').selectOption('loop.advanced');
  await page.locator('.state .check input').check();
  await settle();
}

/** All that was to be searched has been, and the address has caught up. */
async function quiet(): Promise<void> {
  const said = async () => `${page.url()} ${await page.locator('.log .count').innerText()}`;
  let before = '';
  await expect
    .poll(
      async () => {
        const now = await said();
        const still = now === before;
        before = now;
        return still;
      },
      { interval: 300 },
    )
    .toBe(true);
}

test('all that somebody has made of the view outlives a reload, and is the same where the link is opened', async () => {
  await visit({}, '#file=beside.jsonl');
  await page.locator('.nested').first().waitFor();
  const before = await looksOfPlots();
  await changeAll();
  await quiet();
  const made = await looks();
  for (const key of Object.keys(before) as (keyof typeof made)[])
    expect({ [key]: made[key] }).not.toEqual({ [key]: before[key] });
  expect(made.charts[0]).toBe('*.loss');
  expect(made.numbers).toContain(`${BATCHES} · loss`);
  expect(made.numbers).not.toContain(`${BATCHES} · accuracy`);
  const link = page.url();

  await page.reload();
  await page.locator('.u-over').first().waitFor();
  await quiet();
  await expect.poll(() => looks()).toEqual(made);
  await expect.poll(() => page.url()).toBe(link);

  // As where somebody else opens it.
  await page.evaluate(() => sessionStorage.clear());
  await page.goto('about:blank');
  await page.goto(link);
  await page.locator('.u-over').first().waitFor();
  await quiet();
  await expect.poll(() => looks()).toEqual(made);
});

/** The view of a page that was just opened: plots have to be shown for it. */
async function looksOfPlots() {
  await press('4');
  await page.locator('.u-over').first().waitFor();
  await quiet();
  const own = await looks();
  await press('0');
  return { ...own, tab: 'Nest' };
}

test('a link that is pasted into the open page shows the view that it says, and no more', async () => {
  await visit({}, '#file=beside.jsonl');
  await page.locator('.nested').first().waitFor();
  const own = await looksOfPlots();
  await changeAll();
  await quiet();
  await page.evaluate(() => {
    location.hash = '#file=beside.jsonl&pane=plots&seq=40';
  });
  await expect.poll(moment).toBe(40);
  await quiet();
  // Which loop is looked at, such a link does not say.
  const [loop, only] = [expect.stringContaining(`${BATCHES}#`), expect.stringContaining('batches')];
  await expect.poll(() => looks()).toEqual({ ...own, tab: 'Plots', moment: 40, loop, only });
});

test('of a loop that was chosen as just one of its runs, a link says so', async () => {
  await visit({}, '#file=beside.jsonl&only=fit.epoch.batches%231&seq=150');
  await expect.poll(moment).toBe(150);
  await expect.poll(() => page.locator('.state .who').getAttribute('title')).toBe('fit.epoch.batches#1');
  await page.goto('about:blank');
  await page.goto(`${site}#file=beside.jsonl&loop=fit.epoch.batches%231&seq=150`);
  await expect.poll(moment).toBe(150);
  await expect.poll(() => page.locator('.state .who').getAttribute('title')).toBe('fit.epoch.batches#3');
});

test('a name with the signs that a link is made of comes back the same', async () => {
  const odd = 'a:b,c%&#=+ é/"';
  await writeFile(
    join(folder, 'site', 'odd.jsonl'),
    recordingText({ epochs: 2, batches: 8, extra: { odd: { [odd]: 3 } } }),
  );
  await visit({}, '#file=odd.jsonl&pane=plots');
  const pick = page.locator('.pick', { hasText: odd });
  await pick.getByRole('checkbox').check();
  await quiet();
  const charts = await page.locator('.card h3').allInnerTexts();
  expect(charts[0]).toContain(odd);
  await page.reload();
  await expect.poll(() => pick.getByRole('checkbox').isChecked()).toBe(true);
  await quiet();
  await expect.poll(() => page.locator('.card h3').allInnerTexts()).toEqual(charts);
});

test('that nothing is plotted is kept as well', async () => {
  await visit({}, '#file=beside.jsonl&pane=plots');
  await page.locator('.u-over').first().waitFor();
  while (await page.locator('.pick :checked').count()) await page.locator('.pick :checked').first().uncheck();
  await quiet();
  await page.reload();
  await page.locator('.pick').first().waitFor();
  await quiet();
  await expect.poll(() => page.locator('.pick :checked').count()).toBe(0);
});

test.each([
  [
    'words of no meaning',
    'pane=nope&plot.axis=x&plot.looks=*.loss/7/log,/,*/x&time.by=&log.regex=2&state.against=none',
  ],
  ['times that are none', 'range=5..1&sight=a..b'],
  ['a range without an end', 'range=1..Infinity&sight=..'],
  ['rows that are none', 'seq=-3&pin=x'],
  ['what was cut off in the middle', 'plot.charts=fit:%25E2%2582&plot.looks=%25E2/0.5&loop='],
  ['names of what every object has', 'constructor=1&__proto__=2&plot.axis=toString&toString=1'],
])('%s in a link leave the view as it is', async (_, words) => {
  await visit({}, `#file=beside.jsonl&pane=plots`);
  await page.locator('.u-over').first().waitFor();
  await quiet();
  const own = await looks();
  await page.goto('about:blank');
  await page.goto(`${site}#file=beside.jsonl&${words}`);
  await page.locator('.nested').first().waitFor();
  await press('4');
  await page.locator('.u-over').first().waitFor();
  await quiet();
  await expect.poll(() => looks()).toEqual(own);
});
