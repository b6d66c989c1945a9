/** Numbers in the order in which they came, from which the oldest are let go. Each has a place, which it keeps. */
export class Tape {
  /** What was written last lies in here in one piece; so does what is read. */
  numbers: Float64Array = new Float64Array(1024);
  #first = 0;
  #end = 0;

  /** Room for so many numbers in one piece. Returns their place. */
  place(count: number): number {
    let place = this.#end;
    // What would reach over the end of the array begins at its start.
    if (this.index(place) + count > this.numbers.length) place += this.numbers.length - this.index(place);
    if (place + count - this.#first > this.numbers.length) {
      this.#grow();
      return this.place(count);
    }
    return place;
  }

  /** The numbers at a place, as many as were said, are written. */
  wrote(place: number, count: number): void {
    this.#end = place + count;
  }

  /** Where in the array a place is. */
  index(place: number): number {
    return place % this.numbers.length;
  }

  /** Lets go of what lies before a place. */
  drop(before: number): void {
    this.#first = before;
  }

  /** Lengths are powers of two: a piece that lies within one of the old ones lies within one of the new. */
  #grow(): void {
    const { numbers } = this;
    const grown = new Float64Array(numbers.length * 2);
    for (let place = this.#first; place < this.#end; place++) {
      grown[place % grown.length] = numbers[place % numbers.length]!;
    }
    this.numbers = grown;
  }
}
