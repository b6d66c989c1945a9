// @module-tag page

import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { WebSocketRoute } from 'playwright-core';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { recordingText, type Synthetic, synthetic } from '../inspector/dev/synthetic.ts';
import { faultOf, type Line } from '../inspector/lines/line.ts';
import { Contexts } from '../inspector/run/contexts.ts';
import { Store } from '../inspector/run/store.ts';
import { chart } from '../inspector/run/transition.ts';
import { TransitionCounts } from '../inspector/run/transition-counts.ts';
import { treeAt } from '../inspector/run/tree-at.ts';
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
  scrub,
  settle,
  shown,
  site,
  turnTo,
  visit,
} from './support/page.ts';

const SMALL: Synthetic = { epochs: 6, batches: 20, validation: 5, nanAt: 2, pauseAt: 3, failAt: 5 };

beforeAll(begin);
afterAll(end);
afterEach(leave);

/** What each view says, to see whether it moved. */
const views = async () => ({
  tree: await page.locator('#tree').innerText(),
  chart: await page.locator('.box.lit').first().getAttribute('data-state'),
  log: await page.locator('#log [aria-selected=true] .seq').innerText(),
  state: await page.locator('#state').innerText(),
  scrubber: await page.locator('#scrub').inputValue(),
});

test('a recording from a file is shown by every view', async () => {
  await visit();
  await expect.poll(() => page.innerText('.empty')).toContain('Drop a recording here');
  await openRecording(recordingText(SMALL));
  await page.waitForSelector('#statechart');
  // A chart that is not the library's own is laid out here, away from the page's own thread.
  expect(page.workers()).toHaveLength(1);
  const tree = await page.innerText('#tree');
  expect(tree).toContain('epoch');
  expect(tree).toContain('× 5');
  expect(tree).toContain('1 failed');
  await expect.poll(() => page.locator('.box.lit').getAttribute('data-state')).toBe('failed');
  await expect.poll(() => page.textContent('#statechart')).toContain('onRunStart');
  const lines = recordingText(SMALL).trimEnd().split('\n').length;
  await expect.poll(() => shown('#log-count')).toBe(lines.toLocaleString('en'));
  await expect.poll(() => page.innerText('#log')).toContain('RangeError: Expected labels from 0 to 9, got 10');
  await expect.poll(() => page.innerText('#state')).toContain('epochs');
  // The timeline is a canvas: something is painted on it.
  const colours = await page.evaluate(() => {
    const canvas = document.querySelector<HTMLCanvasElement>('#timeline canvas')!;
    const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
    return new Set(new Uint32Array(data.buffer)).size;
  });
  expect(colours).toBeGreaterThan(8);
  await page.getByRole('tab', { name: 'plots' }).click();
  await page.waitForSelector('.u-over');
  await settle();
  // One chart for each number that is no count.
  await expect.poll(() => page.locator('.pick input:checked').count()).toBe(await page.locator('.card').count());
  await expect.poll(() => page.locator('.pick', { hasText: 'batchesloss' }).innerText()).toMatch(/\d\.\d+/);
});

test('a gzipped recording is read as well, and one that is torn says so', async () => {
  await visit();
  const text = recordingText({ epochs: 2, batches: 5 });
  await openRecording(gzipSync(text.slice(0, -40)), 'run.jsonl.gz');
  await expect.poll(() => page.innerText('.notice')).toContain('The last line was cut off');
  const lines = text.trimEnd().split('\n').length;
  await expect.poll(() => shown('#log-count')).toBe(String(lines - 1));
});

test('a file that is no recording says what to do', async () => {
  await visit();
  await openRecording('{"name":"not ours"}\n', 'package.json');
  await expect
    .poll(() => page.innerText('[role=alert]'))
    .toContain('Expected package.json to be a recording of loopchart');
  await expect.poll(() => page.innerText('[role=alert]')).toContain('record()');
});

