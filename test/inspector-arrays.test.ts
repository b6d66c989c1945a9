// @module-tag page

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Store } from '../inspector/run/store.ts';
import { treeAt } from '../inspector/run/tree-at.ts';
import { readLines } from '../inspector/sources/jsonl.ts';
import { begin, end, leave, openRecording, page, settle, visit } from './support/page.ts';
import { recorded, Sweep } from './support/sweep.ts';

beforeAll(begin);
afterAll(end);
afterEach(leave);

async function held(trials: number): Promise<Store> {
  const text = await recorded(new Sweep({ trials, steps: 3 }));
  const store = new Store({ events: 1e6, bytes: 1e9 });
  await readLines(new Blob([text]).stream(), (lines) => store.add(lines, 1), new AbortController().signal);
  return store;
}

const told = (store: Store, at = store.last, open: string[] = []) =>
  treeAt(store, at, new Set(open)).map(({ actor, array, times, steps }) => [array?.name ?? actor.name, times, steps]);

test('an array of a few loops has a row for each in the tree, one of many has one row', async () => {
  await expect.poll(async () => (await held(8)).runs[0]!.paths.size).toBe(9);
  expect(told(await held(8))).toHaveLength(9);
  const store = await held(12);
  expect(told(store)).toEqual([
    ['sweep', 1, 1],
    ['trials[]', 12, 12],
  ]);
  // In their order, however they began.
  const open = told(store, store.last, ['sweep#1>trials[]']);
  expect(open.map(([name]) => name)).toEqual([
    'sweep',
    'trials[]',
    ...Array.from({ length: 12 }, (_, at) => `trials.${at}`),
  ]);
  // At any moment it counts those that had begun, and those that were over.
  for (let row = store.first; row <= store.last; row += 7) {
    const begun = [...store.actors.values()].filter(({ name, first }) => name !== 'sweep' && first <= row);
    const over = begun.filter(({ endRow }) => endRow <= row);
    expect(told(store, row)[1]).toEqual(begun.length ? ['trials[]', begun.length, over.length] : undefined);
  }
});

test('the row of an array opens into its loops, and stands for them while it is closed', async () => {
  await visit({}, '');
  await openRecording(await recorded(new Sweep({ trials: 12, steps: 3 })));
  const rows = page.locator('.node');
  await expect.poll(() => rows.count()).toBe(2);
  const array = rows.nth(1);
  await expect.poll(() => array.innerText()).toContain('trials[]');
  await array.getByRole('button', { name: '× 12' }).click();
  await expect.poll(() => rows.count()).toBe(14);
  await rows.filter({ hasText: 'trials.7' }).click();
  await settle();
  await expect.poll(() => page.locator('.node[aria-selected=true]').innerText()).toContain('trials.7');
  await expect.poll(() => page.innerText('.state .tools')).toContain('trials.7');
  await array.getByRole('button', { name: '× 12' }).click();
  await expect.poll(() => rows.count()).toBe(2);
  await expect.poll(() => array.getAttribute('aria-selected')).toBe('true');
  await expect.poll(() => page.innerText('.state .tools')).toContain('trials.7');
});
