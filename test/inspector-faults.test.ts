import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Loop, LoopError } from 'loopchart';
import { recordTo } from 'loopchart/node';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { createActor } from 'xstate';
import { Backlog } from '../src/inspect/backlog.ts';
import { Inspection } from '../src/inspect/inspection.ts';
import { Guard } from '../src/node/guard.ts';
import { type Inspector, type InspectorOptions, serveInspection } from '../src/node/inspector.ts';
import { type Site, serveSite } from '../src/node/site.ts';
import { head, speak, upgradeHead } from './support/attack.ts';

class Count extends Loop<number> {
  override state = { n: 0 };
  readonly to: number;
  constructor(to = 20) {
    super();
    this.to = to;
  }
  get done() {
    return this.state.n >= this.to;
  }
  reset() {
    this.state = { n: 0 };
  }
  async advance() {
    this.state.n++;
    await new Promise((resolve) => setImmediate(resolve));
  }
  override onRunEnd() {
    return this.state.n;
  }
}

const thrower = (): never => {
  throw new Error('from a handler');
};

let page: string;
const open: (Inspector | Site | WebSocket)[] = [];
const uncaught: unknown[] = [];
const warnings: Error[] = [];
const onUncaught = (error: unknown) => void uncaught.push(error);
const onWarning = (warning: Error) => void warnings.push(warning);

beforeAll(async () => {
  page = await mkdtemp(join(tmpdir(), 'loopchart-faults-'));
  await writeFile(join(page, 'index.html'), '<!doctype html><title>page</title>');
  process.on('uncaughtException', onUncaught);
  process.on('warning', onWarning);
});
afterAll(async () => {
  process.off('uncaughtException', onUncaught);
  process.off('warning', onWarning);
  await rm(page, { recursive: true, force: true });
});
afterEach(async () => {
  for (const one of open.splice(0)) one instanceof WebSocket ? one.terminate() : await one.close();
  // What is thrown into the process comes in a turn of its own.
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(uncaught.splice(0)).toEqual([]);
  expect(warnings.splice(0)).toEqual([]);
});

async function serve(options: InspectorOptions = {}, inspection = new Inspection(options)): Promise<Inspector> {
  const served = await serveInspection(inspection, { tell: () => {}, ...options }, page);
  open.push(served);
  return served;
}

async function visit({ port, token }: Inspector): Promise<{ socket: WebSocket; lines: any[] }> {
  const origin = `http://127.0.0.1:${port}`;
  const socket = new WebSocket(`${origin.replace('http', 'ws')}/ws`, [`tok.${token}`], { origin });
  open.push(socket);
  const lines: any[] = [];
  socket.on('message', (data) => lines.push(...JSON.parse(String(data))));
  await once(socket, 'open');
  return { socket, lines };
}

test('a handler of requests or of upgrades that throws is answered once, and the server goes on', async () => {
  let fails = true;
  const failing = () => (fails ? thrower() : false);
  const site = await serveSite({
    host: '127.0.0.1',
    port: 0,
    token: 'x'.repeat(16),
    hosts: [],
    origins: [],
    page,
    keep: false,
    answer: failing,
    upgrade: thrower,
  });
  open.push(site);
  const { port } = site;
  expect(await speak(port, head(port))).toBe('500');
  expect(await speak(port, upgradeHead({ port, token: 'x' }))).toBe('400');
  fails = false;
  expect(await speak(port, head(port))).toBe('200');
});

test('a handler that throws after its answer has begun breaks it off', async () => {
  const site = await serveSite({
    host: '127.0.0.1',
    port: 0,
    token: 'x'.repeat(16),
    hosts: [],
    origins: [],
    page,
    keep: false,
    answer(_, response) {
      response.writeHead(200);
      response.write('half');
      return thrower();
    },
  });
  open.push(site);
  expect(await speak(site.port, head(site.port))).toMatch(/^(200|closed)$/);
});

test('an observer that throws beside the inspector reaches neither it nor the run, and its error is reported apart', async () => {
  const served = await serve();
  const { lines } = await visit(served);
  const run = new Count().start({ inspect: [{ next: thrower }, served, { next: thrower }] });
  expect(await run.output).toBe(20);
  await expect.poll(() => lines.at(-1)?.status).toBe('done');
  expect(new Set(uncaught.splice(0).map(String))).toEqual(new Set(['Error: from a handler']));
});

