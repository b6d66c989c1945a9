import { MisconfigurationError } from '../../data/errors.ts';
import { isClass, shown } from '../../data/shown.ts';

/** What {@link everyCut} takes. */
export interface EveryCutOptions<L = any, Args extends unknown[] = any[]> {
  /** The arguments of each run, or what makes them: of an iterator, say, each run needs its own. Default: none. */
  args?: [...Args] | (() => [...Args]) | undefined;
  /** What a run of this loop has done outside so far: a list that grows. Default: effects are not compared. */
  effects?: ((loop: L) => readonly unknown[]) | undefined;
  /**
   * Whether effects are to be done once also by a process that dies in the middle of a step, so that the whole step is
   * run again. Those in `once` are. Default: true.
   */
  crashes?: boolean | undefined;
  /** Whether the loop may fail: then it has to fail in the same way after each cut. Default: false, what it fails with is thrown. */
  mayFail?: boolean | undefined;
  /** At most so many cuts, sampled evenly where there are more boundaries: the report says how many of how many. Default: 1000. */
  max?: number | undefined;
  /** Which cuts are sampled, where not all are. Default: another one each time; it stands in the report and in the error. */
  seed?: number | undefined;
  /**
   * `play`: time is the proof's own, as that of `play`: waits of the loop take no time, for it moves on to the next timer
   * when there is nothing else to do. All runs are watched then. `real`: that of the machine. Default: `real`.
   */
  clock?: 'play' | 'real' | undefined;
  /** How long one run may take, in milliseconds of the machine. Default: 60,000. */
  timeout?: number | undefined;
}

const known = ['args', 'effects', 'crashes', 'mayFail', 'max', 'seed', 'clock', 'timeout'];

export function checkOptions(make: unknown, options: EveryCutOptions): void {
  const wrong = (expected: string, got: unknown) =>
    new MisconfigurationError(`everyCut expected ${expected}, got \`${shown(got)}\`.`);
  if (typeof make !== 'function' || isClass(make))
    throw wrong('a function that makes a new loop, () => new Fit()', make);
  if (typeof options !== 'object' || options === null) throw wrong('options to be an object', options);
  for (const name of Object.keys(options))
    if (!known.includes(name)) throw wrong(`options among ${known.join(', ')}`, name);
  const { args, effects, crashes, mayFail, max, seed, clock, timeout } = options;
  if (args !== undefined && !Array.isArray(args) && typeof args !== 'function')
    throw wrong('`args` to be an array, or a function that gives one', args);
  if (effects !== undefined && typeof effects !== 'function') throw wrong('`effects` to be a function', effects);
  if (crashes !== undefined && typeof crashes !== 'boolean') throw wrong('`crashes` to be true or false', crashes);
  if (mayFail !== undefined && typeof mayFail !== 'boolean') throw wrong('`mayFail` to be true or false', mayFail);
  if (max !== undefined && !(Number.isInteger(max) && max >= 1))
    throw wrong('`max` to be a whole number from 1 up', max);
  if (seed !== undefined && !Number.isInteger(seed)) throw wrong('`seed` to be a whole number', seed);
  if (clock !== undefined && clock !== 'play' && clock !== 'real') throw wrong("`clock` to be 'play' or 'real'", clock);
  if (timeout !== undefined && !(typeof timeout === 'number' && timeout > 0 && timeout < 2 ** 31))
    throw wrong('`timeout` to be milliseconds above 0', timeout);
}
