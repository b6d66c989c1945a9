import { expect, test } from 'vitest';
import { block, line, type Picture } from '../src/node/terminal/block.ts';
import { Rate } from '../src/node/terminal/rate.ts';
import { Screen } from '../src/node/terminal/screen.ts';
import { Series } from '../src/node/terminal/spark.ts';
import type { Standing } from '../src/node/terminal/standing.ts';
import { cut, duration, numeral, width } from '../src/node/terminal/text.ts';
import { Emulator } from './support/emulator.ts';

function standing(name: string, changes: Partial<Standing> = {}): Standing {
  return {
    path: name,
    name,
    value: 'advancing',
    steps: 0,
    total: undefined,
    rate: undefined,
    left: undefined,
    numbers: [],
    state: {},
    waits: undefined,
    below: [],
    ended: 0,
    failed: [],
    ...changes,
  };
}

const batches = standing('batches', {
  steps: 41,
  total: 63,
  rate: 113.7,
  left: 0.2,
  numbers: [
    ['loss', 0.0712345],
    ['accuracy', 0.96875],
  ],
});
const root = standing('fit', {
  steps: 3,
  total: 12,
  rate: 0.47,
  left: 19,
  below: [standing('epoch', { steps: 2, total: 4, below: [batches] })],
});
const series = new Series();
for (let i = 0; i < 2000; i++) series.add(2 / (1 + i / 100));
const picture: Picture = { root, elapsed: 71, ended: undefined, plot: { name: 'loss', series }, id: undefined };

test('loops under each other, with what is known of each in columns', () => {
  expect(block(picture, { columns: 110, rows: 24, color: false })).toEqual([
    'fit           3 of 12  █████░░░░░░░░░░░░░░░░░  25 %  0:19 left  2.1 s a step',
    '  epoch        2 of 4  ███████████░░░░░░░░░░░  50 %',
    '    batches  41 of 63  ██████████████░░░░░░░░  65 %  0:00 left  114/s         loss 0.07123  accuracy 0.9688',
    'loss  █▆▅▅▄▄▃▃▃▃▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁  0.09528  (0.09535 to 1.971)',
  ]);
});

test('it fits into a window of any size, with and without colours', () => {
  const names = ['fit', 'a'.repeat(90), '学習ループ', 'e\u0301poque', '🧪🧪🧪'];
  for (const name of names) {
    const below = Array.from({ length: 9 }, (_, i) => ({ ...batches, name: `${name}.${i}`, steps: i }));
    const failed = [{ name, message: 'Error: '.repeat(40) }];
    const wide: Picture = { ...picture, root: { ...root, name, below, failed, ended: 4 }, id: name };
    for (let columns = 1; columns <= 220; columns += 3) {
      for (const color of [true, false]) {
        const lines = block(wide, { columns, rows: 10, color });
        expect(lines.length).toBeLessThanOrEqual(8);
        for (const text of lines) expect(width(text)).toBeLessThanOrEqual(Math.max(1, columns - 3));
      }
    }
  }
});

test('of those side by side the furthest behind are shown, where they stand in the tree', () => {
  const below = [7, 1, 9, 0, 8, 2].map((steps, i) => standing(`folds.${i}`, { steps, total: 10 }));
  const failed = ['x', 'y', 'z', 'u'].map((name) => ({ name, message: `no ${name}` }));
  const lines = block(
    { ...picture, plot: undefined, root: standing('sweep', { below, failed, ended: 6 }) },
    { columns: 80, rows: 10, color: false },
  );
  expect(lines.map((text) => text.trim().replace(/ {2,}.*(?= {2}|$)/, ''))).toEqual([
    'sweep',
    'folds.1',
    'folds.3',
    'folds.5',
    'y',
    'z',
    'u',
    '… 3 more run, 4 have failed, 2 have ended',
  ]);
});

test('in one line: the loops down to where several run, and what the innermost has', () => {
  expect(line(picture)).toBe(
    '1:11  fit 3 of 12, epoch 2 of 4, batches 41 of 63; loss 0.07123  accuracy 0.9688; 114/s; 0:19 left',
  );
  const below = [standing('a', { steps: 4, total: 5 }), standing('b', { steps: 2, total: 5 })];
  const failed = [{ name: 'c', message: 'no' }];
  expect(line({ ...picture, root: standing('sweep', { below, failed }), id: 'night' })).toBe(
    '1:11  sweep (night) 0 steps; 2 side by side, the slowest b 2 of 5; 1 failed (c)',
  );
  expect(
    line({ ...picture, root: standing('fit', { steps: 12, total: 12, value: 'finished' }), ended: 'finished' }),
  ).toBe('1:11  fit 12 of 12; finished');
});

