import { batch, signal } from '@preact/signals';
import { appRows } from '../run/apps-at.ts';
import { groupKey, isArrayOf, rowKey, type TreeRow, treeAt } from '../run/tree-at.ts';
import { session } from './session.ts';

/** The groups of runs that are listed one by one, by their keys. */
const unfolded = signal<ReadonlySet<string>>(new Set());

/** The rows of the tree at the moment that is shown. */
export const rowsNow = () => [
  ...treeAt(session.store, session.now.value, unfolded.value),
  ...appRows(session.store, session.now.value),
];

/** Unfolds or folds the group of a row. */
export function toggleGroup(row: TreeRow): void {
  const next = new Set(unfolded.value);
  const key = groupKey(row);
  if (!next.delete(key)) next.add(key);
  unfolded.value = next;
}

/** The row that was chosen last. Only it can tell a group inside a run from the latest run of that group. */
const chosen = signal('');

/** Which row the selection is on: the run itself, or the folded group it is in. */
export function selectedIndex(rows: readonly TreeRow[]): number {
  const actor = session.actor.value;
  const only = !session.follows.value;
  const is = (row: TreeRow) => row.actor === actor && !row.array;
  const tests: ((row: TreeRow) => boolean)[] = [
    (row) => row.actor === actor && row.only === only && rowKey(row) === chosen.value,
    (row) => is(row) && row.only === only,
    is,
    (row) => isArrayOf(row, actor),
    (row) => row.actor.path === actor?.path && row.actor.parent === actor?.parent,
    (row) => row.actor.path === actor?.path,
  ];
  for (const test of tests) {
    const index = rows.findIndex(test);
    if (index >= 0) return index;
  }
  return -1;
}

/** Selects the loop of a row: its one run, or whichever of the group runs. */
export function chooseRow(row: TreeRow): void {
  batch(() => {
    chosen.value = rowKey(row);
    session.select(row.actor.id, row.only);
  });
}

/** Selects the loop that is so many rows further down. */
export function moveSelection(by: number): void {
  const rows = rowsNow();
  const next = rows[Math.min(rows.length - 1, Math.max(0, selectedIndex(rows) + by))];
  if (next) chooseRow(next);
}

/** Unfolds or folds a group; on one of its runs, folds the group that the run is listed in. */
export function enterRow(rows: readonly TreeRow[], row: TreeRow): void {
  const group = row.listed
    ? rows.find((other) => !other.listed && other.open && groupKey(other) === groupKey(row))
    : row;
  if (!group || group.times < 2) return;
  toggleGroup(group);
  chooseRow(group);
}
