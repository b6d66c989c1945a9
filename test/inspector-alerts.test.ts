// @module-tag page

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { recordingText, type Synthetic, synthetic } from '../inspector/dev/synthetic.ts';
import type { Line } from '../inspector/lines/line.ts';
import { type AlertRule, readRule, ruleIn } from '../inspector/run/alert-rules.ts';
import { AlertScan } from '../inspector/run/alert-scan.ts';
import { oddNumbers } from '../inspector/run/odd-numbers.ts';
import { type KnownRun, knownFrom } from './support/known-run.ts';
import {
  begin,
  choose,
  end,
  leave,
  moment,
  openRecording,
  page,
  press,
  settle,
  site,
  visit,
  watchRun,
} from './support/page.ts';

const SMALL: Synthetic = { epochs: 4, batches: 20, validation: 2, nanAt: 2, failAt: 4 };

function scanned({ store, contexts }: KnownRun, ...rules: AlertRule[]): AlertScan {
  const scan = new AlertScan(store, contexts, rules);
  while (scan.scan(100));
  return scan;
}
const told = ({ alerts }: AlertScan) => alerts.map(({ actor, says }) => `${actor.id}: ${says}`);

/** The same lines, but a time passes before some. */
function delayed(lines: readonly Line[], ms: (line: Line, at: number) => number): Line[] {
  let late = 0;
  return lines.map((line, at) => {
    late += ms(line, at);
    return { ...line, t: line.t + late };
  });
}
const isStep = (line: Line, id: string) =>
  line.type === 'event' && line.id === id && line.event.type === 'loop.advanced';

