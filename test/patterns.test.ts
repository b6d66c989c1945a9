import {
  type Checkpoint,
  type CheckpointStore,
  Loop,
  LoopError,
  type LoopRun,
  memoryStore,
  rememberErrors,
} from 'loopchart';
import { type RetryOptions, retry, timeout } from 'loopchart/patterns';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

// The waits of a step are its own: they go by the timers and the clock that the test moves on.
beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] }));
afterEach(() => void vi.useRealTimers());

/** Turns of the event loop in which whatever waits for no timer gets on. */
async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await new Promise(setImmediate);
}

/** So many milliseconds go by, for those who wait and by the clock. */
async function passes(ms: number): Promise<void> {
  await settle();
  await vi.advanceTimersByTimeAsync(ms);
  await settle();
}

/** Time goes by, in small steps, until a run has ended. */
async function outputOf<T>(run: LoopRun<T>): Promise<T> {
  let over = false;
  void run.outcome.then(() => {
    over = true;
  });
  for (let i = 0; i < 5000 && !over; i++) await passes(10);
  return await run.output;
}

/** One step, which is a function. */
class Step<T> extends Loop<T> {
  override state: { done: boolean; got: any } = { done: false, got: null };
  readonly step: (loop: Step<T>) => Promise<T>;

  constructor(step: (loop: Step<T>) => Promise<T>) {
    super();
    this.step = step;
  }

  get done() {
    return this.state.done;
  }

  reset() {}

  async advance() {
    this.state.got = await this.step(this);
    this.state.done = true;
  }

  override onRunEnd(): T {
    return this.state.got;
  }
}

/** A store that keeps all that was saved, as JSON. */
function keepingAll() {
  const saved: Checkpoint[] = [];
  const store: CheckpointStore = {
    ...memoryStore(),
    save: async (_, checkpoint) => void saved.push(JSON.parse(JSON.stringify(checkpoint))),
  };
  return { saved, store };
}

