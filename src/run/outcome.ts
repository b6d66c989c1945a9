import type { LoopContext } from '../chart/context.ts';
import { because, LoopError } from '../data/errors.ts';

/** How a run ended. */
export interface Outcome<Output> {
  status: 'finished' | 'skipped' | 'stopped' | 'suspended' | 'aborted' | 'failed';
  /** Of a run that finished, was skipped or stopped. */
  output?: Output;
  /** Given to `stop`, `suspend`, `abort` or `end`. */
  reason?: unknown;
  /** What `output` rejects with. */
  error?: unknown;
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
interface Ended {
  status: string;
  value: unknown;
  context: LoopContext;
  output?: unknown;
  error?: unknown;
}

/** How a run ended. */
export function outcomeOf<Output>(root: Ended, ending: Ending): Outcome<Output> {
  const { path, suspended, aborted, saveError } = ending;
  const { steps } = root.context;
  if (root.status === 'done') return doneAs(root);
  if (suspended !== undefined) {
    const { reason } = suspended;
    const message = `was suspended${because(reason)}. Go on with start({ from: checkpoint }).`;
    return { status: 'suspended', reason, error: new LoopError('SUSPENDED', message, path), steps };
  }
  if (root.status === 'error') {
    const thrown = ending.error ?? root.error;
    const isAborted = root.value === 'aborted' && saveError?.error !== thrown;
    if (!isAborted) return { status: 'failed', error: thrown, steps };
    return { status: 'aborted', reason: thrown, error: thrown, steps };
  }
  if (saveError !== undefined) return { status: 'failed', error: saveError.error, steps };
  const reason = aborted
    ? aborted.reason
    : new LoopError('STOPPED', 'its actor was stopped before it had ended.', path);
  return { status: 'aborted', reason, error: reason, steps };
}

function doneAs<Output>({ context, output: said }: Ended): Outcome<Output> {
  const { steps, stop, ended, skipped } = context;
  const output = said as Output;
  if (skipped) return { status: 'skipped', output, steps };
  if (stop !== null) return { status: 'stopped', output, reason: stop.reason ?? undefined, steps };
  return ended === null
    ? { status: 'finished', output, steps }
    : { status: 'finished', output, reason: ended.reason ?? undefined, steps };
}
