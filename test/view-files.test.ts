import { execFile, execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { appendFile, mkdir, mkdtemp, rename, rm, symlink, truncate, unlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { formatRecording, Loop, record } from 'loopchart';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { faultOf } from '../inspector/lines/line.ts';
import { view } from '../src/node/view.ts';

// What `loopchart view` may be pointed at. It looks before it serves anything: what is no recording is an error of one
// line, and what is one is shown, as far as it goes.

class Count extends Loop<number> {
  override state: any = { n: 0, note: 'a\u2028b', zero: -0 };
  get done() {
    return this.state.n >= 3;
  }
  reset() {}
  advance() {
    this.state.n++;
  }
  override onRunEnd() {
    return this.state.n;
  }
}

let folder: string;
let page: string;
let text: string;
let path: string;
const open: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loopchart-view-files-'));
  page = join(folder, 'page');
  await mkdir(page);
  await writeFile(join(page, 'index.html'), '<!doctype html><title>page</title>');
  const recorder = record();
  await new Count().start({ inspect: recorder }).output;
  text = formatRecording(recorder.recording);
});
afterAll(() => rm(folder, { recursive: true, force: true }));
let count = 0;
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

/** A path where nothing lies yet. */
function freshPath(name = 'run.jsonl'): string {
  path = join(folder, `${++count}-${name}`);
  return path;
}

async function serve(file: string) {
  const site = await view(file, {}, page);
  open.push(site);
  const address = new URL(new URL(site.url).hash.replace('#file=', ''), site.url);
  return { address, read: async () => await (await fetch(address)).text() };
}

/** The lines of a body that are lines to a page. */
function linesOf(body: string): any[] {
  return body.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line)];
    } catch {
      return [];
    }
  });
}

const bytes = (content: string | Buffer) => () => writeFile(path, content);
const header = '{"type":"recording","seq":0,"t":1,"format":1}\n';

/** A file with much nothing in it, which takes no room on the disk. */
async function sparse(before: string, size: number, after = ''): Promise<void> {
  await writeFile(path, before);
  await truncate(path, size);
  await appendFile(path, after);
}

/** Gzip allows parts behind one another: so a bomb is made of one small part. */
async function bomb(part: string | Buffer, times: number): Promise<void> {
  const zipped = gzipSync(part, { level: 9 });
  await writeFile(path, Buffer.concat([gzipSync(header), ...Array.from({ length: times }, () => zipped)]));
}

