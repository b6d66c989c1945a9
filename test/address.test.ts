import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { addressOf, readmeAt } from '../docs/address.ts';

const root = join(import.meta.dirname, '..');
let folder: string;

/** The command, in a folder with copies of the two files that it changes. */
async function address(...args: string[]): Promise<{ code: number; stderr: string }> {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const command = [`--import=${tsx}`, join(root, 'docs/address.ts'), ...args];
  return promisify(execFile)(process.execPath, command, { cwd: folder }).then(
    ({ stderr }) => ({ code: 0, stderr }),
    ({ code, stderr }) => ({ code, stderr }),
  );
}

const read = (name: string) => readFileSync(join(folder, name), 'utf8');
/** Where each picture of the README is looked for. */
const pictures = () => read('README.md').match(/[^"\s(]+\.(png|svg)/g)!;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loopchart-address-'));
  for (const name of ['package.json', 'README.md']) copyFileSync(join(root, name), join(folder, name));
});

afterEach(() => rmSync(folder, { recursive: true }));

test('the address of the repository is said once, and changed in the same way', async () => {
  for (const place of ['https://github.com/ada/loopchart', 'https://codeberg.org/grace/loops']) {
    expect(await address(`${place}.git`)).toEqual({ code: 0, stderr: '' });
    const { homepage, bugs, repository } = JSON.parse(read('package.json'));
    expect({ homepage, bugs, repository }).toEqual({
      homepage: `${place}#readme`,
      bugs: `${place}/issues`,
      repository: { type: 'git', url: `git+${place}.git` },
    });
    expect(pictures()).toEqual(
      ['chart.svg', 'inspector-dark.png', 'inspector-light.png', 'compare-light.png'].map(
        (name) => `${place}/raw/HEAD/docs/${name}`,
      ),
    );
    expect(await address('--is-known')).toEqual({ code: 0, stderr: '' });
  }
});

test('nothing else is changed', async () => {
  const [manifest, readme] = ['package.json', 'README.md'].map(read);
  await address('https://github.com/ada/loopchart');
  const { homepage, bugs, repository } = JSON.parse(manifest!);
  const changed = { ...JSON.parse(read('package.json')), homepage, bugs, repository };
  expect(`${JSON.stringify(changed, null, 2)}\n`).toBe(manifest);
  expect(read('README.md').replaceAll('https://github.com/ada/loopchart/raw/HEAD/', '')).toBe(
    readme!.replaceAll(/https:[^"\s)]+\/raw\/HEAD\//g, ''),
  );
});

test('what is no address is refused, and nothing is changed', async () => {
  const before = ['package.json', 'README.md'].map(read);
  for (const wrong of [[], ['loopchart'], ['http://github.com/ada/loopchart'], ['https://github.com']]) {
    const { code, stderr } = await address(...wrong);
    expect(code).toBe(1);
    const got = wrong.length === 0 ? 'none' : `\`${wrong[0]}\``;
    expect(stderr).toBe(
      `Expected the address of the repository, such as https://github.com/OWNER/loopchart, got ${got}.\n`,
    );
  }
  expect(['package.json', 'README.md'].map(read)).toEqual(before);
});

test('package.json and the README agree: both have the address, or neither has and nothing can be published', async () => {
  const known = addressOf(read('package.json'));
  const readme = read('README.md');
  const { code, stderr } = await address('--is-known');
  if (known === undefined) {
    expect(pictures().filter((picture) => !picture.startsWith('docs/'))).toEqual([]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('npm run address -- https://') });
  } else {
    expect(readmeAt(known, readme)).toBe(readme);
    expect(code).toBe(0);
  }
  expect(JSON.parse(read('package.json')).scripts.prepublishOnly).toContain('docs/address.ts --is-known');
});
