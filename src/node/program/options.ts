import type { CheckpointStore } from '../../checkpoint/store.ts';
import { MisconfigurationError } from '../../data/errors.ts';
import { shown } from '../../data/shown.ts';
import { type StartOptions, known as startOptions } from '../../run/options.ts';
import { isLoop } from '../../tree/tree.ts';

interface Named {
  /** Under which name the run is saved, and found again: the same at every start of the program. */
  id: string;
  /** Where its checkpoints are, such as `fileStore('.runs')`. */
  store: CheckpointStore;
  /**
   * Says where a run goes on, what a suspend waits for when it takes longer than a second, that the run was suspended or
   * stopped, and what it failed with: whole lines. Default: to stderr. `() => {}` keeps it quiet.
   */
  tell?: ((text: string) => void) | undefined;
}

/** Needed where the loop's hooks have parameters that may not be left out. */
type ArgsOption<Args extends unknown[]> = [] extends Args
  ? {
      /** The arguments of every hook: the same at every start. Default: none. */
      args?: Args | undefined;
    }
  : {
      /** The arguments of every hook: the same at every start. */
      args: Args;
    };

/** The options of `start`, with an `id` and a `store`, and without `from`, which is what is loaded. */
export type ResumableOptions<Args extends unknown[] = []> = Omit<StartOptions<Args>, 'args' | 'from' | 'id' | 'store'> &
  Named &
  ArgsOption<Args>;

const known = [...startOptions.filter((name) => name !== 'from'), 'tell'];

/** @throws MisconfigurationError that names what is wrong; what `start` looks at is left to it */
export function checkOptions(loop: unknown, options: ResumableOptions<any>): void {
  if (!isLoop(loop)) throw wrong('a loop', loop);
  if (typeof options !== 'object' || options === null) throw wrong('options with `id` and `store`', options);
  if ('from' in options) {
    throw new MisconfigurationError('resumable loads the checkpoint itself: leave out `from`, or use `start`.');
  }
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw wrong(`options among ${known.join(', ')}`, name);
  }
  const { id, store, tell } = options as Partial<Named>;
  if (typeof id !== 'string' || id === '') throw wrong('`id` to be a string that is not empty', id);
  if (typeof store?.save !== 'function' || typeof store.load !== 'function') {
    throw wrong('`store` to have save and load', store);
  }
  if (tell !== undefined && typeof tell !== 'function') throw wrong('`tell` to be a function', tell);
}

function wrong(expected: string, got: unknown): MisconfigurationError {
  return new MisconfigurationError(`resumable expected ${expected}, got \`${shown(got)}\`.`);
}
