// @module-tag page

import { formatRecording, Loop, parseRecording, record, replay } from 'loopchart';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { recordingLines } from '../inspector/export/recording.ts';
import type { Line } from '../inspector/lines/line.ts';
import { wholeLine } from '../inspector/lines/whole-line.ts';
import { Contexts } from '../inspector/run/contexts.ts';
import { countChanges } from '../inspector/run/difference.ts';
import { Filter } from '../inspector/run/filter.ts';
import { numbersOf, Series } from '../inspector/run/series.ts';
import { Store } from '../inspector/run/store.ts';
import { chart } from '../inspector/run/transition.ts';
import { Intake } from '../inspector/sources/frames.ts';
import type { Taken } from '../inspector/sources/source.ts';
import { describe as described, haystack } from '../inspector/text/describe.ts';
import { otherPlace } from '../inspector/text/other-place.ts';
import { brief, same } from '../inspector/text/value.ts';
import { decodeJson, encodeJson } from '../src/data/json-form.ts';
import { marked, wholeOf } from '../src/data/shared.ts';
import { Encoder } from '../src/inspect/encode.ts';
import { defaultLimits, Inspection } from '../src/inspect/inspection.ts';
import { looksTold } from '../src/inspect/looking.ts';
import { parseCondition } from '../src/inspect/when.ts';
import { Wire } from '../src/inspect/wire.ts';
import { dice } from './support/changing.ts';
import { begin, end, leave, openRecording, page, press, settle, visit, watchRun } from './support/page.ts';

beforeAll(begin);
afterAll(end);
afterEach(leave);

const throughText = (json: unknown): any => JSON.parse(JSON.stringify(json));
const told = (value: unknown): any => throughText(encodeJson(value));

/** What a value holds and what in it is the same object, as text. */
function drawn(value: unknown, met = new Map<unknown, number>()): string {
  if (typeof value !== 'object' || value === null) return `${typeof value} ${value}`;
  const known = met.get(value);
  if (known !== undefined) return `#${known}`;
  met.set(value, met.size);
  const inner = Object.entries(value).map(([key, one]) => `${key}: ${drawn(one, met)}`);
  return Array.isArray(value) ? `[${inner}]` : `{${inner}}`;
}

/** So many objects, each of which refers to the next one twice: there are more ways through it than anybody can go. */
function pyramid(levels: number, bottom: unknown): any {
  let below: any = { bottom };
  for (let i = 0; i < levels; i++) below = i % 2 === 0 ? { left: below, right: below } : [below, below];
  return below;
}

