import type { Line } from '../line.ts';

/** What a line's number says: it belongs here, behind so many that are missing, or it does not. */
export type Place = { missing: number } | 'another recording' | 'out of order';

/** Tells by the numbers of a recording's lines which of them are missing, and where another recording begins. */
export class Sequence {
  /** The number of the last line that was read. */
  #last: number | undefined;
  /** So many lines came since that say how a loop stood: each has the number of a line that it stands for. */
  #late = 0;

  placeOf(line: Line): Place {
    const last = this.#last;
    const { seq, type } = line;
    if (last === undefined) {
      this.#last = seq;
      return { missing: 0 };
    }
    if (type === 'recording') return 'another recording';
    // A recording that the page has saved begins with charts from before its first line.
    if (type === 'chart' && seq <= last) return { missing: 0 };
    if (type === 'actor' && line.late && seq >= last) {
      if (seq > last) this.#late++;
      return { missing: 0 };
    }
    if (seq <= last) {
      // Where the head of another recording cannot be read, its first loop tells that it is there.
      return type === 'actor' && line.parent === undefined ? 'another recording' : 'out of order';
    }
    const told = type === 'lagged' ? line.count - 1 : 0;
    const missing = Math.floor(seq - last - 1 - this.#late - told);
    this.#last = seq;
    this.#late = 0;
    return { missing: Math.max(0, missing) };
  }
}
