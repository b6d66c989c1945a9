// The loops: epochs, and within each one batches. They know of no page, worker or store.
import { Loop } from 'loopchart';
import { Net } from './net.ts';
import { shuffled } from './random.ts';
import { points, side } from './spirals.ts';

const perBatch = 30;

/** What has come of it. */
export interface Result {
  epochs: number;
  loss: number;
  /** Points that are on the side where the net says they are. */
  right: number;
  /** The same only where all weights are the same to the last bit. */
  fingerprint: string;
}

/** One epoch: all points, a batch a step. */
class Batches extends Loop<number | undefined, [epoch: number]> {
  override state = { total: points.length / perBatch, batch: 0, loss: 0 };
  readonly net: Net;

  constructor(net: Net) {
    super();
    this.net = net;
  }

  get done(): boolean {
    return this.state.batch >= this.state.total;
  }

  reset(): void {
    this.state.batch = 0;
    this.state.loss = 0;
  }

  async advance(epoch: number): Promise<void> {
    // Slow enough to be watched.
    await new Promise((resolve) => setTimeout(resolve, 4));
    const order = shuffled(points.length, epoch);
    const from = this.state.batch * perBatch;
    const batch = order.slice(from, from + perBatch).map((index) => points[index]!);
    this.state.batch++;
    this.state.loss += (this.net.learn(batch, 0.03) - this.state.loss) / this.state.batch;
  }

  /** The mean loss of its batches, if there were any before it was stopped. */
  override onRunEnd(): number | undefined {
    return this.state.batch > 0 ? this.state.loss : undefined;
  }
}

/** Trains a net to tell two spirals apart. */
export class Train extends Loop<Result, [seed: number]> {
  override state = { total: 40, epoch: 0, losses: [] as number[], picture: [] as number[] };
  readonly net = new Net(0);
  readonly batches = new Batches(this.net);

  get done(): boolean {
    return this.state.epoch >= this.state.total;
  }

  reset(seed: number): void {
    this.net.reset(seed);
    this.state.epoch = 0;
    this.state.losses = [];
    this.state.picture = this.#picture();
  }

  async advance(): Promise<void> {
    const loss = await this.batches.run(this.state.epoch);
    if (loss !== undefined) this.state.losses.push(loss);
    this.state.epoch++;
    this.state.picture = this.#picture();
  }

  override onRunEnd(): Result {
    const right = points.filter(({ x, y, spiral }) => this.net.guess(x, y) > 0.5 === (spiral === 1)).length;
    const { epoch, losses } = this.state;
    return { epochs: epoch, loss: losses.at(-1) ?? 0, right, fingerprint: this.net.fingerprint };
  }

  /** What the net thinks of each place, row by row from the top, in whole percents. */
  #picture(): number[] {
    const place = (index: number) => ((index + 0.5) / side) * 2 - 1;
    return Array.from({ length: side * side }, (_, index) =>
      Math.round(100 * this.net.guess(place(index % side), -place(Math.floor(index / side)))),
    );
  }
}
