// @module-tag page

import { formatRecording, Loop, record } from 'loopchart';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { recordingText } from '../inspector/dev/synthetic.ts';
import { begin, choose, end, leave, openRecording, page, press, settle, visit } from './support/page.ts';

beforeAll(begin);
afterAll(end);
afterEach(leave);

class Batches extends Loop<number> {
  override state = { n: 0 };
  get done() {
    return this.state.n >= 3;
  }
  override get skip() {
    return this.restarting;
  }
  reset() {
    this.state.n = 0;
  }
  advance(...[fault]: [fault?: unknown]) {
    this.state.n++;
    if (this.state.n === 2 && fault !== undefined) throw fault;
    if (this.state.n === 2) this.end('that will do');
  }
  override onRunEnd() {
    return this.state.n;
  }
}

class Epochs extends Loop<void, [fault?: unknown]> {
  override state = { epoch: 0 };
  batches = new Batches();
  get done() {
    return this.state.epoch >= 2;
  }
  reset() {}
  async advance(fault?: unknown) {
    await (this.batches as Loop<number, [unknown]>).run(fault);
    this.state.epoch++;
  }
}

async function recorded(...args: [fault?: unknown]): Promise<string> {
  const recorder = record();
  await new Epochs().start({ args, inspect: recorder }).outcome;
  return formatRecording(recorder.recording);
}

const why = () => page.innerText('.why');

test('the page says why a loop is in its state, from which it came, on whose event, and goes to that moment', async () => {
  await visit();
  await openRecording(await recorded());
  await page.waitForSelector('#statechart');
  await choose('epochs');
  await press('Home', 'ArrowRight', 'ArrowRight');
  const said = new Map<string, string>();
  for (let i = 0; i < 40; i++) {
    const text = await why().catch(() => '');
    const [state = ''] = text.trim().split(/\s/);
    if (!said.has(state)) said.set(state, text);
    await press('ArrowRight');
    await choose('epochs');
  }
  expect(said.get('resetting')).toMatch(/because skip was false · skip ✓ from entering/);
  expect(said.get('starting')).toMatch(/because reset completed/);
  expect(said.get('advancing')).toMatch(/because onRunStart completed, and done was false/);
  expect(said.get('ending')).toMatch(/because done was true after step 2 · advanced from advancing/);
  expect(said.get('finished')).toMatch(/because onRunEnd completed/);
  // The moment is a way to it.
  await page.locator('.why .at').click();
  await settle();
  await expect.poll(() => page.innerText('#moment')).toBe((await page.innerText('.why .at')).trim());
});

test('a failure is told with its error, its cause and its stack, as text to read', async () => {
  await visit();
  const cause = new TypeError('row 812 is damaged');
  await openRecording(await recorded(new RangeError('Expected a label from 0 to 9.', { cause })));
  await page.waitForSelector('#statechart');
  await choose('batches');
  await expect.poll(() => why()).toMatch(/^\s*failed because RangeError: Expected a label from 0 to 9\./);
  await expect.poll(() => page.innerText('#log')).toContain('RangeError: Expected a label from 0 to 9.');
  const stack = page.locator('#state .leaf.stack').first();
  await expect.poll(() => stack.innerText()).toMatch(/^RangeError: Expected a label from 0 to 9\.\n\s+at /);
  await expect.poll(() => page.innerText('#state')).toContain('row 812 is damaged');
});

test('guards stand at the ways of the chart; its text can be read in any window, and the whole of it is in sight where that is asked for', async () => {
  await visit();
  await openRecording(await recorded());
  for (const [width, height] of [
    [1440, 900],
    [1100, 800],
    [800, 900],
  ] as const) {
    await page.setViewportSize({ width, height });
    await page.waitForSelector('#statechart');
    await settle();
    const smallest = () =>
      page.locator('#statechart').evaluate((chart) => {
        const scale = (chart as SVGSVGElement).getScreenCTM()!.a;
        const texts = [...chart.querySelectorAll('text')];
        return Math.min(...texts.map((text) => Number.parseFloat(getComputedStyle(text).fontSize) * scale));
      });
    await expect.poll(smallest, { message: `${width} × ${height}` }).toBeGreaterThan(10.9);
    const fit = page.getByRole('button', { name: 'fit', exact: true });
    await fit.click();
    await expect.poll(() => fit.getAttribute('aria-pressed')).toBe('true');
    await settle();
    const words = await page.locator('#statechart').textContent();
    for (const guard of ['skip', 'over', 'paused', 'ended']) expect(words).toContain(`if ${guard}`);
    expect(words).not.toContain('wasOver');
    const room = await page
      .locator('#chart')
      .evaluate((box) => [box.scrollWidth - box.clientWidth, box.scrollHeight - box.clientHeight]);
    expect(room, `${width} × ${height}`).toEqual([0, 0]);
    await fit.click();
  }
  // However often a way was taken, that lies within its box.
  await openRecording(recordingText({ epochs: 1, batches: 12_345 }), 'many.jsonl');
  await choose('batches');
  await expect.poll(() => page.locator('#statechart').textContent()).toContain('12.3K');
  const outside = await page.locator('#statechart .box').evaluateAll((boxes) =>
    boxes.flatMap((box) => {
      const { left, right } = box.querySelector('rect')!.getBoundingClientRect();
      const texts = [...box.querySelectorAll('text')].map(
        (text) => [text.textContent, text.getBoundingClientRect()] as const,
      );
      return texts.filter(([, place]) => place.left < left || place.right > right).map(([text]) => text);
    }),
  );
  expect(outside).toEqual([]);
});
