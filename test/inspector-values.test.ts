import { describe, expect, test } from 'vitest';
import { follow } from '../src/data/pointer.ts';
import type { Cuts } from '../src/inspect/cuts.ts';
import { Encoder, type Encoding } from '../src/inspect/encode.ts';
import { defaultLimits } from '../src/inspect/inspection.ts';
import { isTame } from '../src/inspect/tame.ts';
import { weigh } from '../src/inspect/weigh.ts';
import { AppValues } from '../src/recording/app-values.ts';
import { plain } from '../src/recording/lines.ts';
import { growing } from './support/growing.ts';

const encode = (value: unknown, cuts: Partial<Cuts> = {}, encoding: Encoding = 'live') =>
  new Encoder({ ...defaultLimits, ...cuts }, '7', encoding).line({ output: value }).output as any;

const refuse = () => {
  throw new Error('do not look');
};

/** Counts how often anything in a graph of objects is read. */
function counting<Value extends object>(value: Value): { value: Value; reads: () => number } {
  let reads = 0;
  const made = new WeakMap<object, object>();
  const wrap = (inner: unknown): any => {
    if (typeof inner !== 'object' || inner === null) return inner;
    let proxy = made.get(inner);
    if (proxy === undefined) {
      proxy = new Proxy(inner, {
        get: (target, key) => {
          reads++;
          return wrap(Reflect.get(target, key));
        },
      });
      made.set(inner, proxy);
    }
    return proxy;
  };
  return { value: wrap(value), reads: () => reads };
}

describe('values that refer to themselves or to each other', () => {
  const node: any = {};
  node.left = node;
  node.right = node;

  test('a circle is a mark that says where it leads', () => {
    const told = encode(node);
    for (const side of [told.left, told.right]) {
      expect(side).toEqual({ $cut: { kind: 'object, as at /output', size: 2, ref: '7/output', digest: 'as /output' } });
    }
    expect(follow({ output: node }, '/output')).toBe(node);
  });

  test('a small object that is there twice is shown twice; a large one once', () => {
    const small = { n: 1 };
    expect(encode({ a: small, b: small })).toEqual({ a: { n: 1 }, b: { n: 1 } });
    const rows = Array.from({ length: 900 }, (_, i) => ({ i }));
    const told = encode({ a: rows, b: { c: rows } });
    expect(told.a).toEqual(rows);
    expect(told.b.c.$cut).toMatchObject({ kind: 'array, as at /output/a', size: 900, ref: '7/output/a' });
  });

  test('each part of a line is whole without the others, although they share what they hold', () => {
    const state = Array.from({ length: 900 }, (_, i) => ({ i }));
    const line = new Encoder(defaultLimits, '7').line({ event: { commit: { state } }, context: { state } });
    expect(line.context).toEqual({ state });
    expect(line.event).toEqual({ commit: { state } });
  });

  const everyone: any[] = Array.from({ length: 60 }, () => ({}));
  for (const one of everyone) one.others = everyone;
  let chain: object = {};
  for (let i = 0; i < 60; i++) chain = { left: chain, right: chain };
  const maps = new Map<string, unknown>();
  for (let i = 0; i < 60; i++) maps.set(`${i}`, [maps, new Set([maps])]);
  const failures: any[] = Array.from({ length: 60 }, () => new Error('no'));
  for (const one of failures) Object.assign(one, { cause: one, failures });

  test.each([
    ['a node with two ways to itself', node],
    ['sixty that all know each other', everyone],
    ['sixty, each of which holds the next twice', chain],
    ['maps and sets', maps],
    ['errors', failures],
  ])('%s: as much is read as may be shown, and a little', (_, graph) => {
    for (const encoding of ['live', 'all'] as const) {
      const { value, reads } = counting(graph);
      encode(graph instanceof Map ? graph : value, { depth: 1000 }, encoding);
      // Each value that is shown is read once; what is cut is gone through for its digest.
      expect(reads()).toBeLessThan(2 * (defaultLimits.values + 200_000));
    }
    const { value, reads } = counting(graph);
    encode(value, { depth: 7, values: 500 });
    isTame(value, defaultLimits);
    weigh(value);
    expect(reads()).toBeLessThan(60_000);
  });

  test('what is too large to be shown has the same digest as long as it is the same, circles and all', () => {
    const tree = (leaf: number) => {
      const root: any = { leaf };
      root.rows = Array.from({ length: 30 }, (_, i) => ({ i, root }));
      return root;
    };
    const digest = (value: unknown) => encode({ deep: value }, { depth: 1, items: 20 }).deep.$cut.digest;
    expect(digest(tree(1))).toEqual(expect.any(String));
    expect(digest(tree(1))).toBe(digest(tree(1)));
    expect(digest(tree(1))).not.toBe(digest(tree(2)));
    const one = [1, [2]];
    expect(digest({ a: one, b: one })).toBe(digest({ a: [1, [2]], b: [1, [2]] }));
  });

  test('what a redactor has left is cut as well, and its references lead through what it has seen', () => {
    const rows = Array.from({ length: 50 }, (_, i) => ({ i }));
    const seen = new Encoder({ ...defaultLimits, items: 1e6 }, '7', 'all').line({
      output: new Map([['a', [rows, rows]]]),
    });
    const { ref } = (seen.output as any).$map[0][1][1].$cut;
    expect(follow(seen, ref.slice(1))).toEqual(rows);
    expect(encode(seen.output, { items: 20 }, 'encoded').$map[0][1][0].$cut).toMatchObject({ kind: 'array', size: 50 });
  });
});

