import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { pages, read, root } from './support/pages.ts';
import { codeIn, rowsOf } from './support/tables.ts';

const { scripts } = JSON.parse(read('package.json'));

/** The names under which the headings of a page can be linked to. */
function anchorsOf(page: string): string[] {
  const headings = [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, text]) => text!);
  return headings.map((text) =>
    text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe.each(pages)('%s', (page) => {
  test('leads to files and headings that are there', () => {
    const links = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!);
    for (const link of links.filter((one) => !/^[a-z]+:/.test(one))) {
      const [file, anchor] = link.split('#') as [string, string?];
      const target = file === '' ? page : join(dirname(page), file);
      expect(existsSync(join(root, target)), link).toBe(true);
      if (anchor !== undefined) expect(anchorsOf(target), link).toContain(anchor);
    }
  });

  test('names scripts that there are', () => {
    const named = [...read(page).matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name!);
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(named));
  });
});

test('the README is the way in: at most 200 lines', () => {
  expect(read('README.md').trimEnd().split('\n').length).toBeLessThanOrEqual(200);
});

test('the guide explains each code of a LoopError', () => {
  const union = read('src/data/errors.ts').match(/type LoopErrorCode =([^;]+);/)![1]!;
  const codes = [...union.matchAll(/'(\w+)'/g)].map(([, code]) => code!);
  expect(codes).toContain('RESUME_MISMATCH');
  const explained = rowsOf(read('docs/guide/errors.md'), 'codes').flatMap(([first]) => codeIn(first!));
  expect(explained).toEqual(codes);
});

test('CONTRIBUTING.md tells of test files that there are', () => {
  const rows = read('CONTRIBUTING.md').matchAll(/^ {2}\| (`.+?) \|/gm);
  const patterns = [...rows].flatMap(([, cell]) => [...cell!.matchAll(/`([\w*-]+)`/g)].map(([, pattern]) => pattern!));
  expect(patterns).toContain('loop-*');
  const files = readdirSync(join(root, 'test'));
  for (const pattern of patterns) {
    const name = new RegExp(`^${pattern.replace('*', '[\\w-]*')}\\.test\\.ts$`);
    expect(
      files.filter((file) => name.test(file)),
      pattern,
    ).not.toEqual([]);
  }
});
