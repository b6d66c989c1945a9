import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { setInterval as every, setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Loop } from 'loopchart';
import { retry, timeout } from 'loopchart/patterns';
import { type Player, play } from 'loopchart/testing';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Count, Family } from './support/loops.ts';

const hour = 3_600_000;

/** Waits for an hour in each step. */
class Hourly extends Count {
  override async advance(by?: number) {
    await new Promise((resolve) => setTimeout(resolve, hour));
    await super.advance(by);
  }
}

class Outer extends Count {
  readonly inner = new Count(3);
  override async advance() {
    await this.inner.run();
    await super.advance();
  }
}

describe('a script', () => {
  test('goes to a step, looks, sends an event, and lets the run finish', async () => {
    const outcome = await play(new Count(10), async (count) => {
      expect([count.value, count.steps, count.state]).toEqual(['paused', 0, { n: 0 }]);
      await count.toStep(3);
      expect([count.value, count.steps, count.state]).toEqual(['paused', 3, { n: 3 }]);
      await count.step();
      expect(count.state?.n).toBe(4);
      count.send({ type: 'loop.stop', reason: 'enough' });
      expect(await count.finish()).toMatchObject({ status: 'stopped', reason: 'enough', output: 4 });
    });
    expect(outcome).toMatchObject({ status: 'stopped', output: 4 });
  });

  test('that is over lets the run finish', async () => {
    expect(await play(new Count(4), () => {})).toEqual({ status: 'finished', output: 4, steps: 4 });
    expect(await play(new Count(4), (count) => count.toStep(2), { args: [2] })).toMatchObject({ steps: 2, output: 4 });
    // What such a script returns matters to nobody.
    expect(await play(new Count(4), (count) => count.finish())).toMatchObject({ steps: 4 });
    expect(await play(new Count(4), (count) => count.stop('x'))).toMatchObject({ status: 'stopped', reason: 'x' });
    expect(await play(new Count(4), (count) => count.suspend('y'))).toMatchObject({ status: 'suspended' });
  });

  test('steps into children, and sees where each stands', async () => {
    await play(new Outer(2), async (outer) => {
      await outer.toStep(2, 'inner');
      expect(outer.at('inner')).toMatchObject({ path: 'outer.inner', steps: 2, value: 'paused', state: { n: 2 } });
      expect(outer.at('outer')?.steps).toBe(0);
      await outer.toStep(1);
      expect(outer.state).toEqual({ n: 1 });
      expect(outer.loops[0]!.path).toBe('outer');
    });
  });

  test('goes on until something is so', async () => {
    await play(new Family(), async (family) => {
      await family.until(() => family.at('pair.1')?.steps === 2);
      expect(family.loops.map(({ path }) => path)).toContain('family.pair.1');
      await family.until(({ state }) => (state?.n ?? 0) >= 2);
      expect(family.steps).toBe(2);
    });
  });

  test('suspends, and another goes on from there', async () => {
    let checkpoint: any;
    const outcome = await play(new Count(5), async (count) => {
      await count.toStep(2);
      checkpoint = JSON.parse(JSON.stringify(await count.suspend('for now')));
    });
    expect(outcome).toMatchObject({ status: 'suspended', reason: 'for now' });
    const rest = await play(
      new Count(5),
      (count) => {
        expect([count.steps, count.state]).toEqual([2, { n: 2 }]);
      },
      { from: checkpoint },
    );
    expect(rest).toMatchObject({ status: 'finished', output: 5 });
  });

  test('stops and aborts', async () => {
    expect(await play(new Count(5), (count) => void count.stop('now'))).toMatchObject({ status: 'stopped', output: 0 });
    const error = new Error('no');
    const outcome = await play(new Hourly(5), async (count) => {
      count.resume();
      expect(await count.abort(error)).toMatchObject({ status: 'aborted', error });
    });
    expect(outcome.status).toBe('aborted');
  });

  test('hears how a run failed', async () => {
    class Fails extends Count {
      override async advance() {
        throw new RangeError('no');
      }
    }
    const outcome = await play(new Fails(2), async (loop) => {
      await loop.step();
      expect(loop.outcome).toMatchObject({ status: 'failed' });
    });
    expect(outcome).toMatchObject({ status: 'failed', error: new RangeError('no') });
  });

  test('that throws ends the run, and gets its error back', async () => {
    const loop = new Hourly(5);
    const error = new Error('not so');
    const script = async () => {
      throw error;
    };
    await expect(play(loop, script)).rejects.toBe(error);
    expect(loop.running).toBe(false);
  });

  test('that leaves a step in its middle lets its code end, so that the loop can be started anew', async () => {
    const loop = new Hourly(2);
    const script = async (player: Player) => {
      player.resume();
      await player.clock.advance(5);
      throw new Error('not so');
    };
    await expect(play(loop, script)).rejects.toThrow('not so');
    expect(await play(loop, () => {})).toMatchObject({ status: 'finished', output: 2 });
  });
});

