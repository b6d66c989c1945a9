import type { SavedState } from '../chart/machine-type.ts';
import type { Checkpoint } from '../checkpoint/contents.ts';
import { isAlike } from '../data/alike.ts';
import { describeError } from '../data/error-codec.ts';
import { LoopError } from '../data/errors.ts';
import { onAbort } from '../run/abort-signal.ts';
import { Ending } from '../run/ending.ts';
import { checkGiven, quietIfUnsaved } from '../run/given.ts';
import type { Outcome } from '../run/outcome.ts';
import type { RunProgress } from '../run/progress.ts';
import type { LoopRun } from '../run/run.ts';
import { now } from '../time/clock.ts';
import { Calls } from './calls.ts';
import { packed, unpacked } from './crossing.ts';
import type { Said, SaidOptions, Standing, Told, ToldOutcome } from './messages.ts';

/** What a run asks of the way to its worker. */
export interface Way {
  /** The path of the loop, as far as it is known. */
  readonly path: string;
  /** Says it, as soon as somebody in the worker hears it. */
  say(message: Unsaid): void;
  /** Takes back what has not been said yet. @returns whether the start of the run was among it */
  takeBack(key: string): boolean;
  /** The run wants to hear what the worker tells of it; `undefined`: no more. */
  hears(key: string, run: RemoteRun<any> | undefined): void;
}

type Without<Message> = Message extends unknown ? Omit<Message, 'loopchart' | 'to'> : never;
export type Unsaid = Without<Extract<Said, { run: string }>>;
export type Answered = Extract<Told, { run: string }>;

/** Milliseconds between two looks of `progress` and `waitingFor`. */
const pace = 100;

/**
 * A run inside a worker, held from outside: it has what a `LoopRun` has, but for `actor`, which stays where it is.
 * @typeParam Output what the run returns
 * @typeParam L the class of the loop
 */
