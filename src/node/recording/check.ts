import { LoopError } from '../../data/errors.ts';
import { quoted } from '../answer.ts';
import { openRecording } from './file.ts';
import { LineLengths, LineSplitter, longestLine } from './lines.ts';
import { Members } from './members.ts';
import { shownPath } from './path.ts';

/** So many bytes of a file are looked at for lines that are too long, unless fewer are asked for. */
const looked = 1024 * 1024 * 1024;
/** Among so many lines one at least has to be one of a recording: a redactor may have left out the first. */
const patience = 1000;
const types = ['recording', 'chart', 'actor', 'event', 'lagged'];

/**
 * Looks whether a file is a recording that can be shown. One whose end is missing can: its program was killed.
 * @param most bytes that are looked at
 * @throws LoopError `STORE` that says in one line what it is instead
 */
export async function checkRecording(path: string, most: number = looked): Promise<void> {
  const file = await openRecording(path);
  try {
    const beginning = new Beginning(path);
    const lengths = new LineLengths();
    let size = 0;
    for await (const piece of file.bytes()) {
      const at = lengths.tooLongIn(piece);
      if (at !== undefined) throw tooLong(path, at);
      beginning.add(piece);
      size += piece.length;
      if (size > most) break;
    }
    beginning.end();
  } finally {
    await file.close();
  }
}

/** The first lines of a file, up to one that only a recording has. */
class Beginning {
  readonly #path: string;
  readonly #splitter = new LineSplitter();
  #isRecording = false;
  /** The first line that is not empty. */
  #first: string | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** @throws LoopError once it is clear that this is no recording */
  add(piece: Buffer): void {
    if (!this.#isRecording) this.#look(this.#splitter.push(piece));
  }

  /** @throws LoopError where no line was one of a recording */
  end(): void {
    if (!this.#isRecording) this.#look(this.#splitter.rest());
    if (!this.#isRecording) throw this.#unfit();
  }

  #look(lines: { number: number; bytes: Buffer | undefined }[]): void {
    for (const { number, bytes = Buffer.alloc(0) } of lines) {
      if (!isBlank(bytes)) this.#first ??= bytes.toString('utf8', 0, 200);
      this.#isRecording = isRecordingLine(bytes, this.#path);
      if (this.#isRecording) return;
      if (number > patience) throw this.#unfit();
    }
  }

  #unfit(): LoopError {
    return unfit(this.#path, this.#first === undefined ? 'it is empty' : `it begins with ${quoted(this.#first)}`);
  }
}

function isBlank(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09);
}

/** @throws LoopError for the first line of a recording of another format */
function isRecordingLine(bytes: Buffer, path: string): boolean {
  const line = Members.of(bytes, ['type', 'seq', 't', 'format']);
  const type = line?.get('type');
  if (line === undefined || !types.includes(type as string)) return false;
  if (typeof line.get('seq') !== 'number' || typeof line.get('t') !== 'number') return false;
  if (type !== 'recording' || line.get('format') === 1) return true;
  const format = quoted(JSON.stringify(line.get('format')) ?? 'none');
  throw unfit(path, `its format is ${format}, and this version reads \`1\``, 'Use the version that recorded it');
}

const remedy = 'Give a .jsonl or .jsonl.gz file that `record`, `recordTo` or the inspector made';

function unfit(path: string, why: string, what = remedy): LoopError {
  return new LoopError('STORE', `Expected a recording at ${shownPath(path)}, but ${why}. ${what}.`);
}

function tooLong(path: string, at: number): LoopError {
  const most = `${longestLine / 1024 / 1024} MiB`;
  return new LoopError(
    'STORE',
    `Expected lines of at most ${most} in ${shownPath(path)}, got a longer one, which begins at byte ${at}. Leave large values out with \`redact\` when recording.`,
  );
}
