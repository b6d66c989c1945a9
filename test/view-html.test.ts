import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { formatRecording, Loop, record } from 'loopchart';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { savedPage } from '../src/inspect/saved-page.ts';
import { writePage } from '../src/node/recording/page.ts';

// `loopchart view --html` from outside. What a browser shows of such a page, inspector-saved-page.test.ts tells.

class Count extends Loop<number> {
  override state = { n: 0 };
  get done() {
    return this.state.n >= 3;
  }
  reset() {}
  advance() {
    this.state.n++;
  }
}

let folder: string;
let page: string;
let recording: string;
const template =
  '<!doctype html><body><script data-own="" type="application/gzip" id="recording"></script><script>1</script></body>';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loopchart-view-html-'));
  page = join(folder, 'page');
  await mkdir(page);
  await writeFile(join(page, 'single.html'), template);
  const recorder = record();
  await new Count().start({ inspect: recorder }).output;
  recording = join(folder, 'my "run" <1>.jsonl');
  await writeFile(recording, formatRecording(recorder.recording));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const linesIn = (html: string): any[] =>
  gunzipSync(Buffer.from(/id="recording"[^>]*>([^<]*)</.exec(html)![1]!, 'base64'))
    .toString()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

describe('the file', () => {
  test('is the page with the recording in it, complete with what the page needs', async () => {
    const path = join(folder, 'out.html');
    const bytes = await writePage([recording], path, page);
    const html = await readFile(path, 'utf8');
    expect(Buffer.byteLength(html)).toBe(bytes);
    expect(html).toMatch(/^<!doctype html><body><script [^>]*>[\w+/=]+<\/script>\s*<script>1<\/script><\/body>$/);
    expect(html).toContain('data-name="my &quot;run&quot; &lt;1&gt;.jsonl" data-view=""');
    const lines = linesIn(html);
    expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, at) => at + 1));
    expect(lines.map(({ type }) => type).slice(0, 3)).toEqual(['recording', 'chart', 'actor']);
  });

  test('is the same from a gzipped recording', async () => {
    const zipped = `${recording}.gz`;
    await writeFile(zipped, gzipSync(await readFile(recording)));
    const [one, other] = [join(folder, 'one.html'), join(folder, 'other.HTM')];
    await writePage([recording], one, page);
    await writePage([zipped], other, page);
    expect(linesIn(await readFile(other, 'utf8'))).toEqual(linesIn(await readFile(one, 'utf8')));
  });

  test('holds several recordings, each under a name of its own', async () => {
    const path = join(folder, 'several.html');
    await writePage([recording, recording, recording], path, page);
    const html = await readFile(path, 'utf8');
    const blocks = [...html.matchAll(/id="([\w-]+)" data-name="([^"]*)"[^>]*>([^<]*)</g)].map(([, ...parts]) => parts);
    expect(blocks.map(([id, name]) => [id, name])).toEqual([
      ['recording', 'my &quot;run&quot; &lt;1&gt;.jsonl'],
      ['recording-2', 'my &quot;run&quot; &lt;1&gt; (2).jsonl'],
      ['recording-3', 'my &quot;run&quot; &lt;1&gt; (3).jsonl'],
    ]);
    const texts = blocks.map(([, , base64]) => gunzipSync(Buffer.from(base64!, 'base64')).toString());
    expect(new Set(texts.map((text) => text.split('\n').length)).size).toBe(1);
  });

  test('takes the place of an older one', async () => {
    const path = join(folder, 'older.html');
    await writeFile(path, 'older');
    await writePage([recording], path, page);
    expect(linesIn(await readFile(path, 'utf8')).length).toBeGreaterThan(5);
  });
});

describe('what cannot be is said, and nothing is written', () => {
  const refused = async (file: string, path: string, from = page) => {
    const before = await readdir(folder);
    const error = await writePage([file], path, from).then(
      () => undefined,
      (thrown: Error) => thrown,
    );
    expect(await readdir(folder)).toEqual(before);
    return error?.message;
  };

  test('a path that is not that of a page, such as that of the recording itself', async () => {
    expect(await refused(recording, recording)).toMatch(
      /^Expected `--html` to be the path of a file that ends in \.html/,
    );
    expect((await readFile(recording, 'utf8')).length).toBeGreaterThan(100);
  });

  test('what is no recording', async () => {
    const file = join(folder, 'none.jsonl');
    await writeFile(file, 'hello');
    const path = join(folder, 'kept.html');
    await writeFile(path, 'kept');
    expect(await refused(file, path)).toMatch(/^Expected a recording at .*none\.jsonl, but it begins with `hello`/);
    expect(await readFile(path, 'utf8')).toBe('kept');
  });

  test('a folder that is not there, or that lies where the page should', async () => {
    expect(await refused(recording, join(folder, 'no/out.html'))).toMatch(/^Expected to write the page to .*ENOENT/);
    const path = join(folder, 'folder.html');
    await mkdir(path);
    expect(await refused(recording, path)).toMatch(/^Expected to write the page to .* Give another path\.$/);
  });

  test('a page that was not built, or is another', async () => {
    const path = join(folder, 'x.html');
    expect(await refused(recording, path, folder)).toMatch(/^Expected the inspector’s page in one file/);
    expect(() => savedPage('<p>', { recordings: [], view: '' })).toThrow(/a place for a recording, found none/);
  });
});

test('the command says where it has written, or how it is used', async () => {
  const cli = join(import.meta.dirname, '../src/node/cli.ts');
  const flags = ['--import', 'tsx', '--conditions=loopchart-source'];
  const call = (...args: string[]) =>
    new Promise<{ code: unknown; out: string; err: string }>((resolve) =>
      execFile(process.execPath, [...flags, cli, ...args], (error, out, err) =>
        resolve({ code: error?.code ?? 0, out, err }),
      ),
    );
  const path = join(folder, 'called.html');
  const [written, clash, wrong] = await Promise.all([
    call('view', recording, '--html', path),
    call('view', recording, '--html', path, '--port', '1'),
    call('view', recording, '--html', join(folder, 'out.txt')),
  ]);
  expect(written).toEqual({ code: 0, out: expect.stringMatching(/called\.html \(\d\.\d MB\)\n$/), err: '' });
  expect(clash).toMatchObject({ code: 2, err: expect.stringContaining('Expected `--html` alone') });
  expect(wrong).toMatchObject({ code: 1, err: expect.stringContaining('that ends in .html, got `') });
  // With the built page, as it is installed.
  expect((await readFile(path, 'utf8')).length).toBeGreaterThan(100_000);
});
