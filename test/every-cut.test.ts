import { Loop, LoopError, type Stateful } from 'loopchart';
import { everyCut } from 'loopchart/testing';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Count, Family } from './support/loops.ts';
import { isParallel, type Log, random, randomTree, Tree } from './support/trees.ts';

class Model implements Stateful {
  seen = new Map<string, unknown>();
  stateDict() {
    return new Map(this.seen);
  }
  loadStateDict(seen: Map<string, unknown>) {
    this.seen = new Map(seen);
  }
}

describe('a loop that goes on exactly', () => {
  test('is reported with how many cuts there were, and in which states', async () => {
    const report = await everyCut(() => new Count(3));
    expect(String(report)).toMatchInlineSnapshot(
      `"count goes on exactly. All 8 boundaries were cut. entering 1, resetting 1, starting 1, advancing 3, ending 1, finished 1."`,
    );
    expect(report).toMatchObject({ cuts: 8, boundaries: 8, isSampled: false, parallel: 0, onces: 0, effects: false });
  });

  test('is cut in its children, after each once, and where they run side by side', async () => {
    const report = await everyCut(() => new Family(), { args: ['hi'] });
    expect(report.cuts).toBe(report.boundaries);
    expect(report.onces).toBe(3);
    expect(report.parallel).toBeGreaterThan(3);
    expect(Object.keys(report.states)).toEqual([
      'entering',
      'resetting',
      'starting',
      'advancing',
      'ending',
      'finished',
    ]);
    expect(Object.keys(report.loops)).toEqual(['family', 'family.first', 'family.pair.0', 'family.pair.1']);
  });

  test('may be one that fails, that is ended or skipped: it has to be the same', async () => {
    class Ends extends Count {
      override async advance() {
        await super.advance();
        if (this.state.n === 2) throw this.end('two');
      }
    }
    class Fails extends Count {
      override async advance() {
        await super.advance();
        if (this.state.n === 2) throw new RangeError('two');
      }
    }
    class Skips extends Count {
      override get skip() {
        return true;
      }
    }
    for (const make of [() => new Ends(4), () => new Fails(4), () => new Skips(4)])
      expect((await everyCut(make, { mayFail: true })).cuts).toBeGreaterThan(0);
  });

  test('is made with what belongs to it, also later', async () => {
    class Trained extends Count {
      readonly model = new Model();
      override async advance(by?: number) {
        await super.advance(by);
        this.model.seen = new Map([['weights', new Float32Array([Number.NaN, this.state.n])]]);
      }
    }
    const report = await everyCut(
      async () => {
        const loop = new Trained(4);
        return { loop, assets: () => loop.model.seen.get('weights') };
      },
      { args: [2] },
    );
    expect(report).toMatchObject({ boundaries: 7 });
  });

  const firstSeed = Number(process.env.LOOPCHART_SEED ?? 1);
  test('is found to be one among random trees of loops', async () => {
    let cuts = 0;
    for (let seed = firstSeed; seed < firstSeed + 15; seed++) {
      const next = random(seed);
      const node = randomTree(next, { depth: 1 + Math.floor(next() * 3), parallel: next() < 0.5 });
      const make = () => {
        const log: Log = [];
        return new Tree(node, log);
      };
      const report = await everyCut(make, { args: [5], mayFail: true, max: isParallel(node) ? 10 : 40, seed }).catch(
        (error) => {
          throw new Error(`LOOPCHART_SEED=${seed}: ${error.message}\n${JSON.stringify(node)}`, { cause: error });
        },
      );
      cuts += report.cuts;
    }
    expect(cuts).toBeGreaterThan(50);
  });
});

describe('where there are too many boundaries', () => {
  test('they are sampled evenly, the same ones for the same seed, and the report says so', async () => {
    const made: number[] = [];
    const make = () => {
      const loop = new Count(100);
      made.push(0);
      return loop;
    };
    const report = await everyCut(make, { max: 10, seed: 3 });
    expect(String(report)).toMatchInlineSnapshot(
      `"count goes on exactly. 10 of 105 boundaries were cut, sampled evenly with the seed 3. entering 1, resetting 1, starting 1, advancing 100, ending 1, finished 1."`,
    );
    expect(report).toMatchObject({ cuts: 10, boundaries: 105, isSampled: true, seed: 3 });
    // Three whole ones, and those that go on.
    expect(made.length).toBe(13);
  });

  test('so does the error', async () => {
    class Kept extends Count {
      private at = 0;
      override async advance() {
        this.at++;
        this.state.n = this.at;
      }
    }
    const error = await everyCut(() => new Kept(50), { max: 5, seed: 1 }).catch((error: unknown) => error);
    expect((error as Error).message).toContain('5 of 55 boundaries were cut, sampled evenly with the seed 1.');
  });
});

