import { numberOf } from '../text/number.ts';
import type { Actor } from './actor.ts';
import { type Odd, stateAfter } from './series.ts';
import type { Store } from './store.ts';

/** What became of a number in one run of a loop, by a moment. */
export interface NumberTold {
  /** After the last step that had one; nothing where none had. */
  last: number | undefined;
  /** The least of those that are finite. */
  min: number | undefined;
  /** The first that was not. */
  odd: Odd | undefined;
}

/** Some numbers of one run of a loop, read step by step. */
export class MemberNumbers {
  readonly #store: Store;
  readonly #actor: Actor;
  readonly #keys: readonly (readonly string[])[];
  /** The last of its rows that was read. */
  #row = -1;
  #steps = 0;
  numbers: NumberTold[] = [];

  constructor(store: Store, actor: Actor, keys: readonly (readonly string[])[]) {
    this.#store = store;
    this.#actor = actor;
    this.#keys = keys;
    this.#begin();
  }

  #begin(): void {
    this.#row = -1;
    this.#steps = 0;
    this.numbers = this.#keys.map(() => ({ last: undefined, min: undefined, odd: undefined }));
  }

  /**
   * Reads on to a moment. One that lies before what was read is read to from the beginning.
   *
   * @param most rows are read; tells how many were
   */
  moveTo(row: number, most: number): number {
    const { rows } = this.#actor;
    const to = rows.upTo(row);
    if (to >= 0 && rows.row(to) < this.#row) this.#begin();
    let at = rows.upTo(this.#row) + 1;
    const from = at;
    for (; at <= to && at - from < most; at++) {
      const steps = rows.count(at);
      this.#row = rows.row(at);
      if (steps > this.#steps) this.#take(this.#row, steps);
      this.#steps = steps;
    }
    return at - from;
  }

  #take(row: number, step: number): void {
    for (const [at, keys] of this.#keys.entries()) {
      const value = numberOf(stateAfter(this.#store, row, keys));
      if (value === undefined) continue;
      const told = this.numbers[at]!;
      told.last = value;
      if (!Number.isFinite(value)) told.odd ??= { row, step, value };
      else if (!(told.min !== undefined && told.min <= value)) told.min = value;
    }
  }
}
