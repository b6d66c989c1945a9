import { copyAssets } from '../data/asset-copy.ts';
import { LoopError } from '../data/errors.ts';
import type { Checkpoint } from './contents.ts';

/**
 * A checkpoint of one's own: what becomes of it does not change the one that was given, nor the other way round.
 * @param path says which loop it is of; asked only for an error. Default: none
 * @throws LoopError `NOT_PLAIN_DATA` for what no checkpoint can hold
 */
export function copyCheckpoint(checkpoint: Checkpoint, path?: () => string): Checkpoint {
  const { assets, ...rest } = checkpoint;
  const copied = copyAssets(assets, path);
  try {
    return { ...structuredClone(rest), assets: copied };
  } catch (cause) {
    throw notData(cause, path?.());
  }
}

/** @param cause what was thrown where a checkpoint, but for its assets, was to be copied or written */
export function notData(cause: unknown, path = ''): LoopError {
  return new LoopError(
    'NOT_PLAIN_DATA',
    `Expected a checkpoint of plain data, but for its assets; got something else: ${(cause as Error).message} ` +
      'Put in what it can be made of.',
    path,
    { cause },
  );
}
