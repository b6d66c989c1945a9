import { Loop, memoryStore, rememberErrors } from 'loopchart';
import type { ServeOptions } from 'loopchart/worker';

/** What a run is to do. */
export interface Plan {
  epochs: number;
  /** What it gives. */
  gives?: 'weights' | 'numbers' | 'many kinds' | 'a function' | 'a date of its own';
  /** Throws in this epoch. */
  fails?: number;
  /** Does not come back from this epoch. */
  hangs?: number;
  /** Takes its steps without a turn for anybody else. */
  quick?: boolean;
}

/** Of this program alone: both sides of a worker have it. */
export class DivergedError extends Error {
  override name = 'DivergedError';
  readonly weights: number[];
  constructor(weights: number[], options?: ErrorOptions) {
    super('the loss is not a number', options);
    this.weights = weights;
  }
}
rememberErrors({ DivergedError });

class OwnDate extends Date {}

export const turn = () => new Promise<void>((resolve) => setTimeout(resolve));

class Model {
  weights = new Float32Array([0.5, -0.25]);
  train(step: number) {
    this.weights[step % 2]! += Math.fround(1 / (step + 1));
  }
  /** Its own, and no copy: whoever hands them over must not take them away. */
  stateDict() {
    return { weights: this.weights, when: new Date(0), names: new Map([['bias', 1n]]) };
  }
  loadStateDict({ weights }: ReturnType<Model['stateDict']>) {
    this.weights = weights.slice();
  }
}

class Batches extends Loop<number, [model: Model, quick: boolean]> {
  override state = { total: 5, batch: 0 };
  get done() {
    return this.state.batch >= this.state.total;
  }
  reset() {
    this.state.batch = 0;
  }
  async advance(model: Model, quick: boolean) {
    model.train(this.state.batch++);
    if (!quick) await turn();
  }
  override onRunEnd() {
    return this.state.batch;
  }
}

export class Train extends Loop<unknown, [plan: Plan]> {
  override state = { total: 0, epoch: 0, loss: Number.NaN };
  batches = new Batches();
  model = new Model();
  get done() {
    return this.state.epoch >= this.state.total;
  }
  reset({ epochs }: Plan) {
    this.state = { total: epochs, epoch: 0, loss: Number.NaN };
    this.model.weights.set([0.5, -0.25]);
  }
  async advance({ fails, hangs, quick = false }: Plan) {
    await this.batches.run(this.model, quick);
    const epoch = ++this.state.epoch;
    this.state.loss = this.model.weights[0]!;
    if (epoch === hangs) for (;;);
    if (epoch === fails) {
      throw new DivergedError([...this.model.weights], { cause: new RangeError('too far') });
    }
  }
  override onRunEnd({ gives = 'weights' }: Plan): unknown {
    const { weights } = this.model;
    if (gives === 'a function') return { deep: [() => {}] };
    if (gives === 'a date of its own') return new OwnDate(0);
    if (gives === 'weights') return weights;
    if (gives === 'numbers') return [...weights];
    const both = new Uint8Array([1, 2, 3]);
    return { weights, both: [both, both.subarray(1)], big: 2n ** 70n, set: new Set([-0, Number.NaN]), none: undefined };
  }
}

/** Counts, and has no arguments. */
export class Count extends Loop<number> {
  override state = { total: 20, n: 0 };
  get done() {
    return this.state.n >= this.state.total;
  }
  reset() {
    this.state.n = 0;
  }
  async advance() {
    this.state.n++;
    await turn();
  }
  override onRunEnd() {
    return this.state.n;
  }
}

/** Asks twice before it is done. */
export class Ask extends Loop<unknown[]> {
  override state = { answers: [] as unknown[] };
  get done() {
    return this.state.answers.length >= 2;
  }
  reset() {
    this.state.answers = [];
  }
  async advance() {
    this.state.answers.push(await this.receive(`answer ${this.state.answers.length}`));
  }
  override onRunEnd() {
    return this.state.answers;
  }
}

/** What the workers of the tests serve. */
export function served(options: ServeOptions): [loop: Train | Count | Ask | (() => Count), options: ServeOptions][] {
  return [
    [new Train(), options],
    [new Train(), { ...options, name: 'saved', store: memoryStore() }],
    [new Count(), { ...options, name: 'count' }],
    [new Ask(), { ...options, name: 'ask' }],
    [() => new Count(), { ...options, name: 'counts' }],
  ];
}
