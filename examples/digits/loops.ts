import { Loop, Progress } from 'loopchart';
import { batchOf } from './batch.ts';
import { slice } from './data.ts';
import type { Model } from './model.ts';
import type { Momentum } from './momentum.ts';
import { type Random, seeded, shuffled } from './random.ts';
import { means, NOTHING, type Score, sum } from './score.ts';
import { type EpochReport, firstBatch, QUARTERS, type Training } from './training.ts';

/** How many held-out digits are looked at in one step. */
const AT_ONCE = 250;

/** Trains for some epochs. */
export class Fit extends Loop<EpochReport[]> {
  declare readonly init: Training;
  /** `total` is how many steps there will be: an inspector shows it. */
  override state: { total: number; history: EpochReport[] };
  progress = new Progress();
  // `Stateful` fields: a checkpoint has them as they were at the step that the counters are of.
  model: Model;
  optimizer: Momentum;
  epoch: Epoch;

  constructor(init: Training) {
    super(init);
    this.state = { total: init.epochs, history: [] };
    this.model = init.model;
    this.optimizer = init.optimizer;
    this.epoch = new Epoch(init);
  }

  get done(): boolean {
    return this.progress.current.completed >= this.init.epochs;
  }

  reset(): void {
    // A run that had ended and is to have more epochs goes on from its state dict.
    if (this.restarting) {
      this.progress.resetOnRestart();
    } else {
      this.progress.resetOnRun();
      this.state.history = [];
    }
  }

  override onAdvanceStart(): void {
    this.progress.incrementReady();
  }

  async advance(): Promise<void> {
    this.progress.incrementStarted();
    this.state.history.push(await this.epoch.run(this.progress.current.completed));
    this.progress.incrementProcessed();
  }

  override onAdvanceEnd(): void {
    this.progress.incrementCompleted();
    this.init.listener?.onEpoch?.(this.state.history.at(-1)!);
  }

  override onRunEnd(): EpochReport[] {
    return this.state.history;
  }

  /** A saved run may be given more epochs than it was begun with. */
  override onLoadCheckpoint(state: Fit['state']): void {
    this.state = { ...state, total: this.init.epochs };
  }
}

type EpochState = { total: number; trained: Score; report: EpochReport | null };
const NOTHING_YET: EpochState = { total: QUARTERS, trained: NOTHING, report: null };

/** Goes through all digits once: after each quarter it looks at those held out. */
export class Epoch extends Loop<EpochReport, [epoch: number]> {
  declare readonly init: Training;
  override state: EpochState = NOTHING_YET;
  progress = new Progress();
  batches: Batches;
  validate: Validate;

  constructor(init: Training) {
    super(init);
    this.batches = new Batches(init);
    this.validate = new Validate(init);
  }

  get done(): boolean {
    return this.progress.current.completed >= QUARTERS;
  }

  reset(): void {
    this.progress.resetOnRun();
    this.state = NOTHING_YET;
  }

  override onAdvanceStart(): void {
    this.progress.incrementReady();
  }

  async advance(epoch: number): Promise<void> {
    this.progress.incrementStarted();
    const quarter = this.progress.current.completed;
    const rate = this.init.rate * this.init.decay ** epoch;
    const trained = sum(this.state.trained, await this.batches.run(epoch, quarter, rate));
    const heldOut = means(await this.validate.run());
    this.state = {
      total: QUARTERS,
      trained,
      report: { epoch: epoch + 1, part: (quarter + 1) / QUARTERS, rate, ...means(trained), heldOut },
    };
    this.progress.incrementProcessed();
  }

  override onAdvanceEnd(): void {
    this.progress.incrementCompleted();
    this.init.listener?.onQuarter?.(this.state.report!);
  }

  override onRunEnd(): EpochReport {
    return this.state.report!;
  }
}

/** Learns from a quarter of the digits. */
export class Batches extends Loop<Score, [epoch: number, quarter: number, rate: number]> {
  declare readonly init: Training;
  /**
   * `loss` and `accuracy` are those of the last batch, `score` is that of all. `random` moves the images a little. It is
   * never seeded again: where it stands is part of the state.
   */
  override state: { total: number; loss: number; accuracy: number; score: Score; random: Random };
  progress = new Progress();
  #order: Uint32Array = new Uint32Array();

  constructor(init: Training) {
    super(init);
    this.state = { total: 0, loss: 0, accuracy: 0, score: NOTHING, random: seeded(init.seed) };
  }

  get done(): boolean {
    return this.progress.current.completed * this.init.batchSize >= this.#order.length;
  }

  reset(): void {
    this.progress.resetOnRun();
    this.state.score = NOTHING;
  }

  override onRunStart(epoch: number, quarter: number): void {
    // The order of an epoch follows from the seed and its number: no need to save it.
    const order = shuffled(this.init.train.labels.length, seeded(this.init.seed, epoch));
    this.#order = order.subarray(
      firstBatch(this.init, quarter) * this.init.batchSize,
      firstBatch(this.init, quarter + 1) * this.init.batchSize,
    );
    this.state.total = Math.ceil(this.#order.length / this.init.batchSize);
  }

  override onRestart(epoch: number, quarter: number): void {
    this.onRunStart(epoch, quarter);
  }

  override onAdvanceStart(): void {
    this.progress.incrementReady();
  }

  advance(_epoch: number, _quarter: number, rate: number): void {
    this.progress.incrementStarted();
    const { model, optimizer, train, batchSize } = this.init;
    const first = this.progress.current.completed * batchSize;
    const batch = batchOf(train, this.#order.subarray(first, first + batchSize), this.state.random);
    const score = model.learn(batch, optimizer, rate);
    this.state = { ...this.state, ...means(score), score: sum(this.state.score, score) };
    this.progress.incrementProcessed();
  }

  override onAdvanceEnd(): void {
    this.progress.incrementCompleted();
  }

  override onRunEnd(): Score {
    return this.state.score;
  }
}

/** Looks at the held-out digits, without learning from them. */
export class Validate extends Loop<Score> {
  declare readonly init: Training;
  override state: { total: number; score: Score } = { total: 0, score: NOTHING };

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
