import { expected } from '../checkpoint/expected.ts';
import type { LoopError } from '../data/errors.ts';
import type { TakeOver } from './holder.ts';

/** What `fileStore` takes. */
export interface FileStoreOptions {
  /**
   * How many checkpoints of a run stay on the disk, from 1 up.
   * Default 2: if the newest is damaged, there is one to fall back to.
   */
  keep?: number;
  /**
   * Called by `load` when it passes over a damaged checkpoint, with an error of code `CHECKPOINT_UNREADABLE`.
   * Throw the error to refuse the older one. Default: `process.emitWarning`.
   */
  onFallback?: (error: LoopError) => void;
  /**
   * Whether a run may be taken over that a process of another host holds: of such a one cannot be told from here whether
   * it still runs. Needed where a container was killed and comes back under another name, or a disk moves to another
   * machine. `true`, or a function that is shown who holds the run and says whether to. Be sure that the holder is gone:
   * one that is not loses what it does from then on (its next save fails with `STORE_BUSY`), and nothing is mixed up.
   * What a living process of this host holds is never taken over, and what a dead one held always is. Default: false.
   */
  takeOver?: boolean | TakeOver;
}

/** The same, with what is taken where nothing is said. @throws MisconfigurationError for a bad `dir` or option */
export function checkedOptions(
  dir: string,
  options: FileStoreOptions,
): { keep: number; onFallback: (error: LoopError) => void; mayTakeOver: TakeOver } {
  checkOptions(dir, options);
  const { keep = 2, onFallback = (error) => process.emitWarning(error), takeOver = false } = options;
  const mayTakeOver: TakeOver = (holder) => {
    const may: unknown = typeof takeOver === 'function' ? takeOver(holder) : takeOver;
    if (typeof may !== 'boolean') throw expected('`takeOver` to return true or false', may);
    return may;
  };
  return { keep, onFallback, mayTakeOver };
}

function checkOptions(dir: string, options: FileStoreOptions): void {
  if (typeof dir !== 'string' || dir === '') throw expected('`dir` to be a string that is not empty', dir);
  if (typeof options !== 'object' || options === null) throw expected('options to be an object', options);
  const { keep, onFallback, takeOver, ...unknown } = options;
  if (Object.keys(unknown).length > 0) {
    throw expected('options among keep, onFallback, takeOver', Object.keys(unknown)[0]);
  }
  if (takeOver !== undefined && typeof takeOver !== 'boolean' && typeof takeOver !== 'function') {
    throw expected('`takeOver` to be true, false or a function', takeOver);
  }
  if (keep !== undefined && !(Number.isInteger(keep) && keep >= 1)) {
    throw expected('`keep` to be a whole number from 1 up', keep);
  }
  if (onFallback !== undefined && typeof onFallback !== 'function') {
    throw expected('`onFallback` to be a function', onFallback);
  }
}
