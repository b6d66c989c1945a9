import { numberOf } from '../text/number.ts';
import { type Actor, begun, isOver } from './actor.ts';
import type { Contexts } from './contexts.ts';
import { byIndex, foldedPath } from './number-name.ts';
import { type Standing, standing } from './standing.ts';
import type { Store } from './store.ts';

/** One row of the tree as it stood at a moment. */
export interface TreeRow extends Standing {
  actor: Actor;
  depth: number;
  /** How many runs of this loop the row stands for; 1 inside an unfolded group. */
  times: number;
  failed: number;
  /** Whether the runs it stands for are listed below. */
  open: boolean;
  /** It is one of the runs of an unfolded group. */
  listed: boolean;
  /** Of the loops of an array that are one row: what they are called. `steps` is then how many of them were over. */
  array: { name: string } | undefined;
  /** It means this one run, because it is one of a list or inside one, and not the loop, whichever of its runs is current. */
  only: boolean;
}

/** The most runs of one loop that are listed when a group is unfolded: the nearest to the moment. */
const LISTED = 200;

/** As many loops of an array have a row each. */
const LOOPS = 8;

/** As many runs of one outermost loop have a row each. */
const ROWS = 8;

/** The tree at a row. Runs of one loop under one parent are one line, the latest of them, unless the group is open. */
export function treeAt(store: Store, at: number, open: ReadonlySet<string>): TreeRow[] {
  const rows: TreeRow[] = [];
  const add = (actor: Actor, more: Pick<TreeRow, 'depth' | 'only'> & Partial<TreeRow>): boolean => {
    const here = standing(store, actor, at);
    if (here) rows.push({ actor, times: 1, failed: 0, open: false, listed: false, array: undefined, ...more, ...here });
    return here !== undefined;
  };
  const below = (actor: Actor, depth: number, only: boolean) => {
    for (const { name, groups } of arraysIn(actor)) {
      if (groups.length > LOOPS) visitArray(name, groups, depth, only);
      else for (const group of groups) visit(group, depth, only);
    }
  };
  const visitArray = (name: string, groups: readonly (readonly Actor[])[], depth: number, only: boolean) => {
    const there = groups.filter((group) => begun(group, at) > 0);
    const latest = there.map((group) => group[begun(group, at) - 1]!);
    const actor = latest.find(({ endRow }) => !(endRow <= at)) ?? latest.at(-1);
    if (!actor) return;
    const failed = latest.filter(({ failedAt }) => failedAt <= at).length;
    const isOpen = open.has(arrayKey(actor, name));
    const here = standing(store, actor, at);
    const steps = latest.filter(({ endRow }) => endRow <= at).length;
    const more = { depth, only, times: there.length, failed, open: isOpen, listed: false, array: { name } };
    if (here) rows.push({ actor, ...here, ...more, steps });
    if (isOpen) for (const group of there) visit(group, depth + 1, only);
  };
  const visit = (group: readonly Actor[], depth: number, only: boolean) => {
    const times = begun(group, at);
    if (!times) return;
    const latest = group[times - 1]!;
    const isOpen = open.has(arrayKey(latest, latest.name));
    let failed = 0;
    for (let one = 0; one < times; one++) if (group[one]!.failedAt <= at) failed++;
    if (!add(latest, { depth, only, times, failed, open: isOpen })) return;
    if (!isOpen) return below(latest, depth + 1, only);
    for (let one = times - 1; one >= Math.max(0, times - LISTED); one--) {
      const actor = group[one]!;
      if (add(actor, { depth: depth + 1, only: true, listed: true })) below(actor, depth + 2, true);
    }
  };
  for (const group of rootGroups(store)) visit(group, 0, false);
  return rows;
}

/** What a loop has run, the loops of one array together. */
function arraysIn({ children }: Actor): { name: string; groups: Actor[][] }[] {
  const arrays = new Map<string, Actor[][]>();
  for (const [child, group] of children) {
    const name = foldedPath(child);
    const others = arrays.get(name);
    if (others) others.push(group);
    else arrays.set(name, [group]);
  }
  return [...arrays].map(([name, groups]) => ({
    name,
    groups: groups.length > LOOPS ? groups.sort(([a], [b]) => byIndex(a?.name ?? '', b?.name ?? '')) : groups,
  }));
}

/** Runs are rows of their own, unless there are many of one loop. */
function rootGroups({ roots }: Store): Actor[][] {
  const names = new Map<string, Actor[]>();
  for (const root of roots) {
    const group = names.get(root.name);
    if (group) group.push(root);
    else names.set(root.name, [root]);
  }
  return [...names.values()].flatMap((group) => (group.length > ROWS ? [group] : group.map((root) => [root])));
}

/** What a row is called: the latest run of an unfolded group has two, its own and the group's. */
export const rowKey = ({ actor, listed, array }: TreeRow): string =>
  `${actor.index}${listed ? '-run' : array ? '-array' : ''}`;

const arrayKey = ({ parent }: Actor, name: string): string => `${parent?.id ?? ''}>${name}`;

/** What a group of runs, or of the loops of an array, is called in the set of open ones. */
export const groupKey = ({ actor, array }: Pick<TreeRow, 'actor' | 'array'>): string =>
  arrayKey(actor, array?.name ?? actor.name);

/** Whether a row stands for an array that an actor is of. */
export const isArrayOf = ({ actor: { parent }, array }: TreeRow, actor: Actor | undefined): boolean =>
  array !== undefined && parent === actor?.parent && foldedPath(actor?.name ?? '') === array.name;

/** N of "step i of N": what the loop's state says, or, marked as a guess, what its last run took. */
export function totalOf(contexts: Contexts, actor: Actor, row: number): { total: number; guess: boolean } | undefined {
  const state = contexts.at(actor, row)?.state;
  if (typeof state === 'object' && state !== null && Object.hasOwn(state, 'total')) {
    const total = numberOf((state as { total: unknown }).total);
    // Without an end, a loop may have one that is none.
    if (total !== undefined && Number.isFinite(total)) return { total, guess: false };
  }
  const { actors } = actor.path;
  for (let at = actors.lastIndexOf(actor) - 1; at >= 0; at--) {
    const before = actors[at]!;
    if (!Number.isNaN(before.end)) return before.steps ? { total: before.steps, guess: true } : undefined;
  }
  return undefined;
}

/** Steps a second over the last second of the loop's own time, or over its whole run once it has ended. */
export function rateOf(store: Store, actor: Actor, row: number): number | undefined {
  const at = actor.rows.upTo(row);
  if (at < 1) return undefined;
  const now = store.t(actor.rows.row(at));
  let from = 0;
  if (!isOver(store.phase(actor.rows.row(at)))) {
    const back = store.rowOfTime(now - 1000);
    from = Math.max(0, actor.rows.upTo(back));
  }
  const steps = actor.rows.count(at) - actor.rows.count(from);
  const time = now - store.t(actor.rows.row(from));
  return steps > 0 && time > 0 ? (steps * 1000) / time : undefined;
}
