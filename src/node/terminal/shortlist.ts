import type { Standing } from './standing.ts';

/** One line of what is shown: a loop, one that has failed, or how many there are of which there is no line. */
export type Entry =
  | { depth: number; loop: Standing }
  | { depth: number; failed: { name: string; message: string } }
  | { depth: number; more: string };

/** As many loops as are shown side by side, from the widest choice to the narrowest. */
const choices = [Infinity, 12, 8, 5, 3, 2, 1];

/**
 * The loops for which there is room in so many lines: of those side by side the ones that are furthest behind, and those
 * that have failed; of the others, how many there are.
 */
export function shortlist(root: Standing, lines: number): Entry[] {
  let entries: Entry[] = [];
  for (const choice of choices) {
    entries = list(root, 0, choice);
    if (entries.length <= lines) return entries;
  }
  // Too deep for the window: the outermost tell the most.
  return entries.slice(0, Math.max(1, lines));
}

function list(loop: Standing, depth: number, choice: number): Entry[] {
  const { below, failed, ended } = loop;
  const slowest = new Set([...below].sort((a, b) => doneOf(a) - doneOf(b)).slice(0, choice));
  // In the order of the tree, so that lines stay where they are.
  const shown = below.filter((one) => slowest.has(one));
  const shownFailed = failed.slice(-choice);
  const entries: Entry[] = [
    { depth, loop },
    ...shown.flatMap((one) => list(one, depth + 1, choice)),
    ...shownFailed.map((one) => ({ depth: depth + 1, failed: one })),
  ];
  const hidden = below.length - shown.length;
  const more = [
    hidden > 0 ? `${hidden} more run` : '',
    failed.length > shownFailed.length ? `${failed.length} have failed` : '',
    (hidden > 0 || failed.length > 0) && ended > failed.length ? `${ended - failed.length} have ended` : '',
  ].filter((one) => one !== '');
  if (more.length > 0) entries.push({ depth: depth + 1, more: `… ${more.join(', ')}` });
  return entries;
}

/** How much of a loop is done; where nobody knows how much there is, its steps. */
export function doneOf({ steps, total }: Standing): number {
  return total === undefined ? steps : steps / total;
}
