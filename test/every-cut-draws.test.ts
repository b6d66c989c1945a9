import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { Loop } from 'loopchart';
import { type CutError, everyCut } from 'loopchart/testing';
import { describe, expect, test, vi } from 'vitest';
import { turn } from './support/loops.ts';
import { isParallel, type Log, random, randomTree, Tree } from './support/trees.ts';

const firstSeed = Number(process.env.LOOPCHART_SEED ?? 1);

/** Draws something in each of its steps, and returns all of it. */
class Drawing extends Loop<unknown[], [times?: number]> {
  override state: { drawn: unknown[]; times: number } = { drawn: [], times: 0 };
  readonly draw: () => unknown;

  constructor(draw: () => unknown) {
    super();
    this.draw = draw;
  }

  get done() {
    return this.state.drawn.length >= this.state.times;
  }

  reset(times = 3) {
    this.state = { drawn: [], times };
  }

  async advance() {
    this.state.drawn.push(await this.once('draw', this.draw));
  }

  override onRunEnd() {
    return this.state.drawn;
  }
}

async function fault(proof: Promise<unknown>): Promise<CutError> {
  return await proof.then(
    (report) => Promise.reject(new Error(`nothing was found: ${report}`)),
    (error) => error,
  );
}

describe('a loop that draws in once is exact, whatever it returns', () => {
  test.each<[string, () => unknown]>([
    ['a random number', () => Math.random()],
    ['many of them', () => [Math.random(), Math.random(), Math.random()]],
    ['a coin, which often falls the same way', () => Math.random() < 0.5],
    ['an id', () => crypto.randomUUID()],
    ['an id, by the function that Node exports', () => randomUUID()],
    ['bytes', () => [...crypto.getRandomValues(new Uint8Array(4)), ...randomBytes(4)]],
    ['numbers within a range', () => [randomInt(1_000_000), randomInt(5, 1_000_000)]],
    ['the time', () => Date.now()],
    ['the time as a date', () => new Date().toISOString()],
    ['the time since the process began', () => performance.now()],
    ['both', () => ({ at: Date.now(), id: randomUUID() })],
    [
      'what it draws later on',
      async () => {
        await turn();
        const first = Math.random();
        await turn();
        return first + Math.random();
      },
    ],
  ])('%s', async (_, draw) => {
    const report = await everyCut(() => new Drawing(draw));
    expect(report).toMatchObject({ onces: 3 });
  });

  test('also by the functions themselves', async () => {
    await everyCut(() => new Drawing(Math.random));
    await everyCut(() => new Drawing(randomUUID));
    await everyCut(() => new Drawing(Date.now));
  });

  test.each([2, 3, 4, 6])('also where the time moves on only before run %d', async (at) => {
    vi.useFakeTimers({ toFake: ['Date'] });
    let made = 0;
    const make = () => {
      if (++made === at) vi.setSystemTime(Date.now() + 1000);
      return new Drawing(() => Date.now());
    };
    try {
      await everyCut(make);
      expect(made).toBeGreaterThan(6);
    } finally {
      vi.useRealTimers();
    }
  });

  test('is what chance has given: other numbers in each step, in each child and in each proof', async () => {
    class Outer extends Loop<unknown[]> {
      override state: { drawn: unknown[]; n: number } = { drawn: [], n: 0 };
      readonly inner = new Drawing(Math.random);
      readonly beside = [new Drawing(Math.random), new Drawing(Math.random)];
      get done() {
        return this.state.n >= 2;
      }
      reset() {
        this.state = { drawn: [], n: 0 };
      }
      async advance() {
        // The same child more than once in a step, also until something comes that is left to chance.
        let last = 0;
        do {
          const drawn = await this.inner.run(2);
          last = drawn[1] as number;
          this.state.drawn.push(...drawn);
        } while (last < 0.5);
        for (const drawn of await Promise.all(this.beside.map((one) => one.run(2)))) this.state.drawn.push(...drawn);
        this.state.n++;
      }
      override onRunEnd() {
        seen.push(this.state.drawn);
        return this.state.drawn;
      }
    }
    const seen: unknown[][] = [];
    await everyCut(() => new Outer());
    const ofFirst = seen.length;
    await everyCut(() => new Outer());
    expect(new Set(seen[0]).size).toBe(seen[0]!.length);
    expect(seen[ofFirst]).not.toEqual(seen[0]);
  });

  test('also where two proofs go on side by side', async () => {
    const proof = () => everyCut(() => new Drawing(() => [Math.random(), Date.now()]));
    await Promise.all([proof(), proof(), proof()]);
  });

  test('and where the loop runs another one in once', async () => {
    await everyCut(() => new Drawing(async () => await new Drawing(Math.random).start().output));
  });

  test('as all random trees of loops are that draw in once', async () => {
    /** Adds something that is left to chance to whatever its onces give. */
    class Chancy extends Tree {
      override once<T>(key: string, fn: () => T | Promise<T>): Promise<T> {
        return super.once(key, () => {
          const by = Math.floor(Math.random() * 1000) + randomUUID().charCodeAt(0);
          const got = fn();
          return typeof got === 'number' ? ((got + by) as T) : got;
        });
      }
    }
    let onces = 0;
    for (let seed = firstSeed; seed < firstSeed + 25; seed++) {
      const next = random(seed);
      const node = randomTree(next, { depth: 1 + Math.floor(next() * 3), parallel: next() < 0.5 });
      const make = () => {
        const log: Log = [];
        return new Chancy(node, log);
      };
      const options = { args: [5] as [number], mayFail: true, max: isParallel(node) ? 10 : 40, seed };
      const report = await everyCut(make, options).catch((error) => {
        throw new Error(`LOOPCHART_SEED=${seed}: ${error.message}\n${JSON.stringify(node)}`, { cause: error });
      });
      onces += report.onces;
    }
    expect(onces).toBeGreaterThan(5);
  });
});