test('what is no actor cannot be attached: a run has one', async () => {
  const inspection = new Inspection();
  const run = new Count().start();
  for (const other of [run, new Count(), undefined])
    expect(() => inspection.attach(other as never)).toThrow('attach expected an actor, such as `run.actor`, got ');
  await run.output;
});

test('what is thrown while a page drives a run is told to the page, or once to who has the inspector', async () => {
  const told: string[] = [];
  const served = await serve({ tell: (text) => void told.push(text) });
  const { socket, lines } = await visit(served);
  const loop = new Count(1e6);
  // An actor of the app's own, whose observers nobody guards.
  const actor = createActor(loop.machine, { id: 'count' });
  served.attach(actor);
  actor.start();
  await expect.poll(() => lines.some(({ id }) => id === 'count#1')).toBe(true);
  actor.system.inspect({
    next: ({ type, event }: any) => (type === '@xstate.event' && event.type === 'loop.step' ? thrower() : undefined),
  } as any);
  socket.send(JSON.stringify({ type: 'speed', perSec: 100 }));
  await expect.poll(() => told.join('')).toContain('from a handler');
  socket.send(JSON.stringify({ type: 'send', id: 'count#1', event: { type: 'loop.pause' } }));
  socket.send(JSON.stringify({ type: 'send', id: 'count#1', event: { type: 'loop.step' } }));
  await expect.poll(() => lines.filter(({ type }) => type === 'refused')).toMatchObject([{ reason: 'from a handler' }]);
  expect(told.filter((text) => text.includes('could not take down')).length).toBe(1);
  actor.stop();
});

test('where `tell` throws, the inspector is up all the same, and stderr has what it was to tell', async () => {
  const program = join(import.meta.dirname, 'programs', 'told.ts');
  const args = ['--import', 'tsx', '--conditions=loopchart-source', program, page];
  const { code, out, err } = await new Promise<Record<string, unknown>>((resolve) =>
    execFile(process.execPath, args, (error, out, err) => resolve({ code: error?.code ?? 0, out, err })),
  );
  expect(code).toBe(0);
  expect(out).toBe('3\n');
  expect(err).toMatch(
    /^loopchart inspector: http:\S+#token=\S+\nloopchart: `tell` was to be told this, and threw: no\n$/,
  );
});

test('a process whose stderr nobody reads any more goes on', async () => {
  const program = join(import.meta.dirname, 'programs', 'told.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', '--conditions=loopchart-source', program, page], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stderr.destroy();
  let out = '';
  child.stdout.on('data', (data) => {
    out += data;
  });
  const [code] = await once(child, 'close');
  expect([code, out]).toEqual([0, '3\n']);
});

test('one page that cannot be sent to does not keep the others from being told', async () => {
  const inspection = new Inspection();
  const faults: unknown[] = [];
  inspection.onFault = (error) => void faults.push(error);
  let broken = false;
  const send = () => {
    if (broken) thrower();
  };
  inspection.connect({ send, waiting: 0 }, 0);
  const served = await serve({}, inspection);
  inspection.onFault = (error) => void faults.push(error);
  const { lines } = await visit(served);
  broken = true;
  await new Count().start({ inspect: served }).output;
  await expect.poll(() => lines.at(-1)?.status).toBe('done');
  expect(faults).toMatchObject([{ message: 'from a handler' }]);
  expect(inspection.pages).toBe(1);
});

