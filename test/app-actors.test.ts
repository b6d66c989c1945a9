import { formatRecording, Loop, parseRecording, type Recording, record, replay } from 'loopchart';
import { goldenText } from 'loopchart/testing';
import { describe, expect, test } from 'vitest';
import {
  createActor,
  createMachine,
  fromCallback,
  fromEventObservable,
  fromObservable,
  fromPromise,
  fromTransition,
  setup,
  waitFor,
} from 'xstate';
import { completed, type Line } from '../inspector/lines/line.ts';
import { appsAt } from '../inspector/run/apps-at.ts';
import { Inspection } from '../src/inspect/inspection.ts';
import type { SendTarget } from '../src/inspect/sendable.ts';
import { Steps, shop } from './support/app.ts';
import { knownFrom } from './support/known-run.ts';
import { turn } from './support/loops.ts';

/** Runs the shop until it is ready, with an observer. */
async function open(inspect: any, steps?: Steps) {
  const actor = createActor(shop(steps), { inspect }).start();
  actor.on('*', () => {});
  actor.subscribe({ error: () => {} });
  actor.send({ type: 'open' });
  await waitFor(actor, ({ value }) => value === 'ready');
  return actor;
}

/** The lines that an inspection tells a page. */
function pageOf(inspection: Inspection) {
  const lines: any[] = [];
  const channel = { send: (text: string) => void lines.push(...JSON.parse(text)), waiting: 0 };
  return { lines, ...inspection.connect(channel, 0) };
}

const actorsIn = (lines: readonly any[]) => lines.filter(({ type, kind }) => type === 'actor' && kind !== undefined);
const linesOf = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => completed(JSON.parse(line)) as Line);
const about = (lines: readonly any[], id: string) => lines.filter((line) => line.type === 'event' && line.id === id);

