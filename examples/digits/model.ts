import * as tf from '@tensorflow/tfjs-core';
import { CLASSES, type Digits, PIXELS } from './data.ts';
import type { Momentum } from './momentum.ts';
import { next, seeded } from './random.ts';
import type { Score } from './score.ts';
import { Tensors } from './tensors.ts';

const HIDDEN = 128;

/** A small network: a hidden layer, and ten scores. Its gradients are written out by hand. */
export class Model extends Tensors {
  constructor(seed: number) {
    super();
    const random = seeded(seed);
    const layers: [name: string, inputs: number, outputs: number][] = [
      ['hidden', PIXELS, HIDDEN],
      ['output', HIDDEN, CLASSES],
    ];
    for (const [name, inputs, outputs] of layers) {
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
      const { input, hidden, scores } = this.#forward(images);
      const { score, error } = judge(scores, labels);
      // What the error in the scores says about the hidden layer, which a `relu` made.
      const hiddenError = tf.mul(tf.matMul(error, this.variables.output!, false, true), tf.step(hidden));
      optimizer.step({ ...gradients('hidden', input, hiddenError), ...gradients('output', hidden, error) }, rate);
      return score;
    });
  }

  #forward(images: Float32Array) {
    const input = tf.tensor2d(images, [images.length / PIXELS, PIXELS]);
    const hidden = this.#layer('hidden', input, 'relu');
    return { input, hidden, scores: this.#layer('output', hidden, 'linear') };
  }

  #layer(name: string, input: tf.Tensor, activation: 'relu' | 'linear'): tf.Tensor {
    return tf.fused.matMul({ a: input, b: this.variables[name]!, bias: this.variables[`${name}.bias`]!, activation });
  }
}

function gradients(name: string, input: tf.Tensor, error: tf.Tensor): Record<string, tf.Tensor> {
  return { [name]: tf.matMul(input, error, true), [`${name}.bias`]: tf.sum(error, 0) };
}

/** Softmax and cross entropy: the score, and how far each of the ten outputs was off, as a mean over the digits. */
function judge(scores: tf.Tensor, labels: Uint8Array): { score: Score; error: tf.Tensor } {
  const [seen, kinds] = [labels.length, tf.tensor1d([...labels], 'int32')];
  const [guess, truth] = [tf.softmax(scores as tf.Tensor2D), tf.oneHot(kinds, CLASSES)];
  const right = tf.sum(tf.equal(tf.argMax(scores, 1), kinds)).dataSync()[0]!;
  const loss = tf.neg(tf.sum(tf.mul(truth, tf.log(tf.add(guess, 1e-7))))).dataSync()[0]!;
  return { score: { loss, right, seen }, error: tf.div(tf.sub(guess, truth), seen) };
}
