const shared = { n: 1 };
class Point {
  x = 1;
}
class Rows extends Array<number> {}
const circle: Error = new Error('round');
circle.cause = new TypeError('and round', { cause: circle });

/** What code may give, throw, or name as a reason. */
export const anything: [string, unknown][] = [
  ['a string', 'text'],
  ['NaN', Number.NaN],
  ['minus zero', -0],
  ['undefined', undefined],
  ['null', null],
  ['an object', { a: [1, Number.NEGATIVE_INFINITY] }],
  ['what looks like a number of ours', { $n: 'NaN' }],
  ['what looks like an error of ours', { $error: 1 }],
  ['what looks opaque', { $opaque: 'Map', $plain: 1 }],
  ['a map', new Map()],
  ['a function', () => 'text'],
  ['a bigint', 1n],
  ['a symbol', Symbol('s')],
  ['an error', new TypeError('of a kind')],
  ['an error without a stack', Object.defineProperty(new Error('bare'), 'stack', { value: undefined })],
  ['an object that holds a function', { f() {} }],
  ['an instance of a class', new Point()],
  ['an object that holds an instance of a class', { points: [new Point()] }],
  ['a list of a class of its own', Rows.from([1, 2])],
  ['typed arrays in a list', [new Float32Array(2)]],
  ['a date', new Date(0)],
  ['what looks like a mark of the wire', { $map: [{ $$cut: 1 }, { $typed: { $bigint: '1' } }] }],
  ['an object that is held twice', { a: shared, b: [shared] }],
  ['an error whose cause is plain data', new Error('outer', { cause: { status: 503, list: [Number.NaN] } })],
  ['an error whose cause is a map', new Error('outer', { cause: new Map() })],
  ['an error whose causes go round in a circle', circle],
  ['errors in one', new AggregateError([new TypeError('a'), 'b', new Map()], 'all failed')],
  ['a list of errors', [Object.assign(new RangeError('a'), { map: new Map() }), new Error('b')]],
  ['an error of the platform', new DOMException('late', 'TimeoutError')],
  [
    'an error with fields of all kinds',
    Object.assign(new Error('odd'), { status: 429, f() {}, $class: 'Map', shared }),
  ],
];
