import { type Checkpoint, formatRecording, Loop, LoopError, parseRecording, record, replay } from 'loopchart';
import { describe, expect, test } from 'vitest';
import { plainCopy } from '../src/data/json.ts';
import { decodeJson, encodeJson } from '../src/data/json-form.ts';
import { turn } from './support/loops.ts';
import { random } from './support/trees.ts';

const copy = (value: unknown): any => plainCopy(value, () => 'fit', 'state');
const throughJson = (value: unknown): any => decodeJson(JSON.parse(JSON.stringify(encodeJson(value))));

function refused(value: unknown): LoopError {
  try {
    copy(value);
  } catch (error) {
    expect(error).toBeInstanceOf(LoopError);
    expect(error).toMatchObject({ code: 'NOT_PLAIN_DATA', path: 'fit' });
    return error as LoopError;
  }
  throw new Error('It was copied.');
}

/** So many objects, each of which refers to the next one twice. */
function pyramid(levels: number): object {
  let below: object = { n: 1 };
  for (let i = 0; i < levels; i++) below = i % 2 === 0 ? { left: below, right: below } : [below, below];
  return below;
}

/** How many objects there are. */
function objectsIn(value: unknown, met = new Set<unknown>()): number {
  if (typeof value !== 'object' || value === null || met.has(value)) return met.size;
  met.add(value);
  for (const inner of Object.values(value)) objectsIn(inner, met);
  return met.size;
}

describe('a copy of plain data', () => {
  test('holds twice what is held twice, once for each object', () => {
    const row = [1, 2];
    const value = { a: row, b: { c: row }, rows: [row, row, [1, 2]] };
    const made = copy(value);
    expect(made).toEqual(value);
    expect(made.a).not.toBe(row);
    expect([made.b.c === made.a, made.rows[0] === made.a, made.rows[1] === made.a, made.rows[2] === made.a]).toEqual([
      true,
      true,
      true,
      false,
    ]);
    expect(objectsIn(copy(pyramid(60)))).toBe(61);
    expect(objectsIn(throughJson(copy(pyramid(60))))).toBe(61);
  });

  test('keeps keys that hold undefined and a key named __proto__', () => {
    const value = { a: undefined, b: 1, [Symbol('s')]: 2, ['__proto__']: { c: 3 } };
    Object.defineProperty(value, 'hidden', { value: 4 });
    const made = copy(value);
    expect(Object.entries(made)).toEqual([
      ['a', undefined],
      ['b', 1],
      ['__proto__', { c: 3 }],
    ]);
    expect(Object.getPrototypeOf(made)).toBe(Object.prototype);
    expect(Object.keys(throughJson(made))).toEqual(['a', 'b', '__proto__']);
  });

  test('can be changed where the original is frozen', () => {
    const made = copy(Object.freeze({ list: Object.freeze([1]) }));
    made.list.push(2);
    expect(made).toEqual({ list: [1, 2] });
  });

  test('of anything else is an error that says where it lies', () => {
    const cycle: any = { inner: { list: [1, {}] } };
    cycle.inner.list[1].back = cycle.inner;
    class Model {}
    const sparse = [1];
    sparse[2] = 3;
    for (const [value, says] of [
      [cycle, '`state.inner.list[1].back` to be plain data (JSON types, NaN, infinities), got a cycle'],
      [{ a: [{ f() {} }] }, '`state.a[0].f` to be plain data (JSON types, NaN, infinities), got a function'],
      [
        { a: { b: new Model() } },
        '`state.a.b` to be plain data (JSON types, NaN, infinities), got an instance of Model',
      ],
      [
        [new (class Rows extends Array {})()],
        '`state[0]` to be plain data (JSON types, NaN, infinities), got an instance of Rows',
      ],
      [sparse, '`state[1]` to be plain data (JSON types, NaN, infinities), got undefined (use null)'],
      [{ n: 5n }, '`state.n` to be plain data (JSON types, NaN, infinities), got a bigint'],
      [Symbol('s'), '`state` to be plain data (JSON types, NaN, infinities), got a symbol'],
      [new Date(0), '`state` to be plain data (JSON types, NaN, infinities), got an instance of Date'],
    ] as const) {
      expect(refused(value).message).toContain(says);
    }
  });

  test('of what cannot be read is an error that has the reason as its cause', () => {
    const cause = new Error('do not look');
    const get = () => {
      throw cause;
    };
    expect(refused({ a: Object.defineProperty({}, 'b', { get, enumerable: true }) }).cause).toBe(cause);
    expect(refused(new Proxy({}, { ownKeys: get })).message).toContain('got something that cannot be read');
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    refused({ proxy });
  });

  test('of what is nested too deep is an error, no overflow of the stack', () => {
    const nested = (levels: number) => {
      let value: object = {};
      for (let i = 1; i < levels; i++) value = [value];
      return value;
    };
    expect(throughJson(copy(nested(1000)))).toBeDefined();
    expect(refused(nested(1001)).message).toContain('more than 1000 levels of nested data');
    refused(nested(100_000));
  });
});

