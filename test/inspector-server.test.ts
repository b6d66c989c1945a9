import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Loop, MisconfigurationError, record, replay } from 'loopchart';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { faultOf } from '../inspector/line.ts';
import { Inspection } from '../src/inspect/inspection.ts';
import { type Inspector, type InspectorOptions, inspector, serveInspection } from '../src/node/inspector.ts';

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; worker-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/** Counts to its end, a timer between two steps. */
class Count extends Loop<number> {
  override state: any = { n: 0 };
  readonly to: number;
  readonly pause: boolean;
  constructor(to: number, pause = false) {
    super();
    this.to = to;
    this.pause = pause;
  }
  get done() {
    return this.state.n >= this.to;
  }
  reset() {
    this.state.n = 0;
  }
  advance(): void | Promise<void> {
    this.state.n++;
    if (this.pause) return new Promise((resolve) => setImmediate(resolve));
  }
  override onRunEnd() {
    return this.state.n;
  }
}

class Epochs extends Loop<number> {
  override state: any = { epoch: 0 };
  inner: Count;
  readonly to: number;
  constructor(to: number, inner: Count) {
    super();
    this.to = to;
    this.inner = inner;
  }
  get done() {
    return this.state.epoch >= this.to;
  }
  reset() {
    this.state.epoch = 0;
  }
  async advance() {
    await this.inner.run();
    this.state.epoch++;
  }
  override onRunEnd() {
    return this.state.epoch;
  }
}

let page: string;
const open: (Inspector | WebSocket)[] = [];

beforeAll(async () => {
  page = await mkdtemp(join(tmpdir(), 'loopchart-server-'));
  await writeFile(join(page, 'index.html'), '<!doctype html><title>page</title>');
});
afterAll(() => rm(page, { recursive: true, force: true }));
afterEach(async () => {
  for (const one of open.splice(0)) one instanceof WebSocket ? one.terminate() : await one.close();
});

let told = '';
async function serve(options: InspectorOptions = {}): Promise<Inspector> {
  told = '';
  const tell = (text: string) => {
    told += text;
  };
  const served = await serveInspection(new Inspection(options), { tell, ...options }, page);
  open.push(served);
  return served;
}

interface Page {
  lines: any[];
  hello: any;
  /** How runs are driven, as it was told last. */
  settings: any;
  frames: number;
  socket: WebSocket;
  send(command: unknown): void;
  /** Resolves once what has come satisfies. */
  until(test: (lines: any[]) => boolean): Promise<any[]>;
}

async function visit({ port, token }: Inspector, since = 0, more = ''): Promise<Page> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws?since=${since}${more}`, [`tok.${token}`], {
    origin: `http://127.0.0.1:${port}`,
  });
  open.push(socket);
  const looks = new Set<() => void>();
  const visitor: Page = {
    lines: [],
    hello: undefined,
    settings: undefined,
    frames: 0,
    socket,
    send: (command) => socket.send(typeof command === 'string' ? command : JSON.stringify(command)),
    until: (satisfied) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`not within 8 s: ${JSON.stringify(visitor.lines.slice(-3))}`)),
          8000,
        );
        const look = () => {
          if (!satisfied(visitor.lines)) return;
          clearTimeout(timer);
          looks.delete(look);
          resolve(visitor.lines);
        };
        looks.add(look);
        look();
      }),
  };
  socket.on('message', (data) => {
    visitor.frames++;
    for (const line of JSON.parse(String(data))) {
      if (line.type === 'hello') visitor.hello = line;
      else if (line.type === 'settings') visitor.settings = line;
      else visitor.lines.push(line);
    }
    for (const look of looks) look();
  });
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  await visitor.until(() => visitor.hello !== undefined);
  return visitor;
}

const ended = (lines: any[]) => lines.some(({ id, status }) => status === 'done' && !id.includes('.'));
const eventTypes = (lines: any[]) => lines.filter(({ type }) => type === 'event').map(({ event }) => event.type);

