import { protocol } from '../../src/inspect/protocol.ts';
import { forkAnswerIn, isAnswer } from '../lines/fork.ts';
import { faultOf, type Hello, helloOf, type Line, settingsIn } from '../lines/line.ts';
import { Likeness, Row } from '../lines/row.ts';
import type { Source, Status, Taken } from './source.ts';

/** By their numbers, the lines of a frame; and what is like them, once something is. */
type Likes = Map<unknown, Line | Likeness | undefined>;

/** What a program's frames come down to, whichever way they came: lines that are new, and answers for the page. */
export class Intake {
  /** The number of the last line that was seen. */
  last = 0;
  runId = '';
  readonly #source: Source;
  readonly #onLines: (lines: Taken[], bytes: number) => void;
  readonly #onStatus: (status: Status) => void;
  readonly #onOther: () => void;
  readonly #onStranger: () => void;
  /** Whether it speaks another version: nothing that it says is taken for what it would mean in ours. */
  #isStranger = false;

  /**
   * @param onOther called when the frame is another run's: what it numbers is not what we hold
   * @param onStranger called when the program speaks another version, once that is said
   */
  constructor(
    source: Source,
    onLines: (lines: Taken[], bytes: number) => void,
    onStatus: (status: Status) => void,
    onOther: () => void,
    onStranger: () => void = () => {},
  ) {
    this.#source = source;
    this.#onLines = onLines;
    this.#onStatus = onStatus;
    this.#onOther = onOther;
    this.#onStranger = onStranger;
  }

  /** Goes on where another left off. */
  follow({ last, runId }: Intake): void {
    this.last = last;
    this.runId = runId;
  }

  /** Whatever the frame holds, nothing is thrown: what cannot be read is counted. */
  take(text: unknown): void {
    const frame = itemsOf(text);
    if (!frame) {
      this.#source.onUnreadable?.();
      return;
    }
    const lines: Taken[] = [];
    const likes: Likes = new Map();
    for (const item of frame) {
      if (isHello(item)) this.#isStranger = item.protocol !== protocol;
      if (this.#isStranger) {
        if (isHello(item)) this.#refuse(item.protocol);
        return;
      }
      if (Array.isArray(item)) {
        this.#row(item, likes, lines);
        continue;
      }
      const hello = helloOf(item);
      if (hello && this.runId && hello.runId !== this.runId) {
        this.#onOther();
        return;
      }
      if (hello) this.#greet(hello);
      else if (!this.#answer(item)) this.#sift(item, lines, likes);
    }
    if (lines.length) this.#onLines(lines, (text as string).length);
  }

  /** Begins anew, for another run. */
  forget(): void {
    this.last = 0;
    this.runId = '';
    this.#source.onRun?.();
  }

  #refuse(spoken: unknown): void {
    const seen = this.last ? 'What was seen stays' : 'Nothing of it is shown';
    this.#onStatus({
      kind: 'failed',
      text:
        `Expected a program that speaks version ${protocol}, as this page does, got one of ${this.#source.title} that speaks ` +
        `${spoken === undefined ? 'none' : `version ${JSON.stringify(spoken)}`}. ${seen}. Open the page of the loopchart that the ` +
        'program runs with, or run it with the loopchart that this page is of.',
    });
    this.#onStranger();
  }

  #greet(hello: Hello): void {
    this.runId = hello.runId;
    this.#onStatus({ kind: 'live', text: `Connected to ${this.#source.title}`, hello });
  }

  /** Whether the item is an answer to what this page asked, and no line. */
  #answer(item: any): boolean {
    if (item?.type === 'value') this.#source.onValue?.(String(item.ref), item.value);
    else if (item?.type === 'settings') this.#source.onSettings?.(settingsIn(item));
    else if (item?.type === 'refused') this.#source.onRefused?.(String(item.reason ?? 'no reason given'));
    else if (isAnswer(item?.type)) this.#fork(item);
    else return false;
    return true;
  }

  #fork(item: unknown): void {
    const answer = forkAnswerIn(item);
    if (answer) this.#source.onFork?.(answer);
    else this.#source.onUnreadable?.();
  }

  #sift(item: unknown, lines: Taken[], likes: Likes): void {
    if (faultOf(item)) {
      this.#source.onUnreadable?.();
      return;
    }
    const line = item as Line;
    likes.set(line.seq, line);
    this.#add(line, line.type === 'lagged' ? line.to : line.seq, lines);
  }

  /** A line that is told by its numbers, and the number of one before it in its frame. */
  #row(item: unknown[], likes: Likes, lines: Taken[]): void {
    let like = likes.get(item[0]);
    if (like && !(like instanceof Likeness)) {
      like = Likeness.of(like);
      likes.set(item[0], like);
    }
    const row = Row.of(item, like);
    if (row) this.#add(row, row.seq, lines);
    else this.#source.onUnreadable?.();
  }

  /** Drops what was seen before. */
  #add(line: Taken, reach: number, lines: Taken[]): void {
    if (reach <= this.last) return;
    this.last = reach;
    lines.push(line);
  }
}

function isHello(item: any): item is { protocol?: unknown } {
  return item?.type === 'hello';
}

/** The hello in a frame, where it has one. */
export function helloIn(text: unknown): Hello | undefined {
  for (const item of itemsOf(text) ?? []) {
    const hello = helloOf(item);
    if (hello) return hello;
  }
  return undefined;
}

function itemsOf(text: unknown): unknown[] | undefined {
  if (typeof text !== 'string') return undefined;
  try {
    const frame: unknown = JSON.parse(text);
    return Array.isArray(frame) ? frame : [frame];
  } catch {
    return undefined;
  }
}