describe('an object that comes again', () => {
  const seed = Number(process.env.LOOPCHART_SEED ?? Math.floor(Math.random() * 1e9));

  test(`lies in all of its places, and is marked again as it was (LOOPCHART_SEED=${seed})`, () => {
    const roll = dice(seed);
    const keys = ['a', 'b', '$shared', '$$shared', '$cut', '__proto__', '0', ''];
    let marks = 0;
    for (let round = 0; round < 500; round++) {
      const parts: any[] = [null, 'text', 0, 1.5];
      for (let i = 1 + roll(30); i > 0; i--) {
        const inner = Array.from({ length: roll(4) }, () => parts[roll(parts.length)]);
        // From entries, so that `__proto__` is a key like any other.
        parts.push(
          roll(5) < 2 ? inner : Object.fromEntries(inner.map((one) => [keys[roll(keys.length)]!, one] as const)),
        );
      }
      const value = parts.at(-1);
      const json = told(value);
      const text = JSON.stringify(json);
      const whole = wholeOf(json);
      if (whole === json) expect(text).not.toMatch(/\{"\$shared":\[\d+\]\}/);
      else marks++;
      // Look-alikes keep their additional `$`, as in the line.
      expect(drawn(decodeJson(throughText(marked(whole))))).toBe(drawn(value));
      // What was told is not changed.
      expect(JSON.stringify(json)).toBe(text);
    }
    expect(marks).toBeGreaterThan(50);
  });

  test('of which there is none costs no copy', () => {
    const json = told({ a: [1, { b: Number.NaN }], c: { $shared: [1] }, d: { $cut: 'x' } });
    expect(wholeOf(json)).toBe(json);
    expect(marked(json)).toBe(json);
  });

  test('is found in each part of a line by the numbers of that part', () => {
    const [one, two] = [{ n: 1 }, { n: 2 }];
    const line: any = wholeOf({ commit: told([one, one]), output: { value: told([two, two]) }, error: told({ one }) });
    expect(line).toEqual({ commit: [one, one], output: { value: [two, two] }, error: { one } });
    expect(line.output.value[0]).toBe(line.output.value[1]);
  });

  test('takes no time however many ways lead to it', () => {
    const whole: any = wholeOf({ state: told(pyramid(300, 1)) });
    const other: any = wholeOf({ state: told(pyramid(300, 2)) });
    expect(same(whole, wholeOf({ state: told(pyramid(300, 1)) }))).toBe(true);
    expect(same(whole, other)).toBe(false);
    // All of its leaves have changed: as many as there are ways.
    expect(countChanges(whole, other)).toBe(2 ** 300);
    expect(brief(whole.state).length).toBeLessThan(200);
    expect(brief(whole.state, 1000, true).length).toBeLessThan(1100);
    expect(throughText(marked(whole))).toEqual(told({ state: pyramid(300, 1) }));
    const event = { type: 'x', state: told(pyramid(300, 1)) };
    const line = wholeLine({ type: 'event', seq: 3, t: 0, id: 'a#1', value: 'advancing', event });
    expect(haystack(line)).toContain('"left":{"bottom":1},"right":{"bottom":1}');
    expect(otherPlace(whole, whole.state[0], ['state', '0'])).toBe('state.1');
  });

  test('may be a thousand levels deep, as anything that a loop holds', () => {
    let deep: any = [];
    for (let i = 0; i < 498; i++) deep = [deep];
    let deeper: any = deep;
    for (let i = 0; i < 498; i++) deeper = { deeper, deep };
    const whole = wholeOf({ type: 'event', event: { commit: { state: told(deeper) } } }) as any;
    expect(drawn(whole.event.commit.state)).toBe(drawn(deeper));
    expect(same(whole.event.commit.state, wholeOf(told(deeper)))).toBe(true);
  });
});

describe('what a run that is watched sends but once', () => {
  const rows = Array.from({ length: 900 }, (_, i) => ({ i }));
  const event = {
    type: 'x',
    map: new Map([['k', [rows]]]),
    set: new Set([rows, 'more']),
    alike: { $n: rows },
    'a/b~c': rows,
  };
  const live = (value: unknown) =>
    new Encoder({ ...defaultLimits }, '7').line({ type: 'event', seq: 7, event: value }) as any;
  const redacted = (value: unknown) =>
    new Wire({ ...defaultLimits }, (line) => line).json(
      { type: 'event', seq: 7, event: value },
      defaultLimits,
      '7',
    ) as any;
  const everything = Object.keys(event).slice(1) as (keyof typeof event)[];

  test.each([
    ['as it is', live],
    ['through a redactor', redacted],
  ])('is found wherever it lies: in maps, sets, and what looks like a tag, sent %s', (_how, sent) => {
    const read: Record<string, (told: any) => unknown> = {
      map: (told) => told.$map[0][1][0],
      set: (told) => told.$set[0],
      alike: (told) => told.$$n,
      'a/b~c': (told) => told,
    };
    // The first in the order of keys is told, the others refer to it.
    for (const first of everything) {
      const line = sent({ [first]: event[first], ...event });
      expect(JSON.stringify(line).split('"digest":"as /event').length - 1, first).toBe(everything.length - 1);
      const whole: any = wholeLine(line);
      for (const key of everything) {
        const found: any = read[key]!(whole.event[key]);
        expect(found, `${key}, ${first} first`).toBe(read[first]!(whole.event[first]));
      }
    }
  });

  test('stays a mark where it stands around itself, or where it was kept back', () => {
    const round: any = { rows };
    round.round = round;
    const line = live({ type: 'x', round });
    expect((wholeLine(line) as any).event.round.round.$cut.kind).toBe('object, as at /event/round');
    const kept = live({ type: 'x', a: rows, b: { rows } });
    kept.event.a = 'secret';
    expect((wholeLine(kept) as any).event.b.rows.$cut.ref).toBe('7/event/a');
    // Nor is a reference to another line taken for one to this.
    const other = live({ type: 'x', a: rows, b: { rows } });
    expect((wholeLine({ ...other, seq: 8 }) as any).event.b.rows.$cut.ref).toBe('7/event/a');
  });
});

