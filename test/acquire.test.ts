import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CheckpointStore, Loop, type LoopError, type LoopRun, memoryStore } from 'loopchart';
import { fileStore, resumable } from 'loopchart/node';
import { afterEach, beforeEach, expect, test } from 'vitest';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'loopchart-acquire-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

class Steps extends Loop<number> {
  override state = { n: 0 };
  readonly told: string[] = [];
  gate: Promise<void> = Promise.resolve();

  get done() {
    return this.state.n >= 3;
  }

  override get skip() {
    this.told.push('skip');
    return false;
  }

  reset() {
    this.told.push('reset');
  }

  override onRestart() {
    this.told.push('restart');
  }

  async advance() {
    await this.gate;
    this.state.n++;
    this.told.push('step');
  }

  override onRunEnd() {
    return this.state.n;
  }
}

test('a run that another store holds fails with STORE_BUSY before its first hook', async () => {
  const holder = new Steps();
  let open!: () => void;
  holder.gate = new Promise((resolve) => {
    open = resolve;
  });
  const first = holder.start({ id: 'run', store: fileStore(dir), every: 'run' });
  while (holder.told.length < 2) await new Promise(setImmediate);

  const other = new Steps();
  const outcome = await other.start({ id: 'run', store: fileStore(dir) }).outcome;
  expect(outcome).toMatchObject({ status: 'failed', steps: 0 });
  expect((outcome.error as LoopError).code).toBe('STORE_BUSY');
  expect(other.told).toEqual([]);
  expect(other.running).toBe(false);

  open();
  expect((await first.outcome).status).toBe('finished');
  // It was given up at the end.
  expect(await new Steps().start({ id: 'run', store: fileStore(dir) }).output).toBe(3);
});

test('also one that goes on from a checkpoint: onRestart is not called', async () => {
  const store = fileStore(dir);
  const run = new Steps().start({ id: 'run', store, paused: true });
  await run.step();
  const from = await run.suspend();
  await store.save('run', from);
  const other = new Steps();
  const outcome = await other.start({ from, store: fileStore(dir) }).outcome;
  expect((outcome.error as LoopError).code).toBe('STORE_BUSY');
  expect(other.told).toEqual([]);
  await store.release('run');
  expect(await new Steps().start({ from, store: fileStore(dir) }).output).toBe(3);
});

test('what is asked of a run before it has the store is done once it has', async () => {
  let open!: () => void;
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const slow = () => ({ ...memoryStore(), acquire: () => gate });
  const [aborted, paused, stopped, captured, suspended] = Array.from({ length: 5 }, () => {
    const loop = new Steps();
    return { loop, run: loop.start({ store: slow() }) };
  }) as { loop: Steps; run: any }[];
  aborted!.run.abort(new Error('no'));
  const pause = paused!.run.pause();
  void stopped!.run.stop();
  const checkpoint = captured!.run.checkpoint();
  const suspend = suspended!.run.suspend();
  expect(paused!.run.progress).toMatchObject({ steps: 0, loops: [{ value: 'entering' }] });
  await new Promise(setImmediate);
  open();
  expect(await aborted!.run.outcome).toMatchObject({ status: 'aborted', reason: { message: 'no' } });
  expect(aborted!.loop.told).toEqual([]);
  await pause;
  expect(paused!.loop.told).toEqual(['skip', 'reset']);
  paused!.run.resume();
  expect(await paused!.run.output).toBe(3);
  expect(await stopped!.run.outcome).toMatchObject({ status: 'stopped', output: 0 });
  expect(await checkpoint).toMatchObject({ phase: { value: 'entering' } });
  expect(await captured!.run.output).toBe(3);
  await suspend;
  expect(suspended!.loop.told).toEqual(['skip', 'reset']);
});

/** Stores of two runs that keep their checkpoints in the same place. */
const pairs: Record<string, () => [CheckpointStore, CheckpointStore]> = {
  'one store in memory': () => {
    const store = memoryStore();
    return [store, store];
  },
  'one store in memory, dressed up twice': () => {
    const store = memoryStore();
    return [{ ...store }, { ...store }];
  },
  'one store in files': () => {
    const store = fileStore(dir);
    return [store, store];
  },
  'one store in files, dressed up twice': () => {
    const store = fileStore(dir);
    return [{ ...store }, { ...store }];
  },
  'two stores for one directory': () => [fileStore(dir), fileStore(dir)],
  'one store of somebody’s own': () => {
    const { save, load, list, delete: remove } = memoryStore();
    const store = { save, load, list, delete: remove };
    return [store, store];
  },
};

for (const [name, pair] of Object.entries(pairs)) {
  test(`of two runs with one id on ${name} the second fails with STORE_BUSY before its first hook`, async () => {
    const stores = pair();
    const [first, second, third, other] = [new Steps(), new Steps(), new Steps(), new Steps()];
    let open!: () => void;
    first.gate = new Promise((resolve) => {
      open = resolve;
    });
    const run = first.start({ store: stores[0], id: 'job', every: 'step' });
    const outcome = await second.start({ store: stores[1], id: 'job', every: 'step' }).outcome;
    expect(outcome).toMatchObject({ status: 'failed', steps: 0, error: { code: 'STORE_BUSY' } });
    expect((outcome.error as Error).message).toContain('"job"');
    expect([second.told, second.running]).toEqual([[], false]);
    // It has given nothing up that is not its own, and another id is free.
    expect((await third.start({ store: stores[1], id: 'job' }).outcome).error).toMatchObject({ code: 'STORE_BUSY' });
    expect(await other.start({ store: stores[1], id: 'another' }).output).toBe(3);
    open();
    expect(await run.output).toBe(3);
    expect(await third.start({ store: stores[1], id: 'job' }).output).toBe(3);
  });

  test(`a run on ${name} gives its id up however it ends, and a checkpoint goes on under it`, async () => {
    const [store, same] = pair();
    const ends: ((run: LoopRun<number>) => unknown)[] = [
      (run) => run.stop(),
      (run) => run.abort(new Error('enough')),
      (run) => run.suspend(),
    ];
    for (const end of ends) {
      const run = new Steps().start({ store, id: 'job', paused: true });
      await run.step();
      await end(run);
      await run.outcome;
    }
    const from = (await same.load('job'))!;
    const going = new Steps().start({ from, store: same, paused: true });
    expect(going.id).toBe('job');
    await going.pause();
    expect((await new Steps().start({ from, store }).outcome).error).toMatchObject({ code: 'STORE_BUSY' });
    going.resume();
    expect(await going.output).toBe(3);
  });
}

test('synchronous hooks have run when start returns, also where a run is saved in memory', async () => {
  const loop = new Steps();
  const run = loop.start({ store: memoryStore(), paused: true });
  expect(loop.told).toEqual(['skip', 'reset']);
  await run.stop();
});

test('a store is told how the run that takes it is going to be saved', async () => {
  const told: unknown[] = [];
  const store: CheckpointStore = { ...memoryStore(), acquire: (...args) => void told.push(args), release() {} };
  await new Steps().start({ id: 'a', store }).output;
  await new Steps().start({ id: 'b', store, durability: 'exit' }).output;
  await (await resumable(new Steps(), { id: 'c', store, durability: 'sync', tell: () => {} })).outcome;
  expect(told).toEqual([
    ['a', { durability: 'async' }],
    ['b', { durability: 'exit' }],
    ['c', { durability: 'sync' }],
  ]);
});
