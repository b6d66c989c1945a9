import { type Checkpoint, EndLoop, Loop, LoopError, MisconfigurationError, rememberErrors } from 'loopchart';
import { describe, expect, test } from 'vitest';
import { describeError, type PlainError, revivedError } from '../src/data/error-codec.ts';
import { Slow } from './support/loops.ts';
import { random } from './support/trees.ts';

/** Throws whatever it is given. */
class Throws extends Loop {
  override state = { n: 0 };
  readonly #throw: () => unknown;

  constructor(make: () => unknown) {
    super();
    this.#throw = make;
  }

  get done() {
    return false;
  }

  reset() {}

  async advance() {
    throw this.#throw();
  }
}

/** Catches what its child throws, then runs another child. */
class Catches extends Loop<void> {
  override state = { n: 0 };
  throwing: Throws;
  waiting: Slow = new Slow(3);
  /** Not a field, for what is in it may be anything. */
  readonly #caught: unknown[] = [];

  constructor(make: () => unknown) {
    super();
    this.throwing = new Throws(make);
  }

  get done() {
    return this.state.n >= 1;
  }

  reset() {}

  get caught(): unknown[] {
    return this.#caught;
  }

  async advance() {
    try {
      await this.throwing.run();
    } catch (thrown) {
      this.#caught.push(thrown);
    }
    await this.waiting.run();
    this.state.n++;
  }
}

/** A checkpoint, through JSON, of a step that has caught what its first child threw and stands in the middle of its second. */
async function cut(loop: Catches): Promise<Checkpoint> {
  const run = loop.start({ paused: true });
  await run.step();
  return JSON.parse(JSON.stringify(await run.suspend()));
}

/** What a step catches when it is run, and what it catches when it is run again after a resume. */
async function caughtTwice(make: () => unknown): Promise<[thrown: any, again: any]> {
  const first = new Catches(make);
  const from = await cut(first);
  const second = new Catches(() => new Error('a run that had ended is not run again'));
  await second.start({ from }).output;
  expect([first.caught.length, second.caught.length]).toEqual([1, 1]);
  return [first.caught[0], second.caught[0]];
}

class HttpError extends Error {
  override name = 'HttpError';
  status = 429;
  code = 'E_HTTP';
  headers = { 'retry-after': 3 };

  retryable(): boolean {
    return this.status >= 429;
  }
}

