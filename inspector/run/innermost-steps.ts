import { type Actor, begun, type Path, type Run } from './actor.ts';
import { standing } from './standing.ts';
import type { Store } from './store.ts';

/** So many steps of loops that run others are looked at one by one. */
const MOST = 20_000;

/**
 * How many steps innermost loops of a run ended after one row and by another, as the program counts them: a step in which
 * a loop ran another is none of an innermost loop.
 *
 * @returns nothing where lines are missing that may have told of more
 */
export function innermostSteps(store: Store, run: Run, from: number, to: number): number | undefined {
  if (from < store.first || store.gaps.upTo(to) > store.gaps.upTo(from)) return undefined;
  let sum = 0;
  let looked = 0;
  for (const path of run.paths.values()) {
    const { steps } = path;
    const [before, last] = [steps.upTo(from), steps.upTo(to)];
    if (last === before) continue;
    // How many there were before the first that is known.
    if (before < 0 && store.dropped) return undefined;
    const runsOthers = path.actors.some(({ children }) => children.size > 0);
    if (!runsOthers) {
      sum += steps.count(last) - (before < 0 ? 0 : steps.count(before));
      continue;
    }
    looked += last - before;
    if (looked > MOST) return undefined;
    for (let at = before + 1; at <= last; at++) sum += stepsAlone(store, path, at);
  }
  return sum;
}

/** How many steps a mark of a loop stands for in which it ran no other. */
function stepsAlone(store: Store, { steps }: Path, at: number): number {
  const row = steps.row(at);
  const actor = store.actor(row);
  const count = steps.count(at) - (at > 0 ? steps.count(at - 1) : 0);
  if (!actor) return count;
  const earlier = at > 0 && store.actor(steps.row(at - 1)) === actor ? steps.row(at - 1) : actor.first - 1;
  return ranOthers(store, actor, earlier, row) ? 0 : count;
}

/** Whether a loop began another after one row and by another, other than in a hook before or after its steps. */
function ranOthers(store: Store, actor: Actor, after: number, by: number): boolean {
  for (const runs of actor.children.values()) {
    for (let at = begun(runs, after); at < begun(runs, by); at++) {
      if (standing(store, actor, runs[at]!.first)?.value === 'advancing') return true;
    }
  }
  return false;
}

/** The loops of a run that ran at a row and ran no other then. */
export function innermostAt(store: Store, run: Run, row: number): Actor[] {
  const running = new Set<Actor>();
  for (const { actors } of run.paths.values()) {
    const latest = actors[begun(actors, row) - 1];
    if (latest && !(latest.endRow <= row)) running.add(latest);
  }
  const above = new Set([...running].map(({ parent }) => parent));
  return [...running].filter((actor) => !above.has(actor) && standing(store, actor, row));
}
