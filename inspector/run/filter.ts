import { haystack } from '../text/describe.ts';
import { RowIndex } from './row-index.ts';
import type { Store } from './store.ts';

export interface Wanted {
  /** A path; loops inside it are wanted too. */
  path: string;
  type: string;
  text: string;
  regex: boolean;
  range: { from: number; to: number } | null;
}

/** Searching a million lines takes seconds: it goes on in slices of so many milliseconds, a frame each. */
const SLICE = 9;

/** The rows that match, found piece by piece. */
export class Filter {
  /** What is wrong with the expression, in words. */
  readonly fault: string = '';
  readonly #store: Store;
  readonly #wanted: Wanted;
  readonly #everything: boolean;
  readonly #test: (text: string) => boolean = () => true;
  readonly #found = new RowIndex();
  #next: number;

  constructor(store: Store, wanted: Wanted) {
    this.#store = store;
    this.#wanted = wanted;
    this.#next = store.first;
    this.#everything = !wanted.path && !wanted.type && !wanted.text && !wanted.range;
    if (wanted.regex) {
      try {
        const expression = new RegExp(wanted.text, 'i');
        this.#test = (text) => expression.test(text);
      } catch (error) {
        const why = (error as Error).message.replace(/^Invalid regular expression: /, '');
        this.fault = `Expected a regular expression, got ${why}. Mend it, or switch .* off to search for the text itself.`;
        this.#test = () => false;
      }
    } else if (wanted.text) {
      const text = wanted.text.toLowerCase();
      this.#test = (line) => line.toLowerCase().includes(text);
    }
  }

  get length(): number {
    return this.#everything ? this.#store.end - this.#store.first : this.#found.length;
  }

  row(index: number): number {
    return this.#everything ? this.#store.first + index : this.#found.row(index);
  }

  /** The index of the last match at or before a row. */
  upTo(row: number): number {
    return this.#everything ? row - this.#store.first : this.#found.upTo(row);
  }

  /** Rows that have not been looked at. */
  get left(): number {
    return this.#everything ? 0 : this.#store.end - this.#next;
  }

  /** How much of the recording has been looked through, from 0 to 1. */
  get progress(): number {
    const all = this.#store.end - this.#store.first;
    return this.#everything || !all ? 1 : (this.#next - this.#store.first) / all;
  }

  /** Searches for a slice of time, and tells whether there is more to search. */
  search(): boolean {
    if (this.#everything) return false;
    const store = this.#store;
    this.#found.dropBefore(store.first);
    this.#next = Math.max(this.#next, store.first);
    const until = performance.now() + SLICE;
    for (; this.#next < store.end; this.#next++) {
      if (this.#matches(this.#next)) this.#found.push(this.#next, 0);
      if ((this.#next & 127) === 0 && performance.now() > until) {
        this.#next++;
        break;
      }
    }
    return this.#next < store.end;
  }

  #matches(row: number): boolean {
    const { path, type, text, range } = this.#wanted;
    const store = this.#store;
    if (range && (store.t(row) < range.from || store.t(row) > range.to)) return false;
    if (type && store.types.list[store.type(row)] !== type) return false;
    if (path) {
      const own = store.actor(row)?.path.name;
      if (own === undefined || (own !== path && !own.startsWith(`${path}.`))) return false;
    }
    return !text || this.#test(haystack(store.line(row)));
  }
}
