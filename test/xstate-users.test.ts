// @module-tag page

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Loop } from 'loopchart';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { assign, createActor, emit, fromCallback, fromPromise, sendTo, setup, toPromise, waitFor } from 'xstate';
import { launch } from './support/chromium.ts';
import { buildApp, freshFolder, serveFolder } from './support/site.ts';

/** Counts to its argument, and tells which hooks were called. */
class Count extends Loop<number, [to: number]> {
  override state = { n: 0 };
  readonly called: string[] = [];
  #to = 0;
  get done() {
    return this.state.n >= this.#to;
  }
  override get skip() {
    this.called.push('skip');
    return false;
  }
  reset(to: number) {
    this.called.push('reset');
    this.#to = to;
    this.state.n = 0;
  }
  override onRunStart() {
    this.called.push('onRunStart');
  }
  async advance() {
    this.called.push('advance');
    this.state.n++;
    await null;
  }
  override onRunEnd() {
    this.called.push('onRunEnd');
    return this.state.n;
  }
}

describe('an actor of a loop, as any actor', () => {
  test('tells its states to who subscribes, and that it is done; each quick step where somebody inspects it', async () => {
    const actor = createActor(new Count().machine, { input: [2], inspect: () => {} });
    const told: unknown[] = [];
    actor.subscribe({
      next: ({ value, context }) => told.push([value, context.state?.n]),
      complete: () => told.push('complete'),
    });
    actor.start();
    expect(await toPromise(actor)).toBe(2);
    expect(told).toEqual([
      ['entering', undefined],
      ['resetting', 0],
      ['starting', 0],
      ['advancing', 0],
      ['advancing', 1],
      ['ending', 2],
      ['finished', 2],
      'complete',
    ]);
  });

  test('can be waited for with waitFor, on its state and on its context', async () => {
    const actor = createActor(new Count().machine, { input: [1e9] }).start();
    const { context } = await waitFor(actor, (snapshot) => snapshot.context.steps >= 3);
    expect(context.state?.n).toBe(context.steps);
    actor.send({ type: 'loop.pause' });
    expect((await waitFor(actor, (snapshot) => snapshot.matches('paused'))).can({ type: 'loop.resume' })).toBe(true);
    actor.send({ type: 'loop.stop' });
    await waitFor(actor, ({ status }) => status === 'done');
    await expect(waitFor(actor, (snapshot) => snapshot.matches('advancing'))).rejects.toThrow();
  });

  test('is found in its system under its systemId, at the top and when it is invoked', async () => {
    const alone = createActor(new Count().machine, { input: [1e9], systemId: 'fit' }).start();
    expect(alone.system.get('fit')).toBe(alone);
    alone.stop();
    const app = setup({ actors: { fit: new Count().machine } }).createMachine({
      initial: 'training',
      states: {
        training: {
          invoke: { src: 'fit', systemId: 'fit', input: [1e9], onDone: 'ready' },
          on: { enough: { actions: sendTo(({ system }) => system.get('fit'), { type: 'loop.stop' }) } },
        },
        ready: {},
      },
    });
    const actor = createActor(app).start();
    expect(actor.system.get('fit').getSnapshot().value).toBe('advancing');
    actor.send({ type: 'enough' });
    await waitFor(actor, (snapshot) => snapshot.matches('ready'));
    expect(actor.system.get('fit')).toBeUndefined();
  });

  test('is heard by a machine that emits what it tells', async () => {
    const app = setup({
      types: { emitted: {} as { type: 'progress'; n: number } | { type: 'trained'; n: number } },
      actors: { fit: new Count().machine },
    }).createMachine({
      initial: 'training',
      states: {
        training: {
          invoke: {
            src: 'fit',
            input: [3],
            onSnapshot: { actions: emit(({ event }) => ({ type: 'progress', n: event.snapshot.context.steps })) },
            onDone: { target: 'ready', actions: emit(({ event }) => ({ type: 'trained', n: event.output })) },
          },
        },
        ready: {},
      },
    });
    const actor = createActor(app);
    const heard: number[] = [];
    actor.on('progress', ({ n }) => heard.push(n));
    const trained = new Promise((resolve) => actor.on('trained', ({ n }) => resolve(n)));
    actor.start();
    expect(await trained).toBe(3);
    // Steps that are quicker than a slice are told together.
    expect([heard[0], heard.at(-1)]).toEqual([0, 3]);
    expect(heard).toEqual([...heard].sort());
  });

  test('is invoked by the machine of an app, is sent events, and gives its output', async () => {
    const app = setup({
      types: { context: {} as { to: number; n?: number }, children: {} as { train: 'fit' } },
      actors: { fit: new Count().machine },
    }).createMachine({
      context: { to: 4 },
      initial: 'training',
      states: {
        training: {
          invoke: {
            id: 'train',
            src: 'fit',
            input: ({ context }) => [context.to],
            onDone: { target: 'ready', actions: assign({ n: ({ event }) => event.output }) },
          },
          on: {
            hold: { actions: sendTo('train', { type: 'loop.pause' }) },
            one: { actions: sendTo('train', { type: 'loop.step' }) },
            on: { actions: sendTo('train', { type: 'loop.resume' }) },
          },
        },
        ready: {},
      },
    });
    const actor = createActor(app).start();
    const { train } = actor.getSnapshot().children;
    actor.send({ type: 'hold' });
    const { context } = await waitFor(train!, (snapshot) => snapshot.matches('paused'));
    actor.send({ type: 'one' });
    await waitFor(train!, (snapshot) => snapshot.matches('paused') && snapshot.context.steps === context.steps + 1);
    actor.send({ type: 'on' });
    expect((await waitFor(actor, (snapshot) => snapshot.matches('ready'))).context.n).toBe(4);
  });
});

