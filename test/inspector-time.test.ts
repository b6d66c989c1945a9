import { Loop } from 'loopchart';
import { expect, test } from 'vitest';
import { synthetic } from '../inspector/dev/synthetic.ts';
import { Samples } from '../inspector/run/samples.ts';
import { type LoopTime, timeSpent } from '../inspector/run/time-spent.ts';
import { knownFrom, linesOf, recorded } from './support/known-run.ts';

const everywhere = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
const of = (times: readonly LoopTime[], path: string) => times.find((one) => one.path === path)!;
const hookOf = (times: readonly LoopTime[], path: string, hook: string) =>
  of(times, path).hooks.find((one) => one.hook === hook)!;

test('what the loops took themselves is, in all, the time that the run took', () => {
  const { store, root } = knownFrom([...synthetic({ epochs: 4, batches: 12, validation: 3 })]);
  const times = timeSpent(store, store.runs[0]!, everywhere);
  expect(times.map(({ path }) => path)).toEqual(['fit', 'fit.epoch', 'fit.epoch.batches', 'fit.epoch.validate']);
  const whole = root.end - root.from;
  expect(of(times, 'fit').total).toBeCloseTo(whole, 6);
  expect(times.reduce((sum, { self }) => sum + self, 0)).toBeCloseTo(whole, 6);
  for (const { total, self, hooks } of times) {
    expect(self).toBeLessThanOrEqual(total + 1e-6);
    expect(hooks.reduce((sum, hook) => sum + hook.total, 0)).toBeCloseTo(total, 6);
  }
  expect(of(times, 'fit.epoch.batches').count).toBe(4);
  expect(hookOf(times, 'fit.epoch.batches', 'advance')).toMatchObject({ count: 48, open: 0, averaged: false });
  expect(hookOf(times, 'fit.epoch.batches', 'reset').count).toBe(4);
});

test('the longest steps lead to the rows at which they ended', () => {
  const { store } = knownFrom([...synthetic({ epochs: 4, batches: 12 })]);
  const { slowest, max, p50, p95, mean } = hookOf(
    timeSpent(store, store.runs[0]!, everywhere),
    'fit.epoch.batches',
    'advance',
  );
  expect(slowest.length).toBe(8);
  expect(slowest[0]!.ms).toBe(max);
  expect(p50).toBeLessThanOrEqual(p95);
  expect(p95).toBeLessThanOrEqual(max);
  expect(mean).toBeLessThan(max);
  for (const { row, ms } of slowest) {
    const actor = store.actor(row)!;
    const before = actor.rows.row(actor.rows.upTo(row) - 1);
    expect(store.t(row) - store.t(before)).toBe(ms);
    const line = store.line(row);
    expect(line.type === 'event' && line.event.type).toBe('loop.advanced');
  }
});

test('of a range, the times in it are told, and what ended in it is counted', () => {
  const { store, root } = knownFrom([...synthetic({ epochs: 4, batches: 12 })]);
  const [first, second] = store.runs[0]!.paths.get('fit.epoch')!.actors;
  const range = { from: first!.from, to: second!.from };
  const times = timeSpent(store, store.runs[0]!, range);
  expect(of(times, 'fit')).toMatchObject({ count: 0, open: 1 });
  expect(of(times, 'fit').total).toBeCloseTo(range.to - range.from, 6);
  expect(of(times, 'fit.epoch.batches')).toMatchObject({ count: 1, open: 0 });
  expect(hookOf(times, 'fit.epoch.batches', 'advance').count).toBe(12);
  const steps = timeSpent(store, store.runs[0]!, { from: root.end + 1, to: root.end + 2 });
  expect(steps).toEqual([]);
  // The two halves of a range are the whole of it.
  const middle = (range.from + range.to) / 2;
  const halves = [
    { from: range.from, to: middle },
    { from: middle, to: range.to },
  ].map((half) => timeSpent(store, store.runs[0]!, half));
  for (const { path, total, self } of times) {
    const both = halves.flatMap((half) => half.filter((one) => one.path === path));
    expect(both.reduce((sum, one) => sum + one.total, 0)).toBeCloseTo(total, 6);
    expect(both.reduce((sum, one) => sum + one.self, 0)).toBeCloseTo(self, 6);
  }
});

