import { expect, test } from 'vitest';
import { encodeJson } from '../src/data/json-form.ts';
import { asTold } from '../src/inspect/as-told.ts';
import type { Cuts } from '../src/inspect/cuts.ts';
import { Encoder } from '../src/inspect/encode.ts';
import { defaultLimits } from '../src/inspect/inspection.ts';
import { looksTold } from '../src/inspect/looking.ts';
import { parseCondition } from '../src/inspect/when.ts';

const inProgram = (condition: string, context: object) => parseCondition(condition)(context);

/** As a page has a context: from the lines of a run, or of a recording. */
const onPage = (condition: string, context: object, cuts: Partial<Cuts> = {}) => {
  const line = new Encoder({ ...defaultLimits, ...cuts }, '7').line({ context });
  return parseCondition(condition, looksTold)(JSON.parse(JSON.stringify(line.context)));
};
const inRecording = (condition: string, context: any) => {
  const text = JSON.stringify({ type: 'actor', id: 'fit#1', context: encodeJson(context) });
  return parseCondition(condition, looksTold)(asTold(JSON.parse(text), text).context);
};

const list = Array.from({ length: 40 }, (_, i) => i);
const context = {
  steps: 7,
  done: null,
  state: {
    n: 3,
    zero: 0,
    minusZero: -0,
    nan: Number.NaN,
    inf: Number.POSITIVE_INFINITY,
    minusInf: Number.NEGATIVE_INFINITY,
    large: 2 ** 53,
    huge: 1.5e300,
    small: 5e-324,
    third: 1 / 3,
    text: 'NaN',
    digits: '10',
    empty: '',
    yes: true,
    no: false,
    none: null,
    list,
    odd: [Number.NaN, -0, [Number.NEGATIVE_INFINITY]],
    same: [Number.NaN, -0, [Number.NEGATIVE_INFINITY]],
    tagged: { $n: 'NaN' },
    tagger: { $n: { $n: 'Infinity' } },
    twice: { $$n: 1 },
    one: { value: Number.NaN },
    set: { $set: [1, { $date: 'now' }] },
    cut: { $cut: { kind: 'array', size: 3, ref: '7/context' } },
    again: { $$cut: { $opaque: 'Map' } },
    digits2: { $bigint: '7' },
    'two words': 5,
    length: 9,
    constructor: 4,
    nothing: {},
  },
};

const paths = [
  'steps',
  'done',
  'nowhere',
  'state',
  'state.nowhere',
  'state.nowhere.further',
  'state.two',
  'state["two words"]',
  ...Object.keys(context.state)
    .filter((key) => key !== 'two words')
    .map((key) => `state.${key}`),
  'state.list[3]',
  'state.list[40]',
  'state.list.length',
  'state.text.length',
  'state.odd[0]',
  'state.odd[1]',
  'state.odd[2]',
  'state.odd[2][0]',
  'state.tagged.$n',
  'state.tagger.$n',
  'state.tagger.$n.$n',
  'state.twice.$$n',
  'state.twice.$n',
  'state.one.value',
  'state.set.$set[0]',
  'state.set.$set[1].$date',
  'state.cut.$cut.size',
  'state.again.$$cut.$opaque',
  'state.digits2.$bigint',
  'state.toString',
  'state.__proto__',
];
const literals = [
  '0',
  '-0',
  '3',
  '9007199254740993',
  '1.5e300',
  '1E2',
  'NaN',
  'Infinity',
  '-Infinity',
  'undefined',
  'null',
  'true',
  'false',
  '"NaN"',
  "'10'",
  '""',
];
const operators = ['==', '!=', '<', '<=', '>', '>=', '===', '!=='];