test('every view follows the scrubber, back and forth', async () => {
  await visit();
  await openRecording(recordingText(SMALL));
  await page.waitForSelector('#statechart');
  await choose('batches');
  const lines = [...synthetic(SMALL)];
  const within = (id: string) =>
    String(
      lines.findIndex((line) => line.type === 'event' && line.id === id && line.event.type === 'loop.advanced') + 3,
    );
  const [row, earlierRow] = [within('fit.epoch.batches#4'), within('fit.epoch.batches#1')];
  await scrub(row);
  const before = await views();
  expect(before.chart).toBe('advancing');
  expect(before.log).toBe(String(Number(row) + 1));
  await scrub(earlierRow);
  const earlier = await views();
  for (const view of Object.keys(before) as (keyof typeof before)[]) {
    if (view !== 'chart') expect(earlier[view], view).not.toBe(before[view]);
  }
  await scrub(row);
  await expect.poll(() => views()).toEqual(before);
  // Rows that have not happened yet are told apart.
  await expect.poll(() => page.locator('#log .future').count()).toBeGreaterThan(0);
  // The other way round: a row of the log moves the scrubber.
  await page.locator('#log .row').first().click();
  await settle();
  await expect.poll(async () => (await views()).scrubber).not.toBe(row);
  // Counts of the chart go down again when time goes back.
  const taken = async () =>
    Number(/advanced\D*(\d+)/.exec((await page.textContent('.box[data-state=advancing]'))!)?.[1] ?? 0);
  await press('End');
  const all = await taken();
  await press('Shift+ArrowLeft', 'Shift+ArrowLeft', 'Shift+ArrowLeft');
  await expect.poll(() => taken()).toBeLessThan(all);
});

test('the state is compared with the step before, the run before and a pinned moment', async () => {
  await visit();
  await openRecording(recordingText({ epochs: 3, batches: 10 }));
  await page.waitForSelector('#statechart');
  await choose('batches');
  const was = () => page.locator('#state .member.other', { hasText: 'loss' }).locator('.was').innerText();
  await press('Shift+ArrowLeft', 'Shift+ArrowLeft');
  const stepBefore = await was();
  const [now] = (await page.locator('#state .member', { hasText: 'loss' }).innerText()).match(/\d\.\d+/g)!;
  await page.getByLabel('Compare with').selectOption('iteration');
  await settle();
  await expect.poll(() => was()).not.toBe(stepBefore);
  await page.getByLabel('Compare with').selectOption('pinned');
  await settle();
  await expect.poll(() => page.innerText('#state')).toContain('press m');
  await press('Escape', 'Tab', 'm', 'Shift+ArrowLeft');
  await expect.poll(() => was()).toBe(now);
});

test('the keyboard alone is enough', async () => {
  await visit();
  await openRecording(recordingText(SMALL));
  await page.waitForSelector('#statechart');
  await press('?');
  await expect.poll(() => page.getByRole('dialog').innerText()).toContain('follow the newest');
  await press('Escape');
  await expect.poll(() => page.getByRole('dialog').count()).toBe(0);
  const last = await moment();
  await press('ArrowLeft', 'ArrowLeft');
  await expect.poll(() => moment()).toBe(last - 2);
  await press('Home');
  await expect.poll(() => moment()).toBe(1);
  await press('l');
  await expect.poll(() => moment()).toBe(last);
  await press('j');
  await expect.poll(() => page.locator('#tree [aria-selected=true]').innerText()).toContain('epoch');
  await press('1', 'ArrowDown');
  await expect.poll(() => page.locator('#tree [aria-selected=true]').innerText()).toContain('batches');
  await press('/');
  await page.keyboard.type('RangeError');
  await expect.poll(() => shown('#log-count')).toBe('3');
  await press('Escape', '5', 'ArrowUp');
  await expect.poll(() => moment()).toBe(last - 1);
  await press('t');
  await expect.poll(() => page.locator('html').getAttribute('data-theme')).toBe('dark');
  await press('r');
  await expect.poll(() => page.locator('.log .chip').count()).toBe(1);
  await press('Escape');
  await expect.poll(() => page.locator('.log .chip').count()).toBe(0);
});