test('a pause is nobody’s own time, and is told apart', () => {
  const { store } = knownFrom([...synthetic({ epochs: 3, batches: 10, pauseAt: 2 })]);
  const times = timeSpent(store, store.runs[0]!, everywhere);
  const paused = hookOf(times, 'fit.epoch.batches', 'paused');
  expect(paused.total).toBeGreaterThanOrEqual(30);
  const batches = of(times, 'fit.epoch.batches');
  expect(batches.self + paused.self).toBeCloseTo(batches.total, 6);
});

class Waiting extends Loop {
  override state = { n: 0 };
  get done() {
    return this.state.n >= 2;
  }
  reset() {}
  async advance() {
    await this.receive(`number ${this.state.n}`);
    this.state.n++;
  }
}

test('what a step waits for is told apart from its own time', async () => {
  const text = await recorded(new Waiting(), [], async (run) => {
    await expect.poll(() => run.waitingFor.join()).toContain('number 0');
    void run.give('number 0', 1);
    await expect.poll(() => run.waitingFor.join()).toContain('number 1');
    void run.give('number 1', 1);
  });
  const { store } = knownFrom(linesOf(text));
  const times = timeSpent(store, store.runs[0]!, everywhere);
  const waits = hookOf(times, 'waiting', 'receive, sleep');
  const steps = hookOf(times, 'waiting', 'advance');
  expect(waits.count).toBe(2);
  expect(waits.total).toBeGreaterThan(0);
  expect(steps.count).toBe(2);
  expect(steps.self + waits.self).toBeCloseTo(steps.total, 6);
});

test('loops that run beside each other take time at once: to the loop above it is one time', () => {
  const lines = [...synthetic({ epochs: 1, batches: 4 })];
  let seq = 0;
  const t = (ms: number) => ({ seq: ++seq, t: 1000 + ms });
  const actor = (id: string, ms: number, parent?: string) => {
    const path = id.split('#')[0]!;
    const name = path.split('.').at(-1)!;
    const more = parent === undefined ? {} : { parent };
    return {
      ...lines[2]!,
      ...t(ms),
      ...more,
      type: 'actor',
      id,
      path,
      name,
      loop: name,
      value: 'advancing',
    } as (typeof lines)[0];
  };
  const end = (id: string, ms: number) =>
    ({
      type: 'event',
      ...t(ms),
      id,
      event: { type: 'xstate.done.actor.onRunEnd' },
      value: 'finished',
      status: 'done',
    }) as (typeof lines)[0];
  const { store } = knownFrom([
    actor('all#1', 0),
    actor('all.a#1', 10, 'all#1'),
    actor('all.b#1', 20, 'all#1'),
    end('all.a#1', 50),
    end('all.b#1', 70),
    end('all#1', 100),
  ]);
  const times = timeSpent(store, store.runs[0]!, everywhere);
  expect(times.map(({ path, total, self }) => [path, total, self])).toEqual([
    ['all', 100, 40],
    ['all.a', 40, 40],
    ['all.b', 50, 50],
  ]);
});

test('steps that were told at once count as many, each as long as the others, which is said', () => {
  const samples = new Samples();
  samples.add(10, 1, 1);
  samples.add(100, 50, 2);
  const { count, mean, p50, p95, max, averaged, slowest } = samples.summary();
  expect({ count, mean, p50, p95, max, averaged }).toEqual({
    count: 51,
    mean: 110 / 51,
    p50: 2,
    p95: 2,
    max: 10,
    averaged: true,
  });
  expect(slowest).toEqual([
    { ms: 10, row: 1 },
    { ms: 2, row: 2 },
  ]);
  expect(new Samples().summary()).toMatchObject({ count: 0, mean: Number.NaN, max: Number.NaN });
});
