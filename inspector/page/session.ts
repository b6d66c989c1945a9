import { batch, computed, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import type { Run } from '../run/actor.ts';
import type { Contexts } from '../run/contexts.ts';
import type { Store } from '../run/store.ts';
import type { AppEvent, ControlEvent, Give, Source, Status } from '../sources/source.ts';
import type { Recording } from './recording.ts';
import { Recordings } from './recordings.ts';
import { labelsOf, RunHues } from './run-labels.ts';

/** A run that is compared with others. */
export interface ComparedRun {
  recording: Recording;
  store: Store;
  contexts: Contexts;
  run: Run;
  /** What it is called beside the others. */
  label: string;
  /** Which of the palette's colours it has. */
  hue: number;
}

const NONE: ReadonlyMap<string, unknown> = new Map();

/** What the page has open, what of it is looked at and compared, and what is asked of a program. */
class Session extends Recordings {
  /** Where the run comes from that is looked at. */
  readonly source: ReadonlySignal<Source | undefined> = computed(() => this.recording.value?.source);
  readonly status: ReadonlySignal<Status | undefined> = computed(() => this.recording.value?.status.value);
  /** How many other runs there are where this one is. */
  readonly others: ReadonlySignal<number> = computed(() => this.recording.value?.others.value ?? 0);
  /** Cut values that were fetched, by their references and their digests. */
  readonly fetched: ReadonlySignal<ReadonlyMap<string, unknown>> = computed(
    () => this.recording.value?.fetched.value ?? NONE,
  );
  /** The runs that were chosen to be compared, in the order in which they were chosen. */
  readonly compared: Signal<readonly ComparedRun[]> = signal([]);
  readonly hues: RunHues = new RunHues();

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
    this.recording.value?.fetch(ref, digest);
  }

  /** Sends a control event to a run, by the id of its outermost loop, or to all of them. */
  control(id: string | 'all', type: ControlEvent, more: { n?: number; reason?: string } = {}): void {
    if (!this.controllable) return;
    const event = { type, ...more };
    this.source.value?.send?.(id === 'all' ? { type: 'all', event } : { type: 'send', id, event });
  }

  /** Gives a run what a step of it waits for. */
  give(id: string, event: Give): void {
    if (this.controllable) this.source.value?.send?.({ type: 'send', id, event });
  }

  /** Sends an actor of the app an event. */
  sendTo(id: string, event: AppEvent): void {
    if (this.controllable) this.source.value?.send?.({ type: 'send', id, event });
  }

  /** Looks at a run, of whichever recording: all views are about it. */
  lookAt(recording: Recording, run: Run): void {
    batch(() => {
      this.show(recording);
      if (this.run.value !== run) this.select(run.root.id);
    });
  }

  /** Compares a run with the others that are compared, or does so no more. */
  toggleCompared(recording: Recording, run: Run): void {
    const { compared } = this;
    const others = compared.value.filter((one) => one.run !== run);
    const all = others.length < compared.value.length ? others : [...others, { recording, run }];
    this.compare(all);
  }

  /** Compares these runs. */
  compare(chosen: readonly { recording: Recording; run: Run }[]): void {
    this.hues.setApart(chosen.map(({ run }) => run));
    const labels = labelsOf(this.recordings.value);
    this.compared.value = chosen.map(({ recording, run }) => ({
      recording,
      store: recording.store,
      contexts: recording.contexts,
      run,
      label: labels.get(run) ?? run.name,
      hue: this.hues.of(run),
    }));
  }

  protected override onArrived(): void {
    const { compared, recordings } = this;
    const kept = compared.value.filter(
      ({ recording, run }) => recordings.value.includes(recording) && recording.store.runs.includes(run),
    );
    if (kept.length < compared.value.length) this.compare(kept);
  }
}

export const session: Session = new Session();
