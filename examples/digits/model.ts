import * as tf from '@tensorflow/tfjs-core';
import { CLASSES, type Digits, SIDE } from './data.ts';
import type { Momentum } from './momentum.ts';
import { next, seeded } from './random.ts';
import type { Score } from './score.ts';
import { Tensors } from './tensors.ts';

const KERNEL = 5;
const STRIDE = 2;
const FILTERS = 8;
const HIDDEN = 64;
/** Where the kernel is put along one side, and in an image. */
const ALONG = Math.floor((SIDE - KERNEL) / STRIDE) + 1;
const PLACES = ALONG * ALONG;

/** A small convolutional network: 8 filters of 5 × 5, a hidden layer, ten scores. Its gradients are written out by hand. */
export class Model extends Tensors {
  constructor(seed: number) {
    super();
    const random = seeded(seed);
    const layers = {
      filters: [KERNEL * KERNEL, FILTERS],
      hidden: [PLACES * FILTERS, HIDDEN],
      output: [HIDDEN, CLASSES],
    };
    for (const [name, [inputs, outputs]] of Object.entries(layers) as [string, [number, number]][]) {
      const limit = Math.sqrt(6 / inputs);
      this.add(name, [inputs, outputs], () => (2 * next(random) - 1) * limit);
      this.add(`${name}.bias`, [outputs], () => 0);
    }
  }

  /** Looks at digits without learning from them. */
  score({ images, labels }: Digits): Score {
    return tf.tidy(() => judge(this.#forward(images).scores, labels).score);
  }

  /** One step of learning. Gives back how well the model did before it. */
  learn({ images, labels }: Digits, optimizer: Momentum, rate: number): Score {
    return tf.tidy(() => {
      const { patches, edges, hidden, scores } = this.#forward(images);
      const { score, error } = judge(scores, labels);
      const hiddenError = this.#backward('output', error, hidden);
      const edgesError = tf.reshape(this.#backward('hidden', hiddenError, edges), [-1, FILTERS]);
      optimizer.step(
        {
          ...gradients('filters', patches, edgesError),
          ...gradients('hidden', edges, hiddenError),
          ...gradients('output', hidden, error),
        },
        rate,
      );
      return score;
    });
  }

  #forward(images: Float32Array) {
    const patches = patchesOf(images);
    const edges = tf.reshape(this.#layer('filters', patches, 'relu'), [-1, PLACES * FILTERS]);
    const hidden = this.#layer('hidden', edges, 'relu');
    return { patches, edges, hidden, scores: this.#layer('output', hidden, 'linear') };
  }

  #layer(name: string, input: tf.Tensor, activation: 'relu' | 'linear'): tf.Tensor {
    return tf.fused.matMul({ a: input, b: this.variables[name]!, bias: this.variables[`${name}.bias`]!, activation });
  }

  /** What an error in the outputs of a layer says about its inputs, which a `relu` made. */
  #backward(name: string, error: tf.Tensor, input: tf.Tensor): tf.Tensor {
    return tf.mul(tf.matMul(error, this.variables[name]!, false, true), tf.step(input));
  }
}

function gradients(name: string, input: tf.Tensor, error: tf.Tensor): Record<string, tf.Tensor> {
  return { [name]: tf.matMul(input, error, true), [`${name}.bias`]: tf.sum(error, 0) };
}

/** Every 5 × 5 patch of the images as a row: a convolution is then a product of matrices. */
function patchesOf(images: Float32Array): tf.Tensor2D {
  const count = images.length / (SIDE * SIDE);
  const rows = new Float32Array(count * PLACES * KERNEL * KERNEL);
  let at = 0;
  for (let image = 0; image < count; image++) {
    for (let y = 0; y < ALONG; y++) {
      for (let x = 0; x < ALONG; x++) {
        let from = (image * SIDE + y * STRIDE) * SIDE + x * STRIDE;
        for (let row = 0; row < KERNEL; row++, from += SIDE) {
          for (let column = 0; column < KERNEL; column++) rows[at++] = images[from + column]!;
        }
      }
    }
  }
  return tf.tensor2d(rows, [count * PLACES, KERNEL * KERNEL]);
}

/** Softmax and cross entropy: the score, and how far each of the ten outputs was off, as a mean over the digits. */
function judge(scores: tf.Tensor, labels: Uint8Array): { score: Score; error: tf.Tensor } {
  const values = scores.dataSync<'float32'>();
  const error = new Float32Array(values.length);
  const score = { loss: 0, right: 0, seen: labels.length };
  for (const [i, label] of labels.entries()) {
    const digit = values.subarray(i * CLASSES, (i + 1) * CLASSES);
    const best = Math.max(...digit);
    const total = digit.reduce((sum, value) => sum + Math.exp(value - best), 0);
    for (const [k, value] of digit.entries()) error[i * CLASSES + k] = Math.exp(value - best) / total / labels.length;
    error[i * CLASSES + label]! -= 1 / labels.length;
    score.loss += Math.log(total) + best - digit[label]!;
    if (digit[label] === best) score.right++;
  }
  return { score, error: tf.tensor2d(error, [labels.length, CLASSES]) };
}
