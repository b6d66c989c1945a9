import { indexedDBStore } from 'loopchart/browser';
import { describe, expect, test } from 'vitest';

describe('indexedDBStore, asked wrongly', () => {
  test.each([
    [[''], 'Expected `name` to be a string that is not empty, got "".'],
    [['x', { keep: 0 }], 'Expected `keep` to be a whole number from 1 up, got 0.'],
    [['x', { keeps: 2 }], 'Expected options among keep, onFallback, got "keeps".'],
    [['x', { onFallback: 1 }], 'Expected `onFallback` to be a function, got 1.'],
    [['x', null], 'Expected options to be an object, got null.'],
  ])('indexedDBStore(...%j) is refused', (args, message) => {
    expect(() => (indexedDBStore as any)(...args)).toThrow(message);
  });

  test('what there is no browser for is refused by name, when it is asked for', async () => {
    const store = indexedDBStore();
    await expect(store.load('r')).rejects.toMatchObject({
      code: 'MISCONFIGURATION',
      message: expect.stringContaining('got no indexedDB'),
    });
  });
});