test('a range dragged over the timeline filters the log, and a click goes to its moment', async () => {
  await visit();
  await openRecording(recordingText(SMALL));
  await page.waitForSelector('#statechart');
  const all = await shown('#log-count');
  const { x, y, width } = (await page.locator('#timeline').boundingBox())!;
  await page.mouse.move(x + width * 0.2, y + 30);
  await page.mouse.down();
  await page.mouse.move(x + width * 0.4, y + 30, { steps: 4 });
  await page.mouse.up();
  // The range follows the pointer: what counts is where it comes to rest.
  await expect.poll(async () => Number(await shown('#log-count')) > 5).toBe(true);
  await expect.poll(async () => Number(await shown('#log-count')) < Number(all) / 2).toBe(true);
  await press('Escape');
  await expect.poll(() => shown('#log-count')).toBe(all);
  // The lane of the epochs, a third of the way in.
  await page.mouse.click(x + width * 0.3, y + 55);
  await settle();
  await expect.poll(() => moment()).toBeLessThan(Number(all));
  await expect.poll(() => page.innerText('.state .who')).toContain('epoch#');
});

test('a recording is played and halted', async () => {
  await visit();
  await openRecording(recordingText({ epochs: 40, batches: 40 }));
  await page.waitForSelector('#statechart');
  await press('Home', 'Space');
  await expect.poll(moment).toBeGreaterThan(20);
  await press('Space');
  const halted = await moment();
  await expect.poll(() => page.getByRole('button', { name: 'Play' }).count()).toBe(1);
  await expect.poll(() => moment()).toBe(halted);
});

test('a link leads to a moment and a loop', async () => {
  await writeFile(join(folder, 'site', 'beside.jsonl'), recordingText(SMALL));
  await visit({}, '#file=beside.jsonl&seq=30&loop=fit.epoch%231');
  await expect.poll(() => page.locator('#moment').count()).toBe(1);
  await expect.poll(moment).toBe(30);
  await expect.poll(() => page.locator('.state .who').getAttribute('title')).toBe('fit.epoch#1');
  await press('ArrowRight');
  await expect.poll(() => page.url()).toContain('seq=31');
});