describe('large and deep values', () => {
  test('a hundred thousand levels', () => {
    let deep: unknown = 1;
    for (let i = 0; i < 100_000; i++) deep = i % 2 ? [deep] : { deep };
    for (const depth of [12, 1e9]) expect(JSON.stringify(encode(deep, { depth }))).toContain('$cut');
    expect(isTame(deep, { ...defaultLimits, depth: 1e9 })).toBe(false);
    expect(weigh(deep)).toBeGreaterThan(0);
    let error: unknown;
    for (let i = 0; i < 10_000; i++) error = new Error('no', { cause: error });
    expect(encode(error).$error.message).toBe('no');
  });

  test('a line has so many characters, however they are spread', () => {
    const texts = Array.from({ length: 900 }, (_, i) => `${i}`.repeat(3000));
    const keys = Object.fromEntries(texts.map((text) => [text.slice(0, 9000), 1]));
    const errors = texts.map((text) => new Error(text));
    for (const value of [texts, keys, errors, { texts, keys, errors }, [['x'.repeat(1e7)], { ['x'.repeat(1e7)]: 1 }]]) {
      expect(JSON.stringify(encode(value)).length).toBeLessThan(2 * defaultLimits.characters);
      expect(isTame(value, defaultLimits)).toBe(false);
    }
  });

  test('a great many keys, items and bytes, and numbers of many digits', () => {
    const keys = Object.fromEntries(Array.from({ length: 200_000 }, (_, i) => [`k${i}`, i]));
    const list = new Array(50_000_000);
    const bytes = new Float64Array(10_000_000);
    const told = encode({ keys, list, bytes, digits: 2n ** 1_000_000n, in: [{ list, bytes }] }, { depth: 3 });
    expect(told.keys.$cut).toMatchObject({ kind: 'object', size: 200_000 });
    expect(told.list.$cut).toMatchObject({ kind: 'array', size: 50_000_000 });
    expect(told.bytes.$typed).toMatchObject({ kind: 'Float64Array', length: 10_000_000 });
    expect(told.bytes.$typed.head).toHaveLength(100);
    expect(told.digits.$cut.kind).toContain('bigint');
  });
});