describe('what is wrong is found all the same', () => {
  test('what was drawn in once, and is kept in a field', async () => {
    class Kept extends Drawing {
      private order: number[] = [];
      override async onRunStart() {
        this.order = await this.once('order', () => [Math.random(), Math.random(), Math.random()]);
      }
      override async advance() {
        this.state.drawn.push(await this.once('next', () => this.order.shift() ?? null));
      }
    }
    const error = await fault(everyCut(() => new Kept(Math.random)));
    expect(error).toMatchObject({ code: 'RESUME_DIFFERS', causes: [{ kind: 'field' }] });
  });

  test('a variable that outlives a run', async () => {
    const queue = [1, 2, 3, 4];
    const error = await fault(everyCut(() => new Drawing(() => (queue.shift() ?? 0) + Math.random())));
    expect(error).toMatchObject({ code: 'RUNS_DIFFER', causes: [{ kind: 'shared' }] });
  });

  test('chance of which nobody can hear, as one of two things that it may be', async () => {
    const { random } = Math;
    const error = await fault(everyCut(() => new Drawing(() => random())));
    expect(error).toMatchObject({ code: 'RUNS_DIFFER', causes: [{ kind: 'shared' }] });
    expect(error.message).toContain('Or it goes by chance in a way that cannot be heard of');
  });

  test('what is drawn outside once as well, with its line', async () => {
    class Both extends Drawing {
      override async advance() {
        await super.advance();
        this.state.drawn.push(Math.random());
      }
    }
    const error = await fault(everyCut(() => new Both(randomUUID)));
    expect(error).toMatchObject({ code: 'RUNS_DIFFER', causes: [{ kind: 'random' }] });
    expect(error.message).toMatch(/`Math\.random\(\)` is called outside `once` .*every-cut-draws\.test\.ts:\d+/);
  });

  test('an id that Node gives outside once', async () => {
    class Named extends Drawing {
      override async advance() {
        this.state.drawn.push(randomUUID());
      }
    }
    const error = await fault(everyCut(() => new Named(randomUUID)));
    expect(error).toMatchObject({ code: 'RUNS_DIFFER', causes: [{ kind: 'random' }] });
    expect(error.message).toContain('`crypto.randomUUID()` is called outside `once`');
  });

  test('also where there is no crypto, and Math is frozen', async () => {
    vi.stubGlobal('crypto', undefined);
    vi.stubGlobal('Math', Object.freeze(Object.create(Math)));
    try {
      await everyCut(() => new Drawing(() => 1));
      expect(await fault(everyCut(() => new Drawing(() => Math.random())))).toMatchObject({ code: 'RUNS_DIFFER' });
    } finally {
      vi.unstubAllGlobals();
    }
  });

  test('and everything is as it was in the end', async () => {
    const replaced = () => [
      ...[Math.random, crypto.randomUUID, crypto.getRandomValues, randomUUID, randomBytes, randomInt],
      ...[Date, performance.now, Loop.prototype.run],
    ];
    const before = replaced();
    await everyCut(() => new Drawing(() => Math.random()));
    expect(replaced()).toEqual(before);
    let runs = 0;
    expect(await fault(everyCut(() => new Drawing(() => runs++ + Math.random())))).toMatchObject({
      code: 'RUNS_DIFFER',
    });
    expect(replaced()).toEqual(before);
  });
});
