import type { EventLine } from './line.ts';

type Node =
  | { kind: 'number'; index: number }
  | { kind: 'constant'; value: unknown }
  /** What lines of other loops have another way: of which loop it is, and which of its actors sent it. */
  | { kind: 'own'; key: 'id' | 'from' }
  | { kind: 'list'; inner: Node[] }
  | { kind: 'object'; keys: string[]; inner: Node[] };

/** The numbers of a line, in their order, `seq` and `t` before all others. */
interface Numbers {
  number(index: number): number;
}

/** How the lines of many loops are built that differ by their numbers, and by whose they are. */
export class Shape {
  /** How many numbers each has. */
  readonly count: number;
  /** Which number is that of steps, where they end some. */
  readonly steps: number | undefined;
  readonly #node: Node;
  readonly #indices = new WeakMap<readonly string[], number | undefined>();

  constructor(line: EventLine) {
    const counted = { count: 0 };
    this.#node = withOwn(nodeOf(line, counted));
    this.count = counted.count;
    this.steps = line.event.type === 'loop.advanced' ? this.index(['event', 'steps']) : undefined;
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

  /** Takes the numbers of a line down, behind those that are there. Tells whether it is built so, and of the loop of `own` where that is given. */
  read(line: EventLine, numbers: number[], own?: EventLine): boolean {
    return isAlike(this.#node, line, numbers, own);
  }

  /** The line of a loop with some numbers. */
  lineOf(own: EventLine, numbers: Numbers): EventLine {
    return filled(this.#node, own, numbers) as EventLine;
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

function withOwn(node: Node): Node {
  if (node.kind !== 'object') return node;
  const inner = node.inner.map((one, at): Node => {
    const key = node.keys[at];
    const isText = one.kind === 'constant' && typeof one.value === 'string';
    return isText && (key === 'id' || key === 'from') ? { kind: 'own', key } : one;
  });
  return { ...node, inner };
}

/** Whether a value is what a node stands for; its numbers are taken down in their order. */
function isAlike(node: Node, value: unknown, numbers: number[], own: EventLine | undefined): boolean {
  switch (node.kind) {
    case 'number':
      return typeof value === 'number' && numbers.push(value) > 0;
    case 'constant':
      return isSame(node.value, value);
    case 'own':
      return own ? value === own[node.key] : typeof value === 'string';
    case 'list':
      return (
        Array.isArray(value) &&
        value.length === node.inner.length &&
        node.inner.every((inner, at) => isAlike(inner, value[at], numbers, own))
      );
    case 'object': {
      if (!isObject(value)) return false;
      const keys = Object.keys(value);
      return (
        keys.length === node.keys.length &&
        keys.every((key, at) => key === node.keys[at] && isAlike(node.inner[at]!, value[key], numbers, own))
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

function filled(node: Node, own: EventLine, numbers: Numbers): unknown {
  switch (node.kind) {
    case 'number':
      return numbers.number(node.index);
    case 'constant':
      return node.value;
    case 'own':
      return own[node.key];
    case 'list':
      return node.inner.map((inner) => filled(inner, own, numbers));
    case 'object': {
      const object: Record<string, unknown> = {};
      for (let i = 0; i < node.keys.length; i++) {
        const [key, value] = [node.keys[i]!, filled(node.inner[i]!, own, numbers)];
        // Assigned to, it would change the prototype.
        if (key === '__proto__') Object.defineProperty(object, key, { value, enumerable: true });
        else object[key] = value;
      }
      return object;
    }
  }
}
