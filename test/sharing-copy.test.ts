import { isDeepStrictEqual } from 'node:util';
import { Loop } from 'loopchart';
import { describe, expect, test } from 'vitest';
import { flatCopy, isFlatCopy, plainCopy } from '../src/data/json.ts';
import { SharingCopy } from '../src/data/sharing-copy.ts';
import { random } from './support/trees.ts';

const whole = (value: unknown) => plainCopy(value, () => 'loop', 'state');

/** A value in words: its keys in order, and which of its objects are one. */
function words(value: unknown, met = new Map<object, number>()): unknown {
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '-0' : value;
  const known = met.get(value);
  if (known !== undefined) return `the ${known}th`;
  met.set(value, met.size);
  if (Array.isArray(value)) return value.map((item) => words(item, met));
  return Object.entries(value).map(([key, item]) => [key, words(item, met)]);
}

describe('a copy that shares with the last', () => {
  test('is what a whole copy is, whatever has changed; and the copies before are as they were', () => {
    let shared = 0;
    for (let seed = 1; seed <= 300; seed++) {
      const next = random(seed);
      const pick = (n: number) => Math.floor(next() * n);
      const leaf = () => [pick(3), -0, 0, Number.NaN, 'a', 'b', true, null, undefined][pick(9)];
      const value = (depth: number): any => {
        if (depth === 0 || pick(3) === 0) return leaf();
        const items = Array.from({ length: pick(4) }, () => value(depth - 1));
        if (pick(2) === 0) return items.map((item) => (item === undefined ? null : item));
        return Object.fromEntries(items.map((item, i) => [['x', 'y', '7', '__proto__x'][(i + pick(2)) % 4], item]));
      };
      const state: any = { n: 0, a: value(3), b: value(3), list: [value(2) ?? null] };
      const all = (from: any, into: any[] = []): any[] => {
        if (typeof from !== 'object' || from === null || into.includes(from)) return into;
        into.push(from);
        for (const item of Object.values(from)) all(item, into);
        return into;
      };
      const copying = new SharingCopy();
      let last: unknown;
      const before: { copy: unknown; words: unknown }[] = [];
      for (let step = 0; step < 12; step++) {
        const objects = all(state);
        const one = objects[pick(objects.length)];
        const keys = Object.keys(one);
        const key = keys[pick(keys.length)];
        const kind = pick(7);
        if (kind === 0) state.n++;
        else if (kind === 1 && Array.isArray(one)) one.push(pick(2) === 0 ? 1 : { new: step });
        else if (kind === 2 && Array.isArray(one)) one.pop();
        else if (kind === 3 && key !== undefined && !Array.isArray(one)) delete one[key];
        else if (kind === 4 && !Array.isArray(one)) one[`k${pick(3)}`] = leaf();
        // One object at two places, or at another; never within itself.
        else if (kind === 5) state[`again${pick(2)}`] = all(state.a)[pick(all(state.a).length)] ?? 1;
        else if (kind === 6 && key !== undefined && typeof one[key] !== 'object') one[key] = pick(5);
        const copy = plainCopy(state, () => 'loop', 'state', copying);
        expect(words(copy), `seed ${seed}, step ${step}`).toStrictEqual(words(whole(state)));
        for (const old of before) expect(words(old.copy), `seed ${seed}, step ${step}`).toStrictEqual(old.words);
        if (last !== undefined && all(copy).some((part) => all(last).includes(part))) shared++;
        before.push({ copy, words: words(copy) });
        last = copy;
      }
    }
    expect(shared).toBeGreaterThan(1000);
  });

  test('shares the parts that are the same, and no others', () => {
    const copying = new SharingCopy();
    const state: any = { n: 0, rows: [{ id: 1 }, { id: 2 }], other: { deep: { x: 1 } } };
    const copy = (): any => plainCopy(state, () => 'loop', 'state', copying);
    const first = copy();
    state.n = 1;
    const second = copy();
    expect(second).toEqual({ ...first, n: 1 });
    expect(second.rows).toBe(first.rows);
    state.rows[1].id = 3;
    const third = copy();
    expect(third.rows).not.toBe(second.rows);
    expect(third.rows[0]).toBe(second.rows[0]);
    expect(third.other).toBe(second.other);
    expect(second.rows[1]).toEqual({ id: 2 });
    expect(copy()).toBe(third);
  });

  test('does not believe a copy that somebody has changed', () => {
    const copying = new SharingCopy();
    const state: any = { n: 0, rows: [{ id: 1 }] };
    const first: any = plainCopy(state, () => 'loop', 'state', copying);
    first.rows[0].id = 'changed';
    expect(plainCopy(state, () => 'loop', 'state', copying)).toEqual({ n: 0, rows: [{ id: 1 }] });
  });

  test('refuses what is no plain data any more, and says where', () => {
    const copying = new SharingCopy();
    const state: any = { n: 0, rows: [{ id: 1 }, { id: 2 }] };
    plainCopy(state, () => 'loop', 'state', copying);
    state.rows[1].id = () => {};
    expect(() => plainCopy(state, () => 'loop', 'state', copying)).toThrow('`state.rows[1].id`');
    state.rows[1].id = state;
    expect(() => plainCopy(state, () => 'loop', 'state', copying)).toThrow('a cycle');
    state.rows[1] = Object.setPrototypeOf({ id: 2 }, { inherited: 1 });
    expect(() => plainCopy(state, () => 'loop', 'state', copying)).toThrow('an instance of');
  });
});

