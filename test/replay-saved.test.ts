import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Frame, formatRecording, Loop, LoopError, type LoopRun, parseRecording, record } from 'loopchart';
import { describe, expect, test } from 'vitest';
import { recordingLines } from '../inspector/export/recording.ts';
import { completed, type Line } from '../inspector/lines/line.ts';
import { Contexts } from '../inspector/run/contexts.ts';
import { Store } from '../inspector/run/store.ts';
import { chart } from '../inspector/run/transition.ts';
import { Intake } from '../inspector/sources/frames.ts';
import { readLines } from '../inspector/sources/jsonl.ts';
import type { Taken } from '../inspector/sources/source.ts';
import { isPlain } from '../src/data/json.ts';
import { Inspection, type Limits } from '../src/inspect/inspection.ts';
import { openRecording } from '../src/node/recording/file.ts';
import { pageText } from '../src/node/recording/text.ts';
import { anything } from './support/anything.ts';
import { turn } from './support/loops.ts';
import { Failing, Giving, input, type Leaf, Root, SlowLeaf, Taking } from './support/replay-loops.ts';
import { replayed } from './support/replayed.ts';
import { random, randomTree, Tree } from './support/trees.ts';

/*
 * What the inspector's page saves of a run that it has watched is a recording as well: it replays as the one that the
 * program has made itself beside that, but for the numbers of the lines.
 */

interface Saving {
  /** How many lines the page holds. Default: all. */
  held?: number;
  /** Of the program. */
  limits?: Partial<Limits>;
  /** The page comes when the run is over. */
  late?: boolean;
  during?: (run: LoopRun<any>) => Promise<void>;
}

/** The texts of a recording by the program, and of what a page has saved of the same run. */
async function both(loop: any, options: object, { held = 1e9, limits, late, during }: Saving = {}) {
  const recorder = record();
  const inspection = new Inspection(limits === undefined ? {} : { limits });
  const store = new Store({ events: held, bytes: 1e9 });
  const contexts = new Contexts(store, chart);
  const intake = new Intake(
    { title: 'test', start: () => () => {} },
    (lines: Taken[], bytes) => store.add(lines, bytes),
    (status) => {
      if (status.hello) store.runId = status.hello.runId;
    },
    () => {},
  );
  const connect = () => inspection.connect({ send: (text) => void intake.take(text), waiting: 0 }, 0, 'rows');
  if (!late) connect();
  const run = loop.start({ ...options, inspect: [recorder, inspection] });
  run.output.catch(() => {});
  await during?.(run);
  await run.outcome;
  if (late) connect();
  inspection.flush();
  inspection.close();
  let saved = '';
  for await (const piece of recordingLines(store, contexts)) saved += piece;
  return { recorded: formatRecording(recorder.recording), saved, store };
}

const withoutNumbers = (text: string) => replayed(text).map(({ seq: _, ...frame }) => frame);

async function expectBothSame(loop: any, options: object = {}, saving: Saving = {}): Promise<void> {
  const { recorded, saved } = await both(loop, options, saving);
  expect(saved).toContain('"type":"chart"');
  expect(withoutNumbers(saved)).toEqual(withoutNumbers(recorded));
}

/** What a replay ends with. */
function errorOf(text: string): LoopError | undefined {
  try {
    replayed(text);
  } catch (error) {
    expect(error).toBeInstanceOf(LoopError);
    expect(error).toMatchObject({ code: 'REPLAY_MISMATCH' });
    return error as LoopError;
  }
  return undefined;
}

