// @module-tag page

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Loop } from 'loopchart';
import { remote, serve } from 'loopchart/worker';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { launch } from './support/chromium.ts';
import { buildThread, threadOf } from './support/node-worker.ts';
import { buildApp, freshFolder, serveFolder } from './support/site.ts';
import { Count } from './support/worker-loops.ts';
import { type Open, scenarios } from './support/worker-scenarios.ts';

type Name = keyof typeof scenarios;

const programs = join(import.meta.dirname, 'programs');
const over: (() => unknown)[] = [];
const leave: (() => unknown)[] = [];
let browser: Browser;
let page: Page;
let folder: string;
let url: string;

beforeAll(async () => {
  const fresh = await freshFolder('worker');
  folder = fresh.folder;
  await buildThread(join(programs, 'node-worker.ts'), folder, 'thread.mjs');
  await buildApp(join(programs, 'shared-worker.ts'), folder, 'shared.js', false);
  await buildApp(join(programs, 'web-worker.ts'), folder, 'worker.js', false);
  await buildApp(join(programs, 'worker-page.ts'), folder, 'page.js', false);
  await writeFile(join(folder, 'index.html'), '<!doctype html><script type="module" src="page.js"></script>');
  const site = await serveFolder(folder);
  url = site.url;
  browser = await launch();
  page = await browser.newPage();
  await page.goto(url);
  over.push(() => browser.close(), site.close, fresh.remove);
});
afterAll(async () => {
  for (const one of over) await one();
});
afterEach(async () => {
  for (const one of leave.splice(0)) await one();
});

const openThread: Open = (what) => {
  const worker = threadOf(join(folder, 'thread.mjs'), { workerData: what });
  leave.push(() => worker.terminate());
  return { worker, terminate: () => worker.terminate() };
};

const places: [where: string, scenario: (name: Name) => Promise<any>][] = [
  ['a worker thread', (name) => scenarios[name](openThread)],
  ['a Web Worker', (name) => page.evaluate((one) => (window as any).scenario(one), name) as Promise<any>],
];

const notPlain = (what: string, kind: string) => ({
  name: 'LoopError',
  code: 'NOT_PLAIN_DATA',
  message: `${what} to be data that can go from one thread to another (plain data, typed arrays, Map, Set, Date, bigint), got ${kind}. Give what it can be made of.`,
});

