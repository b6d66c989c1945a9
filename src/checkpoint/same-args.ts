import { isAlike } from '../data/alike.ts';
import { LoopError } from '../data/errors.ts';
import { plainOrNot } from '../data/json.ts';
import { shown } from '../data/shown.ts';
import { sealOfArgs } from '../step/what-changed.ts';
import type { AnyLoop } from '../tree/any-loop.ts';
import { pathOf } from '../tree/tree.ts';
import type { Checkpoint } from './contents.ts';

/**
 * A run that has used up its arguments, as one does that takes its work off a list, cannot go on with them as they were.
 * @param args in place of those that it had
 * @throws LoopError `RESUME_MISMATCH`
 */
export function checkArgs(loop: AnyLoop, { phase }: Checkpoint, args: unknown[] | undefined): void {
  const { args: before, changedArgs: seal } = phase.context;
  if (seal === undefined || !Array.isArray(before)) return;
  if (sealOfArgs(before, args ?? before) === seal) return;
  throw new LoopError(
    'RESUME_MISMATCH',
    'The arguments of the run had been changed when the checkpoint was taken, and are as they were before it. ' +
      'Leave arguments as they are, and keep in `state` how far the loop has come: items[this.state.next++].',
    pathOf(loop),
  );
}

/**
 * For who loads a checkpoint and is given arguments as well: a run that had others would not be the one that was saved, its
 * output would be of something else.
 * @throws LoopError `CHECKPOINT_MISMATCH`
 */
export function checkSameArgs(id: string, from: Checkpoint, args: unknown[] | undefined): void {
  const before = from.phase?.context?.args ?? null;
  const now = plainOrNot(args ?? [])?.copy;
  // Where they are not all plain data, nobody knows what they were.
  if (before === null || now === undefined || isAlike(before, now)) return;
  throw new LoopError(
    'CHECKPOINT_MISMATCH',
    `Expected the arguments that the saved run \`${id}\` was begun with, ${shown(before)}, got ${shown(now)}. ` +
      'Give it the same, give this run another `id`, or delete what is saved.',
  );
}
