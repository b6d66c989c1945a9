import type { ArgsOf, OutputOf } from '../chart/machine-type.ts';
import { MisconfigurationError } from '../data/errors.ts';
import { shown } from '../data/shown.ts';
import type { Loop } from '../loop.ts';
import { logicOf, type RemoteLogic } from './logic.ts';
import type { RemoteStartArguments } from './options.ts';
import { OutsideEnd } from './outside-end.ts';
import { checkPort, type WorkerPort } from './port.ts';
import type { RemoteRun } from './remote-run.ts';

/** A loop that a worker serves. @typeParam L the class of the loop */
export interface RemoteLoop<L> {
  /**
   * Starts a run in the worker, as soon as that serves the loop. What `Loop.start` throws comes as the outcome of the run.
   * @throws LoopError `NOT_PLAIN_DATA` for arguments that cannot go to a worker; MisconfigurationError for a bad option
   */
  start(...options: RemoteStartArguments<ArgsOf<L>>): RemoteRun<OutputOf<L>, L>;
  /**
   * The same for a machine of XState: `setup({ actors: { train: remote<Train>(worker).logic } })`. The input are the options
   * of `start`. Its output is that of the run, `snapshot.context.progress` says where that stands, and the events are those
   * that anyone may send to a loop. Stopped, as when the state is left that has invoked it, it aborts the run.
   */
  readonly logic: RemoteLogic<L>;
  /** Listens no more: for a way that is used for something else afterwards. Runs that go on are aborted. */
  close(): void;
}

/** What `remote` may be told. */
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
  const start = (given: object = {}) => end.start(given) as RemoteRun<any, L>;
  return {
    start: (...[given]) => start(given),
    logic: logicOf(start),
    close: () => end.close(),
  };
}
