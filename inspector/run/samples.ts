/** One that took long. */
export interface Slow {
  /** Milliseconds. */
  ms: number;
  /** The row at which it ended. */
  row: number;
}

/** So many of the longest are kept. */
const SLOWEST = 8;

/** How long something took, each time. */
export class Samples {
  readonly #ms: number[] = [];
  readonly #times: number[] = [];
  readonly #slowest: Slow[] = [];
  #count = 0;
  #sum = 0;
  #averaged = false;

  /** @param times how often it happened in that time */
  add(ms: number, times: number, row: number): void {
    const each = ms / times;
    this.#ms.push(each);
    this.#times.push(times);
    this.#count += times;
    this.#sum += ms;
    this.#averaged ||= times > 1;
    const { length } = this.#slowest;
    if (length === SLOWEST && each <= this.#slowest[length - 1]!.ms) return;
    let at = length;
    while (at > 0 && this.#slowest[at - 1]!.ms < each) at--;
    this.#slowest.splice(at, 0, { ms: each, row });
    this.#slowest.length = Math.min(length + 1, SLOWEST);
  }

  /** All that there is to say of them; the numbers are NaN where there are none. */
  summary() {
    const order = [...this.#ms.keys()].sort((a, b) => this.#ms[a]! - this.#ms[b]!);
    return {
      count: this.#count,
      mean: this.#count ? this.#sum / this.#count : Number.NaN,
      p50: this.#quantile(order, 0.5),
      p95: this.#quantile(order, 0.95),
      max: this.#slowest[0]?.ms ?? Number.NaN,
      averaged: this.#averaged,
      slowest: this.#slowest as readonly Slow[],
    };
  }

  /** The least time that so large a part of them did not exceed. */
  #quantile(order: readonly number[], part: number): number {
    let reached = 0;
    for (const at of order) {
      reached += this.#times[at]!;
      if (reached >= part * this.#count) return this.#ms[at]!;
    }
    return Number.NaN;
  }
}
