import { stripVTControlCharacters } from 'node:util';
import { atExit } from '../exit.ts';
import { width } from './text.ts';

/** What is written to; `process.stderr`, say. */
export interface Output {
  write(text: string, written?: () => void): unknown;
  readonly isTTY?: boolean;
  /** 0 where a terminal does not say how wide it is. */
  readonly columns?: number;
  readonly rows?: number;
  readonly writableNeedDrain?: boolean;
  hasColors?(): boolean;
  on?(event: 'error', listener: () => void): unknown;
  off?(event: 'error', listener: () => void): unknown;
}

const eraseLine = '\x1b[K';
const eraseBelow = '\x1b[J';

/**
 * The lines at the bottom of a terminal that are repainted in place. What the program writes meanwhile, to this stream or
 * to another one of the process that is the same terminal, goes above them. The cursor stays where one sees it: there is
 * nothing that would have to be put right by a process that is killed.
 */
export class Screen {
  readonly #output: Output;
  /** What takes the places of the streams' own `write` back. */
  readonly #giveBack: (() => void)[] = [];
  readonly #ownWrite: (text: string) => unknown;
  #lines: string[] = [];
  #columns = 0;
  /** What was written last did not end its line: nobody paints into it. */
  #inLine = false;
  readonly #forget: () => void;

  constructor(output: Output) {
    this.#output = output;
    this.#ownWrite = output.write.bind(output);
    const { stdout, stderr } = process;
    const streams: Output[] = [output];
    // Both are the terminal, and whoever writes to one is in the way of the other.
    if (output === stdout && stderr.isTTY) streams.push(stderr);
    if (output === stderr && stdout.isTTY) streams.push(stdout);
    for (const stream of streams) this.#giveBack.push(this.#listenTo(stream));
    process.on('SIGCONT', this.#afterStop);
    this.#forget = atExit(() => this.close());
  }

  paint(lines: string[]): void {
    if (this.#inLine || (this.#isShown(lines) && this.#lines.length > 0)) return;
    this.#write('', lines);
  }

  /** Leaves some lines where they are for good, and goes on below them. */
  paintBelow(above: string[], lines: string[]): void {
    if (!this.#inLine) this.#write(above.map((line) => `${line}${eraseLine}\n`).join(''), lines);
  }

  /** Leaves the lines where they are; what comes is written below them. */
  close(): void {
    this.#forget();
    process.off('SIGCONT', this.#afterStop);
    for (const giveBack of this.#giveBack.splice(0)) giveBack();
    if (this.#lines.length > 0) this.#ownWrite('\n');
    this.#lines = [];
  }

  /** In one piece, and nothing is erased before it is written over: a half-painted block would flicker. */
  #write(above: string, lines: string[]): void {
    const columns = this.#output.columns || 80;
    const up = this.#up(columns);
    // Terminals remember which lines had wrapped, until they are erased.
    const erase = columns === this.#columns ? '' : eraseBelow;
    this.#columns = columns;
    this.#lines = lines;
    const frame = lines.map((line) => line + eraseLine).join('\n');
    this.#ownWrite(`\r${up}${erase}${above}${frame}${eraseBelow}`);
  }

  #isShown(lines: string[]): boolean {
    const isSame = lines.length === this.#lines.length && lines.every((line, i) => line === this.#lines[i]);
    return isSame && (this.#output.columns || 80) === this.#columns;
  }

  /** To the first line. One that fitted when it was painted wraps when the window is made narrower. */
  #up(columns: number): string {
    const rows = this.#lines.reduce((sum, line) => sum + Math.ceil(Math.max(1, width(line)) / columns), 0);
    return rows > 1 ? `\x1b[${rows - 1}A` : '';
  }

  /** Takes the lines away while somebody else writes, and paints them again below that. */
  #listenTo(stream: Output): () => void {
    const original = stream.write;
    const isOwn = Object.hasOwn(stream, 'write');
    const screen = this;
    const write = function (this: unknown, ...args: unknown[]): unknown {
      const lines = screen.#lines;
      screen.#erase();
      try {
        return (original as (...args: unknown[]) => unknown).apply(stream, args);
      } finally {
        screen.#inLine = !endsLine(args[0], screen.#inLine);
        if (!screen.#inLine) screen.#tryWrite(lines);
      }
    };
    stream.write = write as Output['write'];
    return () => {
      // Somebody has put theirs over it since: it stays, and does no more than to pass on.
      if (stream.write !== write) return;
      if (isOwn) stream.write = original;
      else delete (stream as Partial<Output>).write;
    };
  }

  #erase(): void {
    if (this.#lines.length === 0) return;
    this.#tryWrite([]);
  }

  #tryWrite(lines: string[]): void {
    if (lines.length === 0 && this.#lines.length === 0) return;
    try {
      this.#write('', lines);
    } catch {
      // Who writes a line of their own is not told of the trouble with these.
      this.#lines = [];
    }
  }

  /** After Ctrl-Z and `fg` the shell has written here. */
  #afterStop = (): void => {
    this.#lines = [];
  };
}

/** Whether what was written leaves the cursor at the beginning of a line. */
function endsLine(chunk: unknown, wasInLine: boolean): boolean {
  if (chunk instanceof Uint8Array) return chunk.length === 0 ? !wasInLine : chunk.at(-1) === 10;
  const text = stripVTControlCharacters(String(chunk));
  return text === '' ? !wasInLine : text.endsWith('\n');
}
