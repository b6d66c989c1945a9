import { LoopError } from '../../data/errors.ts';
import type { Loop } from '../../loop.ts';
import type { Recording } from '../../recording/lines.ts';
import { record } from '../../recording/recording.ts';
import type { Inspect, StartOptions } from '../../run/options.ts';
import type { Outcome } from '../../run/outcome.ts';
import type { LoopRun } from '../../run/run.ts';

/** What `recordRun` takes: what `start` does, and more. */
export interface RecordRunOptions<Output, Args extends unknown[]> extends StartOptions<Args> {
  /** What is done to the run while it goes on: pause it, step, stop. Default: nothing. */
  during?: ((run: LoopRun<Output>) => unknown) | undefined;
  /** The run is aborted when it has made more transitions than this, of all its loops. Default: as many as it makes. */
  most?: number | undefined;
}

/** Arguments are asked for where `run` asks for some. */
export type RecordRunArguments<Output, Args extends unknown[]> = [] extends Args
  ? [options?: RecordRunOptions<Output, Args>]
  : [options: RecordRunOptions<Output, Args> & ({ args: Args } | { from: NonNullable<StartOptions['from']> })];

/**
 * Runs a loop to its end, and records it.
 * @returns the recording, and how the run ended. A run that fails is recorded as well
 * @throws what `start` throws, and what `during` throws; then the run is aborted
 *
 * @example
 * const { recording, outcome } = await recordRun(new Sum(), { args: [3], during: (run) => run.step(2) });
 */
export async function recordRun<Output, Args extends unknown[]>(
  loop: Loop<Output, Args>,
  ...[options]: RecordRunArguments<Output, Args>
): Promise<{ recording: Recording; outcome: Outcome<Output> }> {
  const {
    during,
    most = Number.POSITIVE_INFINITY,
    inspect,
    ...rest
  } = options ?? ({} as RecordRunOptions<Output, Args>);
  const recorder = record();
  const aborts = new AbortController();
  const limit: Inspect = () => {
    if (recorder.recording.length <= most + 1 || aborts.signal.aborted) return;
    aborts.abort(new LoopError('STOPPED', `was aborted: it went on behind ${most} transitions.`, loop.path));
  };
  const signal = rest.signal === undefined ? aborts.signal : AbortSignal.any([rest.signal, aborts.signal]);
  const others = inspect === undefined ? [] : [inspect].flat();
  const run = loop.start({ ...rest, signal, inspect: [...others, recorder, limit] } as any) as LoopRun<any>;
  const { outcome } = run;
  try {
    await during?.(run);
  } catch (error) {
    run.abort(error);
    await outcome;
    throw error;
  }
  const ended = await outcome;
  await run.settled;
  return { recording: recorder.recording, outcome: ended };
}
