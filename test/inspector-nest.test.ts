// @module-tag page

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { formatRecording, Loop, record } from 'loopchart';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { recordingText, synthetic } from '../inspector/dev/synthetic.ts';
import { folded } from '../inspector/drawing/nest-fold.ts';
import { NEST_SIZES, type Nested, nestLayout } from '../inspector/drawing/nest-layout.ts';
import type { Line } from '../inspector/lines/line.ts';
import { boxWords } from '../inspector/run/box-words.ts';
import { Contexts } from '../inspector/run/contexts.ts';
import { Nest } from '../inspector/run/nest.ts';
import { type BoxStanding, NestAt } from '../inspector/run/nest-at.ts';
import { Spark, sparkLine, tellingNumber } from '../inspector/run/spark.ts';
import { NumberOfEach, spreadOf } from '../inspector/run/spread.ts';
import { Store } from '../inspector/run/store.ts';
import { chart } from '../inspector/run/transition.ts';
import { readLines } from '../inspector/sources/jsonl.ts';
import { Steady } from '../inspector/widgets/steady.ts';
import { begin, end, leave, moment, openRecording, page, press, scrub, settle, visit } from './support/page.ts';

beforeAll(begin, 60_000);
afterAll(end);
afterEach(leave);

class Trial extends Loop<number> {
  override state = { total: 3, loss: 1, seen: 0 };
  readonly fails: boolean;
  constructor(fails: boolean) {
    super();
    this.fails = fails;
  }
  get done(): boolean {
    return this.state.seen >= 3;
  }
  reset(): void {
    this.state = { total: 3, loss: 1, seen: 0 };
  }
  async advance(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 2));
    if (this.fails && this.state.seen === 1) throw new RangeError('too steep');
    this.state.seen++;
    this.state.loss /= 2;
  }
  override onRunEnd(): number {
    return this.state.loss;
  }
}

/** Runs its trials at the same time, and a check after them. */
class Sweep extends Loop {
  override state = { over: false };
  readonly trials: Trial[] = Array.from({ length: 4 }, (_, at) => new Trial(at === 2));
  readonly check: Trial = new Trial(false);
  readonly never: Trial = new Trial(false);
  get done(): boolean {
    return this.state.over;
  }
  reset(): void {}
  async advance(): Promise<void> {
    await Promise.allSettled(this.trials.map((trial) => trial.run()));
    await this.check.run();
    this.state.over = true;
  }
}

/** Two loops of different kinds at the same time. */
class Both extends Loop {
  override state = { over: false };
  readonly left: Trial = new Trial(false);
  readonly right: Trial = new Trial(false);
  readonly after: Trial = new Trial(false);
  get done(): boolean {
    return this.state.over;
  }
  reset(): void {}
  async advance(): Promise<void> {
    await Promise.all([this.left.run(), this.right.run()]);
    await this.after.run();
    this.state.over = true;
  }
}

async function recorded(loop: Loop<any>): Promise<string> {
  const recorder = record();
  await loop.start({ inspect: recorder }).outcome;
  return formatRecording(recorder.recording);
}

async function held(text: string) {
  const store = new Store({ events: 1e6, bytes: 1e9 });
  await readLines(new Blob([text]).stream(), (lines) => store.add(lines, 1), new AbortController().signal);
  const contexts = new Contexts(store, chart);
  const nest = new Nest();
  nest.update(store.runs[0]);
  const at = new NestAt(nest, store, contexts);
  const boxes = (row = store.last): Record<string, BoxStanding> =>
    Object.fromEntries(at.at(row, undefined).map((one) => [one.box.name, one]));
  return { store, nest, at, boxes };
}

const names = (nest: Nest) => nest.boxes.map(({ key }) => key);

