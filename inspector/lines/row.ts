import type { EventLine, Line } from './line.ts';
import { Shape } from './shape.ts';

/** What lines of a loop have in common that differ by their numbers only. */
export class Likeness {
  /** One of them. */
  readonly line: EventLine;
  readonly #shape: Shape;

  private constructor(line: EventLine, shape: Shape) {
    this.line = line;
    this.#shape = shape;
  }

  /**
   * Of lines like this one; `undefined` where there can be none.
   * @param other one of another loop: where that is built alike, they share how
   */
  static of(line: Line, other?: Likeness): Likeness | undefined {
    // Rows are read without what these may bring.
    if (line.type !== 'event' || line.context !== undefined || line.status !== undefined) return undefined;
    const known = other === undefined ? undefined : other.#shape;
    const shape = known?.read(line, []) ? known : new Shape(line);
    return shape.index(['seq']) === 0 && shape.index(['t']) === 1 ? new Likeness(line, shape) : undefined;
  }

  /** How many numbers each has, `seq` and `t` before all others. */
  get count(): number {
    return this.#shape.count;
  }

  /** Which number lies at these keys, where one does. For the same list of keys it is remembered. */
  index(keys: readonly string[]): number | undefined {
    return this.#shape.index(keys);
  }

  /** How many steps a row ends. */
  stepsOf(row: Row): number {
    const { steps } = this.#shape;
    return steps === undefined ? 0 : row.number(steps);
  }

  /** A line as a row, where it is like the others. */
  rowOf(line: Line): Row | undefined {
    // As they come from a program: the number of the other line is of no use here.
    const told = [0];
    return line.type === 'event' && this.#shape.read(line, told, this.line) ? Row.of(told, this) : undefined;
  }

  /** The line that a row stands for. */
  lineOf(row: Row): EventLine {
    return this.#shape.lineOf(this.line, row);
  }
}

/** A line that is like another, kept as its numbers: those of a long run would fill the memory, and few are ever looked at. */
export class Row {
  readonly like: Likeness;
  /** As they came: the number of the other line, then its own. */
  readonly #told: readonly number[];

  private constructor(like: Likeness, told: readonly number[]) {
    this.like = like;
    this.#told = told;
  }

  /** @param told what came; `undefined` where it is no row of these */
  static of(told: unknown[], like: Likeness | undefined): Row | undefined {
    if (like === undefined || told.length !== like.count + 1) return undefined;
    for (const number of told) if (!Number.isFinite(number)) return undefined;
    return new Row(like, told as number[]);
  }

  get seq(): number {
    return this.#told[1]!;
  }

  get t(): number {
    return this.#told[2]!;
  }

  /** How many steps it ends. */
  get steps(): number {
    return this.like.stepsOf(this);
  }

  /** Put together anew each time. */
  get line(): EventLine {
    return this.like.lineOf(this);
  }

  number(index: number): number {
    return this.#told[index + 1]!;
  }
}
