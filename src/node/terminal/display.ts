import type { LoopContext } from '../../chart/context.ts';
import type { LoopRun } from '../../run/run.ts';
import { now } from '../../time/clock.ts';
import { block, line, type Picture } from './block.ts';
import { onFault } from './faults.ts';
import { Looks } from './looks.ts';
import type { Output } from './screen.ts';
import { type Shared, share } from './shared.ts';
import { Series } from './spark.ts';
import { numberAt, type Standing } from './standing.ts';
import { clean } from './text.ts';

/** Milliseconds from one painting to the next, at least. */
const frameMs = 100;
/** Looking and painting take no more of the process's time than one part in so many… */
const parts = 20;
/** … but for once in so many milliseconds. */
const longestMs = 500;

/** The machine's own, also where a test has put a fake in its place later. */
const { setTimeout, clearTimeout } = globalThis;

/** Shows one run, until that has ended. */
export class Display {
  readonly #run: LoopRun<unknown>;
  readonly #options: { output: Output; plot: string | undefined; every: number };
  readonly #looks: Looks;
  readonly #series = new Series();
  readonly #since = now();
  /** `undefined`: a file, a pipe, a terminal that cannot move its cursor. */
  readonly #place: Shared | undefined;
  /** Milliseconds from one look to the next, at least. */
  readonly #every: number;
  readonly #forgetFaults: () => void;
  #unsubscribe: () => void = () => {};
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** What the last look and painting took, in milliseconds. */
  #took = 0;
  #lastSteps = -1;
  /** The last line that was written, without the time. */
  #lastLine = '';
  #closed = false;

  constructor(run: LoopRun<unknown>, options: { output: Output; plot: string | undefined; every: number }) {
    this.#run = run;
    this.#options = options;
    this.#looks = new Looks(run);
    const { output } = options;
    this.#forgetFaults = onFault(output, () => this.#leave());
    const repaints = output.isTTY === true && process.env.TERM !== 'dumb';
    this.#place = repaints ? share(output) : undefined;
    const end = () => this.#end();
    const subscription = run.actor.subscribe({ error: end, complete: end });
    this.#unsubscribe = () => subscription.unsubscribe();
    // Of an actor that had been stopped before, a subscription tells nothing.
    void run.settled.then(end);
    this.#every = this.#place === undefined ? options.every : frameMs;
    if (!this.#closed) this.#next(this.#every);
    else this.#unsubscribe();
  }

  /** Shows it once more, and then no more. */
  close(): void {
    if (this.#closed) return;
    this.#show(undefined);
    this.#leave();
  }

  #end(): void {
    if (this.#closed) return;
    this.#show(this.#ending());
    this.#leave();
  }

  #leave(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#unsubscribe();
    try {
      this.#place?.leave();
    } catch {
      // There is nobody to be told.
    }
    this.#forgetFaults();
  }

  #next(ms: number): void {
    this.#timer = setTimeout(() => {
      const before = now();
      this.#show(undefined);
      if (this.#closed) return;
      const took = now() - before;
      // The lesser of two: the first look of all is slow, and so is one that the machine has interrupted.
      const wait = Math.min(longestMs, Math.min(took, this.#took) * parts);
      this.#took = took;
      this.#next(Math.max(this.#every, wait));
    }, ms);
    this.#timer.unref();
  }

  /** Whatever goes wrong here, the run has nothing to do with it. */
  #show(ended: string | undefined): void {
    // Somebody does not read: nothing is piled up for them.
    if (this.#options.output.writableNeedDrain === true && ended === undefined) return;
    let picture: Picture;
    try {
      picture = this.#picture(ended);
    } catch {
      return;
    }
    try {
      if (this.#place === undefined) this.#writeLine(picture);
      else this.#place.paint((window) => block(picture, window));
    } catch {
      this.#leave();
    }
  }

  #writeLine(picture: Picture): void {
    const text = line(picture);
    const told = text.slice(text.indexOf(' '));
    if (told === this.#lastLine) return;
    this.#lastLine = told;
    this.#options.output.write(`${text}\n`);
  }

  #picture(ended: string | undefined): Picture {
    const time = now();
    const { root, progress } = this.#looks.look(time);
    const { plot } = this.#options;
    if (plot !== undefined && (progress.steps !== this.#lastSteps || ended !== undefined)) {
      const value = plotted(plot.split('.'), root);
      if (value !== undefined) this.#series.add(value);
    }
    this.#lastSteps = progress.steps;
    const several = (this.#place?.count ?? 1) > 1;
    return {
      root,
      elapsed: (time - this.#since) / 1000,
      ended,
      plot: plot === undefined ? undefined : { name: clean(plot), series: this.#series },
      id: several ? clean(this.#run.id) : undefined,
    };
  }

  #ending(): string {
    const { status, value, context } = this.#run.actor.getSnapshot() as {
      status: string;
      value: string;
      context: LoopContext;
    };
    if (status === 'error') return value === 'aborted' ? 'aborted' : 'failed';
    // Its actor was stopped. A suspend has told all loops to pause before.
    if (status !== 'done') return context.pace === null ? 'ended' : 'suspended';
    if (context.skipped) return 'skipped';
    return context.stop === null ? 'finished' : 'stopped';
  }
}

/** The number that `epoch.batches.loss` names, in the innermost loop that has it. */
function plotted(names: string[], { path, state, below }: Standing): number | undefined {
  for (const one of below) {
    const value = plotted(names, one);
    if (value !== undefined) return value;
  }
  for (let i = 0; i < names.length; i++) {
    if (!`.${path}`.endsWith(['', ...names.slice(0, i)].join('.'))) continue;
    const value = numberAt(state, names.slice(i));
    if (value !== undefined) return value;
  }
  return undefined;
}
