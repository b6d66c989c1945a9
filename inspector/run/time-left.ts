import type { Actor } from './actor.ts';
import type { Contexts } from './contexts.ts';
import type { Store } from './store.ts';
import { totalOf } from './tree-at.ts';
import { innerRuns } from './waits.ts';

/** How long a loop will go on, as far as that can be told from what was seen. */
export interface TimeLeft {
  /** Milliseconds. */
  ms: number;
  /** It will take longer by what is not known: no step has come to its end yet, so what else is in one was not seen. */
  atLeast: boolean;
  /** The number of steps is taken from an earlier run. */
  guess: boolean;
}

/** So many of the latest steps are looked at, so that a loop that has become slower is told to be slower. */
const STEPS = 32;
/** So many rows are looked through for them. */
const ROWS = 4096;
/** A step that took so many times as long as most was paused, or waited: the next ones are not expected to. */
const ODD = 20;

/**
 * The time left for a loop after the last row: of its steps that are still to come, each takes as long as the latest did.
 *
 *     done done done │ this one        │ next   next   next │
 *     └── measured ──┘ └ the longest of ┘ └── as measured ──┘
 *                        what it takes as measured and what its children have left
 *
 * @returns nothing where it is not known how many steps there are, or how long one takes
 */
export function timeLeft(store: Store, contexts: Contexts, actor: Actor): TimeLeft | undefined {
  const total = totalOf(contexts, actor, store.last);
  if (!total || !(total.total < Number.POSITIVE_INFINITY)) return undefined;
  const toCome = total.total - actor.steps;
  // It took fewer steps the last time: so that says nothing.
  if (toCome <= 0) return total.guess ? undefined : { ms: 0, atLeast: false, guess: false };
  const marks = marksOf(store, actor);
  const inStep = store.t(store.last) - (marks[0]?.t ?? actor.from);
  const inner = longest(innerRuns(actor).flatMap((child) => timeLeft(store, contexts, child) ?? []));
  const measured = timeOfStep(marks);
  const guess = total.guess || (inner?.guess ?? false);
  if (measured !== undefined) {
    const current = Math.max(measured - inStep, inner?.ms ?? 0);
    return { ms: current + (toCome - 1) * measured, atLeast: false, guess };
  }
  if (!inner) return undefined;
  return { ms: inner.ms + (toCome - 1) * (inStep + inner.ms), atLeast: true, guess };
}

const longest = (all: readonly TimeLeft[]): TimeLeft | undefined => all.toSorted((a, b) => b.ms - a.ms)[0];

/** A row at which a step ended, or with no steps, one at which the loop came to its next one: at its beginning, after a pause. */
interface Mark {
  t: number;
  steps: number;
}

/** The latest marks of a loop, the last one first. */
function marksOf(store: Store, { rows }: Actor): Mark[] {
  const advances = (at: number) => store.values.list[store.value(rows.row(at))] === 'advancing';
  const marks: Mark[] = [];
  const least = Math.max(1, rows.length - ROWS);
  for (let at = rows.length - 1; at >= least && marks.length <= STEPS; at--) {
    const steps = rows.count(at) - rows.count(at - 1);
    if (steps > 0 || (advances(at) && !advances(at - 1))) marks.push({ t: store.t(rows.row(at)), steps });
  }
  return marks;
}

/** How long a step takes, in milliseconds, by the latest that came to their end. */
function timeOfStep(marks: readonly Mark[]): number | undefined {
  const times = marks.slice(0, -1).flatMap(({ t, steps }, at) => (steps > 0 ? [(t - marks[at + 1]!.t) / steps] : []));
  const usual = times.toSorted((a, b) => a - b)[times.length >> 1];
  if (usual === undefined) return undefined;
  const even = times.filter((time) => time <= usual * ODD);
  return even.reduce((sum, time) => sum + time, 0) / even.length;
}