describe('provide: another actor in the place of a hook', () => {
  const all = ['skip', 'reset', 'onRunStart', 'advance', 'onRunEnd'];
  const without = (hook: string, called: string[]) =>
    expect(new Set(called)).toEqual(new Set(all.filter((one) => one !== hook)));

  test('skip: whether what it gives is true decides', async () => {
    for (const [says, called] of [
      [true, []],
      [false, all.slice(1)],
    ] as const) {
      const loop = new Count();
      const machine = loop.machine.provide({ actors: { skip: fromPromise(async () => says) } });
      await toPromise(createActor(machine, { input: [1] }).start());
      expect(loop.called).toEqual(called);
    }
  });

  test('reset: what it gives is left alone', async () => {
    const loop = new Count();
    const machine = loop.machine.provide({ actors: { reset: fromPromise(async () => true) } });
    expect(await toPromise(createActor(machine, { input: [1] }).start())).toBe(0);
    // Nobody has said how far to count: `done` is true at once.
    expect(loop.called).toEqual(['skip', 'onRunStart', 'onRunEnd']);
  });

  test('onRunStart: true ends the run before its first step; else the first step is taken, whatever `done` says', async () => {
    for (const says of [true, false, undefined]) {
      const loop = new Count();
      const machine = loop.machine.provide({ actors: { onRunStart: fromPromise(async () => says) } });
      const actor = createActor(machine, { input: [2] }).start();
      expect(await toPromise(actor)).toBe(says === true ? 0 : 2);
      expect(loop.called.includes('advance')).toBe(says !== true);
    }
  });

  test('advance: one that is done has taken all steps, and none of them is counted', async () => {
    const loop = new Count();
    const machine = loop.machine.provide({ actors: { advance: fromPromise(async () => 'nobody reads it') } });
    const actor = createActor(machine, { input: [2] }).start();
    expect(await toPromise(actor)).toBe(0);
    expect(actor.getSnapshot().context.steps).toBe(0);
    without('advance', loop.called);
  });

  test('advance: one that sends `loop.advanced` takes steps that are counted, paused and seen', async () => {
    const loop = new Count();
    const inputs: unknown[] = [];
    const heard: string[] = [];
    let left = 0;
    let n = 0;
    const advance = fromCallback<{ type: string }>(({ sendBack, receive, input }) => {
      inputs.push(input);
      receive(({ type }) => heard.push(type));
      const timer = setInterval(() => {
        n++;
        const commit = { state: { n }, progress: {}, restarting: false };
        sendBack({ type: 'loop.advanced', steps: 1, commit, done: n === 5 } as never);
      }, 1);
      return () => {
        left++;
        clearInterval(timer);
      };
    });
    const actor = createActor(loop.machine.provide({ actors: { advance } }), { input: [5] }).start();
    await waitFor(actor, ({ context }) => context.steps >= 2);
    actor.send({ type: 'loop.pause' });
    const { context } = await waitFor(actor, (snapshot) => snapshot.matches('paused'));
    // The chart has left it, and begins another.
    expect([context.steps, context.state, left]).toEqual([n, { n }, 1]);
    actor.send({ type: 'loop.resume' });
    expect(await toPromise(actor)).toBe(0);
    expect(actor.getSnapshot().context).toMatchObject({ steps: 5, done: true });
    // It is given nothing, and hears what the actor that takes the steps hears.
    expect([inputs, heard, left]).toEqual([[undefined, undefined], ['loop.pause'], 2]);
    without('advance', loop.called);
  });

  test('onRunEnd: what it gives is the output', async () => {
    const loop = new Count();
    const machine = loop.machine.provide({ actors: { onRunEnd: fromPromise(async () => 30) } });
    expect(await toPromise(createActor(machine, { input: [2] }).start())).toBe(30);
    without('onRunEnd', loop.called);
  });

  test('one that throws is a failure of the loop, whichever hook it stands for', async () => {
    for (const hook of all) {
      const broken = fromPromise(async () => {
        throw new RangeError(hook);
      });
      const actor = createActor(new Count().machine.provide({ actors: { [hook]: broken } }), { input: [1] });
      const output = toPromise(actor);
      actor.start();
      await expect(output).rejects.toThrow(new RangeError(hook));
      expect(actor.getSnapshot().value).toBe('failed');
    }
  });
});