describe.each(places)('a run in %s', (where, scenario) => {
  const inNode = where === 'a worker thread';

  test('gives its output: typed arrays are handed over, and the loop keeps its own', async () => {
    const { outputs, here } = await scenario('gives the output');
    expect(outputs).toEqual([here, here, here]);
    expect(here[0]).toBe('Float32Array');
  });

  test('gives values of all kinds as they were, also those that share their bytes', async () => {
    expect(await scenario('keeps kinds of values')).toEqual([true, [2, 3], true, true, true, ['weights', 'none']]);
  });

  test('says how it ended, with the very reason that it was aborted for', async () => {
    expect(await scenario('says how it ended')).toEqual({
      finished: ['finished', 2],
      stopped: ['stopped', 'enough', true],
      aborted: ['aborted', true, true, true],
    });
  });

  test('is paused, takes steps one by one and goes on', async () => {
    expect(await scenario('pauses, steps and goes on')).toEqual({
      at: [[['train', 'paused', 0]], [1, 'paused'], [3, 'paused'], [8, 'paused']],
      wrong: { name: 'RangeError', message: 'Expected the number of steps to be a whole number from 1 up, got `0.5`.' },
      status: 'finished',
      after: [20, 'finished', []],
    });
  });

  test('is suspended, and goes on from the store of the worker or from its checkpoint, there or here', async () => {
    expect(await scenario('is suspended and goes on')).toEqual({
      steps: 7,
      status: 'suspended',
      reason: 'for lunch',
      code: 'SUSPENDED',
      kinds: ['Float32Array', true, true],
      same: [true, true, true],
      ids: ['digits', 'digits', 'digits'],
    });
  });

  test('begins anew where nothing is saved; what has finished stays so; other arguments are refused', async () => {
    expect(await scenario('begins anew where nothing is saved')).toEqual([
      'finished',
      'finished',
      5,
      expect.objectContaining({
        code: 'CHECKPOINT_MISMATCH',
        message: expect.stringContaining('[{"epochs":1,"gives":"numbers"}], got [{"epochs":2,"gives":"numbers"}]'),
      }),
      expect.objectContaining({ message: expect.stringContaining('Give it one: serve(loop, { store })') }),
    ]);
  });

  test('gives checkpoints while it runs and when it has finished', async () => {
    expect(await scenario('gives checkpoints')).toEqual([3, 'finished', true]);
  });

  test('fails with what a hook threw: its class, fields, cause and stack', async () => {
    expect(await scenario('passes errors on')).toEqual({
      status: 'failed',
      steps: 1,
      error: {
        name: 'DivergedError',
        message: 'the loss is not a number',
        cause: { name: 'RangeError', message: 'too far' },
      },
      same: true,
      weights: [expect.any(Number), 1.25],
      checkpoint: expect.objectContaining({ code: 'RUN_ENDED' }),
      suspend: expect.objectContaining({ code: 'RUN_ENDED' }),
      from: true,
    });
  });

  test('refuses by name what cannot go from one side to the other, and options for the other side', async () => {
    const { given, outcome, date, options } = await scenario('refuses what cannot cross');
    expect(given).toEqual(notPlain('Expected what the run is started with, at `.args[0].call`,', 'a function'));
    expect(outcome).toEqual(['failed', notPlain('train: Expected the output, at `.deep[0]`,', 'a function')]);
    expect(date).toEqual(notPlain('train: Expected the output', 'an instance of OwnDate'));
    expect(options.map(({ code }: any) => code)).toEqual(Array(7).fill('MISCONFIGURATION'));
    expect(options[0].message).toContain('serve(loop, { store })');
    expect(options[1].message).toContain('serve(loop, { inspect })');
  });

  test('is the only one of its loop: another is refused, and waits for what is left of one that was aborted', async () => {
    expect(await scenario('has one run of a loop at a time')).toEqual({
      refused: ['failed', expect.objectContaining({ code: 'ALREADY_RUNNING' })],
      status: 'finished',
      ends: ['aborted', 'finished'],
    });
  });

  test('shares its way with strangers, with other loops, and with other runs where each has a loop of its own', async () => {
    const finished = Array(5).fill('finished');
    expect(await scenario('shares its way with others')).toEqual([...finished, [20, 20, 20, 20], 20]);
  });

  test('tells where it stands to who asks, seldom, and never misses the end', async () => {
    expect(await scenario('tells where it stands, and not each step')).toEqual({
      // Of 10,000 steps that nobody asked about: that it has begun, ended and settled.
      quiet: 3,
      few: true,
      last: 200,
      rises: true,
      deepest: 2,
      failed: expect.objectContaining({ name: 'DivergedError' }),
    });
  });

  test('is shown in the inspector of the worker, from its beginning or from its middle', async () => {
    expect(await scenario('is shown in an inspector of the worker')).toEqual(['xstate.done.actor.skip', true]);
  });

  test('is given what it waits for, by a call or by an event', async () => {
    expect(await scenario('is given what it waits for')).toEqual({
      waitingFor: ["ask (advancing): receive('answer 0')"],
      refused: expect.objectContaining({ code: 'NOT_PLAIN_DATA' }),
      output: [{ yes: true }, [2]],
      late: expect.objectContaining({ code: 'RUN_ENDED' }),
      told: ['a', 'b'],
    });
  });

  test('is an actor in a machine: it takes the events of loops, tells where it stands, and is aborted where it is left', async () => {
    expect(await scenario('is an actor in a machine')).toEqual({
      value: 'trained',
      numbers: 2,
      rises: true,
      failed: [{ name: 'RangeError', message: 'too far' }],
      isSame: true,
      status: 'finished',
    });
  });

  test('has failed when its worker is terminated, and so has each call that waits', async () => {
    const how = inNode ? 'it ended with exit code 1' : 'it was terminated, or has crashed';
    const error = {
      name: 'LoopError',
      code: 'WORKER_DIED',
      message: `train: Expected the worker to live until the run has ended: ${how}. What was saved last can be gone on from.`,
    };
    expect(await scenario('ends when its worker is terminated')).toEqual({
      status: 'failed',
      error,
      steps: 1,
      pause: 'over',
      checkpoint: error,
      after: 'failed',
    });
  });

  test('was aborted where that was asked for, also of a worker that does not answer and is terminated', async () => {
    expect(await scenario('was aborted, if that was asked for before its worker was terminated')).toEqual([
      'aborted',
      'does not answer',
    ]);
  });

  test('has failed where the worker cannot be loaded', async () => {
    expect(await scenario('ends when its worker cannot be loaded')).toEqual([
      'failed',
      'LoopError',
      'WORKER_DIED',
      true,
    ]);
  });

  test('waits for a worker that serves it, says so, and can be aborted meanwhile', async () => {
    expect(await scenario('waits for a worker that serves, and can be aborted before')).toEqual({
      waitingFor: ['the worker, which has not begun the run yet'],
      loops: [{ path: '', value: 'entering', steps: 0, state: null }],
      status: 'aborted',
      reason: 'no more',
      never: 'before',
      later: 'meanwhile',
      checkpoint: expect.objectContaining({ code: 'RUN_ENDED' }),
    });
  });

  test('is aborted where the worker closes what serves it', async () => {
    expect(await scenario('ends when the worker closes what serves it')).toEqual([
      'aborted',
      expect.objectContaining({ code: 'STOPPED', message: 'The worker has closed what served the run.' }),
    ]);
  });

  test('is aborted where the way is closed here; another way finds the loop free', async () => {
    expect(await scenario('ends when the way to it is closed here')).toEqual([
      'aborted',
      true,
      expect.objectContaining({ code: 'STOPPED', message: 'The way to its worker was closed.' }),
      'failed',
      'finished',
    ]);
  });
});

