import type { LoopContext } from '../chart/context.ts';
import { because, LoopError } from '../data/errors.ts';

/** How a run ended. `status` says what else there is. */
export type Outcome<Output> = Completed<Output> | BrokenOff;

/** Of a run that came to its end, be it early: it has an output. */
export interface Completed<Output> {
  /** `finished`: it was done, or `end` was thrown for it. `stopped`: somebody asked it to end. `skipped`: its `skip` was true. */
  status: 'finished' | 'skipped' | 'stopped';
  /** What `onRunEnd` or `onSkip` returned. */
  output: Output;
  /** Set where `end` was thrown for it. */
  ended?: true;
  /** Given to `stop` or `end`. */
  reason?: unknown;
  error?: undefined;
  /** Whole steps of the loop itself. */
  steps: number;
}

/** Of a run that has no output. */
export interface BrokenOff {
  /** `suspended`: its checkpoint goes on. `aborted`: somebody asked that nothing more runs. `failed`: a hook threw, or a save failed. */
  status: 'suspended' | 'aborted' | 'failed';
  output?: undefined;
  /** Given to `suspend` or `abort`. */
  reason?: unknown;
  /** What `output` of the run rejects with. */
  error: unknown;
  /** Whole steps of the loop itself. */
  steps: number;
}

/** What the run itself knows of its end, beside what its root says. */
export interface Ending {
  /** The path of the root. */
  path: string;
  /** What the root failed with, if anybody has told. */
  error: unknown;
  /** The run was suspended, for this reason. */
  suspended: { reason: unknown } | undefined;
  /** Somebody has aborted it. */
  aborted: { reason: unknown } | undefined;
  /** A checkpoint could not be taken or saved. */
  saveError: { error: unknown } | undefined;
}

/** A root that has ended. */
export interface Ended {
  status: string;
  value: unknown;
  context: LoopContext;
  output?: unknown;
  error?: unknown;
}

/** How a run ended. */
export function outcomeOfRun<Output>(root: Ended, ending: Ending): Outcome<Output> {
  const { path, suspended, aborted, saveError } = ending;
  const { steps } = root.context;
  if (root.status === 'done') return doneAs<Output>(root);
  if (suspended !== undefined) {
    const { reason } = suspended;
    const message = `was suspended${because(reason)}. Go on with start({ from: checkpoint }).`;
    return { status: 'suspended', reason, error: new LoopError('SUSPENDED', message, path), steps };
  }
  if (root.status === 'error') {
    const thrown = ending.error ?? root.error;
    return brokenAs(root.value === 'aborted' && !(saveError && saveError.error === thrown), thrown, steps);
  }
  if (saveError !== undefined) return { status: 'failed', error: saveError.error, steps };
  const reason = aborted
    ? aborted.reason
    : new LoopError('STOPPED', 'its actor was stopped before it had ended.', path);
  return { status: 'aborted', reason, error: reason, steps };
}

/** The same, of a root that is done or has failed, as far as that alone says it. */
export function outcomeOfRoot(root: Ended): Outcome<unknown> {
  return root.status === 'done' ? doneAs(root) : brokenAs(root.value === 'aborted', root.error, root.context.steps);
}

function brokenAs(isAborted: boolean, error: unknown, steps: number): BrokenOff {
  return isAborted ? { status: 'aborted', reason: error, error, steps } : { status: 'failed', error, steps };
}

function doneAs<Output>({ context, output: said }: Ended): Completed<Output> {
  const { steps, stop, ended, skipped } = context;
  const output = said as Output;
  if (skipped) return { status: 'skipped', output, steps };
  if (stop !== null) return { status: 'stopped', output, reason: stop.reason ?? undefined, steps };
  return ended === null
    ? { status: 'finished', output, steps }
    : { status: 'finished', output, ended: true, reason: ended.reason ?? undefined, steps };
}
