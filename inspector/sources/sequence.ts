import type { Line } from '../lines/line.ts';

/** What a line's number says: it belongs here, behind so many that are missing, or it does not. */
export type Place = { missing: number } | 'another recording' | 'out of order';

/** Tells by the numbers of a recording's lines which of them are missing, and where another recording begins. */
export class Sequence {
  /** The number of the last line that was read. */
  #last: number | undefined;
  /** So many lines came since that say how a loop stood: each has the number of a line that it stands for. */
  #late = 0;
  /** Whether anything has happened yet: what stands before that only says how things stood. */
  #began = false;

  placeOf(line: Line): Place {
    const last = this.#last;
    const { seq, type } = line;
    if (last === undefined) {
      this.#last = seq;
      return { missing: 0 };
    }
    if (type === 'recording') return 'another recording';
    // A recording that the page has saved begins with charts from before its first line.
    if (type === 'chart' && seq <= last && !this.#began) return { missing: 0 };
    if (type === 'actor' && line.late && seq >= last) {
      if (seq > last) this.#late++;
      return { missing: 0 };
    }
    if (seq <= last) {
      // Where the first line of another recording cannot be read, the next ones tell that it is there.
      const head = type === 'chart' || (type === 'actor' && line.parent === undefined);
      return head && seq < last ? 'another recording' : 'out of order';
    }
    const told = type === 'lagged' ? line.count - 1 : 0;
    const missing = Math.floor(seq - last - 1 - this.#late - told);
    this.#last = seq;
    this.#late = 0;
    this.#began ||= type !== 'chart' && type !== 'lagged';
    return { missing: Math.max(0, missing) };
  }
}