describe('what a page has saved replays', () => {
  test('of a run of three levels that is paused, stepped and resumed', async () => {
    const during = async (run: LoopRun<any>) => {
      await run.step(4);
      run.resume();
      await turn();
      await run.pause();
      run.resume();
    };
    await expectBothSame(new Root(), { args: input, paused: true }, { during });
  });

  test('of a run that fails, and of one that is aborted', async () => {
    await expectBothSame(new Failing(4), { args: [1] });
    const during = async (run: LoopRun<any>) => {
      for (let i = 0; i < 9; i++) await turn();
      run.abort(new RangeError('enough', { cause: { at: Number.NaN } }));
    };
    await expectBothSame(new Root(), { args: input }, { during });
  });

  test('of any tree', async () => {
    const first = Number(process.env.LOOPCHART_SEED ?? 1);
    for (let seed = first; seed < first + 20; seed++) {
      const next = random(seed);
      const node = randomTree(next, { depth: 1 + Math.floor(next() * 3), parallel: next() < 0.5 });
      const during = async (run: LoopRun<any>) => {
        for (let i = 0; i < 500; i++) await turn();
        run.abort('long enough');
      };
      const { recorded, saved } = await both(new Tree(node, []), { args: [5] }, { during });
      expect(withoutNumbers(saved), `LOOPCHART_SEED=${seed}`).toEqual(withoutNumbers(recorded));
    }
  });

  test('of what refers to the same things in many places', async () => {
    class Shares extends Taking {
      override state: any = { n: 0 };
      override reset() {
        const best = Array.from({ length: 900 }, (_, i) => ({ i }));
        this.state = { n: 0, best, newest: [best], $cut: { kind: 'none' } };
      }
    }
    const { recorded, saved } = await both(new Shares(1), {});
    expect(saved).toContain('as /');
    const frames = replayed(saved);
    expect(frames.map(({ context }) => context)).toEqual(replayed(recorded).map(({ context }) => context));
    const { best, newest } = frames.at(-1)!.context.state as any;
    expect(newest[0]).toBe(best);
  });
});

/** Runs one that takes many steps, over and over, in a step that has got something before. */
class Long extends Loop<number[]> {
  override state = { n: 0, got: [] as number[] };
  readonly leaf: Leaf;

  constructor(steps: number) {
    super();
    this.leaf = new SlowLeaf(steps);
  }

  get done() {
    return this.state.n >= 3;
  }

  reset() {
    this.state = { n: 0, got: [] };
  }

  async advance() {
    await this.once('drawn', () => 5);
    await this.once('nothing', () => Promise.reject(undefined)).catch(() => {});
    this.state.got.push(await this.leaf.run(this.state.n));
    this.state.n++;
  }

  override onRunEnd() {
    return this.state.got;
  }
}

describe('what a page has saved that does not hold the beginning replays from where it begins', () => {
  /** Where the loops stand there, and that all goes on from there as it did. */
  function expectTail({ recorded, saved }: { recorded: string; saved: string }): void {
    const frames = withoutNumbers(saved);
    const all = withoutNumbers(recorded);
    const begun = frames.findIndex(({ event }) => event.type !== 'xstate.init');
    const tail = frames.slice(begun);
    expect(begun).toBeGreaterThan(0);
    expect(tail.length).toBeGreaterThan(10);
    expect(tail.length).toBeLessThan(all.length);
    expect(tail).toEqual(all.slice(-tail.length));
    const before = all.slice(0, -tail.length);
    for (const { event: _, ...stood } of frames.slice(0, begun)) {
      const { event: __, ...same } = before.findLast(({ id }) => id === stood.id)!;
      expect(stood).toEqual(same);
    }
  }

  test('as the page had let it go', async () => {
    const told = await both(new Long(3000), {}, { held: 3000 });
    expect(told.store.dropped).toBeGreaterThan(0);
    expectTail(told);
  });

  test('as the program had', async () => {
    for (const events of [20, 33, 60]) {
      const told = await both(new Long(20), {}, { limits: { events }, late: true });
      expect(told.saved).toContain('"why":"dropped"');
      expectTail(told);
    }
  });
});

