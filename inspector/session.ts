import { batch, computed, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { type Actor, begun } from './actor.ts';
import { Contexts } from './contexts.ts';
import type { Line } from './line.ts';
import type { ControlEvent, Source, Status } from './source.ts';
import { type Bounds, Store } from './store.ts';
import { chart } from './transition.ts';

/** The most a page holds. What is let go beyond it is counted and shown. */
export const BOUNDS: Bounds = { events: 1_000_000, bytes: 600_000_000 };

const FRAME = 17;
/** So many lines wait for the next frame at most. */
const MOST_WAITING = 30_000;

export type Pane = 'chart' | 'plots' | 'log' | 'state';

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
  readonly pane: Signal<Pane> = signal('chart');
  readonly narrow: Signal<boolean> = signal(false);
  readonly playing: Signal<boolean> = signal(false);
  /** How much faster than it happened a recording is played. */
  readonly tempo: Signal<number> = signal(1);
  readonly help: Signal<boolean> = signal(false);
  /** Goes up with each run that is shown. */
  readonly runs: Signal<number> = signal(0);
  /** The run that was shown when another one took its place: kept so that it can still be saved. */
  readonly before: Signal<{ store: Store; contexts: Contexts } | undefined> = signal(undefined);
  /** Cut values that were fetched, by their ref. */
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

  #stop: (() => void) | undefined;
  #pending: { lines: Line[]; bytes: number }[] = [];
  #waiting = 0;
  /** The number of the last line that came. */
  #reached = 0;
  #scheduled = false;
  /** How many milliseconds longer than a frame the last drawing took. */
  #cost = 0;

  /** Leaves what is shown for another source. */
  open(source: Source): void {
    this.#stop?.();
    this.#pending = [];
    this.#waiting = 0;
    this.#reached = 0;
    batch(() => {
      this.#begin();
      this.source.value = source;
      this.before.value = undefined;
    });
    source.onValue = (ref, value) => {
      this.fetched.value = new Map(this.fetched.value).set(ref, value);
    };
    source.onUnreadable = () => {
      this.store.unreadable++;
      this.#schedule();
    };
    source.onRun = () => {
      this.#takeIn();
      this.#reached = 0;
      const { store, contexts } = this;
      batch(() => {
        this.#begin();
        if (store.end) this.before.value = { store, contexts };
      });
    };
    this.#stop = source.start(
      (lines, bytes) => {
        this.#pending.push({ lines, bytes });
        this.#waiting += lines.length;
        const behind = this.#behind;
        this.#reached = lines.at(-1)!.seq;
        // Without a frame to come, in a tab that is not seen, they must not pile up. And once all is there that is
        // waited for, it is shown.
        if (this.#waiting > MOST_WAITING || (behind && !this.#behind)) this.#takeIn();
        else this.#schedule();
      },
      (status) => {
        this.#takeIn();
        if (status.hello) this.store.runId = status.hello.runId;
        this.status.value = status;
      },
    );
  }

  /** Nothing is known yet, nor looked at. */
  #begin(): void {
    batch(() => {
      this.store = new Store(BOUNDS);
      this.contexts = new Contexts(this.store, chart);
      this.cursor.value = null;
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

  /** Whether there is more to come than what happens from now on. */
  get #behind(): boolean {
    const { kind, hello } = this.status.value ?? {};
    return kind === 'opening' || (kind === 'live' && hello !== undefined && this.#reached < hello.lastSeq);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    const frame = () => {
      this.#scheduled = false;
      const began = performance.now();
      this.#takeIn();
      requestAnimationFrame((now) => {
        this.#cost = Math.max(0, now - began - FRAME);
      });
    };
    // While a file is read, or what a program held when this page came, drawing each frame would only make the whole
    // of it come later. A run that is faster than this machine can draw is drawn less often, so that the keys still answer.
    const pause = this.#behind && this.store.end > 0 ? 200 : Math.min(250, this.#cost * 3);
    if (pause) setTimeout(() => requestAnimationFrame(frame), pause);
    else requestAnimationFrame(frame);
  }

  /** Puts what came into the store and tells the views. In one go: between the two, rows they know might be gone. */
  #takeIn(): void {
    const pending = this.#pending;
    this.#pending = [];
    this.#waiting = 0;
    batch(() => {
      for (const { lines, bytes } of pending) this.store.add(lines, bytes);
      if (!this.selected.value && this.store.roots[0]) this.selected.value = this.store.roots[0].id;
      this.version.value++;
    });
  }

  /** Chooses a loop; `only` this run of it, even when time moves to another. */
  select(id: string, only = false): void {
    batch(() => {
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
    this.cursor.value = null;
    this.playing.value = false;
  }

  /** Whether somebody listens to what the controls say. */
  get controllable(): boolean {
    return this.source.value?.send !== undefined && this.status.value?.hello?.readonly !== true;
  }

  /** Sends a control event to the run. */
  control(type: ControlEvent, more: { n?: number; reason?: string } = {}): void {
    const [root] = this.store.roots;
    if (root && this.controllable) this.source.value?.send?.({ type: 'send', id: root.id, event: { type, ...more } });
  }
}

export const session: Session = new Session();
