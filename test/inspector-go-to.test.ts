import { expect, test } from 'vitest';
import { synthetic } from '../inspector/dev/synthetic.ts';
import { RowIndex } from '../inspector/run/row-index.ts';
import { rowOfStep } from '../inspector/run/step-row.ts';
import { Store } from '../inspector/run/store.ts';

test('a step is found by its number, in one run of a loop and over all of them', () => {
  const store = new Store({ events: 1e6, bytes: 1e9 });
  store.add([...synthetic({ epochs: 3, batches: 12 })], 1);
  const { actors, steps } = store.runs[0]!.paths.get('fit.epoch.batches')!;
  expect(actors).toHaveLength(3);
  for (const [nth, actor] of actors.entries()) {
    for (const step of [1, 7, 12]) {
      const row = rowOfStep(actor.rows, step, true)!;
      expect(store.actor(row)).toBe(actor);
      expect(store.read(row, ['event', 'type'])).toBe('loop.advanced');
      expect(rowOfStep(steps, nth * 12 + step, true)).toBe(row);
    }
    expect(rowOfStep(actor.rows, 13, true)).toBeUndefined();
    expect(rowOfStep(actor.rows, 0, true)).toBeUndefined();
  }
});

test('a step whose line is gone is not taken for the first that is there, but steps that one line tells of are its own', () => {
  const marks = new RowIndex();
  for (const [row, count] of [
    [10, 5],
    [20, 10],
    [30, 15],
  ] as const)
    marks.push(row, count);
  expect([1, 5, 6, 10, 15, 16].map((step) => rowOfStep(marks, step, true))).toEqual([10, 10, 20, 20, 30, undefined]);
  expect([1, 4, 5, 6].map((step) => rowOfStep(marks, step, false))).toEqual([undefined, undefined, 10, 20]);
});
