import type { AnyActorRef } from 'xstate';
import type { Checkpoint } from '../checkpoint/contents.ts';
import { describeError, type PlainError, revivedError } from '../data/error-codec.ts';
import { LoopError, MisconfigurationError } from '../data/errors.ts';
import type { Loop } from '../loop.ts';
import type { Inspect } from '../run/options.ts';
import type { Outcome } from '../run/outcome.ts';
import type { LoopRun } from '../run/run.ts';
import { later, now } from '../time/clock.ts';
import { pathOf } from '../tree/tree.ts';
import { packed, told, unpacked } from './crossing.ts';
import type { Call, SaidOptions, Standing, Told, ToldOutcome } from './messages.ts';

/** An observer that can also begin to watch in the middle of a run: what `inspectHere()` and `inspector()` give. */
export interface Watcher {
  /** Is told of what the actors of a run do. */
  next(event: any): void;
  /** Begins to watch a run that goes on already. */
  attach(actor: AnyActorRef): void;
}

/** What a run inside a worker has of its surroundings. */
export interface Surroundings {
  /** Begins the run. Whoever awaits it may have aborted it meanwhile: then nothing is to be begun. */
  begin(options: SaidOptions, isOver: () => boolean, observers: Inspect[]): Promise<Begun | undefined>;
  watcher: (() => Watcher | Promise<Watcher>) | undefined;
  post(message: Untold): void;
}

/** A run that has begun. */
export interface Begun {
  run: LoopRun<unknown>;
  loop: Loop<any, any>;
}

type Without<Message> = Message extends unknown ? Omit<Message, 'loopchart' | 'from' | 'run'> : never;
/** What is told of one run. */
export type Untold = Without<Extract<Told, { run: string }>>;

/** Milliseconds between two looks that are answered. */
const pace = 100;

/** One run inside a worker: begins it, does what the outside asks for, and tells how it stands and has ended. */
export class ServedRun {
  readonly #around: Surroundings;
  readonly #options: SaidOptions;
  /** Reasons that came from outside, by the number of their call. */
  readonly #given = new Map<unknown, number>();
  #run: LoopRun<unknown> | undefined;
  #path = '';
  /** Calls that came before it had begun. */
  #early: (() => void)[] | undefined = [];
  /** It ended before it had begun. */
  #isOver = false;
  #changes: AsyncIterator<unknown> | undefined;
  #looking = false;
  #toldAt = Number.NEGATIVE_INFINITY;
  /** Resolves when it has ended and no code of it is in flight. */
  readonly settled: Promise<void>;

  constructor(options: SaidOptions, around: Surroundings) {
    this.#options = options;
    this.#around = around;
    this.settled = this.#live();
  }

  async #live(): Promise<void> {
    try {
      const observers = this.#options.inspect ? [await this.#watcher()] : [];
      const begun = await this.#around.begin(this.#options, () => this.#isOver, observers);
      if (begun === undefined) return;
      this.#run = begun.run;
      this.#path = pathOf(begun.loop);
      const ended = begun.run.outcome.then((outcome) => this.#tellEnd(outcome));
      this.#tellStanding('begun');
      this.#takeEarly();
      await ended;
      await begun.run.settled;
    } catch (error) {
      this.#endUnbegun({ status: 'failed', error, steps: 0 });
    } finally {
      this.#around.post({ tell: 'settled' });
    }
  }

