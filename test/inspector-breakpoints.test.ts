// @module-tag page

import { formatRecording, Loop, record } from 'loopchart';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { recordingText, synthetic } from '../inspector/dev/synthetic.ts';
import { Inspection } from '../src/inspect/inspection.ts';
import { begin, choose, end, leave, moment, openRecording, page, press, shown, site, visit } from './support/page.ts';

beforeAll(begin);
afterAll(end);
afterEach(leave);

const summary = () => page.locator('summary', { hasText: 'Breakpoints' });
const add = async (kind: 'state' | 'event' | 'when', text: string, loop = '') => {
  if (!(await page.getByLabel('Kind').isVisible())) await summary().click();
  await page.locator('.sheet').getByLabel('Loop').selectOption(loop);
  await page.getByLabel('Kind').selectOption(kind);
  await page.getByLabel('What to wait for').fill(text);
  await press('Enter');
};
const lines = [...synthetic({ epochs: 3, batches: 8 })];
const met = (path: string, value: string) =>
  lines.filter((line, at) => {
    if (line.type !== 'event' || line.value !== value || !line.id.startsWith(`${path}#`)) return false;
    const before = lines.slice(0, at).findLast((one) => 'id' in one && one.id === line.id);
    return before !== undefined && 'value' in before && before.value !== value;
  });

test('in a recording, b goes from one moment at which a breakpoint is met to the next, and back', async () => {
  await visit();
  await openRecording(recordingText({ epochs: 3, batches: 8 }));
  await page.waitForSelector('#statechart');
  await add('state', 'ending', 'fit.epoch.batches');
  const [one, two, three] = met('fit.epoch.batches', 'ending').map(({ seq }) => seq);
  await press('Escape', 'Home', 'b');
  await expect.poll(() => moment()).toBe(one);
  await press('b', 'b');
  await expect.poll(() => moment()).toBe(three);
  await press('B');
  await expect.poll(() => moment()).toBe(two);
  await press('b', 'b');
  await expect.poll(() => moment()).toBe(three);
  await summary().click();
  await expect.poll(() => page.locator('.sheet').innerText()).toContain('no further one');
});

test('in a recording, playing halts at a condition when it becomes true', async () => {
  await visit();
  await openRecording(recordingText({ epochs: 3, batches: 8 }));
  await page.waitForSelector('#statechart');
  await add('when', 'steps >= 5', 'fit.epoch.batches');
  await press('Escape', 'Home');
  await page.getByLabel('Tempo').selectOption('4');
  // Space would open the menu again, which has the focus.
  await page.locator('h1').click();
  await press('Space');
  await expect.poll(() => page.getByRole('button', { name: 'Play' }).count()).toBe(1);
  const fifth = lines.filter(
    (line) => line.type === 'event' && line.id === 'fit.epoch.batches#1' && line.event.type === 'loop.advanced',
  )[4]!;
  await expect.poll(() => moment()).toBe(fifth.seq);
});

test('what can never be met is refused, and what was typed stays', async () => {
  await visit();
  await openRecording(recordingText({ epochs: 1, batches: 3 }));
  await page.waitForSelector('#statechart');
  const fault = () => shown('#breakpoint-fault');
  await add('state', 'endign');
  await expect.poll(() => fault()).toMatch(/Expected a state of a loop, got .*There are .*\bending\b/);
  await add('event', 'nonsense');
  await expect.poll(() => fault()).toMatch(/Expected an event that a loop handles/);
  await add('when', 'state.loss = 2');
  await expect.poll(() => fault()).toContain('state.loss = 2');
  await expect.poll(() => page.getByLabel('What to wait for').inputValue()).toBe('state.loss = 2');
  await expect.poll(() => page.locator('.sheet .point code').count()).toBe(0);
  // As log and chart write it, it is understood.
  await add('event', 'advanced');
  await expect.poll(() => page.locator('.sheet .point code').allTextContents()).toEqual(['event advanced']);
});

