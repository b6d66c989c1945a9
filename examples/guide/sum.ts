import { Loop } from 'loopchart';

/** Adds up numbers, three times over. */
export class Sum extends Loop<number, [numbers: number[]]> {
  override state = { round: 0, total: 0 };
  readonly numbers: Numbers = new Numbers();

  get done() {
    return this.state.round >= 3;
  }

  reset() {
    this.state = { round: 0, total: 0 };
  }

  async advance(numbers: number[]) {
    this.state.total += await this.numbers.run(numbers);
    this.state.round++;
  }

  override onRunEnd() {
    return this.state.total;
  }
}

class Numbers extends Loop<number, [numbers: number[]]> {
  override state = { next: 0, sum: 0 };
  #last = 0;

  get done() {
    return this.state.next >= this.#last;
  }

  reset(numbers: number[]) {
    this.#last = numbers.length;
    this.state = { next: 0, sum: 0 };
  }

  advance(numbers: number[]) {
    this.state.sum += numbers[this.state.next++]!;
  }

  override onRunEnd() {
    return this.state.sum;
  }
}
