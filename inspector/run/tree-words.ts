import { exact, figure } from '../text/number.ts';
import { duration, rate } from '../text/time.ts';
import { type Actor, begun, type Phase } from './actor.ts';
import type { Contexts } from './contexts.ts';
import { toldOf } from './standing-in-words.ts';
import type { Store } from './store.ts';
import { rateOf, type TreeRow, totalOf } from './tree-at.ts';

/** All that a row of the tree says of a loop, in words and numbers. Empty where it says nothing. */
export interface TreeWords {
  readonly name: string;
  readonly hue: number;
  readonly title: string;
  readonly phase: Phase;
  /** How it stands. */
  readonly words: string;
  /** How many runs or loops it stands for, where that is more than one. */
  readonly times: string;
  /** Whether they are listed below it. */
  readonly open: boolean;
  /** Which of its runs it is, where there are several. */
  readonly which: string;
  readonly failed: string;
  /** Its beginning was not seen. */
  readonly late: boolean;
  readonly steps: string;
  readonly stepsTitle: string;
  /** ` / 30`: how many there will be, where that is known. */
  readonly total: string;
  readonly totalExactly: string;
  /** How far it is, from 0 to 1. */
  readonly part: number;
  readonly rate: string;
  readonly time: string;
}

/** What a row says at the moment of another row, of the recording. */
export function treeWords(store: Store, contexts: Contexts, row: TreeRow, now: number): TreeWords {
  const { actor, array, steps, times, failed } = row;
  const t = now >= 0 ? store.t(now) : 0;
  const { phase, words, more } = toldOf(store, contexts, actor, row);
  const isVague = !array && store.isVague(actor, now);
  // Of an array it is told how many of its loops are over.
  const total = array ? { total: times, guess: false } : totalOf(contexts, actor, now);
  const speed = array ? undefined : rateOf(store, actor, now);
  const totalTold = (told: (count: number) => string) =>
    total ? ` / ${total.guess ? '~' : ''}${told(total.total)}` : '';
  return {
    name: array?.name ?? actor.name,
    hue: actor.path.hue,
    title: array
      ? `${array.name}: ${times} loops`
      : titleOf(actor, more ? `${words} ${more}; last seen ${row.value}` : words),
    phase,
    words,
    times: times > 1 ? figure(times) : '',
    open: row.open,
    which: whichOf(store, actor),
    failed: failed > 0 && times > 1 ? `${failed} failed` : '',
    late: actor.late,
    steps: `${isVague ? '≥ ' : ''}${figure(steps)}`,
    stepsTitle: array
      ? 'How many are over'
      : isVague
        ? 'At least: lines are missing in which it may have taken steps'
        : '',
    total: totalTold(figure),
    totalExactly: totalTold(exact),
    part: total && total.total > 0 ? Math.round(Math.min(1, steps / total.total) * 500) / 500 : 0,
    rate: speed ? rate(speed) : '',
    time: duration((actor.end <= t ? actor.end : t) - actor.from),
  };
}

export const titleOf = ({ id, loop, late }: Actor, stands: string): string =>
  `${id}${loop ? ` (${loop})` : ''}: ${stands}${late ? '. Its beginning was not seen' : ''}`;

/** Which of its runs it is, where there are several. */
function whichOf(store: Store, actor: Actor): string {
  const { run, actors } = actor.path;
  const isOneOfMany = actor.parent ? actors.length > 1 : store.runs.length > 1;
  if (!isOneOfMany) return '';
  return actor.parent || run.name === actor.id ? `#${actor.occurrence}` : run.name;
}

/** How many runs of loops had begun by a row. */
export function begunBy(store: Store, row: number): number {
  let count = 0;
  for (const { paths } of store.runs) for (const { actors } of paths.values()) count += begun(actors, row);
  return count;
}
