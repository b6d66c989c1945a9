import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Loop } from 'loopchart';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { Inspection } from '../src/inspect/inspection.ts';
import { type Inspector, type InspectorOptions, serveInspection } from '../src/node/inspector.ts';

// The real receiver, with the XState 4 of the workspace that it lives in.
const require = createRequire(new URL('../inspector/package.json', import.meta.url));
const { createWebSocketReceiver } = require('@xstate/inspect');
const versions = ['@xstate/inspect/package.json', 'xstate/package.json'].map((file) => require(file).version);

class Batches extends Loop<number> {
  override state: any = { n: 0, loss: Number.NaN };
  get done() {
    return this.state.n >= 3;
  }
  reset() {
    this.state = { n: 0, loss: Number.NaN };
  }
  async advance() {
    this.state.n++;
    await new Promise((resolve) => setImmediate(resolve));
  }
  override onRunEnd() {
    return this.state.n;
  }
}

class Fit extends Loop<number> {
  override state: any = { epoch: 0, secret: 'hunter2' };
  batches = new Batches();
  to = 2;
  get done() {
    return this.state.epoch >= this.to;
  }
  reset() {}
  async advance() {
    await this.batches.run();
    this.state.epoch++;
  }
  override onRunEnd() {
    return this.state.epoch;
  }
}

let page: string;
let served: Inspector | undefined;
const sockets: WebSocket[] = [];
const raw: any[] = [];

beforeAll(async () => {
  page = await mkdtemp(join(tmpdir(), 'loopchart-compat-'));
  await writeFile(join(page, 'index.html'), 'page');
});
afterAll(() => rm(page, { recursive: true, force: true }));
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate();
  await served?.close();
  served = undefined;
});

/** What a browser's page has: the receiver finds it as a global, and says where it is from. */
function browserSocket(origin: string) {
  return class extends WebSocket {
    constructor(address: string) {
      super(address, [], { origin });
      sockets.push(this);
      this.on('message', (data) => raw.push(JSON.parse(String(data))));
    }
  };
}

async function receive(options: InspectorOptions = {}) {
  const started = await serveInspection(new Inspection(options), { tell: () => {}, ...options }, page);
  served = started;
  return { served: started, ...(await connect(started)) };
}

