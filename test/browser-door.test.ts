import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Loop } from 'loopchart';
import { afterEach, expect, test } from 'vitest';
import { faultOf } from '../inspector/lines/line.ts';
import { type InspectHereOptions, type InspectorHere, inspectHere } from '../src/browser/index.ts';

class Count extends Loop<number> {
  override state: any = { n: 0 };
  readonly to: number;
  constructor(to: number) {
    super();
    this.to = to;
  }
  get done() {
    return this.state.n >= this.to;
  }
  reset() {
    this.state.n = 0;
  }
  advance() {
    this.state.n++;
    return new Promise<void>((resolve) => setImmediate(resolve));
  }
  override onRunEnd() {
    return this.state.n;
  }
}

const open: { close(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

/** What a page does at its end of the way. */
function pageAt(port: any, name: string, { takes = true, opens = true } = {}) {
  const page = {
    lines: [] as any[],
    hello: undefined as any,
    gone: 0,
    said: [] as any[],
    takes,
    send: (_: object) => {},
  };
  const post = (message: object) => port.postMessage({ page: name, ...message });
  page.send = (command) => post({ loopchart: 'command', text: JSON.stringify(command) });
  port.addEventListener('message', ({ data }: any) => {
    page.said.push(data);
    if (data.loopchart === 'here' && opens) post({ loopchart: 'open', since: page.lines.at(-1)?.seq ?? 0 });
    if (data.page !== name) return;
    if (data.loopchart === 'gone') page.gone++;
    if (data.loopchart !== 'frame') return;
    for (const line of JSON.parse(data.text)) {
      if (line.type === 'hello') page.hello = line;
      else if (line.type === 'settings') continue;
      else if (!(line.seq <= (page.lines.findLast(({ seq }) => seq)?.seq ?? 0))) page.lines.push(line);
    }
    if (page.takes) post({ loopchart: 'taken', characters: data.text.length });
  });
  port.start?.();
  return { ...page, page, post };
}

async function until(satisfied: () => boolean): Promise<void> {
  for (let i = 0; i < 800 && !satisfied(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(satisfied()).toBe(true);
}

function inspect(options?: InspectHereOptions): InspectorHere {
  const here = inspectHere(options);
  open.push(here);
  return here;
}

const over = (lines: any[]) => lines.some(({ status }) => status === 'done');

test.for(['a channel of the origin', 'a port'])(
  'through %s: watched and driven, whoever was there first',
  async (way) => {
    const ends = new MessageChannel();
    const port = way === 'a port' ? ends.port2 : new BroadcastChannel('loopchart');
    open.push(port, ends.port1);
    const { page, post } = pageAt(port, 'one');
    post({ loopchart: 'open', since: 0 });
    const here = inspect(way === 'a port' ? { port: ends.port1 as any } : {});
    const run = new Count(1e6).start({ inspect: here });
    await until(() => page.lines.length > 10);
    page.send({ type: 'send', id: 'count#1', event: { type: 'loop.pause' } });
    await until(() => page.lines.at(-1).value === 'paused');
    page.send({ type: 'send', id: 'count#1', event: { type: 'loop.advanced', steps: 5 } });
    page.send({ type: 'send', id: 'count#1', event: { type: 'loop.stop' } });
    expect(await run.outcome).toMatchObject({ status: 'stopped' });
    await until(() => over(page.lines));
    expect(page.lines.map(faultOf).filter(Boolean)).toEqual(['expected `seq` of a line to be a number, got undefined']);
    const seqs = page.lines.flatMap(({ seq }) => seq ?? []);
    expect(seqs).toEqual(seqs.map((_, i) => i + 1));
    expect(here.pages).toBe(1);
    post({ loopchart: 'close' });
    await until(() => here.pages === 0);
  },
);

test('rows for a page that asks for them, and lines for one that does not', async () => {
  const { port1, port2 } = new MessageChannel();
  open.push(port1, port2);
  await new Count(50).start({ inspect: inspect({ port: port1 as any }) }).output;
  const [plain, rows] = [pageAt(port2, 'plain', { opens: false }), pageAt(port2, 'rows', { opens: false })];
  plain.post({ loopchart: 'open', since: 0 });
  rows.post({ loopchart: 'open', since: 0, rows: true });
  for (const { lines } of [plain.page, rows.page]) await until(() => over(lines));
  expect(plain.page.lines.some(Array.isArray)).toBe(false);
  expect(rows.page.lines.filter(Array.isArray).length).toBeGreaterThan(40);
});

test('a page that takes nothing in is told later, and holds nothing up', async () => {
  const { port1, port2 } = new MessageChannel();
  open.push(port1, port2);
  const here = inspect({ port: port1 as any, limits: { waiting: 20_000, events: 200, frame: 50 } });
  const { page, post } = pageAt(port2, 'slow', { takes: false });
  post({ loopchart: 'open', since: 0 });
  await until(() => here.pages === 1);
  await new Count(3000).start({ inspect: here }).output;
  const sent = page.said.reduce((sum, { text = '' }) => sum + text.length, 0);
  expect(sent).toBeLessThan(60_000);
  page.takes = true;
  post({ loopchart: 'taken', characters: 1e9 });
  await until(() => over(page.lines));
  const lagged = page.lines.filter(({ type }) => type === 'lagged').reduce((sum, { count }) => sum + count, 0);
  expect(lagged).toBeGreaterThan(1000);
});

test('nonsense is passed over, and a page that is not known is told so', async () => {
  const { port1, port2 } = new MessageChannel();
  open.push(port1, port2);
  inspect({ port: port1 as any });
  const { page, post } = pageAt(port2, 'one', { opens: false });
  for (const data of [null, 1, {}, { loopchart: 'open' }, { loopchart: 'eval', page: 'one' }]) port2.postMessage(data);
  post({ loopchart: 'command', text: '{}' });
  await until(() => page.gone === 1);
  expect(page.hello).toBeUndefined();
});

test('whoever asks whether it is there is answered, unless another run is meant', async () => {
  const { port1, port2 } = new MessageChannel();
  open.push(port1, port2);
  const here = inspect({ port: port1 as any });
  const { page, post } = pageAt(port2, 'one', { opens: false });
  await until(() => page.said.length > 0);
  const { run } = page.said[0];
  post({ loopchart: 'open', since: 0, run: 'another' });
  post({ loopchart: 'ping', run: 'another' });
  post({ loopchart: 'ping', run });
  await until(() => page.gone === 1);
  expect(here.pages).toBe(0);
  post({ loopchart: 'open', since: 0, run });
  post({ loopchart: 'command', text: '{"type":"speed","perSec":5}', run: 'another' });
  post({ loopchart: 'close', run: 'another' });
  post({ loopchart: 'ping', run });
  await until(() => page.said.some(({ loopchart }) => loopchart === 'alive'));
  expect(page.hello).toMatchObject({ runId: run, perSec: null });
  expect(here.pages).toBe(1);
  // What is on its way when somebody goes is not answered to.
  post({ loopchart: 'close', run });
  post({ loopchart: 'close', run });
  await until(() => here.pages === 0);
  expect(page.gone).toBe(1);
});

test('a tab says goodbye when it is left, and that it is here when it is come back to', async () => {
  const tab = new EventTarget();
  const own = globalThis as any;
  own.addEventListener = tab.addEventListener.bind(tab);
  own.removeEventListener = tab.removeEventListener.bind(tab);
  try {
    const { port1, port2 } = new MessageChannel();
    open.push(port1, port2);
    const here = inspect({ port: port1 as any });
    const { page } = pageAt(port2, 'one');
    const said = (what: string) => page.said.filter(({ loopchart }) => loopchart === what).length;
    await until(() => here.pages === 1);
    tab.dispatchEvent(new Event('pagehide'));
    expect(here.pages).toBe(0);
    tab.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: false }));
    tab.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true }));
    await until(() => here.pages === 1);
    expect([said('here'), said('bye')]).toEqual([2, 1]);
    here.close();
    await until(() => said('bye') === 2);
    tab.dispatchEvent(new Event('pagehide'));
    port1.postMessage({ loopchart: 'last' });
    await until(() => said('last') === 1);
    expect(said('bye')).toBe(2);
  } finally {
    delete own.addEventListener;
    delete own.removeEventListener;
  }
});

test('a process in which it is never closed ends by itself', async () => {
  const program = `
    import { Loop } from 'loopchart';
    import { inspectHere } from 'loopchart/browser';
    class Once extends Loop {
      get done() { return false; }
      reset() {}
      advance() { throw this.end(); }
    }
    await new Once().start({ inspect: inspectHere() }).output;
    console.log('ran');
  `;
  const flags = ['--conditions=loopchart-source', '--import=tsx', '--input-type=module', '--eval', program];
  const { stdout } = await promisify(execFile)(process.execPath, flags, { cwd: join(import.meta.dirname, '..') });
  expect(stdout).toBe('ran\n');
});

test('nothing of Node is in it', () => {
  const seen = new Set<string>();
  const walk = (file: string) => {
    if (seen.has(file)) return;
    seen.add(file);
    const text = readFileSync(file, 'utf8');
    expect([file, /from 'node:|import\('node:/.test(text)]).toEqual([file, false]);
    for (const [, path] of text.matchAll(/from '(\.[^']+)'/g)) walk(new URL(path!, `file://${file}`).pathname);
  };
  walk(new URL('../src/browser/index.ts', import.meta.url).pathname);
  expect(seen.size).toBeGreaterThan(8);
});
