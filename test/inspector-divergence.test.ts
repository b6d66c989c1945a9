import { formatRecording, Loop, record } from 'loopchart';
import { describe, expect, test } from 'vitest';
import { synthetic } from '../inspector/dev/synthetic.ts';
import type { EventLine, Line } from '../inspector/lines/line.ts';
import { Comparison } from '../inspector/run/divergence.ts';
import type { BesideRun } from '../inspector/run/start-differences.ts';
import { dice } from './support/changing.ts';
import { knownFrom, linesOf, recorded } from './support/known-run.ts';

// Two runs are held against each other, step by step: the first step after which they hold something else is found, and
// what they were given that differs.

interface Given {
  rate?: number;
  /** The epoch and step at which the loss comes out otherwise. */
  odd?: [epoch: number, step: number];
  /** How many steps the second epoch has. */
  second?: number;
  /** The epoch after which nothing is validated. */
  blind?: number;
  nan?: boolean;
}

class Batches extends Loop<void, [epoch: number, given: Given]> {
  override state = { loss: 1, n: 0, total: 4, rate: 0 };
  #given: Given = {};
  #epoch = 0;
  get done() {
    return this.state.n >= this.state.total;
  }
  reset(epoch: number, given: Given) {
    this.#given = given;
    this.#epoch = epoch;
    Object.assign(this.state, { n: 0, total: epoch === 2 ? (given.second ?? 4) : 4, rate: given.rate ?? 0.5 });
  }
  advance() {
    const { odd, nan } = this.#given;
    this.state.n++;
    this.state.loss = nan ? Number.NaN : this.state.loss * 0.5;
    if (odd?.[0] === this.#epoch && odd[1] === this.state.n) this.state.loss += 1e-12;
  }
}

class Validate extends Loop<void, []> {
  override state = { n: 0 };
  get done() {
    return this.state.n >= 2;
  }
  reset() {
    this.state.n = 0;
  }
  advance() {
    this.state.n++;
  }
}

class Fit extends Loop<void, [given: Given]> {
  override state = { epoch: 0 };
  batches = new Batches();
  validate = new Validate();
  get done() {
    return this.state.epoch >= 3;
  }
  reset() {
    this.state.epoch = 0;
  }
  async advance(given: Given) {
    this.state.epoch++;
    await this.batches.run(this.state.epoch, given);
    if (given.blind !== this.state.epoch) await this.validate.run();
  }
}

const sideOf = (lines: readonly Line[], which = 0): BesideRun => {
  const { store, contexts } = knownFrom(lines);
  return { store, contexts, run: store.runs[which]! };
};
const side = async (given: Given) => sideOf(linesOf(await recorded(new Fit(), [given])));

function compared(a: BesideRun, b: BesideRun): Comparison {
  const comparison = new Comparison(a, b);
  while (comparison.work(() => false)) {}
  return comparison;
}

const told = ({ divergence }: Comparison) =>
  divergence && {
    how: divergence.how,
    a: [divergence.a.actor.id, divergence.a.step],
    b: [divergence.b.actor.id, divergence.b.step],
    ...(divergence.only && { only: divergence.only }),
    leaves: divergence.leaves.map(({ keys, a, b }) => [keys.join('.'), a, b]),
  };

test('the same twice: no step parts them, and all were compared', async () => {
  const comparison = compared(await side({ nan: true }), await side({ nan: true }));
  expect(told(comparison)).toBe(undefined);
  expect(comparison).toMatchObject({ compared: 3 + 3 * 4 + 3 * 2, skipped: 0, cut: false, awaits: undefined });
  expect(comparison.start.all).toEqual([]);
});

test('the first step after which the last digit of a loss is another', async () => {
  const comparison = compared(await side({}), await side({ odd: [2, 3] }));
  const loss = 0.5 ** 7;
  expect(told(comparison)).toEqual({
    how: 'state',
    a: ['fit.batches#2', 3],
    b: ['fit.batches#2', 3],
    leaves: [['loss', loss, loss + 1e-12]],
  });
  // Four of the first epoch, its validation, the step of it, and two.
  expect(comparison.compared).toBe(4 + 2 + 1 + 2);
});

test('what they were given is no divergence, as long as it stays as it was', async () => {
  const comparison = compared(await side({ rate: 0.01 }), await side({ rate: 0.05, odd: [3, 1] }));
  expect(comparison.start.all.map(({ path, what, keys, a, b }) => [path, what, keys.join('.'), a, b])).toEqual([
    ['fit', 'argument', '0.rate', 0.01, 0.05],
    expect.arrayContaining(['fit', 'argument', '0.odd']),
    ['fit.batches', 'argument', '1.rate', 0.01, 0.05],
    expect.arrayContaining(['fit.batches', 'argument', '1.odd']),
    ['fit.batches', 'state', 'rate', 0.01, 0.05],
  ]);
  expect(told(comparison)).toMatchObject({ a: ['fit.batches#3', 1], leaves: [['loss', 0.5 ** 9, 0.5 ** 9 + 1e-12]] });
});

describe('of runs of different lengths', () => {
  test('a loop that ended earlier is where they part, whichever of the two it is', async () => {
    const [short, long] = [await side({ second: 3 }), await side({ second: 4 })];
    // The number of steps is in the state from the start of that run on.
    for (const [a, b] of [
      [short, long],
      [long, short],
    ] as const)
      expect(told(compared(a, b))).toMatchObject({ how: 'state', a: ['fit.batches#2', 1] });
  });

  test('a loop that one ran and the other did not', async () => {
    const [all, blind] = [await side({}), await side({ blind: 2 })];
    expect(told(compared(all, blind))).toEqual({
      how: 'absent',
      a: ['fit.validate#2', 1],
      b: ['fit#1', 2],
      only: 'a',
      leaves: [],
    });
    expect(told(compared(blind, all))).toEqual({
      how: 'absent',
      a: ['fit#1', 2],
      b: ['fit.validate#2', 1],
      only: 'b',
      leaves: [],
    });
  });

  test('one that was stopped took fewer steps', async () => {
    class Count extends Loop<void, [most: number]> {
      override state = { n: 0 };
      #most = 0;
      get done() {
        return this.state.n >= this.#most;
      }
      reset(most: number) {
        this.#most = most;
      }
      advance() {
        this.state.n++;
      }
    }
    const [few, many] = await Promise.all(
      [5, 8].map(async (most) => sideOf(linesOf(await recorded(new Count(), [most])))),
    );
    expect(told(compared(few!, many!))).toEqual({
      how: 'ended',
      a: ['count#1', 5],
      b: ['count#1', 6],
      only: 'b',
      leaves: [],
    });
    expect(told(compared(many!, few!))).toMatchObject({
      how: 'ended',
      a: ['count#1', 6],
      b: ['count#1', 5],
      only: 'a',
    });
  });

  test('where a recording stops, nothing is claimed of what came after', async () => {
    const lines = linesOf(await recorded(new Fit(), [{}]));
    const [whole, cut] = [sideOf(lines), sideOf(lines.slice(0, 60))];
    cut.store.goesOn.value = false;
    for (const comparison of [compared(whole, cut), compared(cut, whole)]) {
      expect(told(comparison)).toBe(undefined);
      expect(comparison.compared).toBeGreaterThan(5);
    }
    // One that goes on is waited for.
    const live = sideOf(lines.slice(0, 60));
    const waits = compared(whole, live);
    expect([waits.awaits, waits.divergence]).toEqual(['b', undefined]);
    live.store.add(lines.slice(60), 1);
    while (waits.work(() => false)) {}
    expect(waits).toMatchObject({ awaits: undefined, compared: 21, skipped: 0, divergence: undefined });
  });
});

class Trials extends Loop<void, [odd: [epoch: number, step: number] | undefined]> {
  override state = { over: false };
  trials = [new Batches(), new Batches(), new Batches()];
  get done() {
    return this.state.over;
  }
  reset() {}
  async advance(odd: [number, number] | undefined) {
    await Promise.all(this.trials.map((trial, at) => trial.run(1, at === 1 && odd ? { odd } : {})));
    this.state.over = true;
  }
}

test('loops that run side by side are held against those of the same name', async () => {
  const trials = async (odd?: [number, number]) => sideOf(linesOf(await recorded(new Trials(), [odd])));
  expect(compared(await trials(), await trials())).toMatchObject({ divergence: undefined, compared: 13 });
  expect(told(compared(await trials(), await trials([1, 2])))).toMatchObject({
    how: 'state',
    a: ['trials.trials.1#1', 2],
    b: ['trials.trials.1#1', 2],
  });
});

test('two runs of one program, at the same time', async () => {
  const recorder = record();
  const runs = [{}, { odd: [3, 4] as [number, number] }].map((given) =>
    new Fit().start({ inspect: recorder, args: [given] }),
  );
  for (const run of runs) await run.outcome;
  const lines = linesOf(formatRecording(recorder.recording));
  const { store, contexts } = knownFrom(lines);
  const [a, b] = store.runs.map((run) => ({ store, contexts, run }));
  const { divergence, compared: same } = compared(a!, b!);
  expect(divergence).toMatchObject({ how: 'state', a: { step: 4 }, leaves: [{ keys: ['loss'] }] });
  expect(same).toBe(12 + 4 + 2 - 1);
});

test('a value that was cut is not claimed to be the same', async () => {
  const cut = (lines: Line[]) =>
    lines.map((line) => {
      if (line.type !== 'event' || line.event.type !== 'loop.advanced') return line;
      const commit = line.event.commit as { state: object };
      const state = { ...commit.state, weights: { $typed: { kind: 'Array', length: 900, head: [1, 2] } } };
      return { ...line, event: { ...line.event, commit: { ...commit, state } } };
    });
  const lines = cut(linesOf(await recorded(new Fit(), [{}])));
  expect(compared(sideOf(lines), sideOf(lines))).toMatchObject({ divergence: undefined, cut: true });
});

/** The same recording, with one number of one step changed. */
function changed(lines: readonly Line[], at: number): Line[] {
  return lines.map((line, index) => {
    if (index !== at) return line;
    const copy = structuredClone(line) as EventLine;
    const { state } = copy.event.commit as { state: { loss?: number; changed?: boolean } };
    if (typeof state.loss === 'number') state.loss += 1e-9;
    else state.changed = true;
    return copy;
  });
}

describe('in a large recording', () => {
  const lines = [...synthetic({ epochs: 12, batches: 400, validation: 30 })];
  const steps = lines.flatMap((line, at) => (line.type === 'event' && line.event.type === 'loop.advanced' ? [at] : []));

  test('whichever step is changed is the one that is found', () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const roll = dice(seed);
    const whole = sideOf(lines);
    for (let time = 0; time < 12; time++) {
      const at = steps[roll(steps.length)]!;
      for (const [a, b] of [
        [whole, sideOf(changed(lines, at))],
        [sideOf(changed(lines, at)), whole],
      ] as const)
        expect(compared(a, b).divergence, `seed ${seed}, line ${at}`).toMatchObject({
          how: 'state',
          a: { row: at },
          b: { row: at },
        });
    }
  });

  test('whose beginning was let go, what is left is compared', () => {
    const at = steps.at(-5)!;
    const whole = sideOf(changed(lines, at));
    const { store, contexts } = knownFrom([]);
    store.add(lines, 1);
    expect(store.letGo()).toBe(true);
    const cut = { store, contexts, run: store.runs[0]! };
    for (const [a, b] of [
      [whole, cut],
      [cut, whole],
    ] as const) {
      const comparison = compared(a, b);
      expect(comparison.divergence).toMatchObject({ how: 'state', a: { row: at }, b: { row: at } });
      expect(comparison.compared).toBeGreaterThan(100);
    }
  });

  test('the work is done in portions, each as short as it is asked to be', () => {
    const comparison = new Comparison(sideOf(lines), sideOf(changed(lines, steps.at(-1)!)));
    let portions = 1;
    while (comparison.work(() => true)) portions++;
    expect(portions).toBeGreaterThan(lines.length / 300);
    expect(comparison.divergence).toMatchObject({ how: 'state', a: { row: steps.at(-1)! } });
  });
});