test('fifty pages that read nothing hold a bounded amount of memory in all, and one that reads has every line', async () => {
  const limits = { waiting: 100_000, waitingInAll: 400_000, frame: 100 };
  const inspection = new Inspection({ limits });
  // What is sent to these stays where it is: as with a page whose socket takes nothing in.
  const stalled = Array.from({ length: 50 }, () => {
    const channel = {
      waiting: 0,
      send(text: string) {
        channel.waiting += text.length;
      },
    };
    return channel;
  });
  for (const channel of stalled) inspection.connect(channel, 0);
  const served = await serve({}, inspection);
  const { lines } = await visit(served);
  expect(await new Count(5000).start({ inspect: served }).output).toBe(5000);
  await expect.poll(() => lines.at(-1)?.status).toBe('done');
  const numbered = lines.filter(({ seq }) => seq !== undefined);
  expect(numbered.map(({ seq }) => seq)).toEqual(numbered.map((_, i) => i + 1));
  const waiting = stalled.map((channel) => channel.waiting);
  const sum = waiting.reduce((a, b) => a + b, 0);
  // Each has been greeted, and one frame may be on its way when the bound is met.
  const frame = 100 * 500;
  expect(Math.max(...waiting)).toBeLessThan(limits.waiting + frame);
  expect(sum).toBeLessThan(limits.waitingInAll + 50 * frame);
  expect(sum).toBeGreaterThan(limits.waitingInAll);
});

test('a backlog has room for who reads, up to its bounds for who does not', () => {
  const backlog = new Backlog({ waiting: 10, waitingInAll: 15 });
  const [one, two, three] = [{ waiting: 10 }, { waiting: 5 }, { waiting: 0 }].map((page) => ({ ...page, send() {} }));
  const leave = backlog.add(one!);
  backlog.add(two!);
  backlog.add(three!);
  const rooms = () => [one!, two!, three!].map((page) => backlog.hasRoom(page));
  expect(rooms()).toEqual([true, true, true]);
  two!.waiting = 6;
  expect(rooms()).toEqual([false, false, true]);
  one!.waiting = 11;
  leave();
  expect(rooms()).toEqual([false, true, true]);
});

test('hundreds of runs, inspectors and recorders in one process are no leak of listeners', async () => {
  const served = await serve();
  const { signal } = new AbortController();
  const runs = Array.from({ length: 100 }, () => new Count(3).start({ inspect: served, signal }));
  expect(new Set(await Promise.all(runs.map(({ output }) => output)))).toEqual(new Set([3]));
  const before = process.listenerCount('exit');
  const recorders = Array.from({ length: 20 }, (_, i) => recordTo(join(page, `${i}.jsonl`)));
  for (let i = 0; i < 20; i++) await serve();
  const late = Array.from({ length: 30 }, () => new Count(3).start());
  for (const { actor } of late) served.attach(actor);
  await Promise.all(late.map(({ output }) => output));
  expect(process.listenerCount('exit')).toBe(before);
  for (const recorder of recorders) recorder.close();
  for (const one of open.splice(0)) await (one as Inspector).close();
  expect(process.listenerCount('exit')).toBe(before - 1);
});

test('one signal ends all the runs that were given it', async () => {
  const abort = new AbortController();
  const runs = Array.from({ length: 15 }, () => new Count(1e9).start({ signal: abort.signal }));
  const over = new Count(3).start({ signal: abort.signal });
  await over.output;
  abort.abort(new Error('enough'));
  const outcomes = await Promise.all(runs.map(({ outcome }) => outcome));
  expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['aborted']));
  expect(await new Count().start({ signal: abort.signal }).outcome).toMatchObject({ status: 'aborted' });
});

test.for([1e-10, Number.MIN_VALUE])('at %s steps a second no step is taken, and no timer overflows', async (perSec) => {
  const served = await serve();
  const { socket, lines } = await visit(served);
  const run = new Count(1e9).start({ inspect: served });
  await run.step(3);
  socket.send(JSON.stringify({ type: 'speed', perSec }));
  socket.send(JSON.stringify({ type: 'send', id: 'count#1', event: { type: 'loop.resume' } }));
  await expect.poll(() => lines.findLast(({ type }) => type === 'settings')?.going).toEqual(['count#1']);
  // A timer that fires at once fires a hundred times in these turns.
  for (let i = 0; i < 200; i++) await new Promise((resolve) => setTimeout(resolve, 1));
  expect(run.progress.steps).toBe(3);
  socket.send(JSON.stringify({ type: 'speed', perSec: null }));
  await expect.poll(() => run.progress.steps).toBeGreaterThan(10);
  await run.stop();
});

