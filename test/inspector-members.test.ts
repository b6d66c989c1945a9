// @module-tag page

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { recordingText } from '../inspector/dev/synthetic.ts';
import { bySortValue, MembersRead, membersAt } from '../inspector/run/members.ts';
import { Nest } from '../inspector/run/nest.ts';
import { Store } from '../inspector/run/store.ts';
import { readLines } from '../inspector/sources/jsonl.ts';
import { begin, end, leave, openRecording, page, settle, visit } from './support/page.ts';
import { recorded, Sweep } from './support/sweep.ts';

beforeAll(begin);
afterAll(end);
afterEach(leave);

async function held(text: string) {
  const store = new Store({ events: 1e6, bytes: 1e9 });
  await readLines(new Blob([text]).stream(), (lines) => store.add(lines, 1), new AbortController().signal);
  const nest = new Nest();
  nest.update(store.runs[0]);
  const box = (name: string) => nest.boxes.find((one) => one.name === name)!;
  return { store, box };
}

test('the members of an array are its loops by their indices, of a loop its runs', async () => {
  const { store, box } = await held(await recorded(new Sweep({ trials: 12, steps: 3 })));
  const labels = (row = store.last) => membersAt(box('trials[]').paths, row).map(({ label }) => label);
  expect(labels()).toEqual(Array.from({ length: 12 }, (_, at) => `#${at}`));
  // Before a loop has begun, it has no row.
  expect(labels(store.actors.get('sweep.trials.0#1')!.first).length).toBeLessThan(12);
  const other = await held(recordingText({ epochs: 3, batches: 4 }));
  expect(membersAt(other.box('epoch').paths, other.store.last).map(({ label }) => label)).toEqual(['#1', '#2', '#3']);
});

test('a table has the last and the least of a number at any moment, read a little at a time, and where it went wrong', async () => {
  const { store, box } = await held(await recorded(new Sweep({ trials: 6, steps: 5, steep: 4 })));
  const { paths } = box('trials[]');
  const read = new MembersRead(store, [['loss'], ['seen']]);
  const at = (row: number) => {
    const members = membersAt(paths, row);
    while (!read.moveTo(members, row, 3));
    return members.map((member) => read.of(member));
  };
  // To the end, back, and on again: what was read before must not show.
  for (const row of [store.last, Math.floor(store.last / 2), store.last - 7, store.last]) {
    const all = at(row);
    for (const [place, { actor, label }] of membersAt(paths, row).entries()) {
      const [loss, seen] = all[place]!;
      const index = Number(label.slice(1));
      const steps = actor.rows.count(actor.rows.upTo(row));
      const rate = index < 4 ? (index + 1) / 6 : 2;
      const values = Array.from({ length: steps }, (_, step) =>
        rate > 1 && step >= 2 ? Number.NaN : (1 - rate / 2) ** (step + 1),
      );
      const finite = values.filter(Number.isFinite);
      expect(seen!.last).toBe(steps || undefined);
      if (!steps) continue;
      if (Number.isNaN(values.at(-1))) expect(loss!.last).toBeNaN();
      else expect(loss!.last).toBeCloseTo(values.at(-1)!, 12);
      expect(loss!.min).toBeCloseTo(Math.min(...finite), 12);
      expect(loss!.odd?.step).toBe(finite.length < values.length ? 3 : undefined);
    }
  }
});

test('what has no number stands last, NaN before it, whichever way the table is sorted', () => {
  const values = [3, undefined, Number.NaN, -1, Number.POSITIVE_INFINITY];
  expect(values.toSorted(bySortValue(false))).toEqual([-1, 3, Number.POSITIVE_INFINITY, Number.NaN, undefined]);
  // `toSorted` never asks about `undefined`.
  const told = values.map((value) => ({ value }));
  const by = bySortValue(true);
  expect(told.sort((a, b) => by(a.value, b.value)).map(({ value }) => value)).toEqual([
    Number.POSITIVE_INFINITY,
    3,
    -1,
    Number.NaN,
    undefined,
  ]);
});

test('a box of many opens as a table, which is sorted by a number, leads to each loop, and plots what it lists', async () => {
  await visit({}, '');
  await openRecording(await recorded(new Sweep({ trials: 20, steps: 5, steep: 17 })));
  await page.locator('.nested', { hasText: 'trials[]' }).click();
  await page.getByRole('button', { name: '20 loops as a table' }).click();
  const labels = () => page.locator('.table tbody th').allInnerTexts();
  await expect.poll(labels).toHaveLength(20);
  await expect.poll(async () => (await labels()).slice(0, 3)).toEqual(['#0', '#1', '#2']);
  const loss = page.getByRole('columnheader', { name: 'loss', exact: true });
  await loss.getByRole('button').click();
  await expect.poll(() => loss.getAttribute('aria-sort')).toBe('ascending');
  await expect.poll(labels).toEqual(expect.arrayContaining(['#16']));
  await expect.poll(async () => (await labels())[0]).toBe('#16');
  // Those that lost it are last.
  await expect.poll(async () => (await labels()).slice(-3).sort()).toEqual(['#17', '#18', '#19']);
  await loss.getByRole('button').click();
  await expect.poll(async () => (await labels())[0]).toBe('#0');
  await page.locator('.table tbody th', { hasText: '#16' }).getByRole('button').click();
  await settle();
  await expect.poll(() => page.innerText('.state .tools')).toContain('trials.16');
  // That leads to its end, where others beside it may not have come as far.
  await page.keyboard.press('End');
  await page.locator('.table tr', { hasText: '#18' }).getByRole('button', { name: 'NaN at 3' }).click();
  await settle();
  await expect.poll(() => page.innerText('#state')).toMatch(/seen\s*3/);
  await page.keyboard.press('End');
  await page.getByRole('button', { name: 'plot them' }).click();
  await expect.poll(() => page.locator('.card h3').first().innerText()).toBe('trials[] · loss');
  await page.getByRole('tab', { name: 'nest' }).click();
  await page.getByRole('button', { name: 'back to the nest' }).click();
  await expect.poll(() => page.locator('.nested').count()).toBe(2);
});

test('of a table of very many, only the rows in sight are in the document', async () => {
  await visit({}, '');
  await openRecording(recordingText({ epochs: 400, batches: 2 }));
  await page.locator('.nested', { hasText: 'epoch' }).last().click();
  await page.getByRole('button', { name: /^[\d,]+ runs as a table/ }).click();
  const rows = page.locator('.table tbody tr');
  await expect.poll(() => rows.count()).toSatisfy((count: number) => count > 5 && count < 60);
  await page.locator('#nest').evaluate((element) => element.scrollTo(0, element.scrollHeight));
  await expect.poll(() => page.locator('.table tbody th').last().innerText()).toBe('#400');
  await expect.poll(() => rows.count()).toBeLessThan(60);
});
