import { execFile } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { Loop } from 'loopchart';
import { terminal } from 'loopchart/node';
import { describe, expect, test } from 'vitest';
import { Emulator } from './support/emulator.ts';
import { hasScript } from './support/script.ts';

/** A step waits until it is let go. */
class Gated extends Loop<number> {
  override state: { total: number; n: number; loss: number };
  step: () => void | Promise<void> = () => {};

  constructor(total: number) {
    super();
    this.state = { total, n: 0, loss: 1 };
  }

  get done() {
    return this.state.n >= this.state.total;
  }

  reset() {
    this.state.n = 0;
  }

  async advance() {
    await this.step();
    this.state.n++;
    this.state.loss /= 2;
  }

  override onRunEnd() {
    return this.state.n;
  }
}

class Epochs extends Gated {
  batches = new Gated(4);

  constructor() {
    super(2);
    this.step = async () => void (await this.batches.run());
  }
}

/** Waits until something is so. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}

const withoutTimes = (lines: string[]) =>
  lines.map((line) => line.replace(/\d+:\d\d/g, 'M:SS').replace(/ {2}[\d.,]+(\/s| s a step)/g, '  RATE'));

describe('in a terminal', () => {
  test('each running loop has a line, which the next one takes the place of, and the last state stays', async () => {
    const screen = new Emulator(100);
    const run = new Epochs().start({ paused: true });
    terminal(run, { stream: screen, plot: 'loss' });
    await run.step(3);
    await until(() => screen.lines.some((line) => line.includes('3 of 4')));
    expect(withoutTimes(screen.lines)).toEqual([
      expect.stringMatching(/^epochs {5}0 of 2 {2}░+ {3}0 %$/),
      expect.stringMatching(/^ {2}batches {2}3 of 4 {2}█+░+ {2}75 % {2}paused( {2}loss 0\.1250)?$/),
      expect.stringMatching(/^loss {2}[▁-█]+ {2}0\.1250 {2}\(0\.1250 to /),
    ]);
    await run.step(3);
    await until(() => screen.lines.some((line) => line.includes('2 of 4')));
    expect(screen.lines).toHaveLength(3);
    run.resume();
    await run.output;
    expect(withoutTimes(screen.lines)).toEqual([
      expect.stringMatching(/^epochs {2}2 of 2 {2}█+ 100 % {2}finished in M:SS( {2}loss 0\.2500)?$/),
      expect.stringMatching(/^loss {2}[▁-█]+ {2}0\.\d+ {2}\(0/),
    ]);
    // The next line of somebody else begins below.
    screen.write('and then');
    expect(screen.lines.at(-1)).toBe('and then');
    expect(Object.hasOwn(screen, 'write')).toBe(false);
  });

  test('what the program writes goes above; into a line that has not ended nobody paints', async () => {
    const screen = new Emulator(60);
    const run = new Epochs().start({ paused: true });
    terminal(run, { stream: screen });
    await run.step();
    await until(() => screen.lines.some((line) => line.includes('1 of 4')));
    screen.write('one\n');
    screen.write(Buffer.from('two\nthree\n'));
    expect(screen.lines).toEqual([
      'one',
      'two',
      'three',
      expect.stringMatching(/^epochs/),
      expect.stringMatching(/1 of 4/),
    ]);
    screen.write('Go on? ');
    await run.step();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(screen.lines).toEqual(['one', 'two', 'three', 'Go on?']);
    screen.write('\x1b[1myes\n\x1b[0m');
    await until(() => screen.lines.some((line) => line.includes('2 of 4')));
    expect(screen.lines.slice(0, 4)).toEqual(['one', 'two', 'three', 'Go on? yes']);
    run.resume();
    await run.output;
    expect(screen.lines).toHaveLength(5);
    expect(screen.lines[4]).toMatch(/^epochs .* finished in/);
  });

  test('a loop that waits says for what, in a terminal and in a line', async () => {
    class Asks extends Gated {
      override async advance() {
        await this.receive(`approval of ${this.state.n}`);
        this.state.n++;
      }
    }
    const screen = new Emulator(100);
    const file: string[] = [];
    const run = new Asks(2).start();
    terminal(run, { stream: screen });
    terminal(run, { stream: { write: (more: string) => void file.push(more) }, every: 1 });
    await until(() => /waits for receive\('approval of 0'\)/.test(screen.lines.join('\n')));
    await until(() => /0 of 2; waits for receive\('approval of 0'\)/.test(file.join('')));
    await run.give('approval of 0');
    await until(() => /waits for receive\('approval of 1'\)/.test(screen.lines.join('\n')));
    await run.give('approval of 1');
    await run.output;
    await until(() => /finished/.test(screen.lines.join('\n')));
    expect(screen.lines.join('\n')).not.toContain('waits for');
  });

  test('a window that changes, and one that says it has no columns', async () => {
    const screen = new Emulator(120);
    const run = new Epochs().start({ paused: true });
    const shown = terminal(run, { stream: screen });
    await run.step();
    for (const columns of [30, 0, 12, 80]) {
      await until(() => screen.lines.length === 2);
      screen.columns = columns;
      const before = screen.sent.length;
      await until(() => screen.sent.length > before);
    }
    expect(screen.lines.at(-1)).toMatch(/^ {2}batches {2}1 of 4 /);
    shown.close();
    const { length } = screen.sent;
    run.resume();
    await run.output;
    expect(screen.sent).toHaveLength(length);
  });

  test('several runs share it, each under its id', async () => {
    const screen = new Emulator(80);
    const runs = ['a', 'b'].map((id) => new Epochs().start({ id, paused: true }));
    for (const run of runs) terminal(run, { stream: screen });
    await Promise.all(runs.map((run) => run.step()));
    await until(() => screen.lines.length === 4);
    expect(screen.lines.filter((line) => line.startsWith('epochs')).map((line) => line.slice(0, 10))).toEqual([
      'epochs (a)',
      'epochs (b)',
    ]);
    runs[1]!.resume();
    await runs[1]!.output;
    await until(() => screen.lines.length === 3);
    expect(screen.lines[0]).toMatch(/^epochs \(b\) .* finished in/);
    await runs[0]!.suspend();
    expect(screen.lines.map((line) => line.split(' ')[0])).toEqual(['epochs', 'epochs', '']);
    expect(screen.lines[1]).toMatch(/suspended in/);
    expect(screen.lines[2]).toMatch(/^ {2}batches +1 of 4 .* paused/);
  });

  test('of 60 side by side, those that are furthest behind, those that have failed, and how many more there are', async () => {
    class Sweep extends Gated {
      folds = Array.from({ length: 60 }, () => new Gated(100));

      constructor() {
        super(1);
        this.step = async () => void (await Promise.allSettled(this.folds.map((fold) => fold.run())));
      }
    }
    const sweep = new Sweep();
    let open!: () => void;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    for (const [i, fold] of sweep.folds.entries()) {
      fold.step = async () => {
        if (fold.state.n === (i === 33 ? 3 : 5 + i)) await gate;
        if (i === 7 && fold.state.n === 2) throw new RangeError('fold 7\n\x1b[31mis bad');
      };
    }
    const screen = new Emulator(80, 14);
    const run = sweep.start();
    terminal(run, { stream: screen });
    await until(() => screen.lines.some((line) => line.includes('folds.0 ') && line.includes('5 of 100')));
    const { lines } = screen;
    expect(lines.length).toBeLessThanOrEqual(12);
    expect(lines[0]).toMatch(/^sweep/);
    expect(lines.some((line) => /^ {2}folds\.33 +3 of 100 /.test(line))).toBe(true);
    expect(lines).toContain('  folds.7   failed: RangeError: fold 7 is bad');
    expect(lines.at(-1)).toMatch(/^ {2}… \d+ more run$/);
    const shown = lines.filter((line) => /^ {2}folds\.\d+ +\d+ of/.test(line)).length;
    expect(lines.at(-1)).toBe(`  … ${59 - shown} more run`);
    open();
    await run.output;
    expect(screen.lines).toHaveLength(1);
  });

  test('colours where the terminal has them, none with NO_COLOR', async () => {
    const paint = async (noColor: string) => {
      const before = process.env.NO_COLOR;
      process.env.NO_COLOR = noColor;
      try {
        const screen = Object.assign(new Emulator(80), { hasColors: () => true });
        const run = new Gated(3).start();
        terminal(run, { stream: screen });
        await run.output;
        return screen;
      } finally {
        if (before === undefined) delete process.env.NO_COLOR;
        else process.env.NO_COLOR = before;
      }
    };
    const [plain, colored] = [await paint('1'), await paint('')];
    expect(colored.sent).toContain('\x1b[36m█');
    expect(plain.sent).not.toContain('m█');
    expect(withoutTimes(colored.lines)).toEqual(withoutTimes(plain.lines));
  });
});

describe('where nothing can be repainted', () => {
  test('a line each time that something has changed, and one when the run has ended', async () => {
    let text = '';
    const stream = {
      write(more: string) {
        text += more;
      },
    };
    const run = new Epochs().start({ paused: true });
    terminal(run, { stream, every: 5 });
    await run.step(2);
    await until(() => text.includes('2 of 4'));
    const { length } = text;
    await new Promise((resolve) => setTimeout(resolve, 50));
    // Nothing has changed but the time.
    expect(text).toHaveLength(length);
    run.resume();
    await run.output;
    const lines = text.trimEnd().split('\n');
    expect(lines.some((line) => /^\d:\d\d {2}epochs 0 of 2, batches 2 of 4; paused/.test(line))).toBe(true);
    expect(lines.at(-1)).toMatch(/^\d:\d\d {2}epochs 2 of 2; finished/);
    expect(text).toBe(stripVTControlCharacters(text));
  });
});

describe('the run has nothing to do with', () => {
  test.for<[string, (screen: Emulator & EventEmitter) => void]>([
    [
      'a stream that throws',
      (screen) =>
        Object.assign(screen, {
          write: () => {
            throw new Error('gone');
          },
        }),
    ],
    [
      'one whose reader goes away',
      (screen) => screen.emit('error', Object.assign(new Error('EPIPE'), { code: 'EPIPE' })),
    ],
    [
      'one that throws when it is asked for its width',
      (screen) =>
        Object.defineProperty(screen, 'columns', {
          get() {
            throw new Error('no');
          },
        }),
    ],
  ])('%s', async ([, breakIt]) => {
    for (const isTTY of [true, false]) {
      const screen = Object.assign(new EventEmitter(), {
        write: (_: string, written?: () => void) => void written?.(),
        isTTY,
        columns: 80,
      }) as never as Emulator & EventEmitter;
      const run = new Gated(5).start({ paused: true });
      terminal(run, { stream: screen, every: 5 });
      await run.step();
      breakIt(screen);
      await new Promise((resolve) => setTimeout(resolve, 250));
      await run.step();
      run.resume();
      expect(await run.output).toBe(5);
    }
  });

  test('a reader that has stalled: nothing is piled up for it', async () => {
    let writes = 0;
    const stream = { isTTY: true, columns: 80, writableNeedDrain: true, write: () => void writes++ };
    const run = new Gated(5).start({ paused: true });
    terminal(run, { stream });
    await run.step(2);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(writes).toBe(0);
    run.resume();
    expect(await run.output).toBe(5);
  });

  test('many that are shown on one stream: its listeners are few, and none are left', async () => {
    const stream = Object.assign(new EventEmitter(), { write: (_: string, written?: () => void) => void written?.() });
    const runs = Array.from({ length: 30 }, () => new Gated(2).start({ paused: true }));
    for (const run of runs) terminal(run, { stream });
    expect(stream.listenerCount('error')).toBe(1);
    for (const run of runs) run.resume();
    await Promise.all(runs.map((run) => run.output));
    await until(() => stream.listenerCount('error') === 0);
  });

  test('being shown when it has ended already', async () => {
    for (const end of ['finishes', 'is suspended', 'is aborted']) {
      const run = new Gated(2).start({ paused: true });
      await run.step();
      if (end === 'finishes') run.resume();
      else if (end === 'is suspended') await run.suspend();
      else run.abort('enough');
      const { status } = await run.outcome;
      const screen = new Emulator(80);
      terminal(run, { stream: screen });
      await until(() => screen.lines.length > 0);
      expect(screen.lines[0]).toContain(status);
    }
  });
});

test('bad options are refused by name', () => {
  const run = new Gated(1).start();
  const bad: [object, string][] = [
    [{ colour: true }, 'options among stream, plot, every, got `"colour"`'],
    [{ stream: {} }, '`stream` to have write, got `{}`'],
    [{ plot: '' }, '`plot` to be the name of a number, got `""`'],
    [{ every: 0 }, '`every` to be milliseconds from 1'],
    [{ every: Infinity }, '`every` to be milliseconds from 1'],
  ];
  for (const [options, text] of bad) expect(() => terminal(run, options)).toThrow(text);
  expect(() => terminal({} as never)).toThrow('terminal expected a run');
});

describe('a program', () => {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const file = join(import.meta.dirname, 'programs/terminal.ts');
  const command = [process.execPath, `--import=${tsx}`, '--conditions=loopchart-source', file];

  function start(what: string) {
    return new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
      execFile(command[0]!, [...command.slice(1), what], (error, stdout, stderr) =>
        resolve({ code: error?.code ?? 0, stdout, stderr }),
      );
    });
  }

  test('has its own output to itself, ends by itself, and a failure that it does not handle ends it as always', async () => {
    const ends = await start('ends');
    expect(ends).toMatchObject({ code: 0, stdout: 'step 5\nstep 10\nstep 15\nstep 20\n' });
    expect(ends.stderr).toMatch(/\d:\d\d {2}steps 20 of 20; finished\n$/);
    const fails = await start('fails');
    expect(fails.code).toBe(1);
    expect(fails.stderr).toMatch(/steps 9 of 20; failed; n 10\n/);
    expect(fails.stderr).toContain('TypeError: the line is down');
    expect(await start('paused')).toMatchObject({ code: 0, stdout: '' });
  }, 60_000);

  test.skipIf(!hasScript())(
    'in a real terminal without a size its output stands above the last state',
    async () => {
      const { stdout } = await new Promise<{ stdout: string }>((resolve) => {
        const quoted = [...command, 'ends'].map((part) => `'${part}'`).join(' ');
        execFile('script', ['-qec', quoted, '/dev/null'], { maxBuffer: 1 << 24 }, (_, stdout) => resolve({ stdout }));
      });
      const screen = new Emulator(80);
      screen.write(stdout.replaceAll('\r\n', '\n\r'));
      expect(withoutTimes(screen.lines)).toEqual([
        'step 5',
        'step 10',
        'step 15',
        'step 20',
        expect.stringMatching(/^steps {2}20 of 20 {2}█+ 100 % {2}finished in M:SS$/),
      ]);
    },
    60_000,
  );
});
