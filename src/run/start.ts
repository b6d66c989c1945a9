import { callerOf } from '../actors/attach.ts';
import { runUnseen } from '../actors/unseen.ts';
import { MisconfigurationError } from '../data/errors.ts';
import { isLightAllowed } from '../light/light-runner.ts';
import { enterHook, hookOnStack, leaveHook } from '../step/in-hook.ts';
import type { AnyLoop } from '../tree/any-loop.ts';
import { everyRun, type StartOptions } from './options.ts';
import { LoopRun } from './run.ts';

/** See `Loop.start`. */
export function start(loop: AnyLoop, options: StartOptions<any>): LoopRun<any> {
  // Whoever hears of it is not in the hook that may begin it.
  const before = enterHook(undefined);
  try {
    return new LoopRun(loop, options);
  } finally {
    leaveHook(before);
  }
}

/** See `Loop.run`. */
export function run(loop: AnyLoop, args: unknown[]): Promise<unknown> {
  try {
    const caller = callerOf(loop);
    if (caller !== undefined) return caller.parent.run(caller.name, loop, args);
    const isSeen = everyRun.length > 0 || !isLightAllowed();
    return isSeen ? new LoopRun<unknown>(loop, { args }, false).output : runUnseen(loop, args);
  } catch (error) {
    // A mistake in the wiring, which a hook that does not look at the promise must not get past: it is thrown, not returned.
    if (error instanceof MisconfigurationError && hookOnStack() !== undefined) throw error;
    return Promise.reject(error);
  }
}
