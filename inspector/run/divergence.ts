import { readValue, same } from '../text/value.ts';
import type { Actor } from './actor.ts';
import { ActorPairs, firstWith } from './actor-pairs.ts';
import { type LeafDifference, type LeafDifferences, leafDifferences, tellingFirst } from './leaves.ts';
import { type BesideRun, StartDifferences } from './start-differences.ts';
import type { Store } from './store.ts';

/** A moment of a loop. */
export interface LoopMoment {
  actor: Actor;
  row: number;
  /** How many steps of that running of the loop were taken. */
  step: number;
}

/** The first moment at which two runs are not the same any more. */
export interface Divergence {
  /**
   * - `state`: both took the step, and the loop holds something else after it.
   * - `ended`: one had ended, and the other took one more step.
   * - `absent`: one ran a loop there, and the other did not.
   */
  how: 'state' | 'ended' | 'absent';
  /** In the first run: the step, or the last one that it took there. */
  a: LoopMoment;
  b: LoopMoment;
  /** Which of the two took the step, or ran the loop, where the other did not. */
  only?: 'a' | 'b';
  /** What differs in the state, losses first. */
  leaves: LeafDifference[];
  /** More differs than is listed. */
  more: boolean;
}

/** So many leaves of a state are listed. */
const LISTED = 12;
/** After so many rows it is looked whether the time is up. */
const ROWS = 256;

/**
 * Looks for the first step after which two runs hold something else, step by step in the order of the first run; where the
 * second ran more in between, that counts as well. It is done in portions, and goes on when more lines have come.
 *
 * What differed when a loop began, and has not changed since on either side, is what the runs were given, and no divergence:
 * such is told in `start`.
 */
export class Comparison {
  divergence: Divergence | undefined;
  /** How many steps were compared and are the same. */
  compared = 0;
  /** How many were not compared: lines are missing, or several steps were told at once. */
  skipped = 0;
  /** Values in what was compared were cut, or lists shortened: whether these are the same is not known. */
  cut = false;
  /** Which of the two has to go on before more can be compared. */
  awaits: 'a' | 'b' | undefined;
  readonly start: StartDifferences;
  readonly #a: BesideRun;
  readonly #b: BesideRun;
  readonly #pairs: ActorPairs;
  readonly #back: ActorPairs;
  readonly #looked = new Set<string>();
  #row: number;
  /** Where the second run is looked through for what the first has not. */
  #backRow: number;

  constructor(a: BesideRun, b: BesideRun) {
    this.#a = a;
    this.#b = b;
    this.#pairs = new ActorPairs(a, b);
    this.#back = new ActorPairs(b, a);
    this.start = new StartDifferences(a, b);
    this.#row = a.run.root.first;
    this.#backRow = b.run.root.first;
  }