test('boxes lie in each other as the loops run each other, an array is one box, and runs are counted', async () => {
  const { nest, boxes } = await held(recordingText({ epochs: 3, batches: 4, validation: 2 }));
  expect(names(nest)).toEqual(['fit', 'fit › epoch', 'fit › epoch › batches', 'fit › epoch › validate']);
  expect(boxes()).toMatchObject({ fit: { begun: 1 }, epoch: { begun: 3 }, batches: { begun: 3, phase: 'done' } });

  const sweep = await held(await recorded(new Sweep()));
  const [root, trials, check] = names(sweep.nest);
  expect([trials, check]).toEqual([`${root} › trials[]`, `${root} › check`]);
  // One that never ran is known to nobody.
  expect(sweep.nest.boxes).toHaveLength(3);
  expect(sweep.boxes()['trials[]']).toMatchObject({ begun: 4, failed: 1, running: [], loops: 4 });
});

/** Trials with loops of their own in them. */
class Searching extends Loop {
  override state = { over: false };
  readonly outer: Outer[] = [1, 2, 3].map((times) => new Outer(times));
  get done(): boolean {
    return this.state.over;
  }
  reset(): void {}
  async advance(): Promise<void> {
    await Promise.all(this.outer.map((one) => one.run()));
    this.state.over = true;
  }
}
class Outer extends Loop {
  override state = { times: 0 };
  readonly inner: Trial = new Trial(false);
  readonly most: number;
  constructor(most: number) {
    super();
    this.most = most;
  }
  get done(): boolean {
    return this.state.times >= this.most;
  }
  reset(): void {}
  async advance(): Promise<void> {
    await this.inner.run();
    this.state.times++;
  }
}

test('a level below an array stands for all of its loops: how many runs, how their steps and a number of them lie', async () => {
  const { store, nest, boxes } = await held(await recorded(new Searching()));
  expect(names(nest).at(-1)).toMatch(/ › outer\[\] › inner$/);
  const { 'outer[]': outer, inner } = boxes();
  expect(outer).toMatchObject({ loops: 3, begun: 3, spread: { values: [1, 2, 3], least: 1, middle: 2, most: 3 } });
  expect(inner).toMatchObject({ loops: 3, begun: 6, spread: { values: [3, 3, 3] } });
  const loss = new NumberOfEach(store, ['loss']);
  expect(loss.at(inner!.box.paths, store.last)).toEqual([1 / 8, 1 / 8, 1 / 8]);
  // At any moment, as each had it then; before, as none had.
  const { row } = { row: inner!.box.paths[2]!.steps.row(0) };
  const then = loss.at(inner!.box.paths, row);
  expect(then.at(-1)).toBe(0.5);
  expect(loss.at(inner!.box.paths, store.first)).toEqual([]);
  expect(spreadOf(loss.at(inner!.box.paths, store.first))).toBeUndefined();
  expect(spreadOf([3, Number.NaN, 1, 2, 10])).toMatchObject({ least: 1, middle: 2.5, most: 10, odd: 1 });
});

test('boxes stand side by side when their loops ran at the same time, and follow one another otherwise', async () => {
  const { nest } = await held(await recorded(new Both()));
  expect(nest.boxes[0]!.regions.map((region) => region.map(({ name }) => name))).toEqual([
    ['left', 'right'],
    ['after'],
  ]);
  const { nest: other } = await held(recordingText({ epochs: 2, batches: 2, validation: 2 }));
  expect(other.boxes[1]!.regions.map((region) => region.length)).toEqual([1, 1]);
});

test('a box tells how its loop stood at any moment: state, step, whether it runs, and its share of the time', async () => {
  const { store, boxes } = await held(recordingText({ epochs: 3, batches: 4, validation: 2 }));
  const epoch = store.actors.get('fit.epoch#2')!;
  const inside = store.actors.get('fit.epoch.batches#2')!;
  // As the second epoch has just begun, what is in it stands as the first has left it.
  expect(boxes(epoch.first).batches).toMatchObject({ words: 'finished', begun: 1, innermost: false });
  const middle = inside.rows.row(inside.rows.upTo(inside.endRow) - 3);
  const then = boxes(middle);
  expect(then.batches).toMatchObject({ words: 'running', total: { total: 4, guess: false }, innermost: true });
  expect(then.batches!.actor!.id).toBe('fit.epoch.batches#2');
  expect(then.epoch).toMatchObject({ words: 'running', innermost: false });
  expect(then.validate!.running).toEqual([]);
  expect(boxes(store.first + 3).validate).toMatchObject({ words: 'not yet', phase: 'ahead', actor: undefined });
});

