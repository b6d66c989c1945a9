/** Random numbers from 0 to 1, the same ones for the same seed. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    // A counter whose bits are mixed well: three multiplications and shifts.
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}

/**
 * Keeps so many of the things that come by, spread evenly over all of them, without knowing how many there will be: one,
 * chosen at random, of each stretch of equal length.
 */
export class Sample<T> {
  /** How many have come by. */
  count = 0;
  readonly #max: number;
  readonly #random: () => number;
  #kept: T[] = [];
  /** How long a stretch is, and how many have come of the newest. */
  #stretch = 1;
  #ofNewest = 0;

  constructor(max: number, random: () => number) {
    this.#max = max;
    this.#random = random;
  }

  add(item: T): void {
    this.count++;
    this.#ofNewest = (this.#ofNewest % this.#stretch) + 1;
    if (this.#ofNewest === 1) this.#kept.push(item);
    // Each of a stretch is as likely to be the one.
    else if (this.#random() < 1 / this.#ofNewest) this.#kept[this.#kept.length - 1] = item;
    if (this.#kept.length >= 2 * this.#max && this.#ofNewest === this.#stretch) this.#halve();
  }

  /** What is kept, in order. */
  get kept(): T[] {
    const surplus = this.#kept.length / this.#max;
    if (surplus <= 1) return [...this.#kept];
    // One of each part, again.
    return Array.from({ length: this.#max }, (_, i) => {
      const [from, to] = [Math.floor(i * surplus), Math.floor((i + 1) * surplus)];
      return this.#kept[from + Math.floor(this.#random() * (to - from))]!;
    });
  }

  #halve(): void {
    this.#kept = this.#kept
      .filter((_, i) => i % 2 === 0)
      .map((one, i) => (this.#random() < 0.5 ? one : this.#kept[2 * i + 1]!));
    this.#stretch *= 2;
  }
}
