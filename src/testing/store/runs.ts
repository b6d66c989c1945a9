import type { Checkpoint } from '../../checkpoint/contents.ts';
import { errorOf, expectSame, expectThat } from './compare.ts';
import type { Ask, Given, StorePlace } from './fixture.ts';
import { outputOfSums, Sums } from './samples.ts';

/** What every store does for runs of loops. */
export const runTests: { readonly [name: string]: Ask<StorePlace> } = {
  async 'keeps checkpoints that a run goes on from, wherever it was cut'({ store, reader, fixture }) {
    for (let cut = 1; cut <= 8; cut++) {
      const id = `cut-${cut}`;
      const first = new Sums().start({ id, store, every: 'step', paused: true, ...fixture.start });
      await first.step(cut);
      await first.suspend();
      const from = (await reader.load(id))!;
      expectSame(from.position.steps, cut, 'the steps of what was loaded');
      const json = JSON.parse(JSON.stringify(from)) as Checkpoint;
      expectSame(await new Sums().start({ from: json }).output, outputOfSums, 'the output of a run from its JSON');
      const run = new Sums().start({ from, store: reader, every: 'step', ...fixture.start });
      expectSame(run.id, id, 'the id of the run');
      expectSame(await run.output, outputOfSums, 'the output of the run that went on');
      expectSame((await store.load(id))?.phase.value, 'finished', 'where the run stands that was saved last');
    }
  },

  async 'holds a run from before its first hook until it has ended'({ store, fixture }) {
    const run = new Sums().start({ id: 'r', store, every: 'step', paused: true, ...fixture.start });
    await run.step(2);
    const second = new Sums();
    const error = await errorOf(second.start({ id: 'r', store, ...fixture.start }).output, 'a second run with this id');
    expectSame((error as { code?: unknown })?.code, 'STORE_BUSY', 'the code of the error');
    expectSame(second.state.sums, [], 'what the second run has done');
    run.resume();
    expectSame(await run.output, outputOfSums, 'the output of the run');
    expectSame(await new Sums().start({ id: 'r', store, ...fixture.start }).output, outputOfSums, 'the next run');
  },

  async 'lets a run be forked: both go on, and neither changes the other'({ store, reader, fixture }) {
    const run = new Sums().start({ id: 'trunk', store, every: 'step', paused: true, ...fixture.start });
    await run.step(4);
    await run.suspend();
    const from = (await reader.load('trunk'))!;
    const fork = new Sums().start({ id: 'fork', from, store, every: 'step', ...fixture.start });
    expectSame(await fork.output, outputOfSums, 'the output of the fork');
    expectSame((await reader.load('trunk'))?.position.steps, 4, 'the steps of the trunk');
    await finishTrunk({ store, reader, fixture });
    const ids = (await reader.list()).map(({ runId }) => runId);
    expectSame([...new Set(ids)].sort(), ['fork', 'trunk'], 'the ids in list()');
  },
};

/** Of a store that several runs may use at once. */
export const severalTests: { readonly [name: string]: Ask<StorePlace> } = {
  async 'serves runs that go on side by side'({ store, reader, fixture }) {
    const runs = ['a', 'b', 'c'].map((id) => new Sums().start({ id, store, every: 'step', ...fixture.start }));
    for (const run of runs) {
      expectSame(await run.output, outputOfSums, `the output of run ${run.id}`);
      expectSame((await reader.load(run.id))?.position.steps, 9, `the steps of run ${run.id}`);
    }
  },
};

async function finishTrunk({ store, reader, fixture }: Pick<Given<StorePlace>, 'store' | 'reader' | 'fixture'>) {
  const from = (await reader.load('trunk'))!;
  const trunk = new Sums().start({ from, store, every: 'step', ...fixture.start });
  expectSame(await trunk.output, outputOfSums, 'the output of the trunk');
  expectThat((await reader.load('fork'))?.phase.value === 'finished', 'Expected the fork to be finished still.');
}
