import { errorOf, expectSame, expectThat } from './compare.ts';
import type { Ask, StorePlace } from './fixture.ts';
import { asRunHasIt, oddIds, richSample, sampleAt } from './samples.ts';

/** What every store does. */
export const baseTests: { readonly [name: string]: Ask<StorePlace> } = {
  async 'has nothing of a run that was never saved'({ store, reader }) {
    for (const one of [store, reader]) {
      expectSame(await one.load('r'), undefined, 'load');
      expectSame(await one.list(), [], 'list()');
      expectSame(await one.list('r'), [], "list('r')");
      await one.delete('r');
    }
  },

  async 'gives back bit for bit what was saved'({ store, reader }) {
    await store.save('r', richSample('r'));
    await store.release?.('r');
    expectSame(asRunHasIt(await reader.load('r')), asRunHasIt(richSample('r')), 'load');
  },

  async 'takes checkpoints of any size'({ store, reader, fixture }) {
    const { largest = 5_000_000 } = fixture;
    for (const bytes of [0, 1000, 65_536, 1_000_000, 5_000_000].filter((size) => size <= largest)) {
      await store.save('r', sampleAt('r', bytes, bytes));
      expectSame(asRunHasIt(await reader.load('r')), asRunHasIt(sampleAt('r', bytes, bytes)), `${bytes} bytes`);
    }
    await store.release?.('r');
  },

  async 'saves what there was when save was called'({ store, reader }) {
    const checkpoint = sampleAt('r', 1, 100_000);
    const saving = store.save('r', checkpoint);
    (checkpoint.assets.weights as Float64Array).fill(-1);
    checkpoint.position.steps = 9;
    checkpoint.stateDict.state_dict = null;
    await saving;
    expectSame(asRunHasIt(await reader.load('r')), asRunHasIt(sampleAt('r', 1, 100_000)), 'load');
    await store.release?.('r');
  },

  async 'gives each who loads a checkpoint of his own'({ store, reader }) {
    await store.save('r', sampleAt('r', 1, 64));
    const first = (await reader.load('r'))!;
    first.stateDict.state_dict = null;
    first.phase.children.none = first.phase;
    const { weights } = first.assets;
    if (weights instanceof Float64Array) weights.fill(-1);
    first.assets = {};
    expectSame(asRunHasIt(await reader.load('r')), asRunHasIt(sampleAt('r', 1, 64)), 'the second load');
    await store.release?.('r');
  },

  async 'loads what was saved last, whichever has more steps'({ store, reader }) {
    for (const steps of [5, 3, 8]) {
      await store.save('r', sampleAt('r', steps));
      expectSame((await reader.load('r'))?.position.steps, steps, 'the steps of what was loaded');
    }
    await store.release?.('r');
  },

  async 'saves runs side by side'({ store, reader }) {
    const ids = Array.from({ length: 10 }, (_, i) => `run-${i}`);
    await Promise.all(ids.map((id, i) => store.save(id, sampleAt(id, i, i * 10_000))));
    for (const [i, id] of ids.entries()) {
      expectSame(asRunHasIt(await reader.load(id)), asRunHasIt(sampleAt(id, i, i * 10_000)), id);
      await store.release?.(id);
    }
  },

  async 'tells runs apart, whatever their ids'({ store, reader }) {
    for (const [i, id] of oddIds.entries()) await store.save(id, sampleAt(id, i));
    for (const [i, id] of oddIds.entries()) {
      expectSame((await reader.load(id))?.position.steps, i, `the steps of run ${JSON.stringify(id)}`);
      const listed = await reader.list(id);
      expectSame(
        listed.map(({ runId, seq, steps }) => ({ runId, seq, steps })),
        [{ runId: id, seq: 1, steps: i }],
        `list(${JSON.stringify(id)})`,
      );
    }
    const all = new Set((await reader.list()).map(({ runId }) => runId));
    expectSame([...all].sort(), [...oddIds].sort(), 'the ids in list()');
    for (const id of oddIds) await store.release?.(id);
  },

  async 'lists one run or all, and counts the saves of each'({ store, reader }) {
    const began = Date.now();
    for (const [steps, id] of saves) await store.save(id, sampleAt(id, steps));
    const all = await reader.list();
    expectSame([...new Set(all.map(({ runId }) => runId))].sort(), ['a', 'b'], 'the ids in list()');
    const lastOf = (id: string) => {
      const found = all.findLast(({ runId }) => runId === id);
      return found && { seq: found.seq, steps: found.steps };
    };
    expectSame(lastOf('a'), { seq: 3, steps: 4 }, 'the newest of a');
    expectSame(lastOf('b'), { seq: 1, steps: 2 }, 'the newest of b');
    for (const { savedAt } of all) {
      expectThat(
        savedAt >= began && savedAt <= Date.now(),
        `\`savedAt\` is ${savedAt}, which is not when it was saved.`,
      );
    }
    for (const id of ['a', 'b', 'c']) {
      const own = all.filter(({ runId }) => runId === id);
      expectSame(await reader.list(id), own, `list('${id}')`);
    }
    for (const id of ['a', 'b']) await store.release?.(id);
  },

  async 'lists the oldest checkpoint first'({ store, reader }) {
    for (const [steps, id] of saves) {
      await store.save(id, sampleAt(id, steps));
      await nextMillisecond();
    }
    const times = (await reader.list()).map(({ savedAt }) => savedAt);
    expectSame(
      times,
      times.toSorted((a, b) => a - b),
      'the times in list()',
    );
    const numbers = (await reader.list('a')).map(({ seq }) => seq);
    expectSame(
      numbers,
      numbers.toSorted((a, b) => a - b),
      "the numbers in list('a')",
    );
    for (const id of ['a', 'b']) await store.release?.(id);
  },

  async 'forgets a run that is deleted, and no other; the run may begin anew'({ store, reader }) {
    await store.save('a', sampleAt('a', 1));
    await store.save('a', sampleAt('a', 2));
    await store.save('b', sampleAt('b', 3));
    await store.delete('a');
    expectSame(await reader.load('a'), undefined, "load('a') after delete('a')");
    expectSame([...new Set((await reader.list()).map(({ runId }) => runId))], ['b'], 'the ids in list()');
    expectSame((await reader.load('b'))?.position.steps, 3, 'the steps of b');
    await store.save('a', sampleAt('a', 4));
    const anew = (await reader.list('a')).map(({ seq, steps }) => ({ seq, steps }));
    expectSame(anew, [{ seq: 1, steps: 4 }], "list('a') after it has begun anew");
    for (const id of ['a', 'b']) await store.release?.(id);
  },

  async 'may be told to release what it does not hold'({ store }) {
    await store.release?.('r');
    await store.save('r', sampleAt('r', 1));
    await store.release?.('r');
    await store.release?.('r');
  },
};