test('text of a recording is shown as text, and `__proto__` as a key', async () => {
  await visit();
  const image = '<img src=x onerror="document.title=1">';
  const odd = JSON.parse(
    '{"__proto__":{"polluted":true},"constructor":"mine","nan":{"$n":"NaN"},"big":{"$bigint":"12"},"none":{"$undefined":true}}',
  );
  const text = recordingText({ epochs: 1, batches: 3, extra: { image, odd } }).replaceAll(
    '"loop":"Batches"',
    `"loop":${JSON.stringify(image)}`,
  );
  await openRecording(text);
  await page.waitForSelector('#statechart');
  await choose('batches');
  const state = await page.innerText('#state');
  expect(state).toContain('<img src=x onerror=');
  expect(state).toMatch(/__proto__\s+polluted\s+true/);
  expect(state).toMatch(/constructor\s+"mine"/);
  expect(state).toMatch(/nan\s+NaN/);
  expect(state).toMatch(/big\s+12n/);
  expect(state).toMatch(/none\s+undefined/);
  await expect.poll(() => page.locator('img').count()).toBe(0);
  await expect.poll(() => page.title()).toMatch(/fit#1 finished · run\.jsonl · loopchart$/);
  await expect
    .poll(() => page.evaluate(() => ({}) as { polluted?: boolean }).then(({ polluted }) => polluted))
    .toBeUndefined();
});

test('100,000 lines are all listed, and few are in the document', async () => {
  await visit();
  const text = recordingText({ epochs: 100, batches: 950, validation: 20 });
  const lines = text.trimEnd().split('\n').length;
  expect(lines).toBeGreaterThan(95_000);
  await page.evaluate((count) => {
    const watched = window as unknown as { longest: number; took: number };
    watched.longest = 0;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) watched.longest = Math.max(watched.longest, duration);
    }).observe({ type: 'longtask' });
    // From the moment the page has the file to the frame that lists all of it.
    document.addEventListener('change', () => {
      const began = performance.now();
      const look = () => {
        if (document.querySelector('#log-count')?.textContent === count) watched.took = performance.now() - began;
        else requestAnimationFrame(look);
      };
      look();
    });
  }, lines.toLocaleString('en'));
  await openRecording(text);
  await page.waitForFunction(() => (window as unknown as { took: number }).took > 0);
  const { took, longest } = await page.evaluate(() => {
    const { took, longest } = window as unknown as { longest: number; took: number };
    return { took, longest };
  });
  process.stdout.write(`${lines} lines listed in ${took.toFixed(0)} ms, longest task ${longest.toFixed(0)} ms\n`);
  await expect.poll(() => page.locator('#log .row').count()).toBeLessThanOrEqual(100);
  await expect.poll(() => page.locator('#log .row').last().innerText()).toContain(String(lines));
  await press('Home');
  await expect.poll(() => page.locator('#log .row').first().innerText()).toContain('recording');
  await press('/');
  await page.keyboard.type('epoch#77 ');
  await expect.poll(() => shown('#log-count'), { timeout: 10_000 }).not.toBe(lines.toLocaleString('en'));
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`axe finds nothing to blame, ${colorScheme}`, async () => {
    const axe = await readFile(
      createRequire(join(import.meta.dirname, '../inspector/package.json')).resolve('axe-core/axe.min.js'),
      'utf8',
    );
    const blame = () =>
      page.evaluate(async () => {
        const { violations } = await (window as any).axe.run();
        return violations.map(
          (found: any) =>
            `${found.id}: ${found.nodes
              .map((node: any) => node.html.slice(0, 160))
              .slice(0, 4)
              .join(' | ')}`,
        );
      });
    await visit({ colorScheme });
    await page.evaluate(axe);
    await expect.poll(() => blame()).toEqual([]);
    await openRecording(recordingText(SMALL));
    await page.waitForSelector('#statechart');
    await expect.poll(() => blame()).toEqual([]);
    await scrub('150');
    await press('4');
    await page.waitForSelector('.u-over');
    await expect.poll(() => blame()).toEqual([]);
    await press('?');
    await expect.poll(() => blame()).toEqual([]);
    await press('Escape');
    // The second is what a window of 1440 × 900 has room for at 200 %.
    for (const [width, height] of [
      [800, 700],
      [720, 450],
    ] as const) {
      await page.setViewportSize({ width, height });
      for (const tab of ['nest', 'chart', 'plots', 'log', 'state']) {
        await page.click(`#tab-${tab}`);
        await settle();
        await expect.poll(() => blame(), { message: `${tab} at ${width}` }).toEqual([]);
      }
      // Nothing sticks out at the side.
      await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    }
  });
}

test('a live run is followed over a break, without doubles, and can be controlled', async () => {
  await visit();
  const lines: Line[] = [...synthetic({ epochs: 2, batches: 6 })];
  const asked: string[] = [];
  const rows: boolean[] = [];
  const commands: unknown[] = [];
  await page.routeWebSocket(/\/ws/, (socket) => {
    const { searchParams } = new URL(socket.url());
    const since = Number(searchParams.get('since'));
    asked.push(String(since));
    rows.push(searchParams.has('rows'));
    socket.onMessage((text) => commands.push(JSON.parse(String(text))));
    const hello = { type: 'hello', protocol: 1, runId: 'r', firstSeq: 1, lastSeq: 40, gap: false, readonly: false };
    socket.send(JSON.stringify([hello]));
    if (since === 0) {
      socket.send(JSON.stringify(lines.slice(0, 20)));
      setTimeout(() => socket.close({ code: 1001 }), 100);
    } else socket.send(JSON.stringify(lines.slice(15, 40)));
  });
  await page.goto(`${site}#token=secret`);
  await expect.poll(() => shown('#log-count')).toBe('40');
  expect(page.url()).not.toContain('secret');
  expect(asked.at(-1)).toBe('20');
  expect(rows).toEqual(rows.map(() => true));
  await expect.poll(() => page.innerText('.source')).toContain('127.0.0.1');
  await press('p', 'n');
  await page.getByLabel('How many steps').fill('5');
  await page.getByRole('button', { name: '× n' }).click();
  await page.getByLabel('Speed').selectOption('10');
  await page.locator('summary', { hasText: 'Breakpoints' }).click();
  await page.getByLabel('Kind').selectOption('when');
  await page.getByLabel('What to wait for').fill('state.loss > 2');
  await press('Enter', 'Escape');
  await press('x');
  await page.getByLabel('Reason').fill('seen enough');
  await press('Enter');
  await expect.poll(() => commands.length).toBe(6);
  const send = (event: object) => ({ type: 'send', id: 'fit#1', event });
  expect(commands).toEqual([
    send({ type: 'loop.pause' }),
    send({ type: 'loop.step', n: 1 }),
    send({ type: 'loop.step', n: 5 }),
    { type: 'speed', perSec: 10 },
    { type: 'break', points: [{ when: 'state.loss > 2' }] },
    send({ type: 'loop.stop', reason: 'seen enough' }),
  ]);
});