test('the share of time is that in which at least one of the runs went on, however they lie', async () => {
  for (const text of [
    recordingText({ epochs: 5, batches: 6, validation: 3, failAt: 4 }),
    await recorded(new Sweep()),
  ]) {
    const { store, nest, at } = await held(text);
    for (let row = store.first; row <= store.last; row += 3) {
      const t = store.t(row);
      for (const { box, busy, begun, failed, running } of at.at(row, undefined)) {
        const runs = box.paths.flatMap(({ actors }) => actors.filter(({ first }) => first <= row));
        // Counted anew, run by run.
        const parts = runs
          .map(({ from, end, endRow }): [number, number] => [from, endRow <= row ? Math.min(end, t) : t])
          .sort(([a], [b]) => a - b);
        let [sum, reach] = [0, Number.NEGATIVE_INFINITY];
        for (const [from, to] of parts) {
          sum += Math.max(0, to - Math.max(from, reach));
          reach = Math.max(reach, to);
        }
        expect(busy, `${box.key} at ${row}`).toBeCloseTo(sum, 6);
        expect([begun, failed, running.length]).toEqual([
          runs.length,
          runs.filter(({ failedAt }) => failedAt <= row).length,
          runs.filter(({ endRow }) => !(endRow <= row)).length,
        ]);
      }
    }
    expect(nest.boxes.length).toBeGreaterThan(2);
  }
});

test('where old runs were let go of, the others are counted as if those had never been', () => {
  const lines = [...synthetic({ epochs: 900, batches: 4, validation: 3 })];
  const store = new Store({ events: 5000, bytes: 1e9 });
  const contexts = new Contexts(store, chart);
  const nest = new Nest();
  const at = new NestAt(nest, store, contexts);
  for (let from = 0; from < lines.length; from += 700) {
    store.add(lines.slice(from, from + 700), 1);
    nest.update(store.runs[0]);
    const anew = new NestAt(nest, store, contexts);
    for (const row of [store.first + 10, store.last]) {
      const told = (one: NestAt) =>
        one.at(row, undefined).map(({ box, begun, failed, running, busy, actor }) => {
          return [box.key, begun, failed, running.length, Math.round(busy * 1000), actor?.id];
        });
      expect(told(at)).toEqual(told(anew));
    }
  }
  expect(store.dropped).toBeGreaterThan(10_000);
});

test('a step lays nothing out: only a loop that was not known changes the picture', () => {
  const lines = recordingText({ epochs: 2, batches: 3, validation: 2 })
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
  const store = new Store({ events: 1e6, bytes: 1e9 });
  const nest = new Nest();
  const seen: string[] = [];
  for (const line of lines) {
    store.add([line], 1);
    nest.update(store.runs[0]);
    if (seen.at(-1) !== nest.signature) seen.push(nest.signature);
  }
  // None, fit, epoch, batches, validate.
  expect(seen).toHaveLength(5);
});

