import type { Checkpoint } from '../checkpoint/contents.ts';
import { MisconfigurationError } from '../data/errors.ts';
import { shown } from '../data/shown.ts';
import { checkOptions as checkStart, type StartOptions } from '../run/options.ts';

/** What a run in a worker is started with. Its store is in the worker: see `serve`. */
export interface RemoteStartOptions<Args extends unknown[] = unknown[]>
  extends Pick<StartOptions<Args>, 'args' | 'every' | 'durability' | 'signal' | 'id' | 'paused'> {
  /**
   * Go on from this checkpoint; `'newest'`: from the newest one that the worker's store has under `id`, or anew if it has
   * none. Default: begin anew.
   */
  from?: Checkpoint | 'newest' | undefined;
  /** Show the run in the inspector that the worker has. Default: false; `run.inspect()` does it later. */
  inspect?: boolean | undefined;
}

/** What `start` is called with: `args` are needed where the hooks of the loop have parameters, as for `Loop.start`. */
export type RemoteStartArguments<Args extends unknown[]> = [] extends Args
  ? [options?: RemoteStartOptions<Args>]
  : [options: RemoteStartOptions<Args> & ({ args: Args } | { from: Checkpoint })];

/** @throws MisconfigurationError */
export function checkOptions(options: RemoteStartOptions<any>): void {
  if (typeof options !== 'object' || options === null) {
    throw new MisconfigurationError(`start expected options to be an object, got \`${shown(options)}\`.`);
  }
  const { from, inspect, ...rest } = options;
  for (const name of ['store', 'migrate']) {
    if (name in rest) {
      const message = `start expected no \`${name}\` for a run in a worker. Give it to the worker: serve(loop, { ${name} }).`;
      throw new MisconfigurationError(message);
    }
  }
  if (inspect !== undefined && typeof inspect !== 'boolean') {
    throw new MisconfigurationError(
      'start expected `inspect` to be true or false for a run in a worker, for observers cannot go there. ' +
        'Give them to the worker: serve(loop, { inspect }).',
    );
  }
  checkStart(undefined, rest);
  if (from === undefined || (typeof from === 'object' && from !== null)) return;
  if (from !== 'newest') {
    throw new MisconfigurationError(`start expected \`from\` to be a checkpoint or 'newest', got \`${shown(from)}\`.`);
  }
  if (options.id === undefined) {
    throw new MisconfigurationError("start({ from: 'newest' }) expected an `id`, under which the run is saved.");
  }
}
