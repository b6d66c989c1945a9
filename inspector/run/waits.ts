import type { Actor } from './actor.ts';
import type { Contexts } from './contexts.ts';
import type { Store } from './store.ts';

/** A step waits for something that the run is to be given, or for a time. */
export interface Wait {
  actor: Actor;
  kind: 'receive' | 'sleep';
  key: string;
  /** When a sleep is over, in epoch milliseconds. */
  until: number | undefined;
}

/** More loops than this that run at the same time are not asked what they wait for. */
const MOST = 1000;

/** The loops of a run that have begun and not ended, each above those that it runs. */
export function goingOn(root: Actor): Actor[] {
  const found: Actor[] = [];
  const visit = (actor: Actor) => {
    if (actor.ended || found.length >= MOST) return;
    found.push(actor);
    for (const inner of innerRuns(actor)) visit(inner);
  };
  visit(root);
  return found;
}

/** The children of a loop that run now: of each, the latest run, as the others are over. */
export function innerRuns(actor: Actor): Actor[] {
  return [...actor.children.values()].flatMap((runs) => runs.at(-1) ?? []).filter(({ ended }) => !ended);
}

/** What these loops wait for after a row, by their journals. */
export function waitsOf(store: Store, contexts: Contexts, actors: readonly Actor[], row = store.last): Wait[] {
  return actors.flatMap((actor) => {
    const { asked } = (contexts.at(actor, row)?.inFlight ?? {}) as { asked?: unknown };
    if (!Array.isArray(asked)) return [];
    return asked.flatMap((one): Wait[] => {
      // A recording can hold anything.
      const { wait, once, until } = (one ?? {}) as Record<string, unknown>;
      if ((wait !== 'receive' && wait !== 'sleep') || typeof once !== 'string') return [];
      return [{ actor, kind: wait, key: once, until: typeof until === 'number' ? until : undefined }];
    });
  });
}
