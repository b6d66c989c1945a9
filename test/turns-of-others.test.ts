import { Loop, type LoopRun, memoryStore } from 'loopchart';
import { describe, expect, test } from 'vitest';
import { Both, Count, CountNow } from './support/counts.ts';
import { turn } from './support/loops.ts';

/** More rounds than go into the milliseconds after which others get their turn. */
const many = 20_000;

/** Does something to a run again and again, until a timer ends it. @returns whether the timer had its turn */
async function again(run: LoopRun<unknown>, what: (run: LoopRun<unknown>) => Promise<unknown>): Promise<boolean> {
  let isOver = false;
  setTimeout(() => {
    isOver = true;
  }, 1);
  for (let i = 0; !isOver && i < many; i++) await what(run);
  run.abort();
  await run.outcome;
  return isOver;
}

const ways: Record<string, (run: LoopRun<unknown>) => Promise<unknown>> = {
  'pause() and resume()': async (run) => {
    await run.pause();
    run.resume();
  },
  'pause()': (run) => run.pause(),
  'step()': (run) => run.step(),
  'step() and getPersistedSnapshot()': async (run) => {
    await run.step();
    run.actor.getPersistedSnapshot();
  },
  'checkpoint()': (run) => run.checkpoint(),
  'checkpoint(), which fails': (run) => run.checkpoint().catch(() => {}),
  'give()': (run) => run.give('key', 1),
};

const runs: Record<string, () => LoopRun<unknown>> = {
  'of a loop that awaits nothing': () => new CountNow(Infinity).start(),
  'of a loop that awaits what is there': () => new Count(Infinity).start(),
  'of a parent': () => new Both(new CountNow(3), new Count(3), Infinity).start(),
  'that waits': () => new Count(Infinity).start({ paused: true }),
};

describe('timers get their turn while somebody asks a run again and again for', () => {
  for (const [way, what] of Object.entries(ways)) {
    test(way, async () => {
      for (const [kind, start] of Object.entries(runs)) {
        expect([kind, await again(start(), what)]).toEqual([kind, true]);
      }
    });
  }

  test('what a run that has ended refuses', async () => {
    const run = new Count(Infinity).start();
    run.abort();
    await run.outcome;
    for (const what of [
      (one: LoopRun<unknown>) => one.checkpoint().catch(() => {}),
      (one: LoopRun<unknown>) => one.give('key').catch(() => {}),
      (one: LoopRun<unknown>) => one.pause(),
    ]) {
      expect(await again(run, what)).toBe(true);
    }
  });
});

describe('code of a run that has ended, which catches whatever comes and asks again and again', () => {
  const asks: Record<string, (loop: Asks) => Promise<unknown>> = {
    'a child': (loop) => loop.child.run(),
    receive: (loop) => loop.receive('key'),
    sleep: (loop) => loop.sleep('key', 1000),
    once: (loop) => loop.once(`key ${loop.tries}`, () => new Promise((resolve) => setTimeout(resolve, 5))),
  };

  class Asks extends Loop {
    readonly child = new Count(Infinity);
    readonly ask: (loop: Asks) => Promise<unknown>;
    tries = 0;
    isOver = false;
    constructor(ask: (loop: Asks) => Promise<unknown>) {
      super();
      this.ask = ask;
    }
    get done() {
      return false;
    }
    reset() {}
    async advance() {
      while (!this.isOver && this.tries < many) {
        this.tries++;
        await this.ask(this).catch(() => {});
      }
    }
  }

  test.each(Object.keys(asks))('%s', async (what) => {
    const loop = new Asks(asks[what]!);
    const run = loop.start();
    while (loop.tries === 0) await turn();
    run.abort('enough');
    setTimeout(() => {
      loop.isOver = true;
    }, 1);
    await run.settled;
    expect(loop.isOver).toBe(true);
    expect(loop.tries).toBeGreaterThan(1);
  });
});

test.each(['sync', 'async'] as const)('a step that calls `once` again and again, saved %s', async (durability) => {
  class Many extends Loop {
    isOver = false;
    calls = 0;
    get done() {
      return this.isOver;
    }
    reset() {}
    async advance() {
      while (!this.isOver && this.calls < 3000) await this.once(`row ${this.calls++}`, () => 1);
      this.isOver = true;
    }
  }
  const loop = new Many();
  const run = loop.start({ store: memoryStore(), id: 'run', durability });
  while (loop.calls === 0) await turn();
  let hadTurn = false;
  setTimeout(() => {
    hadTurn = true;
    loop.isOver = true;
  }, 1);
  await run.outcome;
  expect(hadTurn).toBe(true);
});
