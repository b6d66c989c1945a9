import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Emulator } from './support/emulator.ts';
import { blocksOf, pages, root } from './support/pages.ts';
import { hasScript } from './support/script.ts';

/** What the pages show of a program that is interrupted and started again. */
const sessionsWith = (file: string) =>
  pages.flatMap(blocksOf).filter(({ marker }) => marker === `session with ${file}`);

const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const commandOf = (file: string) => [
  process.execPath,
  `--import=${tsx}`,
  '--conditions=loopchart-source',
  join(root, file),
];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loopchart-ctrl-c-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Starts a program; once it has printed something, it is interrupted. */
async function start(command: string[], until: string | undefined, interrupt: (child: ChildProcess) => void) {
  const { FORCE_COLOR: _, ...environment } = process.env;
  const env = { ...environment, NO_COLOR: '1', TERM: 'xterm' };
  const child = spawn(command[0]!, command.slice(1), { cwd: folder, stdio: 'pipe', env });
  const printed = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      const before = printed.stdout;
      printed[stream] += text;
      if (until !== undefined && !before.includes(until) && printed.stdout.includes(until)) interrupt(child);
    });
  }
  const [code] = await once(child, 'close');
  return { code, ...printed };
}

describe.skipIf(process.platform === 'win32')('examples/guide/while-resumable.ts', () => {
  test('interrupted and started again, goes on as the pages say', async () => {
    const command = commandOf('examples/guide/while-resumable.ts');
    const first = await start(command, 'sent to grace', (child) => void child.kill('SIGINT'));
    const second = await start(command, undefined, () => {});
    expect([first.code, second.code]).toEqual([130, 0]);
    const shown = sessionsWith('examples/guide/while-resumable.ts').map(({ text }) => text.trimEnd().split('\n'));
    expect(shown).not.toEqual([]);
    const isTold = (line: string) => line.startsWith('newsletter: ');
    // Where it was cut depends on the machine.
    const withoutCount = (line: string) => line.replace(/\d+ steps/, 'N steps');
    const told = `${first.stderr}${second.stderr}`.trimEnd().split('\n').map(withoutCount);
    for (const lines of shown) {
      const said = lines.filter((line) => !line.startsWith('$ '));
      expect(said.filter((line) => !isTold(line)).join('\n')).toBe(`${first.stdout}${second.stdout}`.trimEnd());
      expect(said.filter(isTold).map(withoutCount)).toEqual(told);
    }
  }, 60_000);
});

describe.skipIf(process.platform === 'win32')('examples/ctrl-c.ts, interrupted and started again', () => {
  const command = commandOf('examples/ctrl-c.ts');

  /** What the pages show, with an interruption after so many rows, and without the times. */
  function session(after: number): string[][] {
    const rows = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => `row ${from + i}`);
    const bar = (row: number) => '█'.repeat(5 * row).padEnd(30, '░');
    const percent = `${Math.floor((after / 6) * 100)} %`.padStart(5);
    return [
      [
        ...rows(1, after),
        `import  ${after} of 6  ${bar(after)} ${percent}  suspended in M:SS`,
        `import: suspended: SIGINT, after ${after} steps. Started again, it goes on from there.`,
      ],
      [
        `import: goes on in import, after ${after} steps.`,
        ...rows(after + 1, 6),
        `import  6 of 6  ${bar(6)} 100 %  finished in M:SS`,
        '6 rows',
      ],
    ];
  }

  const withoutTimes = (line: string) => line.replace(/\d+:\d\d/g, 'M:SS');

  test('goes on, as the pages say', async () => {
    const first = await start(command, 'row 3', (child) => void child.kill('SIGINT'));
    const second = await start(command, undefined, () => {});
    expect([first.code, second.code]).toEqual([130, 0]);
    // Where it was cut depends on the machine: the rows, one after the other, do not.
    expect(`${first.stdout}${second.stdout}`).toBe('row 1\nrow 2\nrow 3\nrow 4\nrow 5\nrow 6\n6 rows\n');
    expect(first.stderr).toMatch(/^import: suspended: SIGINT, after [3-5] steps\. Started again, /m);
    expect(second.stderr).toMatch(/^import: goes on in import, after [3-5] steps\.\n/);
    // A run that has finished stays finished.
    const third = await start(command, undefined, () => {});
    expect([third.code, third.stdout]).toEqual([0, '6 rows\n']);
  }, 60_000);

  test.skipIf(!hasScript())(
    'looks in a terminal as the pages show',
    async () => {
      const quoted = command.map((part) => `'${part}'`).join(' ');
      const inTerminal = ['script', '-qec', quoted, '/dev/null'];
      const shownBy = (stdout: string) => {
        const screen = new Emulator(80);
        screen.write(stdout.replaceAll('\r\n', '\n\r'));
        return screen.lines.map(withoutTimes);
      };
      // Ctrl-C, as a keyboard sends it.
      const first = await start(inTerminal, 'row 3', (child) => void child.stdin!.write('\x03'));
      const second = await start(inTerminal, undefined, () => {});
      expect([first.code, second.code]).toEqual([130, 0]);
      const after = Number(/after (\d) steps/.exec(first.stdout)![1]);
      expect([shownBy(first.stdout), shownBy(second.stdout)]).toEqual(session(after));
      const sessions = sessionsWith('examples/ctrl-c.ts');
      expect(sessions.map(({ page }) => page)).toContain('README.md');
      for (const { text } of sessions) {
        const starts = text.trimEnd().split('$ npx tsx import.ts\n').slice(1);
        expect(starts.map((start) => start.trimEnd().split('\n').map(withoutTimes))).toEqual(session(4));
      }
    },
    60_000,
  );
});
