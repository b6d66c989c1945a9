import type { Actor } from './actor.ts';
import type { Store } from './store.ts';

/** An event that one actor sent another, or the beginning of one that it has invoked, spawned or run. */
export interface Message {
  row: number;
  /** `undefined`: somebody outside, who has no name. */
  from: Actor | undefined;
  to: Actor;
  type: string;
  begins: boolean;
}

/** As many are shown before the moment, and of a range. */
const BEFORE = 200;
const OF_RANGE = 2000;
/** As many rows are looked through for them. */
const LOOKED = 20_000;
const LOOKED_IN_RANGE = 100_000;

/** Who sent what to whom. What a loop's own hooks tell it is left out: that is the log's. */
export class Messages {
  readonly #store: Store;
  /** Those before the last moment that was asked for, found from this row on up to that. */
  #kept: Message[] = [];
  #from = 0;
  #upTo = -1;
  #range: { first: number; last: number; found: { messages: Message[]; cut: boolean } } | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  /** The last ones up to a row. When the moment moves on, only what came since is looked at. */
  before(row: number): readonly Message[] {
    const { first } = this.#store;
    if (row < this.#upTo || row - this.#upTo > LOOKED || this.#from < first) {
      this.#kept = [];
      this.#upTo = this.#from = row + 1;
      while (this.#from > Math.max(first, row - LOOKED) && this.#kept.length < BEFORE) {
        const message = this.#at(--this.#from);
        if (message) this.#kept.push(message);
      }
      this.#kept.reverse();
    } else if (row > this.#upTo) {
      const more: Message[] = [];
      for (let at = this.#upTo + 1; at <= row; at++) {
        const message = this.#at(at);
        if (message) more.push(message);
      }
      // Another list, so that whoever has drawn the one before sees that it has changed.
      if (more.length) this.#kept = [...this.#kept, ...more].slice(-BEFORE);
    }
    this.#upTo = row;
    return this.#kept;
  }

  /** Those between two rows, and whether there are more than are shown. */
  between(first: number, last: number): { messages: readonly Message[]; cut: boolean } {
    if (this.#range?.first === first && this.#range.last === last) return this.#range.found;
    const messages: Message[] = [];
    const end = Math.min(last, first + LOOKED_IN_RANGE);
    let row = first;
    for (; row <= end && messages.length < OF_RANGE; row++) {
      const message = this.#at(row);
      if (message) messages.push(message);
    }
    const found = { messages, cut: row <= last };
    this.#range = { first, last, found };
    return found;
  }

  /** The message that a row is about, if it is about one. */
  #at(row: number): Message | undefined {
    const store = this.#store;
    const to = store.actor(row);
    if (!to) return undefined;
    const line = store.likeOf(row);
    if (line.type === 'actor') {
      const from = to.parent ?? store.actors.get(to.under);
      return from && !to.late ? { row, from, to, type: 'begins', begins: true } : undefined;
    }
    if (line.type !== 'event' || line.event.type === '') return undefined;
    const { type } = line.event;
    if (line.from === undefined)
      return type === 'xstate.stop' ? undefined : { row, from: undefined, to, type, begins: false };
    if (line.from === to.id || line.from.startsWith(`${to.id}/`)) return undefined;
    const from = store.actors.get(line.from) ?? store.actors.get(line.from.slice(0, line.from.lastIndexOf('/')));
    return from === to ? undefined : { row, from, to, type, begins: false };
  }
}
