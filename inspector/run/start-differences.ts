import { same } from '../text/value.ts';
import type { Actor, Run } from './actor.ts';
import type { Contexts } from './contexts.ts';
import { NOTHING } from './difference.ts';
import { type LeafDifference, leafDifferences } from './leaves.ts';
import type { Store } from './store.ts';

/** A run that is held against another. */
export interface BesideRun {
  store: Store;
  contexts: Contexts;
  run: Run;
}

/** Something that a loop was given, or held at first, and that is another thing in the other run. */
export interface StartDifference extends LeafDifference {
  /** The loop's path. */
  path: string;
  what: 'argument' | 'state';
}

/** So many are listed of a loop. */
const LISTED = 20;

/** What two runs began with: the arguments of their loops, and the states before the first step. */
export class StartDifferences {
  /** In the order in which the loops began in the first run. */
  readonly all: StartDifference[] = [];
  readonly #a: BesideRun;
  readonly #b: BesideRun;
  /** By path, which leaves of the state differed when the loop first began; nothing where they were too many to list. */
  readonly #keys = new Map<string, ReadonlySet<string> | undefined>();
  readonly #states = new WeakMap<Actor, unknown>();

  constructor(a: BesideRun, b: BesideRun) {
    this.#a = a;
    this.#b = b;
    const [root, other] = [a.run.root, b.run.root];
    if (root.path.name === other.path.name) this.#arguments(root, other);
  }

  /** Takes in two loops that stand at the same place, before what they did is compared. */
  see(actor: Actor, other: Actor): void {
    const path = actor.path.name;
    if (this.#keys.has(path)) return;
    if (actor.parent) this.#arguments(actor, other);
    const { leaves, more } = leafDifferences(this.#state(this.#a, actor), this.#state(this.#b, other), LISTED);
    this.#keys.set(path, more ? undefined : new Set(leaves.map(({ keys }) => JSON.stringify(keys))));
    for (const leaf of leaves) this.all.push({ ...leaf, path, what: 'state' });
  }

  /** Whether a difference is one with which the runs began: there from the first, and both sides as their loops began. */
  holds(actor: Actor, other: Actor, { keys, a, b }: LeafDifference): boolean {
    const known = this.#keys.get(actor.path.name);
    if (known && !known.has(JSON.stringify(keys))) return false;
    return same(at(this.#state(this.#a, actor), keys), a) && same(at(this.#state(this.#b, other), keys), b);
  }

  #arguments(actor: Actor, other: Actor): void {
    const { leaves } = leafDifferences(argsOf(this.#a, actor), argsOf(this.#b, other), LISTED);
    for (const leaf of leaves) this.all.push({ ...leaf, path: actor.path.name, what: 'argument' });
  }

  /** What a loop held before its first step. */
  #state({ contexts }: BesideRun, actor: Actor): unknown {
    if (this.#states.has(actor)) return this.#states.get(actor);
    const { rows } = actor;
    let first = 0;
    while (first + 1 < rows.length && rows.count(first + 1) === rows.count(0)) first++;
    const state = rows.length ? contexts.at(actor, rows.row(first))?.state : undefined;
    this.#states.set(actor, state);
    return state;
  }
}

/** What a loop was run with, as far as it is known. */
export function argsOf({ contexts, store }: BesideRun, actor: Actor): unknown {
  const row = actor.rows.length ? actor.rows.row(0) : store.last;
  return contexts.at(actor, row)?.args ?? [];
}

/** What lies at some keys of a recorded value. */
function at(value: unknown, keys: readonly string[]): unknown {
  let inner = value;
  for (const key of keys) {
    if (typeof inner !== 'object' || inner === null || !Object.hasOwn(inner, key)) return NOTHING;
    inner = (inner as Record<string, unknown>)[key];
  }
  return inner;
}
