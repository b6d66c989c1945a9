/** A line of a file, as its bytes. */
export interface FileLine {
  /** From 1 up. */
  number: number;
  /** Without the line's end; `undefined` for a line of more bytes than are held. */
  bytes: Buffer | undefined;
}

/** The longest line that is held, in bytes. */
export const longestLine: number = 32 * 1024 * 1024;

const newline = 0x0a;
const carriageReturn = 0x0d;

/**
 * Splits bytes into lines. Only `\n` and `\r\n` end a line: JSON may have the other breaks that Unicode knows within a text.
 * No more than the longest line is held, however long one is: that is told as soon as it is too long.
 */
export class LineSplitter {
  #number = 1;
  /** Of the line whose end has not come. */
  #begun: Buffer[] = [];
  #size = 0;

  /** @returns the lines that end in this piece */
  push(piece: Buffer): FileLine[] {
    const lines: FileLine[] = [];
    let from = 0;
    for (let at = piece.indexOf(newline); at >= 0; at = piece.indexOf(newline, from)) {
      this.#keep(piece.subarray(from, at), lines);
      this.#end(lines);
      from = at + 1;
    }
    if (from < piece.length) this.#keep(piece.subarray(from), lines);
    return lines;
  }

  /** @returns what stands behind the last line end: nothing, or a line that has none */
  rest(): FileLine[] {
    const lines: FileLine[] = [];
    this.#end(lines);
    return lines;
  }

  #keep(part: Buffer, lines: FileLine[]): void {
    const fits = this.#size <= longestLine;
    this.#size += part.length;
    if (this.#size <= longestLine) this.#begun.push(part);
    else if (fits) {
      this.#begun = [];
      lines.push({ number: this.#number, bytes: undefined });
    }
  }

  #end(lines: FileLine[]): void {
    const [first, ...more] = this.#begun;
    const bytes = first === undefined ? Buffer.alloc(0) : more.length === 0 ? first : Buffer.concat(this.#begun);
    if (this.#size <= longestLine) lines.push({ number: this.#number, bytes: withoutReturn(bytes) });
    this.#begun = [];
    this.#size = 0;
    this.#number++;
  }
}

/** Whether all lines can be held, of a file that is only looked at: much faster than to split it. */
export class LineLengths {
  #at = 0;
  #lineAt = 0;

  /** @returns at which byte the line begins that is too long, if one is */
  tooLongIn(piece: Buffer): number | undefined {
    const begin = this.#lineAt;
    const first = piece.indexOf(newline);
    // Within a piece no line is too long.
    const end = this.#at + (first < 0 ? piece.length : first);
    if (first >= 0) this.#lineAt = this.#at + piece.lastIndexOf(newline) + 1;
    this.#at += piece.length;
    return end - begin > longestLine ? begin : undefined;
  }
}

function withoutReturn(bytes: Buffer): Buffer {
  return bytes.at(-1) === carriageReturn ? bytes.subarray(0, -1) : bytes;
}
