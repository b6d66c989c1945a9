import { batch, computed, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { type Actor, begun, type Run } from '../run/actor.ts';
import { Contexts } from '../run/contexts.ts';
import { Store } from '../run/store.ts';
import { chart } from '../run/transition.ts';

/** The views that share a place, in the order of their tabs; where there is room, log and state have one of their own. */
export const PANES = ['nest', 'chart', 'plots', 'time', 'sequence', 'runs', 'compare', 'log', 'state'] as const;
export type Pane = (typeof PANES)[number];

/** What somebody looked at: the moment, the loop where one was chosen, the part of time. */
export interface Look {
  cursor: number | null;
  selected: string;
  follows: boolean;
  range: { from: number; to: number } | null;
  pinned: number | null;
}

/** Where nothing is open. */
const nothing = () => new Store({ events: 0, bytes: 0 });

/** What the page looks at, and from when. Views read the signals; what they show of a run lies in plain arrays. */
export class PageSelection {
  store: Store = nothing();
  contexts: Contexts = new Contexts(this.store, chart);

  /** Goes up once a frame while lines come in: the one signal for all that the store holds. */
  readonly version: Signal<number> = signal(0);
  /** The row that is shown, or null for the newest as it comes. */
  readonly cursor: Signal<number | null> = signal(null);
  /** The loop that somebody chose, by its id. */
  readonly selected: Signal<string> = signal('');
  /** Whether the choice means the loop, whichever of its runs is current, or just that one run. */
  readonly follows: Signal<boolean> = signal(true);
  /** The part of time that filters log and plots. */
  readonly range: Signal<{ from: number; to: number } | null> = signal(null);
  /** The row that the state is compared with, when somebody pinned one. */
  readonly pinned: Signal<number | null> = signal(null);
  /** Whether the log keeps its newest row in sight, where the newest is shown. */
  readonly tail: Signal<boolean> = signal(true);
  readonly pane: Signal<Pane> = signal('nest');
  readonly narrow: Signal<boolean> = signal(false);
  readonly playing: Signal<boolean> = signal(false);
  /** How much faster than it happened a recording is played. */
  readonly tempo: Signal<number> = signal(1);
  readonly help: Signal<boolean> = signal(false);
  /** The row all views show. -1 while there is none. */
  readonly now: ReadonlySignal<number> = computed(() => {
    this.version.value;
    const { cursor, store } = this;
    return cursor.value === null ? store.last : Math.min(store.last, Math.max(store.first, cursor.value));
  });

  /** The actor the views are about: the chosen one, or where that does not run at the moment, the run that does. */
  readonly actor: ReadonlySignal<Actor | undefined> = computed(() => {
    this.version.value;
    const { store } = this;
    const id = this.selected.value;
    const chosen = store.actors.get(id);
    if (chosen && !this.follows.value) return chosen;
    const now = this.now.value;
    // Where nobody chose, the run that went on at the moment.
    const first = store.roots[0] ?? [...store.apps.values()][0]?.actors[0];
    if (id === this.#chosen && now >= 0) return runAt(store.roots, now, store.t(now)) ?? first;
    const name = id.replace(/#\d+$/, '');
    const path = chosen?.path ?? store.runs.findLast(({ paths }) => paths.get(name)?.actors.length)?.paths.get(name);
    if (!path?.actors.length || now < 0) return chosen ?? first;
    if (chosen && chosen.first <= now && !(chosen.end <= store.t(now))) return chosen;
    return path.actors[begun(path.actors, now) - 1] ?? chosen ?? path.actors[0];
  });

  /** The run that the loop looked at belongs to; where that is an actor of the app, the run that went on at the moment. */
  readonly run: ReadonlySignal<Run | undefined> = computed(() => {
    const actor = this.actor.value;
    if (actor?.kind === '') return actor.path.run;
    const [now, { store }] = [this.now.value, this];
    return now < 0 ? undefined : (runAt(store.roots, now, store.t(now)) ?? store.roots[0])?.path.run;
  });

  /** The loop that was chosen by nobody. */
  #chosen = '';

  /** Shows what is known from some lines, as it was looked at before; the newest of it where it was not. */
  protected begin(store: Store = nothing(), contexts = new Contexts(store, chart), look?: Look): void {
    batch(() => {
      this.store = store;
      this.contexts = contexts;
      this.#chosen = '';
      this.cursor.value = look?.cursor ?? null;
      this.tail.value = true;
      this.selected.value = look?.selected ?? '';
      this.follows.value = look?.follows ?? true;
      this.range.value = look?.range ?? null;
      this.pinned.value = look?.pinned ?? null;
      this.playing.value = false;
      this.version.value++;
      this.choose();
    });
  }

  /** What is looked at, to come back to. */
  protected get look(): Look {
    const { cursor, selected, follows, range, pinned } = this;
    return {
      cursor: cursor.peek(),
      selected: this.chosen ? selected.peek() : '',
      follows: follows.peek(),
      range: range.peek(),
      pinned: pinned.peek(),
    };
  }

  /** Whether somebody chose the loop that is looked at. */
  get chosen(): boolean {
    return this.selected.value !== this.#chosen;
  }

  /** Looks at the first run, and when that has ended at the one that came after, unless somebody has chosen. */
  protected choose(): void {
    const { roots, actors } = this.store;
    const chosen = this.selected.value;
    const own = !this.chosen && this.cursor.value === null && actors.get(chosen)?.ended !== false;
    const root = roots.find(({ ended }) => !ended) ?? roots.at(-1);
    if (!root || (chosen && !own)) return;
    this.#chosen = root.id;
    this.selected.value = root.id;
  }

  /** Chooses a loop; `only` this run of it, even when time moves to another. */
  select(id: string, only = false): void {
    batch(() => {
      this.#chosen = '';
      this.selected.value = id;
      this.follows.value = !only;
    });
  }

  /** Shows a moment. */
  jump(row: number): void {
    this.cursor.value = Math.min(this.store.last, Math.max(this.store.first, row));
  }

  /** Goes so many rows on or back. */
  move(rows: number): void {
    if (this.store.end) this.jump(this.now.value + rows);
  }

  /** Goes to the next or last end of a step of the selected loop, over all its runs. */
  moveStep(direction: 1 | -1): void {
    const steps = this.actor.value?.path.steps;
    if (!steps?.length) return;
    const at = steps.upTo(this.now.value - (direction < 0 ? 1 : 0)) + (direction > 0 ? 1 : 0);
    if (at < 0 || at >= steps.length) return;
    const row = steps.row(at);
    batch(() => {
      this.jump(row);
      this.select(this.store.actor(row)?.id ?? this.selected.value);
    });
  }

  /** Follows the newest line again. */
  live(): void {
    batch(() => {
      this.cursor.value = null;
      this.tail.value = true;
      this.playing.value = false;
    });
  }

  /** Whether all that was seen to begin has ended. */
  get over(): boolean {
    const { roots } = this.store;
    return roots.length > 0 && roots.every((root) => root.ended);
  }

  /** The run that the controls are about: the one that is looked at, or when that has ended, the newest that goes on. */
  get root(): Actor | undefined {
    const shown = this.run.value?.root;
    if (shown && !shown.ended) return shown;
    return this.store.roots.findLast((root) => !root.ended) ?? shown;
  }
}

/** Of the runs that had begun by a moment, the first that still went on, or the last. */
function runAt(roots: readonly Actor[], row: number, t: number): Actor | undefined {
  const there = roots.slice(0, begun(roots, row));
  return there.find(({ end }) => !(end <= t)) ?? there.at(-1);
}
