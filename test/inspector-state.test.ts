// @module-tag page

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { recordingText } from '../inspector/dev/synthetic.ts';
import { stoppedText } from './support/ended.ts';
import { begin, choose, end, leave, openRecording, page, press, settle, visit } from './support/page.ts';

beforeAll(begin);
afterAll(end);
afterEach(leave);

/** What stands at the left edge of the state: what the loop holds, and not what is in that. */
const outermost = () =>
  page
    .locator('#state > .member')
    .evaluateAll((members) =>
      members
        .filter((member) => Number.parseFloat(getComputedStyle(member).paddingLeft) < 12)
        .map((member) => member.querySelector('.key')!.textContent),
    );
const run = () => page.locator('#state .member.branch', { hasText: /^.?run/ });

test('the loop’s own keys come first, then its counters, then the event; what is rarely read is a line that sums it up and says whether it changed', async () => {
  await visit();
  await openRecording(recordingText({ epochs: 2, batches: 6, failAt: 2 }));
  await page.waitForSelector('#statechart');
  await choose('batches');
  await expect.poll(() => outermost()).toEqual(['state', 'progress', 'error', 'nested', 'event', 'run']);
  await press('Shift+ArrowLeft');
  await expect.poll(() => outermost()).toEqual(['state', 'progress', 'nested', 'event', 'run']);
  await expect.poll(() => run().innerText()).toMatch(/steps 2 · done false/);
  // It counts the steps: against the step before, it has changed.
  await expect.poll(() => run().locator('.sign').innerText()).toBe('·');
  await page.locator('.state .check input').check();
  await settle();
  await expect.poll(() => outermost()).toEqual(['state', 'progress', 'event', 'run']);
  await run().click();
  await settle();
  await expect.poll(() => page.innerText('#state')).toMatch(/steps\s+2\s+1/);
  await expect.poll(() => page.innerText('#state')).not.toContain('restarting');
  await page.locator('.state .check input').uncheck();
  await settle();
  await expect.poll(() => page.innerText('#state')).toContain('restarting');
  await expect.poll(() => page.innerText('#state')).toMatch(/inFlight\s+null/);
});

test('why a run was stopped is said where the rest is folded', async () => {
  await visit();
  await openRecording(await stoppedText());
  await page.waitForSelector('#statechart');
  await expect.poll(() => run().innerText()).toMatch(/steps 3 · done false · stop \{ reason "enough" \}/);
});