describe('a recording of an app', () => {
  test('has its machine and all that it runs, each with its kind, and who has invoked it', async () => {
    const recorder = record(undefined, { apps: true });
    await open(recorder);
    expect(actorsIn(recorder.recording).map(({ id, kind, under }) => [id, kind, under])).toEqual([
      ['shop@1', 'machine', undefined],
      ['ping@2', 'callback', 'shop@1'],
      ['till@3', 'transition', 'shop@1'],
      ['load@4', 'promise', 'shop@1'],
    ]);
    const [loop] = recorder.recording.filter((line) => line.type === 'actor' && line.kind === undefined);
    expect(loop).toMatchObject({ id: 'steps#1', loop: 'Steps', under: 'shop@1' });
    expect(loop).not.toHaveProperty('parent');
  });

  test('says which events its machine has handled, from whom, by which transitions, and what it holds after', async () => {
    const recorder = record(undefined, { apps: true });
    await open(recorder);
    const lines = about(recorder.recording, 'shop@1');
    expect(lines.map(({ event, from, value, context }) => [event.type, from, value, context?.rows])).toEqual([
      ['open', undefined, 'loading', undefined],
      ['xstate.done.actor.0.shop.loading', 'load@4', 'checking', 3],
      // What follows by itself has no event.
      ['', undefined, '{"working":"busy"}', undefined],
      ['xstate.done.actor.steps', 'steps#1', 'ready', 3],
    ]);
    expect(lines[2]!.tr).toEqual([['shop.checking', ['shop.working'], '']]);
    expect(about(recorder.recording, 'load@4')).toMatchObject([{ value: 'done', status: 'done', output: 3 }]);
  });

  test('has the chart of its machine once, before the first actor of it', async () => {
    const recorder = record(undefined, { apps: true });
    const machine = shop();
    createActor(machine, { inspect: recorder }).start().stop();
    createActor(machine.provide({}), { inspect: recorder }).start().stop();
    const charts = recorder.recording.filter(({ type }) => type === 'chart') as any[];
    expect(charts).toHaveLength(1);
    const [{ key, seq, root }] = charts;
    expect(actorsIn(recorder.recording).filter(({ chart }) => chart === key)).toHaveLength(2);
    expect(seq).toBeLessThan(actorsIn(recorder.recording)[0].seq);
    expect(root.states.checking.always).toEqual([{ target: ['#shop.working'], guard: 'hasRows' }]);
    expect(Object.keys(root.states.working.states)).toEqual(['busy']);
  });

  test('tells what runs each actor, by whatever XState made it', async () => {
    const empty = { subscribe: () => ({ unsubscribe() {} }) };
    const own = { transition: (state: any) => state, getInitialSnapshot: () => ({ status: 'active' }) };
    const actors = {
      promise: fromPromise(async () => {}),
      callback: fromCallback(() => {}),
      observable: fromObservable(() => empty),
      events: fromEventObservable(() => empty),
      transition: fromTransition((state: number) => state, 0),
      machine: createMachine({}),
      own: { ...own, getPersistedSnapshot: (state: any) => state } as any,
    };
    const invoke = Object.keys(actors).map((src) => ({ src, id: src }));
    const recorder = record(undefined, { apps: true });
    const actor = createActor(setup({ actors }).createMachine({ id: 'app', invoke } as any), { inspect: recorder });
    actor.start().stop();
    expect(actorsIn(recorder.recording).map(({ path, kind }) => [path, kind])).toEqual([
      ['app', 'machine'],
      ['promise', 'promise'],
      ['callback', 'callback'],
      ['observable', 'observable'],
      ['events', 'observable'],
      ['transition', 'transition'],
      ['machine', 'machine'],
      ['own', 'actor'],
    ]);
    // All of them have ended with the app, and the recording says so.
    const ended = recorder.recording.filter((line) => line.type === 'event' && line.status === 'stopped') as any[];
    expect(ended.map(({ id }) => id).sort()).toEqual(
      actorsIn(recorder.recording)
        .map(({ id }) => id)
        .sort(),
    );
  });

  test('replays its loops, also as text, and its golden text has the loops alone', async () => {
    const recorder = record(undefined, { apps: true });
    await open(recorder);
    const alone = record(undefined, { apps: true });
    await new Steps().start({ args: [3], inspect: alone }).output;
    const frames = (recording: Recording) =>
      [...replay(recording)].map(({ path, event, value, context }) => [path, event.type, value, context]);
    expect(frames(parseRecording(formatRecording(recorder.recording)))).toEqual(frames(alone.recording));
    expect(goldenText(recorder.recording)).toBe(goldenText(alone.recording));
  });

  test('tells of one that fails while it handles an event, where it has a parent', async () => {
    const parent = setup({ actors: { shop: shop() } }).createMachine({
      id: 'parent',
      invoke: { src: 'shop', id: 'shop' },
      on: { go: { actions: ({ self }) => self.getSnapshot().children.shop!.send({ type: 'crash' }) } },
    });
    const recorder = record(undefined, { apps: true });
    const actor = createActor(parent, { inspect: recorder });
    actor.subscribe({ error: () => {} });
    actor.start().send({ type: 'go' });
    await turn();
    expect(about(recorder.recording, 'shop@2').at(-1)).toMatchObject({
      event: { type: 'crash' },
      status: 'error',
      error: { name: 'TypeError', message: 'the shop is on fire' },
    });
    expect(about(recorder.recording, 'parent@1').at(-1)).toMatchObject({ from: 'shop@2', status: 'error' });
  });

  test('tells of one that fails at the top of its system, whom nobody else would tell of it', async () => {
    const recorder = record(undefined, { apps: true });
    const actor = createActor(shop(), { inspect: recorder });
    const heard: unknown[] = [];
    actor.subscribe({ error: (error) => heard.push(error) });
    actor.start().send({ type: 'crash' });
    await turn();
    expect(about(recorder.recording, 'shop@1').at(-1)).toMatchObject({
      event: { type: 'crash' },
      status: 'error',
      error: { name: 'TypeError', message: 'the shop is on fire' },
    });
    // The app hears of it as it would without anybody who looks.
    expect(heard).toEqual([expect.any(TypeError)]);
    const { store } = knownFrom(linesOf(formatRecording(recorder.recording)));
    expect(appsAt(store, store.last).find(({ name }) => name === 'shop')).toMatchObject({
      phase: 'failed',
      words: expect.stringMatching(/^failed in /),
    });
  });

  test('of one that comes late, says how the actors stood', async () => {
    const actor = createActor(shop()).start();
    const recorder = record(undefined, { apps: true });
    actor.system.inspect(recorder);
    actor.send({ type: 'order', item: 'tea' });
    expect(actorsIn(recorder.recording)).toMatchObject([
      { id: 'shop@1', late: true, value: 'closed' },
      { id: 'ping@2', late: true },
      { id: 'till@3', late: true },
    ]);
    actor.stop();
  });

  test('what an app holds and sends is copied at once, shown as what it is, and only so much of it', () => {
    const recorder = record(undefined, { apps: true });
    const actor = createActor(shop(), { inspect: recorder }).start();
    const item: any = { n: Number.NaN, when: new Date(0), map: new Map(), list: Array(1000).fill(1), $n: 'a mark?' };
    item.self = item;
    Object.defineProperty(item, 'odd', {
      enumerable: true,
      get() {
        throw new Error('not yours');
      },
    });
    actor.send({ type: 'order', item });
    actor.send({ type: 'order', item: { $n: 'NaN' } });
    const fine: any = { a: 1 };
    actor.send({ type: 'order', item: fine });
    fine.a = 2;
    const items = about(recorder.recording, 'shop@1').map(({ event }) => event.item);
    expect(items).toEqual([{ $opaque: 'Object' }, { $$n: 'NaN' }, { a: 1 }]);
    actor.send({
      type: 'order',
      item: { n: Number.NaN, when: new Date(0), map: new Map(), list: Array(1000).fill(1) },
    });
    expect(about(recorder.recording, 'shop@1').at(-1)!.event.item).toEqual({
      n: { $n: 'NaN' },
      when: { $date: '1970-01-01T00:00:00.000Z' },
      map: { $opaque: 'Map' },
      list: { $cut: { kind: 'array', size: 1000, ref: '' } },
    });
    actor.stop();
  });

  test('what runs within a loop is no actor of the app, also where an app has put it there', async () => {
    const recorder = record(undefined, { apps: true });
    const machine = new Steps().machine.provide({ actors: { advance: fromPromise(async () => {}) } });
    const actor = createActor(machine, { inspect: recorder, input: [1] } as any).start();
    await waitFor(actor, ({ status }) => status === 'done');
    expect(actorsIn(recorder.recording)).toEqual([]);
  });
});

