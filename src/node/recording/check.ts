import { LoopError } from '../../errors.ts';
import { quoted } from '../answer.ts';
import { openRecording } from './file.ts';
import { linesOf, longestLine } from './lines.ts';
import { Members } from './members.ts';
import { shownPath } from './path.ts';

/** So many bytes of a file are looked at for lines that are too long. */
const looked = 1024 * 1024 * 1024;
/** Among so many lines one at least has to be one of a recording: a redactor may have left out the first. */
const patience = 1000;
const types = ['recording', 'chart', 'actor', 'event', 'lagged'];

/**
 * Looks whether a file is a recording that can be shown. One whose end is missing can: its program was killed.
 * @throws LoopError `STORE` that says in one line what it is instead
 */
export async function checkRecording(path: string): Promise<void> {
  const file = await openRecording(path);
  try {
    const look = new Look(path);
    for await (const lines of linesOf(file.bytes())) {
      for (const { number, bytes } of lines) look.at(number, bytes);
      if (look.size > looked) return;
    }
    look.end();
  } catch (error) {
    throw error instanceof LoopError ? error : unfit(path, (error as Error).message);
  } finally {
    await file.close();
  }
}

/** What has been seen of a file so far. */
class Look {
  size = 0;
  readonly #path: string;
  #isRecording = false;
  /** The first line that is not empty. */
  #first: string | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** @throws LoopError once it is clear that this is no recording */
  at(number: number, bytes: Buffer | undefined): void {
    if (bytes === undefined) {
      const most = `${longestLine / 1024 / 1024} MiB`;
      throw unfit(
        this.#path,
        `line ${number} is longer than ${most}`,
        'Leave large values out with `redact` when recording',
      );
    }
    this.size += bytes.length + 1;
    if (this.#isRecording) return;
    if (isBlank(bytes)) {
      if (number > patience) this.end();
      return;
    }
    this.#first ??= bytes.toString('utf8', 0, 200);
    this.#isRecording = isRecordingLine(bytes, this.#path);
    if (!this.#isRecording && number > patience) this.end();
  }

  /** @throws LoopError where no line was one of a recording */
  end(): void {
    if (this.#isRecording) return;
    throw unfit(this.#path, this.#first === undefined ? 'it is empty' : `it begins with ${quoted(this.#first)}`);
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
