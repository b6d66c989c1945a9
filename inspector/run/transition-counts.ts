import type { Actor } from './actor.ts';
import type { Store } from './store.ts';

/** So many rows of an actor lie between two counts that are kept. */
const EVERY = 2048;

/** Transitions are counted under this name. */
export const edgeKey = (source: string, target: string, type: string): string => `${source} ${target} ${type}`;

/** How often each transition of one actor was taken up to a row. A jump costs what lies between it and a kept count. */
export class TransitionCounts {
  readonly actor: Actor;
  readonly #store: Store;
  /** Counts on the way, in order of their rows. */
  readonly #kept: { row: number; counts: Map<string, number> }[] = [];
  #counts = new Map<string, number>();
  #row: number;

  constructor(store: Store, actor: Actor) {
    this.#store = store;
    this.actor = actor;
    this.#row = store.first - 1;
    this.#keep();
  }

  of(source: string, target: string, type: string): number {
    return this.#counts.get(edgeKey(source, target, type)) ?? 0;
  }

  /** Counts up or down to a row. Of rows that were dropped meanwhile, what was counted stays. */
  moveTo(row: number): void {
    const { rows } = this.actor;
    const to = rows.upTo(row);
    const near = this.#kept.findLast((kept) => kept.row <= row);
    if (near && Math.abs(to - rows.upTo(this.#row)) > to - rows.upTo(near.row)) {
      this.#counts = new Map(near.counts);
      this.#row = near.row;
    }
    const from = rows.upTo(this.#row);
    for (let at = from + 1; at <= to; at++) {
      this.#add(rows.row(at), 1);
      if (at % EVERY === 0) {
        this.#row = rows.row(at);
        this.#keep();
      }
    }
    for (let at = from; at > to; at--) this.#add(rows.row(at), -1);
    this.#row = row;
  }

  #add(row: number, sign: 1 | -1): void {
    for (const key of taken(this.#store, row)) this.#counts.set(key, (this.#counts.get(key) ?? 0) + sign);
  }

  #keep(): void {
    const last = this.#kept.at(-1);
    if (!last || last.row < this.#row) this.#kept.push({ row: this.#row, counts: new Map(this.#counts) });
  }
}

/** The transitions a line took, by name. */
export function taken(store: Store, row: number): string[] {
  const line = store.likeOf(row);
  if (line.type !== 'event' || !line.tr) return [];
  return line.tr.flatMap(([source, targets, type]) =>
    targets?.length ? targets.map((target) => edgeKey(source, target, type)) : [edgeKey(source, '', type)],
  );
}
