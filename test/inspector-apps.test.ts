// @module-tag page

import { formatRecording, parseRecording, record, replay } from 'loopchart';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createActor, waitFor } from 'xstate';
import { recordingLines } from '../inspector/export/recording.ts';
import type { Line } from '../inspector/lines/line.ts';
import { AlertScan } from '../inspector/run/alert-scan.ts';
import { appsAt, chainAbove } from '../inspector/run/apps-at.ts';
import { Contexts } from '../inspector/run/contexts.ts';
import { stateInWords, statesIn } from '../inspector/run/state-value.ts';
import { Store } from '../inspector/run/store.ts';
import { takesIn } from '../inspector/run/takes.ts';
import { chart } from '../inspector/run/transition.ts';
import { readLines } from '../inspector/sources/jsonl.ts';
import { Inspection } from '../src/inspect/inspection.ts';
import { shop } from './support/app.ts';
import { begin, end, leave, openRecording, page, press, scrub, settle, visit, watchRun } from './support/page.ts';

/** The shop, opened and with an order, as it is recorded. */
async function shopRecording(): Promise<string> {
  const recorder = record(undefined, { apps: true });
  const actor = createActor(shop(), { inspect: recorder }).start();
  actor.send({ type: 'order', item: 'tea' });
  actor.send({ type: 'open' });
  await waitFor(actor, ({ value }) => value === 'ready');
  return formatRecording(recorder.recording);
}

/** What a page would know of a recording. */
async function known(text: string, bounds = { events: 1_000_000, bytes: 1e9 }) {
  const store = new Store(bounds);
  const contexts = new Contexts(store, chart);
  await readLines(
    new Blob([text]).stream(),
    (lines) => store.add(lines, 100 * lines.length),
    new AbortController().signal,
  );
  return { store, contexts };
}

