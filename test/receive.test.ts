import { describe, expect, test, vi } from 'vitest';
import { createActor } from 'xstate';
import { Loop, memoryStore } from '../src/index.ts';

class Ask extends Loop<string> {
  override state = { n: 0, got: [] as unknown[] };
  get done() {
    return this.state.n === 3;
  }
  reset() {
    this.state = { n: 0, got: [] };
  }
  async advance() {
    this.state.got.push(await this.receive(`answer ${this.state.n}`));
    this.state.n++;
  }
  override onRunEnd() {
    return this.state.got.join(' ');
  }
}

class Outer extends Loop<string[]> {
  override state = { n: 0, all: [] as string[] };
  ask = new Ask();
  get done() {
    return this.state.n === 1;
  }
  reset() {
    this.state = { n: 0, all: [] };
  }
  async advance() {
    this.state.all.push(await this.ask.run());
    this.state.n++;
  }
  override onRunEnd() {
    return this.state.all;
  }
}

const idle = async () => {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setTimeout(resolve));
};
const json = <T>(value: T): T => JSON.parse(JSON.stringify(value));

describe.each([true, false])('watched: %s', (isWatched) => {
  const watch = isWatched ? { inspect: () => {} } : {};

  test('a step waits until somebody gives it the value', async () => {
    const run = new Ask().start(watch);
    await idle();
    expect(run.waitingFor).toEqual(["ask (advancing): receive('answer 0')"]);
    await run.give('answer 0', 'a');
    await idle();
    expect(run.waitingFor).toEqual(["ask (advancing): receive('answer 1')"]);
    run.actor.send({ type: 'loop.give', key: 'answer 1', value: 'b' });
    await run.give('answer 2', 'c');
    expect(await run.output).toBe('a b c');
    expect(run.actor.getSnapshot().context.given).toEqual([]);
  });

  test('a value that comes before it is asked for is kept', async () => {
    const run = new Outer().start(watch);
    await Promise.all([run.give('answer 2', 'c'), run.give('answer 1', 'b'), run.give('answer 0', 'a')]);
    expect(await run.output).toEqual(['a b c']);
  });

  test('a run that waits can be suspended at once, and goes on with the value', async () => {
    for (const Kind of [Ask, Outer]) {
      const run: any = new Kind().start(watch);
      await run.give('answer 0', 'a');
      await run.give('answer 2', 'c');
      await idle();
      const checkpoint = json(await run.suspend());
      const again: any = new Kind().start({ ...watch, from: checkpoint });
      await idle();
      expect(again.waitingFor).toEqual([`${Kind === Ask ? 'ask' : 'outer.ask'} (advancing): receive('answer 1')`]);
      await again.give('answer 1', 'b');
      expect(String(await again.output)).toBe('a b c');
    }
  });

  test('the actor of a loop further down passes it up', async () => {
    const run = new Outer().start(watch);
    await idle();
    const { children } = run.actor.getSnapshot();
    for (const [i, value] of ['a', 'b', 'c'].entries())
      children.ask!.send({ type: 'loop.give', key: `answer ${i}`, value });
    expect(await run.output).toEqual(['a b c']);
  });
});

test('whole steps before one that waits are not repeated, though nobody has looked', async () => {
  const log: number[] = [];
  class Late extends Loop<number> {
    override state = { n: 0 };
    get done() {
      return this.state.n === 10;
    }
    reset() {
      this.state.n = 0;
    }
    async advance() {
      log.push(this.state.n);
      if (this.state.n === 7) await this.receive('seven');
      this.state.n++;
    }
    override onRunEnd() {
      return this.state.n;
    }
  }
  const run = new Late().start();
  await idle();
  const checkpoint = json(await run.suspend());
  expect(checkpoint.position.steps).toBe(7);
  const again = new Late().start({ from: checkpoint });
  await again.give('seven');
  expect(await again.output).toBe(10);
  expect(log).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 7, 8, 9]);
});

test('a race with sleep ends, and leaves nothing that waits', async () => {
  class Race extends Loop<unknown> {
    override state = { got: null as unknown, n: 0 };
    get done() {
      return this.state.n === 2;
    }
    reset() {
      this.state = { got: null, n: 0 };
    }
    async advance() {
      this.state.got = await Promise.race([
        this.receive('a'),
        this.sleep('late', this.state.n === 0 ? 20 : 3_600_000).then(() => 'late'),
      ]);
      this.state.n++;
    }
    override onRunEnd() {
      return this.state.got;
    }
  }
  const run = new Race().start();
  for await (const { loops } of run) if (loops[0].steps === 1) break;
  await run.give('a', 'in time');
  expect(await run.output).toBe('in time');
});

test('an embedded machine', async () => {
  const actor = createActor(new Ask().machine).start();
  for (const n of [0, 1, 2]) actor.send({ type: 'loop.give', key: `answer ${n}`, value: n });
  await idle();
  expect(actor.getSnapshot().output).toBe('0 1 2');
});

