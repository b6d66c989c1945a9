import type { Path } from './actor.ts';
import type { AlertRule } from './alert-rules.ts';
import { type Raised, type Seen, StallWatcher, type Watcher, watcherOf } from './alert-watchers.ts';
import type { Contexts } from './contexts.ts';
import { type OddNumber, oddNumbers } from './odd-numbers.ts';
import type { Store } from './store.ts';

/** A moment at which something happened that somebody wants to be told of. */
export interface Alert extends Raised {
  rule: AlertRule;
}

/** Where a number of a loop was first not finite. */
export interface FirstOdd extends OddNumber {
  row: number;
  /** Counted over all runs of the loop, from 1. */
  step: number;
}

/** More are counted, and only the newest kept. */
const MOST = 1000;

/** Looks through the rows once, in order and in slices, for all that rules ask for. */
export class AlertScan {
  /** In the order in which they came. */
  readonly alerts: Alert[] = [];
  /** How many there were that are not kept. */
  gone = 0;
  readonly firstOdd: Map<Path, FirstOdd> = new Map();
  readonly #store: Store;
  readonly #watchers: readonly { rule: AlertRule; watcher: Watcher }[];
  #next: number;

  constructor(store: Store, contexts: Contexts, rules: readonly AlertRule[]) {
    this.#store = store;
    this.#next = store.first;
    this.#watchers = rules.map((rule) => ({ rule, watcher: watcherOf(rule, store, contexts) }));
  }

  /** Looks on for so many milliseconds, and tells whether there is more. */
  scan(ms: number): boolean {
    const store = this.#store;
    const until = performance.now() + ms;
    this.#next = Math.max(this.#next, store.first);
    for (; this.#next < store.end; this.#next++) {
      this.#see(this.#next);
      if ((this.#next & 31) === 0 && performance.now() > until) {
        this.#next++;
        break;
      }
    }
    this.#forget();
    return this.#next < store.end;
  }

  /** Whether all that has come was looked through. */
  get isThrough(): boolean {
    return this.#next >= this.#store.end;
  }

  /** While nothing comes: whether runs have stood for too long, so many milliseconds after the last line. */
  ask(silent: number): void {
    const store = this.#store;
    if (!store.end || !this.isThrough) return;
    for (const { rule, watcher } of this.#watchers) {
      if (!(watcher instanceof StallWatcher)) continue;
      for (const root of store.roots) this.#raise(rule, watcher.ask(root, store.t(store.last) + silent));
    }
  }

  #see(row: number): void {
    const store = this.#store;
    const actor = store.actor(row);
    // What is to be told is told of loops: an actor of the app takes no steps, and stands as long as it likes.
    if (actor?.kind !== '') return;
    const line = store.likeOf(row);
    const { steps } = actor.path;
    const step = steps.upTo(row);
    const isStep = step >= 0 && steps.row(step) === row;
    const taken = isStep ? steps.count(step) - (step > 0 ? steps.count(step - 1) : 0) : 0;
    const seen: Seen = { row, line, actor, t: store.t(row), steps: taken };
    for (const { rule, watcher } of this.#watchers) this.#raise(rule, watcher.see(seen));
    if (this.firstOdd.has(actor.path)) return;
    const [odd] = oddNumbers(line) ?? [];
    // Of a commit that ends no step, the step that it is in.
    if (odd)
      this.firstOdd.set(actor.path, { ...odd, row, step: (step < 0 ? 0 : steps.count(step)) + (isStep ? 0 : 1) });
  }

  #raise(rule: AlertRule, raised: readonly Raised[]): void {
    for (const one of raised) this.alerts.push({ ...one, rule });
  }

  #forget(): void {
    const { first } = this.#store;
    let many = Math.max(0, this.alerts.length - MOST);
    while (many < this.alerts.length && this.alerts[many]!.row < first) many++;
    if (!many) return;
    this.alerts.splice(0, many);
    this.gone += many;
  }
}
