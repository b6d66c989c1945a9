import { isAlike } from '../data/alike.ts';
import { LoopError } from '../data/errors.ts';
import { plainOrNot } from '../data/json.ts';
import { shown } from '../data/shown.ts';
import type { Checkpoint } from './contents.ts';

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