test('the JSON form of a value that needs none is the value itself', () => {
  const value = { a: [1, { b: 'x' }], c: null };
  expect(encodeJson(value)).toBe(value);
  expect(decodeJson(value)).toBe(value);
});

test('what looks like a mark of the JSON form is kept as it is', () => {
  for (const mark of ['$n', '$$n', '$shared', '$$$shared', '$undefined', '$$undefined']) {
    for (const inside of ['NaN', [1], [1, {}], { [mark]: Number.NaN }, undefined]) {
      const value = { [mark]: inside };
      expect(throughJson(value)).toEqual(value);
    }
  }
});

const seed = Number(process.env.LOOPCHART_SEED ?? Math.floor(Math.random() * 1e9));

/** What a value holds and what in it is the same object, as text. */
function drawn(value: unknown, met = new Map<unknown, number>()): string {
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '-0' : `${typeof value} ${value}`;
  const known = met.get(value);
  if (known !== undefined) return `#${known}`;
  met.set(value, met.size);
  const inner = Object.entries(value).map(([key, one]) => `${key}: ${drawn(one, met)}`);
  return Array.isArray(value) ? `[${inner}]` : `{${inner}}`;
}

test(`random graphs are copied and go through JSON as they are (LOOPCHART_SEED=${seed})`, () => {
  const next = random(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)]!;
  const keys = ['a', 'b', '$n', '$shared', '$$n', '$undefined', '__proto__', '0', ''];
  for (let round = 0; round < 500; round++) {
    const parts: any[] = [
      null,
      true,
      'text',
      0,
      -0,
      1.5,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
    ];
    const size = 1 + Math.floor(next() * 30);
    for (let i = 0; i < size; i++) {
      const count = Math.floor(next() * 4);
      const isList = next() < 0.4;
      const inner = Array.from({ length: count }, () => pick(isList ? parts : [...parts, undefined]));
      // From entries, so that `__proto__` is a key like any other.
      parts.push(isList ? inner : Object.fromEntries(inner.map((one) => [pick(keys), one])));
    }
    const value = parts.at(-1);
    const made = copy(value);
    expect(drawn(made)).toBe(drawn(value));
    expect(drawn(throughJson(made))).toBe(drawn(value));
  }
});

/** Two keys of its state hold one list, which a step changes through one of them. */
class TwoNames extends Loop<string> {
  override state: { n: number; rows: number[][]; newest: number[] } = { n: 0, rows: [], newest: [] };

  get done() {
    return this.state.n >= 4;
  }

  reset() {
    const first = [0];
    this.state = { n: 0, rows: [first], newest: first };
  }

  async advance() {
    await turn();
    this.state.newest.push(this.state.n++);
  }

  override onRunEnd() {
    return JSON.stringify(this.state);
  }
}

test('a state in which two keys hold one object goes on as if nothing had happened, also through JSON', async () => {
  const expected = await new TwoNames().run();
  for (const transport of [(from: Checkpoint) => from, (from: Checkpoint) => JSON.parse(JSON.stringify(from))]) {
    const run = new TwoNames().start({ paused: true });
    await run.step(2);
    const from = transport(await run.suspend());
    expect(await new TwoNames().start({ from }).output).toBe(expected);
  }
});

class Gives extends Loop<unknown, [value: unknown]> {
  override state = { n: 0 };

  get done() {
    return this.state.n >= 1;
  }

  reset() {
    this.state.n = 0;
  }

  async advance() {
    await turn();
    this.state.n++;
  }

  override onRunEnd(value: unknown) {
    return value;
  }
}

class Takes extends Gives {
  child: Gives = new Gives();
  waiting: TwoNames = new TwoNames();
  got: unknown;

  override async advance() {
    this.got = await this.child.run(pyramid(40));
    await this.waiting.run();
    this.state.n++;
  }
}

describe('forty objects, each of which refers to the next one twice', () => {
  test('as the output of a child, are remembered, and recorded', async () => {
    const recorder = record();
    const first = new Takes().start({ args: [pyramid(40)], paused: true, inspect: recorder });
    await first.step(2);
    const from = JSON.parse(JSON.stringify(await first.suspend('later')));
    expect(JSON.stringify(from).length).toBeLessThan(50_000);
    const text = formatRecording(recorder.recording);
    expect(text.length).toBeLessThan(200_000);
    expect([...replay(parseRecording(text))].length).toBe(recorder.recording.length - 1);
    const again = new Takes();
    expect(objectsIn(await again.start({ from }).output)).toBe(41);
    expect(objectsIn(again.got)).toBe(41);
  });

  test('as a reason, or thrown, are told in a few words', async () => {
    const run = new Takes().start({ args: [1] });
    await turn();
    run.abort(pyramid(40));
    expect(objectsIn((await run.outcome).reason)).toBe(41);
    const { context } = run.actor.getSnapshot() as any;
    expect(context.error.message).toBe('Array of more than 1000 values');
  });
});