describe('everyCut gives up', () => {
  test('on a run that goes on and does not end, and says what that waits for', async () => {
    class Waits extends Count {
      open = false;
      override reset() {
        super.reset();
        this.open = true;
      }
      override async advance() {
        if (!this.open) await new Promise(() => {});
        await super.advance();
      }
    }
    const error = await everyCut(() => new Waits(2), { timeout: 300 }).catch((error: unknown) => error);
    expect(error).toMatchObject({ code: 'RESUME_DIFFERS', difference: { what: 'status', got: 'late' } });
    expect((error as Error).message).toContain('It waits for waits (advancing)');
    expect((error as any).causes).toMatchObject([{ kind: 'restart' }]);
  });

  test('on a loop that does not end without a cut', async () => {
    class Endless extends Count {
      override async advance() {
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    }
    const error = await everyCut(() => new Endless(2), { timeout: 100 }).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(LoopError);
    expect((error as Error).message).toBe(
      'endless: had not ended after 100 ms, and was aborted. It waits for endless (advancing).',
    );
  });

  test('on one that fails, unless it may', async () => {
    class Fails extends Count {
      override async advance() {
        throw new RangeError('no');
      }
    }
    await expect(everyCut(() => new Fails(2))).rejects.toThrow(new RangeError('no'));
    expect((await everyCut(() => new Fails(2), { mayFail: true })).cuts).toBeGreaterThan(0);
  });

  test('on one that cannot be saved, with what that says', async () => {
    class Odd extends Loop<object> {
      override state = { n: 0 };
      get done() {
        return true;
      }
      reset() {}
      advance() {}
      override onRunEnd() {
        return new Set();
      }
    }
    await expect(everyCut(() => new Odd())).rejects.toMatchObject({ code: 'NOT_PLAIN_DATA', path: 'odd' });
  });
});

test('arguments and effects have the types of the loop', async () => {
  abstract class Mail extends Loop<string, [to: string[]]> {
    readonly sent: string[] = [];
  }
  const mail = () => ({}) as Mail;
  const refused = [
    everyCut(mail, { args: [['a']], effects: ({ sent }) => sent }),
    everyCut(mail, { args: () => [['a']] }),
    everyCut(async () => mail(), { args: [['a']] }),
    everyCut(() => ({ loop: mail(), args: [['a']] })),
    everyCut(async () => ({ loop: mail(), args: [['a']] })),
    // @ts-expect-error: it takes a list of texts
    everyCut(mail, { args: [5] }),
    // @ts-expect-error: the same
    everyCut(() => ({ loop: mail(), args: [5] })),
    // @ts-expect-error: the loop has no such thing
    everyCut(mail, { effects: ({ mails }) => mails }),
  ];
  for (const one of refused) await expect(one).rejects.toMatchObject({ code: 'MISCONFIGURATION' });
});

describe('everyCut refuses', () => {
  const one = new Count(2);
  test.each<[string, () => Promise<unknown>, string]>([
    ['a loop in the place of what makes one', () => everyCut(one as any), 'a function that makes a new loop'],
    ['a class', () => everyCut(Count as any), 'a function that makes a new loop, () => new Fit(), got `class Count`'],
    ['the same loop again', () => everyCut(() => one), 'expected `make` to give a new loop with each call'],
    ['something that is no loop', () => everyCut(() => ({ run() {} }) as any), '`make` to give a new loop, or { loop'],
    ['nothing', () => everyCut(() => undefined as any), 'got `undefined`'],
    ['an unknown option', () => everyCut(() => new Count(1), { cuts: 3 } as any), 'options among args'],
    ['half a cut', () => everyCut(() => new Count(1), { max: 0.5 }), '`max` to be a whole number from 1 up, got `0.5`'],
    ['a seed that is none', () => everyCut(() => new Count(1), { seed: Number.NaN }), '`seed` to be a whole number'],
    [
      'a clock that is none',
      () => everyCut(() => new Count(1), { clock: 'mine' as any }),
      "`clock` to be 'play' or 'real'",
    ],
    ['no time', () => everyCut(() => new Count(1), { timeout: 0 }), '`timeout` to be milliseconds above 0'],
    ['arguments that are no list', () => everyCut(() => new Count(1), { args: 5 as any }), '`args` to be an array'],
  ])('%s', async (_, prove, message) => {
    const error = await prove().catch((error: unknown) => error);
    expect(error).toMatchObject({ code: 'MISCONFIGURATION' });
    expect((error as Error).message).toContain(message);
  });
});

describe('time', () => {
  const hour = 3_600_000;

  /** Waits for an hour in each step. */
  class Hourly extends Count {
    override async advance() {
      await this.once('wait', () => new Promise<void>((resolve) => setTimeout(resolve, hour)));
      this.state.n++;
    }
  }

  test('may be its own: a loop that waits for hours takes none', async () => {
    const { setTimeout: before } = globalThis;
    const report = await everyCut(() => new Hourly(2), { clock: 'play' });
    expect(report).toMatchObject({ cuts: 9, onces: 2 });
    expect(globalThis.setTimeout).toBe(before);
  });

  test('that has passed between the cut and what follows is found to matter', async () => {
    class Measures extends Hourly {
      override async advance() {
        const before = await this.once('before', () => Date.now());
        await super.advance();
        const hours = Math.round((Date.now() - before) / hour);
        if (hours !== 1) throw new Error(`${hours} hours`);
      }
    }
    const error = await everyCut(() => new Measures(3), { clock: 'play' }).catch((error: unknown) => error);
    expect(error).toMatchObject({ code: 'RESUME_DIFFERS', causes: [{ kind: 'time' }] });
  });

  test('is given back where something is found', async () => {
    const { setTimeout: before } = globalThis;
    class Kept extends Hourly {
      private at = 0;
      override async advance() {
        await super.advance();
        this.state.n = ++this.at;
      }
    }
    const error = await everyCut(() => new Kept(2), { clock: 'play' }).catch((error: unknown) => error);
    expect(error).toMatchObject({ code: 'RESUME_DIFFERS', causes: [{ kind: 'field' }] });
    expect(globalThis.setTimeout).toBe(before);
  });
});

describe('under fake timers', () => {
  afterEach(() => void vi.useRealTimers());

  test('everyCut goes on as ever', async () => {
    vi.useFakeTimers();
    expect((await everyCut(() => new Count(2))).cuts).toBe(7);
  });
});