export class RemoteRun<Output, L = any>
  implements Omit<LoopRun<Output, L>, 'actor' | typeof Symbol.asyncIterator>, AsyncIterable<RunProgress<SavedState<L>>>
{
  readonly id: string;

  readonly #key: string;
  readonly #way: Way;
  readonly #ending = new Ending<Output>();
  readonly #settled: Promise<void>;
  #settleAll!: () => void;
  #ended = false;
  #isSettled = false;
  #aborted: { reason: unknown } | undefined;
  readonly #calls = new Calls((call, of) => {
    this.#way.hears(this.#key, this);
    this.#way.say({ say: 'call', run: this.#key, call, of });
  });
  #standing: Standing;
  /** Counts the standings that have come. */
  #news = 0;
  #newsAt = Number.NEGATIVE_INFINITY;
  #wake: (() => void)[] = [];
  /** A look that has not been answered. */
  #looks: 'now' | 'once it has changed' | undefined;

  /** @param options as they are said; what is `undefined` among them is left to the worker @internal */
  constructor(way: Way, key: string, options: SaidOptions, steps: number, signal: AbortSignal | undefined) {
    this.id = options.id;
    this.#way = way;
    this.#key = key;
    this.#standing = {
      progress: { steps, loops: [{ path: way.path, value: 'entering', steps: 0, state: null }] },
      waitingFor: ['the worker, which has not begun the run yet'],
    };
    this.#settled = new Promise((resolve) => {
      this.#settleAll = resolve;
    });
    if (signal?.aborted) {
      this.#endUnbegun(signal.reason);
      return;
    }
    if (signal !== undefined) {
      const over = onAbort(signal, () => this.#abort(signal.reason));
      void this.#ending.reached.then(over);
    }
    way.hears(key, this);
    way.say({ say: 'start', run: key, options });
  }

  /** What `onRunEnd` or `onSkip` returned: see {@link LoopRun.output}. */
  get output(): Promise<Output> {
    return this.#ending.output;
  }

  /**
   * How the run ended. Never rejects. If its worker has died it has failed, with LoopError `WORKER_DIED`; if the worker could
   * not begin it, with what `start` threw there.
   */
  get outcome(): Promise<Outcome<Output>> {
    return this.#ending.outcome;
  }

  /** Resolves when the run has ended and no code of it is in flight any more. */
  get settled(): Promise<void> {
    return this.#settled;
  }

  /**
   * Where the run stands, as far as the worker has told. Reading it asks for news, some ten times a second at most. It is up
   * to date when a call of the run has resolved, and in the async iteration.
   */
  get progress(): RunProgress<SavedState<L>> {
    this.#lookAgain();
    return this.#standing.progress;
  }

  /** The loops that a pause, a suspend or a checkpoint waits for, as far as the worker has told; like `progress`. */
  get waitingFor(): string[] {
    if (this.#ended) return [];
    this.#lookAgain();
    return this.#standing.waitingFor;
  }

  /** See {@link LoopRun.pause}. */
  async pause(): Promise<void> {
    await this.#calls.ask({ ask: 'pause' });
  }

  /** Goes on after a pause. */
  resume(): void {
    void this.#calls.ask({ ask: 'resume' });
  }

  /** See {@link LoopRun.step}. */
  step(n = 1): Promise<void> {
    if (!Number.isInteger(n) || n < 1)
      throw new RangeError(`Expected the number of steps to be a whole number from 1 up, got \`${n}\`.`);
    return this.#calls.ask({ ask: 'step', n }).then(() => {});
  }

  /** See {@link LoopRun.give}. Saved in the store of the worker. */
  give(key: string, value?: unknown): Promise<void> {
    return quietIfUnsaved(this.#give(key, value));
  }

  async #give(key: string, value: unknown): Promise<void> {
    checkGiven(this.#way.path, key, value);
    const { path } = this.#way;
    await this.#calls.ask({
      ask: 'give',
      key,
      value: value === undefined ? undefined : packed(value, 'what is given', path),
    });
  }

  /** See {@link LoopRun.stop}. */
  stop(reason?: unknown): Promise<Outcome<Output>> {
    void this.#calls.ask({ ask: 'stop', reason: describeError(reason) }, reason);
    return this.#ending.outcome;
  }

  /** See {@link LoopRun.abort}. A worker that does not get to it is ended with its `terminate()`. */
  abort(reason: unknown = new LoopError('STOPPED', 'was aborted without a reason.', this.#way.path)): void {
    this.#ending.askedFor();
    this.#abort(reason);
  }

  #abort(reason: unknown): void {
    this.#aborted ??= { reason };
    if (!this.#ended && this.#way.takeBack(this.#key)) this.#endUnbegun(reason);
    else this.#calls.tell({ ask: 'abort', reason: describeError(reason) }, reason);
  }

  /** See {@link LoopRun.suspend}. It is saved in the store of the worker. */
  async suspend(reason?: unknown): Promise<Checkpoint> {
    this.#ending.askedFor();
    return (await this.#calls.ask({ ask: 'suspend', reason: describeError(reason) }, reason)) as Checkpoint;
  }

  /** See {@link LoopRun.checkpoint}. Of the runs that have ended, the worker keeps the newest eight. */
  async checkpoint(): Promise<Checkpoint> {
    return (await this.#calls.ask({ ask: 'checkpoint' })) as Checkpoint;
  }

  /**
   * Shows the run in the inspector that the worker has, from now on; see `inspector` of `serve`. To see it from its
   * beginning: `start({ inspect: true })`.
   * @throws MisconfigurationError if it has none; what that throws
   */
  async inspect(): Promise<void> {
    await this.#calls.ask({ ask: 'inspect' });
  }

  /** Where the run stands, each time that it has changed, ten times a second at most. Ends with the run; throws what it failed with. */
  async *[Symbol.asyncIterator](): AsyncGenerator<RunProgress<SavedState<L>>, void> {
    this.#ending.askedFor();
    let seen = this.#news;
    while (!this.#ended) {
      if (this.#news === seen) {
        this.#look('once it has changed');
        await new Promise<void>((resolve) => this.#wake.push(resolve));
        continue;
      }
      seen = this.#news;
      yield this.#standing.progress;
    }
    const { status, error } = await this.#ending.reached;
    if (this.#news !== seen) yield this.#standing.progress;
    if (status === 'failed' || status === 'aborted') throw error;
  }

  /** Takes what the worker has told of it. @internal */
  hear(told: Answered): void {
    if ('standing' in told && told.standing !== undefined) this.#stands(told.standing);
    switch (told.tell) {
      case 'begun':
      case 'looked':
        this.#looks = undefined;
        this.#wakeAll();
        break;
      case 'answer':
        this.#calls.answered(told);
        this.#stopHearing();
        break;
      case 'ended':
        this.#end(this.#outcomeOf(told.outcome));
        break;
      case 'settled':
        this.#settleRun();
    }
  }

  /** Its worker is no more. @internal */
  die(error: unknown): void {
    const { steps } = this.#standing.progress.loops[0];
    const aborted = this.#aborted;
    if (aborted === undefined) this.#end({ status: 'failed', error, steps });
    // Nothing more runs, as was asked for.
    else this.#end({ status: 'aborted', reason: aborted.reason, error: aborted.reason, steps });
    this.#calls.giveUp(error);
    this.#settleRun();
  }

  #settleRun(): void {
    this.#isSettled = true;
    this.#settleAll();
    this.#stopHearing();
  }

  /** Nothing more will come of it. */
  #stopHearing(): void {
    if (this.#isSettled && this.#calls.isQuiet) this.#way.hears(this.#key, undefined);
  }

  #endUnbegun(reason: unknown): void {
    this.#end({ status: 'aborted', reason, error: reason, steps: 0 });
    this.#calls.giveUp(
      new LoopError('RUN_ENDED', 'The run had ended before it began. See its outcome.', this.#way.path),
    );
    this.#settleRun();
  }

  #end(outcome: Outcome<any>): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#ending.reach(outcome);
    this.#wakeAll();
  }

  #outcomeOf({ status, steps, output, ended, reason, error }: ToldOutcome): Outcome<any> {
    const given = this.#calls.heard(reason);
    const because = reason === undefined ? {} : { reason: given };
    if (status === 'suspended' || status === 'aborted' || status === 'failed') {
      return { status, ...because, error: error === true ? given : this.#calls.heard(error), steps };
    }
    return {
      status,
      output: output === undefined ? undefined : unpacked(output),
      ...(ended === undefined ? {} : { ended }),
      ...because,
      steps,
    };
  }

  #stands(standing: Standing): void {
    this.#newsAt = now();
    const isNews = !isAlike(standing.progress, this.#standing.progress);
    this.#standing = standing;
    if (!isNews) return;
    this.#news++;
    this.#wakeAll();
  }

  #wakeAll(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }

  #lookAgain(): void {
    if (!this.#ended && now() - this.#newsAt >= pace) this.#look('now');
  }

  #look(when: 'now' | 'once it has changed'): void {
    if (this.#looks !== undefined) return;
    this.#looks = when;
    this.#way.say({ say: 'look', run: this.#key, wait: when !== 'now' });
  }
}
