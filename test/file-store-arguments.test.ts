import { expect, test } from 'vitest';
import { MisconfigurationError } from '../src/data/errors.ts';
import { fileStore } from '../src/node/store.ts';
import { checkpointAt } from './programs/checkpoint.ts';
import { errorOf, newDirectory } from './support/store-directory.ts';

test.each([
  [['', {}], 'Expected `dir` to be a string that is not empty, got "".'],
  [[undefined, {}], 'Expected `dir` to be a string that is not empty, got undefined.'],
  [[{ keep: 2 }], 'Expected `dir` to be a string that is not empty, got {"keep":2}.'],
  [['d', { keep: 0 }], 'Expected `keep` to be a whole number from 1 up, got 0.'],
  [['d', { keep: 1.5 }], 'Expected `keep` to be a whole number from 1 up, got 1.5.'],
  [['d', { keep: '2' }], 'Expected `keep` to be a whole number from 1 up, got "2".'],
  [['d', { keep: Number.NaN }], 'Expected `keep` to be a whole number from 1 up, got NaN.'],
  [['d', { onFallback: true }], 'Expected `onFallback` to be a function, got true.'],
  [['d', { keeps: 3 }], 'Expected options among keep, onFallback, takeOver, got "keeps".'],
  [['d', 3], 'Expected options to be an object, got 3.'],
])('bad arguments are named: %j', (args, message) => {
  const make = () => (fileStore as (...args: unknown[]) => unknown)(...args);
  expect(make).toThrow(MisconfigurationError);
  expect(make).toThrow(message);
});

test('an id that is not a string is named', async () => {
  const store = fileStore(newDirectory());
  const id = 7 as unknown as string;
  for (const call of [store.load(id), store.list(id), store.save(id, checkpointAt('r', 1)), store.delete(id)]) {
    expect((await errorOf(call)).message).toBe('Expected `runId` to be a string, got 7.');
  }
});
