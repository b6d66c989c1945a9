// @module-tag page

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { recordingText } from '../inspector/dev/synthetic.ts';
import { stoppedText } from './support/ended.ts';
import { begin, end, leave, openRecording, page, press, visit } from './support/page.ts';

beforeAll(begin);
afterAll(end);
afterEach(leave);

/** The selected row and what it is about, as a screen reader is told it. */
const selected = () =>
  page.evaluate(() => {
    const rows = [...document.querySelectorAll('#tree [aria-selected=true]')];
    const active = document.getElementById(document.getElementById('tree')!.getAttribute('aria-activedescendant')!);
    const about = document.querySelector('.state .who')!.getAttribute('title');
    return rows.length === 1 && rows[0] === active
      ? `${'  '.repeat(Number(active!.getAttribute('aria-level')) - 1)}${about}`
      : 'none, or not one';
  });

test('the keys of the tree go through an unfolded group and what its runs hold, row by row, and back', async () => {
  await visit();
  await openRecording(recordingText({ epochs: 3, batches: 4, validation: 2 }));
  await page.waitForSelector('#statechart');
  await press('1', 'ArrowDown', 'Enter');
  const rows = [
    'fit#1',
    '  fit.epoch#3',
    '    fit.epoch#3',
    '      fit.epoch.batches#3',
    '      fit.epoch.validate#3',
    '    fit.epoch#2',
    '      fit.epoch.batches#2',
    '      fit.epoch.validate#2',
    '    fit.epoch#1',
    '      fit.epoch.batches#1',
    '      fit.epoch.validate#1',
  ];
  await press('ArrowUp');
  const down = [await selected()];
  for (const _ of rows.slice(1)) {
    await press('ArrowDown');
    down.push(await selected());
  }
  expect(down).toEqual(rows);
  const up = [await selected()];
  for (const _ of rows.slice(1)) {
    await press('ArrowUp');
    up.push(await selected());
  }
  expect(up).toEqual(rows.toReversed());
  const ids = await page.locator('#tree .node').evaluateAll((nodes) => nodes.map(({ id }) => id));
  expect(new Set(ids).size).toBe(rows.length);
});

test('Enter on a run of an unfolded group folds the group', async () => {
  await visit();
  await openRecording(recordingText({ epochs: 3, batches: 4 }));
  await page.waitForSelector('#statechart');
  await press('1', 'ArrowDown', 'Enter', 'ArrowDown', 'ArrowDown');
  await expect.poll(() => page.locator('#tree .node').count()).toBe(8);
  // What is inside a run is no group.
  await press('Enter');
  await expect.poll(() => page.locator('#tree .node').count()).toBe(8);
  await press('ArrowDown', 'Enter');
  await expect.poll(() => page.locator('#tree .node').count()).toBe(3);
  await expect.poll(() => selected()).toBe('  fit.epoch#3');
});

test('the row that the keys come to is in sight', async () => {
  await visit({ viewport: { width: 1440, height: 500 } });
  await openRecording(recordingText({ epochs: 30, batches: 2 }));
  await page.waitForSelector('#statechart');
  await press('1', 'ArrowDown', 'Enter');
  for (let at = 0; at < 24; at++) await page.keyboard.press('ArrowDown');
  await press('ArrowDown');
  const [row, tree] = await Promise.all(
    ['#tree [aria-selected=true]', '#tree'].map((selector) => page.locator(selector).boundingBox()),
  );
  expect(row!.y).toBeGreaterThanOrEqual(tree!.y);
  expect(row!.y + row!.height).toBeLessThanOrEqual(tree!.y + tree!.height + 1);
});

test('a run that was stopped and a loop that was skipped are told apart from those that came to their end', async () => {
  await visit();
  await openRecording(await stoppedText());
  await page.waitForSelector('#statechart');
  await press('1', 'j', 'Enter');
  const rows = await page
    .locator('#tree .node')
    .evaluateAll((nodes) =>
      nodes.map(
        (node) =>
          `${node.querySelector('.name')!.textContent} ${node.querySelector('.value')!.textContent} (${node.querySelector('.mark')!.ariaLabel})`,
      ),
    );
  expect(rows).toEqual([
    'visits finished · stopped (stopped)',
    'pages finished · stopped (stopped)',
    'pages finished · stopped (stopped)',
    'pages finished · skipped (skipped)',
    'pages finished (done)',
  ]);
  // Before it was stopped it was not.
  await press('Home', 'ArrowRight', 'ArrowRight', 'ArrowRight');
  await expect.poll(() => page.locator('#tree .value').first().innerText()).not.toContain('stopped');
});
