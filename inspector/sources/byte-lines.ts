const LINE_FEED = 10;

/** Cuts bytes, which come in pieces, into lines of text. */
export class ByteLines {
  /** How many bytes lie before the line that follows. */
  offset = 0;
  readonly #decoder = new TextDecoder();
  /** Of a line whose end has not come yet. */
  #begun: Uint8Array[] = [];
  #piece: Uint8Array = new Uint8Array();
  #at = 0;

  /** Takes the next piece; the one before has been cut up. */
  add(piece: Uint8Array): void {
    this.#piece = piece;
    this.#at = 0;
  }

  /** The next line that is whole, without its end; nothing until there is another piece. */
  next(): string | undefined {
    const end = this.#piece.indexOf(LINE_FEED, this.#at);
    const bytes = this.#piece.subarray(this.#at, end < 0 ? undefined : end);
    if (end < 0) {
      if (bytes.length) this.#begun.push(bytes);
      this.#at = this.#piece.length;
      return undefined;
    }
    this.#at = end + 1;
    this.offset += 1;
    return this.#text(bytes);
  }

  /** What comes behind the last whole line, once there is no other piece. */
  rest(): string {
    return this.#text(new Uint8Array());
  }

  #text(last: Uint8Array): string {
    const bytes = this.#begun.length ? joined([...this.#begun, last]) : last;
    this.#begun = [];
    this.offset += bytes.length;
    return this.#decoder.decode(bytes);
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