describe('what a page has saved and was not told whole ends with an error that says so', () => {
  test('a value that was cut', async () => {
    const { saved } = await both(new Giving(Array.from({ length: 2000 }, (_, i) => i)), {});
    expect(errorOf(saved)!.message).toMatch(
      /expected a value that was told whole .* got {"\$cut":{"kind":"array","size":2000/,
    );
    const long = await both(new Taking(1, { error: new Error('x'.repeat(20_000)) }), {});
    expect(errorOf(long.saved)!.message).toMatch(/expected a value that was told whole .* got /);
  });

  test('lines that are missing, doubled or in another place', async () => {
    const { saved } = await both(new Taking(1), {});
    const lines = saved.trimEnd().split('\n');
    const text = (some: string[]) => some.map((line) => `${line}\n`).join('');
    // Behind the last line nothing tells that it is missing.
    for (let i = 0; i < lines.length - 1; i++) {
      expect(errorOf(text(lines.toSpliced(i, 1))), `line ${i} dropped`).toBeDefined();
      // That of a chart says nothing that is not known.
      if (i !== 1) expect(errorOf(text(lines.toSpliced(i, 0, lines[i]!))), `line ${i} doubled`).toBeDefined();
      expect(errorOf(text(lines.toSpliced(i, 2, lines[i + 1]!, lines[i]!))), `line ${i} later`).toBeDefined();
    }
    const lagged = JSON.stringify({ type: 'lagged', seq: 9, t: 0, from: 8, to: 9, count: 2, why: 'dropped' });
    expect(errorOf(text(lines.toSpliced(7, 2, lagged)))!.message).toContain(
      'expected an actor or an event, got {"type":"lagged"',
    );
  });

  test('where loops stood at the beginning', async () => {
    const { saved } = await both(new Long(20), {}, { limits: { events: 33 }, late: true });
    const lines = saved.trimEnd().split('\n');
    const late = lines.findIndex((line) => line.includes('"late":true'));
    const changed = (line: string) => [...lines.slice(0, late), line, ...lines.slice(late + 1)].join('\n');
    expect(errorOf(lines.toSpliced(late, 1).join('\n'))).toBeDefined();
    expect(errorOf(lines.toSpliced(late, 0, lines[late]!).join('\n'))).toBeDefined();
    expect(errorOf(changed(JSON.stringify({ ...JSON.parse(lines[late]!), context: {} })))!.message).toContain(
      'a context',
    );
  });
});

test('a recording of the program that a page has opened and saved replays as it was', async () => {
  const { recorded } = await both(new Root(), { args: input });
  const lines = recorded
    .trimEnd()
    .split('\n')
    .map((line) => completed(JSON.parse(line)) as Line);
  const store = new Store({ events: 1e9, bytes: 1e9 });
  store.add(lines, 1);
  let saved = '';
  for await (const piece of recordingLines(store, new Contexts(store, chart))) saved += piece;
  expect(replayed(saved)).toEqual(replayed(recorded));
});

describe('a recording of the program, opened by a page as a file or from `loopchart view`, and saved', () => {
  class Given extends Loop<any, [any]> {
    override state: any = { n: 0 };
    get done() {
      return this.state.n >= 1;
    }
    reset() {}
    advance(given: any) {
      if (given instanceof Error || given instanceof Map || given.thrown) throw given;
      this.state = { n: 1, given };
    }
    override onRunEnd(given: any) {
      return given;
    }
  }
  class OfNoName extends Error {
    status = { $date: '2020' };
  }
  const marks = ['date', 'set', '$date', 'map', 'error', 'cut', 'plain', 'opaque', 'fn', 'typed', 'bigint', 'n', '$n'];

  test.for<[string, any]>([
    ['an error of a class', new TypeError('no')],
    ['one of a class of your own, with fields', new OfNoName('no', { cause: { $set: [1] } })],
    ['a Map that is thrown', new Map()],
    ['data that is thrown', { thrown: { $error: 'no' } }],
    ...marks.map((mark): [string, any] => [`what looks like the mark $${mark}`, { [`$${mark}`]: ['a'] }]),
  ])('replays as it was: %s', async ([, given]) => {
    const recorder = record();
    await new Given().start({ args: [given], inspect: recorder }).outcome;
    const recorded = formatRecording(recorder.recording);
    const path = join(mkdtempSync(join(tmpdir(), 'loopchart-saved-')), 'run.jsonl');
    writeFileSync(path, recorded);
    const file = await openRecording(path);
    const served: Buffer[] = [];
    for await (const piece of pageText(file, 'run.jsonl')) served.push(piece);
    await file.close();
    for (const bytes of [[recorded], served as any[]]) {
      const store = new Store({ events: 1e9, bytes: 1e9 });
      await readLines(new Blob(bytes).stream(), (lines) => store.add(lines, 1), new AbortController().signal);
      let saved = '';
      for await (const piece of recordingLines(store, new Contexts(store, chart))) saved += piece;
      expect(withoutNumbers(saved)).toEqual(withoutNumbers(recorded));
    }
  });
});

test('a part of the time replays as that part of the whole: each loop begins with how it stood then', async () => {
  const seed = Number(process.env.LOOPCHART_SEED ?? 1);
  const next = random(seed);
  for (const held of [1e9, 1000]) {
    const { store } = await both(new Long(400), {}, { held });
    const contexts = new Contexts(store, chart);
    const textOf = async (part: { from: number; to: number } | null) => {
      let text = '';
      for await (const piece of recordingLines(store, contexts, part)) text += piece;
      return text;
    };
    const whole = replayed(await textOf(null));
    for (let i = 0; i < 12; i++) {
      const rows = [next(), next()].map((at) => store.first + Math.floor(at * (store.end - store.first)));
      const [from, to] = rows.sort((a, b) => a - b).map((row) => store.t(row));
      const text = await textOf({ from: from!, to: to! });
      const [first, last] = [store.seq(store.rowFromTime(from!)), store.seq(store.rowOfTime(to!))];
      const within = (frames: Frame[]) => frames.filter(({ seq }) => seq >= first && seq <= last);
      const about = `LOOPCHART_SEED=${seed}, ${held} held, part ${i}`;
      expect(within(replayed(text)), about).toEqual(within(whole));
      expect(within(whole).length, about).toBeGreaterThan(0);
      // It holds nothing else but how the loops stood.
      const others = parseRecording(text).filter((line) => line.seq < first || line.seq > last);
      expect(others.filter((line) => line.type === 'event')).toEqual([]);
      // And what was said of it goes for what is made of it in turn.
      const again = new Store({ events: 1e9, bytes: 1e9 });
      again.add(
        text
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line) as Line),
        1,
      );
      let second = '';
      for await (const piece of recordingLines(again, new Contexts(again, chart))) second += piece;
      expect(second, about).toBe(text);
    }
  }
});

