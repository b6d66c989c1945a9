import { chartKey, chartLine } from '../../inspect/wire.ts';
import type { RecordingFile } from './file.ts';
import { type FileLine, LineSplitter, longestLine } from './lines.ts';
import { Members } from './members.ts';

/** Text goes to a page in portions of about so many bytes. */
const portion = 65_536;
/** A page tells lines of a type that it does not know. */
const tooLong = JSON.stringify({ type: `of more than ${longestLine} bytes`, seq: 0, t: 0 });

/**
 * The text of a recording as a page reads it, in portions. What `record` leaves out is put in: numbers for the first
 * lines, the chart, names. Lines that are none go through as they are, and one that is too long as a line that says so:
 * the page tells which.
 * @param name what to call a run that has no name
 * @throws LoopError where the file cannot be read on
 */
export async function* pageText({ bytes }: RecordingFile, name: string): AsyncGenerator<Buffer> {
  const text = new PageText(name);
  const splitter = new LineSplitter();
  for await (const piece of bytes()) {
    for (const line of splitter.push(piece)) {
      text.add(line);
      if (text.length > portion) yield text.take();
    }
  }
  for (const line of splitter.rest()) text.add(line);
  yield text.take();
}

/** Lines on their way to a page. */
class PageText {
  length = 0;
  readonly #name: string;
  #pieces: (Buffer | string)[] = [];
  /** There was a line that is an object. */
  #begun = false;
  /** By how much the numbers of lines are raised: so many lines were put in. */
  #shift = 0;

  constructor(name: string) {
    this.#name = name;
  }

  add({ number, bytes }: FileLine): void {
    if (number > 1) this.#push('\n');
    if (bytes === undefined) this.#push(tooLong);
    else if (!this.#begun) this.#begin(bytes);
    else this.#push(this.#shift > 0 ? (whole(bytes, this.#shift) ?? bytes) : bytes);
  }

  /** What `record` made begins with a line that has no name for the run. */
  #begin(bytes: Buffer): void {
    const line = Members.of(bytes, names);
    this.#begun = line !== undefined;
    if (line?.get('type') !== 'recording' || line.has('runId')) {
      this.#push(bytes);
      return;
    }
    const t = line.get('t') ?? 0;
    this.#push(line.with({ t, seq: 1, runId: this.#name, recorded: true }));
    this.#push(`\n${JSON.stringify(chartLine(2, typeof t === 'number' ? t : 0))}`);
    this.#shift = 2;
  }

  take(): Buffer {
    const text = Buffer.concat(this.#pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece)));
    this.#pieces = [];
    this.length = 0;
    return text;
  }

  #push(piece: Buffer | string): void {
    this.#pieces.push(piece);
    this.length += piece.length;
  }
}

/** What is looked at in a line; the rest of it goes to the page byte for byte. */
const names = ['type', 'seq', 't', 'runId', 'path', 'name', 'chart', 'status', 'tr'];

/** A line of `record` with what it leaves out; `undefined` for what is none. */
function whole(bytes: Buffer, shift: number): Buffer | undefined {
  const line = Members.of(bytes, names);
  const seq = line?.get('seq');
  if (line === undefined || typeof seq !== 'number') return undefined;
  const changes: Record<string, unknown> = { seq: seq + shift };
  const [path, tr] = [line.get('path'), line.get('tr')];
  if (line.get('type') === 'actor' && typeof path === 'string') {
    const told = { name: path.split('.').at(-1), chart: chartKey, status: 'active' };
    for (const [name, value] of Object.entries(told)) if (!line.has(name)) changes[name] = value;
  } else if (Array.isArray(tr)) {
    changes.tr = tr.map(wholeTransition);
  }
  return line.with(changes);
}

/** The ids of states as charts have them. What is no transition is left as it is, for the page to tell. */
function wholeTransition(transition: unknown): unknown {
  if (!Array.isArray(transition)) return transition;
  const [from, to, ...rest] = transition;
  return [wholeId(from), Array.isArray(to) ? to.map(wholeId) : to, ...rest];
}

function wholeId(id: unknown): unknown {
  if (typeof id !== 'string' || id === chartKey || id.startsWith(`${chartKey}.`)) return id;
  return `${chartKey}.${id}`;
}
