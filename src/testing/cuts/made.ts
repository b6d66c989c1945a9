import { MisconfigurationError } from '../../data/errors.ts';
import { isPlain, plainCopy } from '../../data/json.ts';
import { shown } from '../../data/shown.ts';
import type { AnyLoop } from '../../tree/any-loop.ts';
import { isLoop } from '../../tree/tree.ts';
import type { EveryCutOptions } from './options.ts';

/** What a new run is made of: the loop, and what belongs to it. */
export interface MadeLoop<L = AnyLoop, Args extends unknown[] = any[]> {
  /** A new instance, with new children. */
  loop: L;
  /** The arguments of its run. Default: those of the options, or none. */
  args?: Args | undefined;
  /**
   * What the run has done outside so far: a list that grows, such as of the mails that were sent. Each is to be done
   * once, be it that the run is cut. Default: that of the options, or none.
   */
  effects?: (() => readonly unknown[]) | undefined;
  /** What else has to be the same in the end: a model, say, that loops hold in a closure. Default: nothing. */
  assets?: (() => unknown) | undefined;
}

/** One run that is about to begin. */
export interface Made {
  readonly loop: AnyLoop;
  readonly args: unknown[];
  /** What it has done outside since it was made. */
  effects(): unknown[];
  assets(): unknown;
  /** Told of all that happens in the run, where somebody wants to know. */
  readonly watch: (() => void) | undefined;
}

/** Makes a new run with each call. @throws MisconfigurationError if what it is made of is not new */
export class Maker {
  /** Whether there are effects to be compared. */
  hasEffects = false;
  /** Who is told of all that happens in the runs. */
  watch: (() => void) | undefined;
  readonly #make: () => unknown;
  readonly #options: EveryCutOptions<any, any>;
  readonly #used = new WeakSet<object>();

  constructor(make: () => unknown, options: EveryCutOptions<any, any>) {
    this.#make = make;
    this.#options = options;
  }

  /** Whether it has made the loop. */
  hasMade(loop: AnyLoop): boolean {
    return this.#used.has(loop);
  }

  async make(): Promise<Made> {
    const made = (await this.#make()) as AnyLoop | MadeLoop<AnyLoop>;
    const { loop, args, effects, assets }: MadeLoop<AnyLoop> = isLoop(made) ? { loop: made } : (made ?? {});
    if (!isLoop(loop))
      throw new MisconfigurationError(
        `everyCut expected \`make\` to give a new loop, or { loop, args, effects, assets } with one, got \`${shown(made)}\`.`,
      );
    if (this.#used.has(loop))
      throw new MisconfigurationError(
        'everyCut expected `make` to give a new loop with each call, got the same one again. Construct it in `make`: () => new Fit().',
        loop.path,
      );
    this.#used.add(loop);
    const log = effects ?? (this.#options.effects && (() => this.#options.effects!(loop)));
    this.hasEffects = log !== undefined;
    // One log may be of all runs.
    const before = log?.().length ?? 0;
    return {
      loop,
      args: args ?? this.#args(),
      effects: () => log?.().slice(before) ?? [],
      assets: () => assets?.(),
      watch: this.watch,
    };
  }

  /** Those of the options: of a list, each run gets its own copy, so that none finds what another has left. */
  #args(): unknown[] {
    const { args = [] } = this.#options;
    if (typeof args === 'function') return args();
    return args.map((arg: unknown) => (isPlain(arg) ? plainCopy(arg, () => '', 'args') : arg));
  }
}
