import { type CheckpointStore, LoopError } from 'loopchart';
import { type StoreFixture, storeTests } from 'loopchart/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { checkpointAt, oddIds, richCheckpoint } from './programs/checkpoint.ts';
import { sqlite } from './support/sqlite.ts';
import { bitsOf } from './support/store-directory.ts';
import { file, memory } from './support/stores.ts';

/*
 * The suite that every store has to pass, on ours, and what ours do besides. `indexedDBStore` is tested in
 * `indexeddb-store.test.ts`, in a browser. What only files have to do with is in the files `file-store-*`; who may use a
 * run's checkpoints at a time is in `acquire.test.ts`.
 */

const fixtures: StoreFixture<any>[] = [memory, file(2), file(1), sqlite({}), sqlite({ keep: 1, transaction: false })];

describe.each(fixtures)('$name', (fixture) => {
  for (const { name, run } of storeTests(fixture)) {
    test(name, async ({ skip }) => {
      const { skipped } = await run();
      if (skipped !== undefined) skip(skipped);
    });
  }
});

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

describe.each(fixtures)('$name, as none but ours need do it', (fixture) => {
  /** A store, and somebody else who reads from the same place. */
  async function make(): Promise<{ store: CheckpointStore; reader: CheckpointStore }> {
    const place = await fixture.make();
    onTestFinished(async () => void (await fixture.close?.(place)));
    return { store: place.store, reader: (await fixture.other?.(place)) ?? place.store };
  }

  test('gives back what lies in two assets as one', async () => {
    const { store, reader } = await make();
    await store.save('r', richCheckpoint('r'));
    await store.release!('r');
    const loaded = await reader.load('r');
    expect(loaded).toStrictEqual(richCheckpoint('r'));
    expect(bitsOf(loaded)).toEqual(bitsOf(richCheckpoint('r')));
    const { shared, again } = loaded!.assets as any;
    expect(again.shared).toBe(shared);
  });

  test('loads what was saved last, also of saves that were asked for at once', async () => {
    const { store, reader } = await make();
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
    const { store, reader } = await make();
    await store.save('r', checkpointAt('r', 1));
    await expect(store.save('r', { ...checkpointAt('r', 2), assets: { model: () => 1 } })).rejects.toThrow(LoopError);
    expect((await reader.load('r'))!.position.steps).toBe(1);
    await store.save('r', checkpointAt('r', 3));
    expect((await reader.load('r'))!.position.steps).toBe(3);
    await store.release!('r');
  });

  test.each(unkeepable)('refuses by name what it cannot keep: %s', async (_, change, says) => {
    const { store, reader } = await make();
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
    const { store, reader } = await make();
    for (const [i, id] of oddIds.entries()) await store.save(id, checkpointAt(id, i));
    for (const [i, id] of oddIds.entries()) {
      expect((await reader.load(id))!.position.steps).toBe(i);
      expect(await reader.list(id)).toMatchObject([{ runId: id, seq: 1, steps: i }]);
    }
    expect(new Set((await reader.list()).map(({ runId }) => runId))).toEqual(new Set(oddIds));
    for (const id of oddIds) await store.release!(id);
  });
});
