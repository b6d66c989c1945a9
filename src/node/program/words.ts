import { inspect } from 'node:util';
import type { Checkpoint, Phase } from '../../checkpoint/contents.ts';
import { because, LoopError } from '../../data/errors.ts';
import type { Outcome } from '../../run/outcome.ts';
import type { LoopRun } from '../../run/run.ts';

/** What a program says of a run that it finds in its store. */
export function saysGoingOn(runId: string, from: Checkpoint): string {
  if (isOver(from.phase)) {
    return `${runId}: had finished before, and gives its output again. Deleted from its store, it begins anew.\n`;
  }
  return `${runId}: goes on in ${some(innermost(from))}, after ${count(from.position.steps)}.\n`;
}

/** What it says where a suspend takes its time. */
export function saysWaiting(runId: string, signal: string, waitingFor: string[]): string {
  const whom = waitingFor.length === 0 ? 'its checkpoint to be saved' : `the step in flight: ${some(waitingFor)}`;
  return `${runId}: ${signal}; waits for ${whom}. A second one ends the program at once.\n`;
}

/** What it says when the run has ended; nothing where that is for the program to say. */
export function saysEnded(run: LoopRun<unknown>, outcome: Outcome<unknown>): string | undefined {
  const { status, reason, error } = outcome;
  const after = `after ${count(run.progress.steps)}`;
  switch (status) {
    case 'finished':
    case 'skipped':
      return undefined;
    case 'suspended':
      return `${run.id}: suspended${because(reason)}, ${after}. Started again, it goes on from there.\n`;
    case 'stopped':
      return `${run.id}: stopped${because(reason)}, ${after}.\n`;
    default:
      // A reason that somebody has given is no fault, and has no stack that would help.
      return isReason(error)
        ? `${run.id}: ${status}${because(error)}, ${after}.\n`
        : `${run.id}: ${status}, ${after}.\n${errorText(error)}\n`;
  }
}

/** Whether a checkpoint is of a run that had come to its end. */
function isOver({ value }: Phase): boolean {
  return value === 'finished';
}

/** The paths of the loops that ran and had none running below them. */
function innermost({ position }: Checkpoint): string[] {
  const paths = Object.keys(position.loops);
  return paths.filter((path) => !paths.some((other) => other.startsWith(`${path}.`)));
}

function isReason(error: unknown): boolean {
  try {
    return !(error instanceof Error);
  } catch {
    return false;
  }
}

/** With its stack and causes. What is thrown may be anything, also what cannot be looked at. */
function errorText(error: unknown): string {
  try {
    return error instanceof LoopError && error.code === 'STOPPED' ? error.message : inspect(error);
  } catch {
    return 'What was thrown cannot be shown.';
  }
}

function some(texts: string[]): string {
  const [shown, left] = [texts.slice(0, 3).join(', '), texts.length - 3];
  return left > 0 ? `${shown} and ${left} more` : shown;
}

function count(steps: number): string {
  return `${steps.toLocaleString('en')} ${steps === 1 ? 'step' : 'steps'}`;
}
