import type { Stateful } from 'loopchart';
import { randomFrom } from './random.ts';
import type { Point } from './spirals.ts';

const width = 16;
/** Where the weights of each layer begin. Each unit has its bias after its weights. */
const second = width * 3;
const third = second + width * (width + 1);
const count = third + width + 1;

/** A net with two hidden layers that says how likely a point belongs to spiral 1, and what Adam needs to move its weights. */
export class Net implements Stateful {
  #weights = new Float64Array(count);
  #mean = new Float64Array(count);
  #square = new Float64Array(count);
  #moves = 0;
  readonly #gradient = new Float64Array(count);
  readonly #first = new Float64Array(width);
  readonly #second = new Float64Array(width);
  readonly #back = new Float64Array(width);

  constructor(seed: number) {
    this.reset(seed);
  }

  reset(seed: number): void {
    const random = randomFrom(seed);
    this.#weights = this.#weights.map((_, index) => (random() - 0.5) * (index < second ? 4 : 1.4));
    this.#mean.fill(0);
    this.#square.fill(0);
    this.#moves = 0;
  }

  /** What a checkpoint holds of it. */
  stateDict() {
    return { weights: this.#weights, mean: this.#mean, square: this.#square, moves: this.#moves };
  }

  loadStateDict({ weights, mean, square, moves }: ReturnType<Net['stateDict']>): void {
    this.#weights = weights.slice();
    this.#mean = mean.slice();
    this.#square = square.slice();
    this.#moves = moves;
  }

  /** How likely a place belongs to spiral 1. */
  guess(x: number, y: number): number {
    const weights = this.#weights;
    for (let unit = 0; unit < width; unit++) {
      const at = unit * 3;
      this.#first[unit] = Math.tanh(weights[at]! * x + weights[at + 1]! * y + weights[at + 2]!);
    }
    let sum = weights[count - 1]!;
    for (let unit = 0; unit < width; unit++) {
      const at = second + unit * (width + 1);
      let inner = weights[at + width]!;
      for (let from = 0; from < width; from++) inner += weights[at + from]! * this.#first[from]!;
      this.#second[unit] = Math.tanh(inner);
      sum += weights[third + unit]! * this.#second[unit]!;
    }
    return 1 / (1 + Math.exp(-sum));
  }

  /** Moves the weights so that these points are guessed better. @returns the mean loss of them before that */
  learn(points: Point[], rate: number): number {
    this.#gradient.fill(0);
    let loss = 0;
    for (const point of points) {
      const guess = this.guess(point.x, point.y);
      loss -= Math.log(Math.max(point.spiral === 1 ? guess : 1 - guess, 1e-12));
      this.#blame(point, (guess - point.spiral) / points.length);
    }
    this.#move(rate);
    return loss / points.length;
  }

  /** Adds to the gradient what each weight has to do with being off by so much at the point that was just guessed. */
  #blame({ x, y }: Point, off: number): void {
    const weights = this.#weights;
    const gradient = this.#gradient;
    this.#back.fill(0);
    gradient[count - 1]! += off;
    for (let unit = 0; unit < width; unit++) {
      const out = this.#second[unit]!;
      gradient[third + unit]! += off * out;
      const inner = off * weights[third + unit]! * (1 - out * out);
      const at = second + unit * (width + 1);
      gradient[at + width]! += inner;
      for (let from = 0; from < width; from++) {
        gradient[at + from]! += inner * this.#first[from]!;
        this.#back[from]! += inner * weights[at + from]!;
      }
    }
    for (let unit = 0; unit < width; unit++) {
      const inner = this.#back[unit]! * (1 - this.#first[unit]! ** 2);
      gradient[unit * 3]! += inner * x;
      gradient[unit * 3 + 1]! += inner * y;
      gradient[unit * 3 + 2]! += inner;
    }
  }

  /** One move of Adam. */
  #move(rate: number): void {
    this.#moves++;
    const mend = Math.sqrt(1 - 0.999 ** this.#moves) / (1 - 0.9 ** this.#moves);
    for (let at = 0; at < count; at++) {
      const slope = this.#gradient[at]!;
      this.#mean[at] = 0.9 * this.#mean[at]! + 0.1 * slope;
      this.#square[at] = 0.999 * this.#square[at]! + 0.001 * slope * slope;
      this.#weights[at]! -= (rate * mend * this.#mean[at]!) / (Math.sqrt(this.#square[at]!) + 1e-8);
    }
  }

  /** A number for all of the weights, to the last bit, in hexadecimal (FNV-1a). */
  get fingerprint(): string {
    let hash = 0x811c9dc5;
    for (const byte of new Uint8Array(this.#weights.buffer)) hash = Math.imul(hash ^ byte, 0x01000193);
    return (hash >>> 0).toString(16).padStart(8, '0');
  }
}
