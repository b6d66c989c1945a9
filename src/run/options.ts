import type { InspectionEvent, Observer } from 'xstate';
import type { Checkpoint } from '../checkpoint/contents.ts';
import type { CheckpointStore } from '../checkpoint/store.ts';
import { MisconfigurationError } from '../data/errors.ts';
import { shown } from '../data/shown.ts';
import { soon } from '../time/clock.ts';
import type { AnyLoop } from '../tree/any-loop.ts';
import { pathOf } from '../tree/tree.ts';

/** An XState inspection observer. */
export type Inspect = ((event: InspectionEvent) => void) | Observer<InspectionEvent>;

/** Marks an observer that keeps what it sees, so that the run lets nothing pass that cannot be kept. */
export const recorder: unique symbol = Symbol('loopchart.recorder');

/** The recorders of a run. */
export const recordersOf: WeakMap<object, Inspect[]> = new WeakMap();

/** Observers of every run of this process; see `LOOPCHART_INSPECT`. */
export const everyRun: Observer<InspectionEvent>[] = [];

/** What `start` takes. An option that is `undefined` is as good as left out. */
export interface StartOptions<Args extends unknown[] = unknown[]> {
  /** The arguments of every hook. Default: none, or those in the checkpoint. */
  args?: Args | undefined;
  /**
   * Go on from this checkpoint. `reset` and `onRunStart` are not repeated where they had been done.
   * Default: begin anew; so does `undefined`, which a store gives of a run that it does not know.
   */
  from?: Checkpoint | undefined;
  /** Brings an older checkpoint forward before it is checked: it gets `from` and returns one that fits. */
  migrate?: ((checkpoint: Checkpoint) => Checkpoint) | undefined;
  /** Where checkpoints are saved. Default: nowhere. */
  store?: CheckpointStore | undefined;
  /**
   * How often: every n steps of innermost loops, every n milliseconds (at the next boundary), at every step, or only when
   * the run ends. Default: every 1000 ms. A run that ends as finished is saved once more in any case.
   */
  every?: { steps: number } | { ms: number } | 'step' | 'run' | undefined;
  /**
   * `sync`: the run waits until a checkpoint is saved. `async`: one save at a time goes on beside the run, and the newest
   * of what waits is next. `exit`: only when the run is suspended or has finished. Default: `async`.
   */
  durability?: 'sync' | 'async' | 'exit' | undefined;
  /** Who watches: then every step is an event. */
  inspect?: Inspect | Inspect[] | undefined;
  /** Aborts the run. */
  signal?: AbortSignal | undefined;
  /** Names the run in stores and recordings. Default: the id in the checkpoint, or a random one. */
  id?: string | undefined;
  /** Wait before the first step until `resume` or `step`. Default: false. */
  paused?: boolean | undefined;
}

/**
 * What `start` is called with. Where `run` has to be given arguments, `start` has to be given `args`, or a checkpoint
 * that has them.
 */
export type StartArguments<Args extends unknown[]> = [] extends Args
  ? [options?: StartOptions<Args>]
  : [options: StartOptions<Args> & ({ args: Args } | { from: Checkpoint })];

/** Observers must not reach the loop: what one throws is reported on its own. */
export function guarded(observers: Inspect[]): (event: InspectionEvent) => void {
  const calls = observers.map((one) =>
    typeof one === 'function' ? one : (event: InspectionEvent) => one.next?.(event),
  );
  return (event) => {
    for (const call of calls) {
      try {
        call(event);
      } catch (error) {
        soon(() => {
          throw error;
        });
      }
    }
  };
}

/** The names of all options. */
export const known: readonly string[] = [
  'args',
  'from',
  'migrate',
  'store',
  'every',
  'durability',
  'inspect',
  'signal',
  'id',
  'paused',
];

/** @param loop where it is at hand, so that an error names it */
export function checkOptions(loop: AnyLoop | undefined, options: StartOptions<any>): void {
  const wrong = (expected: string, got: unknown) =>
    new MisconfigurationError(
      `start expected ${expected}, got \`${typeof got === 'string' ? got : shown(got)}\`.`,
      loop === undefined ? '' : pathOf(loop),
    );
  if (typeof options !== 'object' || Array.isArray(options))
    throw wrong('options: an object, such as { args: [3] }', options);
  for (const name of Object.keys(options))
    if (!known.includes(name)) throw wrong(`options among ${known.join(', ')}`, name);
  const { args, every, durability, id, store, migrate, inspect, signal, paused } = options;
  if (args !== undefined && !Array.isArray(args)) throw wrong('`args` to be an array', args);
  if (id !== undefined && (typeof id !== 'string' || id === ''))
    throw wrong('`id` to be a string that is not empty', id);
  if (durability !== undefined && !['sync', 'async', 'exit'].includes(durability))
    throw wrong("`durability` to be 'sync', 'async' or 'exit'", durability);
  if (store !== undefined && (typeof store?.save !== 'function' || typeof store.load !== 'function'))
    throw wrong('`store` to have save and load', store);
  if (migrate !== undefined && typeof migrate !== 'function') throw wrong('`migrate` to be a function', migrate);
  for (const one of Array.isArray(inspect) ? inspect : [inspect]) {
    if (one !== undefined && typeof one !== 'function' && typeof one?.next !== 'function')
      throw wrong('`inspect` to be a function or an observer, or several', one);
  }
  if (signal !== undefined && typeof signal?.addEventListener !== 'function')
    throw wrong('`signal` to be an AbortSignal', signal);
  if (paused !== undefined && typeof paused !== 'boolean') throw wrong('`paused` to be true or false', paused);
  if (every === undefined || every === 'step' || every === 'run') return;
  const count = typeof every === 'object' && every !== null ? ('steps' in every ? every.steps : every.ms) : Number.NaN;
  const isBoth = typeof every === 'object' && every !== null && 'steps' in every && 'ms' in every;
  if (typeof count !== 'number' || !(count > 0) || isBoth || ('steps' in every && !Number.isInteger(count))) {
    throw wrong(
      "`every` to be 'step', 'run', { steps } with a whole number from 1 up, or { ms } with a number above 0",
      every,
    );
  }
}