interface Driven {
  perSec: number | null;
  points: unknown[];
  going?: string[];
  hits?: unknown[];
  /** Says how things are to the page that is connected. */
  tell?: () => void;
}

/** A program that does as told, except for what it refuses; its settings outlive its pages. */
function program(runId: string, lines: Line[], settings: Driven) {
  return (socket: WebSocketRoute) => {
    const since = Number(new URL(socket.url()).searchParams.get('since'));
    settings.tell = () => socket.send(JSON.stringify([{ type: 'settings', ...settings }]));
    socket.onMessage((text) => {
      const command = JSON.parse(String(text));
      const refuse = (reason: string) => socket.send(JSON.stringify([{ type: 'refused', reason }]));
      if (command.type === 'speed') settings.perSec = command.perSec;
      else if (command.type !== 'break') refuse('Expected `id` to be that of a loop that runs.');
      else if (JSON.stringify(command.points).includes('refuse')) refuse('Expected something else.');
      else settings.points = command.points;
      settings.tell!();
    });
    const lastSeq = lines.at(-1)!.seq;
    socket.send(
      JSON.stringify([
        { type: 'hello', protocol: 1, runId, firstSeq: 1, lastSeq, gap: false, readonly: false, ...settings },
      ]),
    );
    // As the program does: numbers that were never given out are another run's.
    socket.send(JSON.stringify(lines.filter(({ seq }) => seq > (since <= lastSeq ? since : 0))));
  };
}

const pointsShown = () => page.locator('.sheet .point code').allTextContents();
const addPoint = async (condition: string) => {
  await page.getByLabel('Kind').selectOption('when');
  await page.getByLabel('What to wait for').fill(condition);
  await press('Enter');
};

test('what a program refuses is said and not shown as set, and a frame that is none is counted', async () => {
  await visit();
  const lines = [...synthetic({ epochs: 2, batches: 6 })].slice(0, 40);
  const settings: Driven = { perSec: null, points: [] };
  await page.routeWebSocket(/\/ws/, (socket) => {
    program('r', lines, settings)(socket);
    socket.send('{"type":"event",');
    socket.send(JSON.stringify([{ type: 'event', seq: 41, t: 0 }, null]));
    const lagged = { type: 'lagged', seq: 41, t: lines.at(-1)!.t, from: 41, to: 41, count: 1, why: 'redacted' };
    socket.send(JSON.stringify([lagged]));
  });
  await page.goto(`${site}#token=secret`);
  await expect.poll(() => shown('#log-count')).toBe('41');
  await expect.poll(() => shown('.limits')).toBe('1 kept back by redact · 3 could not be read');
  await page.locator('summary', { hasText: 'Breakpoints' }).click();
  await addPoint('state.loss > 2');
  await expect.poll(() => settings.points).toEqual([{ when: 'state.loss > 2' }]);
  await expect.poll(() => page.locator('.refused').count()).toBe(0);
  // What can never be met is not even asked for, and what was typed stays.
  await addPoint('state.loss >');
  await expect.poll(() => shown('#breakpoint-fault')).toContain('got `state.loss >`');
  await expect.poll(() => page.getByLabel('What to wait for').inputValue()).toBe('state.loss >');
  await expect.poll(() => page.locator('.refused').count()).toBe(0);
  await addPoint('state.refuse > 1');
  await expect.poll(() => page.locator('.refused').innerText()).toContain('Refused: Expected something else.');
  await expect.poll(pointsShown).toEqual(['when state.loss > 2']);
  await expect.poll(() => page.locator('summary', { hasText: 'Breakpoints' }).innerText()).toBe('Breakpoints (1)');
  // It stays until something else is asked, and the breakpoint that is set stays whatever else is refused.
  await press('Escape', 'p');
  await expect.poll(() => page.locator('.refused').innerText()).toContain('that of a loop that runs');
  await expect.poll(() => pointsShown()).toEqual(['when state.loss > 2']);
  await page.locator('.refused').getByRole('button', { name: 'Dismiss' }).click();
  await expect.poll(() => page.locator('.refused').count()).toBe(0);
});