/** How an upgrade is answered. */
function upgrade(
  port: number,
  headers: Record<string, string>,
  path = '/ws',
  protocols: string[] = [],
): Promise<number> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols, { headers });
    socket.on('error', () => {});
    socket.on('unexpected-response', (_, response) => {
      resolve(response.statusCode!);
      socket.terminate();
    });
    socket.on('open', () => {
      resolve(101);
      socket.terminate();
    });
  });
}

function get(port: number, options: { path?: string; method?: string; headers?: Record<string, string> } = {}) {
  return new Promise<{ status: number; headers: any; body: string }>((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path: '/', agent: false, ...options }, (response) => {
      let body = '';
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body }));
    });
    asked.on('error', reject);
    asked.end();
  });
}

function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.on('data', (data) => {
      answer += data;
    });
    socket.on('error', () => resolve(answer));
    socket.on('close', () => resolve(answer));
    setTimeout(() => socket.destroy(), 1000);
  });
}

describe('what a page is told', () => {
  test('every line in order, as the page reads it, from one that comes before, within and after the run', async () => {
    const served = await serve();
    const early = await visit(served);
    const loop = new Epochs(3, new Count(4, true));
    const run = loop.start({ inspect: served });
    await early.until((lines) => lines.length > 20);
    const within = await visit(served);
    await run.output;
    const late = await visit(served);
    for (const one of [early, within, late]) {
      await one.until(ended);
      expect(one.lines.map(({ seq }) => seq)).toEqual(one.lines.map((_, i) => i + 1));
      expect(one.lines.map(faultOf).filter(Boolean)).toEqual([]);
      expect(one.hello).toMatchObject({ protocol: 1, gap: false, readonly: false, firstSeq: 1 });
    }
    expect(late.lines).toEqual(early.lines);
    const [recording, chart, actor, event] = late.lines;
    expect(recording).toMatchObject({ type: 'recording', format: 1, runId: late.hello.runId });
    expect(chart).toMatchObject({ key: 'loop', root: { id: 'loop', initial: 'entering' } });
    expect(actor).toMatchObject({ type: 'actor', id: 'epochs#1', path: 'epochs', name: 'epochs', loop: 'Epochs' });
    expect(event).toMatchObject({
      from: 'epochs#1/skip',
      value: 'resetting',
      tr: [['loop.entering', ['loop.resetting'], 'xstate.done.actor.skip']],
    });
    const ids = late.lines.filter(({ type }) => type === 'actor').map(({ id, parent }) => [id, parent]);
    expect(ids.slice(1)).toEqual([1, 2, 3].map((n) => [`epochs.inner#${n}`, 'epochs#1']));
  });

  test('rows, where it asks for them, and lines where it does not', async () => {
    const served = await serve();
    await new Count(50).start({ inspect: served }).output;
    const [plain, rows] = [await visit(served), await visit(served, 0, '&rows')];
    for (const one of [plain, rows]) await one.until(ended);
    expect(plain.lines.some(Array.isArray)).toBe(false);
    expect(rows.lines.filter(Array.isArray).length).toBeGreaterThan(40);
    expect(rows.lines.map((line) => line.seq ?? line[1])).toEqual(plain.lines.map(({ seq }) => seq));
  });

  test('the same that a recording holds', async () => {
    const served = await serve();
    const recorder = record();
    await new Epochs(2, new Count(3)).start({ inspect: [recorder, served] }).output;
    const late = await visit(served);
    await late.until(ended);
    // A recording leaves out what a page needs for itself.
    const own = (key: string) => (/^loop(\.|$)/.test(key) ? key : `loop.${key}`);
    const kept = recorder.recording.slice(1).map(({ seq, t, tr, ...line }: any) => {
      const named = tr?.map(([from, to, type]: any) => [own(from), to?.map(own) ?? null, type]);
      return { ...line, ...(named && { tr: named }) };
    });
    const shown = late.lines.slice(2).map(({ seq, t, name, chart, ...line }) => line);
    expect(shown).toEqual(kept.map((line) => (line.type === 'actor' ? { ...line, status: 'active' } : line)));
    expect([...replay(recorder.recording)].at(-1)).toMatchObject({ output: 2 });
  });

  test('after a break: what came since, once', async () => {
    const served = await serve();
    const first = await visit(served);
    const run = new Count(2000, true).start({ inspect: served });
    await first.until((lines) => lines.length > 50);
    first.socket.terminate();
    const since = first.lines.at(-1).seq;
    const second = await visit(served, since);
    await run.output;
    await second.until(ended);
    expect(second.hello).toMatchObject({ gap: false, runId: first.hello.runId });
    const seqs = [...first.lines, ...second.lines].map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_, i) => i + 1));
  });

  test('a number that was never given out begins anew', async () => {
    const served = await serve();
    await new Count(3).start({ inspect: served }).output;
    const one = await visit(served, 9999);
    await one.until(ended);
    expect(one.lines[0]).toMatchObject({ type: 'recording', seq: 1 });
  });

  test('all of it, when the inspector is closed as soon as the run has ended', async () => {
    const served = await serve();
    const pages = [await visit(served), await visit(served)];
    const gone = pages.map(({ socket }) => new Promise((resolve) => socket.once('close', resolve)));
    await new Epochs(3, new Count(2000)).start({ inspect: served }).output;
    await served.close();
    expect(await Promise.all(gone)).toEqual([1001, 1001]);
    for (const { lines } of pages) {
      expect(lines.at(-1)).toMatchObject({ id: 'epochs#1', status: 'done' });
      expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, at) => at + 1));
    }
  });

  test('what the ring has let go: counted, and how each loop stood then', async () => {
    const served = await serve({ limits: { events: 10 } });
    const run = new Epochs(3, new Count(20, true)).start({ inspect: served });
    await run.output;
    const late = await visit(served);
    await late.until(ended);
    expect(late.hello.gap).toBe(true);
    const { firstSeq, lastSeq } = late.hello;
    expect(lastSeq - firstSeq).toBe(9);
    const before = late.lines.filter(({ seq }) => seq < firstSeq);
    const lagged = before.find(({ type }) => type === 'lagged');
    expect(lagged).toMatchObject({ why: 'dropped', count: firstSeq - 1 - (before.length - 1) });
    const seqs = late.lines.map(({ seq }) => seq);
    expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
    const root = before.find(({ id }) => id === 'epochs#1');
    expect(root).toMatchObject({ type: 'actor', late: true, value: 'advancing', context: { state: { epoch: 2 } } });
    const inner = before.find(({ id }) => id === 'epochs.inner#3');
    expect(inner.context.state.n).toBe(inner.context.steps);
  });

  test('the context before the ring is that of the run, at every moment', async () => {
    const inspection = new Inspection({ limits: { events: 3 } });
    const contexts = new Map<string, Map<number, unknown>>();
    inspection.tap(({ subject, context }) => {
      const of = contexts.get(subject.id) ?? new Map();
      contexts.set(subject.id, of.set(subject.now.seq, structuredClone(context)));
      for (const { id, base } of inspection.subjects) {
        if (base !== undefined) expect({ ...base.context }).toEqual(contexts.get(id)!.get(base.seq));
      }
    });
    let fault: unknown;
    inspection.onFault = (error) => {
      fault = error;
    };
    const run = new Epochs(3, new Count(5, true)).start({ inspect: inspection });
    void run.step(2).then(() => run.step().then(() => run.resume()));
    await run.output;
    expect(fault).toBeUndefined();
    expect(contexts.size).toBe(4);
  });

  test('attached late: the loops that run, parents first', async () => {
    const run = new Epochs(2, new Count(3, true)).start({ paused: true });
    await run.step();
    const served = await serve();
    served.attach(run.actor);
    const one = await visit(served);
    await one.until((lines) => lines.length >= 4);
    expect(one.lines.slice(2)).toMatchObject([
      { type: 'actor', id: 'epochs#1', late: true },
      { type: 'actor', id: 'epochs.inner#1', parent: 'epochs#1', late: true, context: { state: { n: 1 } } },
    ]);
    run.resume();
    expect(await run.output).toBe(2);
    await one.until(ended);
  });

  test('values as what they are, deep and large ones cut and fetched', async () => {
    const served = await serve({ limits: { items: 50, depth: 6 } });
    const odd = {
      markup: '<img src=x onerror=alert(1)>',
      proto: JSON.parse('{"__proto__": {"polluted": true}}'),
      nan: Number.NaN,
      tagged: { $n: 'mine' },
      dated: { $date: 'mine' },
      many: Array.from({ length: 500 }, (_, i) => i),
      deep: { a: { b: { c: { d: { e: { f: 1 } } } } } },
    };
    class Odd extends Count {
      override reset() {
        this.state = { n: 0, ...odd };
      }
    }
    class Out extends Loop<unknown> {
      get done() {
        return true;
      }
      reset() {}
      advance() {}
      override onRunEnd(): unknown {
        const self: any = {
          big: 12n,
          date: new Date(0),
          map: new Map([['a', new Set([1])]]),
          error: new TypeError('no'),
          typed: new Float32Array(1000),
          call: Math.max,
          [Symbol('x')]: 1,
        };
        self.self = self;
        return self;
      }
    }
    await new Odd(1).start({ inspect: served }).output;
    await new Out().start({ inspect: served }).output;
    const one = await visit(served);
    await one.until((lines) => lines.filter(({ status }) => status === 'done').length === 2);
    const { commit } = one.lines.find(({ event }) => event?.type === 'loop.advanced').event;
    expect(commit.state).toMatchObject({ n: 1, markup: odd.markup, nan: { $n: 'NaN' }, tagged: { $$n: 'mine' } });
    expect(commit.state.dated).toEqual({ $$date: 'mine' });
    expect(Object.hasOwn(commit.state.proto, '__proto__')).toBe(true);
    expect(({} as any).polluted).toBeUndefined();
    const { ref } = commit.state.many.$cut;
    expect(commit.state.many).toEqual({ $cut: { kind: 'array', size: 500, ref, digest: expect.any(String) } });
    one.send({ type: 'get', ref });
    one.send({ type: 'get', ref: commit.state.deep.a.b.c.$cut.ref });
    one.send({ type: 'get', ref: '5/constructor/prototype' });
    await one.until((lines) => lines.filter(({ type }) => type === 'value').length === 3);
    const values = one.lines.filter(({ type }) => type === 'value').map(({ value }) => value);
    expect(values[0]).toEqual(odd.many);
    expect(values[1]).toEqual({ d: { e: { f: 1 } } });
    expect(values[2]).toMatchObject({ $error: { name: 'Gone' } });
    const { output } = one.lines.at(-3 - 1);
    expect(output).toMatchObject({
      big: { $bigint: '12' },
      date: { $date: '1970-01-01T00:00:00.000Z' },
      map: { $map: [['a', { $set: [1] }]] },
      error: { $error: { name: 'TypeError', message: 'no' } },
      typed: { $typed: { kind: 'Float32Array', length: 1000 } },
      call: { $fn: 'max' },
    });
    expect(JSON.stringify(output.self)).toContain('$cut');
  });

  test('a line that is too long is cut where it is long, and says all the same what became of the loop', async () => {
    class Large extends Count {
      override reset() {
        this.state = { n: 0, rows: Array.from({ length: 300 }, (_, row) => ({ row, of: new Array(300).fill(row) })) };
      }
    }
    const served = await serve();
    await new Large(4).start({ inspect: served }).output;
    const one = await visit(served);
    await one.until(ended);
    expect(one.lines.map(faultOf).filter(Boolean)).toEqual([]);
    const steps = one.lines.filter(({ event }) => event?.type === 'loop.advanced');
    expect(steps.map(({ tr }) => tr[0])).toEqual(
      [null, null, null, ['loop.ending']].map((to) => ['loop.advancing', to, 'loop.advanced']),
    );
    // What did not change has the same digest at each step, and so is not shown as changed.
    const cut = steps.map(({ event }) => event.commit.state.rows[299].$cut);
    expect(cut[0]).toMatchObject({ kind: 'object', size: 2 });
    expect(new Set(cut.map(({ digest }) => digest)).size).toBe(1);
    expect(new Set(cut.map(({ ref }) => ref)).size).toBe(4);
  });
});

