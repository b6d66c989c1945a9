import type { EventLine, Line } from './line.ts';

type Node =
  | { kind: 'number'; index: number }
  | { kind: 'constant'; value: unknown }
  | { kind: 'list'; inner: Node[] }
  | { kind: 'object'; keys: string[]; inner: Node[] };

/** What lines have in common that differ by their numbers only. */
export class Likeness {
  /** One of them. */
  readonly line: EventLine;
  /** How many numbers each has, `seq` and `t` before all others. */
  readonly count: number;
  readonly #node: Node;
  /** Which number is that of steps, where they end some. */
  readonly #steps: number | undefined;
  readonly #indices = new WeakMap<readonly string[], number | undefined>();

  private constructor(line: EventLine, node: Node, count: number) {
    this.line = line;
    this.count = count;
    this.#node = node;
    this.#steps = line.event.type === 'loop.advanced' ? this.index(['event', 'steps']) : undefined;
  }

  /** Of lines like this one; `undefined` where there can be none. */
  static of(line: Line): Likeness | undefined {
    // Rows are read without what these may bring.
    if (line.type !== 'event' || line.context !== undefined || line.status !== undefined) return undefined;
    const counted = { count: 0 };
    const likeness = new Likeness(line, nodeOf(line, counted), counted.count);
    return likeness.index(['seq']) === 0 && likeness.index(['t']) === 1 ? likeness : undefined;
  }

  /** Which number lies at these keys, where one does. For the same list of keys it is remembered. */
  index(keys: readonly string[]): number | undefined {
    if (this.#indices.has(keys)) return this.#indices.get(keys);
    let node: Node | undefined = this.#node;
    for (const key of keys) {
      if (node?.kind === 'object') node = node.inner[node.keys.indexOf(key)];
      else node = node?.kind === 'list' ? node.inner[Number(key)] : undefined;
    }
    const index = node?.kind === 'number' ? node.index : undefined;
    this.#indices.set(keys, index);
    return index;
  }

  /** How many steps a row ends. */
  stepsOf(row: Row): number {
    return this.#steps === undefined ? 0 : row.number(this.#steps);
  }

  /** A line as a row, where it is like the others. */
  rowOf(line: Line): Row | undefined {
    // As they come from a program: the number of the other line is of no use here.
    const told = [0];
    return isAlike(this.#node, line, told) ? Row.of(told, this) : undefined;
  }

  /** The line that a row stands for. */
  lineOf(row: Row): EventLine {
    return filled(this.#node, row) as EventLine;
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

function nodeOf(value: unknown, counted: { count: number }): Node {
  if (typeof value === 'number') return { kind: 'number', index: counted.count++ };
  const before = counted.count;
  if (Array.isArray(value)) {
    const inner = value.map((item) => nodeOf(item, counted));
    if (counted.count > before) return { kind: 'list', inner };
  } else if (typeof value === 'object' && value !== null) {
    const keys = Object.keys(value);
    const inner = keys.map((key) => nodeOf((value as Record<string, unknown>)[key], counted));
    if (counted.count > before) return { kind: 'object', keys, inner };
  }
  return { kind: 'constant', value };
}

/** Whether a value differs from what a node stands for by its numbers only, which are taken down in their order. */
function isAlike(node: Node, value: unknown, numbers: number[]): boolean {
  switch (node.kind) {
    case 'number':
      return typeof value === 'number' && numbers.push(value) > 0;
    case 'constant':
      return isSame(node.value, value);
    case 'list':
      return (
        Array.isArray(value) &&
        value.length === node.inner.length &&
        node.inner.every((inner, at) => isAlike(inner, value[at], numbers))
      );
    case 'object': {
      if (!isObject(value)) return false;
      const keys = Object.keys(value);
      return (
        keys.length === node.keys.length &&
        keys.every((key, at) => key === node.keys[at] && isAlike(node.inner[at]!, value[key], numbers))
      );
    }
  }
}

/** Whether two values of lines that hold no numbers say the same, in the same order. */
function isSame(one: unknown, other: unknown): boolean {
  if (Array.isArray(one)) {
    return Array.isArray(other) && one.length === other.length && one.every((item, at) => isSame(item, other[at]));
  }
  if (!isObject(one)) return one === other;
  if (!isObject(other)) return false;
  const [keys, others] = [Object.keys(one), Object.keys(other)];
  return keys.length === others.length && keys.every((key, at) => key === others[at] && isSame(one[key], other[key]));
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function filled(node: Node, row: Row): unknown {
  switch (node.kind) {
    case 'number':
      return row.number(node.index);
    case 'constant':
      return node.value;
    case 'list':
      return node.inner.map((inner) => filled(inner, row));
    case 'object': {
      const object: Record<string, unknown> = {};
      for (let i = 0; i < node.keys.length; i++) {
        const [key, value] = [node.keys[i]!, filled(node.inner[i]!, row)];
        // Assigned to, it would change the prototype.
        if (key === '__proto__') Object.defineProperty(object, key, { value, enumerable: true });
        else object[key] = value;
      }
      return object;
    }
  }
}
