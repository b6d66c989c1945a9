import type { LoopControlEvent, LoopStateValue } from '../../chart/context.ts';
import type { SavedState } from '../../chart/machine-type.ts';
import type { Checkpoint } from '../../checkpoint/contents.ts';
import { LoopError } from '../../data/errors.ts';
import type { Outcome } from '../../run/outcome.ts';
import type { LoopStanding } from '../../run/progress.ts';
import type { LoopRun } from '../../run/run.ts';
import type { PlayClock } from './clock.ts';

/**
 * A run in the hands of a test. It stands before its first step, and again after each thing that is asked of it: `step`,
 * `toStep`, `until`, `pause`.
 */
export class Player<Output = unknown, L = any> {
  readonly run: LoopRun<Output, L>;
  readonly clock: PlayClock;
  /** Of the root. */
  readonly #path: string;
  readonly #guard: <T>(what: string, work: Promise<T>) => Promise<T>;
  #ended: Outcome<Output> | undefined;

  constructor(
    run: LoopRun<Output, L>,
    clock: PlayClock,
    path: string,
    guard: <T>(what: string, work: Promise<T>) => Promise<T>,
  ) {
    this.run = run;
    this.clock = clock;
    this.#path = path;
    this.#guard = guard;
    void run.outcome.then((outcome) => {
      this.#ended = outcome;
    });
  }

  /** The state of the loop at its last boundary; null before the first. */
  get state(): SavedState<L> | null {
    return this.run.progress.loops[0].state;
  }

  /** The state of the loop's chart: `paused` while it stands, unless a child does. */
  get value(): LoopStateValue {
    return this.run.progress.loops[0].value;
  }

  /** Whole steps of the loop. */
  get steps(): number {
    return this.run.progress.loops[0].steps;
  }

  /** All loops that run, parents first. */
  get loops(): LoopStanding[] {
    return this.run.progress.loops as LoopStanding[];
  }

  /** How the run has ended; `undefined` while it goes on. */
  get outcome(): Outcome<Output> | undefined {
    return this.#ended;
  }

  /** Where a loop stands, by its path: `fit.epoch`, or `epoch` below the root. `undefined` while it does not run. */
  at(path: string): LoopStanding | undefined {
    return this.loops.find((one) => one.path === path || one.path === `${this.#path}.${path}`);
  }

  /** Takes so many steps of the innermost loop; where several run side by side, of each. Default: 1. Does less where the run ends. */
  async step(n = 1): Promise<void> {
    await this.#guard(`step(${n})`, this.run.step(n));
  }

  /**
   * Goes on until a loop has taken so many whole steps, and stands there.
   * @param path of the loop, as for `at`. Default: the loop that is played
   * @throws LoopError `RUN_ENDED` if the run ends before; RangeError if the loop is further already
   */
  async toStep(step: number, path: string = this.#path): Promise<void> {
    if (!Number.isInteger(step) || step < 0)
      throw new RangeError(`Expected the step to be a whole number from 0 up, got \`${step}\`.`);
    const taken = () => this.at(path)?.steps;
    if ((taken() ?? 0) > step)
      throw new RangeError(`${path} has taken ${taken()} steps already: it cannot go to step ${step}.`);
    await this.#stepUntil(`step ${step} of ${path}`, () => taken() === step);
  }

  /** Goes on, step by step, until something is so. It is asked first before any step. @throws LoopError `RUN_ENDED` if the run ends before */
  async until(isSo: (player: this) => boolean): Promise<void> {
    await this.#stepUntil('what `until` asks for', () => isSo(this));
  }

  /** The innermost loop finishes its step, then everything waits. */
  async pause(): Promise<void> {
    await this.#guard('pause()', this.run.pause());
  }

  /** Lets the run go on by itself, as time does. */
  resume(): void {
    this.run.resume();
  }

  /** Sends an event to the actor of the loop, as an app may: `{ type: 'loop.stop', reason: 'enough' }`. */
  send(event: LoopControlEvent): void {
    this.run.actor.send(event);
  }

  /** Lets the run go on to its end. @returns how it ended */
  async finish(): Promise<Outcome<Output>> {
    this.run.resume();
    return await this.#guard('finish()', this.run.outcome);
  }

  /** Every running loop finishes its step, then ends as it would have. */
  async stop(reason?: unknown): Promise<Outcome<Output>> {
    const stopped = this.run.stop(reason);
    this.run.resume();
    return await this.#guard('stop()', stopped);
  }

  /** Pauses, takes a checkpoint, and ends the run: `play(new Fit(), script, { from: checkpoint })` goes on. */
  async suspend(reason?: unknown): Promise<Checkpoint> {
    return await this.#guard('suspend()', this.run.suspend(reason));
  }

  /** Takes a checkpoint where the run stands. */
  async checkpoint(): Promise<Checkpoint> {
    return await this.#guard('checkpoint()', this.run.checkpoint());
  }

  /** Nothing more runs. */
  async abort(reason?: unknown): Promise<Outcome<Output>> {
    this.run.abort(reason);
    return await this.#guard('abort()', this.run.outcome);
  }

  async #stepUntil(what: string, isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      if (this.#ended !== undefined) {
        const { status, steps } = this.#ended;
        throw new LoopError(
          'RUN_ENDED',
          `the run has ended (${status}) after ${steps} steps, before ${what}.`,
          this.#path,
          'error' in this.#ended ? { cause: this.#ended.error } : undefined,
        );
      }
      await this.step();
    }
  }
}