test.for([
  [80, 'localhost', 'http://localhost', undefined],
  [80, 'localhost:80', 'http://localhost', undefined],
  [80, '127.0.0.1', 'http://127.0.0.1', undefined],
  [80, '[::1]', 'http://[::1]', undefined],
  [80, 'localhost:8080', 'http://localhost', 403],
  [80, 'localhost', 'https://localhost', 403],
  [8080, 'localhost', 'http://localhost', 403],
  [8080, 'localhost:8080', 'http://localhost', 403],
  [8080, 'LOCALHOST:8080', 'http://localhost:8080', undefined],
  [8080, 'behind.example', 'https://behind.example', undefined],
  [8080, 'behind.example', 'http://behind.example', 403],
  [8080, 'behind.example:443', 'https://behind.example', undefined],
  [8080, 'box.example:8080', 'http://box.example:8080', undefined],
  [8080, 'box.example', 'https://box.example', 403],
  [8080, 'localhost:8080', 'https://app.example', undefined],
  [8080, 'localhost:8080', 'vscode-webview://abc', undefined],
] as const)('on port %i, Host %s and Origin %s: %s', ([port, host, origin, status]) => {
  const token = 'a-token-of-sixteen';
  const hosts = ['box.example', 'behind.example:443'];
  const origins = ['https://app.example:443/', 'vscode-webview://abc'];
  const guard = new Guard({ host: '127.0.0.1', port, token, hosts, origins });
  const request = { headers: { host, origin }, method: 'GET', url: '/ws' };
  expect(guard.upgrade(request as any, token)?.status).toBe(status);
});

test('what is no name and no origin is refused before anything listens', async () => {
  for (const options of [
    { hosts: ['http://box'] },
    { hosts: [''] },
    { origins: ['null'] },
    { origins: ['https://a.b/c'] },
  ]) {
    await expect(serve(options), JSON.stringify(options)).rejects.toThrow(/Expected `(hosts|origins)` to be .*got/);
  }
});

test('a page that is not there is an error at the start that says what to do', async () => {
  const gone = join(page, 'gone');
  const error = await serveInspection(new Inspection(), {}, gone).catch((error) => error);
  expect(error).toBeInstanceOf(LoopError);
  expect(error.message).toMatch(/^Expected the inspector’s page in .*gone, found none .*npm run build/);
  expect(error.cause).toMatchObject({ code: 'ENOENT' });
});

test('a program that was bundled without the page is told so', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'loopchart-bundle-'));
  await build({
    configFile: false,
    logLevel: 'silent',
    resolve: { conditions: ['loopchart-source', 'node'] },
    ssr: { noExternal: true, target: 'node' },
    // As esbuild leaves it in CommonJS.
    define: { 'import.meta.url': 'undefined' },
    build: {
      ssr: join(import.meta.dirname, '../src/node/index.ts'),
      outDir: folder,
      rolldownOptions: { output: { format: 'cjs', entryFileNames: 'bundle.cjs' } },
    },
  });
  const { inspector } = createRequire(import.meta.url)(join(folder, 'bundle.cjs'));
  const error = await inspector({ tell() {} }).catch((error: unknown) => error);
  expect(error).toMatchObject({ name: 'LoopError', code: 'MISCONFIGURATION' });
  expect(error.message).toContain('in a program that was bundled, keep loopchart out of the bundle');
});

test('a port that is in use is an error that says what to do', async () => {
  const { port } = await serve();
  await expect(serve({ port })).rejects.toThrow(
    `Expected 127.0.0.1:${port} to be free, but it is in use. Give another`,
  );
});

test('files of the page have a type and a name for their content, and none is sent twice to who has it', async () => {
  await writeFile(join(page, 'app.js'), 'code();');
  const { port } = await serve();
  const ask = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${port}${path}`, init);
  const answer = await ask('/app.js');
  expect(await answer.text()).toBe('code();');
  const etag = answer.headers.get('etag')!;
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'content-type': 'text/javascript; charset=utf-8',
    'content-length': '7',
    'cache-control': 'no-cache',
    'x-content-type-options': 'nosniff',
  });
  expect((await ask('/app.js', { headers: { 'if-none-match': etag } })).status).toBe(304);
  expect((await ask('/app.js', { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
  const heads = await ask('/', { method: 'HEAD' });
  expect([heads.status, heads.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  expect(await heads.text()).toBe('');
});