describe('retry', () => {
  /** Fails until the third attempt. */
  function flaky(calls: number[], options?: RetryOptions, good = 3) {
    return new Step((loop) =>
      retry(
        loop,
        'load',
        (attempt) => {
          calls.push(attempt);
          if (attempt < good) throw new RangeError(`attempt ${attempt}`);
          return `got at attempt ${attempt}`;
        },
        options,
      ),
    );
  }

  test('tries again until it does not fail, and waits longer each time', async () => {
    const calls: number[] = [];
    const { output } = flaky(calls, { delay: 1000, factor: 3, maxDelay: 2500 }, 4).start();
    await passes(999);
    expect(calls).toEqual([1]);
    await passes(1);
    expect(calls).toEqual([1, 2]);
    await passes(2499);
    expect(calls).toEqual([1, 2]);
    await passes(1);
    expect(calls).toEqual([1, 2, 3]);
    await passes(2500);
    expect(await output).toBe('got at attempt 4');
    expect(calls).toEqual([1, 2, 3, 4]);
  });

  test('throws what the last attempt threw, unchanged', async () => {
    const calls: number[] = [];
    const { outcome } = flaky(calls, { attempts: 2, delay: 0 }).start();
    await passes(0);
    const { status, error } = await outcome;
    expect([status, error]).toEqual(['failed', new RangeError('attempt 2')]);
    expect(calls).toEqual([1, 2]);
  });

  test('goes on from every checkpoint: no attempt that has failed is made again, and it comes out the same', async () => {
    const { saved, store } = keepingAll();
    const calls: number[] = [];
    const run = flaky(calls).start({ store, durability: 'sync', every: 'step' });
    await passes(10_000);
    expect(await run.output).toBe('got at attempt 3');
    // Each attempt, each wait, and the step.
    expect(saved.length).toBeGreaterThanOrEqual(6);
    const begins: number[] = [];
    for (const from of saved) {
      const again: number[] = [];
      const { output } = flaky(again).start({ from });
      await passes(10_000);
      expect(await output).toBe('got at attempt 3');
      expect(again).toEqual([1, 2, 3].slice(3 - again.length));
      begins.push(again.length);
    }
    expect(new Set(begins)).toEqual(new Set([2, 1, 0]));
  });

  test('a wait ends when it was to end, be it that no process ran, or that the clock was set back', async () => {
    const { saved, store } = keepingAll();
    const first = flaky([], { delay: 60_000 }, 2).start({ store, durability: 'sync' });
    await passes(20_000);
    first.abort('killed');
    await first.outcome;
    const from = saved.at(-1)!;
    for (const [later, waits] of [
      [10_000, 30_000],
      [500_000, 0],
      [-500_000, 60_000],
    ] as const) {
      vi.setSystemTime(Date.now() + later);
      const calls: number[] = [];
      const { output } = flaky(calls, { delay: 60_000 }, 2).start({ from: structuredClone(from) });
      if (waits > 0) await passes(waits - 1);
      expect(calls).toEqual([]);
      await passes(1);
      expect(await output).toBe('got at attempt 2');
      expect(calls).toEqual([2]);
      vi.setSystemTime(Date.now() - later - waits);
    }
  });

  test('an abort ends a wait; the end of a loop and what there is no use in trying again go through at once', async () => {
    const calls: number[] = [];
    const run = flaky(calls).start();
    await passes(10);
    run.abort('enough');
    expect(await run.outcome).toMatchObject({ status: 'aborted', reason: 'enough' });
    await passes(100_000);
    expect(calls).toEqual([1]);
    expect(vi.getTimerCount()).toBe(0);

    let tries = 0;
    const ends = new Step((loop) =>
      retry(loop, 'end', () => {
        tries++;
        throw loop.end('found it');
      }),
    );
    expect(await ends.start().outcome).toMatchObject({ status: 'finished', reason: 'found it' });
    const wrong = new Step((loop) =>
      retry(loop, 'wrong', () => {
        tries++;
        throw new LoopError('MISCONFIGURATION', 'wired wrongly');
      }),
    );
    await expect(wrong.run()).rejects.toThrow('wired wrongly');
    expect(tries).toBe(2);
  });

  test('asks `retryIf` by the error, which has its class after a resume as well', async () => {
    class HttpError extends Error {
      readonly status: number;
      constructor(status: number) {
        super(`status ${status}`);
        this.status = status;
      }
    }
    rememberErrors({ HttpError });
    const { saved, store } = keepingAll();
    const make = (calls: number[]) =>
      new Step((loop) =>
        retry(
          loop,
          'load',
          (attempt) => {
            calls.push(attempt);
            throw new HttpError(attempt === 1 ? 503 : 404);
          },
          { retryIf: (error) => error instanceof HttpError && error.status >= 500 },
        ),
      );
    const calls: number[] = [];
    const { outcome } = make(calls).start({ store, durability: 'sync' });
    await passes(1000);
    expect((await outcome).error).toMatchObject({ status: 404 });
    expect(calls).toEqual([1, 2]);
    for (const from of saved) {
      const { outcome } = make([]).start({ from });
      await passes(1000);
      const { error } = await outcome;
      expect(error).toBeInstanceOf(HttpError);
      expect(error).toMatchObject({ status: 404 });
    }
  });

  test('an attempt that takes too long has failed, and its signal aborts', async () => {
    const aborted: unknown[] = [];
    const loop = new Step((one) =>
      retry(
        one,
        'load',
        (attempt, signal) => {
          if (attempt === 2) return 'there';
          return new Promise<string>(() => signal.addEventListener('abort', () => aborted.push(signal.reason)));
        },
        { timeout: 500 },
      ),
    );
    const { output } = loop.start();
    await passes(500);
    expect(aborted).toEqual([
      expect.objectContaining({ name: 'TimeoutError', message: 'step: `load` took longer than 500 ms.' }),
    ]);
    await passes(1000);
    expect(await output).toBe('there');
  });

  test('runs of a child are tried again, side by side with others', async () => {
    class Child extends Loop<number> {
      override state = { tries: 0, done: false };
      get done() {
        return this.state.done;
      }
      reset() {
        this.state.done = false;
      }
      async advance() {
        this.state.tries++;
        await new Promise(setImmediate);
        this.state.done = true;
      }
      override onRunEnd() {
        if (this.state.tries < 3) throw new Error('not yet');
        return this.state.tries;
      }
    }
    class Parent extends Step<number[]> {
      children = [new Child(), new Child()];
      constructor() {
        super(
          async () => await Promise.all(this.children.map((child, i) => retry(this, `child ${i}`, () => child.run()))),
        );
      }
    }
    const { saved, store } = keepingAll();
    const run = new Parent().start({ store, durability: 'sync', every: 'step' });
    expect(await outputOf(run)).toEqual([3, 3]);
    for (const from of saved) expect(await outputOf(new Parent().start({ from }))).toEqual([3, 3]);
  });
});

