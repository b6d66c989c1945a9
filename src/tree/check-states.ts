import { LoopError, MisconfigurationError } from '../data/errors.ts';
import { lossIn } from '../data/loss.ts';
import { type AnyLoop, savesItsState } from './any-loop.ts';
import { pathOf, walk } from './tree.ts';

/** Objects of states whose own keys a copy has all. */
const whole = new WeakSet<object>();

/**
 * For whoever is about to save the states of a tree, which are copied without a look at what a copy would not have: at
 * every boundary that would cost more than the copy.
 * @throws LoopError `NOT_PLAIN_DATA` if one has what would not come back, `MISCONFIGURATION` if two loops have one
 */
export function checkStates(loop: AnyLoop): void {
  const owners = new Map<unknown, string>();
  for (const { loop: one, path } of walk(loop)) {
    refuseSharedState(one, path, owners);
    if (savesItsState(one)) checkLoss(one);
  }
}

/** @param owners the paths of the loops that have been looked at, by their states */
function refuseSharedState({ state }: AnyLoop, path: string, owners: Map<unknown, string>): void {
  if (typeof state !== 'object' || state === null) return;
  const owner = owners.get(state);
  if (owner !== undefined) {
    throw new MisconfigurationError(
      `Expected each loop to have a state of its own, got one object as that of ${owner} and of ${path}: after a resume these would be two. ` +
        'Keep it in the state of one of them, and give it to the other as an argument.',
      path,
    );
  }
  owners.set(state, path);
}

export function refuseLoss(loop: AnyLoop, loss: string | undefined): void {
  if (loss === undefined) return;
  throw new LoopError(
    'NOT_PLAIN_DATA',
    `Expected \`state\` to be plain data, of which a copy has all; got ${loss}, which would not be there after a resume. ` +
      'Make it an ordinary key, a method or a getter of the loop, or keep it in another field.',
    pathOf(loop),
  );
}

/** Of a state that is copied as it is. @throws LoopError `NOT_PLAIN_DATA` */
export function checkLoss(loop: AnyLoop): void {
  refuseLoss(loop, lossIn(loop.state, whole));
}
