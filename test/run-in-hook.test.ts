import { Loop, MisconfigurationError } from 'loopchart';
import { describe, expect, test } from 'vitest';
import { createActor, toPromise } from 'xstate';
import { Count, turn } from './support/loops.ts';

const hooks = ['reset', 'onRunStart', 'onAdvanceStart', 'advance', 'onAdvanceEnd', 'onRunEnd'] as const;

/** A loop of one step that does something in one of its hooks. */
class Does extends Loop<unknown> {
  override state = { n: 0 };
  readonly #hook: string;
  readonly #what: (loop: Does) => unknown;
  child: Count | null = null;

  constructor(hook: string, what: (loop: Does) => unknown) {
    super();
    this.#hook = hook;
    this.#what = what;
  }

  #called(hook: string): any {
    return hook === this.#hook ? this.#what(this) : undefined;
  }

  override get skip() {
    this.#called('skip');
    return false;
  }
  get done() {
    return this.state.n >= 1;
  }
  reset() {
    this.state.n = 0;
    return this.#called('reset');
  }
  override onRunStart() {
    return this.#called('onRunStart');
  }
  override onRestart() {
    return this.#called('onRestart');
  }
  override onAdvanceStart() {
    return this.#called('onAdvanceStart');
  }
  advance() {
    this.state.n++;
    return this.#called('advance');
  }
  override onAdvanceEnd() {
    return this.#called('onAdvanceEnd');
  }
  override onRunEnd() {
    return this.#called('onRunEnd');
  }
}

/** What the run of a loop with this in one of its hooks rejects with. */
function failure(loop: Loop<any>): Promise<any> {
  return loop.run().then(
    () => undefined,
    (error) => error,
  );
}

describe('a loop that is run in a hook of a loop whose child it is not', () => {
  for (const hook of hooks) {
    test(`in ${hook} is a MisconfigurationError that names both, whether the hook looks at the promise or not`, async () => {
      const ways: ((other: Count) => unknown)[] = [
        (other) => other.run(),
        async (other) => await other.run(),
        (other) => Promise.allSettled([other.run()]),
        (other) => void other.run(),
        (other) => other.run().catch(() => {}),
      ];
      for (const way of ways) {
        for (const child of [null, new Count(1)]) {
          const other = new Count(2);
          const loop = new Does(hook, () => way(other));
          loop.child = child;
          const error = await failure(loop);
          expect(error).toBeInstanceOf(MisconfigurationError);
          expect(error).toMatchObject({ code: 'MISCONFIGURATION', path: 'does' });
          expect(error.message).toContain(
            `${/advance/i.test(hook) ? 'A step' : hook} of Does runs a Count (count) that is no child of it`,
          );
          expect([other.running, other.state.n]).toEqual([false, 0]);
        }
      }
    });
  }

  test('in skip, in a child of a child, and where it is the child of a child', async () => {
    const hidden = new Count(1);
    expect(await failure(new Does('skip', () => hidden.run()))).toBeInstanceOf(MisconfigurationError);

    class Grand extends Loop {
      override state = { n: 0 };
      epoch: Does = new Does('advance', () => hidden.run());
      get done() {
        return this.state.n >= 1;
      }
      reset() {
        this.state.n = 0;
      }
      async advance() {
        this.state.n++;
        await this.epoch.run();
      }
    }
    expect(await failure(new Grand())).toMatchObject({ path: 'grand.epoch', code: 'MISCONFIGURATION' });

    class Reaches extends Grand {
      override epoch: Does = Object.assign(new Does('', () => {}), { child: new Count(1) });
      override async advance() {
        this.state.n++;
        await this.epoch.child!.run();
      }
    }
    const error = await failure(new Reaches());
    expect(error).toMatchObject({ path: 'reaches', code: 'MISCONFIGURATION' });
    expect(error.message).toContain('Count (reaches.epoch.child)');
  });

  test('and so it is when it is watched, run by createActor, or goes on from a checkpoint', async () => {
    const hidden = new Count(1);
    const make = () => new Does('advance', () => hidden.run());
    await expect(make().start({ inspect: () => {} }).output).rejects.toThrow('no child of it');
    const actor = createActor(make().machine, { input: [] });
    const output = toPromise(actor);
    actor.start();
    await expect(output).rejects.toThrow('no child of it');
    const from = await make().start({ paused: true }).suspend();
    await expect(make().start({ from }).output).rejects.toThrow('no child of it');
    await expect(new Does('onRestart', () => hidden.run()).start({ from }).output).rejects.toThrow('no child of it');
  });
});