test('a comparison of any value with any other says the same in the program, on the page, and in a recording', () => {
  const known: unknown[] = [];
  for (const left of paths) {
    for (const condition of [
      left,
      `!${left}`,
      ...[...paths, ...literals].flatMap((right) => operators.map((operator) => `${left} ${operator} ${right}`)),
    ]) {
      const told = inProgram(condition, context);
      known.push(told);
      if (onPage(condition, context) !== told || inRecording(condition, context) !== told) {
        // Not for each of some thousands: an assertion takes its time.
        expect([onPage(condition, context), inRecording(condition, context)], condition).toEqual([told, told]);
      }
    }
  }
  expect(known.filter((one) => one === undefined)).toEqual([]);
  expect(known.filter((one) => one === true).length).toBeGreaterThan(500);
});

test.each([
  ['state.nan == NaN', true],
  ['state.nan != NaN', false],
  ['state.nan > 0 || state.nan <= 0', false],
  ['state.inf > 1e308', true],
  ['state.minusInf == -Infinity', true],
  ['state.minusInf < -1e308 && state.inf == Infinity', true],
  ['state.minusZero == 0', true],
  ['state.large == 9007199254740993', true],
  ['state.nowhere == undefined', true],
  ['state.none == undefined', false],
  ['state.tagged.$n == "NaN"', true],
  ['state.tagged == NaN', false],
  ['state.odd == state.same', true],
  ['state.odd != state.list', true],
  ['state.list[1e0] == 1', true],
  ['state.list > 3', false],
  ['!(state.yes && state.no) && (steps >= 7)', true],
])('%s: %s', (condition, expected) => {
  expect([inProgram(condition, context), onPage(condition, context), inRecording(condition, context)]).toEqual([
    expected,
    expected,
    expected,
  ]);
});

test('what lies in two places is asked for in both, wherever the condition begins', () => {
  const best = { loss: 1, at: [Number.NaN, -0] };
  const rows = Array.from({ length: 900 }, (_, i) => [i, best]);
  const twice = { n: 1, best, newest: best, deep: { er: [best, { best }] }, other: { loss: 1, at: [Number.NaN, -0] } };
  const turned = Object.fromEntries(Object.entries(twice).reverse());
  for (const state of [twice, { ...turned, rows }, { rows, again: { rows }, ...twice }]) {
    for (const condition of [
      'state.newest',
      'state.newest == null',
      'state.newest < 1',
      'state.newest.loss == 1',
      'state.newest.loss != 1',
      'state.newest.nowhere == undefined',
      'state.newest.best.loss > 0',
      'state.newest.best == state.best',
      'state.deep.er[1].best.at[0] == NaN',
      'state.deep.er[0].at.length == 2',
      'state.deep.er[0] == state.newest',
      'state.best == state.newest',
      'state.best == state.other',
      'state.other == state.deep.er[1].best',
      'state.best.at != state.other.at',
      'state.rows[899][1].loss == 1',
      'state.rows[3][1] == state.best',
      'state.again.rows[3][1].at == state.newest.at',
      'state.rows[3] == state.again.rows[3]',
    ]) {
      expect([condition, inRecording(condition, { state })]).toEqual([condition, inProgram(condition, { state })]);
      if (!('rows' in state)) expect(onPage(condition, { state }), condition).toBe(inProgram(condition, { state }));
    }
  }
});

test('a mark of a recording that refers to nothing is not known, and what looks like one is what it is', () => {
  const asked = (condition: string, state: object) => parseCondition(condition, looksTold)({ state });
  for (const condition of ['state.a', 'state.a == 1', 'state.a.n == 1', 'state.a < 1']) {
    expect(asked(condition, { a: { $shared: [1] } }), condition).toBe(undefined);
    expect(asked(condition, { a: { $shared: [1] }, b: { $shared: [2, { n: 1 }] } }), condition).toBe(undefined);
  }
  const alike = { a: { $shared: [1] }, b: { $$shared: [1, { n: 2 }] }, c: { $shared: 'x' } };
  for (const condition of ['state.a.$shared[0] == 1', 'state.b.$$shared[1].n == 2', 'state.c.$shared == "x"']) {
    expect([inProgram(condition, { state: alike }), inRecording(condition, { state: alike })]).toEqual([true, true]);
  }
});