describe('what is known of the actors of an app', () => {
  test('they are no loops: no run, no lane, no path is theirs', async () => {
    const { store } = await known(await shopRecording());
    expect([...store.apps.keys()]).toEqual(['shop', 'ping', 'till', 'load']);
    expect(store.runs.map(({ name }) => name)).toEqual(['steps#1']);
    expect(store.roots).toHaveLength(1);
    expect(store.lanes.list.map((lane) => [lane.length, lane.label(lane.first).path])).toEqual([[1, 'steps']]);
    expect(chainAbove(store, store.roots[0]).map(({ id }) => id)).toEqual(['shop@1']);
  });

  test('how each stood at a moment, those that go on first', async () => {
    const { store, contexts } = await known(await shopRecording());
    const at = (row: number) => appsAt(store, row).map(({ name, kind, phase, words }) => [name, kind, phase, words]);
    expect(at(store.last)).toEqual([
      ['shop', 'machine', 'running', 'ready'],
      ['ping', 'callback', 'running', 'active'],
      ['till', 'transition', 'running', 'active'],
      ['load', 'promise', 'done', 'done'],
    ]);
    const working = store.roots[0]!.first;
    expect(at(working)[0]).toEqual(['shop', 'machine', 'running', 'working › busy']);
    const machine = store.actors.get('shop@1')!;
    expect(contexts.at(machine, store.last)).toEqual({ context: { rows: 3, orders: ['tea'], done: 3 } });
    expect(contexts.at(machine, machine.first)).toEqual({ context: { rows: 0, orders: [] } });
  });

  test('a state that is called as one of a loop is none', async () => {
    const line = (seq: number, more: object) => JSON.stringify({ seq, t: seq, ...more });
    const text = [
      line(0, { type: 'recording', format: 1 }),
      line(1, {
        type: 'actor',
        id: 'door@1',
        path: 'door',
        loop: 'door',
        kind: 'machine',
        value: 'paused',
        context: 7,
      }),
      line(2, { type: 'event', id: 'door@1', event: { type: 'slam' }, value: 'failed' }),
      line(3, { type: 'event', id: 'other@2', event: { type: 'hi' }, value: 'finished' }),
    ].join('\n');
    const { store, contexts } = await known(text);
    expect(appsAt(store, store.last).map(({ name, phase, words }) => [name, phase, words])).toEqual([
      ['door', 'running', 'failed'],
      ['other', 'running', 'finished'],
    ]);
    expect(contexts.at(store.actors.get('door@1')!, store.last)).toEqual({ context: 7 });
  });

  test('events that are called as those of a loop are no steps and no failures, and no app is told to have stood for long', async () => {
    const store = new Store({ events: 1000, bytes: 1e9 });
    const about = { id: 'door@1', status: 'active' };
    const actor = {
      type: 'actor',
      path: 'door',
      name: 'door',
      loop: 'door',
      kind: 'machine',
      chart: '',
      value: 'open',
    };
    const event = (type: string) => ({ type: 'event', value: 'open', event: { type, steps: 3, error: 'no' } });
    const lines = [actor, event('loop.advanced'), event('loop.failed'), event('knock')];
    store.add(
      lines.map((line, seq) => ({ ...about, ...line, seq, t: seq * 60_000 }) as Line),
      400,
    );
    expect(store.actors.get('door@1')!.steps).toBe(0);
    expect(store.failures.all.size).toBe(0);
    const scan = new AlertScan(store, new Contexts(store, chart), [{ kind: 'stall', seconds: 1 }, { kind: 'failed' }]);
    expect(scan.scan(1000)).toBe(false);
    scan.ask(1e9);
    expect(scan.alerts).toEqual([]);
  });

  test('many of one logic with a name each are one group, and what is let go leaves nothing behind', async () => {
    const lines: Line[] = [{ type: 'recording', seq: 0, t: 0, format: 1, runId: '' }];
    for (let job = 0; job < 8000; job++) {
      const about = { t: job, id: `job-${job}@${job}`, status: 'active' };
      const actor = { type: 'actor', path: `job-${job}`, name: `job-${job}`, loop: 'job', kind: 'promise', chart: '' };
      lines.push({ ...about, ...actor, seq: lines.length, value: 'active' } as Line);
      const ended = { type: 'event', event: { type: 'xstate.promise.resolve' }, value: 'done', status: 'done' };
      lines.push({ ...about, ...ended, seq: lines.length } as Line);
    }
    const store = new Store({ events: 5000, bytes: 1e9 });
    store.add(lines, lines.length * 100);
    expect([...store.apps.keys()]).toEqual(['job']);
    expect(store.actors.size).toBeLessThan(6000);
    const [group] = appsAt(store, store.last);
    expect(group).toMatchObject({ name: 'job', running: 0, phase: 'done' });
  });

  test('what the page saves where it has let the first lines go has them as they stood, and its loops replay', async () => {
    const inspection = new Inspection();
    const told: Line[] = [];
    const send = (text: string) => void told.push(...JSON.parse(text).filter(({ seq }: Line) => seq !== undefined));
    inspection.connect({ send, waiting: 0 }, 0);
    const actor = createActor(shop(), { inspect: inspection }).start();
    for (let order = 0; order < 9000; order++) actor.send({ type: 'order', item: order % 7 });
    actor.send({ type: 'open' });
    await waitFor(actor, ({ value }) => value === 'ready');
    inspection.flush();
    const store = new Store({ events: 2000, bytes: 1e9 });
    const contexts = new Contexts(store, chart);
    store.add(told, told.length * 100);
    expect(store.first).toBeGreaterThan(0);
    let text = '';
    for await (const part of recordingLines(store, contexts)) text += part;
    const again = await known(text);
    expect(appsAt(again.store, again.store.last)).toMatchObject([{ name: 'shop', words: 'ready' }, {}, {}, {}]);
    expect(again.store.charts.get('shop@1')?.root.states).toHaveProperty('working');
    expect([...replay(parseRecording(text))].at(-1)).toMatchObject({ id: 'steps#1', value: 'finished' });
    inspection.close();
    actor.stop();
  });

  test('the state of a machine in words, and which of its states and events are meant', async () => {
    const { store } = await known(await shopRecording());
    const { root } = store.charts.get('shop@1')!;
    expect(stateInWords('{"left":"on","right":{"off":{}}}')).toBe('left › on, right › off');
    expect([...statesIn(root, '{"working":"busy"}')]).toEqual(['shop.working', 'shop.working.busy']);
    expect(takesIn(root, 'closed')).toEqual({ now: ['open', 'order', 'crash'], other: [] });
    expect(takesIn(root, '{"working":"busy"}')).toEqual({ now: ['order', 'crash'], other: ['open'] });
  });
});

