import { describe, expect, test } from 'vitest';
import { Counter } from './support/counter.ts';

describe('once', () => {
  test('runs a function and gives what it returned, also asynchronously', async () => {
    const got: unknown[] = [];
    const loop = new Counter(1);
    loop.advance = async () => {
      loop.state.n++;
      got.push(await loop.once('sync', () => ({ a: [1] })));
      got.push(await loop.once('async', async () => 'later'));
      got.push(await loop.once('nothing', () => {}));
    };
    await loop.run();
    expect(got).toEqual([{ a: [1] }, 'later', undefined]);
  });

  test('asks what has a `then` once for its result, be it that it does its work each time that it is asked', async () => {
    for (const run of [(loop: Counter) => loop.run(), (loop: Counter) => loop.start().output]) {
      const asked: string[] = [];
      const got: unknown[] = [];
      const query = {
        // biome-ignore lint/suspicious/noThenProperty: as a query of a database has it.
        then(resolve: (value: string) => void) {
          asked.push('executed');
          resolve('a row');
          resolve('another');
        },
      };
      const loop = new Counter(1);
      loop.advance = async () => {
        loop.state.n++;
        got.push(await loop.once('query', () => query as unknown as Promise<string>));
      };
      await run(loop);
      expect([asked, got]).toEqual([['executed'], ['a row']]);
    }
  });

  test('refuses a key that is no text, and what is no function, by name', async () => {
    const wrong: [unknown, unknown][] = [1n, Symbol('key'), '', null, {}].map((key) => [key, () => {}]);
    for (const [key, fn] of [...wrong, ['key', undefined], ['key', 5], ['key', Promise.resolve()]]) {
      const loop = new Counter(1);
      loop.advance = () => loop.once(key as string, fn as () => void);
      await expect(loop.run()).rejects.toMatchObject({ name: 'MisconfigurationError', path: 'counter' });
    }
  });

  test.for([false, true])(
    'takes the same key again in the next step and in the next hook (child: %o)',
    async (parent) => {
      const keys: string[] = [];
      class Once extends Counter {
        child: Counter | null = parent ? new Counter() : null;
        override async reset() {
          this.state.n = 0;
          await this.once('key', () => void keys.push('reset'));
        }
        override async onRunStart() {
          await this.once('key', () => void keys.push('onRunStart'));
        }
        override async advance() {
          this.state.n++;
          await this.once('key', () => void keys.push(`step ${this.state.n}`));
        }
      }
      await new Once(2).run();
      expect(keys).toEqual(['reset', 'onRunStart', 'step 1', 'step 2']);
    },
  );

  test.for([false, true])('with a key twice in one step is an error that names it (child: %o)', async (parent) => {
    const calls: number[] = [];
    class Twice extends Counter {
      child: Counter | null = parent ? new Counter() : null;
      override async onAdvanceStart() {
        await this.once('warm', () => void calls.push(1));
      }
      override async advance() {
        this.state.n++;
        await this.once('warm', () => void calls.push(2));
      }
    }
    const error = await new Twice().run().catch((thrown) => thrown);
    expect(error).toMatchObject({ name: 'LoopError', code: 'ONCE_TWICE', path: 'twice' });
    expect(error.message).toContain('`warm`');
    expect(calls).toEqual([1]);
  });

  test('outside a run rejects, and does not call the function', async () => {
    let called = false;
    const result = new Counter().once('key', () => {
      called = true;
    });
    await expect(result).rejects.toMatchObject({ code: 'NOT_RUNNING', path: 'counter' });
    expect(called).toBe(false);
  });

  test('that throws rejects with the same error', async () => {
    const error = new Error('inside');
    for (const fn of [() => Promise.reject(error), () => Promise.resolve().then(() => Promise.reject(error))]) {
      const loop = new Counter(1);
      loop.advance = async () => {
        await loop.once('key', fn);
      };
      expect(await loop.run().catch((thrown) => thrown)).toBe(error);
    }
    const loop = new Counter(1);
    loop.advance = async () => {
      await loop.once('key', () => {
        throw error;
      });
    };
    expect(await loop.run().catch((thrown) => thrown)).toBe(error);
  });

  test('gives anything while nobody saves or records the run', async () => {
    const loop = new Counter(1);
    const map = new Map();
    loop.advance = async () => {
      loop.state.n++;
      expect(await loop.once('key', () => map)).toBe(map);
    };
    await loop.run();
  });
});
