import { Loop } from 'loopchart';
import { pick, slice } from './data.ts';
import type { Model } from './model.ts';
import type { Momentum } from './momentum.ts';
import { seeded, shuffled } from './random.ts';
import { means, NOTHING, type Score, sum } from './score.ts';
import { type EpochReport, firstBatch, QUARTERS, type Training } from './training.ts';

/** How many held-out digits are looked at in one step. */
const AT_ONCE = 250;

/** All loops are made with what is trained, and how. */
abstract class TrainingLoop<Output, Args extends unknown[] = []> extends Loop<Output, Args> {
  declare readonly init: Training;

  constructor(init: Training) {
    super(init);
  }
}

/** Trains for some epochs. */
export class Fit extends TrainingLoop<EpochReport[]> {
  /** `total` is how many steps there will be: terminals and inspectors show it. */
  override state = { total: this.init.epochs, history: [] as EpochReport[] };
  // `Stateful` fields: a checkpoint has them as they were at the step that it was taken at.
  model: Model = this.init.model;
  optimizer: Momentum = this.init.optimizer;
  epoch: Epoch = new Epoch(this.init);

  get done(): boolean {
    return this.state.history.length >= this.state.total;
  }

  reset(): void {
    this.state.history = [];
  }

  async advance(): Promise<void> {
    this.state.history.push(await this.epoch.run(this.state.history.length));
  }

  override onRunEnd(): EpochReport[] {
    return this.state.history;
  }
}

/** Goes through all digits once: after each quarter it looks at those held out. */
export class Epoch extends TrainingLoop<EpochReport, [epoch: number]> {
  override state = { total: QUARTERS, quarter: 0, heldOut: 0, trained: NOTHING, report: null as EpochReport | null };
  batches: Batches = new Batches(this.init);
  validate: Validate = new Validate(this.init);

  get done(): boolean {
    return this.state.quarter >= QUARTERS;
  }

  reset(): void {
    this.state = { ...this.state, quarter: 0, trained: NOTHING, report: null };
  }

  async advance(epoch: number): Promise<void> {
    const { quarter } = this.state;
    const rate = this.init.rate * 0.8 ** epoch;
    const trained = sum(this.state.trained, await this.batches.run(epoch, quarter, rate));
    const heldOut = means(await this.validate.run());
    const report = { epoch: epoch + 1, part: (quarter + 1) / QUARTERS, ...means(trained), heldOut };
    this.state = { total: QUARTERS, quarter: quarter + 1, heldOut: heldOut.accuracy, trained, report };
  }

  override onAdvanceEnd(): void {
    // A run that is stopped ends its quarter early: what was cut short is not told as if it were whole.
    if (this.batches.done && this.validate.done) this.init.tell?.(this.state.report!);
  }

  override onRunEnd(): EpochReport {
    return this.state.report!;
  }
}

/** Learns from a quarter of the digits. */
export class Batches extends TrainingLoop<Score, [epoch: number, quarter: number, rate: number]> {
  /** `loss` and `accuracy` are those of the last batch, `score` is that of all. */
  override state = { total: 0, batch: 0, loss: 0, accuracy: 0, score: NOTHING };
  #order: Uint32Array = new Uint32Array();

  get done(): boolean {
    return this.state.batch >= this.state.total;
  }

  reset(epoch: number, quarter: number): void {
    const total = firstBatch(this.init, quarter + 1) - firstBatch(this.init, quarter);
    this.state = { ...this.state, total, batch: 0, score: NOTHING };
    this.onRestart(epoch, quarter);
  }

  /** The order of an epoch follows from the seed and its number: no need to save it. */
  override onRestart(epoch: number, quarter: number): void {
    const order = shuffled(this.init.train.labels.length, seeded(this.init.seed, epoch));
    this.#order = order.subarray(firstBatch(this.init, quarter) * this.init.batchSize);
  }

  advance(_epoch: number, _quarter: number, rate: number): void {
    const { model, optimizer, train, batchSize } = this.init;
    const first = this.state.batch * batchSize;
    const batch = pick(train, this.#order.subarray(first, first + batchSize));
    const score = model.learn(batch, optimizer, rate);
    this.state = { ...this.state, ...means(score), batch: this.state.batch + 1, score: sum(this.state.score, score) };
  }

  override onRunEnd(): Score {
    return this.state.score;
  }
}

/** Looks at the held-out digits, without learning from them. */
export class Validate extends TrainingLoop<Score> {
  override state = { total: 0, score: NOTHING };

  get done(): boolean {
    return this.state.score.seen >= this.init.heldOut.labels.length;
  }

  reset(): void {
    this.state = { total: Math.ceil(this.init.heldOut.labels.length / AT_ONCE), score: NOTHING };
  }

  advance(): void {
    const { model, heldOut } = this.init;
    const { seen } = this.state.score;
    this.state.score = sum(this.state.score, model.score(slice(heldOut, seen, seen + AT_ONCE)));
  }

  override onRunEnd(): Score {
    return this.state.score;
  }
}
