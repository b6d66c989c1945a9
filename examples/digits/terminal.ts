import type { WriteStream } from 'node:tty';
import { stripVTControlCharacters } from 'node:util';

const HIDE_CURSOR = '\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h';
const ERASE_LINE = '\x1b[K';
const ERASE_BELOW = '\x1b[J';

/** Lines at the bottom of a terminal that are redrawn in place; what is printed goes above them. */
export class Footer {
  readonly #stream: Pick<WriteStream, 'write' | 'columns'>;
  #lines: string[] = [];
  #columns = 0;

  constructor(stream: Pick<WriteStream, 'write' | 'columns'>) {
    this.#stream = stream;
    stream.write(HIDE_CURSOR);
    // However the process ends or is stopped, the terminal has its cursor back.
    process.on('exit', this.close);
    process.on('SIGTSTP', this.#stop);
    process.on('SIGCONT', this.#continue);
  }

  /** A terminal that does not say how wide it is says 0. */
  get columns(): number {
    return this.#stream.columns || 80;
  }

  draw(lines: string[]): void {
    this.#write('', lines);
  }

  print(text: string): void {
    this.#write(`${text.replaceAll('\n', `${ERASE_LINE}\n`)}${ERASE_LINE}\n`, this.#lines);
  }

  /** Takes the lines away and gives the cursor back. */
  close = (): void => {
    process.off('exit', this.close);
    process.off('SIGTSTP', this.#stop);
    process.off('SIGCONT', this.#continue);
    this.#write('', []);
    this.#stream.write(SHOW_CURSOR);
  };

  /** One write, and nothing is erased before it is written over: a half-drawn frame would flicker. */
  #write(above: string, lines: string[]): void {
    const { columns } = this;
    // A line that fitted when it was drawn wraps when the window is made narrower.
    const rows = this.#lines.reduce((sum, line) => sum + Math.ceil(Math.max(1, width(line)) / columns), 0);
    const up = rows > 1 ? `\x1b[${rows - 1}A` : '';
    // The cursor stays behind the last line, with room for the ^C that the terminal writes there.
    const room = columns - ' ^C'.length;
    this.#lines = lines.map((line) => (width(line) <= room ? line : stripVTControlCharacters(line).slice(0, room)));
    // Terminals remember which lines had wrapped, until they are erased.
    const erase = columns === this.#columns ? '' : ERASE_BELOW;
    this.#columns = columns;
    const frame = this.#lines.map((line) => line + ERASE_LINE).join('\n');
    this.#stream.write(`\r${up}${erase}${above}${frame}${ERASE_BELOW}`);
  }

  #stop = (): void => {
    this.#write('', []);
    this.#stream.write(SHOW_CURSOR);
    process.kill(process.pid, 'SIGSTOP');
  };

  #continue = (): void => {
    this.#stream.write(HIDE_CURSOR);
  };
}

function width(line: string): number {
  return stripVTControlCharacters(line).length;
}