describe('timeout', () => {
  test('what is done in time is given; what is not has failed, and its signal aborts', async () => {
    let signal!: AbortSignal;
    const make = (ms: number) =>
      new Step((loop) =>
        timeout(loop, 'ask', 100, (given) => {
          signal = given;
          return new Promise<string>((resolve) => setTimeout(() => resolve('answer'), ms));
        }),
      );
    const quick = make(99).start();
    await passes(99);
    expect(await quick.output).toBe('answer');
    await passes(1000);
    expect(signal.aborted).toBe(false);

    const slow = make(101).start();
    const { outcome } = slow;
    await passes(100);
    expect((await outcome).error).toMatchObject({
      name: 'TimeoutError',
      message: 'step: `ask` took longer than 100 ms.',
    });
    expect(signal.aborted).toBe(true);
    await passes(100);

    const aborted = make(99).start();
    await passes(1);
    aborted.abort('enough');
    expect(await aborted.outcome).toMatchObject({ status: 'aborted', reason: 'enough' });
    expect([signal.aborted, signal.reason]).toEqual([true, 'enough']);
  });

  test('that the time was over is remembered: the step goes the same way after a resume', async () => {
    class Search extends Loop<string, [signal?: AbortSignal]> {
      override state = { looked: 0 };
      #signal: AbortSignal | undefined;
      get done() {
        return this.state.looked >= 50 || this.#signal?.aborted === true;
      }
      reset(signal?: AbortSignal) {
        this.onRestart(signal);
      }
      override onRestart(signal?: AbortSignal) {
        this.#signal = signal;
      }
      async advance() {
        await new Promise((resolve) => setTimeout(resolve, 10));
        this.state.looked++;
      }
      override onRunEnd() {
        return `looked ${this.state.looked} times`;
      }
    }
    class Parent extends Step<string> {
      search = new Search();
      fallback = new Search();
      constructor() {
        super(async () => {
          try {
            return await timeout(this, 'search', 100, (signal) => this.search.run(signal));
          } catch (error) {
            return `${(error as Error).name}, then ${await this.fallback.run()}`;
          }
        });
      }
    }
    const { saved, store } = keepingAll();
    const run = new Parent().start({ store, durability: 'sync', every: 'step' });
    expect(await outputOf(run)).toBe('TimeoutError, then looked 50 times');
    const inFallback = saved.filter(({ phase }) => 'fallback' in phase.children);
    expect(inFallback.length).toBeGreaterThan(10);
    for (const from of inFallback.slice(0, 3)) {
      expect(await outputOf(new Parent().start({ from }))).toBe('TimeoutError, then looked 50 times');
    }
    // In the middle of the search, it goes on there.
    const inSearch = saved.filter(({ phase }) => 'search' in phase.children)[2]!;
    const resumed = new Parent();
    expect(await outputOf(resumed.start({ from: inSearch }))).toBe('TimeoutError, then looked 50 times');
    expect(resumed.search.state.looked).toBeGreaterThan(9);
  });
});

test('what is called wrongly is refused by name', async () => {
  const call = (what: (loop: Step<unknown>) => Promise<unknown>) => new Step(what).run();
  const fn = () => 1;
  const calls: [(loop: Step<unknown>) => Promise<unknown>, string][] = [
    [(loop) => retry(loop, '', fn), 'step: retry expected a key (a string that is not empty), got `""`'],
    [(loop) => retry(loop, 'a', 1 as never), 'step: retry expected a function, got `1`'],
    [() => retry({} as never, 'a', fn), 'retry expected the loop that calls it (`this`), got `{}`'],
    [
      (loop) => retry(loop, 'a', fn, { tries: 2 } as never),
      'options among attempts, delay, factor, maxDelay, timeout, retryIf',
    ],
    [
      (loop) => retry(loop, 'a', fn, { attempts: 0 }),
      '`attempts` to be a whole number from 1 up, or Infinity, got `0`',
    ],
    [(loop) => retry(loop, 'a', fn, { delay: -1 }), '`delay` to be milliseconds from 0 up, got `-1`'],
    [(loop) => retry(loop, 'a', fn, { factor: 0.5 }), '`factor` to be a number from 1 up, got `0.5`'],
    [(loop) => retry(loop, 'a', fn, { timeout: 2 ** 31 }), '`timeout` to be milliseconds from 1 to 2147483647'],
    [(loop) => retry(loop, 'a', fn, { retryIf: true as never }), '`retryIf` to be a function, got `true`'],
    [
      (loop) => timeout(loop, 'a', 0, fn),
      'step: timeout expected `ms` to be milliseconds from 1 to 2147483647, got `0`',
    ],
    [(loop) => timeout(loop, 'a', '5' as never, fn), 'got `"5"`'],
  ];
  for (const [what, text] of calls) await expect(call(what)).rejects.toThrow(text);
  expect(await call((loop) => retry(loop, 'a', fn))).toBe(1);
});