describe('values that do not want to be looked at', () => {
  const { proxy: revoked, revoke } = Proxy.revocable({}, {});
  revoke();
  class Endless extends Map {
    override get size() {
      return 1;
    }
    override *[Symbol.iterator](): any {
      for (;;) yield ['on', 'and on'];
    }
    override entries(): any {
      return this[Symbol.iterator]();
    }
  }
  const hostile: Record<string, unknown> = {
    getter: Object.defineProperty({ fine: 1 }, 'why', { enumerable: true, get: refuse }),
    thrower: Object.defineProperty({}, 'why', {
      enumerable: true,
      get: () => {
        throw revoked;
      },
    }),
    traps: new Proxy({}, { get: refuse, ownKeys: refuse, getPrototypeOf: refuse }),
    revoked,
    list: new Proxy([1], { get: refuse }),
    error: Object.defineProperty(new Error('odd'), 'message', { get: refuse }),
    nameless: Object.defineProperty(() => {}, 'name', { value: { no: 'text' } }),
    constructor: Object.create(
      {
        get constructor() {
          return refuse();
        },
      },
      { a: { value: 1, enumerable: true } },
    ),
    map: Object.create(Map.prototype),
    date: Object.create(Date.prototype),
    endless: Object.setPrototypeOf(new Map([['a', 1]]), Endless.prototype),
    proxied: new Proxy(new Map([['a', 1]]), {}),
    json: { toJSON: refuse, toString: refuse },
    text: Object.assign(Object.create({ toString: refuse, valueOf: refuse }), { a: 1 }),
  };

  test('are shown as far as they can be, and everything beside them', () => {
    for (const cuts of [{}, { depth: 1 }, { values: 3 }]) {
      for (const [kind, value] of Object.entries(hostile)) {
        const told = encode({ before: 1, value, after: [2] }, cuts);
        expect(() => JSON.stringify(told), kind).not.toThrow();
        if (!('$cut' in told)) expect(told.before, kind).toBe(1);
        expect(() => isTame(value, defaultLimits), kind).not.toThrow();
        expect(() => weigh(value), kind).not.toThrow();
      }
    }
    const told = encode(hostile);
    expect(told.getter).toEqual({ fine: 1, why: { $error: { name: 'Unreadable', message: 'do not look' } } });
    expect(told.revoked.$error.name).toBe('Unreadable');
    expect(told.endless).toEqual({ $map: [['a', 1]] });
    expect(told.date).toEqual({});
  });

  test('a list that grows while it is looked at has as many items as it had', () => {
    for (const look of [
      (list: unknown[]) => expect(encode(list)).toEqual([0]),
      (list: unknown[]) => expect(encode({ deep: [list] }, { items: 1 }, 'all')).toEqual({ deep: [[0]] }),
      (list: unknown[]) => expect(isTame(list, defaultLimits)).toBe(true),
      (list: unknown[]) => expect(plain(list)).toEqual([0]),
      (list: unknown[]) => expect(new AppValues().copy({ list })).toEqual({ list: [0] }),
    ]) {
      const list = growing();
      look(list);
      expect(list.length).toBeLessThan(10);
    }
    let length = 1;
    const odd = new Proxy([], { get: (_, key) => (key === 'length' ? length++ : 7) });
    expect(encode(odd)).toEqual([7]);
    expect(length).toBeLessThan(10);
  });

  test('what is too large to be shown is gone through by the methods of the language', () => {
    const called: string[] = [];
    class Counted extends Set<number> {
      override [Symbol.iterator]() {
        called.push('iterator');
        return super[Symbol.iterator]();
      }
    }
    const told = encode(new Counted(Array.from({ length: 2000 }, (_, i) => i)));
    expect(told.$cut).toMatchObject({ kind: 'Set', size: 2000, digest: expect.any(String) });
    expect(called).toEqual([]);
  });

  test('views of a buffer are shown from where they begin to where they end', () => {
    const { buffer } = Uint8Array.of(1, 2, 3, 4, 5);
    expect(encode(new DataView(buffer, 1, 3)).$typed).toEqual({ kind: 'DataView', length: 3, head: [2, 3, 4] });
    expect(encode(new Uint8Array(buffer, 2)).$typed).toEqual({ kind: 'Uint8Array', length: 3, head: [3, 4, 5] });
    expect(encode(buffer).$typed).toEqual({ kind: 'ArrayBuffer', length: 5, head: [] });
    expect(encode(BigInt64Array.of(1n)).$typed.head).toEqual([{ $bigint: '1' }]);
    expect(encode(Float32Array.of(Number.NaN)).$typed.head).toEqual([{ $n: 'NaN' }]);
  });
});
