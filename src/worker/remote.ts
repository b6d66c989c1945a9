import type { ArgsOf, OutputOf } from '../chart/machine-type.ts';
import type { Checkpoint } from '../checkpoint/contents.ts';
import { MisconfigurationError } from '../data/errors.ts';
import { shown } from '../data/shown.ts';
import type { Loop } from '../loop.ts';
import type { RemoteStartOptions } from './options.ts';
import { OutsideEnd } from './outside-end.ts';
import { checkPort, type WorkerPort } from './port.ts';
import type { RemoteRun } from './remote-run.ts';

/** What `start` is called with: `args` are needed where the hooks of the loop have parameters, as for `Loop.start`. */
export type RemoteStartArguments<Args extends unknown[]> = [] extends Args
  ? [options?: RemoteStartOptions<Args>]
  : [options: RemoteStartOptions<Args> & ({ args: Args } | { from: Checkpoint })];

/** A loop that a worker serves. @typeParam L the class of the loop */
export interface RemoteLoop<L> {
  /**
   * Starts a run in the worker, as soon as that serves the loop. What `Loop.start` throws comes as the outcome of the run.
   * @throws LoopError `NOT_PLAIN_DATA` for arguments that cannot go to a worker; MisconfigurationError for a bad option
   */
  start(...options: RemoteStartArguments<ArgsOf<L>>): RemoteRun<OutputOf<L>, L>;
  /** Listens no more: for a way that is used for something else afterwards. Runs that go on are aborted. */
  close(): void;
}

export interface RemoteOptions {
  /** Which of several loops that are served over the same way. Default: the only one. */
  name?: string | undefined;
}

/**
 * The loop that a worker serves over this way: a `Worker` of the browser or of Node, or a `MessagePort`.
 * @typeParam L the class of the loop: only its type, so that nothing of it is loaded here
 * @throws MisconfigurationError for what is no such way
 *
 * @example
 * import type { Train } from './train.ts';
 * const worker = new Worker(new URL('./train.ts', import.meta.url), { type: 'module' });
 * const run = remote<Train>(worker).start({ args: [3] });
 * for await (const { steps } of run) console.log(steps);
 */
export function remote<L extends Loop<any, any>>(worker: WorkerPort, options: RemoteOptions = {}): RemoteLoop<L> {
  checkPort(worker, 'remote', 'Give it the `Worker`, or a `MessagePort` whose other end the worker serves.');
  const { name = '', ...rest } = options;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) {
    throw new MisconfigurationError(`remote expected options among name, got \`${unknown}\`.`);
  }
  if (typeof name !== 'string') {
    throw new MisconfigurationError(`remote expected \`name\` to be a string, got \`${shown(name)}\`.`);
  }
  const end = new OutsideEnd(worker, name);
  return {
    start: (...[given]) => end.start(given ?? {}) as RemoteRun<any, L>,
    close: () => end.close(),
  };
}
