// @module-tag page

import { parseRecording } from 'loopchart';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { recordingText, synthetic } from '../inspector/dev/synthetic.ts';
import type { Line } from '../inspector/lines/line.ts';
import { deepText } from './support/deep.ts';
import { begin, choose, end, leave, openRecording, page, press, settle, visit, watchRun } from './support/page.ts';

beforeAll(begin);
afterAll(end);
afterEach(leave);

/** From the narrowest window up, and both sides of every width at which the page is laid out otherwise. */
const WIDTHS = [760, 1099, 1100, 1280, 1419, 1420, 1920];
/** Each is looked at with each view, and a busy machine draws none of them at once. */
const LONG = 180_000;

/** What sticks out of the page, or of the part of it that cuts off what is beyond its edge. */
const sticking = () =>
  page.evaluate(() => {
    const found = document.documentElement.scrollWidth > innerWidth ? ['the page scrolls sideways'] : [];
    const room = (element: Element) => {
      for (let above = element.parentElement; above; above = above.parentElement) {
        if (getComputedStyle(above).overflowX !== 'visible' || above.tagName === 'SECTION') return above;
      }
      return document.documentElement;
    };
    for (const element of document.querySelectorAll('.top *, .tools *, .tabs *, .scrubber *, .node *, .picks *')) {
      if (element.closest('.sheet, svg') || element.parentElement!.closest('select')) continue;
      // The handle of the slider reaches over both ends of what it is about.
      if (element.id === 'scrub') continue;
      const { left, right, width } = element.getBoundingClientRect();
      const edge = room(element).getBoundingClientRect();
      if (width && (right > edge.right + 1 || left < edge.left - 1)) {
        found.push(`${element.className || element.tagName} ${element.textContent}`.slice(0, 60));
      }
    }
    for (const row of document.querySelectorAll('.top, .controls, .tools, .scrubber, .node .line')) {
      const parts = [...row.children].map((part) => part.getBoundingClientRect()).filter(({ width }) => width);
      for (const [at, part] of parts.entries()) {
        const next = parts[at + 1];
        const beside = next && next.top < part.bottom && part.top < next.bottom;
        if (beside && next.left < part.right - 1) found.push(`parts of ${row.className} lie over one another`);
      }
    }
    return found;
  });

const rows = async () => {
  const tops = await page.locator('.top > *').evaluateAll((parts) =>
    parts
      .filter((part) => part.getBoundingClientRect().width)
      .map((part) => ({
        of: part.matches('.controls') ? 'controls' : 'rest',
        middle: Math.round(part.getBoundingClientRect().top + part.getBoundingClientRect().height / 2),
      })),
  );
  return {
    rest: new Set(tops.filter(({ of }) => of === 'rest').map(({ middle }) => Math.round(middle / 4))).size,
    apart: tops.filter(({ of }) => of === 'controls')[0]!.middle > tops[0]!.middle + 10,
  };
};

test(
  'nothing is cut off and nothing scrolls sideways at any width, with the controls of a live run',
  async () => {
    await visit();
    await watchRun([...synthetic({ epochs: 3, batches: 20, validation: 5, pauseAt: 2 })].slice(0, 150));
    await choose('batches');
    // The log's way back from a range takes room too.
    await press('r');
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 800 });
      await settle();
      for (const tab of await page.locator('.tabs button').allTextContents()) {
        await page.click(`#tab-${tab}`);
        await settle();
        await expect.poll(() => sticking(), { message: `${tab} at ${width}` }).toEqual([]);
      }
      // What is not of the run stays in one row, and the controls are in it or have their own.
      await expect.poll(() => rows(), { message: `header at ${width}` }).toEqual({ rest: 1, apart: width < 1420 });
    }
    // At 200 %, a window of 1440 × 900 has room for half of that each way.
    await page.setViewportSize({ width: 720, height: 450 });
    await settle();
    for (const tab of await page.locator('.tabs button').allTextContents()) {
      await page.click(`#tab-${tab}`);
      await settle();
      await expect.poll(() => sticking(), { message: `${tab} at 200 %` }).toEqual([]);
      const room = async () => (await page.locator('#pane').boundingBox())!.height;
      await expect.poll(room, { message: `${tab} at 200 %` }).toBeGreaterThan(100);
    }
  },
  LONG,
);

