import { expect, test } from 'vitest';
import { synthetic } from '../inspector/dev/synthetic.ts';
import { Filter } from '../inspector/run/filter.ts';
import { rowWords } from '../inspector/run/row-words.ts';
import type { Store } from '../inspector/run/store.ts';
import { knownFrom } from './support/known-run.ts';

const OPTIONS = { epochs: 3, batches: 30, validation: 2, failAt: 3, nanAt: 2 };
const known = () => knownFrom([...synthetic({ ...OPTIONS, extra: { n: 299, third: 1 / 3, text: 'a "quoted" text' } })]);

function found(store: Store, text: string, regex = false): number[] {
  const filter = new Filter(store, { path: '', type: '', text, regex, range: null });
  while (filter.search());
  return Array.from({ length: filter.length }, (_, at) => filter.row(at));
}

test('a search finds each row by all that it shows, as it shows it and with all digits', () => {
  const { store } = known();
  for (let row = store.first; row < store.end; row++) {
    const line = store.line(row);
    for (const exactly of [false, true]) {
      const { who, what, to, say } = rowWords(store, row, line, exactly);
      const text = [line.seq, who, what, to, say].join(' ');
      expect(found(store, text), text).toEqual([row]);
    }
  }
});

test('what is searched for may be copied from between columns, in whichever case', () => {
  const { store } = known();
  const begins = found(store, 'batches BEGINS');
  expect(begins.map((row) => store.line(row).type)).toEqual(['actor', 'actor', 'actor']);
  expect(found(store, 'total 30, loss').length).toBeGreaterThan(60);
  expect(found(store, 'n 299')).toEqual(found(store, '"n":299'));
  expect(found(store, 'third 0.33333,')).toEqual(found(store, 'third 0.3333333333333333'));
  const [row] = found(store, 'batches#2\n advanced\tadvancing');
  expect(store.actor(row!)?.id).toBe('fit.epoch.batches#2');
});

test('what only the event holds is found as well', () => {
  const { store } = known();
  expect(found(store, '"steps":1').length).toBeGreaterThan(80);
  expect(found(store, 'labels from \\d+ to \\d+', true)).toHaveLength(3);
  expect(found(store, '^\\d+ epoch#2 \\S+ ending', true)).toHaveLength(1);
  expect(found(store, 'nowhere')).toEqual([]);
});
