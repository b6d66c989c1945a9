import { expect, test, vi } from 'vitest';
import { recordingText, synthetic } from '../inspector/dev/synthetic.ts';
import { drawFlame } from '../inspector/drawing/flame.ts';
import type { Palette, Scene } from '../inspector/drawing/flame-scene.ts';
import { barAt } from '../inspector/drawing/flame-sections.ts';
import type { ActorLine, EventLine, Line } from '../inspector/lines/line.ts';
import { filePart, goToTime, readPart } from '../inspector/page/file-part.ts';
import { session } from '../inspector/page/session.ts';
import { heldTime, knowsMore, showAll, sight, sightNow, whole, zoom } from '../inspector/page/time-zoom.ts';
import { Actors } from '../inspector/run/actors.ts';
import { Lanes } from '../inspector/run/lanes.ts';
import { Store } from '../inspector/run/store.ts';
import { fileSource } from '../inspector/sources/file.ts';
import { FileParts } from '../inspector/sources/file-parts.ts';

/** When each loop of a recording began and ended, as its lines tell. */
function spansIn(lines: readonly Line[]): string[] {
  const ends = new Map(
    lines
      .filter((line): line is EventLine => line.type === 'event' && line.status !== undefined)
      .map((l) => [l.id, l.t]),
  );
  return lines
    .filter((line): line is ActorLine => line.type === 'actor')
    .map(({ id, t }) => `${id} ${t} ${ends.get(id)}`)
    .sort();
}

/** The same, as lanes know it. */
function spansOf({ list }: Lanes): string[] {
  return list
    .flatMap((lane) =>
      Array.from({ length: lane.length }, (_, at) => {
        const place = lane.first + at;
        return `${lane.label(place).path}#${lane.nth(place)} ${lane.from(place)} ${lane.end(place)}`;
      }),
    )
    .sort();
}

/** Lines of more loops than so small a store holds. */
function letGo(): { lines: Line[]; store: Store } {
  const lines = [...synthetic({ epochs: 300, batches: 20, validation: 4 })];
  const store = new Store({ events: 6000, bytes: 1e9 });
  for (let at = 0; at < lines.length; at += 500) store.add(lines.slice(at, at + 500), 1);
  expect(store.dropped).toBeGreaterThan(10_000);
  return { lines, store };
}

test('of a run whose lines were let go of, the bar stays: when it began, when it ended, which it was', () => {
  const { lines, store } = letGo();
  expect(store.actors.size).toBeLessThan(store.lanes.count / 2);
  expect(spansOf(store.lanes)).toEqual(spansIn(lines));
  expect(store.begin).toBe(lines.find(({ type }) => type === 'actor')!.t);
});

test('a bar is found by its place on the timeline, and says whether its events are held', () => {
  const { lines, store } = letGo();
  const scene = { store, from: store.begin, to: store.until, width: 1e6 };
  const middle = (id: string) => {
    const [from, to] = ['actor', 'event'].map(
      (type) => lines.findLast((line) => line.type === type && 'id' in line && line.id === id)!.t,
    );
    return ((from! + to!) / 2 - scene.from) * (scene.width / (scene.to - scene.from));
  };
  const lane = (at: number) => 20 + at * 26 + 5;
  expect(barAt(scene, middle('fit.epoch.batches#3'), lane(2))).toMatchObject({
    id: 'fit.epoch.batches#3',
    isHeld: false,
    actor: undefined,
  });
  const last = barAt(scene, middle('fit.epoch.batches#300'), lane(2));
  expect([last?.id, last?.isHeld, last?.actor?.id]).toEqual(['fit.epoch.batches#300', true, 'fit.epoch.batches#300']);
  expect(barAt(scene, 10, lane(5))).toBeUndefined();
});

