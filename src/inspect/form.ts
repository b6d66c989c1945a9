/** More numbers than this do not make up a form. */
const most = 64;
/** Longer texts are not taken for what is always the same. */
const longest = 100;

type Node =
  | { kind: 'number' }
  | { kind: 'constant'; value: unknown }
  | { kind: 'object'; keys: string[]; inner: Node[] }
  | { kind: 'array'; inner: Node[] };

/**
 * What events of one loop have in common: all but their numbers. An event is kept as its form and its numbers, which
 * costs neither the objects that it is made of, nor the work of turning it into text before anybody asks for that.
 */
export class Form {
  /** How many numbers there are. */
  readonly count: number;
  readonly #node: Node;
  /** What stands between the numbers, as JSON. */
  readonly #parts: readonly string[];

  private constructor(node: Node, parts: string[]) {
    this.#node = node;
    this.#parts = parts;
    this.count = parts.length - 1;
  }

  /** The form of a value; `undefined` for one that is not plain, or too large for one. */
  static of(value: unknown): Form | undefined {
    const parts = [''];
    const node = nodeOf(value, parts);
    return node && parts.length <= most ? new Form(node, parts) : undefined;
  }

  /** Writes a value's numbers to the tape, where it has this form; else what is written there means nothing. */
  take(value: unknown, tape: Float64Array, at: number): boolean {
    target = tape;
    next = at;
    try {
      return matches(this.#node, value);
    } catch {
      // A getter that throws: anyone may send an event that looks like ours.
      return false;
    }
  }

  /** The value as JSON. */
  text(tape: Float64Array, at: number): string {
    const parts = this.#parts;
    let text = parts[0]!;
    for (let i = 0; i < this.count; i++) text += tape[at + i]! + parts[i + 1]!;
    return text;
  }
}

let target: Float64Array = new Float64Array(0);
let next = 0;

function matches(node: Node, value: unknown): boolean {
  if (node.kind === 'number') {
    if (typeof value !== 'number' || !isWritten(value)) return false;
    target[next++] = value;
    return true;
  }
  if (node.kind === 'constant') return value === node.value;
  if (typeof value !== 'object' || value === null) return false;
  const { inner } = node;
  if (node.kind === 'array') {
    if (!Array.isArray(value) || value.length !== inner.length) return false;
    for (let i = 0; i < inner.length; i++) if (!matches(inner[i]!, value[i])) return false;
    return true;
  }
  if (!isPlain(value)) return false;
  const { keys } = node;
  let i = 0;
  for (const key in value) {
    if (key !== keys[i] || !matches(inner[i]!, (value as Record<string, unknown>)[key])) return false;
    i++;
  }
  return i === keys.length;
}

function nodeOf(value: unknown, parts: string[]): Node | undefined {
  const add = (text: string) => {
    parts[parts.length - 1] += text;
  };
  switch (typeof value) {
    case 'number':
      if (!isWritten(value) || parts.length > most) return undefined;
      parts.push('');
      return { kind: 'number' };
    case 'string':
      if (value.length > longest) return undefined;
      add(JSON.stringify(value));
      return { kind: 'constant', value };
    case 'boolean':
      add(String(value));
      return { kind: 'constant', value };
    case 'object':
      break;
    default:
      return undefined;
  }
  if (value === null) {
    add('null');
    return { kind: 'constant', value };
  }
  const isList = Array.isArray(value);
  if (!isList && !isPlain(value)) return undefined;
  const keys = isList ? [] : Object.keys(value);
  const values: unknown[] = isList ? value : keys.map((key) => (value as Record<string, unknown>)[key]);
  if (values.length > most) return undefined;
  const inner: Node[] = [];
  add(isList ? '[' : '{');
  for (const [i, one] of values.entries()) {
    add(`${i === 0 ? '' : ','}${isList ? '' : `${JSON.stringify(keys[i])}:`}`);
    const node = nodeOf(one, parts);
    if (node === undefined) return undefined;
    inner.push(node);
  }
  add(isList ? ']' : '}');
  return isList ? { kind: 'array', inner } : { kind: 'object', keys, inner };
}

/** Whether JSON has a word for it. */
function isWritten(value: number): boolean {
  return value - value === 0 && (value !== 0 || Object.is(value, 0));
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
