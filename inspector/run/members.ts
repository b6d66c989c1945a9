import { type Actor, begun, type Path } from './actor.ts';
import { MemberNumbers, type NumberTold } from './member-numbers.ts';
import { byIndex, indexIn } from './number-name.ts';
import type { Store } from './store.ts';

/** One loop of an array with its latest run, or one run of a loop that runs again and again. */
export interface Member {
  readonly actor: Actor;
  /** `#3`: its index in the array, or which run it is. */
  readonly label: string;
}

/** The members of a box by a moment, in order: of an array its loops, else the runs of its one loop. */
export function membersAt(paths: readonly Path[], row: number): Member[] {
  if (paths.length > 1) {
    return paths
      .toSorted((a, b) => byIndex(a.name, b.name))
      .flatMap(({ name, actors }) => {
        const actor = actors[begun(actors, row) - 1];
        return actor ? [{ actor, label: `#${indexIn(name)}` }] : [];
      });
  }
  const actors = paths[0]?.actors ?? [];
  return actors.slice(0, begun(actors, row)).map((actor) => ({ actor, label: `#${actor.occurrence}` }));
}

/** The numbers of some members, read a little at a time. */
export class MembersRead {
  readonly #store: Store;
  readonly #keys: readonly (readonly string[])[];
  readonly #numbers = new Map<Actor, MemberNumbers>();

  constructor(store: Store, keys: readonly (readonly string[])[]) {
    this.#store = store;
    this.#keys = keys;
  }

  /**
   * Reads on to a moment.
   *
   * @param most rows are read, of all members together; tells whether that was all
   */
  moveTo(members: readonly Member[], row: number, most: number): boolean {
    let left = most;
    for (const { actor } of members) {
      if (left <= 0) return false;
      const known = this.#numbers.get(actor) ?? new MemberNumbers(this.#store, actor, this.#keys);
      this.#numbers.set(actor, known);
      left -= known.moveTo(row, left);
    }
    return left > 0;
  }

  of({ actor }: Member): readonly NumberTold[] {
    return this.#numbers.get(actor)?.numbers ?? [];
  }
}

/** What members are sorted by: nothing stands behind all that has a value, NaN before it, whichever way. */
export function bySortValue(down: boolean): (a: SortValue, b: SortValue) => number {
  const rank = (value: SortValue) => (value === undefined ? 2 : Number.isNaN(value) ? 1 : 0);
  return (a, b) => {
    const ranks = rank(a) - rank(b);
    if (ranks || rank(a)) return ranks;
    const order = a! < b! ? -1 : a! > b! ? 1 : 0;
    return down ? -order : order;
  };
}

export type SortValue = number | string | undefined;