test('a store saves what was given before it is acknowledged', async () => {
  const store = memoryStore();
  const run = new Outer().start({ store, id: 'a', durability: 'sync' });
  await run.give('answer 1', 'b');
  const checkpoint = (await store.load('a'))!;
  expect(checkpoint.phase.context.given).toEqual([{ key: 'answer 1', value: 'b' }]);
  run.abort('over');
  await run.outcome;
});

describe('a loop that waits for the first time after many steps that waited for nothing', () => {
  const newClass = () =>
    class Late extends Loop<number> {
      override state = { n: 0, got: 0 };
      get done() {
        return this.state.n === 400;
      }
      reset() {
        this.state = { n: 0, got: 0 };
      }
      async advance() {
        if (this.state.n % 200 === 199) this.state.got += await this.receive<number>('number');
        this.state.n++;
      }
      override onRunEnd() {
        return this.state.got;
      }
    };

  test('gets its values, each once', async () => {
    const Late = newClass();
    const run = new Late().start();
    await idle();
    await run.give('number', 1);
    await run.give('number', 2);
    await run.give('number', 3);
    expect(await run.output).toBe(3);
    expect(run.actor.getSnapshot().context.given).toEqual([{ key: 'number', value: 3 }]);
  });

  test('is suspended when that step is over, and at once in a later one', async () => {
    const Late = newClass();
    const run = new Late().start();
    await idle();
    expect(run.waitingFor).toEqual(["late (advancing): receive('number')"]);
    const suspended = run.suspend();
    await idle();
    await run.give('number', 1);
    const first = json(await suspended);
    expect(first.position.steps).toBe(200);
    const again = new Late().start({ from: first });
    await idle();
    const second = json(await again.suspend());
    expect(second.position.steps).toBe(399);
    const last = new Late().start({ from: second });
    await last.give('number', 2);
    expect(await last.output).toBe(3);
  });
});

test('a step that has waited for anything is kept, and so is the next: no step is repeated', async () => {
  const log: number[] = [];
  class Slow extends Loop {
    override state = { n: 0 };
    get done() {
      return this.state.n === 105;
    }
    reset() {
      this.state.n = 0;
    }
    async advance() {
      log.push(this.state.n);
      if (this.state.n === 100) await new Promise((resolve) => setTimeout(resolve, 1));
      if (this.state.n === 101) await this.receive('go');
      this.state.n++;
    }
  }
  const run = new Slow().start();
  while (log.length < 102) await idle();
  const again = new Slow().start({ from: json(await run.suspend()) });
  await again.give('go');
  await again.output;
  expect(log.slice(99)).toEqual([99, 100, 101, 101, 102, 103, 104]);
});

test.each([
  ['', 'a key (a string that is not empty)'],
  [7, 'a key (a string that is not empty)'],
])('a key that is none: %o', async (key, expected) => {
  class Wrong extends Loop {
    override state = { n: 0 };
    get done() {
      return this.state.n === 1;
    }
    reset() {}
    async advance() {
      await this.receive(key as string);
    }
  }
  const run = new Wrong().start();
  expect(await run.outcome).toMatchObject({ status: 'failed', error: { code: 'MISCONFIGURATION' } });
  expect(((await run.outcome) as any).error.message).toContain(`receive expected ${expected}`);
  await expect(new Ask().start().give(key as string)).rejects.toThrow(`give expected ${expected}`);
});

test('what cannot be given, and to whom, is said', async () => {
  const run = new Ask().start();
  await expect(run.give('answer 0', new Map())).rejects.toMatchObject({ code: 'NOT_PLAIN_DATA' });
  const rows = [{ when: new Date(0) }];
  await expect(run.give('answer 0', { rows })).rejects.toThrow('got an instance of Date at `.rows[0].when`');
  // Whoever sends the event itself is not told; whoever asks for the value is.
  run.actor.send({ type: 'loop.give', key: 'answer 0', value: new Map() });
  expect(await run.outcome).toMatchObject({ status: 'failed', error: { code: 'NOT_PLAIN_DATA', path: 'ask' } });
  await expect(run.give('answer 0', 1)).rejects.toMatchObject({ code: 'RUN_ENDED' });
  // Nobody gets hold of it.
  await expect(new Ask().run()).rejects.toMatchObject({ code: 'MISCONFIGURATION' });
});