describe('a mark that refers to nothing', () => {
  test.each([
    ['nothing came before it', { a: { $shared: [1] }, b: 1 }],
    ['it comes too early', { a: { $shared: [1] }, b: { $shared: [1, { n: 1 }] } }],
    ['it stands within what it refers to', { a: { $shared: [1, { n: { $shared: [1] } }] } }],
    ['it is no object', { a: { $shared: [1, 5] }, b: { $shared: [1] } }],
    ['it has no number', { a: { $shared: [null] } }],
  ])('is told as unreadable, and the rest is shown: %s', (_why, json) => {
    const whole: any = wholeOf(json);
    expect(JSON.stringify(whole)).toMatch(/"\$error":\{"name":"Unreadable","message":"Expected a part[^"]* comes more/);
    expect(JSON.stringify(whole)).not.toContain('$shared');
    const asked = parseCondition('state.a.n == 1 || state.a == 5', looksTold);
    expect([asked({ state: json }), asked({ state: whole })]).toEqual([undefined, undefined]);
  });

  test('leads nobody round in a circle or to where the stack is full', () => {
    const circle: any = wholeOf({ a: { $shared: [1, { b: { $shared: [2, { c: { $shared: [1] }, d: 4 }] } }] } });
    expect(circle.a.b.d).toBe(4);
    expect(circle.a.b.c.$error.name).toBe('Unreadable');
    // Each is as deep as what came before and itself.
    const chain: unknown[] = [];
    for (let i = 1; i <= 300; i++) {
      let deep: unknown = i === 1 ? 'bottom' : { $shared: [i - 1] };
      for (let level = 0; level < 100; level++) deep = [deep];
      chain.push({ $shared: [i, deep] });
    }
    const whole: any = wholeOf({ chain });
    expect(JSON.stringify(whole)).toContain('Unreadable');
    expect(JSON.stringify(whole.chain[9])).toBe(`${'['.repeat(1000)}"bottom"${']'.repeat(1000)}`);
    let raw: unknown = { $shared: [1] };
    for (let level = 0; level < 3000; level++) raw = [raw];
    expect(wholeOf(raw)).toBe(raw);
  });
});

/** Keys of its state hold one object: a small one, and one that is too large to be sent twice. */
class TwoNames extends Loop {
  override state: any = { n: 0 };
  readonly #rows: number;

  constructor(rows = 700) {
    super();
    this.#rows = rows;
  }

  get done() {
    return this.state.n >= 6;
  }

