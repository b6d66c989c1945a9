import { MisconfigurationError } from '../../data/errors.ts';
import { shown } from '../../data/shown.ts';
import type { LoopRun } from '../../run/run.ts';
import { Display } from './display.ts';
import type { Output } from './screen.ts';

/** What `terminal` takes. */
export interface TerminalOptions {
  /** Where to. Default: `process.stderr`, so that a program's output stays apart. */
  stream?: Output;
  /**
   * A number to draw over time: its name in the state of a running loop, `loss`, with as much of the loop's path before it
   * as is needed to tell it, `epoch.batches.loss`. Where several loops have it, the innermost is drawn, and of several side
   * by side the first. Default: none.
   */
  plot?: string;
  /** Milliseconds between two lines where there is no terminal to repaint. Default: 5000. */
  every?: number;
}

/** What shows a run. */
export interface Terminal {
  /** Shows no more. What was shown last stays. Without it, the end of the run does that. */
  close(): void;
}

/**
 * Shows where a run stands, on stderr: a line per running loop with its steps, how many of them there will be (a number
 * called `total` in its state says so), how fast it takes them, how long the rest will take, and the numbers at the top of
 * its state that have changed. Of many loops side by side, the slowest are shown and those that have failed.
 *
 * In a terminal these lines are repainted ten times a second at most, and what the program writes to stdout or stderr
 * meanwhile goes above them. Into a file or a pipe, and where `TERM` is `dumb`, one line is written every few seconds if
 * something has changed. `NO_COLOR` is respected. When the run ends, what is shown last stays.
 *
 * It looks at the run from outside and needs nothing of the loops. Nothing that happens here reaches the run: where the
 * stream fails or is closed, nothing more is shown; it keeps no process alive; where looking takes long, it looks less often.
 * @throws MisconfigurationError for a bad option
 *
 * @example
 * const run = new Fit().start();
 * terminal(run, { plot: 'loss' });
 * await run.output;
 */
export function terminal(run: LoopRun<unknown>, options: TerminalOptions = {}): Terminal {
  check(run, options);
  const { stream = process.stderr, plot, every = 5000 } = options;
  const display = new Display(run, { output: stream, plot, every });
  return { close: () => display.close() };
}

const known = ['stream', 'plot', 'every'];

function check(run: LoopRun<unknown>, options: TerminalOptions): void {
  const wrong = (expected: string, got: unknown) =>
    new MisconfigurationError(`terminal expected ${expected}, got \`${shown(got)}\`.`);
  if (typeof run?.actor?.subscribe !== 'function') throw wrong('a run, as `start` returns it', run);
  if (typeof options !== 'object' || options === null) throw wrong('options to be an object', options);
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw wrong(`options among ${known.join(', ')}`, name);
  }
  const { stream, plot, every } = options;
  if (stream !== undefined && typeof stream?.write !== 'function') throw wrong('`stream` to have write', stream);
  if (plot !== undefined && (typeof plot !== 'string' || plot === ''))
    throw wrong('`plot` to be the name of a number', plot);
  // A timer that is to wait longer fires at once.
  if (every !== undefined && !(typeof every === 'number' && every >= 1 && every <= 2 ** 30)) {
    throw wrong(`\`every\` to be milliseconds from 1 to ${2 ** 30}`, every);
  }
}