test('speed and breakpoints are the program’s: after a reload, and when another page sets them', async () => {
  await visit();
  const lines = [...synthetic({ epochs: 2, batches: 6 })].slice(0, 40);
  const [, epoch] = lines.filter((line) => line.type === 'actor');
  const settings: Driven = { perSec: 7, points: [{ path: 'fit', state: 'ending', when: 'steps > 1' }] };
  await page.routeWebSocket(/\/ws/, program('r', lines, settings));
  await page.goto(`${site}#token=secret`);
  const speed = () => page.getByLabel('Speed').inputValue();
  const summary = page.locator('summary', { hasText: 'Breakpoints' });
  await expect.poll(speed).toBe('7');
  await expect.poll(() => summary.innerText()).toBe('Breakpoints (1)');
  await expect.poll(() => pointsShown()).toEqual(['state ending, when steps > 1']);
  await page.getByLabel('Speed').selectOption('50');
  await summary.click();
  await addPoint('steps > 5');
  await expect.poll(() => settings.points.length).toBe(2);
  await page.reload();
  await expect.poll(speed).toBe('50');
  await expect.poll(() => summary.innerText()).toBe('Breakpoints (2)');
  // From another page; one of the points is for a running of a loop that is over, and will never be met.
  settings.perSec = null;
  const [over] = lines.filter((line) => line.type === 'event' && line.status === 'done') as { id: string }[];
  settings.points = [{ event: 'loop.failed' }, { id: over!.id, state: 'ending' }];
  settings.tell!();
  await expect.poll(pointsShown).toEqual(['event failed']);
  await expect.poll(() => speed()).toBe('null');
  // What is set here adds to that, and does not undo it.
  await choose((epoch as { name: string }).name);
  await page.getByRole('button', { name: 'To end of loop' }).click();
  await expect.poll(() => settings.points).toHaveLength(2);
  expect(settings.points[0]).toEqual({ event: 'loop.failed' });
  expect(settings.points[1]).toMatchObject({ state: 'ending' });
});

test('another run at the same address is shown, and the one before stays: it can be saved and gone back to', async () => {
  await visit();
  const first = [...synthetic({ epochs: 1, batches: 4 })].slice(0, 20);
  const second = [...synthetic({ epochs: 2, batches: 9 })].slice(0, 60);
  const asked: string[] = [];
  let reached = 0;
  await page.routeWebSocket(/\/ws/, (socket) => {
    asked.push(new URL(socket.url()).searchParams.get('since')!);
    const run = reached++ === 0 ? program('one', first, { perSec: 5, points: [{ event: 'loop.run' }] }) : undefined;
    (run ?? program('two', second, { perSec: null, points: [] }))(socket);
    if (run) setTimeout(() => socket.close({ code: 1001 }), 300);
  });
  await page.goto(`${site}#token=secret`);
  await expect.poll(() => page.getByLabel('Speed').inputValue()).toBe('5');
  await press('Home');
  // All of the second run, not what comes after the last number of the first.
  await expect.poll(() => shown('#log-count')).toBe('60');
  expect(asked).toEqual(['0', '20', '0']);
  await expect.poll(() => page.innerText('.notice')).toContain('Another run has taken this address');
  await expect.poll(() => page.getByLabel('Speed').inputValue()).toBe('null');
  await expect.poll(() => page.locator('summary', { hasText: 'Breakpoints' }).innerText()).toBe('Breakpoints');
  await expect.poll(() => page.innerText('.source')).toContain('127.0.0.1');
  await expect.poll(() => moment()).toBe(60);
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save the one before' }).click();
  const saved = gunzipSync(await readFile(await (await download).path())).toString();
  expect(saved.trimEnd().split('\n')).toHaveLength(20);
  await page.getByRole('button', { name: 'Show the one before' }).click();
  await expect.poll(() => shown('#log-count')).toBe('20');
  await expect.poll(() => moment()).toBe(1);
  await expect
    .poll(() => page.locator('.notice').allInnerTexts())
    .toEqual([expect.stringContaining('Another run has taken the address of this one: how it went on was not seen.')]);
});