describe('what a page may do', () => {
  test('pause, step, resume, stop', async () => {
    const served = await serve();
    const one = await visit(served);
    const run = new Count(1e6, true).start({ inspect: served });
    await one.until((lines) => lines.length > 10);
    const send = (type: string, more = {}) => one.send({ type: 'send', id: 'count#1', event: { type, ...more } });
    send('loop.pause');
    await one.until((lines) => lines.at(-1).value === 'paused');
    const { steps } = run.progress;
    send('loop.step', { n: 3 });
    await one.until(
      (lines) => lines.filter(({ value }) => value === 'paused').length >= 2 && lines.at(-1).value === 'paused',
    );
    expect(run.progress.steps).toBe(steps + 3);
    send('loop.resume');
    send('loop.stop', { reason: 'enough' });
    expect(await run.outcome).toMatchObject({ status: 'stopped', reason: 'enough' });
  });

  test('go at so many steps a second, by pause, step and resume alone', async () => {
    const served = await serve();
    const one = await visit(served);
    const run = new Epochs(1e6, new Count(7, true)).start({ inspect: served });
    await one.until((lines) => lines.length > 10);
    one.send({ type: 'speed', perSec: 50 });
    await one.until((lines) => eventTypes(lines).includes('loop.pause'));
    expect((await visit(served)).hello).toMatchObject({ perSec: 50, points: [], going: ['epochs#1'] });
    const from = run.progress.steps;
    const began = performance.now();
    await one.until(
      (lines) => lines.filter(({ id, event }) => id === 'epochs#1' && event?.type === 'loop.step').length > 15,
    );
    const rate = ((run.progress.steps - from) / (performance.now() - began)) * 1000;
    expect(rate).toBeLessThan(80);
    one.send({ type: 'send', id: 'epochs#1', event: { type: 'loop.pause' } });
    await run.pause();
    const at = run.progress.steps;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(run.progress.steps).toBe(at);
    // Between two steps it was paused as well, but went on.
    expect(one.settings).toMatchObject({ perSec: 50, going: [] });
    one.send({ type: 'speed', perSec: null });
    one.send({ type: 'send', id: 'epochs#1', event: { type: 'loop.resume' } });
    await one.until(() => run.progress.steps > at + 30);
    const kinds = new Set(eventTypes(one.lines).filter((type) => /pause|resume|step|stop|abort/.test(type)));
    expect([...kinds].sort()).toEqual(['loop.pause', 'loop.resume', 'loop.step']);
    await run.stop();
  });

  test.for([
    [{ path: 'epochs.inner', state: 'ending' }, { n: 7 }],
    [{ path: 'epochs', event: 'xstate.done.actor.*' }, {}],
    [{ path: 'epochs.inner', when: 'state.n >= 3 && !done' }, { n: 3 }],
  ] as const)('pause at a breakpoint: %j', async ([point, state]) => {
    const served = await serve();
    const one = await visit(served);
    const run = new Epochs(1e6, new Count(7, true)).start({ inspect: served, paused: true });
    await one.until((lines) => lines.at(-1)?.value === 'paused');
    one.send({ type: 'break', points: [point] });
    one.send({ type: 'send', id: 'epochs#1', event: { type: 'loop.resume' } });
    await one.until((lines) => eventTypes(lines.slice(10)).includes('loop.pause'));
    await run.pause();
    if ('when' in point) expect(run.progress.loops.at(-1)!.state).toMatchObject(state);
    expect(run.progress.loops[0]!.state).toEqual({ epoch: 'when' in point ? 0 : 1 });
    // Pages are told where it was met, whichever asked for it.
    const [hit] = one.settings.hits;
    expect(hit.point).toEqual(point);
    const met = one.lines.find(({ seq }) => seq === hit.seq);
    expect(met).toMatchObject({ id: hit.id, ...('state' in point && { value: point.state }) });
    expect((await visit(served)).hello.hits).toEqual([hit]);
    one.send({ type: 'break', points: [] });
    one.send({ type: 'send', id: 'epochs#1', event: { type: 'loop.step' } });
    await one.until(() => one.settings.hits.length === 0);
    run.abort(new Error('enough'));
    await run.outcome;
  });

  test('nothing that is not on the list', async () => {
    const served = await serve();
    const one = await visit(served);
    const run = new Count(1e6, true).start({ inspect: served });
    await one.until((lines) => lines.length > 5);
    const send = (event: unknown, id = 'count#1') => ({ type: 'send', id, event });
    const refused = [
      'no json',
      '[]',
      'null',
      { type: 'eval', code: '1' },
      { type: 'seek' },
      send({ type: 'loop.advanced', steps: 1, commit: { state: { n: 5 } }, done: true }),
      send({ type: 'xstate.done.actor.advance' }),
      send({ type: 'xstate.stop' }),
      send({ type: '__proto__' }),
      send({ type: 'loop.step', n: -1 }),
      send({ type: 'loop.step', n: 1.5 }),
      send({ type: 'loop.stop', reason: { toString: 1 } }),
      send({ type: 'loop.pause', extra: 1 }),
      send({ type: 'loop.pause' }, 'Other#1'),
      { ...send({ type: 'loop.pause' }), more: true },
      { type: 'speed', perSec: 0 },
      { type: 'break', points: [{ when: 'process.exit()' }] },
      { type: 'break', points: [{ path: 'count' }] },
    ];
    for (const command of refused) one.send(command);
    await one.until((lines) => lines.filter(({ type }) => type === 'refused').length === refused.length);
    expect(eventTypes(one.lines).every((type) => type === 'loop.advanced' || type.startsWith('xstate.done'))).toBe(
      true,
    );
    for (let i = 0; i < 5; i++) one.send('{}');
    await new Promise((resolve) => one.socket.once('close', (code) => resolve(expect(code).toBe(1008))));
    await run.stop();
  });

  test('nothing at all, where it is read-only', async () => {
    const served = await serve({ readonly: true });
    const one = await visit(served);
    const run = new Count(1e6, true).start({ inspect: served });
    await one.until((lines) => lines.length > 5);
    expect(one.hello.readonly).toBe(true);
    one.send({ type: 'send', id: 'count#1', event: { type: 'loop.abort' } });
    one.send({ type: 'speed', perSec: 1 });
    one.send({ type: 'break', points: [] });
    await one.until((lines) => lines.filter(({ type }) => type === 'refused').length === 3);
    await run.stop('by its own');
    expect(await run.outcome).toMatchObject({ reason: 'by its own' });
  });
});

