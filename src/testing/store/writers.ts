import type { CheckpointStore } from '../../checkpoint/store.ts';
import { errorOf, expectSame } from './compare.ts';
import { type Ask, Skipped, type StorePlace } from './fixture.ts';
import { sampleAt } from './samples.ts';

/** Of a place that two stores use, as two processes do. */
export const otherTests: { readonly [name: string]: Ask<StorePlace> } = {
  async 'gives a run to one at a time, until it is released'({ store, reader: other }) {
    checkAcquire(store);
    await store.acquire!('r');
    await expectBusy(store, 'a second `acquire` of the same store');
    await expectBusy(other, '`acquire` of another store');
    await other.acquire!('another');
    await store.save('r', sampleAt('r', 1));
    await store.release!('r');
    await other.release!('another');
    await other.acquire!('r');
    expectSame((await other.load('r'))?.position.steps, 1, 'the steps of what was loaded');
    await expectBusy(store, '`acquire` of the store that had it');
    await other.release!('r');
  },

  async 'keeps another store from saving a run that it holds'({ store, reader: other }) {
    checkAcquire(store);
    await store.acquire!('r');
    await store.save('r', sampleAt('r', 1));
    const error = await errorOf(other.save('r', sampleAt('r', 9)), '`save` of another store');
    expectSame((error as { code?: unknown })?.code, 'STORE_BUSY', 'the code of the error');
    await store.save('r', sampleAt('r', 2));
    expectSame((await other.load('r'))?.position.steps, 2, 'the steps of what was loaded');
    await store.release!('r');
    await other.save('r', sampleAt('r', 3));
    expectSame((await store.load('r'))?.position.steps, 3, 'the steps of what the other store has saved');
    await other.release!('r');
  },

  async 'may be read while it is written'({ store, reader }) {
    let last = 0;
    let isOver = false;
    const writing = (async () => {
      for (let steps = 1; steps <= 20; steps++) await store.save('r', sampleAt('r', steps, 20_000));
      isOver = true;
    })();
    // A store that rejects is heard below.
    writing.catch(() => {
      isOver = true;
    });
    while (!isOver) {
      const loaded = await reader.load('r');
      const steps = loaded?.position.steps ?? 0;
      if (steps < last) throw new Error(`load: got a checkpoint of ${steps} steps after one of ${last}.`);
      last = steps;
      await new Promise((resolve) => setTimeout(resolve));
    }
    await writing;
    expectSame((await reader.load('r'))?.position.steps, 20, 'the steps of what was loaded at last');
    await store.release?.('r');
  },
};

/** Of a place that outlives who writes there. */
export const dieTests: { readonly [name: string]: Ask<StorePlace> } = {
  async 'can be taken over from a writer that has died, who then writes no more'(given) {
    const { fixture, place, store } = given;
    await store.acquire?.('r');
    await store.save('r', sampleAt('r', 1));
    await store.save('r', sampleAt('r', 2));
    await fixture.die!(place);
    const next = await fixture.other!(place);
    await soon(() => next.acquire?.('r'));
    expectSame((await next.load('r'))?.position.steps, 2, 'the steps of what was loaded');
    await next.save('r', sampleAt('r', 3));
    expectSame((await next.load('r'))?.position.steps, 3, 'the steps of what was saved then');
    expectSame((await next.list('r')).at(-1)?.seq, 3, 'the number of what was saved then');
    await next.release?.('r');
  },
};

function checkAcquire(store: CheckpointStore): void {
  if (store.acquire === undefined || store.release === undefined) {
    throw new Skipped('The store has no `acquire` and `release`: two processes may save one run.');
  }
}

async function expectBusy(store: CheckpointStore, what: string): Promise<void> {
  const error = await errorOf((async () => await store.acquire!('r'))(), what);
  expectSame((error as { code?: unknown })?.code, 'STORE_BUSY', `the code of the error of ${what}`);
}

/** A death is known a moment later to those whom the system tells of it. */
export async function soon(task: () => void | Promise<void> | undefined): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await task();
      return;
    } catch (error) {
      if (attempt === 200 || (error as { code?: unknown })?.code !== 'STORE_BUSY') throw error;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}
