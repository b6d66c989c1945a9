import type { Line } from '../lines/line.ts';

/** So many kinds of lines are remembered. */
const KINDS = 1000;
/** So many ids: of a recording in which nothing ends, they are no more. */
const IDS = 100_000;

/**
 * The lines of a loop that begins and ends often mostly say the same, again and again: that its `skip` returned `false`,
 * that its state began so. What is the same in two lines of a kind lies in memory once. A line says what it said: the
 * values are equal, and in the same order.
 */
export class SharedValues {
  /** Of each kind, the line that came last. */
  readonly #last = new Map<string, Line>();
  /** The ids of the actors that go on. */
  readonly #ids = new Map<string, string>();

  /** Has a line that was just read share what it can. */
  share(line: Line): void {
    if (line.type !== 'event' && line.type !== 'actor') return;
    this.#shareId(line);
    const kind = `${line.type === 'event' ? line.event.type : ''} ${line.id.slice(0, line.id.lastIndexOf('#'))}`;
    const before = this.#last.get(kind);
    if (before) shared(line, before);
    else if (this.#last.size >= KINDS) this.#last.clear();
    this.#last.set(kind, line);
  }

  #shareId(line: Line & { id: string; parent?: string }): void {
    const known = this.#ids.get(line.id);
    if (known !== undefined) line.id = known;
    else {
      if (this.#ids.size >= IDS) this.#ids.clear();
      this.#ids.set(line.id, line.id);
    }
    if (line.parent !== undefined) line.parent = this.#ids.get(line.parent) ?? line.parent;
    if (line.type === 'event' && line.status !== undefined) this.#ids.delete(line.id);
  }
}

/** The one that was there before, where the two are the same; else the value, with all in it that was there before. */
function shared(value: unknown, before: unknown): unknown {
  if (Object.is(value, before)) return before;
  if (!isObject(value) || !isObject(before) || Array.isArray(value) !== Array.isArray(before)) return value;
  const [keys, others] = [Object.keys(value), Object.keys(before)];
  let isSame = keys.length === others.length;
  for (const [at, key] of keys.entries()) {
    if (key !== others[at]) isSame = false;
    // Assigned to, it would change the prototype.
    if (!Object.hasOwn(before, key) || key === '__proto__') {
      isSame = false;
      continue;
    }
    const one = shared(value[key], before[key]);
    if (typeof one === 'object' || typeof one === 'string') value[key] = one;
    if (!Object.is(one, before[key])) isSame = false;
  }
  return isSame ? before : value;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
