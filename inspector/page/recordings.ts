import { batch, type Signal, signal } from '@preact/signals';
import type { Source, Status } from '../sources/source.ts';
import { BOUNDS, Recording } from './recording.ts';
import { PageSelection } from './selection.ts';

/** So many files are read at a time: the others wait for their turn. */
const READ_AT_ONCE = 3;
/** Of each, some thousand lines are held however little room there is. */
const MOST = 100;

/** All that this page has opened. One of them is shown; the others go on, for lists and comparisons. */
export class Recordings extends PageSelection {
  /** In the order in which they were opened. */
  readonly recordings: Signal<readonly Recording[]> = signal([]);
  /** The one that is shown. */
  readonly recording: Signal<Recording | undefined> = signal(undefined);
  /** Goes up as `version` does, with lines of whichever recording. */
  readonly arrived: Signal<number> = signal(0);
  /** What had the address of the run that is shown, until somebody has taken notice of that. */
  readonly before: Signal<Recording | undefined> = signal(undefined);
  /** What could not be opened, and why, while something else is shown. */
  readonly trouble: Signal<string> = signal('');

  #opened = 0;
  /** Those that are looked into: they are listed as soon as a line of them is good. */
  readonly #pending = new Set<Recording>();
  /** Those of them that are shown then. */
  readonly #wanted = new Set<Recording>();
  readonly #waiting: Recording[] = [];
  readonly #reading = new Set<Recording>();
  /** Whether a file that was opened is still read, or waits for that. */
  readonly reading: Signal<boolean> = signal(false);

  /** Opens a file or a program beside those that are open, and shows it. */
  open(source: Source): void {
    this.openAll([source]);
  }

  /**
   * Opens some beside those that are open.
   * @param first which of them is shown, counted from 0; -1 for none
   */
  openAll(sources: readonly Source[], first = 0): void {
    this.trouble.value = '';
    for (const [at, source] of sources.entries()) {
      if (this.recordings.value.length + this.#pending.size >= MOST) {
        this.#complain(
          `This page holds ${MOST} recordings at most, and ${source.title} would be one more. Close one of them, then open it again.`,
        );
        return;
      }
      const recording = new Recording(source, ++this.#opened, (one) => this.#showNew(one));
      const shown = this.recording.peek();
      // Of a file it shows with its first line whether it is a recording; a program, or a part of one, is seen to be one.
      const isKnown = source.send || source.from !== undefined;
      if (at === first && (isKnown || !shown || shown.isEmpty)) this.#list(recording, true);
      else {
        this.#pending.add(recording);
        if (at === first) this.#wanted.add(recording);
      }
      if (source.send) this.#start(recording);
      else this.#waiting.push(recording);
    }
    this.#readNext();
  }

  /** Whether one is looked into that is to be shown. */
  get looking(): boolean {
    return this.#wanted.size > 0;
  }

  /** Shows one of those that are open, as it was looked at last. */
  show(recording: Recording): void {
    const last = this.recording.peek();
    if (last === recording) return;
    if (last) last.look = this.look;
    batch(() => {
      this.recording.value = recording;
      this.before.value = undefined;
      this.begin(recording.store, recording.contexts, recording.look);
    });
    recording.arrivals.schedule();
  }

  /** Lets go of one of those that are open. A run that it shows goes on. */
  close(recording: Recording): void {
    recording.stop();
    recording.arrivals.clear();
    this.#forget(recording);
    const { recordings } = this;
    const at = recordings.value.indexOf(recording);
    const rest = recordings.value.filter((one) => one !== recording);
    batch(() => {
      recordings.value = rest;
      if (this.before.value === recording) this.before.value = undefined;
      if (this.recording.value === recording) {
        const next = rest[Math.min(at, rest.length - 1)];
        if (next) this.show(next);
        else {
          this.recording.value = undefined;
          this.begin();
        }
      }
      this.arrived.value++;
      this.onArrived();
    });
    this.#readNext();
  }

  /** Runs may have been let go of. */
  protected onArrived(): void {}