describe('time', () => {
  const real = [setTimeout, setInterval, clearTimeout, clearInterval, Date, performance.now, sleep];

  afterEach(() => {
    vi.useRealTimers();
    expect([setTimeout, setInterval, clearTimeout, clearInterval, Date, performance.now, sleep]).toEqual(real);
  });

  test('moves on by itself when there is nothing else to do', async () => {
    const now = Date.UTC(2030, 0, 1);
    const outcome = await play(
      new Hourly(24),
      async (loop) => {
        expect([loop.clock.now, Date.now(), new Date().toISOString()]).toEqual([now, now, '2030-01-01T00:00:00.000Z']);
        const before = performance.now();
        await loop.toStep(3);
        expect(new Date().toISOString()).toBe('2030-01-01T03:00:00.000Z');
        expect(performance.now() - before).toBe(3 * hour);
      },
      { now: new Date(now) },
    );
    expect(outcome).toMatchObject({ status: 'finished', output: 24 });
    expect(Date.now()).toBeLessThan(now);
  });

  test('stands still where the test moves it', async () => {
    await play(new Hourly(3), async (loop) => {
      loop.clock.runsOn = false;
      loop.resume();
      await loop.clock.advance(hour - 1);
      expect([loop.steps, loop.clock.timers]).toEqual([0, 1]);
      await loop.clock.advance(1);
      expect(loop.steps).toBe(1);
      await loop.clock.advance(2 * hour);
      expect(loop.outcome).toMatchObject({ status: 'finished' });
    });
  });

  test('is that of node:timers/promises, of intervals and of promisify as well', async () => {
    class Ways extends Count {
      override async advance() {
        if (this.state.n === 0) await sleep(hour);
        if (this.state.n === 1) await promisify(setTimeout)(hour);
        if (this.state.n === 2) {
          let ticks = 0;
          await new Promise<void>((resolve) => {
            const interval = setInterval(() => {
              if (++ticks < 3) return;
              clearInterval(interval);
              resolve();
            }, hour);
          });
        }
        if (this.state.n === 3) for await (const _ of every(hour)) break;
        await super.advance();
      }
    }
    await play(
      new Ways(4),
      async (loop) => {
        const hours: number[] = [];
        for (let step = 1; step <= 4; step++) {
          await loop.toStep(step);
          hours.push(Date.now() / hour);
        }
        expect(hours).toEqual([1, 2, 5, 6]);
      },
      { now: 0 },
    );
  });

  test('ends waits that are called off', async () => {
    class Called extends Count {
      override async advance() {
        const controller = new AbortController();
        const waiting = sleep(hour, undefined, { signal: controller.signal }).catch((error: Error) => error);
        controller.abort();
        expect(await waiting).toMatchObject({ name: 'AbortError', code: 'ABORT_ERR' });
        const timer = setTimeout(() => expect.fail('it was cleared'), 10);
        clearTimeout(timer);
        await sleep(20);
        await super.advance();
      }
    }
    expect(await play(new Called(1), (loop) => expect(loop.clock.timers).toBe(0))).toMatchObject({ output: 1 });
  });

  test('does not pass while a file is read and a server is asked', async () => {
    const server = createServer((_, response) => {
      // Some turns later.
      let turns = 0;
      const later = () => (++turns < 20 ? setImmediate(later) : response.end('hello'));
      later();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    class Asks extends Count {
      override async advance() {
        const file = await timeout(this, 'read', 5, async () => (await readFile(import.meta.filename)).length);
        const text = await timeout(this, 'ask', 5, async () => (await fetch(`http://127.0.0.1:${port}`)).text());
        expect([file > 0, text]).toEqual([true, 'hello']);
        await super.advance();
      }
    }
    try {
      expect(await play(new Asks(2), () => {})).toMatchObject({ status: 'finished', output: 2 });
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  test('serves retry and timeout', async () => {
    class Tries extends Count {
      override async advance() {
        await retry(this, 'try', (attempt) => {
          if (attempt < 4) throw new Error(`attempt ${attempt}`);
        });
        await timeout(this, 'late', hour, () => new Promise(() => {})).catch(() => {});
        await super.advance();
      }
    }
    await play(
      new Tries(1),
      async (loop) => {
        expect(await loop.finish()).toMatchObject({ output: 1 });
        expect(Date.now()).toBe(1000 + 2000 + 4000 + hour);
      },
      { now: 0 },
    );
  });

  test('is that of the fake timers of a test, where it has some', async () => {
    vi.useFakeTimers({ now: 0 });
    const fake = setTimeout;
    const outcome = await play(new Hourly(3), async (loop) => {
      expect(setTimeout).toBe(fake);
      await loop.toStep(1);
      expect([loop.clock.now, Date.now()]).toEqual([hour, hour]);
      loop.clock.runsOn = false;
      loop.resume();
      await loop.clock.advance(hour / 2);
      expect(loop.steps).toBe(1);
      await loop.clock.advance(hour / 2);
      expect(loop.steps).toBe(2);
      loop.clock.runsOn = true;
    });
    expect(outcome).toMatchObject({ status: 'finished', output: 3 });
    expect(Date.now()).toBe(3 * hour);
  });

  test('is one for all: a second play has to wait', async () => {
    const both = await Promise.allSettled([play(new Count(2), () => {}), play(new Count(2), () => {})]);
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect((both[1] as PromiseRejectedResult).reason).toMatchObject({ code: 'MISCONFIGURATION' });
    expect(await play(new Count(2), () => {})).toMatchObject({ output: 2 });
  });
});

describe('play says what is wrong', () => {
  test('where a step waits for what never comes', async () => {
    class Waits extends Count {
      override async advance() {
        await new Promise(() => {});
      }
    }
    await expect(play(new Waits(2), (loop) => loop.step(), { timeout: 100 })).rejects.toThrow(
      'waits: step(1) has waited for 100 ms in which nothing happened. ' +
        'It waits for waits (advancing), and for no timer that play moves on.',
    );
  });

  test('where the run ends before it is where the script wants it', async () => {
    await expect(play(new Count(2), (loop) => loop.toStep(3))).rejects.toMatchObject({
      code: 'RUN_ENDED',
      message: 'count: the run has ended (finished) after 2 steps, before step 3 of count.',
    });
    await expect(play(new Count(2), (loop) => loop.until(() => false))).rejects.toThrow('before what `until` asks for');
  });

  test('where a step is over already', async () => {
    const script = async (loop: { toStep(step: number): Promise<void> }) => {
      await loop.toStep(2);
      await loop.toStep(1);
    };
    await expect(play(new Count(4), script)).rejects.toThrow(
      'count has taken 2 steps already: it cannot go to step 1.',
    );
  });

  test.each<[string, () => Promise<unknown>, string]>([
    ['no loop', () => play({} as any, () => {}), 'play expected a loop, got `{}`'],
    ['no script', () => play(new Count(1), undefined as any), 'play expected a script'],
    ['no time', () => play(new Count(1), () => {}, { now: Number.NaN }), '`now` to be a Date'],
    ['no patience', () => play(new Count(1), () => {}, { timeout: 0 }), '`timeout` to be milliseconds above 0'],
    ['an unknown option', () => play(new Count(1), () => {}, { clock: 1 } as any), 'options among args'],
  ])('%s', async (_, begin, message) => {
    const error = await begin().catch((error: unknown) => error);
    expect(error).toMatchObject({ code: 'MISCONFIGURATION' });
    expect((error as Error).message).toContain(message);
  });

  test('of time that goes back, or of half a step', async () => {
    await play(new Count(3), async (loop) => {
      await expect(loop.clock.advance(-1)).rejects.toThrow('Expected milliseconds from 0 up, got `-1`.');
      await expect(loop.toStep(0.5)).rejects.toThrow('a whole number from 0 up, got `0.5`');
    });
  });
});

test('a script has the types of the loop', async () => {
  abstract class Mail extends Loop<string, [to: string[]]> {
    override state = { sent: 0 };
  }
  const mail = {} as Mail;
  const refused = [
    play(mail, (loop) => void (loop.state?.sent satisfies number | undefined), { args: [['a']] }),
    // @ts-expect-error: it takes a list of texts
    play(mail, () => {}),
    // @ts-expect-error: the same
    play(mail, () => {}, { args: [5] }),
    // @ts-expect-error: its state has no such thing
    play(mail, (loop) => void loop.state?.mails, { args: [['a']] }),
  ];
  for (const one of refused) await expect(one).rejects.toMatchObject({ code: 'MISCONFIGURATION' });
});