describe('a flat copy is taken for what it was made of', () => {
  test('as long as that is the very same, under the same keys in the same order', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const next = random(seed);
      const pick = (n: number) => Math.floor(next() * n);
      const leaf = () => [1, -0, 0, Number.NaN, 'a', '', true, null, undefined][pick(9)];
      const make = () =>
        Object.fromEntries(Array.from({ length: pick(4) }, () => [['x', 'y', '7', 'z'][pick(4)]!, leaf()]));
      const [one, another] = [make(), make()];
      const copy = flatCopy(one)!;
      expect(isFlatCopy(copy, one), `seed ${seed}`).toBe(true);
      const isSame = words(flatCopy(another)) !== undefined && isDeepStrictEqual(words(copy), words(flatCopy(another)));
      expect(isFlatCopy(copy, another), `seed ${seed}`).toBe(isSame);
    }
  });

  test('and not where somebody has changed it, where it holds objects, and where nobody can read it', () => {
    const value: any = { n: 0 };
    const copy: any = flatCopy(value);
    copy.n = 1;
    expect(isFlatCopy(copy, value)).toBe(false);
    const inner = {};
    expect(isFlatCopy({ inner }, { inner })).toBe(false);
    expect(isFlatCopy({ n: 1 }, Object.assign(Object.create({ n: 1 }), { n: 1 }))).toBe(false);
    const unreadable = {
      get n(): number {
        throw new Error('no');
      },
    };
    expect(isFlatCopy({ n: 1 }, unreadable)).toBe(false);
    expect(flatCopy(unreadable)).toBeUndefined();
  });
});

test('the boundaries of a run share what its steps leave alone', async () => {
  class Table extends Loop {
    override state = { n: 0, rows: Array.from({ length: 10 }, (_, id) => ({ id })) };
    get done() {
      return this.state.n === 4;
    }
    reset() {}
    advance() {
      this.state.n++;
    }
  }
  const states: any[] = [];
  const run = new Table().start({
    inspect: (event: any) => void states.push(event.snapshot?.context?.state),
  });
  await run.outcome;
  const seen = [...new Set(states.filter((state) => state?.rows !== undefined))];
  expect(seen.map(({ n }) => n)).toEqual([0, 1, 2, 3, 4]);
  expect(new Set(seen.map(({ rows }) => rows)).size).toBe(1);
  expect(isDeepStrictEqual(seen[0].rows, new Table().state.rows)).toBe(true);
});
