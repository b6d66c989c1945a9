import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** What the README shows under `<!-- name -->`: the block of code or text that follows. */
function shown(name: string): string {
  const from = readme.indexOf(`<!-- ${name} -->`);
  expect(from, `<!-- ${name} --> in the README`).toBeGreaterThan(-1);
  return readme.slice(from).match(/```\w*\n([\s\S]*?)```/)![1]!;
}

describe('each small example', () => {
  for (const name of ['count', 'nested', 'resume', 'replay', 'embed', 'labelled-end']) {
    const file = `examples/${name}.ts`;

    test(`${file} prints what the README says`, async () => {
      const args = ['--import', 'tsx', '--conditions=loopchart-source', file];
      const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: root });
      expect(stderr).toBe('');
      const printed = stdout.replace(/[ \t]+$/gm, '');
      expect(shown(`output of ${file}`)).toBe(printed);
    });

    test(`${file} has at most 60 lines`, () => {
      expect(readFileSync(join(root, file), 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(60);
    });
  }

  test('count.ts, resume.ts, replay.ts and embed.ts are in the README as they are', () => {
    for (const name of ['count', 'resume', 'replay', 'embed']) {
      const whole = readFileSync(join(root, `examples/${name}.ts`), 'utf8');
      const part = shown(`examples/${name}.ts`).trimEnd();
      // An excerpt is a run of whole lines.
      expect(`\n${whole}\n`).toContain(`\n${part}\n`);
    }
  });
});