test('a sleep ends when it was to end, though the timers stood still while the machine was asleep', async () => {
  class Sleeper extends Loop<number> {
    override state = { n: 0 };
    get done() {
      return this.state.n === 1;
    }
    reset() {}
    async advance() {
      await this.sleep('an hour', 3_600_000);
      this.state.n++;
    }
  }
  const { setTimeout, Date: RealDate } = globalThis;
  const waited: number[] = [];
  let asleep = 0;
  // The machine falls asleep during the first timer, for two hours of which no timer knows.
  globalThis.setTimeout = ((callback: () => void, ms = 0) => {
    waited.push(ms);
    return setTimeout(() => {
      asleep = 7_200_000;
      callback();
    });
  }) as never;
  globalThis.Date = class extends RealDate {
    static override now() {
      return RealDate.now() + asleep;
    }
  } as never;
  try {
    await new Sleeper().start().output;
  } finally {
    Object.assign(globalThis, { setTimeout, Date: RealDate });
  }
  expect(waited.filter((ms) => ms > 1000)).toEqual([60_000]);
});

test('two that wait for one key at a time are refused; one after another they get one value each', async () => {
  class Two extends Loop<unknown[]> {
    override state = { n: 0, got: [] as unknown[] };
    get done() {
      return this.state.n === 1;
    }
    reset() {}
    async advance() {
      const first = this.receive('same');
      await expect(this.receive('same')).rejects.toMatchObject({ code: 'RECEIVE_TWICE' });
      this.state.got.push(await first, await this.receive('same'));
      this.state.n++;
    }
    override onRunEnd() {
      return this.state.got;
    }
  }
  const run = new Two().start();
  await idle();
  await run.give('same', 1);
  await run.give('same', 2);
  expect(await run.output).toEqual([1, 2]);
});

test('who gives a value whenever the run waits for one is not asked again for what is there', async () => {
  const run = new Ask().start();
  let given = 0;
  run.actor.subscribe(() => {
    const key = /receive\('(.+)'\)/.exec(run.waitingFor.join())?.[1];
    if (key !== undefined) void run.give(key, given++);
  });
  expect(await run.output).toBe('0 1 2');
  expect(given).toBe(3);
});

test('an abort ends a wait, with its reason', async () => {
  const seen: unknown[] = [];
  class Seeing extends Ask {
    override async advance() {
      await this.receive('never').catch((error) => {
        seen.push(error);
        throw error;
      });
    }
  }
  const run = new Seeing().start();
  await idle();
  run.abort('enough');
  expect(await run.outcome).toMatchObject({ status: 'aborted', reason: 'enough' });
  await run.settled;
  expect(seen).toEqual(['enough']);
});

describe('sleeps that end while no process runs end in the order in which they were due', () => {
  /** Which of two comes first. */
  class Ask extends Loop<string> {
    override state = { first: '' };
    get done() {
      return this.state.first !== '';
    }
    reset() {
      this.state.first = '';
    }
    async advance() {
      const named = (name: string, ms: number) => this.sleep(name, ms).then(() => name);
      this.state.first = await Promise.race([named('deadline', 80), named('remind', 40)]);
    }
    override onRunEnd() {
      return this.state.first;
    }
  }

  class Sleeper extends Loop<number> {
    override state = { n: 0 };
    readonly ms: number;
    constructor(ms: number) {
      super();
      this.ms = ms;
    }
    get done() {
      return this.state.n >= 1;
    }
    reset() {
      this.state.n = 0;
    }
    async advance() {
      await this.sleep('a while', this.ms);
      this.state.n++;
    }
    override onRunEnd() {
      return this.ms;
    }
  }

  class Pool extends Loop<number[]> {
    override state: { ended: number[] } = { ended: [] };
    readonly sleepers: Sleeper[] = [90, 50, 70].map((ms) => new Sleeper(ms));
    get done() {
      return this.state.ended.length > 0;
    }
    reset() {
      this.state.ended = [];
    }
    async advance() {
      const ended: number[] = [];
      await Promise.all(this.sleepers.map(async (one) => void ended.push(await one.run())));
      this.state.ended = ended;
    }
    override onRunEnd() {
      return this.state.ended;
    }
  }

  test.each<[string, () => Loop<unknown>, unknown]>([
    ['in one step', () => new Ask(), 'remind'],
    ['in loops side by side', () => new Pool(), [50, 70, 90]],
  ])('%s', async (_, make, expected) => {
    const run = make().start();
    await idle();
    const from = await run.suspend();
    await new Promise((resolve) => setTimeout(resolve, 120));
    for (const options of [{}, { inspect: () => {} }]) {
      expect(await make().start({ from, ...options }).output).toEqual(expected);
    }
  });

  test('whatever becomes of fakes that timers were set on', async () => {
    const run = new Ask().start();
    await idle();
    const from = await run.suspend();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    vi.setSystemTime(Date.now() + 1000);
    const left = new Ask().start({ from });
    try {
      while (vi.getTimerCount() === 0) await new Promise(setImmediate);
    } finally {
      vi.useRealTimers();
    }
    left.abort();
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect(await new Ask().start({ from }).output).toBe('remind');
  });
});
