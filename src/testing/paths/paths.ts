import type { Actor } from 'xstate';
import type { ArgsOf, LoopMachine } from '../../chart/machine-type.ts';
import { MisconfigurationError } from '../../data/errors.ts';
import { shown } from '../../data/shown.ts';
import type { Outcome } from '../../run/outcome.ts';
import { outcomeOfRoot } from '../../run/outcome.ts';
import type { AnyLoop } from '../../tree/any-loop.ts';
import { checkTree } from '../../tree/strays.ts';
import { isLoop, pathOf } from '../../tree/tree.ts';
import { choose, coveredBy, targetsOf } from './choose.ts';
import { type Coverage, coverageOf } from './coverage.ts';
import { go } from './go.ts';
import { after, type Edge, firstSnapshot, mapOf, type PathStep } from './map.ts';

/** A way that a run can go, from its beginning to its end. */
export interface Path<L = any> {
  /** Its steps in words: `skip is false, reset, done is false, pause, …` */
  readonly description: string;
  readonly steps: readonly PathStep[];
  /** How a run ends that goes this way. */
  readonly status: Outcome<unknown>['status'];
  /**
   * Sends an actor of the loop's machine this way. No hook of the loop and no child is run: what they would have said is sent.
   * @param watch is given the actor before it is started: subscribe here, or render what shows it. A subscriber without `error`
   *   has failures reported as uncaught, as in the app
   * @returns the actor, which has ended
   */
  go(watch: (actor: Actor<LoopMachine<L>>) => void): Actor<LoopMachine<L>>;
}

/** What `paths` may be told. */
export interface PathsOptions<Args extends unknown[]> {
  /** How many paths at most. Default: 1000, which is more than most loops have. */
  max?: number | undefined;
  /** The arguments of the run, for whoever looks at them in the context. Default: none. */
  args?: Args | undefined;
}

/**
 * The ways that a run of a loop can go, so that whatever shows or handles it is tested against all of them: skipped,
 * ended, stopped, aborted and failed in each hook, paused and resumed anywhere, with children that end or fail.
 *
 * The first paths are the shortest to each end; then those that take the transitions which no other takes, then pairs of
 * transitions. The states of the loop are what it has now: the paths are of the chart, not of what your hooks compute.
 * @returns the paths, and what they cover: `String(coverage)` says it in a line
 * @throws MisconfigurationError for a `max` that is none, and for loops that are wired wrongly
 *
 * @example
 * for (const path of paths(new Fit(), { max: 50 }).paths) {
 *   test(path.description, () => {
 *     const labels: string[] = [];
 *     path.go((actor) => actor.subscribe({ next: (snapshot) => labels.push(label(snapshot)), error: () => labels.push('failed') }));
 *     expect(labels).not.toContain(undefined);
 *   });
 * }
 */
export function paths<L extends AnyLoop>(
  loop: L,
  options: PathsOptions<ArgsOf<L>> = {},
): { paths: Path<L>[]; coverage: Coverage } {
  const { max = 1000, args = [] } = options as PathsOptions<unknown[]>;
  if (!isLoop(loop)) throw new MisconfigurationError(`paths expected a loop, got \`${shown(loop)}\`.`);
  if (!Number.isInteger(max) || max < 1) {
    throw new MisconfigurationError(
      `paths expected \`max\` to be a whole number from 1 up, got \`${String(max)}\`.`,
      pathOf(loop),
    );
  }
  checkTree(loop);
  const map = mapOf(loop, args);
  const chosen = choose(map, max);
  return {
    paths: chosen.map((edges) => pathOfEdges<L>(loop, args, edges)),
    coverage: coverageOf(
      targetsOf(map),
      chosen.map((edges) => coveredBy(edges, map)),
    ),
  };
}

/** Goes along the edges once more: the contexts on the map are those of the first way to each place. */
function pathOfEdges<L>(loop: AnyLoop, args: readonly unknown[], edges: readonly Edge[]): Path<L> {
  let before = firstSnapshot(args);
  const steps = edges.map(({ happening: { name, event } }): PathStep => {
    const snapshot = after(before, event);
    const step = { name, event, from: before.value, snapshot };
    before = snapshot;
    return step;
  });
  return {
    description: steps.map(({ name }) => name).join(', '),
    steps,
    status: outcomeOfRoot(before as any).status,
    go: (watch) => go<L>(loop, args, steps, watch),
  };
}
