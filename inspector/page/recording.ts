import { type Signal, signal } from '@preact/signals';
import { wholeOf } from '../../src/data/shared.ts';
import { Contexts } from '../run/contexts.ts';
import { standingBefore } from '../run/standing-before.ts';
import { type Bounds, Store } from '../run/store.ts';
import { chart } from '../run/transition.ts';
import { Arrivals, type Batch } from '../sources/arrivals.ts';
import type { Source, Status } from '../sources/source.ts';
import { spansOf } from './file-spans.ts';
import type { Look } from './selection.ts';

/** The most a page holds, of all its recordings together. What is let go beyond it is counted and shown. */
export const BOUNDS: Bounds = { events: 1_000_000, bytes: 600_000_000 };

/** A file that was opened or a program that is watched: where its lines come from, and what is known of it. */
export class Recording {
  readonly store: Store = new Store(BOUNDS);
  readonly contexts: Contexts = new Contexts(this.store, chart);
  readonly status: Signal<Status | undefined> = signal(undefined);
  /** How many other runs there are where this one is. */
  readonly others: Signal<number> = signal(0);
  /** Cut values that were fetched, by their references and their digests. */
  readonly fetched: Signal<ReadonlyMap<string, unknown>> = signal(new Map());
  readonly arrivals: Arrivals;
  source: Source;
  /** How many lines of the file lie before the next one, of what comes from one. */
  upTo = 0;
  /** What was looked at when it was last shown. */
  look: Look | undefined;
  /** No line comes any more. */
  stop: () => void = () => {};
  /** The digests of the values that were asked for, by their references. */
  readonly #asked = new Map<string, string>();

  /** Counted from 1, in the order in which they were opened. */
  readonly number: number;

  /** @param show has what came drawn, and makes room for more */
  constructor(source: Source, number: number, show: (recording: Recording) => void) {
    this.source = source;
    this.number = number;
    this.store.around = spansOf(source.parts);
    this.arrivals = new Arrivals(
      (batch) => this.add(batch),
      () => show(this),
      () => this.#goal,
    );
  }

  /** What it is called in lists. */
  get title(): string {
    return this.source.title;
  }

  /** Whether it was looked into in vain: nothing of it can be shown. */
  get isEmpty(): boolean {
    const kind = this.status.peek()?.kind;
    return this.store.end === 0 && (kind === 'failed' || kind === 'whole');
  }

  /** The number of the last line that was there before this page. */
  get #goal(): number {
    const { kind, hello } = this.status.value ?? {};
    return kind === 'opening' ? Number.POSITIVE_INFINITY : kind === 'live' ? (hello?.lastSeq ?? 0) : 0;
  }

  /** How it stands with its source. */
  say(status: Status): void {
    this.arrivals.flush();
    if (status.hello) this.store.runId = status.hello.runId;
    this.status.value = status;
    // Else nobody can say how it stands with what had not ended.
    this.store.goesOn.value = status.kind === 'live' || status.kind === 'opening';
  }

  /** Puts what came into the store, and notes how the loops stand there where a part of the file could begin. */
  add({ lines, bytes, upTo }: Batch): void {
    const { store, contexts, source } = this;
    store.take(lines, bytes);
    if (!upTo || !source.parts) return;
    const { end } = store;
    store.lanes.linesBefore = upTo.line - end;
    source.parts.note(upTo, {
      t: store.t(store.last),
      text() {
        const standing = standingBefore(store, contexts, { first: end, end });
        return Array.from(standing, (line) => `${store.textOf(line)}\n`).join('');
      },
    });
    this.upTo = upTo.line;
  }

  /** Asks for a value that was cut. */
  fetch(ref: string, digest: string): void {
    this.#asked.set(ref, digest);
    this.source.send?.({ type: 'get', ref });
  }

  /** A value that was asked for has come. */
  receive(ref: string, told: unknown): void {
    const value = wholeOf(told, { ref, root: told });
    const fetched = new Map(this.fetched.value).set(ref, value);
    const digest = this.#asked.get(ref);
    // It is the same at other moments, too.
    if (digest) fetched.set(digest, value);
    this.fetched.value = fetched;
  }

  /** What its source tells from now on is another run: this one stays as it is. */
  leave(): void {
    this.arrivals.flush();
    const { title } = this;
    this.source = { title, start: () => () => {} };
    this.stop = () => {};
    this.others.value = 0;
    this.say({ kind: 'whole', text: 'Another run has taken the address of this one: how it went on was not seen.' });
  }
}