test('of a time in which nothing happened, no recording is made', async () => {
  const { store } = await both(new Root(), { args: input });
  const lines = recordingLines(store, new Contexts(store, chart), { from: 1, to: 2 });
  await expect(lines.next()).rejects.toThrow('expected an event in the selected time, found none');
});

describe.each(anything)('what a page has saved replays of %s', (_, value) => {
  test('as an output', async () => {
    await expectBothSame(new Taking(value));
  });

  test('thrown, and as a reason; or it is said that it was not told whole', async () => {
    const outer = new Root();
    outer.middle.ending.ends = () => outer.end(value);
    const abort = async (run: LoopRun<any>) => {
      await turn();
      run.abort(value);
    };
    for (const run of [
      () => both(new Taking(1, { error: value }), {}),
      () => both(new Taking(1), {}, { during: abort }),
      () => both(outer, { args: input }),
    ]) {
      const { recorded, saved } = await run();
      const error = errorOf(saved);
      if (error === undefined) expect(withoutNumbers(saved)).toEqual(withoutNumbers(recorded));
      else expect(error.message).toMatch(/expected a value that was told whole .* got a \w+ that was thrown/);
      // Those that are errors or plain data are told.
      expect(error === undefined || (!(value instanceof Error) && !isPlain(value))).toBe(true);
    }
  });
});
