import { isDeepStrictEqual } from 'node:util';
import { Loop } from 'loopchart';
import { describe, expect, test } from 'vitest';
import { flatCopy, isFlatCopy, plainCopy } from '../src/data/json.ts';
import { SharingCopy } from '../src/data/sharing-copy.ts';
import { changed, objectsIn, randomState, words } from './support/changing-state.ts';
import { random } from './support/trees.ts';

const whole = (value: unknown) => plainCopy(value, () => 'loop', 'state');

describe('a copy that shares with the last', () => {
  test('is what a whole copy is, whatever has changed; and the copies before are as they were', () => {
    let shared = 0;
    for (let seed = 1; seed <= 300; seed++) {
      const next = random(seed);
      const state = randomState(next);
      const copying = new SharingCopy();
      let last: unknown;
      const before: { copy: unknown; words: unknown }[] = [];
      for (let step = 0; step < 12; step++) {
        changed(state, step, next);
        const copy = plainCopy(state, () => 'loop', 'state', copying);
        expect(words(copy), `seed ${seed}, step ${step}`).toStrictEqual(words(whole(state)));
        for (const old of before) expect(words(old.copy), `seed ${seed}, step ${step}`).toStrictEqual(old.words);
        if (last !== undefined && objectsIn(copy).some((part) => objectsIn(last).includes(part))) shared++;
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
