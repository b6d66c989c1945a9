import { type Checkpoint, type CheckpointStore, type LoopRun, memoryStore } from 'loopchart';
import { describe, expect, test } from 'vitest';
import { Both, Count, InTurn } from './support/counts.ts';
import { turn } from './support/loops.ts';
import { each, uninterrupted } from './support/places.ts';
import { makeScript, Outer } from './support/staged.ts';
import { gate, quiet, turns } from './support/waiting.ts';

describe('suspend', () => {
  test(
    'from within a hook, wherever it is: another process goes on and comes to the same end',
    each(async (_, way, begin) => {
      if (way === 'event') return;
      let checkpoint!: Promise<Checkpoint>;
      const { run, acted, outcome } = begin((run) => {
        checkpoint = run.suspend('for now');
        expect(run.suspend('again')).toBe(checkpoint);
      });
      await acted;
      const { status, reason, output, error } = await outcome;
      if (status === 'finished') {
        expect(output).toBe(uninterrupted);
        await expect(checkpoint).rejects.toMatchObject({ code: 'RUN_ENDED' });
        return;
      }
      expect([status, reason]).toEqual(['suspended', 'for now']);
      expect(error).toMatchObject({ code: 'SUSPENDED', path: 'outer' });
      const loop = new Outer(makeScript('', false));
      const from = JSON.parse(JSON.stringify(await checkpoint)) as Checkpoint;
      expect(await loop.start({ from }).outcome).toEqual({ status: 'finished', output: uninterrupted, steps: 2 });
      expect(run.id).toBe(from.runId);
    }),
  );

  test('without a store it gives the checkpoint, and the actors are gone', async () => {
    const loop = new Count(Infinity);
    const run = loop.start({ id: 'mine' });
    await turn();
    const checkpoint = await run.suspend();
    expect(checkpoint).toMatchObject({ format: 1, loop: 'Count', runId: 'mine' });
    expect(run.actor.getSnapshot().status).toBe('stopped');
    expect(loop.running).toBe(false);
    const { n } = loop.state;
    await turns(3);
    expect(loop.state.n).toBe(n);
    await expect(run.output).rejects.toThrow('count: was suspended. Go on with start({ from: checkpoint }).');
  });

  test('a run that is suspended is saved, also with durability exit, and the same loops may go on', async () => {
    const store = memoryStore();
    const loop = new InTurn(new Count(2), new Count(2), 2);
    const run = loop.start({ id: 'a', store, durability: 'exit', paused: true });
    await run.step(3);
    await run.suspend('a reason');
    const from = (await store.load('a'))!;
    expect(from.position).toEqual({ steps: 3, loops: { inTurn: 0, 'inTurn.b': 1 } });
    expect(await loop.start({ from }).output).toEqual([2, 2, 2, 2]);
  });

  test('children that run in parallel are each suspended at a boundary', async () => {
    const run = new Both(new Count(4), new Count(6)).start({ paused: true });
    await run.step(2);
    const from = JSON.parse(JSON.stringify(await run.suspend())) as Checkpoint;
    expect(from.position).toEqual({ steps: 4, loops: { both: 0, 'both.a': 2, 'both.b': 2 } });
    const next = new Both(new Count(4), new Count(6)).start({ from });
    expect(await next.outcome).toEqual({ status: 'finished', output: [4, 6], steps: 1 });
    expect(next.progress.steps).toBe(10);
  });

  test('a run that is paused', async () => {
    const run = new Count(5).start({ paused: true });
    await run.step(2);
    expect((await run.suspend()).stateDict).toEqual({ state_dict: { n: 2 } });
  });

  test('what is resumed while it is being saved runs no step that the checkpoint does not know of', async () => {
    const saved = gate();
    const saves: Checkpoint[] = [];
    const store: CheckpointStore = {
      ...memoryStore(),
      async save(_, checkpoint) {
        await saved.promise;
        saves.push(checkpoint);
      },
    };
    const loop = new Count(Infinity);
    const run = loop.start({ store, every: 'run' });
    await turn();
    const suspended = run.suspend();
    await quiet(run);
    run.resume();
    await turns(3);
    saved.open();
    await suspended;
    expect(saves.at(-1)!.stateDict).toEqual({ state_dict: loop.state });
  });

  test.each<[string, (run: LoopRun<unknown>) => void]>([
    ['by the run', (run) => run.resume()],
    ['by an event', (run) => run.actor.send({ type: 'loop.resume' })],
    ['by a step', (run) => void run.step(2).then(() => run.resume())],
  ])('one that is resumed %s before it stands is suspended all the same, and saved until then', async (_, resume) => {
    for (const make of [() => new Count(Infinity), () => new InTurn(new Count(Infinity), new Count(Infinity))]) {
      const store = memoryStore();
      const loop = make();
      const run = loop.start({ store, id: 'run', every: 'step', durability: 'sync' });
      await turns(5);
      const suspended = run.suspend('for now');
      resume(run);
      const checkpoint = await suspended;
      expect(await run.outcome).toMatchObject({ status: 'suspended', reason: 'for now' });
      expect((await store.load('run'))!.position).toEqual(checkpoint.position);
    }
  });

  test('an observer may ask for it with each event that it hears of', async () => {
    const asked: Promise<unknown>[] = [];
    let run: LoopRun<unknown> | undefined;
    const inspect = () => {
      if (run !== undefined && run.progress.steps >= 2) asked.push(run.suspend());
    };
    run = new Count(Infinity).start({ inspect });
    expect(await run.outcome).toMatchObject({ status: 'suspended' });
    expect(asked.length).toBeGreaterThan(1);
    expect(new Set(asked).size).toBe(1);
  });

  test('a save that fails leaves the run as it was: paused, and it can go on', async () => {
    const store: CheckpointStore = { ...memoryStore(), save: () => Promise.reject(new Error('no space left')) };
    const run = new Count(3).start({ store, durability: 'exit', paused: true });
    await run.step();
    await expect(run.suspend()).rejects.toThrow('no space left');
    expect(run.actor.getSnapshot()).toMatchObject({ status: 'active', value: 'paused' });
    run.resume();
    expect(await run.outcome).toMatchObject({ status: 'failed', error: new Error('no space left') });
  });
});
