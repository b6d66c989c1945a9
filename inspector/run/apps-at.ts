import type { Actor, Path, Phase } from './actor.ts';
import { RunTally } from './run-tally.ts';
import { standing } from './standing.ts';
import { stateInWords } from './state-value.ts';
import type { Store } from './store.ts';
import type { TreeRow } from './tree-at.ts';

/** Actors of the app of one name, as they stood at a moment. */
export interface AppStanding {
  readonly path: Path;
  readonly name: string;
  /** The one that stands for them: the newest that goes on, or the newest of all. */
  readonly actor: Actor;
  readonly kind: string;
  readonly phase: Phase;
  /** The state that its machine was in, or how it stood. */
  readonly words: string;
  readonly begun: number;
  readonly running: number;
  readonly failed: number;
}

/** More groups are not looked at: nobody would read them. */
const MOST = 200;

const tallies = new WeakMap<Path, RunTally>();

/** Those that had begun by a row: what goes on before what is over. */
export function appsAt(store: Store, row: number): AppStanding[] {
  if (row < 0) return [];
  const t = store.t(row);
  const found: AppStanding[] = [];
  for (const path of store.apps.values()) {
    if (found.length >= MOST) break;
    const tally = tallies.get(path) ?? new RunTally();
    tallies.set(path, tally);
    tally.update([path]);
    const { begun, running, failed } = tally.at(row, t);
    const actor = running.at(-1) ?? tally.run(begun - 1);
    const here = begun > 0 && actor ? standing(store, actor, row) : undefined;
    if (!actor || !here) continue;
    const { phase } = here;
    const words = wordsOf(stateInWords(here.value), phase);
    found.push({
      path,
      name: path.name,
      actor,
      kind: actor.kind,
      phase,
      words,
      begun,
      running: running.length,
      failed,
    });
  }
  return found.sort((a, b) => Math.min(1, b.running) - Math.min(1, a.running));
}

/** An actor that fails stays in the state that it was in. */
const wordsOf = (state: string, phase: Phase): string =>
  phase !== 'failed' ? state : state === 'error' ? 'failed' : `failed in ${state}`;

/** The actors that a loop runs under, from the one at the top to the one that has invoked it. */
export function chainAbove(store: Store, root: Actor | undefined): Actor[] {
  const chain: Actor[] = [];
  // A damaged recording may have them in a circle.
  for (let id = root?.under; id && chain.length < 20; ) {
    const above = store.actors.get(id);
    if (!above || chain.includes(above)) break;
    chain.unshift(above);
    id = above.under;
  }
  return chain;
}

/** Rows of the tree, below those of the loops. */
export function appRows(store: Store, row: number): TreeRow[] {
  return appsAt(store, row).flatMap(({ actor, failed }) => {
    const here = standing(store, actor, row);
    if (!here) return [];
    const one = { depth: 0, times: 1, open: false, listed: false, only: false, array: undefined };
    return [{ actor, failed, ...one, ...here }];
  });
}
