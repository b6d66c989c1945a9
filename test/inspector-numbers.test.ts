// @module-tag page

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { recordingText, synthetic } from '../inspector/dev/synthetic.ts';
import { tick } from '../inspector/drawing/axis-ticks.ts';
import { apart, exact, short } from '../inspector/text/number.ts';
import { brief, briefExactly, readValue } from '../inspector/text/value.ts';
import { dice } from './support/changing.ts';
import { begin, choose, end, leave, openRecording, page, press, visit } from './support/page.ts';

beforeAll(begin, 60_000);
afterAll(end);
afterEach(leave);

const LONG = 0.1 + 0.2;
const ODD = {
  whole: 2 ** 53,
  large: 1.2345678901234567e300,
  small: Number.MIN_VALUE,
  loss: 0.771181380850405,
  count: 1234567,
  nought: { $n: '-0' },
  none: { $n: 'NaN' },
  endless: { $n: '-Infinity' },
  big: { $bigint: '123456789012345678901234567890' },
  typed: { $typed: { kind: 'Float32Array', length: 2, head: [Math.fround(0.1), { $n: '-0' }] } },
};

/** A recording whose last two steps hold these in the state of `batches`. */
function holding(before: object, after: object): string {
  const lines: any[] = [...synthetic({ epochs: 1, batches: 6 })];
  const steps = lines.filter(({ id, event }) => id === 'fit.epoch.batches#1' && event?.type === 'loop.advanced');
  steps.at(-2).event.commit.state = before;
  steps.at(-1).event.commit.state = after;
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

const leaf = (key: string) =>
  page.locator('#state .member', { has: page.locator('.key', { hasText: new RegExp(`^${key}$`) }) });

/** What is copied of an element: of all that is in it, or from one place to another. */
const copied = (selector: string): Promise<string> =>
  page.evaluate(async (wanted) => {
    const element = document.querySelector(wanted)!;
    getSelection()!.selectAllChildren(element);
    const data = new DataTransfer();
    const event = new ClipboardEvent('copy', { clipboardData: data, bubbles: true, cancelable: true });
    element.dispatchEvent(event);
    return event.defaultPrevented ? data.getData('text/plain') : getSelection()!.toString();
  }, selector);

test('all digits of a number are those that make it again', () => {
  const seed = Date.now() % 1e6;
  const roll = dice(seed);
  for (let at = 0; at < 20_000; at++) {
    const value = (roll(2) ? -1 : 1) * (roll(1e9) / (1 + roll(1e9))) * 10 ** (roll(600) - 300);
    if (!Object.is(Number(exact(value)), value)) expect.fail(`seed ${seed}: ${value}`);
  }
  expect([-0, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53].map(exact)).toEqual([
    '-0',
    'NaN',
    'Infinity',
    '9007199254740992',
  ]);
});

test('two numbers that differ are never told alike, and two that do not are short', () => {
  const seed = Date.now() % 1e6;
  const roll = dice(seed);
  const step = new DataView(new ArrayBuffer(8));
  for (let at = 0; at < 20_000; at++) {
    const a = (roll(1e9) / (1 + roll(1e9))) * 10 ** (roll(30) - 15);
    // The next number there is.
    step.setFloat64(0, a);
    step.setBigInt64(0, step.getBigInt64(0) + 1n);
    const b = step.getFloat64(0);
    const [left, right] = apart(a, b);
    if (left === right) expect.fail(`seed ${seed}: ${a} and ${b} are both told as ${left}`);
  }
  expect(apart(0.3, LONG)).toEqual(['0.3', '0.30000000000000004']);
  expect(apart(0, -0)).toEqual(['0', '-0']);
  expect(apart(1e15, 1e15 + 1)).toEqual(['1000000000000000', '1000000000000001']);
  expect(apart(0.7711813, 0.7711926)).toEqual(['0.7711813', '0.7711926']);
  expect(apart(0.7711813808501, 0.7711823808501)).toEqual(['0.771181', '0.771182']);
  expect(apart(LONG, LONG)).toEqual([short(LONG), short(LONG)]);
});

test('neighbours on an axis are never called alike', () => {
  for (const step of [1e-14, 2.5e-13, 1e-9, 0.25, 1, 5e7])
    for (const from of [0, 1, 100, 1e5]) {
      if (from + step === from) continue;
      const names = [0, 1, 2, 3].map((at) => tick(from + at * step, step));
      const apartBy = new Set([0, 1, 2, 3].map((at) => from + at * step)).size;
      if (apartBy === 4) expect(new Set(names).size, `${from} by ${step}`).toBe(4);
    }
});

test('two keys of a Map that look alike are two', () => {
  const map = {
    $map: [
      [0.3, 'a'],
      [LONG, 'b'],
      ['x'.repeat(80), 'c'],
      [`${'x'.repeat(80)}y`, 'd'],
      [{}, 'e'],
      [{}, 'f'],
    ],
  };
  const value = readValue(map);
  const keys = value.kind === 'branch' ? value.entries().map(([key]) => key) : [];
  expect(new Set(keys).size).toBe(6);
  expect(keys.slice(0, 2)).toEqual(['0.3', '0.30000000000000004']);
});

test('a line for a value has all digits where it is asked for exactly', () => {
  const value = { loss: 0.771181380850405, at: [1e15, { $n: '-0' }] };
  expect(brief(value)).toBe('{ loss 0.77118, at [1.0000e+15, -0] }');
  expect(briefExactly(value, 60)).toBe('{ loss 0.771181380850405, at [1000000000000000, -0] }');
  expect(briefExactly({ n: 1 }, 60)).toBeUndefined();
});

test('numbers in the state are exact where they are pointed at, and when they are copied', async () => {
  await visit();
  await openRecording(holding({ ...ODD, loss: 0.5 }, ODD));
  await page.waitForSelector('#statechart');
  await choose('batches');
  await press('End', 'Shift+ArrowLeft', 'Shift+ArrowRight');
  const told = async (key: string) => {
    const number = leaf(key).locator('.leaf').first();
    return [await number.innerText(), await number.getAttribute('title')];
  };
  await expect.poll(() => told('loss')).toEqual(['0.77118', expect.stringMatching(/^0\.771181380850405: /)]);
  await expect.poll(() => told('whole')).toEqual(['9.0072e+15', expect.stringMatching(/^9007199254740992: /)]);
  await expect
    .poll(() => told('large'))
    .toEqual(['1.2346e+300', expect.stringMatching(/^1\.2345678901234567e\+300: /)]);
  await expect.poll(() => told('nought')).toEqual(['-0', expect.stringMatching(/^-0: /)]);
  await expect.poll(() => told('none')).toEqual(['NaN', expect.stringMatching(/^NaN: /)]);
  await expect.poll(() => told('endless')).toEqual(['-Infinity', expect.stringMatching(/^-Infinity: /)]);
  await expect.poll(async () => (await told('big'))[0]).toBe('123456789012345678901234567890n');
  await expect.poll(async () => (await told('0'))[1]).toMatch(/^0\.10000000149011612: /);
  const before = await page.innerText('#state');
  const text = await copied('#state');
  for (const digits of ['0.771181380850405', '9007199254740992', '1.2345678901234567e+300', '1234567', '5e-324'])
    expect(text).toContain(digits);
  expect(text).not.toContain('0.77118\n');
  // Nothing on the page has changed by it.
  await expect.poll(() => page.innerText('#state')).toBe(before);
  // A row of the log, too.
  const say = page.locator('#log [aria-selected=true] .say');
  await expect.poll(() => say.innerText()).toContain('0.77118,');
  await expect.poll(() => say.getAttribute('title')).toContain('loss 0.771181380850405,');
  expect(await copied('#log [aria-selected=true] .say')).toContain('loss 0.771181380850405,');
});

test('a change that rounding hides is told with the digits that differ', async () => {
  await visit();
  await openRecording(holding({ loss: 0.3, n: 1, map: {}, gone: LONG }, { loss: LONG, n: 1, map: {} }));
  await page.waitForSelector('#statechart');
  await choose('batches');
  await press('End', 'Shift+ArrowLeft', 'Shift+ArrowRight');
  await expect.poll(() => leaf('loss').locator('.leaf').innerText()).toBe('0.30000000000000004');
  await expect.poll(() => leaf('loss').locator('.was').innerText()).toBe('0.3');
  await expect.poll(() => leaf('gone').locator('.leaf').getAttribute('title')).toBe('0.30000000000000004');
});

test('the numbers beside a plot are exact where they are pointed at', async () => {
  await visit();
  await openRecording(holding({ total: 6, loss: 0.5 }, { total: 6, loss: 0.771181380850405 }));
  await page.waitForSelector('#statechart');
  await page.getByRole('tab', { name: 'plots' }).click();
  const read = page.locator('.pick', { hasText: 'batchesloss' }).locator('.read');
  await expect.poll(() => read.innerText()).toBe('0.77118');
  await expect.poll(() => read.getAttribute('title')).toBe('0.771181380850405');
});

test('how many steps there are to take is exact, whatever number says so', async () => {
  await visit();
  await openRecording(recordingText({ epochs: 1, batches: 6, extra: { total: 2 ** 53 } }));
  await page.waitForSelector('#statechart');
  const row = page.locator('.node', { hasText: 'batches' });
  await expect.poll(() => row.locator('.steps').innerText()).toBe('6 / 9.0072e+15');
  await expect.poll(() => row.locator('[data-exact]').getAttribute('title')).toContain('9007199254740992');
});