test('what was cut away is not known on the page, unless it does not matter', () => {
  const cuts = { items: 35, text: 12, depth: 4 };
  const long = { state: { ...context.state, word: 'abcdefghijklm', deep: { er: { and: { deeper: 1 } } } } };
  const asked = (condition: string) => onPage(condition, long, cuts);
  for (const condition of [
    'state.list[3] == 3',
    'state.list[3]',
    'state.list == state.list',
    'state.word == "abcdefghijklm"',
    'state.word < "b"',
    'state.deep.er.and.deeper == 1',
    '!state.deep.er.and.deeper',
    'state.n == 3 && state.list[3] == 3',
    'state.n == 4 || state.list[3] == 3',
  ]) {
    expect(asked(condition), condition).toBe(undefined);
    expect(inProgram(condition, long), condition).not.toBe(undefined);
  }
  for (const condition of [
    'state.list',
    'state.list.length == 40',
    'state.list != null',
    'state.list == 5',
    'state.list > 3',
    'state.word',
    '!state.word',
    'state.word == 5',
    'state.word.length == 13',
    'state.deep.er == null',
    'state.n == 4 && state.list[3] == 3',
    'state.n == 3 || state.list[3] == 3',
  ]) {
    expect(asked(condition), condition).toBe(inProgram(condition, long));
  }
});

test('nothing but plain data is asked: what else a program puts into a context is not known, here as there', () => {
  const asked: string[] = [];
  const value = (name: string) => ({ valueOf: () => asked.push(name), toString: () => asked.push(name) });
  const odd = {
    state: {
      date: new Date(0),
      map: new Map([['size', 1]]),
      call: () => 1,
      big: 12n,
      mine: Object.assign(Object.create(value('mine')), { n: 1 }),
      closed: new Proxy(
        {},
        {
          get: () => {
            throw new Error('no');
          },
          getPrototypeOf: () => {
            throw new Error('no');
          },
          ownKeys: () => {
            throw new Error('no');
          },
          getOwnPropertyDescriptor: () => {
            throw new Error('no');
          },
        },
      ),
    },
  };
  for (const condition of [
    'state.date',
    'state.date == 0',
    'state.date < 1',
    'state.map.size == 1',
    'state.map',
    'state.call == 1',
    'state.call.name',
    'state.big == 12',
    'state.big > 11',
    'state.mine > 0',
    'state.mine.n == 1',
    'state.mine == 1',
    'state.closed',
    'state.closed == null',
    'state.closed.n == 1',
  ]) {
    expect([condition, onPage(condition, odd)]).toEqual([condition, inProgram(condition, odd)]);
  }
  expect(asked).toEqual([]);
});

test('what cannot be read says where', () => {
  for (const condition of [
    'state.loss = 2',
    'state.',
    'state[-1]',
    '1 +',
    'state.loss >',
    '(a',
    'a b',
    'x'.repeat(501),
    '-state',
    '-Infinityx',
  ]) {
    expect(() => parseCondition(condition), condition).toThrow(/^Expected a condition/);
  }
});

test.each([
  ['state.word == "\\q"', '"\\q"'],
  ['state["\\x41"] > 2', '"\\x41"'],
  ['a == 1 && b == "\\u12"', '"\\u12"'],
  ['state.word == "a\tb"', '"a\tb"'],
])('of a text that cannot be read, it is said what was expected and what came: %s', (condition, quoted) => {
  let said: Error | undefined;
  try {
    parseCondition(condition);
  } catch (error) {
    said = error as Error;
  }
  expect(said?.message).toMatch(/^Expected a condition whose texts are as in JSON \(.*\\n.*\)/);
  expect(said?.message).toContain(`got \`${condition}\` (at \`${quoted}\`)`);
  expect(said?.cause).toBeInstanceOf(SyntaxError);
});

test('a text in a condition may have the escapes of JSON', () => {
  const state = { word: 'a"\\/\b\f\n\r\tA' };
  expect(inProgram(String.raw`state.word == "a\"\\\/\b\f\n\r\t\u0041"`, { state })).toBe(true);
});
