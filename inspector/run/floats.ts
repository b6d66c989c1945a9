/** Numbers in order that grow at the end and are let go of at the beginning, eight bytes for each. */
export class Floats {
  #array = new Float64Array(64);
  #head = 0;
  #end = 0;

  get length(): number {
    return this.#end - this.#head;
  }

  /** NaN beyond its ends. */
  at(index: number): number {
    return index < 0 || index >= this.length ? Number.NaN : this.#array[this.#head + index]!;
  }

  push(value: number): void {
    if (this.#end === this.#array.length) this.#makeRoom();
    this.#array[this.#end++] = value;
  }

  /** Lets go of the first so many. */
  drop(count: number): void {
    this.#head = Math.min(this.#end, this.#head + count);
  }

  /** Of growing numbers, the index of the last that is not above a limit, -1 where there is none. */
  upTo(limit: number): number {
    let low = this.#head;
    let high = this.#end;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#array[middle]! <= limit) low = middle + 1;
      else high = middle;
    }
    return low - 1 - this.#head;
  }

  toArray(): number[] {
    return [...this.#array.subarray(this.#head, this.#end)];
  }

  #makeRoom(): void {
    const { length } = this;
    // What was let go of is room enough where it is half of it.
    const array = this.#head * 2 >= this.#array.length ? this.#array : new Float64Array(this.#array.length * 2);
    array.set(this.#array.subarray(this.#head, this.#end));
    this.#array = array;
    this.#head = 0;
    this.#end = length;
  }
}