test('of more than so many, the oldest go, those of all lanes together; what goes on stays', () => {
  const actors = new Actors(() => undefined, new Lanes(1000));
  const open = (id: string, t: number, parent?: string) =>
    actors.open(
      {
        type: 'actor',
        seq: t,
        t,
        id,
        path: id.replace(/#\d+$/, ''),
        name: 'x',
        loop: '',
        chart: '',
        value: '',
        status: '',
        ...(parent && { parent }),
      },
      t,
    );
  open('fit#1', 0);
  for (let n = 1; n <= 5000; n++) {
    const group = open(`fit.a#${n}`, n * 10, 'fit#1');
    actors.close(open(`fit.a.b#${n}`, n * 10 + 1, group.id), n * 10 + 3, n);
    actors.close(group, n * 10 + 5, n);
  }
  const { lanes } = actors;
  expect(lanes.count).toBeLessThanOrEqual(1000);
  expect(lanes.count).toBeGreaterThan(800);
  expect(lanes.count).toBe(lanes.list.reduce((sum, { length }) => sum + length, 0));
  const [fit, groups, inner] = lanes.list;
  expect([fit!.length, fit!.label(0).path]).toEqual([1, 'fit']);
  expect(groups!.nth(groups!.next - 1)).toBe(5000);
  expect(inner!.nth(inner!.first)).toBe(groups!.nth(groups!.first));
  expect(groups!.from(groups!.first)).toBeGreaterThanOrEqual(lanes.since);
  expect(lanes.from).toBe(lanes.since);
});

/** A canvas that counts what is drawn. */
function counting(): { ctx: CanvasRenderingContext2D; drawn: () => number } {
  let drawn = 0;
  const ctx = new Proxy({ canvas: { height: 200 } } as Record<PropertyKey, unknown>, {
    get: (target, key) =>
      key in target
        ? target[key]
        : (..._: unknown[]) => {
            drawn++;
            return { width: 30 };
          },
    set: (target, key, value) => Reflect.set(target, key, value),
  });
  return { ctx: ctx as unknown as CanvasRenderingContext2D, drawn: () => drawn };
}

test('however many runs there are, no more is drawn than there are pixels', () => {
  const store = new Store({ events: 1e6, bytes: 1e9 });
  const line = (id: string, t: number, parent?: string): ActorLine => ({
    type: 'actor',
    seq: t,
    t,
    id,
    path: id.replace(/#\d+$/, ''),
    name: 'x',
    loop: '',
    chart: 'loop',
    value: 'advancing',
    status: 'active',
    ...(parent && { parent }),
  });
  const end = (id: string, t: number): EventLine => ({
    type: 'event',
    seq: t,
    t,
    id,
    event: { type: 'xstate.done.actor.onRunEnd' },
    value: 'finished',
    status: 'done',
  });
  const lines: Line[] = [line('fit#1', 1)];
  for (let n = 1; n <= 20_000; n++) lines.push(line(`fit.a#${n}`, n * 2, 'fit#1'), end(`fit.a#${n}`, n * 2 + 1));
  store.add(lines, 1);
  const scene: Scene = {
    store,
    from: store.begin,
    to: store.until,
    now: store.last,
    selected: undefined,
    range: null,
    marks: [],
    width: 800,
    palette: { hues: Array(8).fill('#000') } as unknown as Palette,
  };
  const of = (from: number, to: number) => {
    const { ctx, drawn } = counting();
    drawFlame(ctx, { ...scene, from, to });
    return drawn();
  };
  expect(of(store.begin, store.until)).toBeLessThan(800 * 4);
  expect(of(store.begin, store.until)).toBeGreaterThan(400);
  // Closer, each is drawn that is in sight: its bar and what stands below it.
  expect(of(20_000, 20_020)).toBeLessThan(200);
});

test('of a file that is read in parts, all runs are on the timeline, and each time leads to its part', async () => {
  vi.stubGlobal('requestAnimationFrame', (then: () => void) => setTimeout(then));
  const text = recordingText({ epochs: 12, batches: 20, validation: 4 });
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
  const parts = new FileParts(40);
  session.open(fileSource(new File([text], 'run.jsonl'), parts));
  const isWhole = () => vi.waitUntil(() => session.status.value?.kind === 'whole', { timeout: 20_000 });
  await isWhole();
  expect(knowsMore()).toBe(false);
  readPart(2);
  await isWhole();
  const all = { from: lines.find(({ type }) => type === 'actor')!.t, to: lines.at(-1)!.t };
  const { store } = session;
  expect(spansOf(store.around!)).toEqual(spansIn(lines));
  expect([knowsMore(), whole(), sightNow()]).toEqual([true, all, heldTime()]);
  showAll(true);
  expect(sightNow()).toEqual(all);
  // Zoomed out of what is held, more comes into sight.
  showAll(false);
  zoom(1.5);
  expect(sight.value!.to - sight.value!.from).toBeGreaterThan(heldTime().to - heldTime().from);
  const seen = sight.value;
  for (const at of [lines.length - 3, 45, 300, 10]) {
    const { t, seq } = lines[at]!;
    goToTime(t);
    await vi.waitUntil(() => session.store.end && session.cursor.value !== null, { timeout: 20_000 });
    expect(session.store.seq(session.now.value)).toBe(seq);
    await isWhole();
    expect(filePart()!.shown).toBe(at + 1);
  }
  // Nothing of it was counted twice.
  expect(spansOf(session.store.around!)).toEqual(spansIn(lines));
  expect(sight.value).toEqual(seen);
});

test('of a file that was left before its end, later parts add their runs', async () => {
  const lines = [...synthetic({ epochs: 12, batches: 20, validation: 4 })];
  const half = lines.findIndex((line) => line.type === 'actor' && line.id === 'fit.epoch.batches#5') + 7;
  const [first, second] = [0, 1].map(() => new Store({ events: 1e6, bytes: 1e9 }));
  first!.add(lines.slice(0, half), 1);
  first!.lanes.lines = half;
  // The second begins with how the loops stood, which is no new run of any.
  const late = ['fit#1', 'fit.epoch#5', 'fit.epoch.batches#5'].map((id) => ({
    ...(lines.find((line) => line.type === 'actor' && line.id === id) as ActorLine),
    late: true,
  }));
  second!.add(late, 1);
  second!.add(lines.slice(half), 1);
  second!.lanes.linesBefore = half - late.length;
  second!.lanes.lines = lines.length;
  first!.lanes.join(second!.lanes);
  expect(spansOf(first!.lanes)).toEqual(spansIn(lines));
  expect(first!.lanes.until).toBe(lines.at(-1)!.t);
});
