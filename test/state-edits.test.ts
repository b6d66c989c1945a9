import { expect, test } from 'vitest';
import { editsBetween } from '../inspector/run/state-edits.ts';
import { jsonText } from '../inspector/text/json-text.ts';
import { editCheckpoint } from '../src/checkpoint/edit.ts';
import { parseFork } from '../src/inspect/fork/command.ts';

const edited = (before: unknown, after: unknown) => {
  const told = JSON.parse(JSON.stringify({ type: 'fork', checkpoint: 1, edits: editsBetween('', before, after) }));
  const checkpoint: any = {
    stateDict: { state_dict: before },
    phase: { value: 'advancing', context: { inFlight: null }, children: {} },
  };
  return editCheckpoint(checkpoint, parseFork(told).edits).stateDict.state_dict;
};

test('only what is another is an edit: a number in a list, a key that is new, a key that is gone', () => {
  const before = { rate: 0.1, layers: [{ size: 3 }, { size: 4 }], name: 'a', 'a/b~c': 1 };
  const after = { rate: 0.1, layers: [{ size: 3 }, { size: 5 }], more: true, 'a/b~c': 2 };
  expect(editsBetween('net', before, after)).toEqual([
    { loop: 'net', at: '/layers/1/size', value: 5 },
    { loop: 'net', at: '/name' },
    { loop: 'net', at: '/a~1b~0c', value: 2 },
    { loop: 'net', at: '/more', value: true },
  ]);
  expect(editsBetween('net', before, { 'a/b~c': 1, name: 'a', layers: before.layers, rate: 0.1 })).toEqual([]);
  // Of a list that has become longer, all of it is another.
  expect(editsBetween('', { list: [1, 2] }, { list: [1, 2, 3] })).toEqual([
    { loop: '', at: '/list', value: [1, 2, 3] },
  ]);
  // What stands for a number is one value.
  expect(editsBetween('', { x: { $n: 'NaN' } }, { x: 1 })).toEqual([{ loop: '', at: '/x', value: 1 }]);
});

test('what was edited is, as the program takes it, what was written', () => {
  const seed = Date.now() % 100_000;
  let now = seed;
  const random = (below: number) => {
    now = (now * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((now / 2_147_483_648) * below);
  };
  const value = (depth: number): unknown => {
    const kind = random(depth > 0 ? 6 : 4);
    if (kind === 4) return Array.from({ length: random(4) }, () => value(depth - 1));
    if (kind === 5)
      return Object.fromEntries(Array.from({ length: random(4) }, () => ['abc/~'[random(5)], value(depth - 1)]));
    return [random(5), `text ${random(3)}`, null, random(2) === 0][kind];
  };
  for (let i = 0; i < 300; i++) {
    const [before, after] = [
      { a: value(3), b: value(3) },
      { a: value(3), b: value(3) },
    ];
    expect(edited(before, after), `seed ${seed}, ${i}`).toEqual(after);
    expect(JSON.parse(jsonText(after)), `seed ${seed}, ${i}`).toEqual(after);
  }
});

test('a state is written so that it can be read: a list of numbers is one line', () => {
  expect(jsonText({ rate: { $n: 'NaN' }, history: [1, 2, 3], layers: [{ size: 3 }], none: {}, empty: [] })).toBe(`{
  "rate": {"$n": "NaN"},
  "history": [1, 2, 3],
  "layers": [
    {
      "size": 3
    }
  ],
  "none": {},
  "empty": []
}`);
});
