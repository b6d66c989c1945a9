import fc from 'fast-check';
import type { Checkpoint } from '../../checkpoint/contents.ts';
import { LoopError } from '../../data/errors.ts';
import type { LoopRun } from '../../run/run.ts';
import { start } from '../../run/start.ts';
import { turn } from '../../time/turn.ts';
import type { AnyLoop } from '../../tree/any-loop.ts';
import { differenceInWords } from '../cuts/cut-error.ts';
import { Draws } from '../cuts/draws.ts';
import { type Made, type MadeLoop, Maker } from '../cuts/made.ts';
import { ended, firstDifference, type Measured, measure } from '../cuts/measured.ts';

/** One control, as fast-check runs it: nothing need be known of the run before. */
export type Control = fc.AsyncCommand<object, ControlledRun>;

/** A run that is paused, stepped, suspended and gone on with. */
export class ControlledRun {
  readonly #maker: Maker;
  #made!: Made;
  #run!: LoopRun<unknown>;

  constructor(maker: Maker) {
    this.#maker = maker;
  }

  /** The run as it is now: after a suspend, the one that goes on from there. */
  get run(): LoopRun<unknown> {
    return this.#run;
  }

  /** Begins, or goes on from a checkpoint in a new instance. */
  async begin(from: Checkpoint | undefined, paused: boolean): Promise<void> {
    this.#made = await this.#maker.make();
    this.#run = start(this.#made.loop, { id: 'controlled', args: this.#made.args, from, paused });
    // A run that fails is looked at in the end.
    void this.#run.outcome;
  }

  /** Suspends it, and goes on in a new instance from JSON. Not where it has ended. */
  async goOn(paused: boolean): Promise<void> {
    let checkpoint: Checkpoint;
    try {
      checkpoint = await this.#run.suspend();
    } catch (error) {
      if ((error as LoopError).code === 'RUN_ENDED') return;
      throw error;
    }
    await this.begin(JSON.parse(JSON.stringify(checkpoint)), paused);
  }

  /** Lets it go on to its end. */
  async finish(limit: number): Promise<Measured> {
    this.#run.resume();
    return await ended(this.#made, this.#run, limit);
  }
}

/**
 * Random sequences of controls, in any order: pause, resume, step, checkpoint, suspend and go on in a new instance, and
 * turns of the event loop between them. For {@link underControl}.
 */
export function controls(options: { maxCommands?: number } = {}): fc.Arbitrary<Iterable<Control>> {
  const simple = [
    control('pause()', async ({ run }) => {
      await run.pause();
      checkStands(run);
    }),
    control('resume()', async ({ run }) => {
      run.resume();
    }),
    control('checkpoint()', async ({ run }) => {
      await run.checkpoint().catch((error) => {
        if (error.code !== 'RUN_ENDED') throw error;
      });
    }),
    control('suspend, and go on', (real) => real.goOn(false)),
    control('suspend, and go on paused', (real) => real.goOn(true)),
  ];
  const steps = (n: number) =>
    control(`step(${n})`, async ({ run }) => {
      await run.step(n);
      checkStands(run);
    });
  const turns = (n: number) =>
    control(`${n} turns`, async () => {
      for (let i = 0; i < n; i++) await turn();
    });
  return fc.commands(
    [...simple.map((one) => fc.constant(one)), fc.integer({ min: 1, max: 4 }).map(steps), fc.nat(5).map(turns)],
    options,
  );
}

function control(name: string, run: (real: ControlledRun) => Promise<void>): Control {
  return { check: () => true, run: (_, real) => run(real), toString: () => name };
}

/** After a pause, nothing is on its way. */
function checkStands(run: LoopRun<unknown>): void {
  const { waitingFor } = run;
  if (waitingFor.length > 0)
    throw new LoopError('RESUME_DIFFERS', `a run that was paused is still at work: ${waitingFor.join(', ')}.`);
}

/**
 * Runs a loop under controls, and once without. Both must come to the same; what functions of `once` draw is the same in both.
 * @param make makes a new loop with each call, as for `everyCut`
 * @throws LoopError `RESUME_DIFFERS` with what differs first
 *
 * @example
 * await fc.assert(fc.asyncProperty(controls(), (commands) => underControl(() => new Fit(), commands)));
 */
export async function underControl<Args extends unknown[]>(
  make: () => AnyLoop | MadeLoop | Promise<AnyLoop | MadeLoop>,
  commands: Iterable<Control>,
  options: { args?: Args | (() => Args); timeout?: number } = {},
): Promise<void> {
  const { args, timeout = 60_000 } = options;
  const maker = new Maker(make, { args: args as unknown[] | undefined });
  const draws = new Draws((loop) => maker.hasMade(loop));
  try {
    const whole = await draws.first(async () => await measure(await maker.make(), timeout));
    const controlled = () => finishedUnder(commands, maker, timeout);
    const { got, difference } = await draws.compared(controlled, (got) => firstDifference(whole, got));
    if (difference === undefined) return;
    throw new LoopError(
      'RESUME_DIFFERS',
      `a run that was controlled differs from one that was left alone. What differs first: ${differenceInWords(difference, got.error)}`,
      (await maker.make()).loop.path,
      { cause: got.error },
    );
  } finally {
    draws.end();
  }
}

async function finishedUnder(commands: Iterable<Control>, maker: Maker, limit: number): Promise<Measured> {
  const real = new ControlledRun(maker);
  // It stands before its first step: a run that never waits would be over before the first control.
  await real.begin(undefined, true);
  await fc.asyncModelRun(() => ({ model: {}, real }), commands);
  return await real.finish(limit);
}