/** A loop with others in it; one with none takes steps itself. */
class Part extends Loop {
  override state = { steps: 0 };
  readonly #own: readonly Part[];
  constructor(own: readonly Part[] = []) {
    super();
    this.#own = own;
    // Each is a loop by itself, none of an array.
    for (const [at, part] of own.entries()) Object.assign(this, { [`part${at}`]: part });
  }
  get done(): boolean {
    return this.state.steps >= Math.max(3, this.#own.length);
  }
  reset(): void {
    this.state.steps = 0;
  }
  async advance(): Promise<void> {
    const part = this.#own[this.state.steps];
    this.state.steps++;
    await part?.run();
  }
}

/** What is drawn as a box is. */
class Drawn extends Steady<object> {
  render(): null {
    return null;
  }
}

/** 121 loops in 5 levels. */
const manyLoops = () => {
  const under = (levels: number): Part =>
    new Part(levels ? Array.from({ length: 3 }, () => under(levels - 1)) : undefined);
  return recorded(under(4));
};

test('a step of one loop draws its box again, and no other', async () => {
  const { store, at, nest } = await held(await manyLoops());
  expect(nest.boxes).toHaveLength(121);
  const leaf = nest.boxes.findLast(({ depth }) => depth === 4)!;
  const { steps } = leaf.paths[0]!;
  const place = { key: '', x: 0, y: 0, width: 168, height: 30, head: 30 };
  const propsAt = (row: number) =>
    at.at(row, undefined).map((standing) => ({
      loop: standing.box.key,
      words: boxWords(standing, { number: undefined, odd: '', forked: '', tight: true }),
      place: { ...place },
      tight: true,
      current: false,
    }));
  const before = propsAt(steps.row(1) - 1);
  const drawn = propsAt(steps.row(1)).filter((props, index) => new Drawn(before[index]!).shouldComponentUpdate(props));
  expect(drawn.map(({ loop }) => loop)).toEqual([leaf.key]);
  expect(drawn[0]!.words.steps).toBe('2 steps');
  // What its place or its neighbours say does not matter, its own place does.
  const [root] = before;
  expect(new Drawn(root!).shouldComponentUpdate({ ...root!, place: { ...place, x: 1 } })).toBe(true);
  expect(store.end).toBeGreaterThan(1000);
});

/** So many boxes in so many levels, by a small generator whose seed is known. */
function tree(boxes: number, levels: number): { root: Nested; keys: string[] } {
  interface Growing extends Nested {
    regions: Growing[][];
  }
  const root: Growing = { key: 'root', regions: [] };
  const rows: Growing[][] = [[root]];
  const keys = ['root'];
  for (let at = 1; at < boxes; at++) {
    const level = 1 + ((at * 7) % (levels - 1));
    const above = rows[Math.min(level, rows.length) - 1]!;
    const box: Growing = { key: `loop${at}`, regions: [] };
    const parent = above[(at * 13) % above.length]!;
    // Every fifth stands beside the one before it.
    if (at % 5 === 0 && parent.regions.length) parent.regions.at(-1)!.push(box);
    else parent.regions.push([box]);
    const row = rows[Math.min(level, rows.length)];
    if (row) row.push(box);
    else rows.push([box]);
    keys.push(box.key);
  }
  return { root, keys };
}

test('200 loops in 6 levels have their places, each in the box around it, and none upon another', () => {
  const { root, keys } = tree(200, 6);
  for (const width of [420, 760, 1300]) {
    const picture = nestLayout([[root]], { width, height: 400 });
    const places = new Map(picture.boxes.map((box) => [box.key, box]));
    expect([...places.keys()].sort()).toEqual([...keys].sort());
    expect(picture.tight).toBe(true);
    const check = (nested: Nested) => {
      const around = places.get(nested.key)!;
      const inside = nested.regions.flat().map(({ key }) => places.get(key)!);
      for (const [at, box] of inside.entries()) {
        expect(box.height).toBeGreaterThanOrEqual(24);
        expect(box.x).toBeGreaterThan(around.x);
        expect(box.y).toBeGreaterThanOrEqual(around.y + around.head);
        expect(box.x + box.width).toBeLessThan(around.x + around.width);
        expect(box.y + box.height).toBeLessThan(around.y + around.height);
        for (const other of inside.slice(at + 1)) {
          const apart =
            box.x + box.width <= other.x ||
            other.x + other.width <= box.x ||
            box.y + box.height <= other.y ||
            other.y + other.height <= box.y;
          expect(apart, `${box.key} and ${other.key}`).toBe(true);
        }
      }
      nested.regions.flat().forEach(check);
    };
    check(root);
  }
  // The same picture for the same boxes.
  expect(nestLayout([[root]], { width: 760, height: 400 })).toEqual(nestLayout([[root]], { width: 760, height: 400 }));
});

test('levels of boxes that find no room are folded into those around them, at any size of the pane', () => {
  const { root, keys } = tree(200, 6);
  const count = (regions: Nested['regions']): number =>
    regions.flat().reduce((sum, box) => sum + 1 + count(box.regions), 0);
  for (const [width, height] of [
    [660, 330],
    [540, 440],
  ] as const) {
    const some = folded([[root]], { width, height });
    const drawn = count(some);
    expect(drawn).toBeGreaterThan(3);
    expect(drawn).toBeLessThan(60);
    const { height: tall } = nestLayout(some, { width, height });
    expect(tall).toBeLessThanOrEqual(height * 1.5);
  }
  // With room for all of them, or in a part that has it, none is.
  expect(count(folded([[root]], { width: 1400, height: 9000 }))).toBe(keys.length);
  const small = root.regions.flat().find(({ regions }) => regions.length > 1)!;
  expect(count(folded([[small]], { width: 660, height: 9000 }))).toBe(count([[small]]));
  // Two levels are always there, however little room there is.
  expect(count(folded([[root]], { width: 100, height: 10 }))).toBe(1 + root.regions.flat().length);
});

test('a box says of those that are folded into it how many they are, which one runs, and whether some have failed', async () => {
  const { nest, at, store } = await held(recordingText({ epochs: 3, batches: 4, validation: 2, failAt: 3 }));
  const [fit, epoch] = nest.boxes;
  const inside = store.actors.get('fit.epoch.batches#2')!;
  const told = (row: number) => at.at(row, undefined, [fit!, epoch!]);
  const [outer, inner] = told(inside.rows.row(inside.rows.length - 4));
  expect(outer!.folded).toBeUndefined();
  expect(inner!.folded).toMatchObject({ loops: 2, failed: 0, runs: inside });
  // What is drawn innermost glows, as what runs lies in it.
  expect([outer!.innermost, inner!.innermost]).toEqual([false, true]);
  const last = told(store.last)[1]!;
  expect(last.folded).toEqual({ loops: 2, failed: 1, runs: undefined });
  const words = boxWords(last, { number: undefined, odd: '', forked: '', tight: true });
  expect(words).toMatchObject({ folded: '2', foldedRuns: '', foldedFailed: '1 failed' });
});

test('the largest boxes are taken with which all is in sight', () => {
  const three: Nested = { key: 'fit', regions: [[{ key: 'a', regions: [] }], [{ key: 'b', regions: [] }]] };
  const rooms = [[900], [600], [480], [420], [340, 100]] as const;
  const widths = rooms.map(([width, height = 220]) => {
    const picture = nestLayout([[three]], { width, height });
    return picture.boxes[1]!.width;
  });
  expect(widths).toEqual(NEST_SIZES.map(({ width }) => width));
});

test('a small line has the newest value at its end, gaps where there is no number, and bounded points', async () => {
  const { store } = await held(recordingText({ epochs: 4, batches: 300, nanAt: 2 }));
  const path = store.runs[0]!.paths.get('fit.epoch.batches')!;
  const pick = tellingNumber(store, path)!;
  expect(pick.keys).toEqual(['loss']);
  const spark = new Spark(path, pick);
  spark.grow(store);
  const values = spark.upTo(store, store.last);
  expect(values.length).toBeGreaterThan(40);
  expect(values.length).toBeLessThanOrEqual(98);
  const newest = path.steps.row(path.steps.length - 1);
  expect(values.at(-1)).toBe(store.read(newest, ['event', 'commit', 'state', 'loss']));
  // Nothing of what comes later.
  expect(spark.upTo(store, path.steps.row(0))).toHaveLength(2);
  expect(sparkLine([1, 3, Number.NaN, 2])).toBe('M0.0 19.0L33.3 1.0M100.0 10.0');
  expect(sparkLine([-Number.MAX_VALUE, Number.MAX_VALUE])).toBe('M0.0 19.0L100.0 1.0');
});

/** What a screen reader is told of a box. */
const said = (name: string) => page.locator(`.nested[data-loop="${name}"]`).evaluate((box) => box.textContent);

test('the page begins with the program; a box is chosen by a click and opened by a key or two clicks', async () => {
  await visit({}, '');
  await openRecording(recordingText({ epochs: 3, batches: 4, validation: 2 }));
  await page.waitForSelector('.nested');
  const order = await page
    .locator('.nested')
    .evaluateAll((boxes) => boxes.map((box) => (box as HTMLElement).dataset.loop));
  expect(order).toEqual(['fit', 'fit › epoch', 'fit › epoch › batches', 'fit › epoch › validate']);
  await expect
    .poll(() => said('fit › epoch › batches'))
    .toMatch(/^batches in fit, epoch; × 3 runs; finished; step 4 of 4; \d+ % of the time; loss [\d.]+$/);
  const batches = page.locator('.nested[data-loop="fit › epoch › batches"]');
  await batches.click();
  await settle();
  await expect.poll(() => batches.getAttribute('aria-current')).toBe('true');
  await expect.poll(() => page.locator('.state .who').getAttribute('title')).toBe('fit.epoch.batches#3');
  // Along the tree by keys, and into a box.
  await press('ArrowDown', 'Enter');
  await page.waitForSelector('#statechart');
  await expect.poll(() => page.locator('.chart .who').getAttribute('title')).toBe('fit.epoch.validate#3');
  // What is around it stays in sight, and is a way.
  await page.locator('.around button', { hasText: 'epoch' }).click();
  await expect.poll(() => page.locator('.chart .who').getAttribute('title')).toBe('fit.epoch#3');
  await page.getByRole('button', { name: 'Back to the nest' }).click();
  await page.locator('.nested[data-loop="fit"]').dblclick({ position: { x: 40, y: 15 } });
  await page.waitForSelector('#statechart');
  await expect.poll(() => page.locator('.chart .who').getAttribute('title')).toBe('fit#1');
  // The key of the nest.
  await press('0');
  await page.waitForSelector('.nested');
});

test('the way that runs glows at the moment that is shown, and moves with it', async () => {
  await visit({}, '');
  const text = recordingText({ epochs: 2, batches: 6, validation: 3 });
  const { store } = await held(text);
  await openRecording(text);
  await page.waitForSelector('.nested');
  const glowing = () =>
    page.locator('.nested.runs').evaluateAll((boxes) => boxes.map((box) => (box as HTMLElement).dataset.loop));
  await expect.poll(() => glowing()).toEqual([]);
  const places = () =>
    page.locator('.nested').evaluateAll((boxes) => boxes.map((box) => JSON.stringify(box.getBoundingClientRect())));
  const before = await places();
  for (const [id, name] of [
    ['fit.epoch.batches#2', 'batches'],
    ['fit.epoch.validate#1', 'validate'],
  ] as const) {
    const { rows } = store.actors.get(id)!;
    await scrub(String(rows.row(rows.length - 3)));
    await expect.poll(() => glowing()).toEqual(['fit', 'fit › epoch', `fit › epoch › ${name}`]);
    await expect.poll(() => page.locator('.nested.innermost').getAttribute('data-loop')).toBe(`fit › epoch › ${name}`);
    // Nothing has moved.
    await expect.poll(() => places()).toEqual(before);
  }
});

test('a large nest is folded, looked into by press and key, and shown whole; a step changes what is said of its loop, and nothing of the others', async () => {
  await visit({}, '');
  const text = await manyLoops();
  const { store, nest } = await held(text);
  await openRecording(text);
  await page.waitForSelector('.nested');
  const drawn = () => page.locator('.nested').count();
  // There is room for three levels of five. A way into a box stands on it, and a key leads there as well.
  await expect.poll(drawn).toBe(13);
  await expect.poll(() => page.locator('.unfold').first().textContent()).toMatch(/^\+12 loops in part0: look into it$/);
  await page.locator('.unfold').first().click();
  await expect.poll(drawn).toBe(13);
  await expect.poll(() => page.locator('.unfold').count()).toBe(0);
  await expect.poll(() => page.evaluate(() => document.activeElement?.className)).toContain('nested');
  await page.locator('.nest .around button').first().waitFor();
  await press('-', '-');
  await expect.poll(() => page.locator('.unfold').count()).toBe(9);
  await page.locator('.nested').nth(2).focus();
  await press('+');
  await expect.poll(() => new URL(page.url()).hash).toContain('nest.in=');
  await page.locator('.nest .around button').first().click();
  await page.getByRole('button', { name: 'all 121 loops', exact: true }).click();
  await expect.poll(drawn).toBe(121);
  const leaf = nest.boxes.findLast(({ depth }) => depth === 4)!;
  const row = leaf.paths[0]!.steps.row(1);
  await scrub(String(store.seq(row - 1) - 1));
  await page.evaluate(() => {
    const touched = new Set<string>();
    const note = (records: MutationRecord[]) => {
      for (const { target } of records) {
        const element = target instanceof Element ? target : target.parentElement!;
        const part = element.closest<HTMLElement>('.nested, .node');
        if (part) touched.add(part.dataset.loop ?? part.querySelector('.name')!.textContent!);
      }
    };
    const observer = new MutationObserver(note);
    observer.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
    (globalThis as any).touchedParts = () => {
      note(observer.takeRecords());
      return [...touched];
    };
  });
  await press('ArrowRight');
  await expect.poll(() => moment()).toBe(store.seq(row));
  const touched: string[] = await page.evaluate(() => (globalThis as any).touchedParts());
  expect(touched).toContain(leaf.key);
  // In the tree, also how long those that run have run so far.
  const around: string[] = [];
  for (let box = leaf.parent; box; box = box.parent) around.push(box.key, box.name);
  expect(touched.filter((one) => ![leaf.key, leaf.name, ...around].includes(one))).toEqual([]);
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`axe finds nothing to blame in the nest, ${colorScheme}`, async () => {
    const inspector = createRequire(join(import.meta.dirname, '../inspector/package.json'));
    const axe = await readFile(inspector.resolve('axe-core/axe.min.js'), 'utf8');
    const blame = () =>
      page.evaluate(async () => {
        const options = { rules: { 'target-size': { enabled: true } } };
        const { violations } = await (window as any).axe.run('.nest', options);
        return violations.map(({ id, nodes }: any) => `${id}: ${nodes.map((node: any) => node.html.slice(0, 160))[0]}`);
      });
    await visit({ colorScheme }, '');
    await page.evaluate(axe);
    await openRecording(await recorded(new Sweep()));
    await page.waitForSelector('.nested');
    await expect.poll(() => said('sweep › trials[]')).toMatch(/^trials\[\] in sweep; × 4 loops; 1 failed · 3 over; /);
    for (const moment of ['10', '40', '60']) {
      await scrub(moment);
      await expect.poll(() => blame(), { message: moment }).toEqual([]);
    }
    await page.setViewportSize({ width: 800, height: 700 });
    await settle();
    await expect.poll(() => blame()).toEqual([]);
    await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBe(800);
    // Nor in one that is folded, in the middle of its run and looked into.
    await openRecording(await manyLoops(), 'many.jsonl');
    await page.locator('.unfold').first().waitFor();
    const slider = page.locator('#scrub');
    await slider.fill(String(Number(await slider.getAttribute('max')) / 2));
    await page.locator('.unfold.lit').waitFor();
    await expect.poll(() => blame()).toEqual([]);
    await page.locator('.unfold').first().click();
    await page.locator('.nest .around button').first().waitFor();
    await expect.poll(() => blame()).toEqual([]);
  });
}
