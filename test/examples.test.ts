import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
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
  }

  test.for(['count', 'ctrl-c', 'nested', 'resume', 'replay', 'embed', 'labelled-end'])(
    'examples/%s.ts has at most 60 lines',
    (name) => {
      const lines = readFileSync(join(root, `examples/${name}.ts`), 'utf8')
        .trimEnd()
        .split('\n');
      expect(lines.length).toBeLessThanOrEqual(60);
    },
  );

  test('count.ts, ctrl-c.ts, resume.ts, replay.ts and embed.ts are in the README as they are', () => {
    for (const name of ['count', 'ctrl-c', 'resume', 'replay', 'embed']) {
      const whole = readFileSync(join(root, `examples/${name}.ts`), 'utf8');
      const part = shown(`examples/${name}.ts`).trimEnd();
      // An excerpt is a run of whole lines.
      expect(`\n${whole}\n`).toContain(`\n${part}\n`);
    }
  });
});

test.skipIf(process.platform === 'win32')(
  'examples/ctrl-c.ts, interrupted and started again, goes on as the README shows',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'loopchart-ctrl-c-'));
    const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
    /** Starts it, presses Ctrl-C after a line, if one is given, and gives what it printed and its exit code. */
    async function start(until?: string) {
      const args = [`--import=${tsx}`, '--conditions=loopchart-source', join(root, 'examples/ctrl-c.ts')];
      const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
      const exit = once(child, 'exit');
      let complaints = '';
      child.stderr.on('data', (text) => {
        complaints += text;
      });
      const printed: string[] = [];
      for await (const line of createInterface(child.stdout)) {
        printed.push(line.trimEnd());
        if (line === until) child.kill('SIGINT');
      }
      expect(complaints).toBe('');
      return { printed, code: (await exit)[0] };
    }

    try {
      const [first, second] = [await start('row 3'), await start()];
      expect([first.code, second.code]).toEqual([0, 0]);
      expect(first.printed.pop()).toBe('suspended');
      expect(first.printed.length).toBeLessThan(6);
      // Where it was cut depends on the machine: the rows, one after the other, do not.
      const session = shown('session with examples/ctrl-c.ts').trimEnd().split('\n');
      const rows = session.filter((line) => !/^(\$ |\^C$|suspended$)/.test(line));
      expect([...first.printed, ...second.printed]).toEqual(rows);
      // A run that has finished stays finished.
      expect((await start()).printed).toEqual(['finished 6 rows']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
