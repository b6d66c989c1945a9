import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify, stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { findChromium, installedChromiums } from './browser/find.ts';
import { installChromium } from './browser/install.ts';
import { makeWhole } from './browser/make-whole.ts';

/** The one that these tests run with. */
const real = process.env.CHROMIUM!;
const root = join(import.meta.dirname, '..');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loopchart-chromium-'));
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** A folder with a program of this name. */
function program(place: string, name: string, script: string, mode = 0o755): string {
  mkdirSync(join(folder, place), { recursive: true });
  const path = join(folder, place, name);
  writeFileSync(path, script, { mode });
  return path;
}

const notToBeHad = () => Promise.reject(new Error('npm has none'));
const notAsked = () => Promise.reject(new Error('asked npm'));

describe.skipIf(process.platform === 'win32')('the Chromium of the tests', () => {
  test('the installed ones: Chromium before Chrome, of the same name as PATH has it, programs only', () => {
    const chrome = program('a', 'google-chrome', '');
    const second = program('b', 'chromium', '');
    const first = program('a', 'chromium', '');
    program('c', 'chromium', '', 0o644);
    mkdirSync(join(folder, 'd/chromium'), { recursive: true });
    const PATH = ['c', 'd', 'a', 'b', 'nowhere'].map((name) => join(folder, name)).join(delimiter) + delimiter;
    expect(installedChromiums({ PATH }, 'freebsd')).toEqual([first, second, chrome]);
    expect(installedChromiums({}, 'freebsd')).toEqual([]);
  });

  test('is the one that CHROMIUM names', async () => {
    expect(await findChromium(real, [], notAsked)).toBe(real);
  });

  test('is the first of the installed ones that starts', async () => {
    const snap = program('a', 'chromium', '#!/bin/sh\necho "install the snap" >&2\nexit 1\n');
    const good = program('b', 'chromium', `#!/bin/sh\nexec '${real}' "$@"\n`);
    expect(await findChromium('', [snap, good, real], notAsked)).toBe(good);
  });

  test('is the one from npm where none is installed', async () => {
    expect(await findChromium('', [program('a', 'chromium', '#!/bin/sh\nexit 1\n')], async () => real)).toBe(real);
  });

  test('where none can be had, one line says what was tried and what to install', async () => {
    const snap = program('a', 'chromium', '#!/bin/sh\necho "install the snap" >&2\nexit 1\n');
    const complaint = await findChromium('', [snap], notToBeHad).catch((error) => error.message);
    expect(complaint).toContain(`${snap} does not start (install the snap); npm has none. Install Chromium or Chrome`);
    expect(complaint).not.toContain('\n');
  });

  test('one that CHROMIUM names and that does not start is an error, whatever else is installed', async () => {
    const wrong = join(folder, 'chromium');
    await expect(findChromium(wrong, [real], notAsked)).rejects.toThrow(
      `got none: ${wrong}, which CHROMIUM names, does not start (ENOENT: no such file or directory, access '${wrong}').`,
    );
  });

  test('a run of the tests without one ends at once with that line, and leaves no folder behind', async () => {
    const vitest = join(root, 'node_modules/vitest/vitest.mjs');
    const env = { ...process.env, CHROMIUM: '/nowhere/chromium', TMPDIR: folder, VITEST: '', NO_COLOR: '1' };
    const run = promisify(execFile)(process.execPath, [vitest, 'run', 'test/progress.test.ts'], { cwd: root, env });
    const { code, stdout, stderr } = await run.catch((error) => error);
    expect(code).toBe(1);
    expect(stderr.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^Expected a Chromium .*got none: \/nowhere\/chromium.* Install Chromium or Chrome/),
    ]);
    expect(stripVTControlCharacters(stdout)).not.toContain('progress.test.ts');
    expect(readdirSync(folder).filter((name) => name.startsWith('playwright'))).toEqual([]);
  });
});

// For other systems npm has none, and is not asked.
test.runIf(process.platform === 'linux' && process.arch === 'x64')(
  'what npm says when it cannot be reached is said in one line, and nothing half-done stays',
  async () => {
    vi.stubEnv('npm_config_registry', 'http://127.0.0.1:1/');
    vi.stubEnv('npm_config_fetch_retries', '0');
    vi.stubEnv('npm_config_cache', join(folder, 'cache'));
    const said = vi.spyOn(console, 'log').mockImplementation(() => {});
    const complaint = await installChromium(join(folder, 'browser/chromium')).catch((error) => error.message);
    said.mockRestore();
    expect(complaint).toMatch(/^npm did not get one \(.*ECONNREFUSED.*\)$/);
    expect(readdirSync(join(folder, 'browser'))).toEqual([]);
  },
);

describe('a folder that is made whole', () => {
  const make = (text: string, meanwhile?: () => Promise<void>) =>
    makeWhole(join(folder, 'made'), async (part) => {
      writeFileSync(join(part, 'one'), text);
      await meanwhile?.();
      writeFileSync(join(part, 'two'), text);
    });
  const made = () => ['one', 'two'].map((name) => readFileSync(join(folder, 'made', name), 'utf8'));

  test('does not have its name before it is whole', async () => {
    await make('x', async () => expect(existsSync(join(folder, 'made'))).toBe(false));
    expect(made()).toEqual(['x', 'x']);
  });

  test('is the first one’s where two make it at once', async () => {
    await make('slow', () => make('quick'));
    expect(made()).toEqual(['quick', 'quick']);
    expect(readdirSync(folder)).toEqual(['made']);
  });

  test('leaves nothing when it cannot be filled', async () => {
    await expect(make('x', () => Promise.reject(new Error('disk full')))).rejects.toThrow('disk full');
    expect(readdirSync(folder)).toEqual([]);
  });

  test('is rid of what a process that was killed has left, and leaves what another is at work on', async () => {
    const { pid } = await new Promise<{ pid: number | undefined }>((resolve) => {
      const child = execFile(process.execPath, ['--version'], () => resolve({ pid: child.pid }));
    });
    mkdirSync(join(folder, `made.part-${pid}-abc`));
    mkdirSync(join(folder, `made.part-${process.pid}-abc`));
    await make('x');
    expect(readdirSync(folder)).toEqual(['made', `made.part-${process.pid}-abc`]);
  });
});