describe('on the page', () => {
  beforeAll(begin, 60_000);
  afterAll(end);
  afterEach(leave);

  const boxes = () => page.locator('.app-box').allTextContents();

  test('they stand around the nest, and in the tree below the loops; a moment earlier as they stood then', async () => {
    await visit({}, '');
    await openRecording(await shopRecording());
    await page.waitForSelector('.app-box');
    await expect
      .poll(() => boxes())
      .toEqual(['pingcallbackactive', 'tilltransitionactive', 'loadpromisedone', 'shopmachineready']);
    await expect.poll(() => page.locator('.apps .above').textContent()).toContain('invokes steps');
    await expect
      .poll(() => page.locator('.node.of-app .name').allTextContents())
      .toEqual(['shop', 'ping', 'till', 'load']);
    await expect.poll(() => page.locator('.tree h2 small').textContent()).toBe('1');
    await expect.poll(() => page.locator('.verdict').textContent()).toContain('steps finished');
    await scrub('4');
    await expect.poll(() => boxes()).toEqual(['pingcallbackactive', 'tilltransitionactive', 'shopmachineclosed']);
  });

  test('a box opens into its chart, which says in which state it is and why, and what it holds', async () => {
    await visit({}, '');
    await openRecording(await shopRecording());
    await page.locator('[data-actor=shop]').focus();
    await press('Enter');
    await page.waitForSelector('#statechart .lit');
    await expect.poll(() => page.locator('#statechart .lit').getAttribute('data-state')).toBe('ready');
    await expect.poll(() => page.locator('.why').textContent()).toContain('ready because steps was done');
    await expect.poll(() => page.locator('.state').textContent()).toContain('context');
    // A recording takes no events.
    await expect.poll(() => page.locator('form.send').count()).toBe(0);
    await page.locator('.node.of-app', { hasText: 'load' }).click();
    await settle();
    await expect.poll(() => page.locator('#chart').textContent()).toContain('load@4 is a promise, without a chart');
  });

  test('one that runs is sent an event: of those that its state takes, or another', async () => {
    const inspection = new Inspection({ send: ['shop'] });
    const told: Line[] = [];
    const send = (text: string) => void told.push(...JSON.parse(text).filter(({ seq }: Line) => seq !== undefined));
    inspection.connect({ send, waiting: 0 }, 0);
    const actor = createActor(shop(), { inspect: inspection }).start();
    actor.send({ type: 'open' });
    await waitFor(actor, ({ value }) => value === 'ready');
    inspection.flush();
    await visit();
    const asked = await watchRun(told);
    // To one that may be sent nothing, nothing is offered.
    await page.locator('.node.of-app', { hasText: 'till' }).click();
    await expect.poll(() => page.locator('.state .who').getAttribute('title')).toBe('till@3');
    await expect.poll(() => page.locator('form.send').count()).toBe(0);
    await page.locator('.node.of-app', { hasText: 'shop' }).click();
    await page.waitForSelector('form.send');
    await expect
      .poll(() => page.locator('form.send optgroup').first().locator('option').allTextContents())
      .toEqual(['order', 'crash']);
    await page.getByLabel('What comes with it, as JSON').fill('[1]');
    await page.getByRole('button', { name: 'Send to shop' }).click();
    await expect.poll(() => page.locator('form.send [role=alert]').textContent()).toContain('Expected an object');
    await page.getByLabel('What comes with it, as JSON').fill('{"item": "tea"}');
    await page.getByRole('button', { name: 'Send to shop' }).click();
    await page.getByLabel('Event', { exact: true }).selectOption('another…');
    await page.getByLabel('Type of the event').fill('knock');
    await page.getByLabel('What comes with it, as JSON').fill('');
    await press('Enter');
    const sent = () => asked.filter((command: any) => command.type === 'send');
    await expect.poll(() => sent().length).toBe(2);
    expect(sent()).toEqual([
      { type: 'send', id: 'shop@1', event: { item: 'tea', type: 'order' } },
      { type: 'send', id: 'shop@1', event: { type: 'knock' } },
    ]);
    // Pause and stop are for the run.
    await page.locator('.node.of-app', { hasText: 'load' }).click();
    await settle();
    await expect.poll(() => page.locator('form.send').count()).toBe(0);
    inspection.close();
    actor.stop();
  });
});
