import { batch, type Signal, signal } from '@preact/signals';
import { wholeOf } from '../../src/data/shared.ts';
import type { Contexts } from '../run/contexts.ts';
import type { Store } from '../run/store.ts';
import { Arrivals, type Batch } from '../sources/arrivals.ts';
import type { AppEvent, ControlEvent, Give, Source, Status } from '../sources/source.ts';
import { PageSelection } from './selection.ts';

/** What was shown when something else took its place. */
export interface Before {
  store: Store;
  contexts: Contexts;
  /** What has taken its place, in words. */
  why: string;
  /** Where it came from, and how that stood, where it can be gone back to. */
  from?: { source: Source; status: Status | undefined };
}

/** Where the run comes from that the page looks at, and what is asked of it. */
class Session extends PageSelection {
  readonly source: Signal<Source | undefined> = signal(undefined);
  readonly status: Signal<Status | undefined> = signal(undefined);
  /** Kept so that it can still be saved. */
  readonly before: Signal<Before | undefined> = signal(undefined);
  /** How many other runs there are where this one is. */
  readonly others: Signal<number> = signal(0);
  /** What could not be opened, and why, while something else is shown. */
  readonly trouble: Signal<string> = signal('');
  /** Cut values that were fetched, by their references and their digests. */
  readonly fetched: Signal<ReadonlyMap<string, unknown>> = signal(new Map());

  /** The digests of the values that were asked for, by their references. */
  readonly #asked = new Map<string, string>();
  #stop: (() => void) | undefined;
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
      this.begin(store, contexts);
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
      this.begin();
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
    source.onValue = (ref, told) => {
      const value = wholeOf(told, { ref, root: told });
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
        this.begin();
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
    batch(() => {
      this.status.value = status;
      // Else nobody can say how it stands with what had not ended.
      this.store.goesOn.value = status.kind === 'live' || status.kind === 'opening';
    });
  }

  protected override begin(store?: Store, contexts?: Contexts): void {
    batch(() => {
      super.begin(store, contexts);
      this.fetched.value = new Map();
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
      this.choose();
      this.version.value++;
    });
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

  /** Gives a run what a step of it waits for. */
  give(id: string, event: Give): void {
    if (this.controllable) this.source.value?.send?.({ type: 'send', id, event });
  }

  /** Sends an actor of the app an event. */
  sendTo(id: string, event: AppEvent): void {
    if (this.controllable) this.source.value?.send?.({ type: 'send', id, event });
  }
}

export const session: Session = new Session();
