import type { Actor, Run } from './actor.ts';
import type { Store } from './store.ts';

/** A run, with what is known of it. */
export interface Side {
  store: Store;
  run: Run;
}

/** The loop in the other run that stands at the same place, or why there is none: it is not there, it may still come, nobody can tell. */
export type Counterpart = Actor | 'none' | 'to come' | 'unsure';

/**
 * Finds for a loop of one run the one that stands at the same place in another: ran by the same loop, in the same step of
 * that, as the so many-th of its name.
 *
 *     fit ─ step 2 ┬ batches (1st)         fit ─ step 2 ┬ batches (1st)
 *                  ├ validate (1st)  ◀──▶               └ validate (1st)
 *                  └ batches (2nd)   ◀──▶ none
 */
export class ActorPairs {
  readonly #from: Side;
  readonly #to: Side;
  /** Those that were found: they stay. */
  readonly #known = new Map<Actor, Actor>();

  constructor(from: Side, to: Side) {
    this.#from = from;
    this.#to = to;
  }

  of(actor: Actor): Counterpart {
    const known = this.#known.get(actor);
    if (known) return known;
    const found = this.#find(actor);
    if (typeof found === 'object') this.#known.set(actor, found);
    return found;
  }

  #find(actor: Actor): Counterpart {
    const { parent } = actor;
    if (!parent) {
      const { root } = this.#to.run;
      return actor === this.#from.run.root && root.path.name === actor.path.name ? root : 'unsure';
    }
    const other = this.of(parent);
    if (typeof other === 'string') return other;
    const step = stepOf(actor);
    const own = inStep(parent, actor.name, step);
    const theirs = inStep(other, actor.name, step);
    if (!isWhole(this.#from.store, parent, step) || !isWhole(this.#to.store, other, step)) return 'unsure';
    const there = theirs[own.indexOf(actor)];
    if (there) return there;
    // It may begin yet, unless that step is over there.
    const over = other.ended || other.steps > step;
    return over ? 'none' : 'to come';
  }
}

/** How many steps the loop that ran it had taken when a loop began. */
export function stepOf({ parent, first }: Actor): number {
  if (!parent) return 0;
  const at = parent.rows.upTo(first);
  return at < 0 ? 0 : parent.rows.count(at);
}

/** The loops of a name that another ran in one of its steps. They lie in order, so they are found by halving. */
function inStep(parent: Actor, name: string, step: number): Actor[] {
  const all = parent.children.get(name) ?? [];
  let low = 0;
  let high = all.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (stepOf(all[middle]!) < step) low = middle + 1;
    else high = middle;
  }
  const found: Actor[] = [];
  for (let at = low; at < all.length && stepOf(all[at]!) === step; at++) found.push(all[at]!);
  return found;
}

/** Whether all that a loop ran in one of its steps was seen, and is still here. */
function isWhole(store: Store, parent: Actor, step: number): boolean {
  const { rows, first, late } = parent;
  const cut = late || (store.first > 0 && first <= store.first);
  // What ran in the step that the first row here is in may have been before it.
  if (cut && (!rows.length || step <= rows.count(0))) return false;
  const began = firstWith(parent, step);
  const ended = firstWith(parent, step + 1);
  const from = began < rows.length ? rows.row(began) : first;
  const to = ended < rows.length ? rows.row(ended) : store.last;
  return store.gaps.upTo(to) === store.gaps.upTo(from) && !store.isVague(parent, from);
}

/** The index of the first of a loop's rows by which so many steps were taken; one past the last where none is. */
export function firstWith({ rows }: Actor, steps: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows.count(middle) >= steps) high = middle;
    else low = middle + 1;
  }
  return low;
}
