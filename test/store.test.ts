import { type CheckpointStore, LoopError, memoryStore } from 'loopchart';
import { fileStore } from 'loopchart/node';
import { describe, expect, test } from 'vitest';
import { checkpointAt, oddIds, richCheckpoint, weightsAt } from './programs/checkpoint.ts';
import { Count, InTurn } from './support/counts.ts';
import { bitsOf, newDirectory } from './support/store-directory.ts';

/*
 * What every store of ours does. What only files have to do with is in the files `file-store-*`; who may use a run's
 * checkpoints at a time is in `acquire.test.ts`.
 */

interface Place {
  store: CheckpointStore;
  /** Somebody else who reads from the same place. */
  reader: CheckpointStore;
}

const stores: [name: string, make: () => Place][] = [
  [
    'memoryStore',
    () => {
      const store = memoryStore();
      return { store, reader: store };
    },
  ],
  [
    'fileStore',
    () => {
      const dir = newDirectory();
      return { store: fileStore(dir), reader: fileStore(dir) };
    },
  ],
  [
    'fileStore that keeps one checkpoint',
    () => {
      const dir = newDirectory();
      return { store: fileStore(dir, { keep: 1 }), reader: fileStore(dir, { keep: 1 }) };
    },
  ],
];

/** How many steps were saved of which run, one after the other. */
const saves = [
  [1, 'a'],
  [2, 'b'],
  [3, 'a'],
  [4, 'a'],
] as const;

/** Changes that make a checkpoint one that cannot be kept, and what the error says. */
const unkeepable: [what: string, change: (checkpoint: any) => void, says: string][] = [
  [
    'a function in an asset',
    ({ assets }) => {
      assets.model = { list: [() => 1] };
    },
    'Expected `model.list[0]`, which `stateDict()` returned, to be data that a checkpoint can keep (plain data, typed ' +
      'arrays, Map, Set, Date, bigint), got a function.',
  ],
  [
    'an instance of a class in an asset',
    ({ assets }) => {
      assets.model = new Map([[1, /x/]]);
    },
    'Expected `model.(Map)`, which `stateDict()` returned, to be data that a checkpoint can keep (plain data, typed ' +
      'arrays, Map, Set, Date, bigint), got an instance of RegExp.',
  ],
  [
    'a typed array whose bytes are elsewhere',
    ({ assets }) => {
      const w = new Float32Array(4);
      structuredClone(w, { transfer: [w.buffer] });
      assets.model = { w };
    },
    'got a Float32Array that was transferred',
  ],
  [
    'a function in the state',
    ({ stateDict }) => {
      stateDict.state_dict = { f: () => 1 };
    },
    '() => 1 could not be cloned.',
  ],
];

/** The clock is what orders runs: waits until it has gone on. */
function nextMillisecond(): void {
  const now = Date.now();
  while (Date.now() === now);
}