describe('onRestart is called at each resume, and nothing of it is remembered, so that it is refused there', () => {
  const checkpoint = async () => {
    const loop = new Does('', () => {});
    loop.child = new Count(1);
    return loop.start({ paused: true }).suspend();
  };
  const asked: { [what: string]: [says: string, what: (loop: any) => unknown] } = {
    'to run a child': ['onRestart runs the child `child`', ({ child }) => child.run()],
    'to run a child after an await': [
      'onRestart runs the child `child`',
      async ({ child }) => {
        await turn();
        await child.run();
      },
    ],
    'to run one that it has just put into a field': [
      'onRestart runs the child `other`',
      (loop) => {
        loop.other = new Count(1);
        return loop.other.run();
      },
    ],
    'to call `once`': ['onRestart asks for `once`', (loop) => loop.once('connect', () => 1)],
    'to wait for a time': ['onRestart asks for `sleep`', (loop) => loop.sleep('a while', 1)],
    'to wait for a value': ['onRestart asks for `receive`', (loop) => loop.receive('value')],
    'to run what is no child': ['onRestart of Does runs a Count (count) that is no child', () => new Count(1).run()],
  };
  for (const [what, [says, does]] of Object.entries(asked)) {
    test(what, async () => {
      const loop = new Does('onRestart', does);
      loop.child = new Count(1);
      const error = await loop.start({ from: await checkpoint() }).output.catch((one: unknown) => one);
      expect(error).toMatchObject({ code: 'MISCONFIGURATION', path: 'does', message: expect.stringContaining(says) });
    });
  }

  test('but not in the step after it, also where onRestart takes its time or has failed before', async () => {
    const make = (onRestart: (loop: Does) => unknown) => {
      const loop = new Does('advance', ({ child }) => child!.run());
      loop.child = new Count(2);
      return Object.assign(loop, { onRestart: () => onRestart(loop) });
    };
    const from = await checkpoint();
    const slow = make(() => turn());
    await slow.start({ from }).output;
    expect(slow.child!.state.n).toBe(2);
    const fails = make(() => {
      throw new Error('no connection');
    });
    await expect(fails.start({ from }).output).rejects.toThrow('no connection');
    await fails.run();
    expect(fails.child!.state.n).toBe(2);
  });
});

describe('no mistake is', () => {
  test('a run of its own that is begun with start()', async () => {
    const other = new Count(2);
    expect(await new Does('onRunEnd', () => other.start().output).run()).toBe(2);
  });

  test('a child, in every hook that may run one', async () => {
    for (const hook of hooks) {
      const loop = new Does(hook, ({ child }) => child!.run());
      loop.child = new Count(2);
      const output = await loop.run();
      expect([hook, loop.child.state.n, output]).toEqual([hook, 2, hook === 'onRunEnd' ? 2 : undefined]);
    }
  });

  test('a child of a loop further up, which its own parent runs then', async () => {
    class Fit extends Loop {
      override state = { n: 0 };
      validate: Count = new Count(2);
      epoch: Does = new Does('advance', () => this.validate.run());
      get done() {
        return this.state.n >= 1;
      }
      reset() {
        this.state.n = 0;
      }
      async advance() {
        this.state.n++;
        await this.epoch.run();
      }
    }
    const fit = new Fit();
    await fit.run();
    expect(fit.validate.state.n).toBe(2);
  });

  test('what an observer runs that hears of something a hook does', async () => {
    const seen: Promise<number>[] = [];
    const loop = new Does('advance', ({ child }) => child!.run());
    loop.child = new Count(1);
    const run = loop.start({ paused: true });
    run.actor.subscribe(() => void seen.push(new Count(1).run()));
    run.resume();
    await run.output;
    expect(seen.length).toBeGreaterThan(3);
    expect(new Set(await Promise.all(seen))).toEqual(new Set([1]));
  });

  test('what others run between the steps, and after a hook has thrown', async () => {
    const thrown = new Error('thrown');
    for (const hook of ['skip', ...hooks]) {
      const loop = new Does(hook, () => {
        throw thrown;
      });
      expect(await failure(loop)).toBe(thrown);
      expect(await new Count(1).run()).toBe(1);
    }
    const long = new Does('advance', async () => {
      await turn();
      await turn();
    });
    const output = long.run();
    expect(await new Count(1).run()).toBe(1);
    await turn();
    expect(await new Count(1).run()).toBe(1);
    await output;
  });
});
