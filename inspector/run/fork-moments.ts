import type { ForkMoment } from '../lines/fork.ts';
import { figure } from '../text/number.ts';
import type { Run } from './actor.ts';
import { innermostAt, innermostSteps } from './innermost-steps.ts';
import { standing } from './standing.ts';
import type { Store } from './store.ts';

/** So many of the loops that ran side by side are named. */
const NAMED = 2;

/** `step 3 of batches`: where a run stood when a checkpoint was taken; where its line is not held, after how many steps. */
export function placeOf(store: Store, run: Run | undefined, { steps, seq }: ForkMoment): string {
  const row = rowOf(store, seq);
  const loops = run && row !== undefined ? innermostAt(store, run, row) : [];
  if (row === undefined || !loops.length) return `after ${figure(steps)} ${steps === 1 ? 'step' : 'steps'}`;
  const named = loops.slice(0, NAMED).map((actor) => {
    const { steps } = standing(store, actor, row)!;
    return steps ? `step ${figure(steps)} of ${actor.short}` : `the beginning of ${actor.short}`;
  });
  const more = loops.length - named.length;
  return `${named.join(', ')}${more ? ` and ${figure(more)} more` : ''}`;
}

/** The newest checkpoint before a moment of the recording, and how many steps before it that was, where that is known. */
export interface Nearest {
  moment: ForkMoment;
  stepsBefore: number | undefined;
}

/** @param moments the newest first */
export function nearestBefore(
  store: Store,
  run: Run | undefined,
  moments: readonly ForkMoment[],
  row: number,
): Nearest | undefined {
  const moment = moments.find(({ seq }) => {
    const at = rowOf(store, seq);
    return at !== undefined && at <= row;
  });
  if (!moment || !run) return undefined;
  return { moment, stepsBefore: innermostSteps(store, run, rowOf(store, moment.seq)!, row) };
}

function rowOf(store: Store, seq: number | undefined): number | undefined {
  const isHeld = seq !== undefined && store.end > 0 && seq >= store.seq(store.first) && seq <= store.seq(store.last);
  return isHeld ? store.rowOfSeq(seq) : undefined;
}
