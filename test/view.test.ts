import { execFile, spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { formatRecording, Loop, parseRecording, type RecordingLine, record, replay } from 'loopchart';
import { recordTo } from 'loopchart/node';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { faultOf } from '../inspector/lines/line.ts';
import { view } from '../src/node/view.ts';

class Count extends Loop<number> {
  override state: any = { n: 0, markup: '<img src=x onerror=alert(1)>', secret: 'hunter2' };
  get done() {
    return this.state.n >= 5;
  }
  reset() {
    this.state.n = 0;
  }
  advance() {
    this.state.n++;
  }
  override onRunEnd() {
    return this.state.n;
  }
}

let folder: string;
let file: string;
let open: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loopchart-view-'));
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>page</title>');
  file = join(folder, 'my run.jsonl');
  const recorder = record();
  await new Count().start({ inspect: recorder }).output;
  await writeFile(file, formatRecording(recorder.recording));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(async () => {
  for (const one of open) await one.close();
  open = [];
});

function get(url: string, headers: Record<string, string> = {}) {
  return new Promise<{ status: number; headers: any; body: string }>((resolve, reject) => {
    const asked = request(url, { headers, agent: false }, (response) => {
      let body = '';
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('close', () => resolve({ status: response.statusCode!, headers: response.headers, body }));
    });
    asked.on('error', reject);
    asked.end();
  });
}

/** Where the page finds the recording, from what the address says behind `#`. */
const recordingOf = (url: string) => new URL(new URLSearchParams(new URL(url).hash.slice(1)).get('file')!, url).href;
const linesOf = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

test('a recording, with what the page needs put in', async () => {
  const site = await view(file, {}, folder);
  open.push(site);
  expect((await get(site.url)).body).toContain('<title>page');
  const { status, headers, body } = await get(recordingOf(site.url));
  expect(status).toBe(200);
  expect(headers['content-security-policy']).toContain("default-src 'none'");
  expect(headers['content-type']).toMatch(/ndjson/);
  const lines = linesOf(body);
  expect(lines.map(faultOf).filter(Boolean)).toEqual([]);
  expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, i) => i + 1));
  expect(lines[0]).toMatchObject({ type: 'recording', runId: 'my run.jsonl' });
  expect(lines[1]).toMatchObject({ type: 'chart', key: 'loop' });
  expect(lines[2]).toMatchObject({ type: 'actor', name: 'count', chart: 'loop', context: { state: null } });
  expect(lines[3].tr[0]).toEqual(['loop.entering', ['loop.resetting'], 'xstate.done.actor.skip']);
  expect(body).toContain('<img src=x onerror');
});

test('gzipped, whatever it is called; cut off, as far as it goes', async () => {
  const text = await readFile(file);
  const zipped = join(folder, 'zipped.jsonl');
  await writeFile(zipped, gzipSync(text));
  const cut = join(folder, 'cut.jsonl.gz');
  await writeFile(cut, gzipSync(Buffer.concat([text, Buffer.alloc(50_000, 'x')])).subarray(0, -30));
  for (const path of [zipped, cut]) {
    const site = await view(path, {}, folder);
    open.push(site);
    const { body } = await get(recordingOf(site.url));
    expect(linesOf(body.slice(0, body.lastIndexOf('}') + 1))[2]).toMatchObject({ id: 'count#1' });
    expect(body.endsWith('x')).toBe(path === cut);
  }
});

test('to whoever has the link, and nothing else from the disk', async () => {
  const site = await view(file, {}, folder);
  open.push(site);
  const right = new URL(recordingOf(site.url)).pathname;
  const [, , token, name] = right.split('/');
  const wrong = [
    '/recording',
    `/recording/${name}`,
    `/recording/wrong/${name}`,
    `/recording/${token!.slice(1)}/${name}`,
    `/recording/${token}/index.html`,
    `/recording/${token}/..%2f..%2f..%2fetc%2fpasswd`,
    `/recording/${token}/${name}/x`,
    '/my%20run.jsonl%00',
  ];
  const base = `http://127.0.0.1:${site.port}`;
  for (const path of wrong) expect([path, (await get(base + path)).status]).toEqual([path, 404]);
  expect((await get(base + right, { host: 'evil.example' })).status).toBe(403);
  expect((await get(base + right)).status).toBe(200);
});