describe('an alert is raised', () => {
  test('when a number becomes NaN or infinite, not at each step while it is', () => {
    const known = knownFrom([...synthetic({ ...SMALL, failAt: 0 })]);
    const scan = scanned(known, { kind: 'odd' });
    expect(told(scan)).toEqual(['fit.epoch.batches#2: loss is NaN']);
    const [{ row }] = scan.alerts as unknown as [{ row: number }];
    expect(known.contexts.at(known.store.actor(row)!, row)?.state).toMatchObject({ loss: { $n: 'NaN' } });
  });

  test('when a loop fails, once for what was thrown', () => {
    const scan = scanned(knownFrom([...synthetic(SMALL)]), { kind: 'failed' });
    expect(told(scan)).toEqual(['fit.epoch.batches#4: RangeError: Expected labels from 0 to 9, got 10']);
  });

  test('when a condition becomes true, in each run of the loops that it is about', () => {
    const known = knownFrom([...synthetic({ epochs: 3, batches: 6 })]);
    const when = 'steps == 3';
    expect(told(scanned(known, { kind: 'when', when }))).toEqual([
      `fit.epoch.batches#1: ${when}`,
      `fit.epoch.batches#2: ${when}`,
      `fit.epoch.batches#3: ${when}`,
      `fit#1: ${when}`,
    ]);
    expect(told(scanned(known, { kind: 'when', when, loop: 'fit' }))).toEqual([`fit#1: ${when}`]);
  });

  test('when no step is taken for too long, but for a pause', () => {
    const lines = [...synthetic({ epochs: 3, batches: 6, pauseAt: 3 })];
    const isHeld = (line: Line | undefined) => line?.type === 'event' && line.value === 'paused';
    const late = delayed(lines, (line, at) => (isStep(line, 'fit#1') || isHeld(lines[at - 1]) ? 9000 : 0));
    const scan = scanned(knownFrom(late), { kind: 'stall', seconds: 5 });
    expect(scan.alerts.map(({ actor }) => actor.id)).toEqual(['fit.epoch#1', 'fit.epoch#2', 'fit.epoch#3']);
    expect(scan.alerts[0]!.says).toBe('no step for more than 5 s after this');
  });

  test('when nothing comes any more, while it does not', () => {
    const lines = [...synthetic({ epochs: 3, batches: 6 })].slice(0, 60);
    const known = knownFrom(lines);
    const scan = scanned(known, { kind: 'stall', seconds: 5 });
    scan.ask(4000);
    expect(scan.alerts).toEqual([]);
    scan.ask(6000);
    scan.ask(7000);
    expect(scan.alerts).toHaveLength(1);
    // The step that comes after all does not tell it again.
    known.store.add([{ ...[...synthetic({ epochs: 3, batches: 6 })][60]!, t: lines.at(-1)!.t + 8000 }], 1);
    while (scan.scan(100));
    expect(scan.alerts).toHaveLength(1);
  });

  test('when steps have become slow, once until they are fast again', () => {
    const lines = [...synthetic({ epochs: 1, batches: 100 })];
    let step = 0;
    const late = delayed(lines, (line) => {
      if (!isStep(line, 'fit.epoch.batches#1')) return 0;
      step++;
      return step > 50 && step <= 70 ? 200 : 20;
    });
    const scan = scanned(knownFrom(late), { kind: 'slower', times: 2 });
    expect(told(scan)).toEqual([
      expect.stringMatching(/^fit\.epoch\.batches#1: a step takes \d\d\.\d ms, before it took 2\d\.\d ms$/),
    ]);
    expect(told(scanned(knownFrom(late), { kind: 'slower', times: 20 }))).toEqual([]);
  });

  test('and found by whoever looks piece by piece as by whoever looks at once', () => {
    const lines = [...synthetic(SMALL)];
    const rules: AlertRule[] = [{ kind: 'odd' }, { kind: 'failed' }, { kind: 'when', when: 'state.loss < 1' }];
    const known = knownFrom([]);
    const scan = new AlertScan(known.store, known.contexts, rules);
    for (let at = 0; at < lines.length; at += 7) {
      known.store.add(lines.slice(at, at + 7), 1);
      while (scan.scan(100));
    }
    expect(told(scan)).toEqual(told(scanned(knownFrom(lines), ...rules)));
  });
});

test('the first number of a loop that is not finite is known by its step', () => {
  const known = knownFrom([...synthetic(SMALL)]);
  const { firstOdd } = scanned(known);
  const found = [...firstOdd].map(([path, { keys, step }]) => [path.name, keys, step]);
  expect(found).toEqual([['fit.epoch.batches', ['loss'], 31]]);
});

test('of a state that is large or deep, a bounded part is looked at', () => {
  let looked = 0;
  const state = new Proxy(
    Array.from({ length: 250 }, () => ({})),
    {
      get(target, key, receiver) {
        if (typeof key === 'string' && /^\d+$/.test(key)) looked++;
        return Reflect.get(target, key, receiver);
      },
    },
  );
  const event = { type: 'loop.advanced', commit: { state: { a: state, b: state, c: state, d: state } } };
  expect(oddNumbers({ type: 'event', id: 'a#1', seq: 1, t: 1, value: 'advancing', event })).toEqual([]);
  expect(looked).toBeLessThan(1001);
});

test('what cannot be a rule is refused in words, and not gone by when it was kept', () => {
  expect(readRule('when', 'state.loss >')).toEqual({ fault: expect.stringContaining('Expected a condition') });
  expect(readRule('stall', '')).toEqual({ fault: expect.stringContaining('Expected a number of seconds above 0') });
  expect(readRule('slower', '1')).toEqual({ fault: expect.stringContaining('Expected a number above 1') });
  expect(readRule('stall', '2.5')).toEqual({ rule: { kind: 'stall', seconds: 2.5 } });
  for (const kept of [null, 3, {}, { kind: 'stall', seconds: 'x' }, { kind: 'when', when: '>' }, { kind: 'else' }])
    expect(ruleIn(kept)).toBeUndefined();
});

describe('on the page', () => {
  beforeAll(begin);
  afterAll(end);
  afterEach(leave);

  const menu = () => page.locator('summary', { hasText: 'Alerts' });

  test('alerts are counted in the title until they are looked at, and lead to their moments', async () => {
    await visit();
    await openRecording(recordingText(SMALL), 'digits.jsonl');
    await page.waitForSelector('#statechart');
    await expect.poll(() => page.title()).toBe('(2) fit#1 failed · digits.jsonl · loopchart');
    await menu().click();
    await page.getByRole('button', { name: /loss is NaN/ }).click();
    await settle();
    await expect.poll(() => page.locator('.state .who').getAttribute('title')).toBe('fit.epoch.batches#2');
    await expect.poll(() => page.innerText('#state')).toContain('NaN');
    await expect.poll(() => page.title()).toBe('fit#1 failed · digits.jsonl · loopchart');
    await expect.poll(() => menu().innerText()).toBe('Alerts (2)');
  });

  test('of a program an alert comes while another recording is looked at, says of which run, and leads there', async () => {
    const lines = [...synthetic({ ...SMALL, failAt: 0 })];
    const first = lines.findIndex((line) => line.type === 'event' && line.id === 'fit.epoch.batches#1');
    let say = (_: unknown[]) => {};
    await visit({}, '');
    await page.routeWebSocket(/\/ws/, (socket) => {
      say = (all) => socket.send(JSON.stringify(all));
      say([{ type: 'hello', protocol: 1, runId: 'r', firstSeq: 1, lastSeq: first, gap: false, readonly: false }]);
      say(lines.slice(0, first));
    });
    await page.goto(`${site}#token=secret`);
    await page.waitForSelector('.nested');
    await openRecording(recordingText({ epochs: 2, batches: 5 }), 'digits.jsonl');
    await expect.poll(() => page.title()).toBe('fit#1 finished · digits.jsonl · loopchart');
    say(lines.slice(first));
    await expect.poll(() => page.title()).toBe('(1) fit#1 finished · digits.jsonl · loopchart');
    await menu().click();
    const row = page.locator('.sheet.alerts li').getByRole('button', { name: /loss is NaN/ });
    // Two runs have the same name: each is told by where it is.
    await expect.poll(() => row.innerText()).toMatch(/^[\d.]+ \S+\s+127\.0\.0\.1:\d+\s+batches#2\s+loss is NaN$/);
    await row.click();
    await expect.poll(() => page.locator('.state .who').getAttribute('title')).toBe('fit.epoch.batches#2');
    await expect.poll(() => page.title()).toMatch(/^fit#1 finished · 127\.0\.0\.1:\d+ · loopchart$/);
  });

  test('a rule is added, says what is wrong with it, and is kept over a reload', async () => {
    await visit();
    await openRecording(recordingText(SMALL));
    await page.waitForSelector('#statechart');
    await menu().click();
    const field = page.locator('.sheet.alerts form input');
    await field.fill('state.loss <');
    await press('Enter');
    await expect.poll(() => page.innerText('#alert-fault')).toContain('Expected a condition');
    await field.fill('state.loss < 0.5');
    await press('Enter');
    await expect.poll(() => page.locator('.alerts li').count()).toBeGreaterThan(3);
    await page.getByRole('button', { name: 'No alert when a loop fails' }).click();
    await page.reload();
    await openRecording(recordingText(SMALL));
    await menu().click();
    await expect
      .poll(() => page.locator('.alerts .rule').allInnerTexts())
      .toEqual(['a number is NaN or infinite', 'state.loss < 0.5']);
    await expect.poll(() => page.locator('.alerts li').count()).toBeGreaterThan(2);
  });

  test('a loop with a number that is not finite is marked from that moment on, and leads to it', async () => {
    await visit({}, '');
    await openRecording(recordingText(SMALL));
    await page.waitForSelector('.nested');
    const words = 'loss NaN, first at step 31';
    await page.locator('.node.is-odd').waitFor();
    await expect.poll(() => page.innerText('.node.is-odd')).toContain(words);
    await expect.poll(() => page.locator('.nested.is-odd').getAttribute('data-loop')).toContain('batches');
    await page.locator('.node .first-odd').click();
    await settle();
    const there = await moment();
    await expect.poll(() => page.innerText('#state')).toContain('NaN');
    // It is reached by keyboard as well.
    await choose('batches');
    await expect.poll(() => page.locator('.state .first-odd').innerText()).toBe(words);
    await press('Shift+ArrowLeft');
    await expect.poll(() => moment()).toBeLessThan(there);
    await expect.poll(() => page.locator('.is-odd, .first-odd').count()).toBe(0);
  });

  test('of a run that goes on, the title says so', async () => {
    await visit();
    const lines = [...synthetic({ epochs: 4, batches: 8, pauseAt: 2 })];
    const held = lines.findIndex((line) => line.type === 'event' && line.value === 'paused');
    await watchRun(lines.slice(0, held + 1));
    await expect.poll(() => page.title()).toMatch(/^fit#1 paused · 127\.0\.0\.1:\d+ · loopchart$/);
  });
});