test('a worker that pages share has a way for each of them', async () => {
  expect(await page.evaluate(() => (window as any).shared())).toEqual([20, 20]);
});

test('a thread serves the inspector of its run itself', async () => {
  const execArgv = ['--conditions=loopchart-source'];
  const worker = threadOf(join(programs, 'inspected-thread.mjs'), { stderr: true, execArgv });
  leave.push(() => worker.terminate());
  let said = '';
  worker.stderr.on('data', (text) => {
    said += text;
  });
  const run = remote<Count>(worker).start({ inspect: true, paused: true });
  await run.pause();
  await expect.poll(() => said).toMatch(/^loopchart inspector: http:\S+#token=a-token-for-this-test\n/);
  const [, origin] = /(http:\S+)\/#/.exec(said)!;
  const visitor = new WebSocket(`${origin!.replace('http', 'ws')}/ws?since=0`, ['tok.a-token-for-this-test'], {
    origin,
  });
  leave.push(() => visitor.terminate());
  let lines = '';
  visitor.on('message', (text) => {
    lines += text;
  });
  await expect.poll(() => lines).toContain('"value":"paused"');
  run.resume();
  expect(await run.output).toBe(20);
});

test('examples/guide/worker: what the page says is what comes of it', async () => {
  const example = join(import.meta.dirname, '../examples/guide/worker');
  await buildApp(join(example, 'page.ts'), folder, 'example.js');
  const body = '<button></button><progress max="40"></progress><script type="module" src="example.js"></script>';
  await writeFile(join(folder, 'example.html'), `<!doctype html>${body}`);
  const shown = await browser.newPage();
  leave.push(() => shown.close());
  await shown.goto(`${url}example.html`);
  await expect.poll(() => shown.title()).toBe('weight 3');
  await expect.poll(() => shown.evaluate(() => document.querySelector('progress')!.value)).toBe(40);
});

describe('a way of messages', () => {
  test('may be any port, in one thread as well; one that is closed ends the run', async () => {
    const { port1, port2 } = new MessageChannel();
    leave.push(() => port1.close());
    const served = serve(new Count(), { port: port1 });
    const count = remote<Count>(port2);
    expect(await count.start().output).toBe(20);
    const run = count.start();
    await run.step();
    port1.close();
    expect(await run.outcome).toMatchObject({ status: 'failed', error: { code: 'WORKER_DIED', path: 'count' } });
    await served.close();
  });

  test('carries one loop of a name', () => {
    const { port1 } = new MessageChannel();
    leave.push(() => port1.close());
    serve(new Count(), { port: port1 });
    serve(new Count(), { port: port1, name: 'b' });
    expect(() => serve(new Count(), { port: port1 })).toThrow('A loop is served over this way already.');
    expect(() => serve(new Count(), { port: port1, name: 'b' })).toThrow('A loop called `b` is served');
  });

  test('is missing outside of a worker, which is an error, as are options that are none', () => {
    const { port1: port } = new MessageChannel();
    leave.push(() => port.close());
    const serveAny = serve as (...args: any[]) => unknown;
    for (const [args, message] of [
      [[new Count()], 'serve expected one end of a way for messages, got `undefined`. In a worker it finds its own'],
      [[Count, { port }], 'serve expected a loop, or a function that makes one, got `"its class"`'],
      [[{}, { port }], 'serve expected a loop, or a function that makes one, got `{}`'],
      [[new Count(), { port, stor: 1 }], 'serve expected options among port, name, store'],
      [[new Count(), { port, inspector: {} }], '`inspector` to be a function that makes one'],
    ] as const) {
      expect(() => serveAny(...args)).toThrow(message);
    }
  });

  test('a function that makes no loop, or none any more, fails that run', async () => {
    const { port1, port2 } = new MessageChannel();
    leave.push(() => port1.close());
    let makes: any = () => ({});
    serve(() => makes(), { port: port1 });
    const count = remote<Loop<any, any>>(port2);
    expect(await count.start().outcome).toMatchObject({ status: 'failed', error: { code: 'MISCONFIGURATION' } });
    makes = () => {
      throw new TypeError('no more');
    };
    expect(await count.start().outcome).toMatchObject({ status: 'failed', error: { message: 'no more' } });
    makes = () => new Count();
    expect(await count.start().output).toBe(20);
  });

  test('without an inspector inside, a run that is to be shown says so', async () => {
    const { port1, port2 } = new MessageChannel();
    leave.push(() => port1.close());
    serve(new Count(), { port: port1 });
    const count = remote<Count>(port2);
    const run = count.start();
    await expect(run.inspect()).rejects.toThrow('serve(loop, { inspector: inspectHere })');
    expect((await run.outcome).status).toBe('finished');
    const shown = await count.start({ inspect: true }).outcome;
    expect(shown).toMatchObject({ status: 'failed', error: { code: 'MISCONFIGURATION' } });
  });
});