describe('who may come in', () => {
  test('the page, under a policy that allows nothing from elsewhere', async () => {
    const { port, url, token } = await serve();
    const { status, headers, body } = await get(port);
    expect(status).toBe(200);
    expect(body).toContain('<title>page');
    expect(headers['content-security-policy']).toBe(POLICY);
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['cross-origin-resource-policy']).toBe('same-origin');
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    expect(url).toBe(`http://127.0.0.1:${port}/#token=${token}`);
    expect(Buffer.from(token, 'base64url').length * 8).toBe(192);
    expect(told).toContain(url);
    expect((await serve()).token).not.toBe(token);
  });

  test('no other name for this machine', async () => {
    const { port, token } = await serve();
    for (const host of [
      'evil.example',
      `evil.example:${port}`,
      'localhost6',
      `127.0.0.1.evil.example:${port}`,
      '127.0.0.1',
      `127.0.0.1:1`,
    ]) {
      const { status, headers } = await get(port, { headers: { host } });
      expect([host, status]).toEqual([host, 403]);
      expect(headers['content-security-policy']).toBe(POLICY);
      expect(await upgrade(port, { host, origin: `http://127.0.0.1:${port}` }, '/ws', [`tok.${token}`])).toBe(403);
    }
    expect((await get(port, { headers: { host: `localhost:${port}` } })).status).toBe(200);
    expect(await raw(port, `GET / HTTP/1.1\r\n\r\n`)).toMatch(/^HTTP\/1.1 400/);
    expect(
      await raw(port, `GET http://evil.example/ HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`),
    ).toMatch(/^HTTP\/1.1 400/);
  });

  test('no page of another origin, and nobody without one', async () => {
    const { port, token } = await serve();
    const own = `http://127.0.0.1:${port}`;
    const protocols = [`tok.${token}`];
    for (const path of ['/ws', `/xstate-inspect?token=${token}`]) {
      expect(await upgrade(port, {}, path, protocols)).toBe(403);
      for (const origin of [
        'https://evil.example',
        'null',
        `https://127.0.0.1:${port}`,
        'http://127.0.0.1',
        `${own}.evil.example`,
        '',
      ]) {
        expect([origin, await upgrade(port, { origin }, path, protocols)]).toEqual([origin, 403]);
      }
    }
    expect(await upgrade(port, { origin: own }, '/ws', protocols)).toBe(101);
  });

  test('nobody without the token', async () => {
    const { port, token } = await serve();
    const origin = `http://127.0.0.1:${port}`;
    const wrong = [
      [],
      ['tok.'],
      ['tok.wrong'],
      [`tok.${token}x`],
      [`tok.${token.slice(1)}`],
      [token],
      ['tok.x', `tok.${token}`],
    ];
    for (const protocols of wrong)
      expect([protocols, await upgrade(port, { origin }, '/ws', protocols)]).toEqual([protocols, 401]);
    // In an address it would end up in logs: only where there is no other way.
    expect(await upgrade(port, { origin }, `/ws?token=${token}`)).toBe(401);
    expect(await upgrade(port, { origin }, '/xstate-inspect?token=wrong')).toBe(401);
    expect(await upgrade(port, { origin }, `/xstate-inspect?token=${token}`)).toBe(101);
    expect(await upgrade(port, { origin }, '/other', [`tok.${token}`])).toBe(400);
  });

  test('whoever asks is told whether a token is right, and nothing else', async () => {
    const { port, token } = await serve();
    const answer = async (asked: string, more = {}) => {
      const { status, headers } = await get(port, { method: 'HEAD', headers: { 'loopchart-token': asked, ...more } });
      return [status, headers['loopchart-token']];
    };
    expect(await answer(token)).toEqual([200, 'right']);
    for (const wrong of ['', 'x', `${token}x`, token.slice(1)]) expect(await answer(wrong)).toEqual([200, 'wrong']);
    // A page of another site cannot: its browser asks first whether it may, and would not let it read the answer.
    expect(await answer(token, { host: 'evil.example' })).toEqual([403, undefined]);
    expect((await get(port, { method: 'OPTIONS' })).status).toBe(405);
    expect((await get(port)).headers['loopchart-token']).toBeUndefined();
  });

  test('GET and HEAD, and no way out of the directory', async () => {
    const { port } = await serve();
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
      expect((await get(port, { method })).status).toBe(405);
    }
    expect((await get(port, { method: 'HEAD' })).status).toBe(200);
    for (const path of [
      '/../package.json',
      '/%2e%2e/%2e%2e/etc/passwd',
      '/..%2f..%2fetc/passwd',
      '/....//etc/passwd',
      '//etc/passwd',
      '/%00',
      '/%',
      '/.git/config',
      '/index.html/../../x',
    ]) {
      const { status, body } = await get(port, { path });
      expect([path, status >= 400 || body.includes('<title>page')]).toEqual([path, true]);
      expect(body).not.toMatch(/root:|loopchart"/);
    }
    expect(await raw(port, 'nonsense\r\n\r\n')).toMatch(/^HTTP\/1.1 400/);
    const strange = `GET // HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;
    expect(await raw(port, strange)).toMatch(/^HTTP\/1.1 400/);
    expect((await get(port)).status).toBe(200);
  });

  test('no message larger than 64 KiB, and no bytes', async () => {
    const served = await serve();
    for (const [message, code] of [
      ['x'.repeat(64 * 1024 + 1), 1009],
      [Buffer.from('{}'), 1003],
    ] as const) {
      const one = await visit(served);
      one.socket.send(message);
      expect(await new Promise((resolve) => one.socket.once('close', resolve))).toBe(code);
    }
  });

  test('nobody from other machines, unless that is asked for', async () => {
    for (const host of ['0.0.0.0', '::', '192.168.0.1', 'example.com', '127.evil.example']) {
      await expect(inspector({ host })).rejects.toThrow(/loopback.*remote: true/);
    }
    const served = await serve({ host: '0.0.0.0', remote: true, hosts: ['box.example'] });
    expect((await get(served.port, { headers: { host: `box.example:${served.port}` } })).status).toBe(200);
    expect((await get(served.port, { headers: { host: `evil.example:${served.port}` } })).status).toBe(403);
  });

  test('nothing leaves that the redactor keeps', async () => {
    const redact = (line: any) => {
      if (line.event?.type === 'xstate.done.actor.reset') return undefined;
      return JSON.parse(JSON.stringify(line).replaceAll('hunter2', '•'));
    };
    const served = await serve({ redact, limits: { items: 20 } });
    class Secret extends Count {
      override reset() {
        this.state = { n: 0, password: 'hunter2', many: Array.from({ length: 100 }, () => 'hunter2') };
      }
    }
    const one = await visit(served);
    let text = '';
    one.socket.on('message', (data) => {
      text += data;
    });
    await new Secret(2).start({ inspect: served }).output;
    await one.until(ended);
    const { ref } = one.lines.at(-1).context.state.many.$cut;
    one.send({ type: 'get', ref });
    await one.until((lines) => lines.at(-1).type === 'value');
    expect(one.lines.at(-1).value).toEqual(Array.from({ length: 100 }, () => '•'));
    expect(text).toContain('•');
    expect(text).not.toContain('hunter2');
    expect(one.lines.filter(({ type }) => type === 'lagged')).toMatchObject([{ why: 'redacted', count: 1 }]);
  });

  test('a redactor that throws lets nothing through', async () => {
    const served = await serve({
      redact: () => {
        throw new Error('no');
      },
    });
    expect(await new Count(2).start({ inspect: served }).output).toBe(2);
    const one = await visit(served);
    await one.until((lines) => lines.length > 6);
    expect(one.lines.slice(2).every(({ type, why }) => type === 'lagged' && why === 'fault')).toBe(true);
  });
});

describe('the run', () => {
  test('never hears of what goes wrong in here', async () => {
    const served = await serve();
    class Hostile extends Count {
      override onRunEnd(): any {
        return new Proxy(
          {},
          {
            ownKeys: () => {
              throw new Error('trap');
            },
            get: (_, key) => {
              if (key === 'then') return undefined;
              throw new Error('trap');
            },
          },
        );
      }
    }
    const run = new Hostile(3).start({ inspect: served });
    await run.outcome;
    const one = await visit(served);
    await one.until(ended);
    served.next(null as any);
    served.next({ type: '@xstate.microstep', actorRef: { system: {} } } as any);
    expect(told).toContain('could not take down');
    await one.until((lines) => lines.some(({ why }) => why === 'fault'));
    expect(await new Count(3).start({ inspect: served }).output).toBe(3);
  });

  test('is not slowed or fattened by a page that does not read', async () => {
    const served = await serve({ limits: { waiting: 100_000, events: 500 } });
    const stalled = await visit(served);
    stalled.socket.pause();
    const well = await visit(served);
    await new Epochs(100, new Count(200, true)).start({ inspect: served }).output;
    await well.until(ended);
    stalled.socket.resume();
    await stalled.until(ended);
    const lagged = stalled.lines.filter(({ type }) => type === 'lagged');
    const missed = lagged.reduce((sum, { count }) => sum + count, 0);
    expect(missed).toBeGreaterThan(1000);
    const seqs = stalled.lines.map(({ seq }) => seq);
    expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
    expect(stalled.lines.length - lagged.length + missed).toBe(well.lines.at(-1).seq);
  });

  test('goes on when the inspector is closed, and the inspector may be closed twice', async () => {
    const served = await serve();
    const run = new Count(300, true).start({ inspect: served });
    await run.step(3);
    await served.close();
    await served.close();
    run.resume();
    expect(await run.output).toBe(300);
  });
});

test('options are checked', async () => {
  for (const options of [
    { prot: 1 },
    { port: -1 },
    { token: 'short' },
    { token: 'with spaces in it ....' },
    { redact: 1 },
    { limits: { event: 1 } },
    { limits: { events: 0 } },
    { origins: 'x' },
  ]) {
    await expect(inspector(options as any), JSON.stringify(options)).rejects.toThrow(MisconfigurationError);
  }
});
