import { Loop } from 'loopchart';
import type { Json } from '../../src/data/json.ts';

/** Numbers that look random and are the same every time. */
export function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return Math.floor(((state >>> 8) / 2 ** 24) * sides);
  };
}

const numbers = [0, 1, -1, 0.1, 1e-7, 1e21, 2 ** 53, -1.5, 1_795_445_351_612.6184, Number.MIN_VALUE];
const odd = [-0, Number.NaN, Number.NEGATIVE_INFINITY];
const others = [true, false, null, '', 'ünï', '"\\\n\u2028', '😀'];

function anything(roll: (sides: number) => number, depth: number): Json {
  const kind = roll(depth > 0 ? 12 : 9);
  if (kind < 6) return numbers[roll(numbers.length)]!;
  if (kind === 6) return odd[roll(odd.length)]!;
  if (kind < 9) return others[roll(others.length)]!;
  const inner = () => anything(roll, depth - 1);
  if (kind === 9) return Array.from({ length: roll(4) }, inner);
  const keys = ['loss', 'a b', '$n', '$$n', '1', '"'].slice(roll(3), 3 + roll(4));
  return Object.fromEntries(keys.map((key) => [key, inner()]));
}

/** Its state is another at each step: most often in its numbers, now and then in all. */
export class Changing extends Loop {
  override state: { value: Json; n: number } = { value: null, n: 0 };
  readonly #roll: (sides: number) => number;
  readonly #steps: number;

  constructor(seed: number, steps: number) {
    super();
    this.#roll = dice(seed);
    this.#steps = steps;
  }

  get done(): boolean {
    return this.state.n >= this.#steps;
  }

  reset(): void {}

  advance(): void {
    this.state.n++;
    if (this.#roll(8) === 0) this.state.value = anything(this.#roll, 3);
    else if (typeof this.state.value === 'number') this.state.value = numbers[this.#roll(numbers.length)]!;
  }
}
