import type { Line } from '../lines/line.ts';
import { Row } from '../lines/row.ts';
import type { Taken } from '../sources/source.ts';
import { CHUNK, Chunk, Words } from './columns.ts';

/** What is read of a line for every row. */
interface Columns {
  t: number;
  seq: number;
  /** The number of its actor; -1 for none. */
  actor: number;
  type: string;
  /** The state of the machine. */
  value: string;
  bytes: number;
}

/**
 * The lines of a run. Each has a row; rows are counted from the first line that came and keep their number when older
 * ones are dropped.
 */
export class Rows {
  readonly types: Words = new Words();
  readonly values: Words = new Words();
  bytes = 0;
  /** Lines that were let go to stay within the bounds. */
  dropped = 0;
  #chunks: Chunk[] = [];
  #base = 0;
  #end = 0;

  /** The first row that is still here. */
  get first(): number {
    return this.#base;
  }

  /** One past the last row. */
  get end(): number {
    return this.#end;
  }

  get last(): number {
    return this.#end - 1;
  }

  #chunk(row: number): Chunk {
    return this.#chunks[Math.floor((row - this.#base) / CHUNK)]!;
  }

  /** Each object in it lies in all of its places. */
  line(row: number): Line {
    const line = this.#taken(row);
    return line instanceof Row ? line.line : line;
  }

  /** A line that differs from this one by its numbers at most, and need not be put together. */
  likeOf(row: number): Line {
    const line = this.#taken(row);
    return line instanceof Row ? line.like.line : line;
  }

  /** How many steps a row ends that was told by its numbers; the row after it is like it, and so says all that it says. */
  stepsToNext(row: number, next: number): number | undefined {
    const [line, after] = [this.#taken(row), this.#taken(next)];
    return line instanceof Row && after instanceof Row && line.like === after.like ? line.steps : undefined;
  }

  /** The value at these keys of a line, which need not be put together for a number. */
  read(row: number, keys: readonly string[]): unknown {
    const line = this.#taken(row);
    const index = line instanceof Row ? line.like.index(keys) : undefined;
    if (index !== undefined) return (line as Row).number(index);
    let value: unknown = this.line(row);
    for (const key of keys) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
      value = (value as Record<string, unknown>)[key];
    }
    return value;
  }

  #taken(row: number): Taken {
    return this.#chunk(row).lines[(row - this.#base) % CHUNK]!;
  }

  t(row: number): number {
    return this.#chunk(row).t[(row - this.#base) % CHUNK]!;
  }

  seq(row: number): number {
    return this.#chunk(row).seq[(row - this.#base) % CHUNK]!;
  }

  /** The number of the row's type in `types`. */
  type(row: number): number {
    return this.#chunk(row).type[(row - this.#base) % CHUNK]!;
  }

  /** The number of the machine's state in `values`. */
  value(row: number): number {
    return this.#chunk(row).value[(row - this.#base) % CHUNK]!;
  }

  /** The number of the actor that the row is of; -1 for none. */
  protected actorIndex(row: number): number {
    return this.#chunk(row).actor[(row - this.#base) % CHUNK]!;
  }

  #firstWhere(test: (row: number) => boolean): number {
    let low = this.#base;
    let high = this.#end;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (test(middle)) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** The row of a sequence number, or the nearest before it. */
  rowOfSeq(seq: number): number {
    return Math.max(this.#base, this.#firstWhere((row) => this.seq(row) > seq) - 1);
  }

  /** The last row at or before a time. */
  rowOfTime(t: number): number {
    return Math.max(this.#base, this.#firstWhere((row) => this.t(row) > t) - 1);
  }

  /** The first row at or after a time. */
  rowFromTime(t: number): number {
    return this.#firstWhere((row) => this.t(row) >= t);
  }

  /** Puts a line behind all others. */
  protected push(line: Taken, { t, seq, actor, type, value, bytes }: Columns): void {
    if ((this.#chunks.at(-1)?.lines.length ?? CHUNK) === CHUNK) this.#chunks.push(new Chunk());
    const chunk = this.#chunks.at(-1)!;
    const at = chunk.lines.length;
    chunk.lines.push(line);
    chunk.seq[at] = seq;
    chunk.t[at] = t;
    chunk.actor[at] = actor;
    chunk.type[at] = this.types.number(type);
    chunk.value[at] = this.values.number(value);
    chunk.bytes += bytes;
    this.bytes += bytes;
    this.#end++;
  }

  /** Says of all rows that they are of one time, where they are few. */
  protected setTime(t: number): void {
    const [chunk] = this.#chunks;
    if (this.#chunks.length === 1) chunk?.t.fill(t, 0, chunk.lines.length);
  }

  /** The rows that are let go together, the oldest; nothing where no others would stay. */
  protected get oldest(): { end: number; actors: ReadonlySet<number> } | undefined {
    const [chunk] = this.#chunks;
    if (!chunk || this.#chunks.length < 2) return undefined;
    const { length } = chunk.lines;
    return { end: this.#base + length, actors: new Set(chunk.actor.subarray(0, length)) };
  }

  /** Lets go of those. */
  protected dropOldest(): void {
    const chunk = this.#chunks.shift()!;
    this.#base += chunk.lines.length;
    this.bytes -= chunk.bytes;
    this.dropped += chunk.lines.length;
  }
}
