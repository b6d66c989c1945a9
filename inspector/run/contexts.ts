import type { LoopContext } from '../lines/line.ts';
import type { Actor } from './actor.ts';
import type { Store } from './store.ts';
import { type Chart, isStep } from './transition.ts';

/** A context is kept for each of so many rows of an actor, so that going back costs no more than this many events. */
const EVERY = 128;
/** How many are kept in all. They share what did not change between them. */
const KEPT = 4000;

/** What a loop held at a moment, recomputed from the events since the last line that carried it. */
export class Contexts {
  readonly #store: Store;
  readonly #chart: Chart;
  /** By actor and row. The oldest leave first: a Map keeps the order of arrival. */
  readonly #kept = new Map<string, LoopContext>();
  /** Of each actor, the one that was asked for last: the next is mostly a little later. */
  readonly #last = new WeakMap<Actor, { row: number; context: LoopContext }>();

  constructor(store: Store, chart: Chart) {
    this.#store = store;
    this.#chart = chart;
    store.contextAt = (actor, row) => this.at(actor, row);
  }

  /** What the actor held after the row, nothing where that cannot be known. */
  at(actor: Actor, row: number): LoopContext | undefined {
    const to = actor.rows.upTo(row);
    if (to < 0) return actor.base && row >= this.#store.first - 1 ? actor.base : undefined;
    let from = to;
    let context: LoopContext | undefined;
    for (; from >= 0; from--) {
      context = this.#known(actor, actor.rows.row(from));
      if (context) break;
    }
    context ??= actor.base ?? {};
    for (let index = from + 1; index <= to; index++) {
      const at = actor.rows.row(index);
      const steps = index < to && index % EVERY ? this.#store.stepsToNext(at, actor.rows.row(index + 1)) : undefined;
      if (steps !== undefined && isStep(this.#store.likeOf(at), context)) {
        // The next one leaves nothing of what this one says but their count.
        context = { ...context, steps: context.steps + steps };
        continue;
      }
      const line = this.#store.line(at);
      if (line.type === 'event' && actor.kind === '') context = this.#chart.after(line, context);
      if (index % EVERY === 0) this.#keep(actor, at, context);
    }
    this.#last.set(actor, { row: actor.rows.row(to), context });
    return context;
  }

  #known(actor: Actor, row: number): LoopContext | undefined {
    const last = this.#last.get(actor);
    if (last?.row === row) return last.context;
    const line = this.#store.likeOf(row);
    if (line.type !== 'event' && line.type !== 'actor') return undefined;
    // That of an app's own may be anything, and is told whole where it has changed.
    if (actor.kind !== '' && 'context' in line) return { context: line.context };
    if (line.context) return line.context;
    return this.#kept.get(`${actor.index} ${row}`);
  }

  #keep(actor: Actor, row: number, context: LoopContext): void {
    this.#kept.set(`${actor.index} ${row}`, context);
    if (this.#kept.size <= KEPT) return;
    const [oldest] = this.#kept.keys();
    this.#kept.delete(oldest!);
  }
}
