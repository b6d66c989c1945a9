import { Loop, LoopError } from 'loopchart';
import { compareGolden, goldenText, recordRun, showDifference } from 'loopchart/testing';
import { describe, expect, test } from 'vitest';

class Rows extends Loop<number, [n: number]> {
  override state = { row: 0, sum: 0 };
  readonly wrong: number;

  constructor(wrong: number) {
    super();
    this.wrong = wrong;
  }

  get done() {
    return this.state.row >= 3;
  }

  reset() {
    this.state = { row: 0, sum: 0 };
  }

  advance(n: number) {
    this.state.row++;
    this.state.sum += n * this.state.row === this.wrong ? 100 : n;
  }

  override onRunEnd() {
    return this.state.sum;
  }
}

class Files extends Loop<number[], [files: number]> {
  override state = { sums: [] as number[] };
  readonly rows: Rows;

  constructor(wrong = 0) {
    super();
    this.rows = new Rows(wrong);
  }

  get done() {
    return this.state.sums.length >= 3;
  }

  reset() {
    this.state = { sums: [] };
  }

  async advance(files: number) {
    this.state.sums.push(await this.rows.run(files + this.state.sums.length));
  }

  override onRunEnd() {
    return this.state.sums;
  }
}

/** Whatever their classes are called, the loops are the same ones. */
const recordingOf = async (loop: Loop<any, any>) => {
  Object.defineProperty(loop.constructor, 'name', { value: 'Files' });
  return (await recordRun(loop, { args: [1] })).recording;
};
const golden = goldenText(await recordingOf(new Files()));
const lines = golden.split('\n');

test('finds nothing between two runs that are the same', async () => {
  expect(compareGolden(golden, await recordingOf(new Files()))).toBeUndefined();
  expect(compareGolden(golden.replaceAll('\n', '\r\n'), golden)).toBeUndefined();
});

test('finds the first disagreement: the loop, the step, the event, the state, the context, and how many follow', async () => {
  const difference = compareGolden(golden, await recordingOf(new Files(4)))!;
  expect(difference).toEqual({
    path: 'files.rows',
    line: lines.findIndex((line) => line.includes('files.rows#2 loop.advanced') && line.includes('steps=2')) + 1,
    recorded: { id: 'files.rows#2', event: 'loop.advanced', state: 'advancing', step: 2 },
    now: { id: 'files.rows#2', event: 'loop.advanced', state: 'advancing', step: 2 },
    context: [{ path: 'state.sum', recorded: 4, now: 102 }],
    following: expect.any(Number),
    transitions: { recorded: lines.length - 3, now: lines.length - 3 },
  });
  expect(difference.following).toBeGreaterThan(2);
  expect(showDifference(difference, 'files.golden')).toMatchInlineSnapshot(`
    "The run and files.golden disagree at line 23: in files.rows, after 2 whole steps.

                 recorded       now
      loop       files.rows#2   files.rows#2
      event      loop.advanced  loop.advanced
      state      advancing      advancing
      state.sum  4              102

    16 transitions behind it disagree as well. 38 transitions recorded, 38 now."
  `);
});

test('what agrees again at the end is not counted', async () => {
  class Once extends Files {
    override async advance(files: number) {
      if (this.state.sums.length === 1) await this.once('more', () => 1);
      await super.advance(files);
    }
  }
  const difference = compareGolden(golden, await recordingOf(new Once()))!;
  expect(difference).toMatchObject({ path: 'files', recorded: { event: 'loop.run' }, now: { event: 'loop.once' } });
  // The line that came in, and those up to the end of its step, which know of it.
  expect(difference.transitions.now).toBe(difference.transitions.recorded + 1);
  expect(difference.following).toBe(10);
});

test('a run that is over too soon, or goes on, is told by what is not there', async () => {
  const cut = await recordingOf(new Files());
  cut.pop();
  expect(compareGolden(golden, cut)).toMatchObject({
    recorded: { event: 'xstate.done.actor.onRunEnd' },
    now: undefined,
    following: 0,
  });
  const more = compareGolden(goldenText(cut), golden)!;
  expect(more).toMatchObject({ line: lines.length - 2, recorded: undefined, now: { state: 'finished' } });
  expect(showDifference(more)).toContain('(it was over)');
  expect(showDifference(more)).toContain('All that follows agrees.');
});

