import { expect, test } from 'vitest';
import { betterInWords } from '../inspector/run/better.ts';
import { rankOf } from '../inspector/run/run-summary.ts';

test('which of two runs did better is told by their losses and accuracies, what was held out first', () => {
  const run = (label: string, numbers: Record<string, number>) => ({
    label,
    numbers: new Map(Object.entries(numbers)),
  });
  const a = run('a', { 'fit · loss': 0.2, 'fit.validate · loss': 0.30001, 'fit · rate': 3, 'fit · accuracy': 0.9 });
  expect(betterInWords(a, run('b', { 'fit · loss': 0.3, 'fit.validate · loss': 0.30002, 'fit · rate': 1 }))).toBe(
    'a did better: fit.validate · loss 0.30001 against 0.30002, and 1 more',
  );
  expect(betterInWords(a, run('b', { 'fit · loss': 0.3, 'fit.validate · loss': 0.1 }))).toBe(
    'each did better at something: a at fit · loss 0.2 against 0.3; b at fit.validate · loss 0.1 against 0.30001',
  );
  expect(betterInWords(a, run('b', { 'fit · accuracy': 0.95 }))).toBe('b did better: fit · accuracy 0.95 against 0.9');
  // As good, or not there: nobody did.
  expect(betterInWords(a, run('b', { 'fit · loss': 0.2, 'fit · rate': 1 }))).toBeUndefined();
  const names = ['fit · latestLoss', 'fit · valLoss', 'fit.validate · loss', 'fit · heldOut.loss', 'fit · interval'];
  expect(names.map(rankOf)).toEqual([0.5, 0, 0, 0, 2]);
});