async function connect(served: Inspector) {
  raw.length = 0;
  const host = `127.0.0.1:${served.port}`;
  (globalThis as any).WebSocket = browserSocket(`http://${host}`);
  const receiver = createWebSocketReceiver({ server: `${host}/xstate-inspect?token=${served.token}` });
  const events: any[] = [];
  const errors: unknown[] = [];
  receiver.subscribe(
    (event: any) => events.push(event),
    (error: unknown) => errors.push(error),
  );
  const until = async (satisfied: () => boolean) => {
    for (let i = 0; i < 800 && !satisfied(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(satisfied()).toBe(true);
  };
  const socket = sockets.at(-1)!;
  await until(() => socket.readyState === WebSocket.OPEN);
  // What the receiver says first has been heard when an answer to what comes after it is there.
  await new Promise((resolve) => {
    socket.once('pong', resolve);
    socket.ping();
  });
  return { receiver, events, errors, until };
}

const stopped = (events: any[]) =>
  events.some(({ type, sessionId }) => type === 'service.stop' && sessionId === 'fit#1');

test('the receiver is the one of 0.8.0 with XState 4', () => {
  expect(versions[0]).toBe('0.8.0');
  expect(versions[1]).toMatch(/^4\./);
});

test('every message is taken; machines and states are those of the loops', async () => {
  const { served, events, errors, until } = await receive();
  await new Fit().start({ inspect: served }).output;
  await until(() => stopped(events));
  expect(errors).toEqual([]);
  // What the receiver cannot read it logs (the setup of these tests has none of that) and leaves out.
  expect(events.length).toBe(raw.length);

  const registered = events.filter(({ type }) => type === 'service.register');
  expect(registered.map(({ sessionId, id, parent, source }) => [sessionId, id, parent, source])).toEqual([
    ['fit#1', 'fit', undefined, 'Fit'],
    ['fit.batches#1', 'batches', 'fit#1', 'Batches'],
    ['fit.batches#2', 'batches', 'fit#1', 'Batches'],
  ]);
  const machines = new Map(registered.map(({ sessionId, machine }) => [sessionId, machine]));
  const [{ machine }] = registered;
  expect(machine.id).toBe('fit');
  expect(Object.keys(machine.states)).toContain('advancing');
  expect(machine.initial).toBe('entering');
  expect(machine.states.advancing.invoke[0].id).toBe('advance');

  const values: string[] = [];
  for (const { type, sessionId, state } of events) {
    if (type !== 'service.register' && type !== 'service.state') continue;
    const resolved = machines.get(sessionId).resolveState(state);
    expect(resolved.value).toBe(state.value);
    expect(resolved.configuration.map((node: any) => node.key)).toContain(state.value);
    if (sessionId === 'fit.batches#1' && values.at(-1) !== state.value) values.push(state.value);
  }
  expect(values).toEqual(['entering', 'resetting', 'starting', 'advancing', 'ending', 'finished']);
  const last = events.filter(({ type, sessionId }) => type === 'service.state' && sessionId === 'fit#1').at(-1).state;
  expect(last).toMatchObject({ value: 'finished', done: true, context: { steps: 2, state: { epoch: 2 } } });
  expect(events.find(({ type }) => type === 'service.event').event).toMatchObject({
    name: 'xstate.done.actor.skip',
    $$type: 'scxml',
    origin: 'fit#1/skip',
  });
  // Each transition leads where XState 4 says it may: it has the same chart.
  const states = events.filter(({ type, sessionId }) => type === 'service.state' && sessionId === 'fit.batches#2');
  for (const [i, { state }] of states.entries()) {
    const before = states[i - 1]?.state.value;
    if (before === undefined || before === state.value) continue;
    const ways = machine.states[before].transitions.flatMap(
      ({ target }: any) => target?.map(({ key }: any) => key) ?? [],
    );
    expect(ways).toContain(state.value);
  }
});

test('a receiver that comes late has the loops that run', async () => {
  const { served, until: first } = await receive();
  const fit = new Fit();
  const run = fit.start({ inspect: served, paused: true });
  await run.step();
  await first(() => raw.length > 3);
  const { events, until } = await connect(served);
  await until(() => events.length >= 2);
  expect(events.map(({ type, sessionId }) => [type, sessionId])).toEqual([
    ['service.register', 'fit#1'],
    ['service.register', 'fit.batches#1'],
  ]);
  expect(events[1].state).toMatchObject({ value: 'paused', context: { steps: 1 } });
  run.resume();
  await run.output;
  await until(() => stopped(events));
});

const scxml = (type: string, more = {}) =>
  JSON.stringify({ name: type, data: { type, ...more }, $$type: 'scxml', type: 'external' });

test('an event from the page reaches the loop', async () => {
  const { served, receiver, events, until } = await receive();
  const fit = new Fit();
  fit.to = 1e6;
  const run = fit.start({ inspect: served });
  await until(() => events.length > 10);
  const send = (type: string, more = {}, service = 'fit#1') =>
    receiver.send({ type: 'xstate.event', event: scxml(type, more), service });
  send('loop.pause');
  await until(() => events.some(({ state }) => state?.value === 'paused'));
  const { steps } = run.progress;
  send('loop.step', { n: 2 });
  await until(() => run.progress.steps === steps + 2);
  // Only what anyone may send: no reports in the name of a hook.
  send('loop.advanced', { steps: 100, done: true, commit: {} });
  send('loop.pause', {}, 'nobody#1');
  receiver.send({ type: 'xstate.event', event: '{}}', service: 'fit#1' });
  send('loop.stop', { reason: 'seen enough' });
  send('loop.resume');
  expect(await run.outcome).toMatchObject({ status: 'stopped', reason: 'seen enough' });
});

test('read-only, redacted: as for our own page', async () => {
  const redact = (line: any) => JSON.parse(JSON.stringify(line).replaceAll('hunter2', '•'));
  const { served, receiver, events, until } = await receive({ readonly: true, redact });
  const run = new Fit().start({ inspect: served });
  await until(() => events.length > 2);
  receiver.send({ type: 'xstate.event', event: scxml('loop.abort'), service: 'fit#1' });
  expect(await run.output).toBe(2);
  await until(() => stopped(events));
  expect(JSON.stringify(raw)).toContain('•');
  expect(JSON.stringify(raw)).not.toContain('hunter2');
  expect(events.at(-2).state.context.state).toMatchObject({ secret: '•' });
});
