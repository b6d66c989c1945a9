/** What nothing was put into yet: it is never changed. */
const NONE: number[] = [];
/** Short lists grow to what they hold; longer ones by what the engine thinks best. */
const SHORT = 16;

/** Rows of the recording in order, each with a count that stood there. The oldest can be dropped. */
export class RowIndex {
  /** Rows and counts in turn: most lists are short, and there are many. */
  #list: number[] = NONE;
  #head = 0;

  get length(): number {
    return this.#list.length / 2 - this.#head;
  }

  push(row: number, count: number): void {
    if (this.#list.length < SHORT) this.#list = [...this.#list, row, count];
    else this.#list.push(row, count);
  }

  row(index: number): number {
    return this.#list[(this.#head + index) * 2]!;
  }

  count(index: number): number {
    return this.#list[(this.#head + index) * 2 + 1]!;
  }

  /** The index of the last mark at or before a row, -1 where there is none. */
  upTo(row: number): number {
    let low = this.#head;
    let high = this.#list.length / 2;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#list[middle * 2]! <= row) low = middle + 1;
      else high = middle;
    }
    return low - 1 - this.#head;
  }

  /** Forgets the marks before a row and tells how many they were. */
  dropBefore(row: number): number {
    const gone = this.upTo(row - 1) + 1;
    this.#head += gone;
    // Copying only when an eighth is dead keeps a drop cheap however often it happens, and what is held nearly the same.
    if (this.#head > 64 && this.#head * 16 > this.#list.length) {
      this.#list = this.#list.slice(this.#head * 2);
      this.#head = 0;
    }
    return gone;
  }
}