/** A page of somebody's app: a loop in it is watched over a channel, one more over a port. */
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
window.begin = (port) => {
  window.run = new Count().start({ inspect: inspectHere(port ? { port } : {}) });
};
window.openPage = () => {
  const page = window.open('./#port');
  addEventListener('message', ({ source, data }) => {
    if (source !== page || data.loopchart !== 'ready') return;
    const { port1, port2 } = new MessageChannel();
    page.postMessage({ loopchart: 'port' }, location.origin, [port1]);
    window.begin(port2);
  });
};
`;

test('a run in another tab is watched and driven without a server', async () => {
  const source = join(folder, 'app.js');
  await writeFile(source, APP(join(import.meta.dirname, '../src')));
  await build({
    configFile: join(import.meta.dirname, '../vite.config.ts'),
    root: folder,
    logLevel: 'silent',
    build: {
      outDir: join(folder, 'site'),
      emptyOutDir: false,
      copyPublicDir: false,
      rollupOptions: { input: source, output: { entryFileNames: 'app.js' } },
    },
  });
  await writeFile(join(folder, 'site', 'app.html'), '<!doctype html><script type="module" src="./app.js"></script>');
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const errors: string[] = [];
  context.on('page', (one) => one.on('pageerror', (error) => errors.push(String(error))));
  const steps = () => app.evaluate(() => (window as any).run.progress.steps as number);
  const rows = async () => Number((await shown('#log-count'))?.replace(/,/g, ''));
  const drive = async () => {
    // A tab behind another one draws once a second.
    await page.bringToFront();
    await page.click('#tab-chart');
    await page.waitForSelector('#statechart');
    const before = await rows();
    await expect.poll(rows).toBeGreaterThan(before);
    await page.keyboard.press('p');
    await page.getByRole('button', { name: 'Resume', exact: true }).waitFor();
    const at = await steps();
    await page.keyboard.press('n');
    await expect.poll(steps).toBe(at + 1);
    await settle();
    await expect.poll(() => steps()).toBe(at + 1);
  };
  // The page is there first: it waits.
  turnTo(await context.newPage());
  await page.goto(`${site}#channel=loopchart&pane=chart`);
  await expect.poll(() => page.innerText('.empty')).toContain('Waiting for a run on channel loopchart');
  const app = await context.newPage();
  await app.goto(`${site}app.html`);
  await app.evaluate(() => (window as any).begin());
  await drive();
  await page.locator('summary', { hasText: 'Breakpoints' }).click();
  await addPoint('state.n > 1e9');
  await page.reload();
  await expect.poll(pointsShown).toEqual(['when state.n > 1e9']);
  await expect.poll(() => page.url()).toContain('channel=loopchart');
  // The app begins another run.
  const before = await rows();
  await app.reload();
  await app.evaluate(() => (window as any).begin());
  await expect.poll(() => page.locator('.notice').allTextContents()).toHaveLength(1);
  await expect.poll(() => page.innerText('.notice')).toContain('Another run');
  await expect.poll(rows).not.toBe(before);
  await drive();
  await page.close();
  // The same over a port that the app hands in.
  const opened = context.waitForEvent('page');
  await app.evaluate(() => (window as any).openPage());
  turnTo(await opened);
  await drive();
  await context.close();
  expect(errors).toEqual([]);
});