describe('an error that a step has caught comes back when the step is run again', () => {
  test('with its name, message, stack and own fields', async () => {
    const [thrown, again] = await caughtTwice(() => new HttpError('too many requests'));
    expect(again).toBeInstanceOf(Error);
    expect({ ...again }).toEqual({ name: 'HttpError', status: 429, code: 'E_HTTP', headers: { 'retry-after': 3 } });
    expect([again.message, again.stack, Object.keys(again).sort()]).toEqual([
      thrown.message,
      thrown.stack,
      Object.keys(thrown).sort(),
    ]);
  });

  test.for([Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError])(
    'as a %o',
    async (Class) => {
      const [thrown, again] = await caughtTwice(() => new Class('no', { cause: 'why' }));
      expect(Object.getPrototypeOf(again)).toBe(Class.prototype);
      expect(again).toEqual(thrown);
      expect([again.name, again.message, again.stack, again.cause, Object.keys(again)]).toEqual([
        Class.name,
        'no',
        thrown.stack,
        'why',
        [],
      ]);
    },
  );

  test('as a DOMException, which has its name and code', async () => {
    const [, again] = await caughtTwice(() => AbortSignal.abort().reason);
    expect(again).toBeInstanceOf(DOMException);
    expect([again.name, again.code, Object.hasOwn(again, 'code')]).toEqual(['AbortError', 20, false]);
  });

  test('as a LoopError, a MisconfigurationError or an EndLoop of ours', async () => {
    const [, loopError] = await caughtTwice(
      () => new LoopError('STORE', 'no disk', 'fit', { cause: new TypeError('x') }),
    );
    expect(loopError).toBeInstanceOf(LoopError);
    expect(loopError).toMatchObject({ code: 'STORE', path: 'fit', message: 'fit: no disk' });
    expect(loopError.cause).toBeInstanceOf(TypeError);
    const [, misconfigured] = await caughtTwice(() => new MisconfigurationError('two'));
    expect(misconfigured).toBeInstanceOf(MisconfigurationError);
    expect(misconfigured.code).toBe('MISCONFIGURATION');
    const [, wrapping] = await caughtTwice(
      () => new Error('x', { cause: new EndLoop({}, 'fit', new RangeError('why')) }),
    );
    expect(wrapping.cause).toBeInstanceOf(EndLoop);
    expect(wrapping.cause).toMatchObject({ path: 'fit' });
    expect(wrapping.cause.reason).toBeInstanceOf(RangeError);
  });

  test('with its cause: errors in a chain, and plain data as itself', async () => {
    for (const cause of ['text', { status: 3 }, null, 0, Number.NaN, [1, [2]]]) {
      const [, again] = await caughtTwice(() => new Error('outer', { cause }));
      expect(again.cause).toEqual(cause);
    }
    const inner = () => new RangeError('inner', { cause: Object.assign(new Error('innermost'), { at: 3 }) });
    const [, again] = await caughtTwice(() => new Error('outer', { cause: inner() }));
    expect(again.cause).toBeInstanceOf(RangeError);
    expect(again.cause.cause).toMatchObject({ message: 'innermost', at: 3 });
    expect(Object.keys(again)).toEqual([]);
  });

  test('with the errors of an AggregateError, which may be anything, and with errors in its fields', async () => {
    const [, again] = await caughtTwice(() => {
      const error = new AggregateError([new TypeError('a'), 'b', { c: 1 }], 'all failed');
      return Object.assign(error, { last: new RangeError('d'), tried: [new Error('e'), new SyntaxError('f')] });
    });
    expect(again).toBeInstanceOf(AggregateError);
    expect(again.errors).toEqual([new TypeError('a'), 'b', { c: 1 }]);
    expect(again.errors[0]).toBeInstanceOf(TypeError);
    expect(again.last).toBeInstanceOf(RangeError);
    expect(again.tried[1]).toBeInstanceOf(SyntaxError);
    expect(Object.keys(again)).toEqual(['last', 'tried']);
  });

  test('with errors that hold each other, and one that is held twice', async () => {
    const [, again] = await caughtTwice(() => {
      const [a, b]: any[] = [new Error('a'), new TypeError('b')];
      a.cause = b;
      b.cause = a;
      b.self = b;
      a.errors = [b, b, a];
      return a;
    });
    expect(again.cause.message).toBe('b');
    expect(again.cause.cause).toBe(again);
    expect(again.cause.self).toBe(again.cause);
    expect(again.errors).toEqual([again.cause, again.cause, again]);
    expect(again.errors[0]).toBe(again.cause);
  });

  test('without the fields that are neither plain data nor errors', async () => {
    const [, again] = await caughtTwice(() => Object.assign(new Error('x'), { map: new Map(), f() {}, kept: [1] }));
    expect({ ...again }).toEqual({ kept: [1] });
  });

  test('with fields that look like what its description says of it', async () => {
    const odd = {
      $class: 'TypeError',
      $value: 1,
      $$opaque: 'x',
      $up: 1,
      errors: { email: 'missing' },
      constructor: 'c',
    };
    const [, again] = await caughtTwice(() => Object.assign(new Error('odd'), odd));
    expect(Object.getPrototypeOf(again)).toBe(Error.prototype);
    expect({ ...again }).toEqual(odd);
  });
});

describe('something else that was thrown', () => {
  test.for<[string, unknown]>([
    ['a text', 'retry'],
    ['an object', { code: 7, inner: { $value: 1 } }],
    ['what looks like an error', { name: 'Error', message: 'none' }],
    ['null', null],
    ['undefined', undefined],
    ['a number', 404],
    ['NaN', Number.NaN],
    ['minus zero', -0],
    ['false', false],
    ['a list', ['a', [Number.NEGATIVE_INFINITY]]],
    ['a list of errors', [new TypeError('a'), new Error('b')]],
  ])('comes back as itself: %s', async ([, value]) => {
    const [thrown, again] = await caughtTwice(() => value);
    expect(thrown).toBe(value);
    expect(again).toEqual(value);
    expect(Object.is(again, value) || typeof value === 'object').toBe(true);
  });

  test('comes back as an object that is held twice where it was', async () => {
    const part = { n: 1 };
    const [, again] = await caughtTwice(() => ({ a: part, b: [part] }));
    expect(again.b[0]).toBe(again.a);
  });

  test('is a RESUME_MISMATCH when the step is run again, where it is neither an error nor plain data; also if that is caught', async () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    for (const [kind, value] of Object.entries({ Map: new Map(), Function: () => 1, BigInt: 5n, object: proxy })) {
      const again: any = await caughtTwice(() => value).catch((error) => error);
      expect(again).toBeInstanceOf(LoopError);
      expect(again.code).toBe('RESUME_MISMATCH');
      expect(again.message).toBe(
        `catches: a run of throwing threw a ${kind}, which is neither an error nor plain data and could not be remembered. Throw an Error.`,
      );
    }
  });
});

