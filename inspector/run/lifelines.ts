import type { Actor, Path } from './actor.ts';
import type { Message } from './messages.ts';

/** A line from top to bottom: all runs of one loop, actors of one name, somebody outside, or all for whom there was no room. */
export interface Lifeline {
  readonly name: string;
  readonly path: Path | undefined;
}

export interface Lifelines {
  readonly lines: readonly Lifeline[];
  /** Which of them an actor is on; of nobody, that of those outside. */
  indexOf(actor: Actor | undefined): number;
}

const OUTSIDE: Lifeline = { name: 'outside', path: undefined };

/** @param most more lines are folded into one, the last */
export function lifelinesOf(messages: readonly Message[], most: number): Lifelines {
  const counts = new Map<Path | undefined, number>();
  for (const { from, to } of messages) {
    for (const path of [from?.path, to.path]) counts.set(path, (counts.get(path) ?? 0) + 1);
  }
  // Those with the most messages have one of their own, in the order in which they come.
  const kept = new Set(
    [...counts]
      .sort(([, a], [, b]) => b - a)
      .slice(0, counts.size > most ? most - 1 : most)
      .map(([path]) => path),
  );
  const lines: Lifeline[] = [];
  const indices = new Map<Path | undefined, number>();
  // As objects: a list is sorted with what is undefined at its end.
  for (const { path } of [...counts.keys()].map((one) => ({ path: one })).sort((a, b) => rank(a.path) - rank(b.path))) {
    if (!kept.has(path)) continue;
    indices.set(path, lines.length);
    lines.push(path ? { name: path.name, path } : OUTSIDE);
  }
  const folded = counts.size - lines.length;
  if (folded > 0) lines.push({ name: `${folded} others`, path: undefined });
  return { lines, indexOf: (actor) => indices.get(actor?.path) ?? lines.length - 1 };
}

/** Who is outside, then the app, then the loops: from the left to the right, as they stand around each other. */
function rank(path: Path | undefined): number {
  if (!path) return 0;
  const [actor] = path.actors;
  return actor?.kind === '' ? 2 : 1;
}