describe.each(stores)('%s', (_, make) => {
  test('has nothing of a run that was never saved', async () => {
    const { store, reader } = make();
    for (const one of [store, reader]) {
      expect(await one.load('r')).toBe(undefined);
      expect(await one.list()).toEqual([]);
      expect(await one.list('r')).toEqual([]);
      await one.delete('r');
    }
  });

  test('gives back bit for bit what was saved', async () => {
    const { store, reader } = make();
    await store.save('r', richCheckpoint('r'));
    await store.release!('r');
    const loaded = await reader.load('r');
    expect(loaded).toStrictEqual(richCheckpoint('r'));
    expect(bitsOf(loaded)).toEqual(bitsOf(richCheckpoint('r')));
    const { shared, again } = loaded!.assets as any;
    expect(again.shared).toBe(shared);
  });

  test('saves what there was when save was called', async () => {
    const { store, reader } = make();
    const weights = weightsAt(1, 600_000);
    const checkpoint = { ...checkpointAt('r', 1), assets: { weights } };
    const saving = store.save('r', checkpoint);
    weights.fill(-1);
    checkpoint.position.steps = 9;
    checkpoint.stateDict.state_dict = null;
    await saving;
    expect(await reader.load('r')).toEqual(checkpointAt('r', 1, 600_000));
    await store.release!('r');
  });

  test('gives each who loads a checkpoint of his own', async () => {
    const { store, reader } = make();
    await store.save('r', checkpointAt('r', 1, 64));
    const first = (await reader.load('r'))!;
    (first.assets.weights as Float64Array).fill(-1);
    first.stateDict.state_dict = null;
    first.phase.children.none = first.phase;
    expect(await reader.load('r')).toEqual(checkpointAt('r', 1, 64));
    await store.release!('r');
  });

  test('loads what was saved last, also of saves that were asked for at once', async () => {
    const { store, reader } = make();
    for (const steps of [5, 3, 8]) {
      await store.save('r', checkpointAt('r', steps));
      expect((await reader.load('r'))!.position.steps).toBe(steps);
    }
    await Promise.all(Array.from({ length: 20 }, (_, i) => store.save('r', checkpointAt('r', i, i * 30_000))));
    expect(await reader.load('r')).toEqual(checkpointAt('r', 19, 19 * 30_000));
    expect((await reader.list('r')).at(-1)).toMatchObject({ runId: 'r', seq: 23, steps: 19 });
    await store.release!('r');
  });

  test('keeps what it has when a checkpoint cannot be saved', async () => {
    const { store, reader } = make();
    await store.save('r', checkpointAt('r', 1));
    await expect(store.save('r', { ...checkpointAt('r', 2), assets: { model: () => 1 } })).rejects.toThrow(LoopError);
    expect((await reader.load('r'))!.position.steps).toBe(1);
    await store.save('r', checkpointAt('r', 3));
    expect((await reader.load('r'))!.position.steps).toBe(3);
    await store.release!('r');
  });

  test.each(unkeepable)('refuses by name what it cannot keep: %s', async (_, change, says) => {
    const { store, reader } = make();
    const checkpoint = checkpointAt('r', 1);
    change(checkpoint);
    const error: unknown = await store.save('r', checkpoint).catch((error) => error);
    expect(error).toBeInstanceOf(LoopError);
    expect(error).toMatchObject({ code: 'NOT_PLAIN_DATA' });
    expect((error as Error).message).toContain(says);
    expect(await reader.load('r')).toBe(undefined);
    await store.release!('r');
  });

  test('tells runs apart, whatever their ids', async () => {
    const { store, reader } = make();
    for (const [i, id] of oddIds.entries()) await store.save(id, checkpointAt(id, i));
    for (const [i, id] of oddIds.entries()) {
      expect((await reader.load(id))!.position.steps).toBe(i);
      expect(await reader.list(id)).toMatchObject([{ runId: id, seq: 1, steps: i }]);
    }
    expect(new Set((await reader.list()).map(({ runId }) => runId))).toEqual(new Set(oddIds));
    for (const id of oddIds) await store.release!(id);
  });

  test('lists one run or all, and counts the saves of each', async () => {
    const { store, reader } = make();
    const began = Date.now();
    for (const [steps, id] of saves) await store.save(id, checkpointAt(id, steps));
    const all = await reader.list();
    expect(new Set(all.map(({ runId }) => runId))).toEqual(new Set(['a', 'b']));
    expect(all.findLast(({ runId }) => runId === 'a')).toMatchObject({ seq: 3, steps: 4 });
    expect(all.findLast(({ runId }) => runId === 'b')).toMatchObject({ seq: 1, steps: 2 });
    for (const { savedAt } of all) {
      expect(savedAt).toBeGreaterThanOrEqual(began);
      expect(savedAt).toBeLessThanOrEqual(Date.now());
    }
    for (const id of ['a', 'b', 'c']) expect(await reader.list(id)).toEqual(all.filter(({ runId }) => runId === id));
    for (const id of ['a', 'b']) await store.release!(id);
  });

  test('lists the oldest checkpoint first', async () => {
    const { store, reader } = make();
    for (const [steps, id] of saves) {
      await store.save(id, checkpointAt(id, steps));
      nextMillisecond();
    }
    const listed = (await reader.list()).map(({ savedAt }) => savedAt);
    expect(listed).toEqual(listed.toSorted((a, b) => a - b));
    for (const id of ['a', 'b']) await store.release!(id);
  });

  test('forgets a run that is deleted, and no other; the run may begin anew', async () => {
    const { store, reader } = make();
    await store.save('a', checkpointAt('a', 1));
    await store.save('a', checkpointAt('a', 2));
    await store.save('b', checkpointAt('b', 3));
    await store.delete('a');
    expect(await reader.load('a')).toBe(undefined);
    expect((await reader.list()).map(({ runId }) => runId)).toEqual(['b']);
    expect((await reader.load('b'))!.position.steps).toBe(3);
    await store.save('a', checkpointAt('a', 4));
    expect(await reader.list('a')).toMatchObject([{ seq: 1, steps: 4 }]);
    for (const id of ['a', 'b']) await store.release!(id);
  });

  test('gives a run to one at a time, until it is released', async () => {
    const { store, reader } = make();
    const acquire = async (one: CheckpointStore, id: string) => await one.acquire!(id);
    await acquire(store, 'r');
    for (const one of [store, reader]) {
      await expect(acquire(one, 'r')).rejects.toMatchObject({ name: 'LoopError', code: 'STORE_BUSY' });
    }
    await acquire(reader, 'another');
    await store.save('r', checkpointAt('r', 1));
    await store.release!('r');
    // Twice is no mistake.
    await store.release!('r');
    await acquire(reader, 'r');
    expect((await reader.load('r'))!.position.steps).toBe(1);
    for (const id of ['r', 'another']) await reader.release!(id);
  });

  test('keeps a checkpoint that a run goes on from, also as JSON', async () => {
    const { store, reader } = make();
    const fresh = () => new InTurn(new Count(3), new Count(3), 2);
    const first = fresh().start({ id: 'a', store, every: 'step', paused: true });
    await first.step(4);
    await first.suspend();
    const from = (await reader.load('a'))!;
    expect(from.position.steps).toBe(4);
    expect((await reader.list('a')).at(-1)).toMatchObject({ runId: 'a', steps: 4 });
    expect(await fresh().start({ from: JSON.parse(JSON.stringify(from)) }).output).toEqual([3, 3, 3, 3]);
    const run = fresh().start({ from, store: reader, every: 'step' });
    expect(run.id).toBe('a');
    expect(await run.output).toEqual([3, 3, 3, 3]);
    expect((await store.load('a'))!.phase.value).toBe('finished');
    await store.delete('a');
    expect([await reader.load('a'), await reader.list()]).toEqual([undefined, []]);
  });
});
