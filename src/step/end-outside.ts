import { isEndLoop, LoopError } from '../data/errors.ts';
import type { Runner } from './runner.ts';

/** What a loop fails with: what its hook threw, unless that was the end of a loop that it cannot end. */
export function endOutside(running: Runner, hook: string, thrown: unknown): unknown {
  if (!isEndLoop(thrown)) return thrown;
  let up = running.parent;
  while (up !== undefined && up.loop !== thrown.loop) up = up.parent;
  if (up !== undefined) return thrown;
  return new LoopError(
    'END_OUTSIDE',
    thrown.loop === running.loop
      ? `end was thrown in ${hook}, where there are no more steps to leave out. Throw it in reset, onRunStart, done or a step.`
      : `end of ${thrown.path} was thrown in ${hook}, and that loop is not running around it. Throw the end of a loop inside its own run.`,
    running.path,
    { cause: thrown },
  );
}