  #forget(recording: Recording): void {
    this.#pending.delete(recording);
    this.#wanted.delete(recording);
    this.#reading.delete(recording);
    const at = this.#waiting.indexOf(recording);
    if (at >= 0) this.#waiting.splice(at, 1);
  }

  #complain(text: string): void {
    this.trouble.value = [this.trouble.value, text].filter(Boolean).join(' ');
  }

  #readNext(): void {
    while (this.#waiting.length && this.#reading.size < READ_AT_ONCE) {
      const recording = this.#waiting.shift()!;
      this.#reading.add(recording);
      this.#start(recording);
    }
    this.reading.value = this.#reading.size > 0;
  }

  #list(recording: Recording, shows: boolean): void {
    const { recordings } = this;
    const shown = this.recording.peek();
    batch(() => {
      // What holds nothing gives its place to what holds something, and is still told of.
      if (shown?.isEmpty) {
        const { text = '' } = shown.status.peek() ?? {};
        if (!shows) this.#complain(text);
        recordings.value = recordings.value.filter((one) => one !== shown);
        shown.stop();
      }
      recordings.value = [...recordings.value, recording].sort((a, b) => a.number - b.number);
      if (shows || shown?.isEmpty !== false) this.show(recording);
    });
  }

  #start(first: Recording): void {
    const { source } = first;
    /** The one that what comes is of. */
    let recording = first;
    source.onValue = (ref, told) => recording.receive(ref, told);
    source.onOthers = (count) => {
      recording.others.value = count;
    };
    source.onUnreadable = () => {
      recording.store.unreadable++;
      recording.arrivals.schedule();
    };
    source.onRun = () => {
      recording = this.#follow(recording);
    };
    recording.stop = source.start(
      (lines, bytes, upTo) => {
        if (this.#pending.delete(recording)) this.#list(recording, this.#wanted.delete(recording));
        recording.arrivals.add(lines, bytes, upTo);
      },
      (status) => this.#say(recording, status),
    );
  }

  #say(recording: Recording, status: Status): void {
    const over = status.kind === 'whole' || status.kind === 'failed';
    const wasRead = over && this.#reading.delete(recording);
    if (over && this.#pending.has(recording)) {
      this.#forget(recording);
      this.#complain(status.text);
    } else batch(() => recording.say(status));
    if (wasRead) this.#readNext();
  }

  /** Another run has taken the place of one: the one stays in the list, and what comes is of a new one. */
  #follow(earlier: Recording): Recording {
    const { source, stop } = earlier;
    const recording = new Recording(source, ++this.#opened, (one) => this.#showNew(one));
    recording.stop = stop;
    const isShown = this.recording.peek() === earlier;
    const { recordings } = this;
    batch(() => {
      earlier.leave();
      const kept = earlier.store.end ? recordings.value : recordings.value.filter((one) => one !== earlier);
      recordings.value = [...kept, recording];
      if (isShown) {
        this.show(recording);
        if (earlier.store.end) this.before.value = earlier;
      }
    });
    return recording;
  }

  /** Tells the views what came, and lets go of what there is no room for. In one go: between the two, rows they know might be gone. */
  #showNew(recording: Recording): void {
    batch(() => {
      recording.store.trim();
      const isShown = this.recording.value === recording;
      const lost = this.#makeRoom();
      if (isShown) this.choose();
      if (isShown || lost) this.version.value++;
      this.arrived.value++;
      this.onArrived();
    });
  }

  /** Lets go of the oldest lines of the largest, where all together are too much. Tells whether those of the shown one were among them. */
  #makeRoom(): boolean {
    const stores = this.recordings.value.map(({ store }) => store);
    if (stores.length < 2) return false;
    const events = () => stores.reduce((sum, { end, first }) => sum + end - first, 0);
    const bytes = () => stores.reduce((sum, store) => sum + store.bytes, 0);
    const part = ({ end, first, bytes }: (typeof stores)[number]) =>
      Math.max((end - first) / BOUNDS.events, bytes / BOUNDS.bytes);
    let shown = false;
    while (events() > BOUNDS.events || bytes() > BOUNDS.bytes) {
      const largest = stores.toSorted((a, b) => part(b) - part(a)).find((store) => store.letGo());
      if (!largest) break;
      shown ||= largest === this.store;
    }
    return shown;
  }
}