describe('no recording', () => {
  const rows: [what: string, make: () => unknown, message: RegExp][] = [
    ['nothing', () => {}, /but found nothing there\. Check the path\.$/],
    ['an empty folder', () => mkdir(path), /\(\*\.jsonl, \*\.jsonl\.gz\) in .*, but found none\. Give the directory/],
    ['a pipe that nobody writes to', () => execFileSync('mkfifo', [path]), /got a pipe\. Save what comes from it/],
    ['a link to a device', () => symlink('/dev/zero', path), /got a device\. Save what comes from it/],
    ['a link to itself', () => symlink(path, path), /found links that lead round in a circle/],
    ['a socket', () => listenAt(path), /got a socket\./],
    ['an empty file', bytes(''), /but it is empty\. Give a \.jsonl/],
    ['a file of line ends', bytes('\n\r\n \n'), /but it is empty/],
    ['gzip of nothing', bytes(gzipSync('')), /but it is empty/],
    ['gzip that was cut off in its head', bytes(gzipSync(header).subarray(0, 5)), /but it is empty/],
    [
      'gzip that is damaged',
      bytes(Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 255, 255, 255])),
      /to be gzip, but it is damaged after 0 unpacked bytes/,
    ],
    ['a picture', bytes(Buffer.from('89504e470d0a1a0a0000000d4948445200000001', 'hex')), /it begins with `\ufffdPNG/],
    ['another log', bytes('{"level":30,"msg":"started"}\n'), /it begins with `{"level":30,"msg":"started"}`\. Give/],
    ['another log of many lines', bytes('{"level":30}\n'.repeat(5000)), /it begins with `{"level":30}`/],
    ['a list', bytes('[1,2,3]\n'), /it begins with `\[1,2,3\]`/],
    [
      'a recording whose program was killed in its first line',
      bytes(header.slice(0, 20)),
      /it begins with `{"type":"recording",`/,
    ],
    [
      'a recording of a later format',
      bytes(header.replace('"format":1', '"format":2')),
      /its format is `2`, and this version reads `1`/,
    ],
    ['UTF-16', bytes(Buffer.from(`\ufeff${header}`, 'utf16le')), /Expected UTF-8 in .*, got UTF-16\. Save/],
    ['UTF-16, the other way round', bytes(Buffer.from(`\ufeff${header}`, 'utf16le').swap16()), /got UTF-16\. Save/],
    [
      'a line of 1 GB',
      () => sparse('', 1e9),
      /lines of at most 32 MiB in .*, got a longer one, which begins at byte 0\. Leave large/,
    ],
    [
      'a recording with a line of 1 GB',
      () => sparse(header, 1e9, '\n{}'),
      /got a longer one, which begins at byte 46\./,
    ],
    ['gzip of 10 GB in one line', () => bomb(Buffer.alloc(64e6), 160), /got a longer one, which begins at byte 46\./],
    [
      'gzip of 10 GB of short lines',
      () => bomb('{"a":1}\n'.repeat(8e6), 160),
      /unpack to at most 200 times its size, got more/,
    ],
  ];
  test.for(rows)('%s', async ([, make, message]) => {
    freshPath();
    await make();
    const descriptors = openDescriptors();
    const error = await view(path, {}, page).catch((error) => error);
    expect(error).toMatchObject({ name: 'LoopError', code: 'STORE', message: expect.stringMatching(message) });
    expect(error.message).toContain(path);
    expect(error.message).not.toMatch(/\n/);
    expect(openDescriptors()).toBe(descriptors);
  });

  test('one whose name has line breaks in it is named in one line', async () => {
    const error = await view(freshPath('a\nb\u001b[31m.jsonl'), {}, page).catch((error) => error);
    expect(error.message).toContain('a\ufffdb\ufffd[31m.jsonl, but found nothing there');
  });

  test.skipIf(process.getuid?.() === 0 || process.platform === 'win32')('one that may not be read', async () => {
    await writeFile(freshPath(), text, { mode: 0 });
    await expect(view(path, {}, page)).rejects.toThrow(/may not read it\. Ask its owner/);
  });
});

describe('a recording', () => {
  const rows: [what: string, make: () => unknown][] = [
    ['as it was written', () => writeFile(path, text)],
    ['with a mark of byte order', () => writeFile(path, `\ufeff${text}`)],
    ['with the line ends of Windows', () => writeFile(path, text.replaceAll('\n', '\r\n'))],
    ['with empty lines before it', () => writeFile(path, `\n\n${text}`)],
    ['without a last line end', () => writeFile(path, text.trimEnd())],
    [
      'gzipped, in two parts',
      () => writeFile(path, Buffer.concat([gzipSync(text.slice(0, 99)), gzipSync(text.slice(99))])),
    ],
    ['gzipped with a mark of byte order', () => writeFile(path, gzipSync(`\ufeff${text}`))],
    ['behind a link', async () => symlink(await written(text), freshPath())],
  ];
  test.for(rows)('%s is shown whole', async ([, make]) => {
    freshPath();
    await make();
    const body = await (await serve(path)).read();
    const lines = linesOf(body);
    expect(lines.length).toBe(text.trimEnd().split('\n').length + 1);
    expect(lines.map(faultOf).filter(Boolean)).toEqual([]);
    expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, i) => i + 1));
  });

  test.each(['..gz', '...gz', '.gz', '.jsonl', '-', '日本 #?%.jsonl'])('called %s is shown', async (name) => {
    const path = join(await mkdtemp(join(folder, 'names-')), name);
    await writeFile(path, text);
    expect(linesOf(await (await serve(path)).read())[0]).toMatchObject({ type: 'recording' });
  });

  test('whose program was killed in its last line is shown as far as it goes', async () => {
    await writeFile(freshPath(), text.slice(0, -20));
    const body = await (await serve(path)).read();
    expect(body.endsWith(text.slice(-40, -20))).toBe(true);
    expect(linesOf(body).length).toBe(text.trimEnd().split('\n').length);
  });

  test('whose gzip was cut off is shown as far as it goes', async () => {
    await writeFile(freshPath(), gzipSync(text).subarray(0, -40));
    const lines = linesOf(await (await serve(path)).read());
    expect(lines.slice(0, 2)).toMatchObject([{ type: 'recording' }, { type: 'chart' }]);
  });

  test('whose first line a redactor has left out is shown', async () => {
    await writeFile(freshPath(), text.slice(text.indexOf('\n') + 1));
    expect(linesOf(await (await serve(path)).read())[0]).toMatchObject({ type: 'actor' });
  });

  test('keeps every value byte for byte, whatever it is', async () => {
    const value = '{"zero":-0,"large":12345678901234567890,"e":1e2,"\\u0073eq":5,"twice":1,"twice":2,"text":"\\"}{,:"}';
    const line = `{"type":"event","seq" : 7,"t":2,"id":"a#1","value":"b","event":${value}}`;
    await writeFile(freshPath(), `${header}${line}\n`);
    expect((await (await serve(path)).read()).split('\n')[2]).toBe(line.replace('"seq" : 7', '"seq" : 9'));
  });

  test('with lines that are hostile is served, and the page tells which they are', async () => {
    const lines = [
      '{"type":"actor","seq":1,"t":1,"path":5}',
      '{"type":"event","seq":2,"t":1,"tr":[5,[1,2,3],["a",[7],"b"]]}',
      '{"type":"event","seq":"x"}',
      `${'['.repeat(100_000)}`,
      `{"seq":4,"deep":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
      '{"seq":5,"cut":"off',
      '{}',
      'null',
      '{"seq":6,}',
    ];
    await writeFile(freshPath(), `${header}${lines.join('\n')}\n${text.split('\n')[1]}\n`);
    const body = await (await serve(path)).read();
    expect(body.split('\n').length).toBe(lines.length + 4);
    expect(linesOf(body).at(-1)).toMatchObject({ type: 'actor', name: 'count' });
  });
});

