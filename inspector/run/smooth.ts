import { Floats } from './floats.ts';

/** TensorBoard's smoothing: an exponential mean, corrected for having begun at nothing. */
export class Smooth {
  readonly weight: number;
  readonly #values = new Floats();
  #mean = 0;
  #seen = 0;

  /** @param weight of what came before, from 0, which smooths nothing, to less than 1 */
  constructor(weight: number) {
    this.weight = weight;
  }

  /**
   * NaN where a value is not finite: the mean goes on behind it as if it had not been.
   *
   * @param values those it was asked for before, and more
   */
  of(values: Floats): Floats {
    const { weight } = this;
    for (let at = this.#values.length; at < values.length; at++) {
      const value = values.at(at);
      if (!Number.isFinite(value)) {
        this.#values.push(Number.NaN);
        continue;
      }
      this.#mean = this.#mean * weight + (1 - weight) * value;
      this.#seen++;
      this.#values.push(weight === 0 ? value : this.#mean / (1 - weight ** this.#seen));
    }
    return this.#values;
  }

  /** The first so many are there no more. */
  forget(count: number): void {
    this.#values.drop(count);
  }
}
