import { errorOf, expectSame, expectThat } from './compare.ts';
import type { Ask, StorePlace } from './fixture.ts';
import { asRunHasIt, sampleAt } from './samples.ts';
import { soon } from './writers.ts';

/** Of a place that may be full. */
export const fillTests: { readonly [name: string]: Ask<StorePlace> } = {
  async 'says that there is no room, keeps what it has, and goes on when there is'({ fixture, place, store }) {
    await store.save('r', sampleAt('r', 1, 1000));
    const makeRoom = await fixture.fill!(place);
    const error = await errorOf(store.save('r', sampleAt('r', 2, 2_000_000)), '`save` without room');
    expectThat(error instanceof Error, 'Expected `save` to reject with an Error.');
    expectSame(asRunHasIt(await store.load('r')), asRunHasIt(sampleAt('r', 1, 1000)), 'load');
    await makeRoom();
    await store.save('r', sampleAt('r', 3, 1000));
    expectSame((await store.load('r'))?.position.steps, 3, 'the steps of what was saved then');
    await store.release?.('r');
  },
};

/** Of a place whose bytes may change. */
export const damageTests: { readonly [name: string]: Ask<StorePlace> } = {
  async 'never loads what is damaged: goes back to the checkpoint before, or refuses by name'(given) {
    const { fixture, place, store } = given;
    for (const steps of [1, 2, 3]) await store.save('r', sampleAt('r', steps, 1000));
    await store.release?.('r');
    await fixture.damage!(place, 'r');
    const hasOlder = (await store.list('r')).some(({ steps }) => steps === 2);
    let loaded: unknown;
    try {
      loaded = asRunHasIt(await store.load('r'));
      // Of a run that seems never to have been saved, all is done once more.
      expectThat(loaded !== undefined, 'Expected `load` to say that the checkpoint is damaged, it gave none.');
    } catch (error) {
      if ((error as { code?: unknown })?.code !== 'CHECKPOINT_UNREADABLE') throw error;
      expectThat(!hasOlder, `Expected \`load\` to go back to the checkpoint of 2 steps, it threw: ${error}`);
    }
    if (loaded !== undefined) expectSame(loaded, asRunHasIt(sampleAt('r', 2, 1000)), 'load');
    await store.save('r', sampleAt('r', 4, 1000));
    expectSame((await store.load('r'))?.position.steps, 4, 'the steps of what was saved then');
    await store.release?.('r');
  },
};

/** Of a place that outlives a process which dies in the middle of its work. */
export const crashTests: { readonly [name: string]: Ask<StorePlace> } = {
  async 'leaves the new checkpoint or the one before, wherever it crashes'({ fixture, another }) {
    for (let n = 1; ; n++) {
      const place = await another();
      const { store } = place;
      await store.save('r', sampleAt('r', 1, 1000));
      const hasCrashed = fixture.crash!(place, n);
      const isSaved = await store.save('r', sampleAt('r', 2, 1000)).then(
        () => true,
        () => false,
      );
      const isOver = !(await hasCrashed());
      await fixture.die?.(place);
      const next = await fixture.other!(place);
      const loaded = asRunHasIt(await next.load('r'));
      const steps = loaded?.position.steps ?? 0;
      const at = `after a crash at ${n}`;
      expectThat(
        steps === 2 || (steps === 1 && !isSaved),
        `load ${at}: ${steps} steps, \`save\` resolved: ${isSaved}.`,
      );
      expectSame(loaded, asRunHasIt(sampleAt('r', steps, 1000)), `load ${at}`);
      await soon(() => next.acquire?.('r'));
      await next.save('r', sampleAt('r', 3, 1000));
      expectSame((await next.load('r'))?.position.steps, 3, `the steps of what was saved ${at}`);
      await next.release?.('r');
      if (isOver) {
        expectThat(n > 1, 'Expected `crash(place, 1)` to come to pass in a save.');
        expectThat(isSaved, 'Expected a save without a crash to resolve.');
        return;
      }
      expectThat(n < 1000, 'Expected a save to be over after 1,000 things at most.');
    }
  },
};
