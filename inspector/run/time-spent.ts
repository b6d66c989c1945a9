import type { Actor, Path, Run } from './actor.ts';
import { hookIn } from './hooks.ts';
import { foldedPath } from './number-name.ts';
import { Samples, type Slow } from './samples.ts';
import { clipped, lengthOf, merged, outside, type Span } from './spans.ts';
import type { Store } from './store.ts';

/** How much time something took, in milliseconds. */
export interface Taken {
  /** All of it within the range, what ran inside included. */
  total: number;
  /** The same without the loops that ran inside, waits and pauses. */
  self: number;
  /** How often it came to its end in the range; the rest of the numbers are of these, each whole. */
  count: number;
  /** How often it was begun and has not come to its end in the range. */
  open: number;
  mean: number;
  p50: number;
  p95: number;
  max: number;
  /** Several steps were told at once: each is taken to have been as long as the others. */
  averaged: boolean;
  /** The longest, each with the row that tells of its end. */
  slowest: readonly Slow[];
}

/** The time of one hook of a loop: by its name, `paused`, or `receive, sleep` for waits. */
export interface HookTime extends Taken {
  hook: string;
}

/** The time of one loop, or of the loops of one array, over all its runs. */
export interface LoopTime extends Taken {
  /** `sweep.trials[]` of an array. */
  path: string;
  /** More than one of an array. */
  paths: readonly Path[];
  hue: number;
  hooks: HookTime[];
}

export const PAUSED = 'paused';
export const WAITING = 'receive, sleep';

/** Where the time of a run went in a range, by loop and hook, the loops in the order in which they first ran. */
export function timeSpent(store: Store, run: Run, range: Span): LoopTime[] {
  if (!store.end) return [];
  const folded = new Map<string, Path[]>();
  for (const path of run.paths.values()) {
    const name = foldedPath(path.name);
    folded.set(name, [...(folded.get(name) ?? []), path]);
  }
  return [...folded].flatMap(([name, paths]) => {
    const runs = new Sum();
    const hooks = new Map<string, Sum>();
    for (const { actors } of paths) for (const actor of actors) addRun(store, actor, range, runs, hooks);
    if (!runs.seen) return [];
    const taken = [...hooks].map(([hook, sum]) => ({ hook, ...sum.taken() }));
    const self = taken.reduce((sum, one) => sum + (one.hook === PAUSED || one.hook === WAITING ? 0 : one.self), 0);
    return [
      {
        path: name,
        paths,
        hue: paths[0]!.hue,
        ...runs.taken(),
        self,
        hooks: taken.filter(({ total, count }) => total || count),
      },
    ];
  });
}

/** What was added up of one line of the table. */
class Sum {
  seen = false;
  readonly #samples = new Samples();
  #total = 0;
  #self = 0;
  #open = 0;

  /**
   * @param span all of it, of which the part in the range counts
   * @param inside what ran inside, merged
   * @param end the row of its end and how many steps ended there; nothing where it was not seen to come to its end
   */
  add(span: Span, range: Span, inside: readonly Span[], end: { row: number; steps: number } | undefined): void {
    if (span.to < range.from || span.from > range.to) return;
    this.seen = true;
    const part = clipped(span, range);
    this.#total += lengthOf(part);
    this.#self += outside(part, inside);
    if (end && span.to <= range.to) this.#samples.add(lengthOf(span), end.steps, end.row);
    else this.#open++;
  }

