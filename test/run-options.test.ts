import { memoryStore } from 'loopchart';
import { describe, expect, test } from 'vitest';
import { Count, InTurn } from './support/counts.ts';

describe('options that make no sense are refused before anything runs', () => {
  const wrong: [options: any, message: string][] = [
    [
      { evry: 'step' },
      'start expected options among args, from, migrate, store, every, durability, inspect, signal, id, paused, got `evry`',
    ],
    [{ args: 'a' }, '`args` to be an array, got `a`'],
    [{ every: 'never' }, "`every` to be 'step', 'run'"],
    [{ every: { steps: 0 } }, 'got `{"steps":0}`'],
    [{ every: { steps: 1.5 } }, 'got `{"steps":1.5}`'],
    [{ every: { ms: -1 } }, 'got `{"ms":-1}`'],
    [{ every: {} }, 'got `{}`'],
    [{ every: null }, 'got `null`'],
    [{ every: 5 }, 'got `5`'],
    [{ durability: 'now' }, "`durability` to be 'sync', 'async' or 'exit', got `now`"],
    [{ store: {} }, '`store` to have save and load, got `{}`'],
    [{ store: null }, '`store` to have save and load, got `null`'],
    [{ id: '' }, '`id` to be a string that is not empty'],
    [{ id: 7 }, '`id` to be a string that is not empty, got `7`'],
    [{ inspect: 7 }, '`inspect`'],
    [{ inspect: [{}] }, '`inspect`'],
    [{ signal: {} }, '`signal`'],
    [{ paused: 'yes' }, '`paused`'],
    [{ migrate: 7 }, '`migrate`'],
    [{ every: { steps: 1, ms: 1 } }, 'got `{"steps":1,"ms":1}`'],
    [{ every: { ms: Number.NaN } }, 'got `{"ms":NaN}`'],
    [[5], 'options: an object, such as { args: [3] }, got `[5]`'],
    [5, 'options: an object'],
  ];
  for (const [options, message] of wrong) {
    test(JSON.stringify(options), () => {
      const loop = new Count();
      expect(() => loop.start(options)).toThrow(expect.objectContaining({ code: 'MISCONFIGURATION', path: 'count' }));
      expect(() => loop.start(options)).toThrow(message);
      expect(loop.running).toBe(false);
    });
  }

  test('also where what came is no JSON', () => {
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    for (const options of [{ args: { a: 1n } }, { store: circle }] as any[])
      expect(() => new Count().start(options)).toThrow(expect.objectContaining({ code: 'MISCONFIGURATION' }));
  });

  test('a checkpoint that was not awaited, or is text, and what to do', () => {
    const text = '{"format":1}';
    const from = (given: unknown) => () => new Count().start({ from: given as never });
    expect(from(Promise.resolve())).toThrow('got a promise: await it');
    expect(from(text)).toThrow('give it what JSON.parse makes of it');
    const migrate = (async () => {}) as never;
    expect(() => new Count().start({ from: { shape: [] } as never, migrate })).toThrow('got a promise: await it');
  });

  test('a second run of the same loops at the same time', async () => {
    const loop = new InTurn(new Count(2), new Count(2));
    const run = loop.start({ paused: true });
    await run.step();
    expect(() => loop.start()).toThrow('inTurn: is running already.');
    await expect(loop.run()).rejects.toMatchObject({ code: 'ALREADY_RUNNING' });
    run.resume();
    expect(await run.output).toEqual([2, 2]);
    expect(await loop.run()).toEqual([2, 2, 2, 2].slice(0, 2));
  });
});

test('an option that is undefined is as good as left out, alone and with all others', async () => {
  const names = ['args', 'from', 'migrate', 'store', 'every', 'durability', 'inspect', 'signal', 'id', 'paused'];
  for (const left of [...names.map((name) => [name]), names]) {
    const options = Object.fromEntries(left.map((name) => [name, undefined]));
    const run = new Count(3).start({ store: memoryStore(), ...options });
    expect(run.id, left.join()).toMatch(/./);
    expect(await run.outcome, left.join()).toEqual({ status: 'finished', output: 3, steps: 3 });
  }
});
