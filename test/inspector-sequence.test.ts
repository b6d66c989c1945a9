// @module-tag page

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { formatRecording, type Recording, record } from 'loopchart';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createActor, waitFor } from 'xstate';
import { recordingText } from '../inspector/dev/synthetic.ts';
import type { Line } from '../inspector/lines/line.ts';
import { lifelinesOf } from '../inspector/run/lifelines.ts';
import { Messages } from '../inspector/run/messages.ts';
import { Store } from '../inspector/run/store.ts';
import { readLines } from '../inspector/sources/jsonl.ts';
import { shop } from './support/app.ts';
import { begin, end, leave, moment, openRecording, page, press, settle, visit } from './support/page.ts';

/** The shop, opened, with an order and a ping, as it is recorded. */
async function shopRecording(): Promise<Recording> {
  const recorder = record(undefined, { apps: true });
  const actor = createActor(shop(), { inspect: recorder }).start();
  actor.send({ type: 'order', item: 'tea' });
  actor.getSnapshot().children.ping!.send({ type: 'ping' } as never);
  actor.send({ type: 'open' });
  await waitFor(actor, ({ value }) => value === 'ready');
  return recorder.recording;
}

async function storeOf(text: string): Promise<Store> {
  const store = new Store({ events: 1_000_000, bytes: 1e9 });
  const add = (lines: readonly any[]) => store.add(lines as Line[], lines.length);
  await readLines(new Blob([text]).stream(), add, new AbortController().signal);
  return store;
}

const told = (messages: Messages, row: number) =>
  messages.before(row).map(({ from, to, type }) => `${from?.name ?? '-'} → ${to.name}: ${type}`);

describe('who sent what to whom', () => {
  test('the events between actors, and who has begun whom, in order', async () => {
    const store = await storeOf(formatRecording(await shopRecording()));
    expect(told(new Messages(store), store.last)).toEqual([
      'shop → ping: begins',
      'shop → till: begins',
      '- → shop: order',
      '- → ping: ping',
      'ping → shop: pong',
      '- → shop: open',
      'shop → load: begins',
      'load → shop: xstate.done.actor.0.shop.loading',
      'shop → steps: begins',
      'steps → shop: xstate.done.actor.steps',
    ]);
  });

  test('at any moment the same, whether one has come there in steps or at once; bounded', async () => {
    const store = await storeOf(recordingText({ epochs: 60, batches: 20, validation: 5 }));
    const stepwise = new Messages(store);
    for (let row = 0; row <= store.last; row += 97) {
      const fresh = told(new Messages(store), row);
      expect(told(stepwise, row)).toEqual(fresh);
      expect(fresh.length).toBeLessThanOrEqual(200);
    }
    for (const row of [store.last, 5, 400, 0]) expect(told(stepwise, row)).toEqual(told(new Messages(store), row));
    const { messages, cut } = stepwise.between(store.first, store.last);
    expect(messages.length).toBeGreaterThan(200);
    expect(cut).toBe(messages.length >= 2000);
  });

  test('a lifeline for each, from the outside to the inside; of more than there is room for, the rest are one', async () => {
    const store = await storeOf(formatRecording(await shopRecording()));
    const messages = new Messages(store).before(store.last);
    const names = (most: number) => lifelinesOf(messages, most).lines.map(({ name }) => name);
    expect(names(12)).toEqual(['outside', 'shop', 'ping', 'till', 'load', 'steps']);
    expect(names(4)).toEqual(['outside', 'shop', 'ping', '3 others']);
    const lines = lifelinesOf(messages, 4);
    expect(lines.indexOf(undefined)).toBe(0);
    expect(lines.indexOf(store.actors.get('steps#1'))).toBe(3);
  });
});

describe('on the page', () => {
  beforeAll(begin, 60_000);
  afterAll(end);
  afterEach(leave);

  test('a key opens it; keys go from one event to the next, and a click to its moment and its actor', async () => {
    await visit({}, '');
    const recording = await shopRecording();
    await openRecording(formatRecording(recording));
    await page.waitForSelector('.app-box');
    await press('c');
    await page.waitForSelector('.message');
    await page.locator('#sequence').focus();
    await expect
      .poll(() => page.locator('.heads .head').allTextContents())
      .toEqual(['outside', 'shop', 'ping', 'till', 'load', 'steps']);
    await expect.poll(() => page.locator('.message').last().getAttribute('aria-label')).toBe('steps#1 to shop: done ✓');
    await press('ArrowUp');
    await expect
      .poll(() => page.locator('.message[aria-selected=true]').getAttribute('aria-label'))
      .toBe('shop to steps#1: begins');
    const open = recording.findIndex((line) => line.type === 'event' && line.event.type === 'open');
    await page.getByRole('option', { name: 'somebody outside to ping: ping' }).click();
    await settle();
    await expect.poll(() => moment()).toBeLessThan(open + 1);
    await expect.poll(() => page.locator('.node[aria-selected=true]').textContent()).toContain('ping');
  });

  test.for([
    [1440, 'light'],
    [1440, 'dark'],
    [800, 'light'],
    [390, 'dark'],
  ] as const)('axe finds nothing in what is shown of an app, %d px wide, %s', async ([width, colorScheme]) => {
    await visit({ viewport: { width, height: 900 }, colorScheme }, '');
    await openRecording(formatRecording(await shopRecording()));
    await page.waitForSelector('.app-box');
    const axe = await readFile(createRequire(import.meta.url).resolve('axe-core'), 'utf8');
    await page.evaluate(axe);
    const look = async () => {
      const tags = ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'];
      return await page.evaluate(async (values) => {
        const { violations } = await (globalThis as any).axe.run('.middle .pane', { runOnly: { type: 'tag', values } });
        return violations.map(({ id, nodes }: any) => `${id}: ${nodes.map(({ html }: any) => html).join(' ')}`);
      }, tags);
    };
    await expect.poll(() => look()).toEqual([]);
    await press('c');
    await page.waitForSelector('.message');
    await expect.poll(() => look()).toEqual([]);
    const wide = await page.evaluate(() => {
      const { scrollWidth, clientWidth } = document.getElementById('sequence')!;
      return scrollWidth - clientWidth;
    });
    expect(wide).toBeLessThanOrEqual(0);
  });
});