  taken(): Taken {
    return { total: this.#total, self: this.#self, open: this.#open, ...this.#samples.summary() };
  }
}

function addRun(store: Store, actor: Actor, range: Span, runs: Sum, hooks: Map<string, Sum>): void {
  const whole: Span = { from: actor.from, to: actor.ended ? actor.end : store.t(store.last) };
  if (whole.to < range.from || whole.from > range.to) return;
  const { rows } = actor;
  const last = rows.length ? rows.row(rows.length - 1) : actor.first;
  const children = merged(
    [...actor.children.values()].flat().map(({ from, end, ended }) => ({ from, to: ended ? end : whole.to })),
  );
  runs.add(whole, range, children, actor.ended && !actor.late ? { row: last, steps: 1 } : undefined);
  const of = (hook: string): Sum => {
    const known = hooks.get(hook) ?? new Sum();
    hooks.set(hook, known);
    return known;
  };
  const waits = waitsIn(store, actor, range, whole.to);
  for (const { span, row } of waits)
    of(WAITING).add(span, range, children, row === undefined ? undefined : { row, steps: 1 });
  const inside = waits.length ? merged([...children, ...waits.map(({ span }) => span)]) : children;
  for (const { hook, span, end } of stretches(store, actor, range, whole.to)) of(hook).add(span, range, inside, end);
}

interface Stretch {
  hook: string;
  span: Span;
  end: { row: number; steps: number } | undefined;
}

/** Each hook and step of a run that reaches into a range. */
function* stretches(store: Store, { rows, late }: Actor, range: Span, until: number): Generator<Stretch> {
  let at = firstOf(store, rows, range);
  let begins = store.t(rows.length ? rows.row(at) : 0);
  // Of what was going on when it was first seen, the beginning is not known.
  let whole = at > 0 || !late;
  for (; at < rows.length && begins <= range.to; at++) {
    const row = rows.row(at);
    const hook = hookIn(store.values.list[store.value(row)]!);
    const next = at + 1 < rows.length ? rows.row(at + 1) : undefined;
    if (next === undefined) {
      if (hook) yield { hook, span: { from: begins, to: until }, end: undefined };
      return;
    }
    const steps = rows.count(at + 1) - rows.count(at);
    const changes = store.value(next) !== store.value(row);
    if (steps <= 0 && !changes) continue;
    const span = { from: begins, to: store.t(next) };
    // A step that was broken off was none.
    const isWhole = whole && (hook !== 'advance' || steps > 0);
    if (hook) yield { hook, span, end: isWhole ? { row: next, steps: hook === 'advance' ? steps : 1 } : undefined };
    begins = span.to;
    whole = true;
  }
}

/** The row, by its number among those of a run, at which what went on at the beginning of a range had begun. */
function firstOf(store: Store, rows: Actor['rows'], range: Span): number {
  let at = Math.max(0, rows.upTo(store.rowFromTime(range.from) - 1));
  while (at > 0 && rows.count(at - 1) === rows.count(at) && store.value(rows.row(at - 1)) === store.value(rows.row(at)))
    at--;
  return at;
}

/** When the steps of a run waited for something, and the row at which they had it. */
function waitsIn(store: Store, { rows }: Actor, range: Span, until: number): { span: Span; row: number | undefined }[] {
  const asked = store.types.list.indexOf('loop.asked');
  const once = store.types.list.indexOf('loop.once');
  if (asked < 0) return [];
  const found: { span: Span; row: number | undefined }[] = [];
  const open = new Map<string, number>();
  for (let at = firstOf(store, rows, range); at < rows.length; at++) {
    const row = rows.row(at);
    const type = store.type(row);
    const key = type === asked || type === once ? waitKey(store, row) : undefined;
    const began = key === undefined ? undefined : open.get(key);
    if (key !== undefined && type === asked) open.set(key, store.t(row));
    else if (key !== undefined && began !== undefined) {
      found.push({ span: { from: began, to: store.t(row) }, row });
      open.delete(key);
    }
    // What a step has not got at its end, it does not wait for any more.
    if (at > 0 && open.size && rows.count(at) > rows.count(at - 1)) {
      for (const from of open.values()) found.push({ span: { from, to: store.t(row) }, row: undefined });
      open.clear();
    }
  }
  for (const from of open.values()) found.push({ span: { from, to: until }, row: undefined });
  return found;
}

/** What a row says a step waits for, or has got. */
function waitKey(store: Store, row: number): string | undefined {
  const wait = store.read(row, ['event', 'wait']);
  const key = store.read(row, ['event', 'key']);
  return (wait === 'receive' || wait === 'sleep') && typeof key === 'string' ? `${wait} ${key}` : undefined;
}
