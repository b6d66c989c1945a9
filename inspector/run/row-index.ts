/** Rows of the recording in order, each with a count that stood there. The oldest can be dropped. */
export class RowIndex {
  #rows: number[] = [];
  #counts: number[] = [];
  #head = 0;

  get length(): number {
    return this.#rows.length - this.#head;
  }

  push(row: number, count: number): void {
    this.#rows.push(row);
    this.#counts.push(count);
  }

  row(index: number): number {
    return this.#rows[this.#head + index]!;
  }

  count(index: number): number {
    return this.#counts[this.#head + index]!;
  }

  /** The index of the last mark at or before a row, -1 where there is none. */
  upTo(row: number): number {
    let low = this.#head;
    let high = this.#rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#rows[middle]! <= row) low = middle + 1;
      else high = middle;
    }
    return low - 1 - this.#head;
  }

  /** Forgets the marks before a row and tells how many they were. */
  dropBefore(row: number): number {
    const gone = this.upTo(row - 1) + 1;
    this.#head += gone;
    // Copying only when an eighth is dead keeps a drop cheap however often it happens, and what is held nearly the same.
    if (this.#head > 64 && this.#head * 8 > this.#rows.length) {
      this.#rows = this.#rows.slice(this.#head);
      this.#counts = this.#counts.slice(this.#head);
      this.#head = 0;
    }
    return gone;
  }
}