test('a run that waits at a breakpoint says at which, and where it was met', async () => {
  await visit();
  const first = lines.slice(0, 30);
  await page.routeWebSocket(/\/ws/, (socket) => {
    const hello = { type: 'hello', protocol: 1, runId: 'r', firstSeq: 1, lastSeq: 30, gap: false, readonly: false };
    socket.send(JSON.stringify([hello]));
    socket.send(JSON.stringify(first));
    const hit = { id: 'fit.epoch.batches#1', seq: 20, point: { when: 'state.loss < 2' } };
    socket.send(JSON.stringify([{ type: 'settings', perSec: null, points: [hit.point], going: [], hits: [hit] }]));
    socket.onMessage((text) => {
      if (JSON.parse(String(text)).event?.type !== 'loop.resume') return;
      socket.send(
        JSON.stringify([{ type: 'settings', perSec: null, points: [hit.point], going: ['fit#1'], hits: [] }]),
      );
    });
  });
  await page.goto(`${site}#token=secret`);
  await expect
    .poll(() => page.locator('.hit').innerText())
    .toContain('Paused at when state.loss < 2 of fit.epoch.batches#1');
  await page.locator('.hit button').click();
  await expect.poll(moment).toBe(20);
  await choose('fit');
  await press('e');
  await expect.poll(() => page.locator('.hit').count()).toBe(0);
});

test('a run of so many steps a second goes on, though it is paused between two of them', async () => {
  await visit();
  const paused = lines.findIndex((line) => line.type === 'event' && line.event.type === 'loop.advanced');
  const sent: any[] = [];
  await page.routeWebSocket(/\/ws/, (socket) => {
    const told = {
      type: 'hello',
      protocol: 1,
      runId: 'r',
      firstSeq: 1,
      lastSeq: paused + 1,
      gap: false,
      readonly: false,
    };
    socket.send(JSON.stringify([{ ...told, perSec: 5, points: [], going: ['fit#1'], hits: [] }]));
    socket.send(JSON.stringify(lines.slice(0, paused)));
    socket.send(JSON.stringify([{ ...lines[paused], value: 'paused' }]));
    socket.onMessage((text) => sent.push(JSON.parse(String(text))));
  });
  await page.goto(`${site}#token=secret`);
  await expect.poll(() => page.innerText('#tree')).toContain('batches');
  await expect.poll(() => page.getByRole('button', { name: 'Pause', exact: true }).count()).toBe(1);
  await press('p');
  await expect.poll(() => sent.map(({ event }) => event?.type)).toEqual(['loop.pause']);
});

test('a condition is met in a recording at the steps at which the program meets it: infinities, NaN, what is not there', async () => {
  const losses: Record<number, unknown> = {
    2: { $n: 'NaN' },
    3: Number.POSITIVE_INFINITY,
    5: Number.NaN,
    6: -0,
    7: null,
  };
  class Fit extends Loop {
    override state: any = { n: 0, loss: 1 };
    get done() {
      return this.state.n >= 9;
    }
    reset() {
      this.state = { n: 0, loss: 1 };
    }
    async advance() {
      const n = this.state.n + 1;
      this.state = { n, ...(n === 8 ? {} : { loss: n in losses ? losses[n] : 1 }) };
    }
  }
  const conditions = {
    'state.n == 2': [2],
    'state.loss > 100': [3],
    'state.loss == NaN': [5],
    'state.loss.$n == "NaN"': [2],
    'state.loss == 0': [6],
    'state.loss == null': [7],
    // Before the first step there is no state.
    'steps > 0 && state.loss == undefined': [8],
    'steps > 0 && !(state.loss == 1)': [2, 5],
    'steps == 4 || state.loss == Infinity': [3],
  };
  // In the program: where the run pauses.
  const met = async (when: string) => {
    const inspection = new Inspection();
    const hits: number[] = [];
    const fit = new Fit();
    const run = fit.start({ inspect: inspection, paused: true });
    const channel = {
      send: (text: string) => {
        const told = JSON.parse(text).findLast(({ type }: any) => type === 'settings');
        if (told?.hits.length > 0 && hits.at(-1) !== fit.state.n) hits.push(fit.state.n);
        if (told?.hits.length > 0) run.resume();
      },
      waiting: 0,
    };
    inspection.connect(channel, 0).receive(JSON.stringify({ type: 'break', points: [{ when }] }));
    run.resume();
    await run.output;
    inspection.close();
    return hits;
  };
  const recorder = record();
  await new Fit().start({ inspect: recorder }).output;
  await visit();
  await openRecording(formatRecording(recorder.recording));
  await page.waitForSelector('#statechart');
  for (const [condition, steps] of Object.entries(conditions)) {
    expect(await met(condition), condition).toEqual(steps);
    await add('when', condition);
    await press('Escape', 'Home');
    for (const step of steps) {
      await press('b');
      const text = () => page.getByLabel('State', { exact: true }).first().innerText();
      await expect.poll(async () => Number(/\bn\s+(\d+)/.exec(await text())?.[1]), { message: condition }).toBe(step);
    }
    await summary().click();
    await page.locator('.sheet').getByLabel('Remove').click();
    await press('Escape');
  }
});