describe('is refused', () => {
  const failureOf = (actor: { start(): unknown; subscribe(observer: object): unknown }) =>
    new Promise<unknown>((error) => {
      actor.subscribe({ error });
      actor.start();
    });

  test('with an input that is no list of arguments', async () => {
    for (const input of [{ to: 2 }, { name: 'two' }, 'two', 2]) {
      const error = await failureOf(createActor(new Count().machine, { input: input as never }));
      expect(error).toMatchObject({ code: 'MISCONFIGURATION', path: 'count' });
      expect((error as Error).message).toContain(`as in \`input: [rows]\`; got \`${JSON.stringify(input)}\``);
    }
  });

  test('the hooks of another instance, as where a component makes a loop each time it is drawn', async () => {
    const [first, second] = [new Count(), new Count()];
    const actor = createActor(first.machine, { input: [3] });
    // What useActorRef does after each rendering.
    actor.subscribe({
      next: ({ value }) => {
        if (value === 'advancing') first.machine.implementations = second.machine.implementations;
      },
      error: () => {},
    });
    const error = await failureOf(actor);
    expect(error).toMatchObject({ code: 'MISCONFIGURATION', path: 'count' });
    expect((error as Error).message).toContain('Make the loop once, and keep it');
    expect(second.called).toEqual([]);
  });
});

describe('React, in StrictMode', () => {
  let browser: Browser;
  let page: Page;
  let url: string;
  const errors: string[] = [];
  const over: (() => unknown)[] = [];

  beforeAll(async () => {
    const { folder, remove } = await freshFolder('react');
    await buildApp(join(import.meta.dirname, 'programs/react-page.ts'), folder, 'page.js');
    await buildApp(join(import.meta.dirname, '../examples/guide/react.tsx'), folder, 'example.js');
    await writeFile(
      join(folder, 'example.html'),
      '<!doctype html><main></main><script type="module" src="example.js"></script>',
    );
    await writeFile(
      join(folder, 'index.html'),
      '<!doctype html><main></main><script type="module" src="page.js"></script>',
    );
    const site = await serveFolder(folder);
    browser = await launch();
    page = await browser.newPage();
    page.on('pageerror', ({ message }) => errors.push(message));
    url = site.url;
    await page.goto(url);
    over.push(() => browser.close(), site.close, remove);
  });
  afterAll(async () => {
    for (const one of over) await one();
  });

  const shown = () => page.locator('#counter p').innerText();

  test('useActorRef(loop.machine): runs, is paused, goes on, and is done', async () => {
    await page.locator('#pause').click();
    await expect.poll(shown).toMatch(/^(paused|finished) /);
    await page.locator('#resume').click();
    await expect.poll(shown).toBe('finished 20 20');
    expect(await page.evaluate(() => (window as any).mounts())).toBe(2);
    expect(errors).toEqual([]);
  });

  test('examples/guide/react.tsx: what the page shows is what comes of it', async () => {
    const shown = await browser.newPage();
    over.unshift(() => shown.close());
    shown.on('pageerror', ({ message }) => errors.push(message));
    await shown.goto(`${url}example.html`);
    await shown.getByRole('button', { name: 'Pause' }).click();
    await shown.getByRole('button', { name: 'Resume' }).waitFor();
    expect(await shown.locator('output').innerText()).toBe('paused');
    const tried = await shown.locator('progress').getAttribute('value');
    expect(Number(tried)).toBeLessThan(200);
    await shown.getByRole('button', { name: 'Resume' }).click();
    await expect.poll(() => shown.locator('output').innerText()).toBe('tried 200');
    expect(errors).toEqual([]);
  });

  test('a machine that invokes one, in useMachine', async () => {
    await page.locator('#app').click();
    await expect.poll(() => page.locator('#app').innerText()).toBe('counted');
    await page.evaluate(() => (window as any).leave());
    expect(errors).toEqual([]);
  });
});
