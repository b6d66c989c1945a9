import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isOutdated } from '../build-page.ts';

let folder: string;
let page: string;
let source: string;
const day = (n: number) => new Date(Date.UTC(2026, 0, n));

/** A page that was built on the 10th from a folder that was changed last on the 5th. */
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loopchart-build-page-'));
  page = join(folder, 'index.html');
  source = join(folder, 'source');
  mkdirSync(join(source, 'views/node_modules'), { recursive: true });
  for (const file of ['main.ts', 'views/log.ts', 'views/node_modules/preact.js']) writeFileSync(join(source, file), '');
  for (const path of ['main.ts', 'views/log.ts', 'views', '']) utimesSync(join(source, path), day(5), day(5));
  writeFileSync(page, '');
  utimesSync(page, day(10), day(10));
});

afterEach(() => rmSync(folder, { recursive: true }));

describe('npm start builds the page', () => {
  test('not when it is newer than all that it is made of', () => {
    expect(isOutdated(page, [source])).toBe(false);
  });

  test('when there is none', () => {
    rmSync(page);
    expect(isOutdated(page, [source])).toBe(true);
  });

  test('when a file was changed, in any folder', () => {
    utimesSync(join(source, 'views/log.ts'), day(11), day(11));
    expect(isOutdated(page, [source])).toBe(true);
  });

  test('when a file was removed', () => {
    rmSync(join(source, 'views/log.ts'));
    expect(isOutdated(page, [source])).toBe(true);
  });

  test('when a single file beside the folders was changed', () => {
    const config = join(folder, 'vite.config.ts');
    writeFileSync(config, '');
    expect(isOutdated(page, [source, config])).toBe(true);
  });
});
