import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { type Block, blocksOf, pages, read, root, strayMarkersOf } from './support/pages.ts';

/*
 * Every block of code or output in the README and in docs/ is held to something that is run. The comment above it says to
 * what:
 *
 *   <!-- examples/x.ts -->                         some lines of that file, whole and one after the other
 *   <!-- output of examples/x.ts -->               all that it prints
 *   <!-- part of the output of examples/x.ts -->   some lines of that, one after the other
 *   <!-- session with examples/x.ts -->            what a terminal shows; a test of its own is about that
 *   <!-- example: x -->                            made by docs/format.ts; docs-format.test.ts is about that
 *
 * Two kinds need none: `sh`, which is commands to be typed, and a block without a language, which is a drawing.
 */

const blocks = pages.flatMap(blocksOf);
const place = ({ page, line }: Block) => `${page}:${line}`;
const isDrawing = ({ language, text }: Block) => language === '' && /[─│┌└▶▸▼▲←→]/.test(text);

const kinds = [
  ['output', /^output of (\S+)$/],
  ['part', /^part of the output of (\S+)$/],
  ['session', /^session with (\S+)$/],
  ['excerpt', /^((?:examples|test)\/\S+)$/],
] as const;

/** What the comment above a block holds it to. */
function heldTo(marker: string | undefined): { kind: (typeof kinds)[number][0]; file: string } | undefined {
  for (const [kind, pattern] of kinds) {
    const match = pattern.exec(marker ?? '');
    if (match !== null) return { kind, file: match[1]! };
  }
  return undefined;
}

const held = blocks.flatMap((block) => {
  const to = heldTo(block.marker);
  return to === undefined ? [] : [{ block, ...to }];
});
const files = [...new Set(held.map(({ file }) => file))].sort();

describe.each(pages)('%s', (page) => {
  test('has no block that nothing holds to what is true', () => {
    const free = blocksOf(page).filter(
      (block) =>
        block.language !== 'sh' &&
        !isDrawing(block) &&
        heldTo(block.marker) === undefined &&
        !(page === 'docs/format.md' && block.marker?.startsWith('example: ')),
    );
    expect(free.map(place)).toEqual([]);
  });

  test('has no comment about a block that is not there', () => {
    expect(strayMarkersOf(page).filter((marker) => heldTo(marker) !== undefined)).toEqual([]);
  });
});

/** The files of this folder that test something: what another of them runs needs not be run here. */
const tests = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.test.ts') && name !== 'docs-blocks.test.ts')
  .map((name) => read(`test/${name}`));

/** Whether another test is about a file, or about the folder that it is in. */
const hasOwnTest = (file: string) =>
  file.startsWith('test/') ||
  tests.some((text) => text.includes(file)) ||
  (!['examples', 'examples/guide'].includes(dirname(file)) && tests.some((text) => text.includes(dirname(file))));

/** Runs an example by itself, in a folder of its own, and gives what it has printed. */
async function printedBy(file: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'loopchart-example-'));
  try {
    const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
    const args = [`--import=${tsx}`, '--conditions=loopchart-source', '--disable-warning=ExperimentalWarning'];
    const { FORCE_COLOR: _, ...env } = process.env;
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [...args, join(root, file)], {
      cwd: folder,
      env: { ...env, NO_COLOR: '1' },
    });
    // An inspector says there where its page is.
    expect(stderr.replace(/^loopchart inspector: http\S+\n+/, '')).toBe('');
    return stdout.replace(/[ \t]+$/gm, '');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Expects lines to be among others, whole, in the same order and with nothing between them. */
function expectLinesIn(whole: string, block: Block): void {
  expect(block.text.trim(), place(block)).not.toBe('');
  expect(`\n${whole}\n`, place(block)).toContain(`\n${block.text.trimEnd()}\n`);
}

describe.each(files)('%s', (file) => {
  const about = held.filter((one) => one.file === file);
  const shows = (kind: string) => about.filter((one) => one.kind === kind).map(({ block }) => block);

  test('is shown as it is', () => {
    expect(existsSync(join(root, file)), about.map(({ block }) => place(block)).join(', ')).toBe(true);
    for (const block of shows('excerpt')) expectLinesIn(read(file), block);
  });

  const outputs = shows('output');
  const parts = shows('part');
  if (outputs.length + parts.length > 0 || !hasOwnTest(file)) {
    test('prints what the pages say', async () => {
      const printed = await printedBy(file);
      for (const block of outputs) expect(block.text, place(block)).toBe(printed);
      for (const block of parts) expectLinesIn(printed, block);
    });
  }

  // A terminal is more than what a program prints: somebody presses a key in it.
  if (shows('session').length > 0) {
    test('has a test for the session that is shown', () => {
      expect(tests.some((text) => text.includes(file) && text.includes('session with'))).toBe(true);
    });
  }

  test.runIf(/^examples\/(guide\/)?[\w-]+\.ts$/.test(file))('has at most 60 lines', () => {
    expect(read(file).trimEnd().split('\n').length).toBeLessThanOrEqual(60);
  });
});

test('every small example is shown in a page, or tested otherwise', () => {
  const small = ['examples', 'examples/guide']
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`))
    .filter((name) => name.endsWith('.ts'));
  expect(small.filter((file) => !files.includes(file) && !hasOwnTest(file))).toEqual([]);
});
