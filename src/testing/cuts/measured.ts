import type { Checkpoint } from '../../checkpoint/contents.ts';
import { LoopError } from '../../data/errors.ts';
import { isPlain } from '../../data/json.ts';
import type { StartOptions } from '../../run/options.ts';
import type { Outcome } from '../../run/outcome.ts';
import type { LoopRun } from '../../run/run.ts';
import { start } from '../../run/start.ts';
import { later } from '../../time/clock.ts';
import type { AnyLoop } from '../../tree/any-loop.ts';
import { assetsOf } from '../../tree/assets.ts';
import { stateDict } from '../../tree/state-dict.ts';
import { type Difference, differenceOf } from './difference.ts';
import type { Made } from './made.ts';

/** What a run came to: all that must be the same where it was cut. */
export interface Measured {
  /** Of its outcome; `late` where it took too long and was aborted. */
  status: Outcome<unknown>['status'] | 'late';
  output: unknown;
  /** Given to `end`. */
  reason: unknown;
  error: unknown;
  /** Steps of the loop itself, and of innermost loops. */
  steps: number;
  allSteps: number | undefined;
  /** The state dict of the tree: states and counters. */
  dict: Record<string, unknown>;
  /** What `Stateful` fields gave, and what belongs to the run besides. */
  assets: Record<string, unknown>;
  effects: unknown[];
}

/** What may differ. */
export type What = 'status' | 'error' | 'output' | 'reason' | 'state' | 'counters' | 'assets' | 'steps' | 'effects';

/** What differs between two runs first. */
export interface FirstDifference extends Difference {
  what: What;
  /** The key of the state dict or of the assets. */
  key?: string;
}

/** What differs first: how they ended, then what they gave, then what they left. Effects are looked at on their own. */
export function firstDifference(expected: Measured, got: Measured): FirstDifference | undefined {
  const found = (what: What, difference: Difference | undefined, key?: string) =>
    difference && { what, ...difference, ...(key === undefined ? {} : { key }) };
  const of = (what: What, read: (measured: Measured) => unknown) =>
    found(what, differenceOf(read(expected), read(got)));
  return (
    of('status', ({ status }) => status) ??
    of('error', ({ error }) => error) ??
    of('output', ({ output }) => output) ??
    of('reason', ({ reason }) => reason) ??
    firstKey(expected.dict, got.dict, (key, difference) =>
      found(key.endsWith('state_dict') ? 'state' : 'counters', difference, key),
    ) ??
    firstKey(expected.assets, got.assets, (key, difference) => found('assets', difference, key)) ??
    of('steps', ({ steps }) => steps) ??
    of('steps', ({ allSteps }) => allSteps)
  );
}

function firstKey<T>(
  expected: Record<string, unknown>,
  got: Record<string, unknown>,
  found: (key: string, difference: Difference) => T,
): T | undefined {
  const difference = differenceOf(expected, got);
  if (difference === undefined) return undefined;
  const [key, ...at] = difference.at as [string, ...string[]];
  return found(key, { ...difference, at });
}

/** How long the code of a run that was aborted may take to come to its end, in milliseconds. */
const patience = 2000;

/** Runs a loop to its end, and measures what it came to. @param limit how long it may take, in milliseconds */
export async function measure(made: Made, limit: number, options: StartOptions<any> = {}): Promise<Measured> {
  let run: LoopRun<unknown>;
  try {
    const inspect = made.watch ?? options.inspect;
    run = start(made.loop, { id: 'everyCut', ...withArgs(made, options.from), ...options, inspect });
  } catch (error) {
    // A checkpoint that does not fit: the loop has not run.
    return measured(made, { status: 'failed', error, steps: 0 }, undefined);
  }
  return await ended(made, run, limit);
}

/** The measured end of a run that goes on. */
export async function ended(made: Made, run: LoopRun<unknown>, limit: number): Promise<Measured> {
  let late: LoopError | undefined;
  const callOff = later(limit, () => {
    const waits = run.waitingFor.length === 0 ? '' : ` It waits for ${run.waitingFor.join(', ')}.`;
    late = new LoopError('STOPPED', `had not ended after ${limit} ms, and was aborted.${waits}`, made.loop.path);
    run.abort(late);
  });
  const outcome = await run.outcome;
  callOff();
  await settled(run);
  // Of a run that failed, loops beside the one that did were anywhere.
  const result = measured(made, outcome, 'error' in outcome ? undefined : run.progress.steps);
  return late === undefined ? result : { ...result, status: 'late', error: late };
}

/** Resolves when no code of the run is in flight, or when it has had its time to end. @param ms how long that is */
export async function settled(run: LoopRun<unknown>, ms: number = patience): Promise<void> {
  await new Promise<void>((resolve) => {
    const callOff = later(ms, resolve);
    void run.settled.then(() => {
      callOff();
      resolve();
    });
  });
}

/** Arguments that a checkpoint holds are taken from there; others have to be given again. */
function withArgs({ args }: Made, from: Checkpoint | undefined): { args?: unknown[] } {
  return from !== undefined && args.every(isPlain) ? {} : { args };
}

function measured(
  made: Made,
  outcome: { status: Measured['status']; output?: unknown; reason?: unknown; error?: unknown; steps: number },
  allSteps: number | undefined,
): Measured {
  const { status, output, reason, error, steps } = outcome;
  return {
    status,
    output,
    reason,
    error,
    steps,
    allSteps,
    dict: read(() => stateDict(made.loop, {}, '')),
    assets: { ...read(() => assetsIn(made.loop)), ...read(() => ({ 'what `assets` gave': made.assets() })) },
    effects: made.effects(),
  };
}

function assetsIn(loop: AnyLoop): Record<string, unknown> {
  return Object.fromEntries(assetsOf(loop).map(([path, field]) => [path, field.stateDict()]));
}

/** What cannot be read because it is broken is compared by how. */
function read(what: () => Record<string, unknown>): Record<string, unknown> {
  try {
    return what();
  } catch (error) {
    return { 'cannot be read': error };
  }
}
