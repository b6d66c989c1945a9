import type { RecordingLine } from './lines.ts';

/** Lines that only recordings have which the page has saved. */
type OtherLine =
  | { type: 'chart'; seq: number }
  | { type: 'lagged'; seq: number; from: number; count: number; why?: string };

/**
 * Tells by their numbers whether the lines of a recording stand in their order, and none is missing.
 *
 * One that the page has saved may begin in the middle of a run. Then the first lines say how the loops stood there: they have
 * the numbers of lines that are not there, and how many more are not, a `lagged` line tells. There are `chart` lines, too.
 */
export class LineOrder {
  /** The number of the last line before those about how the loops stood; once something has happened, of the last line. */
  #last: number;
  #hasBegun = false;
  /** The number of the last line about how a loop stood. */
  #lastLate = Number.NEGATIVE_INFINITY;
  /** How many numbers are accounted for behind `#last`. */
  #accounted = 0;

  constructor(header: RecordingLine) {
    this.#last = Number.isInteger(header.seq) ? header.seq : 0;
  }

  /** The number that the next line should have. */
  get next(): number {
    return this.#last + this.#accounted + 1;
  }

  /** Whether a line says nothing of what happened in a run. */
  passesOver(line: RecordingLine | OtherLine): boolean {
    if (this.#hasBegun) return false;
    if (line.type === 'chart') {
      if (line.seq === this.next) this.#last++;
      // A machine of the app that was seen before the lines that are here.
      else if (line.seq > this.#last) this.#accounted++;
      return true;
    }
    if (line.type !== 'lagged' || line.why !== 'dropped') return false;
    this.#accounted += line.count;
    return true;
  }

  /** Whether this line belongs here. */
  takes(line: RecordingLine): boolean {
    const { seq } = line;
    if (!this.#hasBegun && line.type === 'actor' && line.late && Number.isInteger(seq)) {
      if (seq < this.#lastLate) return false;
      this.#lastLate = seq;
      if (seq > this.#last) this.#accounted++;
      return true;
    }
    if (seq !== this.next) return false;
    this.#hasBegun = true;
    this.#last = seq;
    this.#accounted = 0;
    return true;
  }
}