test('the end of a loop further up comes back with its reason, whatever that is', async () => {
  for (const reason of [undefined, null, 'enough', { at: 3 }, new RangeError('far')]) {
    const other = { loop: new Slow(1), path: 'other' };
    const [, again] = await caughtTwice(() => new EndLoop(other.loop, other.path, reason));
    // Of a loop that is not running around it: an error, which has the end as its cause.
    expect(again).toMatchObject({ code: 'END_OUTSIDE' });
    expect(again.cause).toBeInstanceOf(EndLoop);
    expect(again.cause.reason).toEqual(reason ?? again.cause.reason);
  }
  class Ends extends Catches {
    reason: unknown;
    constructor(reason: unknown) {
      super(() => this.end(this.reason));
      this.reason = reason;
    }
  }
  for (const reason of [undefined, null, 'enough', { at: 3 }, new RangeError('far')]) {
    const first = new Ends(reason);
    const from = await cut(first);
    const second = new Ends('another');
    await second.start({ from }).output;
    const [again] = second.caught as [EndLoop];
    expect(again).toBeInstanceOf(EndLoop);
    expect([again.loop, again.path]).toEqual([second, 'ends']);
    expect(again.reason).toEqual(reason);
    expect(again.message).toBe((first.caught[0] as EndLoop).message);
  }
});

describe('rememberErrors', () => {
  class Named extends HttpError {}
  class Private extends Error {
    readonly #secret: string;
    constructor(secret: string) {
      super(`keeps ${secret.length}`);
      this.#secret = secret;
    }
    get secret() {
      return this.#secret;
    }
  }
  class Below extends TypeError {
    override name = 'Below';
  }

  test('an error of a class that nobody has named is one of the nearest class above that is known', async () => {
    const [, again] = await caughtTwice(() => new Below('x'));
    expect(Object.getPrototypeOf(again)).toBe(TypeError.prototype);
    expect(again.name).toBe('Below');
  });

  test('a class that was named has its errors back, methods and all; the constructor is not run', async () => {
    rememberErrors({ Named, Private });
    const [, again] = await caughtTwice(() => new Named('busy'));
    expect(Object.getPrototypeOf(again)).toBe(Named.prototype);
    expect(again.retryable()).toBe(true);
    const [, hidden] = await caughtTwice(() => new Private('abc'));
    expect(hidden).toBeInstanceOf(Private);
    expect(hidden.message).toBe('keeps 3');
    expect(() => hidden.secret).toThrow(TypeError);
  });

  test('an error of a class that is not there after the resume is an Error with its name and fields, and of its class where it is there again', async () => {
    rememberErrors({ 'Later.1': HttpError });
    const described = describeError(new HttpError('busy'));
    expect(described.$class).toBe('Later.1');
    const elsewhere = revivedError({ ...described, $class: 'Later.2' }) as HttpError;
    expect(Object.getPrototypeOf(elsewhere)).toBe(Error.prototype);
    expect(elsewhere).toMatchObject({ name: 'HttpError', status: 429, headers: { 'retry-after': 3 } });
    const onward = describeError(elsewhere);
    expect(onward).toEqual({ ...described, $class: 'Later.2' });
    expect(revivedError({ ...onward, $class: 'Later.1' })).toBeInstanceOf(HttpError);
  });

  test('refuses what is no class of errors, and a name that another class has; then none of them is named', () => {
    class Other extends Error {}
    const taken = { TypeError: class extends Error {} };
    const misconfigured = (named: any, says: string) => {
      expect(() => rememberErrors({ Other, ...named })).toThrow(MisconfigurationError);
      expect(() => rememberErrors({ Other, ...named })).toThrow(says);
      expect(describeError(new Other('x')).$class).toBe(undefined);
    };
    misconfigured({ Nothing: undefined }, 'expected `Nothing` to be a class that extends Error, got undefined');
    misconfigured({ Map }, 'expected `Map` to be a class that extends Error');
    misconfigured(
      taken,
      "another class by the name `TypeError` already. Give each a name of its own: { 'db.TypeError': TypeError }",
    );
    rememberErrors({ Other });
    rememberErrors({ Other });
    expect(revivedError(describeError(new Other('x')))).toBeInstanceOf(Other);
  });
});

