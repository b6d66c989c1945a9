// @module-tag page

import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, stat, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { launch } from './support/chromium.ts';
import { buildPage, freshFolder } from './support/site.ts';

const page = join(import.meta.dirname, '../dist/inspector');
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

// On other systems the browser is opened by something that no PATH can lead away from.
test.runIf(process.platform === 'linux')(
  'the browser is opened on a file that only its owner may read, and that leads to the page',
  async () => {
    if (!existsSync(join(page, 'index.html'))) await buildPage(page);
    const { folder, remove } = await freshFolder('open');
    closing.push(remove);
    const told = join(folder, 'told');
    await writeFile(
      join(folder, 'xdg-open'),
      `#!/bin/sh\nprintf '%s\\n' "$@" > '${told}.part'\nmv '${told}.part' '${told}'\n`,
    );
    await chmod(join(folder, 'xdg-open'), 0o755);
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', '--conditions=loopchart-source', join(import.meta.dirname, 'programs/opened.ts')],
      {
        env: { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}` },
        stdio: ['pipe', 'ignore', 'pipe'],
      },
    );
    const exit = new Promise((resolve) => child.once('exit', resolve));
    closing.push(() => child.kill());
    let err = '';
    child.stderr.on('data', (data) => {
      err += data;
    });
    await expect.poll(() => existsSync(told)).toBe(true);
    // One argument, without the token: other users can see what a command is given.
    const [file, ...rest] = readFileSync(told, 'utf8').trimEnd().split('\n');
    expect(rest).toEqual([]);
    const [url] = err.match(/http:\S+/) ?? [];
    const { hash } = new URL(url!);
    expect(hash).toMatch(/^#token=[\w-]{32}$/);
    expect(file).not.toContain(hash.slice('#token='.length));
    expect((await stat(file!)).mode & 0o777).toBe(0o600);
    expect((await stat(dirname(file!))).mode & 0o777).toBe(0o700);

    const browser = await launch();
    closing.push(() => browser.close());
    const tab = await browser.newPage();
    await tab.goto(pathToFileURL(file!).href);
    // The page has the token and is let in.
    await expect.poll(() => tab.locator('.empty').allInnerTexts()).toEqual([expect.stringContaining('Connected to')]);
    await expect.poll(() => tab.locator('.source').getAttribute('class')).toBe('source live');
    expect(new URL(tab.url()).host).toBe(new URL(url!).host);

    child.stdin.end();
    expect(await exit).toBe(0);
    expect(existsSync(dirname(file!))).toBe(false);
  },
);