  reset() {
    const best = { loss: 5, at: 0 };
    const rows = Array.from({ length: this.#rows }, (_, i) => [i, { loss: i }]);
    this.state = { n: 0, best, newest: best, rows, other: { names: [rows] } };
  }

  advance() {
    const { state } = this;
    state.n++;
    state.newest.loss -= 1;
    state.rows[3][1].loss = state.n * 10;
    if (state.n === 4) state.newest = { loss: 9, at: 4 };
    if (state.n === 5) state.best = state.newest;
  }
}

const storeOf = (lines: readonly Taken[], events = 1_000_000) => {
  const store = new Store({ events, bytes: 1e9 });
  const contexts = new Contexts(store, chart);
  store.add(lines, 1);
  return { store, contexts };
};

async function recorded(loop: Loop<any> = new TwoNames()): Promise<string> {
  const recorder = record();
  await loop.start({ inspect: recorder }).output;
  return formatRecording(recorder.recording);
}

/** What a page knows of a file. */
const opened = (text: string) => {
  const lines = parseRecording(text) as unknown as Line[];
  return { lines, ...storeOf(lines.map((line) => ({ runId: 'r', ...line }) as Line)) };
};

/** What a page that looks at a run is sent. */
async function watched(loop: Loop<any> = new TwoNames()): Promise<Line[]> {
  const inspection = new Inspection();
  await loop.start({ inspect: inspection }).output;
  const taken: Taken[] = [];
  const intake = new Intake(
    { title: 'test', start: () => () => {} },
    (lines) => taken.push(...lines),
    () => {},
    () => {},
  );
  inspection.connect({ send: (text) => void intake.take(text), waiting: 0 }, 0);
  inspection.flush();
  inspection.close();
  return taken as Line[];
}

/** What its state was after each step, by the program. */
async function statesOf(): Promise<any[]> {
  const states: any[] = [];
  class Told extends TwoNames {
    override advance() {
      super.advance();
      states.push(structuredClone(this.state));
    }
  }
  await new Told().start().output;
  return states;
}

for (const [how, pageOf] of [
  ['a recording', async () => opened(await recorded())],
  ['a run that is watched', async () => storeOf(await watched())],
] as const) {
  describe(`the page shows of ${how}, in both places,`, () => {
    const rowsOf = (store: Store) => {
      const { steps } = store.runs[0]!.paths.get('twoNames')!;
      return Array.from({ length: steps.length }, (_, at) => steps.row(at));
    };

    test('what the loop held, and what changed', async () => {
      const { store, contexts } = await pageOf();
      const states = await statesOf();
      const actor = store.actors.get('twoNames#1')!;
      const seen = rowsOf(store).map((row) => contexts.at(actor, row)!);
      expect(seen.map(({ state }) => state)).toEqual(states);
      const [, two, three, four, five] = seen;
      // n; the loss of both names; a row under both names.
      expect(countChanges(two, three)).toBe(3 + 2 + 1);
      expect(countChanges(four, five)).toBeGreaterThan(0);
      expect(states[4].best).toEqual({ loss: 8, at: 4 });
      for (const row of rowsOf(store)) {
        const { event }: any = store.line(row);
        expect(event.commit.state.other.names[0]).toBe(event.commit.state.rows);
      }
    });

    test('its numbers, to be plotted', async () => {
      const { store } = await pageOf();
      const states = await statesOf();
      const path = store.runs[0]!.paths.get('twoNames')!;
      const names = numbersOf(store, path).map(({ keys }) => keys.join('.'));
      expect(names).toEqual(expect.arrayContaining(['best.loss', 'newest.loss', 'best.at', 'newest.at']));
      const plotted = (...keys: string[]) => {
        const series = new Series(store, path, keys);
        series.grow();
        return series.values.toArray();
      };
      expect(plotted('newest', 'loss')).toEqual(states.map(({ newest }) => newest.loss));
      expect(plotted('best', 'loss')).toEqual(states.map(({ best }) => best.loss));
      expect(plotted('other', 'names', '0', '3', '1', 'loss')).toEqual([10, 20, 30, 40, 50, 60]);
    });

    test('what a search looks for', async () => {
      const { store } = await pageOf();
      const found = (text: string) => {
        const filter = new Filter(store, { path: '', type: 'loop.advanced', text, regex: false, range: null });
        while (filter.search());
        return filter.length;
      };
      expect(found('"best":{"loss":4,"at":0}')).toBe(1);
      expect(found('"newest":{"loss":4,"at":0}')).toBe(1);
      expect(found('"names":[[[0,{"loss":0}],')).toBe(6);
      expect(found('$shared')).toBe(0);
    });

    test('what conditions ask for, as in the program', async () => {
      const { store, contexts } = await pageOf();
      const states = await statesOf();
      const actor = store.actors.get('twoNames#1')!;
      for (const condition of [
        'state.newest.loss == 3',
        'state.newest == state.best',
        'state.other.names[0][3][1].loss > 20',
        'state.other.names[0] == state.rows',
        'state.other.names[0].length == 700',
      ]) {
        const seen = rowsOf(store).map((row) => parseCondition(condition, looksTold)(contexts.at(actor, row)!));
        expect(seen, condition).toEqual(states.map((state) => parseCondition(condition)({ state })));
      }
    });

    test('what the log says in a line', async () => {
      const { store } = await pageOf();
      const line = store.line(rowsOf(store)[0]!);
      expect(described(line)).toContain('best { loss 4, at 0 }, newest { loss 4, at 0 }');
    });

    test('where it lies as well', async () => {
      const { store, contexts } = await pageOf();
      const context: any = contexts.at(store.actors.get('twoNames#1')!, rowsOf(store)[0]!);
      const { rows, other, n } = context.state;
      expect(otherPlace(context, other.names[0], ['state', 'other', 'names', '0'])).toBe('state.rows');
      expect(otherPlace(context, rows, ['state', 'rows'])).toBe('state.other.names.0');
      expect(otherPlace(context, other, ['state', 'other'])).toBeUndefined();
      expect(otherPlace(context, n, ['state', 'n'])).toBeUndefined();
    });
  });
}

/** Its beginning is told in its context, its children and what they gave hold one object as well. */
class Above extends Loop<unknown> {
  readonly below = new TwoNames(5);
  override state: any = { n: 0 };
  get done() {
    return this.state.n >= 2;
  }
  reset() {}
  async advance() {
    await this.below.run();
    this.state = { n: this.state.n + 1, seen: this.below.state.best, again: [this.below.state.best] };
  }
  override onRunEnd() {
    const { seen } = this.state;
    return { seen, again: { seen } };
  }
}

test('after each line of a recording, the page has the context that a replay has', async () => {
  const text = await recorded(new Above());
  expect(text).toContain('{"$shared":[1]}');
  const { store, contexts } = opened(text);
  let shared = 0;
  for (const { id, seq, context } of replay(parseRecording(text))) {
    const seen = contexts.at(store.actors.get(id)!, store.rowOfSeq(seq));
    expect(seen, `line ${seq}`).toEqual(throughText(context));
    const { state } = seen as any;
    if (state?.again === undefined) continue;
    expect(state.again[0]).toBe(state.seen);
    shared++;
  }
  expect(shared).toBeGreaterThan(3);
});

test('what is saved is the recording as it came, and one without its beginning can be replayed', async () => {
  const text = await recorded(new Above());
  const { store, contexts, lines } = opened(text);
  const saved = async (from: { store: Store; contexts: Contexts }) => {
    let all = '';
    for await (const piece of recordingLines(from.store, from.contexts)) all += piece;
    return all;
  };
  const came = lines.map((line) => `${JSON.stringify({ runId: 'r', ...line })}\n`).join('');
  expect(await saved({ store, contexts })).toBe(came);
  // Only as of the last steps: how the loops stood is worked out, and told with marks.
  const step = lines.findIndex(({ type, ...line }: any) => line.event?.commit?.state.newest !== undefined);
  const many = Array.from({ length: 9000 }, (_, i) => ({ runId: 'r', ...lines[Math.min(i, step)]!, seq: i }) as Line);
  const few = storeOf(many, 10);
  expect(few.store.first).toBeGreaterThan(step);
  const late = (await saved(few)).split('\n').filter((line) => line.includes('"late":true'));
  expect(late).toEqual(expect.arrayContaining([expect.stringContaining('{"$shared":[1]}')]));
  for (const { id, context } of late.map((line) => JSON.parse(line))) {
    expect(wholeOf(context)).toEqual(few.contexts.at(few.store.actors.get(id)!, few.store.first - 1));
    expect(() => decodeJson(context)).not.toThrow();
  }
});

const member = (key: string) =>
  page.locator('#state .member', { has: page.locator('.key', { hasText: new RegExp(`^${key}$`) }) });

test('a page shows what is in both places, and says where else it lies, in a recording', async () => {
  await visit();
  await openRecording(await recorded());
  await page.waitForSelector('#statechart');
  await press('Home', 'Shift+ArrowRight', 'Shift+ArrowRight');
  await settle();
  const state = member('newest').last();
  await expect.poll(() => state.innerText()).not.toContain('$shared');
  await expect.poll(() => member('newest').last().locator('.key').getAttribute('title')).toBe('same as state.best');
  await expect.poll(() => member('best').last().locator('.key').getAttribute('title')).toBe('same as state.newest');
  await expect
    .poll(() => member('loss').allInnerTexts())
    .toEqual(
      expect.arrayContaining([expect.stringMatching(/^loss\s+3\s+4$/), expect.stringMatching(/^loss\s+3\s+4$/)]),
    );
});

test('a page shows what is in both places of a run that it watches', async () => {
  await visit();
  await watchRun(await watched());
  await press('Home', 'Shift+ArrowRight', 'Shift+ArrowRight');
  await settle();
  await expect
    .poll(() => member('rows').last().locator('.key').getAttribute('title'))
    .toBe('same as state.other.names.0');
  await expect.poll(() => page.innerText('#state')).not.toContain('cut here');
});
