/** A place in a file between two lines. */
export interface Place {
  /** How many lines of the recording lie before it. */
  line: number;
  /** How many bytes, unzipped. */
  offset: number;
}

/** One from which it can be read without what lies before. */
export interface Mark extends Place {
  /** How the loops stood there, as the lines that a recording begins with. */
  text: string;
  /** About when that was, in milliseconds since 1970. */
  t: number;
}

/** How the loops stood at a place, and when that was. */
export interface Stand {
  t: number;
  text(): string;
}

/** There is a mark after so many lines, or sooner where they are long. */
const LINES = 200_000;
const BYTES = 120_000_000;
/** A part reaches from one mark over so many: no more than a page holds. */
const MARKS = 4;

/**
 * The places of a file that is too large to be held at once, noted while it is read. A part of it can be read again from
 * each of them.
 *
 *     mark 0        mark 1        mark 2        mark 3        mark 4        mark 5
 *     |-------------|-------------|-------------|-------------|-------------|------ …
 *     part 0 ------------------------------------------------>
 *                                               part 3 ------------------------------ …
 */
export class FileParts {
  readonly marks: Mark[] = [{ line: 0, offset: 0, text: '', t: Number.NaN }];
  /** How many lines are known to be there, and the time of the last of them. */
  lines = 0;
  t: number = Number.NaN;
  /** Whether there are no more. */
  isWhole = false;
  /** So many lines lie between two marks. */
  readonly every: number;

  /** @param every so many lines lie between two marks, 200,000 by default */
  constructor(every: number = LINES) {
    this.every = every;
  }

  /**
   * Takes note of how far the file has been read.
   * @param stand how the loops stand there
   */
  note({ line, offset }: Place, stand: Stand): void {
    if (line >= this.lines) {
      this.lines = line;
      this.t = stand.t;
    }
    const [begin] = this.marks;
    if (Number.isNaN(begin!.t)) begin!.t = stand.t;
    const last = this.marks.at(-1)!;
    if (line - last.line < this.every && offset - last.offset < BYTES) return;
    if (line > last.line) this.marks.push({ line, offset, text: stand.text(), t: stand.t });
  }

  /** So many lines are read of a part, which begins with a mark. */
  linesOf(part: number): number {
    const { line } = this.marks[part]!;
    const next = this.marks[part + MARKS];
    if (next) return next.line - line;
    return this.isWhole ? this.lines - line : MARKS * this.every;
  }

  /** The part that comes to a line soonest. @param line counted from 0 */
  partOf(line: number): number {
    return this.marks.findLastIndex((mark) => mark.line <= Math.max(0, line));
  }

  /** About when a line was written: between two marks, time is taken to go evenly. */
  timeOf(line: number): number {
    const at = this.partOf(line);
    const [from, to] = [this.marks[at]!, this.marks[at + 1] ?? { line: this.lines, t: this.t }];
    return from.t + ((to.t - from.t) * (line - from.line)) / Math.max(1, to.line - from.line);
  }

  /** The part that comes to a time soonest. */
  partAt(t: number): number {
    return Math.max(
      0,
      this.marks.findLastIndex((mark) => mark.t <= t),
    );
  }

  /** The part before or after the one that begins with a line; nothing where there is none. */
  beside(first: number, end: number, direction: -1 | 1): number | undefined {
    if (direction < 0) {
      if (first <= 0) return undefined;
      // The last that reaches up to the line, so that the two touch.
      const at = this.marks.findLastIndex(({ line }) => line < first);
      return Math.max(0, at - MARKS + 1);
    }
    if (this.isWhole && end >= this.lines) return undefined;
    return Math.max(
      0,
      this.marks.findLastIndex(({ line }) => line <= end),
    );
  }
}