  /** How far the first run has been looked through, from 0 to 1. */
  get progress(): number {
    const { store, run } = this.#a;
    const last = Math.min(store.last, run.root.endRow);
    const length = last - run.root.first;
    return this.divergence || length <= 0 ? 1 : Math.min(1, Math.max(0, (this.#row - run.root.first) / length));
  }

  /** Compares what has come, until the time is up. Tells whether there is more to be done at once. */
  work(isUp: () => boolean): boolean {
    if (this.divergence) return false;
    this.awaits = undefined;
    const { store, run } = this.#a;
    this.#row = Math.max(this.#row, store.first);
    for (let rows = 1; this.#row < store.end && this.#row <= run.root.endRow; rows++) {
      if (rows % ROWS === 0 && isUp()) return true;
      const step = stepAt(store, run.root, this.#row);
      const found = step && this.#compare(step);
      if (found === 'wait') {
        this.awaits = 'b';
        return this.#lookBack(isUp, Number.POSITIVE_INFINITY);
      }
      if (found) return this.#settle(found, isUp);
      this.#row++;
    }
    return this.#lookBack(isUp, Number.POSITIVE_INFINITY);
  }

  /** A divergence in the order of the first run: it counts unless the second has run something else before. */
  #settle(found: Divergence, isUp: () => boolean): boolean {
    if (this.#lookBack(isUp, found.b.row)) return true;
    this.divergence ??= found;
    return false;
  }

  /** Looks through the second run, up to a row, for steps that the first has not taken. */
  #lookBack(isUp: () => boolean, until: number): boolean {
    const { store, run } = this.#b;
    this.#backRow = Math.max(this.#backRow, store.first);
    for (let rows = 1; this.#backRow < Math.min(until, store.end) && this.#backRow <= run.root.endRow; rows++) {
      if (rows % ROWS === 0 && isUp()) return true;
      const step = stepAt(store, run.root, this.#backRow);
      const found = step && missing(step, this.#back, this.#a.store);
      if (found === 'wait') {
        this.awaits ??= 'a';
        return false;
      }
      if (typeof found === 'object') {
        const { how, at } = found;
        this.divergence = { how, a: at, b: step!, only: 'b', leaves: [], more: false };
        return false;
      }
      this.#backRow++;
    }
    return false;
  }

  /** What a step of the first run is beside the second. */
  #compare(a: LoopMoment): Divergence | 'wait' | undefined {
    const { store } = this.#a;
    const lacks = missing(a, this.#pairs, this.#b.store);
    if (lacks === 'wait') return lacks;
    if (typeof lacks === 'object') return { how: lacks.how, a, b: lacks.at, only: 'a', leaves: [], more: false };
    const other = this.#pairs.of(a.actor);
    if (lacks === 'unsure' || typeof other === 'string' || store.isVague(a.actor, a.row)) {
      this.skipped++;
      return undefined;
    }
    const at = firstWith(other, a.step);
    const row = other.rows.row(at);
    const [mine, theirs] = [stateAfter(store, a.row), stateAfter(this.#b.store, row)];
    // Of steps that were told at once, only what came after the last is known.
    const known = other.rows.count(at) === a.step && mine !== undefined && theirs !== undefined;
    if (!known || this.#b.store.isVague(other, row)) {
      this.skipped++;
      return undefined;
    }
    this.start.see(a.actor, other);
    this.#lookForCuts(a.actor.path.name, mine, theirs);
    const found = same(mine, theirs) ? undefined : this.#newDifferences(a.actor, other, mine, theirs);
    if (found?.leaves.length) {
      const b = { actor: other, row, step: a.step };
      return { how: 'state', a, b, leaves: tellingFirst(found.leaves).slice(0, LISTED), more: found.more };
    }
    this.compared++;
    return undefined;
  }

  /** What differs without having differed from the start. */
  #newDifferences(actor: Actor, other: Actor, mine: unknown, theirs: unknown): LeafDifferences {
    const found = leafDifferences(mine, theirs, LISTED * 20);
    if (found.cut) this.cut = true;
    const leaves = found.leaves.filter((leaf) => !this.start.holds(actor, other, leaf));
    return { ...found, leaves, more: found.more || leaves.length > LISTED };
  }

  /** Of each loop once: what its states hold is of the same kind in all of its steps. */
  #lookForCuts(path: string, ...states: unknown[]): void {
    if (this.#looked.has(path)) return;
    this.#looked.add(path);
    this.cut ||= states.some((state) => holdsCut(state, { left: 10_000 }));
  }
}

/** The step that a row ends, where it does, of a loop of the run of this root. */
function stepAt(store: Store, root: Actor, row: number): LoopMoment | undefined {
  const actor = store.actor(row);
  if (!actor || actor.path.run !== root.path.run) return undefined;
  const at = actor.rows.upTo(row);
  if (at < 1 || actor.rows.row(at) !== row) return undefined;
  const step = actor.rows.count(at);
  return step > actor.rows.count(at - 1) ? { actor, row, step } : undefined;
}

type Missing = { how: 'ended' | 'absent'; at: LoopMoment } | 'wait' | 'unsure' | undefined;

/** Whether the other run has not taken a step: nothing where it has. */
function missing({ actor, step }: LoopMoment, pairs: ActorPairs, store: Store): Missing {
  const other = pairs.of(actor);
  if (other === 'unsure') return other;
  // Of what was not seen to go on, nobody knows how it did.
  const goesOn = store.goesOn.peek();
  if (other === 'to come') return goesOn ? 'wait' : 'unsure';
  if (other === 'none') {
    const above = pairs.of(actor.parent!);
    if (typeof above === 'string') return 'unsure';
    return { how: 'absent', at: lastOf(above, stepOver(above, actor)) };
  }
  if (firstWith(other, step) < other.rows.length) return undefined;
  if (store.isVague(other, store.last)) return 'unsure';
  if (!other.ended) return goesOn ? 'wait' : 'unsure';
  return { how: 'ended', at: lastOf(other, other.rows.length - 1) };
}

/** The index of the row by which a loop had taken the step in which something of the other run has no counterpart. */
function stepOver(above: Actor, { parent, first }: Actor): number {
  const at = parent!.rows.upTo(first);
  const step = at < 0 ? 0 : parent!.rows.count(at);
  return Math.min(above.rows.length - 1, firstWith(above, step + 1));
}

function lastOf(actor: Actor, at: number): LoopMoment {
  const index = Math.max(0, at);
  return actor.rows.length
    ? { actor, row: actor.rows.row(index), step: actor.rows.count(index) }
    : { actor, row: actor.first, step: 0 };
}

/** What a loop holds after the step that a row ended, as the row says it. */
function stateAfter(store: Store, row: number): unknown {
  return store.read(row, ['event', 'commit', 'state']) ?? store.read(row, ['context', 'state']);
}

/** Whether something in a value is not all there. */
function holdsCut(value: unknown, looks: { left: number }): boolean {
  if (typeof value !== 'object' || value === null || --looks.left < 0) return false;
  const told = readValue(value);
  if (told.kind === 'cut') return told.digest === '';
  return told.kind === 'branch' && told.entries().some(([, inner]) => holdsCut(inner, looks));
}