  #takeEarly(): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const call of early) call();
  }

  #endUnbegun(outcome: Outcome<unknown>): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#tellEnd(outcome);
    this.#takeEarly();
  }

  /** Ends it from inside. */
  abort(reason: unknown): void {
    if (this.#run !== undefined) this.#run.abort(reason);
    else this.#endUnbegun({ status: 'aborted', reason, error: reason, steps: 0 });
  }

  take(call: number, of: Call): void {
    if (of.ask === 'abort') this.abort(this.#reasonOf(call, of.reason));
    else if (this.#early !== undefined) this.#early.push(() => void this.#answer(call, of));
    else void this.#answer(call, of);
  }

  async #answer(call: number, of: Call): Promise<void> {
    try {
      const value = await this.#do(call, of);
      // The way in which it becomes JSON is no part of it.
      const data = value === undefined ? {} : { value: packed({ ...value }, 'the checkpoint', this.#path) };
      this.#around.post({ tell: 'answer', call, standing: this.#standing(), ...data });
    } catch (error) {
      this.#around.post({ tell: 'answer', call, standing: this.#standing(), error: told(error, this.#given) });
    }
  }

  async #do(call: number, of: Call): Promise<Checkpoint | undefined> {
    const run = this.#run;
    if (run === undefined) {
      // It ended before it had begun.
      if (['pause', 'resume', 'step', 'stop'].includes(of.ask)) return undefined;
      throw new LoopError('RUN_ENDED', `The run had ended before \`${of.ask}\` was asked for. See its outcome.`);
    }
    switch (of.ask) {
      case 'pause':
        await run.pause();
        return undefined;
      case 'resume':
        run.resume();
        return undefined;
      case 'step':
        await run.step(of.n);
        return undefined;
      case 'give':
        await run.give(of.key, of.value && unpacked(of.value));
        return undefined;
      case 'stop':
        await run.stop(this.#reasonOf(call, of.reason));
        return undefined;
      case 'inspect':
        (await this.#watcher()).attach(run.actor);
        return undefined;
      case 'checkpoint':
        return run.checkpoint();
      case 'suspend':
        return run.suspend(this.#reasonOf(call, of.reason));
      default:
        throw new MisconfigurationError(`Expected something that a run can do, got \`${of.ask}\`.`);
    }
  }

  #reasonOf(call: number, plain: PlainError): unknown {
    const reason = revivedError(plain);
    if (reason !== undefined) this.#given.set(reason, call);
    return reason;
  }

  async #watcher(): Promise<Watcher> {
    const { watcher } = this.#around;
    if (watcher !== undefined) return watcher();
    throw new MisconfigurationError(
      'Expected the worker to have an inspector, for somebody outside wants to see the run. ' +
        'Give it one: serve(loop, { inspector: inspectHere }), in Node serve(loop, { inspector }).',
    );
  }

  /** Tells where it stands; with `wait` once it has changed, and not more than some ten times a second. */
  async look(wait: boolean): Promise<void> {
    const run = this.#run;
    if (this.#looking || run === undefined) return;
    this.#looking = true;
    try {
      if (wait) {
        this.#changes ??= run[Symbol.asyncIterator]();
        // Of one that ends, the end is told.
        if ((await this.#changes.next()).done === true) return;
        const early = this.#toldAt + pace - now();
        if (early > 0) await new Promise<void>((resolve) => later(early, resolve));
      }
      this.#toldAt = now();
      this.#tellStanding('looked');
    } catch {
      // What it failed with, its end tells.
    } finally {
      this.#looking = false;
    }
  }

  #tellStanding(tell: 'begun' | 'looked'): void {
    const standing = this.#standing();
    if (standing !== undefined) this.#around.post({ tell, standing });
  }

  #standing(): Standing | undefined {
    try {
      const { progress, waitingFor } = this.#run ?? {};
      return progress && waitingFor && { progress, waitingFor };
    } catch {
      // A state that is not plain data ends the run, which says so.
      return undefined;
    }
  }

  #tellEnd(outcome: Outcome<unknown>): void {
    this.#around.post({ tell: 'ended', outcome: this.#outcome(outcome), standing: this.#standing() });
  }

  #outcome(outcome: Outcome<unknown>): ToldOutcome {
    const { status, steps, reason, error } = outcome;
    const ended: ToldOutcome = { status, steps };
    if ('reason' in outcome) ended.reason = told(reason, this.#given);
    if ('error' in outcome) {
      ended.error = 'reason' in outcome && Object.is(error, reason) ? true : told(error, this.#given);
      return ended;
    }
    if (outcome.ended) ended.ended = true;
    try {
      return { ...ended, output: packed(outcome.output, 'the output', this.#path) };
    } catch (cause) {
      return { status: 'failed', steps, error: { plain: describeError(cause) } };
    }
  }
}
