import * as tf from '@tensorflow/tfjs-core';

/** Named tensors that change as a run goes on, and that a checkpoint captures as typed arrays (`Stateful`). */
export class Tensors {
  readonly variables: Record<string, tf.Variable> = {};

  /** A variable under a name of its own, in the order in which they are added. */
  protected add(name: string, shape: number[], value: () => number): tf.Variable {
    const values = Float32Array.from({ length: tf.util.sizeFromShape(shape) }, value);
    const variable = tf.tidy(() => tf.variable(tf.tensor(values, shape)));
    this.variables[name] = variable;
    return variable;
  }

  /** Copies: `dataSync` copies out of the memory of WebAssembly, which the next step changes. */
  stateDict(): Record<string, Float32Array> {
    return Object.fromEntries(
      Object.entries(this.variables).map(([name, variable]) => [name, variable.dataSync() as Float32Array]),
    );
  }

  loadStateDict(dict: Record<string, Float32Array>): void {
    tf.tidy(() => {
      for (const [name, variable] of Object.entries(this.variables))
        variable.assign(tf.tensor(dict[name]!, variable.shape));
    });
  }

  dispose(): void {
    for (const variable of Object.values(this.variables)) variable.dispose();
  }
}
