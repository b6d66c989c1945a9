import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Checkpoint, type CheckpointStore, memoryStore } from 'loopchart';
import { type StoreFixture, storeTests, testStore } from 'loopchart/testing';
import { expect, test } from 'vitest';

/* Whether the suite finds what is wrong with a store, and says so. Stores that are right are in `store.test.ts`. */

/** A store that has one mistake. */
function wrong(
  change: (store: Required<CheckpointStore>) => Partial<CheckpointStore>,
  more: Partial<StoreFixture> = {},
) {
  const make = () => {
    const store = memoryStore() as Required<CheckpointStore>;
    return { store: { ...store, ...change(store) } };
  };
  return { name: 'wrongStore', make, keep: 1, refuses: true, ...more } satisfies StoreFixture;
}

/** One place of the process, which all stores of it share, as a database would be. */
function shared(change: (store: Required<CheckpointStore>) => Partial<CheckpointStore>) {
  return wrong(change, { other: ({ store }) => ({ ...store, ...change(store as Required<CheckpointStore>) }) });
}

const mistakes: [what: string, fixture: StoreFixture, found: string[]][] = [
  [
    'gives out what it keeps',
    wrong(({ save, load }) => {
      const kept = new Map<string, Checkpoint | undefined>();
      return {
        async save(id, checkpoint) {
          await save(id, checkpoint);
          kept.set(id, await load(id));
        },
        load: async (id) => kept.get(id),
        delete: async (id) => void kept.delete(id),
      };
    }),
    ['gives each who loads a checkpoint of his own'],
  ],
  [
    'copies late',
    wrong(({ save }) => ({
      async save(id, checkpoint) {
        await null;
        await save(id, checkpoint);
      },
    })),
    ['saves what there was when save was called'],
  ],
  [
    'keeps what JSON makes of it',
    wrong(({ load }) => ({
      async load(id) {
        const { ...plain } = (await load(id)) ?? { none: true };
        return 'none' in plain ? undefined : (JSON.parse(JSON.stringify(plain)) as Checkpoint);
      },
    })),
    ['gives back bit for bit what was saved', 'keeps checkpoints that a run goes on from, wherever it was cut'],
  ],
  [
    'has ids in lower case',
    wrong(({ save, load }) => ({
      save: (id, checkpoint) => save(id.toLowerCase(), checkpoint),
      load: (id) => load(id.toLowerCase()),
    })),
    ['tells runs apart, whatever their ids'],
  ],
  [
    'forgets all runs for one',
    wrong(({ list, delete: remove }) => ({
      async delete() {
        for (const { runId } of await list()) await remove(runId);
      },
    })),
    ['forgets a run that is deleted, and no other; the run may begin anew'],
  ],
  [
    'lists the newest first',
    wrong(({ list }) => ({ list: async (id) => (await list(id)).reverse() })),
    ['lists the oldest checkpoint first'],
  ],
  [
    'does not count',
    wrong(({ list }) => ({ list: async (id) => (await list(id)).map((info) => ({ ...info, seq: 1 })) })),
    [
      'lists one run or all, and counts the saves of each',
      'keeps the newest checkpoints of a run, and no more than it says',
    ],
  ],
  [
    'keeps what it has while a save has more steps than the next',
    wrong(({ save, load }) => ({
      async save(id, checkpoint) {
        const before = await load(id);
        if ((before?.position.steps ?? 0) <= checkpoint.position.steps) await save(id, checkpoint);
      },
    })),
    ['loads what was saved last, whichever has more steps'],
  ],
  [
    'lets everybody have a run',
    shared(() => ({ acquire() {}, release() {} })),
    ['gives a run to one at a time, until it is released', 'holds a run from before its first hook until it has ended'],
  ],
  [
    'loads what is damaged as if there were nothing',
    wrong(() => ({}), {
      damage: ({ store }, id) => store.delete(id),
    }),
    ['never loads what is damaged: goes back to the checkpoint before, or refuses by name'],
  ],
];

test.each(mistakes)('finds that a store %s', async (_, fixture, found) => {
  const report = await testStore(fixture);
  const failed = report.tests.filter(({ status }) => status === 'failed').map(({ name }) => name);
  expect(failed).toEqual(expect.arrayContaining(found));
  expect(report.passed).toBe(false);
});

test('finds that a store loads what is damaged', async () => {
  const fixture = wrong(({ load }) => {
    let isSpoilt = false;
    return {
      spoil: () => {
        isSpoilt = true;
      },
      async load(id: string) {
        const checkpoint = await load(id);
        if (isSpoilt) (checkpoint!.assets.weights as Float64Array)[3]! += 1;
        return checkpoint;
      },
    };
  });
  const report = await testStore({ ...fixture, damage: ({ store }) => (store as any).spoil() });
  expect(report.tests.filter(({ status }) => status === 'failed')).toMatchObject([
    { capability: 'damage', error: { message: expect.stringMatching(/^load: byte \d+ of `assets.weights` is/) } },
  ]);
  expect([report.passed, report.passedBase]).toEqual([false, true]);
});

test('a store without acquire is told what that means; one that never answers holds up nobody', async () => {
  const { acquire: _, release: __, ...plain } = memoryStore();
  const bare: StoreFixture = { name: 'bare', make: () => ({ store: { ...plain } }), other: () => ({ ...plain }) };
  const report = await testStore(bare);
  expect(report.tests.filter(({ status }) => status === 'skipped')).toMatchObject([
    { reason: 'The store has no `acquire` and `release`: two processes may save one run.' },
    { reason: 'The store has no `acquire` and `release`: two processes may save one run.' },
  ]);
  const silent = wrong(() => ({ load: () => new Promise(() => {}) }));
  const late = await testStore(silent, { patience: 50 });
  expect(late.passedBase).toBe(false);
  expect(late.tests[0]).toMatchObject({ error: { message: 'Expected an answer within 50 ms, got none.' } });
});

test('the report says what has failed, and what was not tested', async () => {
  const report = await testStore(wrong(({ list }) => ({ list: async (id) => (await list(id)).reverse() })));
  expect(`${report}`).toBe(
    `
wrongStore: FAILED
  base     what every store does                            14 passed, 1 failed
    ✗ lists the oldest checkpoint first
      ${(report.tests.find(({ status }) => status === 'failed')!.error as Error).message}
  several  serves several runs at once                      1 passed
  keep     keeps so many checkpoints of a run               1 passed
  refuses  refuses what is no data                          1 passed
  other    two stores over one place: one writer of a run   not offered
  die      the writer dies: another takes over              not offered
  fill     no room is left                                  not offered
  damage   a torn write                                     not offered
  crash    a crash at the n-th write                        not offered`.trimStart(),
  );
  expect(storeTests(wrong(() => ({}))).length).toBe(18);
});

test('examples/store-redis passes', async () => {
  const root = join(import.meta.dirname, '..');
  const args = ['--import', 'tsx', '--conditions=loopchart-source', 'examples/store-redis/main.ts'];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root });
  expect(stdout).toMatch(/^redisStore: passed\n/);
  expect(stdout.match(/not offered/g)).toHaveLength(1);
});
