// @module-tag page

import { Loop } from 'loopchart';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { synthetic } from '../inspector/dev/synthetic.ts';
import type { Line } from '../inspector/lines/line.ts';
import { placeWords, type Verdict, verdictOf } from '../inspector/run/verdict.ts';
import type { Ending } from '../inspector/run/why-ended.ts';
import { knownFrom, linesOf, recorded } from './support/known-run.ts';
import { begin, end, leave, moment, openRecording, page, visit, watchRun } from './support/page.ts';

class Rows extends Loop<void, [file: string]> {
  override state = { n: 0 };
  /** What its second step throws. */
  fault = (): unknown => undefined;
  get done() {
    return this.state.n >= 3;
  }
  reset() {
    this.state.n = 0;
  }
  advance() {
    this.state.n++;
    const fault = this.fault();
    if (this.state.n === 2 && fault !== undefined) throw fault;
  }
}

type What = 'fail' | 'end' | 'end itself' | 'wait' | 'sleep' | 'fail in reset';

class Files extends Loop<number, [what?: What]> {
  override state = { file: 0, total: 3 };
  rows = new Rows();
  override get skip() {
    return this.restarting;
  }
  get done() {
    return this.state.file >= 3;
  }
  reset(what?: What) {
    if (what === 'fail in reset') throw new Error('no files');
    this.state.file = 0;
  }
  async advance(what?: What) {
    this.state.file++;
    if (what === 'fail') {
      // One that was caught is not why it fails later.
      this.rows.fault = () => new RangeError('caught');
      await this.rows.run('odd.csv').catch(() => {});
    }
    this.rows.fault = () => {
      if (this.state.file !== 2) return undefined;
      if (what === 'fail') return new RangeError('Expected a number, got "x"');
      return what === 'end' ? this.end('found it') : undefined;
    };
    await this.rows.run('a.csv');
    if (what === 'wait') await this.receive('approval');
    if (what === 'sleep') await this.sleep('night', 60_000);
    if (what === 'end itself' && this.state.file === 2) throw this.end('enough');
  }
  override onRunEnd() {
    return this.state.file;
  }
}

const verdictFrom = (lines: readonly Line[]): { verdict: Verdict; type: string } => {
  const { store, contexts, root } = knownFrom(lines);
  const verdict = verdictOf(store, contexts, root);
  const at = 'at' in verdict ? verdict.at : undefined;
  return { verdict, type: at ? store.types.list[store.type(at.row)]! : '' };
};
const told = ({ how, at, during, why, args }: Ending) => ({ how, at: at?.actor.id, during, why, args });

describe('of a run that is over, the verdict says how, why, and leads to where that was decided:', () => {
  test('it finished, and returned something', async () => {
    const { verdict } = verdictFrom(linesOf(await recorded(new Files(), [])));
    expect(told(verdict as Ending)).toEqual({ how: 'finished', at: 'files#1', during: '', why: '3', args: '' });
  });

  test('it failed: the loop in which that began, its step, what it was run with, and what was thrown', async () => {
    const { verdict, type } = verdictFrom(linesOf(await recorded(new Files(), ['fail'])));
    expect(told(verdict as Ending)).toEqual({
      how: 'failed',
      at: 'files.rows#4',
      during: 'at step 2',
      why: 'RangeError: Expected a number, got "x"',
      args: '"a.csv"',
    });
    expect(type).toBe('loop.failed');
  });

  test('it failed in a hook that is no step', async () => {
    const { verdict } = verdictFrom(linesOf(await recorded(new Files(), ['fail in reset'])));
    expect(told(verdict as Ending)).toMatchObject({ at: 'files#1', during: 'in `reset`', why: 'Error: no files' });
  });

  test('it was ended by a loop further down: that is no failure', async () => {
    const { verdict } = verdictFrom(linesOf(await recorded(new Files(), ['end'])));
    expect(told(verdict as Ending)).toMatchObject({
      how: 'ended',
      at: 'files.rows#2',
      during: 'at step 2',
      why: 'found it',
    });
  });

  test('it ended itself', async () => {
    const { verdict } = verdictFrom(linesOf(await recorded(new Files(), ['end itself'])));
    expect(told(verdict as Ending)).toMatchObject({ how: 'ended', at: 'files#1', during: 'at step 2', why: 'enough' });
  });

  test('it was stopped, and where that was asked', async () => {
    const text = await recorded(new Files(), ['wait'], async (run) => {
      await expect.poll(() => run.waitingFor.join()).toContain('approval');
      void run.stop('seen enough');
      void run.give('approval', true);
    });
    const { verdict, type } = verdictFrom(linesOf(text));
    expect(told(verdict as Ending)).toMatchObject({ how: 'stopped', at: 'files#1', during: '', why: 'seen enough' });
    expect(type).toBe('loop.stop');
  });

  test('it was aborted', async () => {
    const text = await recorded(new Files(), ['wait'], async (run) => {
      await expect.poll(() => run.waitingFor.join()).toContain('approval');
      void run.abort('no more');
    });
    const { verdict } = verdictFrom(linesOf(text));
    expect(told(verdict as Ending)).toMatchObject({ how: 'aborted', at: 'files#1' });
    expect((verdict as Ending).why).toContain('no more');
  });

  test('it was not seen to end', async () => {
    const lines = linesOf(await recorded(new Files(), []));
    const { store, contexts, root } = knownFrom(lines.slice(0, 12));
    store.goesOn.value = false;
    expect(verdictOf(store, contexts, root)).toMatchObject({ how: 'unknown', at: undefined, why: '' });
  });
});