test('of a large difference, it shows the beginning', async () => {
  class Wide extends Files {
    override reset() {
      super.reset();
      Object.assign(this.state, { text: 'x'.repeat(500) });
      for (let i = 0; i < 50; i++) Object.assign(this.state, { [`key${i}`]: i });
    }
  }
  class Wider extends Wide {
    override reset() {
      super.reset();
      for (const key of Object.keys(this.state)) if (key !== 'sums') Object.assign(this.state, { [key]: `y${key}` });
    }
  }
  const difference = compareGolden(goldenText(await recordingOf(new Wide())), await recordingOf(new Wider()))!;
  expect(difference.context.length).toBe(51);
  const shown = showDifference(difference).split('\n');
  expect(shown.length).toBeLessThan(30);
  expect(shown.join('\n')).toContain('… 39 parts more');
  expect(Math.max(...shown.map((line) => line.length))).toBeLessThan(160);
});

describe('a golden recording that is not whole is refused', () => {
  const refused = (text: string) => {
    try {
      compareGolden(text, golden, 'files.golden');
    } catch (error) {
      expect(error).toBeInstanceOf(LoopError);
      expect(error).toMatchObject({ code: 'REPLAY_MISMATCH' });
      return (error as LoopError).message;
    }
    throw new Error('It was taken.');
  };

  test('an empty one', () => {
    expect(refused('')).toBe(
      'Expected a golden recording in files.golden, got an empty one. Go back to the original, or have it written anew.',
    );
    expect(refused('\n \n')).toContain('got an empty one');
    expect(refused('loopchart golden recording 1\n')).toContain('it was cut');
    expect(refused('loopchart golden recording 1\nend: 0 transitions\n')).toContain('got 0.');
  });

  test('one that was cut, at any place', () => {
    for (let at = 0; at < golden.length - 1; at += 7) {
      expect(refused(golden.slice(0, at)), `cut at ${at}`).toMatch(/was cut|empty|first line|format 1/);
    }
  });

  test('one without one of its lines, also where the end was changed to fit', () => {
    const count = lines.length - 3;
    for (let i = 1; i <= count; i++) {
      const less = lines.toSpliced(i, 1);
      expect(refused(less.join('\n'))).toMatch(/line|transitions/);
      const fitting = less.join('\n').replace(`end: ${count}`, `end: ${count - 1}`);
      // A line that has changed nothing is not missed by those behind it: then it is another run, which is said.
      try {
        expect(compareGolden(fitting, golden)).toBeDefined();
      } catch (error) {
        expect(error).toMatchObject({ code: 'REPLAY_MISMATCH' });
      }
    }
  });

  test('one that was changed by hand', () => {
    expect(refused(golden.replace('sums[1]=6', 'sums[1]=7'))).toMatch(
      /Expected the context of line \d+ to have the hash [0-9a-f]{8} in files\.golden, got [0-9a-f]{8}: lines were changed/,
    );
    expect(refused(golden.replace('sums[1]=6', 'sums[1]='))).toMatch(/line \d+ to follow from those before/);
    expect(refused(golden.replace('state.sums[1]=6', 'gone.sums[1]=6'))).toContain(
      'Expected something that has `sums`',
    );
    expect(refused(golden.replace(' -> ending', ''))).toMatch(/line \d+ to be `hash loop event -> state changes`/);
  });

  test('one with a conflict of a merge in it, one of a newer format, and something else', () => {
    const conflict = lines.toSpliced(5, 0, '<<<<<<< HEAD').join('\n');
    expect(refused(conflict)).toContain('Expected line 6 to be');
    expect(refused(golden.replace('recording 1', 'recording 2'))).toBe(
      'Expected format 1 in files.golden, got format 2: another version has made it. Go back to the original, or have it written anew.',
    );
    expect(refused('{"type":"recording","seq":0}\n')).toContain(
      'Expected its first line to be `loopchart golden recording 1`',
    );
  });
});