test('what is saved is the recording, and a picture of its chart and timeline', async () => {
  await visit();
  const text = recordingText({ epochs: 2, batches: 5 });
  await openRecording(text);
  await page.waitForSelector('#statechart');
  const save = async (name: RegExp) => {
    await page.locator('summary', { hasText: 'Save' }).click();
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name }).click();
    return readFile(await (await download).path());
  };
  expect(gunzipSync(await save(/Recording/)).toString()).toBe(text);
  expect((await save(/\.svg/)).toString()).toMatch(/^<svg .*advancing/s);
  expect((await save(/Mermaid/)).toString()).toContain('loop_starting --> loop_advancing : onRunStart');
  const trace = JSON.parse((await save(/Perfetto/)).toString());
  expect(trace.traceEvents.filter(({ cat }: { cat: string }) => cat === 'loop')).toHaveLength(5);
});

test('what the page cannot hold is dropped from the front and counted, and the state is still known', () => {
  const lines = [...synthetic({ epochs: 40, batches: 300, validation: 10 })];
  const whole = new Store({ events: 1e6, bytes: 1e9 });
  const bounded = new Store({ events: 5000, bytes: 1e9 });
  const [all, some] = [new Contexts(whole, chart), new Contexts(bounded, chart)];
  for (let at = 0; at < lines.length; at += 500) {
    const part = lines.slice(at, at + 500);
    whole.add(part, part.length * 300);
    bounded.add(part, part.length * 300);
  }
  expect(bounded.end).toBe(lines.length);
  expect(bounded.end - bounded.first).toBeLessThanOrEqual(5000);
  expect(bounded.dropped).toBe(bounded.first);
  expect(bounded.bytes).toBeCloseTo((bounded.end - bounded.first) * 300);
  // What ended before is gone, what goes on is kept with what it held.
  expect(bounded.actors.size).toBeLessThan(60);
  expect(bounded.actors.has('fit.epoch.batches#1')).toBe(false);
  const known = ['fit#1', 'fit.epoch#40', 'fit.epoch.batches#40', 'fit.epoch.validate#40'];
  for (const id of known) {
    for (const row of [bounded.first, bounded.last - 100, bounded.last]) {
      const [here, there] = [bounded.actors.get(id)!, whole.actors.get(id)!];
      expect(some.at(here, row), `${id} at ${row}`).toEqual(all.at(there, row));
    }
  }
  expect(treeAt(bounded, bounded.last, new Set()).map(({ actor }) => actor.id)).toEqual(known);
});

test('transitions are counted the same whichever way a moment is come to', () => {
  const store = new Store({ events: 1e6, bytes: 1e9 });
  store.add([...synthetic({ epochs: 2500, batches: 2 })], 1);
  const fit = store.actors.get('fit#1')!;
  const told = (counts: TransitionCounts) =>
    ['loop.advanced', 'loop.run', 'loop.ended'].map((type) => counts.of('loop.advancing', '', type));
  const jumping = new TransitionCounts(store, fit);
  for (const part of [0.9, 0.1, 1, 0, 0.5, 0.51, 0.49, 0.7]) {
    const row = Math.floor(store.last * part);
    const direct = new TransitionCounts(store, fit);
    jumping.moveTo(row);
    direct.moveTo(row);
    expect(told(jumping)).toEqual(told(direct));
  }
  jumping.moveTo(store.last);
  expect(told(jumping)).toEqual([2499, 2500, 2500]);
});

test('lines that come without their beginning make a tree that says so', () => {
  const lines = [...synthetic({ epochs: 2, batches: 5 })].slice(30);
  const store = new Store({ events: 1e6, bytes: 1e9 });
  store.add(lines, 1);
  expect(store.unseen).toBe(30);
  expect(treeAt(store, store.last, new Set()).map(({ actor }) => [actor.id, actor.late])).toContainEqual([
    'fit#1',
    true,
  ]);
});

test('a synthetic run is a recording: numbered without gaps, and no clock goes back', () => {
  const lines = [...synthetic(SMALL)];
  lines.forEach((line, at) => {
    expect(faultOf(line)).toBeUndefined();
    expect(line.seq).toBe(at + 1);
    expect(line.t).toBeGreaterThanOrEqual(lines[Math.max(0, at - 1)]!.t);
  });
});
