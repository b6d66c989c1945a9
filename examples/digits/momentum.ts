import * as tf from '@tensorflow/tfjs-core';
import { Tensors } from './tensors.ts';

/** Gradient descent with momentum: each weight keeps a velocity, which the gradients push. */
export class Momentum extends Tensors {
  readonly #weights: Tensors;

  constructor(weights: Tensors) {
    super();
    this.#weights = weights;
    for (const [name, variable] of Object.entries(weights.variables)) this.add(name, variable.shape, () => 0);
  }

  /** One step down the gradients, which go by the names of the weights. */
  step(gradients: Record<string, tf.Tensor>, rate: number): void {
    tf.tidy(() => {
      for (const [name, velocity] of Object.entries(this.variables)) {
        velocity.assign(tf.add(tf.mul(velocity, 0.9), gradients[name]!));
        const weights = this.#weights.variables[name]!;
        weights.assign(tf.sub(weights, tf.mul(velocity, rate)));
      }
    });
  }
}