/** Of a store that says how many checkpoints it keeps. */
export const keepTests: { readonly [name: string]: Ask<StorePlace> } = {
  async 'keeps the newest checkpoints of a run, and no more than it says'({ store, reader, fixture }) {
    const keep = fixture.keep!;
    for (let steps = 1; steps <= keep + 3; steps++) {
      await store.save('r', sampleAt('r', steps));
      if (steps === 1) await store.save('other', sampleAt('other', 1));
      const kept = Array.from({ length: Math.min(keep, steps) }, (_, i) => steps - Math.min(keep, steps) + i + 1);
      expectSame(
        (await reader.list('r')).map(({ seq }) => seq),
        kept,
        `the numbers in list('r') after ${steps} saves`,
      );
    }
    expectSame((await reader.list('other')).length, 1, "how many are in list('other')");
    // Each that is listed can be had by its number, and none that is not.
    for (let seq = 0; reader.loadAt && seq <= keep + 4; seq++) {
      const isKept = seq > 3 && seq <= keep + 3;
      const loaded = await reader.loadAt('r', seq);
      expectSame(loaded?.position.steps, isKept ? seq : undefined, `the steps of loadAt('r', ${seq})`);
      if (isKept) expectSame(asRunHasIt(loaded), asRunHasIt(sampleAt('r', seq)), `loadAt('r', ${seq})`);
    }
    for (const id of ['r', 'other']) await store.release?.(id);
  },
};

/** Of a store that looks at what it is given. */
export const refusesTests: { readonly [name: string]: Ask<StorePlace> } = {
  async 'refuses what it cannot keep, and keeps what it has'({ store, reader }) {
    const unkeepable = [() => 1, [/x/], new Map([[1, () => 1]])];
    for (const model of unkeepable) {
      await store.save('r', sampleAt('r', 1));
      const error = await errorOf(store.save('r', { ...sampleAt('r', 2), assets: { model } }), 'save');
      expectSame((error as { code?: unknown })?.code, 'NOT_PLAIN_DATA', 'the code of the error');
      expectSame((await reader.load('r'))?.position.steps, 1, 'the steps of what was loaded');
    }
    await store.release?.('r');
  },
};

/** How many steps were saved of which run, one after the other. */
const saves = [
  [1, 'a'],
  [2, 'b'],
  [3, 'a'],
  [4, 'a'],
] as const;

/** The clock is what orders runs: waits until it has gone on. */
async function nextMillisecond(): Promise<void> {
  const now = Date.now();
  while (Date.now() === now) await Promise.resolve();
}
