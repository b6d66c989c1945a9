import type { ArgsOf, OutputOf } from '../../chart/machine-type.ts';
import type { Checkpoint } from '../../checkpoint/contents.ts';
import { type HeldRun, hold } from '../../checkpoint/held-run.ts';
import { checkSameArgs } from '../../checkpoint/same-args.ts';
import { LoopError } from '../../data/errors.ts';
import type { Loop } from '../../loop.ts';
import type { Outcome } from '../../run/outcome.ts';
import type { LoopRun } from '../../run/run.ts';
import { later } from '../../time/clock.ts';
import { tellWith } from '../stderr.ts';
import { checkOptions, type ResumableOptions } from './options.ts';
import { type EndSignal, exitCodeOf, onSignals } from './signals.ts';
import { saysEnded, saysGoingOn, saysWaiting } from './words.ts';

/** How a program's run ended. */
export type ProgramOutcome<Output> = Outcome<Output> & {
  /**
   * What the program should end with: `process.exitCode = exitCode`.
   * 0: finished, skipped, stopped, or suspended by somebody else than a signal; 1: failed or aborted;
   * 130: ended by SIGINT (Ctrl-C); 143: by SIGTERM.
   */
  exitCode: number;
};

/** A run that signals suspend and that goes on at the next start of its program. */
export interface Program<Output, L = any> {
  /** The run, which has begun. */
  readonly run: LoopRun<Output, L>;
  /** What it went on from; `undefined` where it began anew. */
  readonly from: Checkpoint | undefined;
  /** How the run ended. Never rejects; what a run failed with has been told already. */
  readonly outcome: Promise<ProgramOutcome<Output>>;
}

/** How long a suspend may take before it is said what it waits for, in milliseconds. */
const patienceMs = 1000;

/**
 * Starts a run that goes on where the last start of the same program left off: from the newest checkpoint that `store`
 * has under `id`, or anew where there is none.
 *
 * - SIGINT and SIGTERM suspend it: the step in flight is finished, the run is saved. At a second signal the process ends
 *   at once, with what was saved last. Other listeners of a signal are called as well, and where there are any, the end of
 *   the process is left to them: a second signal then aborts the run. Of the same signal within 0.3 seconds nothing is
 *   made, since npm and the like pass on what the terminal has sent already.
 * - A run that has finished stays finished: it gives its output again, and no hook runs. `await store.delete(id)` before
 *   it forgets the run. A run that was stopped, aborted or has failed goes on from what was saved last.
 * - The run is taken from the store before its checkpoint is loaded, so that no other process can go on with it meanwhile.
 * - It may be called for several runs of one process, each with an `id` of its own: a signal suspends them all. Its
 *   listeners are taken off when the last of them has ended.
 *
 * @param options those of `start`, without `from`; `id` and `store` are needed, and `args` where hooks have parameters
 * @throws MisconfigurationError for a bad option; LoopError `STORE_BUSY` if another process goes on with the run,
 *   `CHECKPOINT_UNREADABLE`, and `CHECKPOINT_MISMATCH` if what was saved does not fit the loop or was begun with other `args`
 *
 * @example
 * const { run, outcome } = await resumable(new Import(), { id: 'import', store: fileStore('.runs') });
 * terminal(run);
 * const { output, exitCode } = await outcome;
 * process.exitCode = exitCode;
 */
export async function resumable<L extends Loop<any, any>>(
  loop: L,
  options: ResumableOptions<ArgsOf<L>>,
): Promise<Program<OutputOf<L>, L>> {
  checkOptions(loop, options);
  const { id, store, tell, ...rest } = options;
  const ending = new EndBySignal(id, (text) => tellWith(tell, text));
  let held: HeldRun | undefined;
  try {
    held = await hold(store, id, { durability: options.durability ?? 'async' });
    const saved = await store.load(id);
    let from = saved;
    const migrate = (checkpoint: Checkpoint): Checkpoint => {
      from = options.migrate === undefined ? checkpoint : options.migrate(checkpoint);
      checkSameArgs(id, from, options.args);
      return from;
    };
    if (saved !== undefined && options.migrate === undefined) checkSameArgs(id, saved, options.args);
    const run = loop.start({
      ...rest,
      id,
      store: held.store,
      from: saved,
      ...(options.migrate === undefined ? {} : { migrate }),
      ...(ending.signal === undefined ? {} : { signal: ending.before() }),
    });
    if (from !== undefined && ending.signal === undefined) tellWith(tell, saysGoingOn(id, from));
    return { run, from, outcome: ending.outcomeOf(run, held) };
  } catch (error) {
    ending.over();
    await held?.release().catch(() => {});
    throw error;
  }
}

/** What signals do to one run. */
class EndBySignal {
  /** The first one, once it has come. */
  signal: EndSignal | undefined;
  readonly #id: string;
  readonly #tell: (text: string) => void;
  readonly #leave: () => void;
  #run: LoopRun<unknown> | undefined;
  /** A signal has ended it, and not its suspend. */
  #cutShort = false;
  #callOff: () => void = () => {};

  constructor(id: string, tell: (text: string) => void) {
    this.#id = id;
    this.#tell = tell;
    this.#leave = onSignals({
      first: (signal) => {
        this.signal = signal;
        if (this.#run !== undefined) this.#suspend(this.#run, signal);
      },
      second: (signal) => this.#abort(signal),
    });
  }

  /** Of a run that a signal ends before it has begun: no hook runs, and what was saved stays. */
  before(): AbortSignal {
    this.#cutShort = true;
    return AbortSignal.abort(new LoopError('STOPPED', `The run was ended by ${this.signal} before it went on.`));
  }

  async outcomeOf<Output>(run: LoopRun<Output>, held: HeldRun): Promise<ProgramOutcome<Output>> {
    this.#run = run;
    const outcome = await run.outcome;
    this.over();
    // A run that never began has not taken it.
    await held.release().catch(() => {});
    const exitCode = this.#exitCode(outcome);
    const text = saysEnded(run, outcome);
    if (text !== undefined) this.#tell(text);
    return { ...outcome, exitCode };
  }

  over(): void {
    this.#callOff();
    this.#leave();
  }

  #suspend(run: LoopRun<unknown>, signal: EndSignal): void {
    // A run that cannot be saved must not wait, paused, for ever.
    run.suspend(signal).catch((error) => run.abort(error));
    this.#callOff = later(patienceMs, () => this.#tell(saysWaiting(this.#id, signal, run.waitingFor)));
  }

  #abort(signal: EndSignal): void {
    if (this.#run === undefined) return;
    this.#cutShort = true;
    this.#run.abort(new LoopError('STOPPED', `The run was ended by a second signal, ${signal}, before it was saved.`));
  }

  #exitCode({ status }: Outcome<unknown>): number {
    const bySignal = status === 'suspended' || (status === 'aborted' && this.#cutShort);
    if (bySignal && this.signal !== undefined) return exitCodeOf(this.signal);
    return status === 'failed' || status === 'aborted' ? 1 : 0;
  }
}