describe('while a run goes on, the verdict says', () => {
  test('where it is, from the outermost loop inwards', async () => {
    const lines = linesOf(await recorded(new Files(), []));
    const second = lines.findIndex(
      (line) => line.type === 'event' && line.id === 'files.rows#2' && line.event.steps === 1,
    );
    const { verdict } = verdictFrom(lines.slice(0, second + 1));
    if (!('places' in verdict)) throw new Error(`it is ${verdict.how}`);
    expect(verdict.how).toBe('running');
    expect(verdict.places.map((place) => `${place.actor.id} ${placeWords(place)}`)).toEqual([
      'files#1 step 2 of 3',
      'files.rows#2 step 2 of ~3',
    ]);
  });

  test.each([
    ['wait', 'receive', 'approval'],
    ['sleep', 'sleep', 'night'],
  ] as const)('what it waits for: %s', async (what, kind, key) => {
    const text = await recorded(new Files(), [what], async (run) => {
      await expect.poll(() => run.waitingFor.join()).toContain(key);
      void run.abort();
    });
    const lines = linesOf(text);
    const asked = lines.findIndex((line) => line.type === 'event' && line.event.type === 'loop.asked');
    const { verdict } = verdictFrom(lines.slice(0, asked + 1));
    if (!('waits' in verdict)) throw new Error(`it is ${verdict.how}`);
    expect(verdict.how).toBe('waiting');
    expect(verdict.waits.map((wait) => [wait.actor.id, wait.kind, wait.key])).toEqual([['files#1', kind, key]]);
  });

  test('that it is paused, and why it is to stop', () => {
    const lines = [...synthetic({ epochs: 4, batches: 8, pauseAt: 2 })];
    const held = lines.findIndex((line) => line.type === 'event' && line.value === 'paused');
    expect(verdictFrom(lines.slice(0, held + 1)).verdict.how).toBe('paused');
  });
});

