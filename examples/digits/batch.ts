import { type Digits, PIXELS, SIDE } from './data.ts';
import { below, type Random } from './random.ts';

/** How many pixels an image is moved at most. */
const NUDGE = 2;

/** The digits at `indices`; with `random`, each moved a little, so that no two epochs show the same images. */
export function batchOf(digits: Digits, indices: Iterable<number>, random?: Random): Digits {
  const order = [...indices];
  const images = new Float32Array(order.length * PIXELS);
  for (const [i, index] of order.entries()) {
    const from = digits.images.subarray(index * PIXELS, (index + 1) * PIXELS);
    const to = images.subarray(i * PIXELS, (i + 1) * PIXELS);
    if (random === undefined) to.set(from);
    else move(from, to, below(2 * NUDGE + 1, random) - NUDGE, below(2 * NUDGE + 1, random) - NUDGE);
  }
  return { images, labels: Uint8Array.from(order, (index) => digits.labels[index]!) };
}

/** Copies an image, moved right and down; what leaves it is cut off. */
function move(from: Float32Array, to: Float32Array, right: number, down: number): void {
  const [left, end] = [Math.max(0, -right), SIDE - Math.max(0, right)];
  for (let y = Math.max(0, -down); y < SIDE - Math.max(0, down); y++) {
    to.set(from.subarray(y * SIDE + left, y * SIDE + end), (y + down) * SIDE + left + right);
  }
}
