import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Loop } from 'loopchart';
import { fileStore } from 'loopchart/node';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Count } from './support/loops.ts';

afterEach(() => vi.useRealTimers());

const { setImmediate } = globalThis;
const second = () => new Promise<void>((resolve) => setTimeout(resolve, 1000));

/** Waits a second in each step; in the first as long as it takes a machine to load a program, too. */
class Slow extends Count {
  override async advance() {
    if (this.state.n === 0) busy(20);
    await second();
    await super.advance();
  }
}

/** Uses the processor for some milliseconds, longer than a loop may go on by itself. */
function busy(ms: number): void {
  const until = process.uptime() + ms / 1000;
  while (process.uptime() < until);
}

class Outer extends Count {
  readonly inner = new Slow(2);
  override async advance() {
    await this.inner.run();
    await second();
    await super.advance();
  }
}

class Side extends Count {
  readonly pair = [new Slow(2), new Slow(3)];
  override async advance() {
    await Promise.all(this.pair.map((loop) => loop.run()));
    await super.advance();
  }
}

class Hooks extends Count {
  override async reset() {
    await second();
    super.reset();
  }
  override onRunStart() {
    return second();
  }
  override onAdvanceStart() {
    busy(20);
    return second();
  }
  override onAdvanceEnd() {
    busy(20);
    return second();
  }
}

describe('under the fake timers of a test a loop gets on as the timers are moved on', () => {
  test.each([
    ['a loop', () => new Slow(3), 3000],
    ['a loop that runs another', () => new Outer(3), 9000],
    ['a loop that runs two side by side', () => new Side(2), 6000],
    ['a loop whose hooks wait', () => new Hooks(2), 6000],
  ] as [string, () => Count, number][])('%s', async (_, make, ms) => {
    for (const watched of [false, true]) {
      // From here on, what moves the timers has its turn before anything that waits for one of its own.
      await new Promise((resolve) => setImmediate(resolve));
      vi.useFakeTimers();
      let output: number | undefined;
      const { output: end } = make().start(watched ? { inspect: () => {} } : {});
      void end.then((n) => {
        output = n;
      });
      await vi.advanceTimersByTimeAsync(ms - 1);
      expect(output).toBe(undefined);
      await vi.advanceTimersByTimeAsync(1);
      expect(output).toBe(await end);
      vi.useRealTimers();
    }
  });

  test('a loop of steps that wait for nothing still gives the others their turn', async () => {
    vi.useFakeTimers();
    class Endless extends Count {
      override advance() {
        return Promise.resolve();
      }
    }
    const run = new Endless(1).start();
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    expect(await run.stop()).toMatchObject({ status: 'stopped' });
  });

  test('a run is paused, goes on and is saved in files', async () => {
    vi.useFakeTimers();
    const dir = mkdtempSync(join(tmpdir(), 'loopchart-fake-'));
    try {
      const store = fileStore(dir, { keep: 1 });
      const run = new Count(5).start({ id: 'run', store, every: 'step', durability: 'sync', paused: true });
      await run.step(2);
      run.resume();
      expect(await run.output).toBe(5);
      expect((await store.load('run'))?.position.steps).toBe(5);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});

test('a library that was loaded under fake timers goes by something else', async () => {
  vi.resetModules();
  vi.useFakeTimers({ toFake: ['setTimeout', 'setImmediate', 'queueMicrotask', 'performance', 'hrtime', 'Date'] });
  const library = await import('loopchart');
  expect(library.Loop).not.toBe(Loop);
  let turns = 0;
  class Long extends library.Loop<number> {
    override state = { n: 0 };
    /** It goes on for as long as nobody else has had a turn. */
    get done() {
      return turns > 0;
    }
    reset() {}
    advance() {
      this.state.n++;
    }
    override onRunEnd() {
      return this.state.n;
    }
  }
  const count = () => {
    turns++;
    setImmediate(count);
  };
  const run = new Long().run();
  setImmediate(count);
  expect(await run).toBeGreaterThan(0);
});