describe('the time left', () => {
  /** Steps of these lengths, in milliseconds, of a loop that says how many there are. */
  function* steps(
    total: number | undefined,
    lengths: readonly number[],
    nested?: { total: number; every: number },
  ): Generator<Line> {
    let t = 1_795_000_000_000;
    let seq = 0;
    const state = total === undefined ? {} : { total };
    const context = { state, steps: 0, pace: null };
    const begin = (id: string, own: object, parent?: string): Line => {
      const path = id.replace(/#\d+$/, '');
      const name = path.slice(path.lastIndexOf('.') + 1);
      return {
        type: 'actor',
        seq: ++seq,
        t,
        id,
        path,
        name,
        loop: name,
        ...(parent && { parent }),
        chart: 'loop',
        value: 'advancing',
        context: { ...context, ...own },
        status: 'active',
      } as Line;
    };
    const advanced = (id: string, own: object): Line => ({
      type: 'event',
      seq: ++seq,
      t,
      id,
      event: {
        type: 'loop.advanced',
        steps: 1,
        commit: { state: own, progress: {}, children: {}, restarting: false },
        done: false,
      },
      value: 'advancing',
      tr: [['loop.advancing', null, 'loop.advanced']],
    });
    yield begin('fit#1', {});
    // It comes to its first step.
    yield {
      type: 'event',
      seq: ++seq,
      t,
      id: 'fit#1',
      event: { type: 'xstate.done.actor.onRunStart' },
      value: 'advancing',
    };
    for (const length of lengths) {
      t += length;
      yield advanced('fit#1', state);
    }
    if (!nested) return;
    yield begin('fit.batch#1', { state: { total: nested.total } }, 'fit#1');
    for (let at = 0; at < nested.total / 2; at++) {
      t += nested.every;
      yield advanced('fit.batch#1', { total: nested.total });
    }
  }
  const left = (lines: Iterable<Line>) => {
    const { verdict } = verdictFrom([...lines]);
    return 'left' in verdict && verdict.left ? { ...verdict.left, actor: verdict.left.actor.id } : undefined;
  };

  test('is what the steps to come take, at the rate of the latest', () => {
    expect(left(steps(10, [100, 100, 100, 100]))).toEqual({ ms: 600, atLeast: false, guess: false, actor: 'fit#1' });
  });

  test('leaves out a step that was held up far longer than any other', () => {
    expect(left(steps(10, [100, 100, 90_000, 100]))).toMatchObject({ ms: 600 });
  });

  test('takes the step that goes on from the loop inside it, where that says more', () => {
    // Half of twenty batches of 50 ms: 500 ms of a step that took 100 before, and five more of those.
    expect(left(steps(10, [100, 100, 100, 100], { total: 20, every: 50 }))).toMatchObject({
      ms: 500 + 5 * 100,
      actor: 'fit#1',
    });
  });

  test('is a least in the first step: what else is in one has not been seen', () => {
    expect(left(steps(3, [], { total: 20, every: 50 }))).toMatchObject({
      ms: 500 + 2 * 1000,
      atLeast: true,
      actor: 'fit#1',
    });
  });

  test('is that of the loop inside, where the outer one does not say how many steps it takes', () => {
    expect(left(steps(undefined, [100], { total: 20, every: 50 }))).toMatchObject({ ms: 500, actor: 'fit.batch#1' });
  });

  test('is not known where nothing says how many steps there are', () => {
    expect(left(steps(undefined, [100, 100]))).toBeUndefined();
  });
});

describe('on the page', () => {
  beforeAll(begin);
  afterAll(end);
  afterEach(leave);

  test('the verdict of a run that failed leads to where that began', async () => {
    await visit();
    await openRecording(await recorded(new Files(), ['fail']));
    await page.waitForSelector('#statechart');
    await expect
      .poll(() => page.innerText('.verdict'))
      .toMatch(/files failed[\s\S]*run with "a\.csv"[\s\S]*RangeError: Expected a number/);
    const last = await moment();
    await page.click('.verdict .to');
    await expect.poll(moment).toBeLessThan(last);
    await expect.poll(() => page.locator('.state .who').getAttribute('title')).toBe('files.rows#4');
  });

  test('a loop that waits is given what is typed, and what is no JSON is kept and said', async () => {
    const text = await recorded(new Files(), ['wait'], async (run) => {
      await expect.poll(() => run.waitingFor.join()).toContain('approval');
      void run.abort();
    });
    const lines = linesOf(text);
    const asked = lines.findIndex((line) => line.type === 'event' && line.event.type === 'loop.asked');
    await visit();
    const told = await watchRun(lines.slice(0, asked + 1));
    await page.waitForSelector('.give');
    await expect.poll(() => page.innerText('.verdict .waits')).toBe("files waits for receive('approval')");
    await page.fill('.give input', '{"approved":');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.innerText('.give [role=alert]')).toContain('no JSON');
    await expect.poll(() => page.inputValue('.give input')).toBe('{"approved":');
    await page.fill('.give input', '{"approved": true}');
    await page.keyboard.press('Enter');
    await expect
      .poll(() => told)
      .toContainEqual({
        type: 'send',
        id: 'files#1',
        event: { type: 'loop.give', key: 'approval', value: { approved: true } },
      });
  });
});
