import { batch, computed, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { type Actor, begun } from './actor.ts';
import { Arrivals, type Batch } from './arrivals.ts';
import { Contexts } from './contexts.ts';
import type { ControlEvent, Source, Status } from './source.ts';
import { type Bounds, Store } from './store.ts';
import { chart } from './transition.ts';

/** The most a page holds. What is let go beyond it is counted and shown. */
export const BOUNDS: Bounds = { events: 1_000_000, bytes: 600_000_000 };

export type Pane = 'chart' | 'plots' | 'log' | 'state';

/** What was shown when something else took its place. */
export interface Before {
  store: Store;
  contexts: Contexts;
  /** What has taken its place, in words. */
  why: string;
  /** Where it came from, and how that stood, where it can be gone back to. */
  from?: { source: Source; status: Status | undefined };
}

/** What the page looks at, and from when. Views read the signals; what they show of a run lies in plain arrays. */
class Session {
  store: Store = new Store(BOUNDS);
  contexts: Contexts = new Contexts(this.store, chart);

  /** Goes up once a frame while lines come in: the one signal for all that the store holds. */
  readonly version: Signal<number> = signal(0);
  readonly source: Signal<Source | undefined> = signal(undefined);
  readonly status: Signal<Status | undefined> = signal(undefined);
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
  readonly pane: Signal<Pane> = signal('chart');
  readonly narrow: Signal<boolean> = signal(false);
  readonly playing: Signal<boolean> = signal(false);
  /** How much faster than it happened a recording is played. */
  readonly tempo: Signal<number> = signal(1);
  readonly help: Signal<boolean> = signal(false);
  /** Goes up with each run that is shown. */
  readonly runs: Signal<number> = signal(0);
  /** Kept so that it can still be saved. */
  readonly before: Signal<Before | undefined> = signal(undefined);
  /** How many other runs there are where this one is. */
  readonly others: Signal<number> = signal(0);
  /** What could not be opened, and why, while something else is shown. */
  readonly trouble: Signal<string> = signal('');
  /** Cut values that were fetched, by their references and their digests. */
  readonly fetched: Signal<ReadonlyMap<string, unknown>> = signal(new Map());

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
    const path = store.paths.get(id.replace(/#\d+$/, ''));
    const now = this.now.value;
    if (!path?.actors.length || now < 0) return chosen ?? store.roots[0];
    if (chosen && chosen.first <= now && !(chosen.end <= store.t(now))) return chosen;
    return path.actors[begun(path.actors, now) - 1] ?? chosen ?? path.actors[0];
  });

  /** The digests of the values that were asked for, by their references. */
  readonly #asked = new Map<string, string>();
  #stop: (() => void) | undefined;
  /** The loop that was chosen by nobody. */
  #chosen = '';
  /** Gives up the recording that is looked into. */
  #leave: (() => void) | undefined;
  readonly #arrivals: Arrivals = new Arrivals(
    (batches) => this.#takeIn(batches),
    () => this.#goal,
  );

  /** Leaves what is shown for another source: for a recording only when a line of it is good. */
  open(source: Source): void {
    this.#leave?.();
    this.trouble.value = '';
    const shown = this.store.end > 0 || (this.source.value && this.status.value?.kind !== 'failed');
    if (shown && !source.send) {
      this.#lookInto(source);
    } else {
      this.#replace(source);
      this.#start(source);
    }
  }

  /** Whether a recording is looked into that is not shown yet. */
  get looking(): boolean {
    return this.#leave !== undefined;
  }

  #lookInto(source: Source): void {
    let good = false;
    let reached: Status | undefined;
    const stop = source.start(
      (lines, bytes) => {
        if (!good) {
          good = true;
          this.#leave = undefined;
          this.#replace(source);
          this.#stop = stop;
          if (reached) this.#say(reached);
        }
        this.#arrivals.add(lines, bytes);
      },
      (status) => {
        if (good) this.#say(status);
        else if (status.kind !== 'failed') reached = status;
        else {
          this.#leave = undefined;
          this.trouble.value = status.text;
        }
      },
    );
    this.#leave = () => {
      this.#leave = undefined;
      stop();
    };
  }

  /** Shows again what was shown before. A run is asked for what came since. */
  goBack(): void {
    const { store, contexts, from } = this.before.value ?? {};
    if (!store || !from) return;
    this.#leave?.();
    this.#halt();
    batch(() => {
      this.#begin(store, contexts);
      this.source.value = from.source;
      this.status.value = from.status;
      this.before.value = undefined;
      this.trouble.value = '';
    });
    if (from.source.send) this.#start(from.source);
    else this.#arrivals.flush();
  }

  /** No line of what was shown comes any more. */
  #halt(): void {
    this.#stop?.();
    this.#stop = undefined;
    this.others.value = 0;
    this.#arrivals.clear();
  }

  #replace(source: Source): void {
    this.#arrivals.flush();
    this.#halt();
    const { store, contexts } = this;
    const last = this.source.value;
    const status = this.status.value;
    batch(() => {
      this.#begin();
      this.source.value = source;
      this.status.value = undefined;
      this.trouble.value = '';
      this.before.value =
        store.end && last
          ? {
              store,
              contexts,
              why: `${source.title} is shown in place of ${last.title}.`,
              // A recording that was not read to its end is gone back to by opening it again.
              ...((last.send || status?.kind === 'whole') && { from: { source: last, status } }),
            }
          : undefined;
    });
  }

  #start(source: Source): void {
    source.onValue = (ref, value) => {
      const fetched = new Map(this.fetched.value).set(ref, value);
      const digest = this.#asked.get(ref);
      // It is the same at other moments, too.
      if (digest) fetched.set(digest, value);
      this.fetched.value = fetched;
    };
    source.onOthers = (count) => {
      this.others.value = count;
    };
    source.onUnreadable = () => {
      this.store.unreadable++;
      this.#arrivals.schedule();
    };
    source.onRun = () => {
      this.#arrivals.flush();
      this.#arrivals.clear();
      const { store, contexts } = this;
      batch(() => {
        this.#begin();
        const why = 'Another run has taken this address, and is shown now.';
        if (store.end) this.before.value = { store, contexts, why };
      });
    };
    this.#stop = source.start(
      (lines, bytes) => this.#arrivals.add(lines, bytes),
      (status) => this.#say(status),
    );
  }

  #say(status: Status): void {
    this.#arrivals.flush();
    if (status.hello) this.store.runId = status.hello.runId;
    this.status.value = status;
  }

  /** Nothing is known yet, or only what is handed in, and nothing looked at. */
  #begin(store = new Store(BOUNDS), contexts = new Contexts(store, chart)): void {
    batch(() => {
      this.store = store;
      this.contexts = contexts;
      this.cursor.value = null;
      this.tail.value = true;
      this.selected.value = '';
      this.follows.value = true;
      this.range.value = null;
      this.pinned.value = null;
      this.playing.value = false;
      this.fetched.value = new Map();
      this.runs.value++;
      this.version.value++;
    });
  }

  /** The number of the last line that was there before this page. */
  get #goal(): number {
    const { kind, hello } = this.status.value ?? {};
    return kind === 'opening' ? Number.POSITIVE_INFINITY : kind === 'live' ? (hello?.lastSeq ?? 0) : 0;
  }

  /** Puts what came into the store and tells the views. In one go: between the two, rows they know might be gone. */
  #takeIn(batches: readonly Batch[]): void {
    batch(() => {
      for (const { lines, bytes } of batches) this.store.add(lines, bytes);
      this.#choose();
      this.version.value++;
    });
  }

  /** Whether somebody chose the loop that is looked at. */
  get chosen(): boolean {
    return this.selected.value !== this.#chosen;
  }

  /** Looks at the first run, and when that has ended at the one that came after, unless somebody has chosen. */
  #choose(): void {
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
    const shown = this.actor.value?.root;
    if (shown && !shown.ended) return shown;
    return this.store.roots.findLast((root) => !root.ended) ?? shown;
  }

  /** Whether nothing more is to come: the run is over, and so is the program. */
  get parted(): boolean {
    return this.status.value?.kind === 'waiting' && this.over;
  }

  /** Whether somebody listens to what the controls say. */
  get controllable(): boolean {
    return this.source.value?.send !== undefined && this.status.value?.hello?.readonly !== true;
  }

  /** Asks for a value that was cut. */
  fetch(ref: string, digest: string): void {
    this.#asked.set(ref, digest);
    this.source.value?.send?.({ type: 'get', ref });
  }

  /** Sends a control event to the run. */
  control(type: ControlEvent, more: { n?: number; reason?: string } = {}): void {
    const { root } = this;
    if (root && this.controllable) this.source.value?.send?.({ type: 'send', id: root.id, event: { type, ...more } });
  }
}

export const session: Session = new Session();
