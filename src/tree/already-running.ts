import { LoopError } from '../data/errors.ts';
import { type AnyLoop, host } from './any-loop.ts';

import { pathOf } from './tree.ts';

/** One instance runs once at a time. */
export function alreadyRunning(loop: AnyLoop): LoopError {
  return new LoopError(
    'ALREADY_RUNNING',
    loop[host]?.ended === true
      ? 'has ended, and code of its hooks is still in flight: it would share its state with another run. Await `settled` of that run, or make a second instance.'
      : 'is running already. One instance runs once at a time: await the run, or make a second instance.',
    pathOf(loop),
  );
}
