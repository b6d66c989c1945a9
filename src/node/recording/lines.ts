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
 * Splits bytes into lines, a list for each piece that comes. Only `\n` and `\r\n` end a line: JSON may have the other
 * breaks that Unicode knows within a text. No more than the longest line is held, however long one is.
 */
export async function* linesOf(pieces: AsyncIterable<Buffer>): AsyncGenerator<FileLine[]> {
  let number = 1;
  let begun: Buffer[] = [];
  let size = 0;
  const keep = (part: Buffer) => {
    size += part.length;
    if (size > longestLine) begun = [];
    else begun.push(part);
  };
  const end = (): FileLine => {
    const bytes = size > longestLine ? undefined : withoutReturn(begun.length === 1 ? begun[0]! : Buffer.concat(begun));
    begun = [];
    size = 0;
    return { number: number++, bytes };
  };
  for await (const piece of pieces) {
    const lines: FileLine[] = [];
    let from = 0;
    for (let at = piece.indexOf(newline); at >= 0; at = piece.indexOf(newline, from)) {
      keep(piece.subarray(from, at));
      lines.push(end());
      from = at + 1;
    }
    if (from < piece.length) keep(piece.subarray(from));
    if (lines.length > 0) yield lines;
  }
  // The last line has no end, or there is an empty one behind it: so pages learn whether the file was cut off.
  yield [end()];
}

function withoutReturn(bytes: Buffer): Buffer {
  return bytes.at(-1) === carriageReturn ? bytes.subarray(0, -1) : bytes;
}
