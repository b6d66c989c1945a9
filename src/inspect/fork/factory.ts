import type { CheckpointStore } from '../../checkpoint/store.ts';
import { MisconfigurationError } from '../../data/errors.ts';
import { kindOf, shown } from '../../data/shown.ts';
import { checkOptions, type StartOptions } from '../../run/options.ts';
import type { AnyLoop } from '../../tree/any-loop.ts';
import { assetsOf } from '../../tree/assets.ts';
import { isLoop } from '../../tree/tree.ts';

/** What a fork is begun with. */
export interface ForkPlan {
  /** A new instance, with models and other `Stateful` objects of its own. */
  loop: AnyLoop;
  /** Its arguments, where they are no plain data. Default: those of the run that it is a fork of, or what the page asked for. */
  args?: unknown[];
  /** Names it in stores. Default: that of the run that it is a fork of, and something random behind it. */
  id?: string;
  /** Where it is saved. Default: nowhere. */
  store?: CheckpointStore;
  /** See `start`. */
  every?: StartOptions['every'];
  /** See `start`. */
  durability?: StartOptions['durability'];
  /** Aborts it. */
  signal?: AbortSignal;
}

/**
 * Makes the loop of a fork as the program has made that of the run: a new instance each time.
 * It gets the arguments of the run where they are plain data.
 */
export type ForkFactory = (...args: any[]) => AnyLoop | ForkPlan | Promise<AnyLoop | ForkPlan>;

/** By the name of the outermost loop, its path (`fit`) or its class (`Fit`): what makes its forks. */
export type ForkFactories = Readonly<Record<string, ForkFactory>>;

const known = ['loop', 'args', 'id', 'store', 'every', 'durability', 'signal'];

/** @throws MisconfigurationError unless they are functions by names */
export function checkFactories(fork: unknown): void {
  const wrong = (got: unknown) =>
    new MisconfigurationError(
      `Expected \`fork\` to be functions that make loops, by the names of the outermost loops: { fit: () => new Fit() }; got ${shown(got)}.`,
    );
  if (fork === undefined) return;
  if (typeof fork !== 'object' || fork === null || Array.isArray(fork)) throw wrong(fork);
  for (const factory of Object.values(fork)) if (typeof factory !== 'function') throw wrong(factory);
}

/** What a factory has returned. @throws Error where it is nothing that can be begun */
export function planOf(made: unknown, name: string): ForkPlan {
  if (isLoop(made)) return { loop: made };
  const plan = made as ForkPlan;
  if (typeof made !== 'object' || made === null || !isLoop(plan.loop))
    throw new Error(`Expected \`fork.${name}\` to return a loop, or { loop, … }, got a ${kindOf(made)}.`);
  for (const key of Object.keys(plan)) {
    if (!known.includes(key))
      throw new Error(`Expected \`fork.${name}\` to return nothing but ${known.join(', ')}, got \`${key}\`.`);
  }
  const { loop, ...options } = plan;
  checkOptions(loop, options);
  return plan;
}

/** @throws Error where a fork would change what the run has that it is a fork of */
export function checkOwn(loop: AnyLoop, before: AnyLoop | undefined, name: string): void {
  if (before === undefined) return;
  if (loop === before) throw new Error(`Expected \`fork.${name}\` to make a new loop, got that of the run itself.`);
  const theirs = new Set<object>(assetsOf(before).map(([, field]) => field));
  const shared = assetsOf(loop).find(([, field]) => theirs.has(field));
  if (shared !== undefined) {
    throw new Error(
      `Expected \`fork.${name}\` to make a new \`${shared[0]}\`, got that of the run itself, which the fork would change.`,
    );
  }
}
