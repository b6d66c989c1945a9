import { LightRun } from '../light/light-run.ts';
import { alreadyRunning } from '../tree/already-running.ts';
import { type AnyLoop, host } from '../tree/any-loop.ts';
import { checkTree } from '../tree/strays.ts';
import { Running } from './running.ts';

let begun = 0;

/** For tests: how many runs have begun so. */
export function unseenRuns(): number {
  return begun;
}

/**
 * A run that nobody gets hold of and nobody watches, as `loop.run()` begins it: nobody can ever look at it, so that not even
 * its root needs an actor. To make that would take as long as some hundred short runs.
 * @returns what `onRunEnd` or `onSkip` returned
 * @throws LoopError `ALREADY_RUNNING`; MisconfigurationError
 */
export function runUnseen(loop: AnyLoop, args: unknown[]): Promise<unknown> {
  for (const one of checkTree(loop)) if (one.loop[host]?.busy) throw alreadyRunning(one.loop);
  begun++;
  return new Promise((resolve, reject) => {
    const running = new Running(loop, undefined, undefined, args);
    running.light = new LightRun(running);
    running.light.beginAlone({ resolve, reject });
  });
}