const cli = join(import.meta.dirname, '../src/node/cli.ts');
const flags = ['--import', 'tsx', '--conditions=loopchart-source'];

test('the command says how it is used, and what is wrong', async () => {
  const call = (...args: string[]) =>
    new Promise<{ code: unknown; out: string; err: string }>((resolve) =>
      execFile(process.execPath, [...flags, cli, ...args], (error, out, err) =>
        resolve({ code: error?.code ?? 0, out, err }),
      ),
    );
  const [help, none, bad, other, missing] = await Promise.all([
    call('--help'),
    call(),
    call('view', '--nope'),
    call('show', 'run.jsonl'),
    call('view', 'no.jsonl'),
  ]);
  expect(help).toMatchObject({ code: 0, out: expect.stringContaining('Usage') });
  expect(none).toMatchObject({ code: 2, err: expect.stringContaining('Usage') });
  expect(bad.code).toBe(2);
  expect(other).toMatchObject({ code: 2, err: expect.stringMatching(/^Expected the command `view`, got `show`\.\n/) });
  expect(missing).toMatchObject({
    code: 1,
    err: 'Expected a recording at no.jsonl, but found nothing there. Check the path.\n',
  });
});

test('a run is written to a file that only its owner may read', async () => {
  const path = join(folder, 'saved.jsonl');
  await writeFile(path, 'older');
  await chmod(path, 0o644);
  const recorder = recordTo(path, {
    redact: (line: RecordingLine) => JSON.parse(JSON.stringify(line).replaceAll('hunter2', '•')),
  });
  await new Count().start({ inspect: recorder }).output;
  recorder.close();
  recorder.close();
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  const text = await readFile(path, 'utf8');
  expect(text).not.toContain('hunter2');
  expect([...replay(parseRecording(text))].at(-1)).toMatchObject({ value: 'finished', output: 5 });
  const link = join(folder, 'link.jsonl');
  await symlink(join(folder, 'index.html'), link);
  expect(() => recordTo(link)).toThrow(/Could not make/);
});

test('a process that is watched ends by itself, and has written what it recorded', async () => {
  const path = join(folder, 'ended.jsonl');
  const program = join(import.meta.dirname, 'programs', 'watched.ts');
  const child = spawn(process.execPath, [...flags, program, path, folder], { stdio: ['ignore', 'pipe', 'pipe'] });
  let err = '';
  child.stderr.on('data', (data) => {
    err += data;
  });
  expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(0);
  expect(err).toMatch(/loopchart inspector: http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]{32}\n/);
  expect(parseRecording(await readFile(path, 'utf8')).length).toBeGreaterThan(5);
});

test('one whose run waits for a page is kept until the page lets it go on', async () => {
  const program = join(import.meta.dirname, 'programs', 'watched.ts');
  const args = [...flags, program, join(folder, 'waits.jsonl'), folder, 'paused'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const exit = new Promise((resolve) => child.once('exit', resolve));
  const url = await new Promise<URL>((resolve) =>
    child.stderr.on('data', (data) => {
      const [found] = String(data).match(/http:\S+/) ?? [];
      if (found !== undefined) resolve(new URL(found));
    }),
  );
  const socket = new WebSocket(`ws://${url.host}/ws`, [url.hash.replace('#token=', 'tok.')], { origin: url.origin });
  const paused = new Promise<void>((resolve) =>
    socket.on('message', (data) => {
      if (JSON.parse(String(data)).some(({ value }: any) => value === 'paused')) resolve();
    }),
  );
  await paused;
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(child.exitCode).toBe(null);
  socket.send(JSON.stringify({ type: 'send', id: 'count#1', event: { type: 'loop.resume' } }));
  expect(await exit).toBe(0);
  socket.terminate();
});