test(
  'long names of deep loops are shortened everywhere, and can be read in full',
  async () => {
    await visit();
    const text = await deepText(6);
    await openRecording(text);
    await page.waitForSelector('#statechart');
    await expect.poll(() => page.locator('#tree .node').count()).toBe(6);
    await page.locator('.node').last().click();
    const { id } = (parseRecording(text) as unknown as Line[]).findLast((line) => line.type === 'actor')!;
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 800 });
      await settle();
      for (const tab of await page.locator('.tabs button').allTextContents()) {
        await page.click(`#tab-${tab}`);
        await settle();
        await expect.poll(() => sticking(), { message: `${tab} at ${width}` }).toEqual([]);
      }
    }
    const who = page.locator('.state .who');
    await expect.poll(() => who.innerText()).toBe('aRatherLongNameForALoop#32');
    await expect.poll(() => who.getAttribute('title')).toBe(id);
  },
  LONG,
);

test('borders moved as far as they go leave room for what is between them', async () => {
  await visit();
  await page.evaluate(() => localStorage.setItem('loopchart borders', JSON.stringify({ tree: 900, state: 900 })));
  await page.reload();
  await openRecording(await deepText(4));
  await page.waitForSelector('#statechart');
  for (const width of [1100, 1440]) {
    await page.setViewportSize({ width, height: 800 });
    for (const tab of ['nest', 'chart', 'plots']) {
      await page.click(`#tab-${tab}`);
      await settle();
      await expect.poll(() => sticking(), { message: `${tab} at ${width}` }).toEqual([]);
    }
  }
});

test('a loop takes one line where the tree is wide, two where it is not, and the list of a plot stands above it there', async () => {
  await visit();
  await openRecording(await deepText(3));
  await page.waitForSelector('#statechart');
  await press('4');
  await page.waitForSelector('.u-over');
  const lookAt = async (width: number) => {
    await page.setViewportSize({ width, height: 800 });
    await settle();
    const [node, list, plot] = await Promise.all(
      ['.node', '.picks', '.plot'].map((selector) => page.locator(selector).first().boundingBox()),
    );
    return { lines: node!.height < 32 ? 1 : 2, above: plot!.y >= list!.y + list!.height };
  };
  expect(await lookAt(1920)).toEqual({ lines: 1, above: false });
  expect(await lookAt(1440)).toEqual({ lines: 2, above: false });
  expect(await lookAt(800)).toEqual({ lines: 2, above: true });
});

test('with colours that somebody has forced, and little motion, what runs, is chosen or is over is told by lines, and nothing moves', async () => {
  await visit({ forcedColors: 'active', reducedMotion: 'reduce' }, '');
  await openRecording(recordingText({ epochs: 3, batches: 20, validation: 5 }));
  await page.locator('.nested').first().waitFor();
  const slider = page.locator('#scrub');
  await slider.fill(String(Number(await slider.getAttribute('max')) / 2));
  await page.locator('.nested.innermost').waitFor();
  await page.locator('.row[aria-selected=true]').waitFor();
  /** Whether something looks otherwise where it is chosen than where it is not. */
  const apart = (
    chosen: string,
    other: string,
    look: 'borderColor' | 'borderWidth' | 'outlineStyle' | 'backgroundColor',
  ) =>
    page.evaluate(
      ([chosen, other, look]) => {
        const of = (which: string) => getComputedStyle(document.querySelector(which)!)[look as 'borderColor'];
        return of(chosen!) !== of(other!);
      },
      [chosen, other, look],
    );
  for (const [chosen, other, look] of [
    ['.tabs [aria-selected=true]', '.tabs [aria-selected=false]', 'borderColor'],
    ['.node[aria-selected=true]', '.node[aria-selected=false]', 'outlineStyle'],
    ['.row[aria-selected=true]', '.row[aria-selected=false]', 'outlineStyle'],
    ['.nested.runs', '.nested:not(.runs)', 'borderColor'],
    ['.nested.innermost', '.nested:not(.innermost)', 'borderWidth'],
    ['.nested .bar i', '.nested .bar', 'backgroundColor'],
  ] as const)
    await expect.poll(() => apart(chosen, other, look), { message: chosen }).toBe(true);
  await expect.poll(() => page.evaluate(() => document.getAnimations().length)).toBe(0);
});
