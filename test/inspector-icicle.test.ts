// @module-tag page

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { recordingText } from '../inspector/dev/synthetic.ts';
import { icicleBoxes, icicleOf } from '../inspector/drawing/icicle.ts';
import { Store } from '../inspector/run/store.ts';
import { timeSpent } from '../inspector/run/time-spent.ts';
import { readLines } from '../inspector/sources/jsonl.ts';
import { begin, end, leave, openRecording, page, settle, visit } from './support/page.ts';
import { recorded, Sweep } from './support/sweep.ts';

beforeAll(begin);
afterAll(end);
afterEach(leave);

const ALL = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };

async function times(text: string) {
  const store = new Store({ events: 1e6, bytes: 1e9 });
  await readLines(new Blob([text]).stream(), (lines) => store.add(lines, 1), new AbortController().signal);
  return timeSpent(store, store.runs[0]!, ALL);
}

test('each box lies below the one that its time is a part of, as wide as that part', async () => {
  const roots = icicleOf(await times(recordingText({ epochs: 3, batches: 10, validation: 4 })));
  expect(roots.map(({ key }) => key)).toEqual(['fit']);
  const boxes = icicleBoxes(roots, '', 0);
  const of = (key: string) => boxes.find(({ node }) => node.key === key)!;
  expect(boxes.length).toBeGreaterThan(15);
  for (const { node, row, from, to, crowded } of boxes) {
    expect(crowded).toBe(false);
    const inside = node.inside.map(({ key }) => of(key));
    for (const one of inside) {
      expect(one.row).toBe(row + 1);
      expect([one.from >= from - 1e-9, one.to <= to + 1e-9]).toEqual([true, true]);
      expect((one.to - one.from) / (to - from || 1)).toBeCloseTo(node.ms ? one.node.ms / node.ms : 0, 6);
    }
    // None lies on another.
    const ends = inside.map((one) => one.to).slice(0, -1);
    for (const [at, reach] of ends.entries()) expect(inside[at + 1]!.from).toBeCloseTo(reach, 9);
  }
  expect(of('fit').to).toBeCloseTo(1, 9);
  expect(of('fit.epoch.batches').row).toBe(2);
  expect(of('fit.epoch.batches advance').row).toBe(3);
});

test('zoomed, a box takes up all of the width, below those around it', async () => {
  const roots = icicleOf(await times(recordingText({ epochs: 3, batches: 10, validation: 4 })));
  const boxes = icicleBoxes(roots, 'fit.epoch.validate', 0);
  const shown = boxes.map(({ node, row, from, to }) => [node.key, row, from, to]);
  expect(shown.slice(0, 3)).toEqual([
    ['fit', 0, 0, 1],
    ['fit.epoch', 1, 0, 1],
    ['fit.epoch.validate', 2, 0, 1],
  ]);
  expect(boxes.slice(3).every(({ node, row }) => row === 3 && node.loop.path === 'fit.epoch.validate')).toBe(true);
  // What is too narrow to be seen is left out.
  expect(icicleBoxes(roots, '', 0.5).length).toBeLessThan(icicleBoxes(roots, '', 0).length);
});

test('the loops of an array are one box, no wider than what ran them at the same time, and it says so', async () => {
  const spent = await times(await recorded(new Sweep({ trials: 12, steps: 5 })));
  expect(spent.map(({ path, paths, count }) => [path, paths.length, count])).toEqual([
    ['sweep', 1, 1],
    ['sweep.trials[]', 12, 12],
  ]);
  const [sweep, trials] = icicleBoxes(icicleOf(spent), '', 0);
  expect([sweep!.node.key, trials!.node.key]).toEqual(['sweep', 'sweep.trials[]']);
  expect(trials!.node.ms).toBeGreaterThan(sweep!.node.ms);
  expect(sweep!.crowded).toBe(true);
  expect(trials!.to).toBeLessThanOrEqual(1);
});

test('a press on a box zooms into it, looks at its loop and lists its longest; another goes back', async () => {
  await visit({}, '#pane=time');
  await openRecording(recordingText({ epochs: 3, batches: 10, validation: 4 }));
  const box = (title: string) => page.locator(`.icicle [title^="${title}: "]`);
  await box('fit.epoch.validate').waitFor();
  const width = async (title: string) => (await box(title).boundingBox())!.width;
  const [narrow, whole] = [await width('fit.epoch.validate'), await width('fit')];
  await box('fit.epoch.validate').click();
  await settle();
  expect(narrow).toBeLessThan(whole / 2);
  await expect.poll(() => width('fit.epoch.validate')).toBeCloseTo(whole, 0);
  await expect.poll(() => page.innerText('.slowest h2')).toBe('Longest runs of fit.epoch.validate');
  await expect.poll(() => page.innerText('.state .tools')).toContain('validate');
  await box('fit.epoch.validate').click();
  await settle();
  await expect.poll(() => width('fit.epoch')).toBeCloseTo(whole, 0);
  await expect.poll(() => box('fit.epoch.batches').count()).toBe(1);
  await page.locator('.icicle [title^="advance of fit.epoch.batches: "]').click();
  await expect.poll(() => page.innerText('.slowest h2')).toBe('Longest advance of fit.epoch.batches');
});
