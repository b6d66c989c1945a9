import { haystack } from '../text/describe.ts';
import { isVisible } from '../text/value.ts';
import { RowIndex } from './row-index.ts';
import { OWN_WORDS, rowHead, rowSays } from './row-words.ts';
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

const NONE: ReadonlySet<number> = new Set();

/** The rows that match, found piece by piece. One failure is one row, unless it was opened or something is searched for. */
export class Filter {
  /** What is wrong with the expression, in words. */
  readonly fault: string = '';
  readonly #store: Store;
  readonly #wanted: Wanted;
  readonly #everything: boolean;
  readonly #folds: boolean;
  readonly #opened: ReadonlySet<number>;
  readonly #test: (text: string) => boolean = () => true;
  /** The words that stand in what is searched for. */
  readonly #words: readonly string[] = [];
  readonly #found = new RowIndex();
  /** Those that match and are folded into others. */
  readonly #within = new RowIndex();
  /** The rows of everything that are folded, and how many of all parts of failures have been looked at for them. */
  #hidden = new RowIndex();
  #looked = 0;
  #first = -1;
  #next: number;

  /** @param opened the rows of failures that are listed with all their parts */
  constructor(store: Store, wanted: Wanted, opened: ReadonlySet<number> = NONE) {
    this.#store = store;
    this.#wanted = wanted;
    this.#opened = opened;
    this.#next = store.first;
    this.#everything = !wanted.path && !wanted.type && !wanted.text && !wanted.range;
    this.#folds = !wanted.type && !wanted.text;
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
      // What was copied from a row may have other spaces between its columns.
      const text = wanted.text.toLowerCase().replace(/\s+/g, ' ');
      this.#words = text.match(/[a-z]{2,}/g) ?? [];
      this.#test = (line) => line.toLowerCase().includes(text);
    }
  }

  get length(): number {
    return this.#everything ? this.#store.end - this.#store.first - this.#folded().length : this.#found.length;
  }

  /** How many rows match, those that are folded into others among them. */
  get matches(): number {
    return this.#everything ? this.#store.end - this.#store.first : this.#found.length + this.#within.length;
  }

  row(index: number): number {
    if (!this.#everything) return this.#found.row(index);
    const hidden = this.#folded();
    // How many folded rows lie before it.
    let low = 0;
    let high = hidden.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (hidden.row(middle) - middle <= this.#store.first + index) low = middle + 1;
      else high = middle;
    }
    return this.#store.first + index + low;
  }

  /** The index of the last match at or before a row; of a folded row, that of the row that it is folded into. */
  upTo(row: number): number {
    const shown = this.isFolded(row) ? this.#store.failures.headOf(row)! : row;
    if (!this.#everything) return this.#found.upTo(shown);
    return shown - this.#store.first - (this.#folded().upTo(shown) + 1);
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

  /** Whether a row is listed within another. */
  isFolded(row: number): boolean {
    if (!this.#folds) return false;
    const head = this.#store.failures.headOf(row);
    return head !== undefined && this.#hides(head) && this.#isIn(head);
  }

  /** Searches for a slice of time, and tells whether there is more to search. */
  search(): boolean {
    if (this.#everything) return false;
    const store = this.#store;
    this.#found.dropBefore(store.first);
    this.#within.dropBefore(store.first);
    this.#next = Math.max(this.#next, store.first);
    const until = performance.now() + SLICE;
    for (; this.#next < store.end; this.#next++) {
      if (this.#matches(this.#next)) (this.isFolded(this.#next) ? this.#within : this.#found).push(this.#next, 0);
      if ((this.#next & 31) === 0 && performance.now() > until) {
        this.#next++;
        break;
      }
    }
    return this.#next < store.end;
  }

  #hides(head: number): boolean {
    return head >= this.#store.first && !this.#opened.has(head);
  }

  /** The folded rows of everything. */
  #folded(): RowIndex {
    const { failures, first } = this.#store;
    if (this.#first !== first) {
      // What was let go of may have been what others were folded into.
      this.#first = first;
      this.#hidden = new RowIndex();
      this.#looked = 0;
    }
    const { parts } = failures;
    for (; this.#looked < parts.length; this.#looked++)
      if (this.#hides(parts.count(this.#looked))) this.#hidden.push(parts.row(this.#looked), 0);
    return this.#hidden;
  }

  /** Whether a row is of the loops and the time that are wanted. */
  #isIn(row: number): boolean {
    const { path, range } = this.#wanted;
    const store = this.#store;
    if (range && (store.t(row) < range.from || store.t(row) > range.to)) return false;
    if (!path) return true;
    const own = store.actor(row)?.path.name;
    return own !== undefined && (own === path || own.startsWith(`${path}.`));
  }

  #matches(row: number): boolean {
    const { type, text } = this.#wanted;
    const store = this.#store;
    if (!this.#isIn(row)) return false;
    if (type && store.types.list[store.type(row)] !== type) return false;
    return !text || this.#says(row);
  }

  /** Whether what is searched for stands in what a row shows, as it shows it or exactly, or in the event as it came. */
  #says(row: number): boolean {
    const store = this.#store;
    const line = store.line(row);
    const { who, what, to } = rowHead(store, row, line);
    const head = [line.seq, who, what, to].filter((text) => text !== '').join(' ');
    const told = `${haystack(line)} ${head}`;
    if (this.#test(told)) return true;
    // To put a row into words takes far longer than to see that it cannot have those.
    if (this.#lacksWords(told)) return false;
    const say = rowSays(store, row, line, false);
    if (this.#test(`${head} ${say}`)) return true;
    const exact = rowSays(store, row, line, true);
    return exact !== say && this.#test(`${head} ${exact}`);
  }

  /** Whether a word that is searched for stands nowhere in an event, and so in nothing that its row shows. */
  #lacksWords(told: string): boolean {
    const words = this.#words;
    if (!words.length || !isVisible(told)) return false;
    const text = told.toLowerCase();
    return words.some((word) => !text.includes(word) && !OWN_WORDS.includes(word));
  }
}