describe('a description', () => {
  const no = () => {
    throw new Error('do not look');
  };

  test('is made of anything: what cannot be read is missing, and nothing else', () => {
    for (const key of ['name', 'message', 'stack', 'cause', 'errors', 'code', 'other']) {
      const error = Object.assign(new TypeError('odd'), { kept: 1 });
      Object.defineProperty(error, key, { get: no, enumerable: true });
      expect(describeError(error)).toMatchObject({ kept: 1, ...(key === 'message' ? {} : { message: 'odd' }) });
      expect(revivedError(describeError(error))).toBeInstanceOf(TypeError);
    }
    const traps = { get: no, has: no, ownKeys: no, getPrototypeOf: no, getOwnPropertyDescriptor: no };
    const { proxy, revoke } = Proxy.revocable([], {});
    revoke();
    for (const value of [
      new Proxy({}, traps),
      new Proxy(new Error('x'), traps),
      new Proxy(new Error('x'), { ownKeys: no }),
      proxy,
      { toString: no, toJSON: no },
      Object.assign(new Error('x'), { name: Symbol('s') }),
      Object.assign(new Error('x'), { name: { toString: no, toJSON: no } }),
      Object.assign(new Error('x'), { inner: new Proxy({}, traps), list: proxy }),
      new Error('x', { cause: proxy }),
      new AggregateError([proxy, new Proxy(new Error('y'), traps)]),
      Symbol('s'),
      Object.create(null),
    ]) {
      const described = describeError(value);
      expect([typeof described.name, typeof described.message]).toEqual(['string', 'string']);
      expect(JSON.parse(JSON.stringify(described))).toEqual(described);
      revivedError(described);
    }
  });

  test('is bounded, however much there is', () => {
    const chain = (length: number): Error => {
      let error = new Error('the last');
      for (let i = 0; i < length; i++) error = new Error(`${i}`, { cause: error });
      return error;
    };
    expect(JSON.stringify(describeError(chain(50)))).toContain('the last');
    const endless = new (class extends Error {
      override get cause() {
        return new (this.constructor as new () => Error)();
      }
      get errors() {
        return [new (this.constructor as new () => Error)(), new (this.constructor as new () => Error)()];
      }
    })();
    let shared: object = {};
    for (let i = 0; i < 60; i++) shared = { a: shared, b: shared };
    for (const error of [
      chain(2000),
      endless,
      new AggregateError(Array.from({ length: 3000 }, (_, i) => new Error(`${i}`))),
      Object.assign(new Error('x'), { huge: Array.from({ length: 3e5 }, (_, i) => i) }),
      Object.assign(new Error('x'), Object.fromEntries(Array.from({ length: 15e4 }, (_, i) => [`k${i}`, i]))),
    ]) {
      const text = JSON.stringify(describeError(error));
      expect(text.length).toBeLessThan(5e6);
      revivedError(JSON.parse(text));
    }
    expect(describeError(shared).message).toBe('Object of more than 1000 values');
    const { a, b } = describeError(shared).$value as any;
    // Not `toBe`, which would print them.
    expect(a === b).toBe(true);
  });

  test('that was damaged gives some error', () => {
    const good = describeError(new AggregateError([new Error('a')], 'b', { cause: 'c' })) as any;
    good.$class = 'AggregateError';
    good.$fields = { inner: describeError(new Error('d')) };
    for (const key of Object.keys(good)) {
      for (const other of [undefined, null, 5, 'text', [], {}, [null], { name: 1 }]) {
        expect(revivedError({ ...good, [key]: other } as PlainError)).toBeInstanceOf(Error);
      }
    }
    for (const other of [undefined, null, 5, 'text', [], {}]) expect(revivedError(other as any)).toBeInstanceOf(Error);
  });

  const seed = Number(process.env.LOOPCHART_SEED ?? Math.floor(Math.random() * 1e9));

  test(`of what it gives back is the same description (LOOPCHART_SEED=${seed})`, () => {
    const next = random(seed);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)]!;
    const values = [
      'text',
      7,
      Number.NaN,
      -0,
      null,
      undefined,
      true,
      { a: [1] },
      [],
      5n,
      new Map(),
      () => 1,
      Symbol('s'),
    ];
    const classes = [Error, TypeError, HttpError, class extends RangeError {}, LoopError];
    for (let i = 0; i < 300; i++) {
      const errors: any[] = Array.from({ length: 1 + Math.floor(next() * 6) }, (_, n) =>
        next() < 0.1 ? new DOMException(`${n}`, 'AbortError') : new (pick(classes) as any)(`message ${n}`, `more ${n}`),
      );
      const anything = () => (next() < 0.6 ? pick(errors) : pick(values));
      for (const error of errors) {
        if (next() < 0.5) error.cause = anything();
        if (next() < 0.3) Object.defineProperty(error, 'errors', { value: [anything(), anything()] });
        if (next() < 0.5) Object.assign(error, { [pick(['status', '$class', 'path', '__proto__x'])]: anything() });
        if (next() < 0.3) error.list = [pick(errors), pick(errors)];
        if (next() < 0.2 && !(error instanceof DOMException)) error.name = pick(['TypeError', 'Odd', 'EndLoop']);
      }
      const described = describeError(next() < 0.9 ? errors[0] : pick([...values, errors]));
      expect(describeError(revivedError(described)), `tree ${i}`).toEqual(described);
    }
  });
});
