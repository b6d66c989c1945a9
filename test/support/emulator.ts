interface Row {
  cells: string[];
  /** It goes on from the row above, which was full. */
  wraps: boolean;
}

/**
 * A terminal, as far as lines that are repainted need one: what it shows is in `lines`. Where its window is made narrower
 * or wider, lines wrap anew, as they do in most.
 */
export class Emulator {
  readonly isTTY = true;
  rows: number;
  /** Whatever it was sent. */
  sent = '';
  #columns: number;
  #screen: Row[] = [{ cells: [], wraps: false }];
  #row = 0;
  #column = 0;

  constructor(columns: number, rows = 24) {
    this.#columns = columns;
    this.rows = rows;
  }

  /** 0: it is 80 wide, and does not say so. */
  get columns(): number {
    return this.#columns;
  }

  set columns(columns: number) {
    const lines = this.#whole();
    const at = this.#screen.slice(0, this.#row + 1).filter(({ wraps }) => !wraps).length - 1;
    const offset = this.#column + this.#width * this.#wrapsAbove();
    this.#columns = columns;
    this.#screen = [];
    for (const [i, cells] of lines.entries()) {
      if (i === at) {
        // Behind a full row it stays there until something is written.
        const isBehind = offset > 0 && offset % this.#width === 0 && offset === cells.length;
        this.#row = this.#screen.length + Math.floor(offset / this.#width) - (isBehind ? 1 : 0);
        this.#column = isBehind ? this.#width : offset % this.#width;
      }
      for (let from = 0; from === 0 || from < cells.length; from += this.#width) {
        this.#screen.push({ cells: cells.slice(from, from + this.#width), wraps: from > 0 });
      }
    }
    while (this.#screen.length <= this.#row) this.#screen.push({ cells: [], wraps: true });
  }

  /** What is shown, without the empty lines at the end. */
  get lines(): string[] {
    const lines = this.#whole().map((cells) =>
      Array.from(cells, (cell) => cell ?? ' ')
        .join('')
        .trimEnd(),
    );
    while (lines.at(-1) === '') lines.pop();
    return lines;
  }

  write(chunk: string | Uint8Array, written?: () => void): boolean {
    const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    this.sent += text;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal is controlled with
    for (const [part, count, command] of text.matchAll(/\x1b\[(\d*)([A-Za-z])|./gsu)) {
      if (command !== undefined) this.#do(command, count === '' ? 1 : Number(count));
      else if (part === '\n') this.#down(false);
      else if (part === '\r') this.#column = 0;
      else this.#put(part);
    }
    written?.();
    return true;
  }

  get #width(): number {
    return this.#columns || 80;
  }

  #whole(): string[][] {
    const lines: string[][] = [];
    for (const { cells, wraps } of this.#screen) {
      if (wraps && lines.length > 0) lines.at(-1)!.push(...cells);
      else lines.push([...cells]);
    }
    return lines;
  }

  #wrapsAbove(): number {
    let above = 0;
    while (this.#screen[this.#row - above]?.wraps === true) above++;
    return above;
  }

  #do(command: string, count: number): void {
    const { cells } = this.#screen[this.#row]!;
    if (command === 'A') this.#row = Math.max(0, this.#row - count);
    else if (command === 'K') {
      cells.length = Math.min(cells.length, this.#column);
      const below = this.#screen[this.#row + 1];
      if (below !== undefined) below.wraps = false;
    } else if (command === 'J') {
      cells.length = Math.min(cells.length, this.#column);
      this.#screen.length = this.#row + 1;
    } else if (command !== 'm') throw new Error(`This terminal does not know ESC [ ${command}.`);
  }

  #down(wraps: boolean): void {
    this.#row++;
    this.#column = 0;
    this.#screen[this.#row] ??= { cells: [], wraps };
  }

  #put(character: string): void {
    if (this.#column >= this.#width) this.#down(true);
    this.#screen[this.#row]!.cells[this.#column++] = character;
  }
}
