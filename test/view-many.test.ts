import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { formatRecording, Loop, record } from 'loopchart';
import { fileStore } from 'loopchart/node';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { view } from '../src/node/view.ts';

// `loopchart view` with several recordings, and with directories of them.

class Count extends Loop<number, [most: number]> {
  override state = { n: 0 };
  #most = 0;
  get done() {
    return this.state.n >= this.#most;
  }
  reset(most: number) {
    this.#most = most;
  }
  advance() {
    this.state.n++;
  }
}

let folder: string;
let page: string;
const open: { close(): Promise<void> }[] = [];

async function recorded(most: number): Promise<string> {
  const recorder = record();
  await new Count().start({ inspect: recorder, args: [most] }).output;
  return formatRecording(recorder.recording);
}

let folders = 0;
async function filled(files: Record<string, string | Buffer>): Promise<string> {
  const directory = join(folder, `runs-${++folders}`);
  await mkdir(directory);
  for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), content);
  return directory;
}

async function serve(...paths: string[]) {
  const site = await view(paths, {}, page);
  open.push(site);
  const files = new URLSearchParams(new URL(site.url).hash.slice(1)).getAll('file');
  const read = async (file: string) => await (await fetch(new URL(file, site.url))).text();
  return { ...site, names: files.map((file) => file.split('/').at(-1)), texts: await Promise.all(files.map(read)) };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loopchart-view-many-'));
  page = join(folder, 'page');
  await mkdir(page);
  await writeFile(join(page, 'index.html'), '<!doctype html><title>page</title>');
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

test('all that are given are served, in the order in which they were given', async () => {
  const directory = await filled({ 'b.jsonl': await recorded(2), 'a.jsonl.gz': gzipSync(await recorded(3)) });
  const { names, texts } = await serve(join(directory, 'b.jsonl'), join(directory, 'a.jsonl.gz'));
  expect(names).toEqual(['b.jsonl', 'a.jsonl']);
  expect(texts[0]).toContain('"args":[2]');
  expect(texts[1]).toContain('"args":[3]');
});

test('of a directory, all recordings that lie in it, by their names; what else does is told or left alone', async () => {
  const text = await recorded(1);
  const directory = await filled({
    'run 10.jsonl': text,
    'run 9.jsonl.gz': gzipSync(text),
    'other.jsonl': '{"level":30}\n',
    'notes.txt': 'hello',
    'table.json': '[]',
  });
  const { names, texts, passedOver } = await serve(directory);
  expect(names).toEqual(['run-9.jsonl', 'run-10.jsonl']);
  expect(texts[0]!.split('\n').slice(1)).toEqual(texts[1]!.split('\n').slice(1));
  expect(passedOver).toEqual([expect.stringMatching(/other\.jsonl, but it begins with `{"level":30}`/)]);
});

test('two of one name are two', async () => {
  const [one, other] = [
    await filled({ 'run.jsonl': await recorded(1) }),
    await filled({ 'run.jsonl': await recorded(2) }),
  ];
  const { names, texts } = await serve(one, other, join(one, 'run.jsonl'));
  expect(names).toEqual(['run.jsonl', 'run-2.jsonl', 'run-3.jsonl']);
  expect(texts[1]).toContain('"args":[2]');
  expect(texts[2]).toContain('"args":[1]');
});

test('what is no recording, where a recording was asked for, is an error that says what to give', async () => {
  const good = await recorded(1);
  const mixed = await filled({ 'good.jsonl': good, 'bad.jsonl': '{}\n' });
  const none = await filled({ 'bad.jsonl': '{}\n', 'worse.jsonl': '' });
  const store = join(folder, 'store');
  await new Count().start({ args: [3], store: fileStore(store), id: 'nightly' }).outcome;
  const many = await filled(Object.fromEntries(Array.from({ length: 101 }, (_, at) => [`${at}.jsonl`, good])));
  for (const [path, message] of [
    [join(mixed, 'bad.jsonl'), /^Expected a recording at .*bad\.jsonl, but it begins with `\{\}`/],
    [none, /^Expected recordings in .*, but none of its files is one\. Expected a recording at .*bad\.jsonl/],
    [store, /^Expected recordings \(\*\.jsonl, \*\.jsonl\.gz\) in .*, but found none\. /],
    [many, /^Expected at most 100 recordings, got 101\. Give those that are to be looked at\.$/],
  ] as const) {
    const error = await view([join(mixed, 'good.jsonl'), path].slice(path === many ? 1 : 0), {}, page).catch(
      (error) => error,
    );
    expect(error).toMatchObject({ name: 'LoopError', code: 'STORE', message: expect.stringMatching(message) });
    expect(error.message).not.toContain('\n');
  }
});

test('a directory of checkpoints says which runs it has, and that they are no recordings', async () => {
  const store = join(folder, 'checkpoints');
  const run = new Count().start({ args: [1000], store: fileStore(store), id: 'nightly' });
  await run.suspend();
  const error = await view(store, {}, page).catch((error) => error);
  expect(error.message).toMatch(
    /It holds checkpoints, of nightly \(\d+ steps, saved \d{4}-.*Z\): record what runs do with/,
  );
});