describe('a page', () => {
  test('is told the same, redacted as other lines are', async () => {
    const recorder = record(undefined, { apps: true });
    const inspection = new Inspection({
      redact: (line: any) => (line.kind === 'callback' ? undefined : { ...line, context: 'kept back' }),
    });
    const { lines } = pageOf(inspection);
    await open((event: any) => {
      recorder.next(event);
      inspection.next(event);
    });
    inspection.flush();
    expect(actorsIn(lines).map(({ id }) => id)).toEqual(['shop@1', 'till@3', 'load@4']);
    expect(actorsIn(lines).every(({ context }) => context === 'kept back')).toBe(true);
    const told = (all: readonly any[]) =>
      about(all, 'shop@1').map(({ event, from, value, tr }) => ({ event, from, value, tr }));
    expect(told(lines)).toEqual(told(recorder.recording));
    inspection.close();
  });

  test('that comes when the first lines are gone is told the charts and how the actors stand', async () => {
    const inspection = new Inspection({ limits: { events: 5 } });
    const actor = await open(inspection);
    for (let i = 0; i < 20; i++) actor.send({ type: 'order', item: i });
    const { lines } = pageOf(inspection);
    inspection.flush();
    const [chart] = lines.filter(({ type, key }) => type === 'chart' && key !== 'loop');
    const late = actorsIn(lines).find(({ id }) => id === 'shop@1');
    expect(late).toMatchObject({ id: 'shop@1', late: true, value: 'ready', chart: chart.key, status: 'active' });
    expect(late.context.orders).toHaveLength(15);
    const seqs = lines.filter(({ seq }) => seq !== undefined).map(({ seq }) => seq);
    expect(new Set(seqs).size).toBe(seqs.length);
    const lagged = lines.filter(({ type }) => type === 'lagged').reduce((sum, { count }) => sum + count, 0);
    expect(seqs.length - 1 + lagged).toBe(Math.max(...seqs));
    actor.stop();
    inspection.close();
  });

  test('sends an actor of the app any event but those of XState, and a loop its own alone', async () => {
    const inspection = new Inspection();
    const actor = await open(inspection);
    const page = pageOf(inspection);
    inspection.flush();
    const send = (id: string, event: unknown) => page.receive(JSON.stringify({ type: 'send', id, event }));
    send('shop@1', { type: 'order', item: { deep: [1] } });
    expect(actor.getSnapshot().context.orders).toEqual([{ deep: [1] }]);
    send('till@3', { type: 'ping' });
    inspection.flush();
    expect(about(page.lines, 'till@3').at(-1)).toMatchObject({ event: { type: 'ping' }, context: 1 });
    expect(page.lines.filter(({ type }) => type === 'refused')).toEqual([]);
    for (const event of ['order', { type: 'xstate.stop' }, { type: '' }, { type: '*' }, { item: 1 }, null])
      send('shop@1', event);
    send('steps#1', { type: 'order' });
    send('load@4', { type: 'order' });
    send('nobody@9', { type: 'order' });
    expect(page.lines.filter(({ type }) => type === 'refused')).toHaveLength(9);
    expect(actor.getSnapshot().context.orders).toHaveLength(1);
    // One that throws on it has failed in its own system; the page and the inspection go on.
    send('shop@1', { type: 'crash' });
    expect(actor.getSnapshot()).toMatchObject({ status: 'error' });
    actor.stop();
    inspection.close();
  });

  test('sends only those that it may send events, and tells pages which these are', async () => {
    const asked: unknown[] = [];
    const byName = (actor: SendTarget) => {
      asked.push(actor);
      if (actor.name === 'ping') throw new Error('not sure');
      return actor.name === 'till';
    };
    for (const may of [['till'], byName]) {
      const inspection = new Inspection({ send: may });
      const faults: unknown[] = [];
      inspection.onFault = (error) => faults.push(error);
      const actor = await open(inspection);
      const page = pageOf(inspection);
      inspection.flush();
      const send = (id: string, event: unknown) => page.receive(JSON.stringify({ type: 'send', id, event }));
      send('shop@1', { type: 'order', item: 1 });
      send('till@3', { type: 'ping' });
      inspection.flush();
      const refused = page.lines.filter(({ type }) => type === 'refused');
      expect(refused.map(({ reason }) => reason)).toEqual([
        expect.stringMatching(/an actor that pages may send events, got shop@1: .*`send`/),
      ]);
      expect(actor.getSnapshot().context.orders).toEqual([]);
      expect(about(page.lines, 'till@3').at(-1)).toMatchObject({ event: { type: 'ping' } });
      const told = actorsIn(page.lines);
      expect(told.filter((line) => line.send !== false).map(({ path }) => path)).toEqual(['till']);
      expect(faults).toHaveLength(may === byName ? 1 : 0);
      actor.stop();
      inspection.close();
    }
    // Each once.
    expect(asked).toHaveLength(4);
    expect(asked[0]).toEqual({ id: 'shop@1', name: 'shop', source: 'shop', kind: 'machine' });
    for (const send of [5, [1], 'till', null])
      expect(() => new Inspection({ send: send as never })).toThrow(/`send` to be a list of names/);
  });

  test('that may only watch sends nothing', async () => {
    const inspection = new Inspection({ readonly: true });
    const actor = await open(inspection);
    const page = pageOf(inspection);
    page.receive(JSON.stringify({ type: 'send', id: 'shop@1', event: { type: 'order', item: 1 } }));
    expect(page.lines.at(-2).type === 'refused' || page.lines.some(({ type }) => type === 'refused')).toBe(true);
    expect(actor.getSnapshot().context.orders).toEqual([]);
    actor.stop();
    inspection.close();
  });
});

test('a loop that an app spawns from a run of its own stays the root of its run', async () => {
  class Outer extends Loop<void> {
    inner: Steps = new Steps();
    get done() {
      return this.inner.state.n > 0;
    }
    reset() {}
    async advance() {
      await this.inner.run(1);
    }
  }
  const machine = setup({ actors: { outer: new Outer().machine } }).createMachine({
    id: 'app',
    initial: 'go',
    states: {
      go: { invoke: { src: 'outer', id: 'outer', input: [] as never, onDone: 'end' } },
      end: { type: 'final' },
    },
  });
  const recorder = record(undefined, { apps: true });
  const actor = createActor(machine, { inspect: recorder }).start();
  await waitFor(actor, ({ status }) => status === 'done');
  const loops = recorder.recording.filter((line) => line.type === 'actor' && line.kind === undefined) as any[];
  expect(loops.map(({ id, parent, under }) => [id, parent, under])).toEqual([
    ['outer#1', undefined, 'app@1'],
    ['outer.inner#1', 'outer#1', undefined],
  ]);
});
