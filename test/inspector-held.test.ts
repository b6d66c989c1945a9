// @module-tag page

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { recordingText } from '../inspector/dev/synthetic.ts';
import { NOTHING } from '../inspector/run/difference.ts';
import { findHeld, keysText, numbersIn, SEPARATOR, shapeOf, valueAt } from '../inspector/run/held.ts';
import { begin, choose, end, leave, moment, openRecording, page, press, settle, visit } from './support/page.ts';

const at = (...keys: string[]) => keys.join(SEPARATOR);

describe('a search in a state', () => {
  const roots: [string, unknown][] = [
    ['state', { loss: 0.30000000000000004, files: ['a.csv', { name: 'B.csv' }], '': 1 }],
    ['steps', 3],
  ];

  test('finds keys and values, rounded and exact, in whichever case, and all that is around them', () => {
    expect([...findHeld(roots, 'LOSS').hits]).toEqual([at('state', 'loss')]);
    expect([...findHeld(roots, '0.30000000000000004').hits]).toEqual([at('state', 'loss')]);
    const { hits, above } = findHeld(roots, 'b.csv');
    expect([...hits]).toEqual([at('state', 'files', '1', 'name')]);
    expect([...above]).toEqual(['state', at('state', 'files'), at('state', 'files', '1')]);
    expect(findHeld(roots, 'nowhere')).toEqual({ hits: new Set(), above: new Set(), cut: false });
  });

  test('says where there is more than it looks through', () => {
    expect(findHeld([['state', Array.from({ length: 20_000 }, () => 1)]], '1').cut).toBe(true);
  });
});

test('keys are written as a condition has them', () => {
  expect(keysText(['state', 'files', '0', 'a b', '', 'ok'])).toBe('state.files[0]["a b"][""].ok');
});

test('a value is found by its keys, also in a Map', () => {
  const root = { state: { by: { $map: [['x', { $n: 'NaN' }]] } } };
  expect(valueAt(root, ['state', 'by', '"x"'])).toEqual({ $n: 'NaN' });
  expect(valueAt(root, ['state', 'by', 'y'])).toBe(NOTHING);
  expect(valueAt(root, ['state', 'toString'])).toBe(NOTHING);
});

test('lists of numbers are told from others, and summed up without what is not finite', () => {
  expect(numbersIn([1, 2, 'x'])).toBeUndefined();
  expect(numbersIn([1])).toBeUndefined();
  expect(numbersIn({ $typed: { kind: 'Float32Array', length: 900, head: [1, 2] } })).toEqual([1, 2]);
  const numbers = numbersIn([0, 1, 1, 4, { $n: 'NaN' }])!;
  expect(shapeOf(numbers, 4)).toEqual({ count: 5, min: 0, max: 4, mean: 1.5, odd: 1, bins: [1, 2, 0, 1] });
  expect(shapeOf([Number.MAX_VALUE, -Number.MAX_VALUE], 2).bins).toEqual([1, 1]);
  expect(shapeOf([2, 2], 3).bins).toEqual([0, 2, 0]);
});

describe('on the page', () => {
  beforeAll(begin);
  afterAll(end);
  afterEach(leave);

  const extra = { weights: [3, 1, 4, 1, 5, 9], third: 1 / 3, '': 'no name' };
  const opened = async () => {
    await visit({ permissions: ['clipboard-read', 'clipboard-write'] });
    await openRecording(recordingText({ epochs: 2, batches: 6, validation: 2, extra }));
    await page.waitForSelector('#statechart');
    await choose('batches');
  };
  const key = (name: string) => page.locator('.member .key', { hasText: new RegExp(`^${name}$`) });
  const clipboard = () => page.evaluate(() => navigator.clipboard.readText());

  test('a search lists what it finds, opened, and clears again', async () => {
    await opened();
    const all = await page.locator('#state .member').count();
    await page.getByLabel('Search the state').fill('norm');
    await expect.poll(() => page.locator('#state .member').count()).toBeLessThan(all);
    await expect.poll(() => page.innerText('#state')).toMatch(/\d found[\s\S]*gradient[\s\S]*norm/);
    await expect.poll(() => page.innerText('#state')).not.toContain('accuracy');
    await page.getByLabel('Search the state').fill('');
    await expect.poll(() => page.locator('#state .member').count()).toBe(all);
  });

  test('a chosen value is copied exactly, by its path, and as JSON', async () => {
    await opened();
    await expect.poll(() => key('""').count()).toBe(1);
    await key('third').click();
    await expect.poll(() => page.innerText('.detail')).toContain(String(1 / 3));
    await page.getByRole('button', { name: 'copy value', exact: true }).click();
    await expect.poll(clipboard).toBe(String(1 / 3));
    await page.getByRole('button', { name: 'copy path', exact: true }).click();
    await expect.poll(clipboard).toBe('state.third');
    await page.locator('.member.branch', { hasText: 'weights' }).click();
    await page.getByRole('button', { name: 'copy JSON', exact: true }).click();
    await expect.poll(async () => JSON.parse(await clipboard())).toEqual(extra.weights);
    await expect.poll(() => page.innerText('.detail .numbers')).toMatch(/6 numbers from 1 to 9, mean 3\.8333/);
    await expect.poll(() => page.locator('.detail .bars rect').count()).toBeGreaterThan(5);
  });

  test('what is watched stays in sight at each moment, for each loop, and over a reload', async () => {
    await opened();
    await key('loss').first().click();
    await page.getByRole('button', { name: 'watch', exact: true }).click();
    const value = () => page.innerText('.watched .exactly');
    const before = await value();
    await expect.poll(() => page.locator('.watched .curve').count()).toBe(1);
    await press('Shift+ArrowLeft', 'Shift+ArrowLeft');
    const earlier = await value();
    expect(earlier).not.toBe(before);
    await choose('fit');
    await expect.poll(() => value()).toBe(earlier);
    // The address follows a moment later.
    const address = () => new URLSearchParams(new URL(page.url()).hash.slice(1));
    await expect.poll(() => [address().get('seq'), address().get('loop')]).toEqual([String(await moment()), 'fit#1']);
    await page.reload();
    await openRecording(recordingText({ epochs: 2, batches: 6, validation: 2, extra }));
    // The address keeps the moment, the browser what is watched.
    await page.waitForSelector('.watched');
    await expect.poll(value).toBe(earlier);
    await page.getByRole('button', { name: 'Watch loss no more' }).click();
    await settle();
    await expect.poll(() => page.locator('.watched').count()).toBe(0);
  });
});