test('a rate is of the last five seconds, or of the last steps where they are slower', () => {
  const fast = new Rate();
  expect(fast.at(0)).toBeUndefined();
  for (let time = 0; time <= 20_000; time += 100) fast.look(time, time < 10_000 ? time : 10_000 + (time - 10_000) / 10);
  expect(fast.at(20_000)).toBeCloseTo(100);
  expect(fast.left(20_000, 500)).toBeCloseTo(5);

  // A step takes twenty seconds; in between nothing changes, and what is left gets less.
  const slow = new Rate();
  for (let time = 0; time <= 70_000; time += 100) slow.look(time, Math.floor(time / 20_000));
  expect(slow.at(70_000)).toBeCloseTo(1 / 20);
  expect(slow.left(70_000, 2)).toBeCloseTo(30);

  // A loop that is run anew begins at 0.
  const anew = new Rate();
  for (let time = 0; time <= 5000; time += 100) anew.look(time, (time / 100) % 10);
  expect(anew.at(5000)).toBeCloseTo(9, 0);

  // One that stands still gets slower and slower.
  const still = new Rate();
  for (let time = 0; time <= 1000; time += 100) still.look(time, time / 100);
  expect(still.at(1000)).toBeCloseTo(10);
  expect(still.at(10_000)).toBeCloseTo(1);
});

test('a series keeps its shape in little room, and what is no number leaves no trace', () => {
  const long = new Series();
  for (let i = 0; i < 100_000; i++) long.add(i % 1000 === 0 ? Number.NaN : i);
  expect(long.drawn(8)).toBe('▁▂▃▄▅▆▇█');
  expect(long.range![0]).toBeLessThan(500);
  expect(long.drawn(0)).toBe('');
  const flat = new Series();
  expect([flat.drawn(10), flat.range]).toEqual(['', undefined]);
  flat.add(Infinity);
  flat.add(3);
  expect([flat.drawn(10), flat.range, flat.last]).toEqual(['▄', [3, 3], 3]);
});

test('numbers, times and names in few columns', () => {
  expect([0, -1234567, 0.5, 123.456, 1e-9, 1e21, Number.NaN, -Infinity].map(numeral)).toEqual([
    '0',
    '-1,234,567',
    '0.5000',
    '123.5',
    '1.00e-9',
    '1.00e+21',
    'NaN',
    '-Infinity',
  ]);
  expect([0, 7.4, 62, 3727, -1].map(duration)).toEqual(['0:00', '0:07', '1:02', '1:02:07', '0:00']);
  expect(['学習', 'e\u0301', '🧪x', '\x1b[31mred\x1b[39m'].map(width)).toEqual([4, 1, 3, 3]);
  expect(cut('学習ループ', 6)).toBe('学習…');
});

test('whatever is written, painted and resized in any order: what was written stands above the block, whole', () => {
  const seed = Number(process.env.LOOPCHART_SEED ?? Date.now() % 1e9);
  let position = seed;
  const below = (count: number): number => {
    position = (Math.imul(position, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (position >> 8) % count;
  };
  for (let round = 0; round < 100; round++) {
    const emulator = new Emulator(20 + below(60));
    const screen = new Screen(emulator);
    let written = '';
    let painted: string[] = [];
    for (let i = 0; i < 30; i++) {
      const what = below(3);
      if (what === 0) {
        const text = `${'word '.repeat(1 + below(8))}${below(3) === 0 ? '' : '\n'}`;
        emulator.write(text);
        written += text;
      } else if (what === 1) emulator.columns = 20 + below(60);
      else {
        const lines = Array.from({ length: below(5) }, (_, n) =>
          cut(`line ${n} of ${i}${'.'.repeat(below(80))}`, emulator.columns - 3),
        );
        screen.paint(lines);
        // Into a line that has not ended nobody paints.
        if (written === '' || written.endsWith('\n')) painted = lines;
      }
      if (!written.endsWith('\n') && written !== '') painted = [];
    }
    screen.close();
    const lines = written.split('\n').map((line) => line.trimEnd());
    if (lines.at(-1) === '') lines.pop();
    expect(emulator.lines, `LOOPCHART_SEED=${seed}, round ${round}`).toEqual([...lines, ...painted]);
  }
});