describe('after the address was printed', () => {
  test('a file that goes away is an answer that says so, and may come back', async () => {
    const { address, read } = await serve(await written(text));
    const [file] = await fileIn(address);
    const descriptors = openDescriptors();
    await rename(file!, `${file}.away`);
    const answer = await fetch(address);
    expect([answer.status, await answer.text()]).toEqual([404, expect.stringContaining('found nothing there')]);
    expect((await fetch(address, { method: 'HEAD' })).status).toBe(404);
    await rename(`${file}.away`, file!);
    expect(linesOf(await read())[0]).toMatchObject({ type: 'recording' });
    expect((await fetch(address, { method: 'HEAD' })).status).toBe(200);
    await expect.poll(openDescriptors).toBeLessThanOrEqual(descriptors + 1);
  });

  test('a pipe in its place is not waited for', async () => {
    const { address } = await serve(await written(text));
    await unlink(path);
    execFileSync('mkfifo', [path]);
    expect(await (await fetch(address)).text()).toContain('got a pipe');
  });

  test('a line that has become too long is left out, and told', async () => {
    const { read } = await serve(await written(text));
    await sparse(text, 200e6, `\n${text.split('\n')[1]}\n`);
    const lines = linesOf(await read());
    expect(lines.map(faultOf).filter(Boolean)).toEqual([
      'expected a line of type recording, chart, actor, event or lagged, got "of more than 33554432 bytes"',
    ]);
    expect(lines.at(-1)).toMatchObject({ type: 'actor', name: 'count' });
  });

  test('pages that read nothing hold no file open once they have gone', async () => {
    await written(text);
    await appendFile(path, `${text.split('\n')[1]}\n`.repeat(50_000));
    const { address } = await serve(path);
    const descriptors = openDescriptors();
    const leaving = Array.from({ length: 20 }, () => new AbortController());
    const answers = await Promise.all(leaving.map(({ signal }) => fetch(address, { signal })));
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array(16).fill(200), ...Array(4).fill(503)]);
    for (const one of leaving) one.abort();
    await expect.poll(openDescriptors).toBeLessThanOrEqual(descriptors);
    expect((await fetch(address)).status).toBe(200);
  });
});

describe.runIf(process.platform === 'linux')('memory is bounded', () => {
  const viewed = (file: string) => program('programs/viewed.ts', file, page).then(({ out }) => JSON.parse(out));
  const most = 350;
  test.for<[what: string, make: () => unknown, told: object]>([
    ['a line of 1 GB', () => sparse(header, 1e9), { message: expect.stringContaining('begins at byte 46.') }],
    [
      'gzip of 10 GB in one line',
      () => bomb(Buffer.alloc(64e6), 160),
      { message: expect.stringContaining('begins at byte 46.') },
    ],
    [
      'gzip of 10 GB of short lines',
      () => bomb('{}\n'.repeat(16e6), 200),
      { message: expect.stringContaining('200 times') },
    ],
    [
      'a line of 30 MiB of empty objects',
      () => writeFile(path, `${header}{"seq":1,"a":[${'{},'.repeat(1e7)}0]}\n`),
      { size: expect.any(Number) },
    ],
    [
      '100 MB that are shown',
      () => writeFile(path, header + `{"type":"event","seq":1,"t":1,"x":"${'x'.repeat(1e5)}"}\n`.repeat(1000)),
      { size: expect.any(Number) },
    ],
  ])('%s', async ([, make, told]) => {
    freshPath();
    await make();
    const { mebibytes, ...came } = await viewed(path);
    expect(came).toEqual(told);
    expect(mebibytes).toBeLessThan(most);
  });
});

test('the command says it in one line and exits with 1, before it prints an address', async () => {
  await writeFile(freshPath('picture.png'), Buffer.from('89504e470d0a1a0a', 'hex'));
  for (const [file, ...flags] of [[path], [page], [path, '--port', 'x']]) {
    const { code, out, err } = await program('../src/node/cli.ts', 'view', file!, ...flags);
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(/^Expected .*\.\n$/);
  }
});

async function written(content: string): Promise<string> {
  await writeFile(freshPath(), content);
  return path;
}

/** Where the file lies that is served at an address. */
async function fileIn(address: URL): Promise<string[]> {
  const name = address.pathname.split('/').at(-1)!;
  return readdirSync(folder)
    .filter((file) => file === name)
    .map((file) => join(folder, file));
}

function listenAt(place: string): Promise<void> {
  const server = createServer();
  open.push({ close: () => new Promise((resolve) => server.close(() => resolve())) });
  return new Promise((resolve) => server.listen(place, resolve));
}

function openDescriptors(): number {
  return process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0;
}

function program(file: string, ...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const command = ['--import', 'tsx', '--conditions=loopchart-source', join(import.meta.dirname, file), ...args];
  return new Promise((resolve) =>
    execFile(process.execPath, command, (error, out, err) => resolve({ code: Number(error?.code ?? 0), out, err })),
  );
}
