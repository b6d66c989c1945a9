// Runs a tree of loops from the newest checkpoint of its run, and keeps a log of what has taken effect. It is killed at any moment, and started again until it has finished.
import { fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { type Checkpoint, type CheckpointStore, Loop, Progress } from 'loopchart';
import { fileStore } from 'loopchart/node';

const [dir = '', logFile = ''] = process.argv.slice(2);
const log = openSync(logFile, 'a', 0o600);
// A kill may come in the middle of a write: what it has left of a line is none, for its process went no further.
ftruncateSync(log, readFileSync(logFile).lastIndexOf('\n') + 1);

/** On the disk before it returns; then whoever has started this process hears of it. */
function note(line: string): void {
  writeSync(log, `${line}\n`);
  fsyncSync(log);
  writeSync(1, '.');
}

const mix = (acc: number, by: number): number => (acc * 31 + by) % 1_000_003;
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Numbers that steps change and that only the assets of a checkpoint keep. */
class Weights {
  values: Float64Array = new Float64Array(4);

  change(by: number): void {
    this.values.forEach((value, i) => {
      this.values[i] = (value + by + i) / 3;
    });
  }

  stateDict(): Float64Array {
    return this.values.slice();
  }

  loadStateDict(values: unknown): void {
    this.values = (values as Float64Array).slice();
  }
}

class Batches extends Loop<number, [by: number]> {
  /** `total` goes on through all runs: no two steps of a loop have the same. */
  override state = { n: 0, total: 0, acc: 1 };
  readonly progress: Progress = new Progress();
  readonly weights: Weights = new Weights();
  readonly #count: number;
  readonly #failsAt: number;

  constructor(count: number, failsAt = 0) {
    super();
    this.#count = count;
    this.#failsAt = failsAt;
  }

  get done(): boolean {
    return this.state.n >= this.#count;
  }

  reset(): void {
    this.state.n = 0;
    if (!this.restarting) this.progress.resetOnRun();
  }

  advance(by: number): void | Promise<void> {
    this.progress.incrementReady();
    this.weights.change(by);
    this.state.n++;
    this.state.total++;
    this.state.acc = mix(this.state.acc, by);
    if (this.state.total === this.#failsAt) throw new Error(`${this.path} fails at ${this.state.total}`);
    this.progress.incrementCompleted();
    note(`step ${this.path} ${this.state.total}`);
  }

  override onRunEnd(): number {
    return this.weights.values.reduce((sum, value) => sum + value, this.state.acc);
  }
}

class SlowBatches extends Batches {
  override async advance(by: number): Promise<void> {
    await turn();
    await super.advance(by);
    await turn();
  }
}

class Fit extends Loop<number, [seed: number]> {
  override state = { epoch: 0, total: 0, acc: 0 };
  readonly batches: Batches = new SlowBatches(3);
  readonly check: Batches = new Batches(2);

  get done(): boolean {
    return this.state.epoch >= 2;
  }

  reset(): void {
    this.state.epoch = 0;
  }

  override async onAdvanceStart(seed: number): Promise<void> {
    const { total } = this.state;
    const drawn = await this.once('shuffle', () => {
      note(`once ${this.path} shuffle ${total}`);
      return mix(seed, total);
    });
    this.state.acc = mix(this.state.acc, drawn);
  }

  async advance(seed: number): Promise<void> {
    this.state.acc = mix(this.state.acc, await this.batches.run(seed));
    this.state.acc = mix(this.state.acc, await this.check.run(1));
    this.state.acc = mix(this.state.acc, await this.batches.run(this.state.acc));
    this.state.epoch++;
    this.state.total++;
    note(`step ${this.path} ${this.state.total}`);
  }

  override onRunEnd(): number {
    return this.state.acc;
  }
}

class Sweep extends Loop<number> {
  override state = { trial: 0, score: 1, errors: [] as string[] };
  readonly fit: Fit = new Fit();
  readonly pair: Batches[] = [new SlowBatches(2), new Batches(3)];
  readonly flaky: Batches = new Batches(2, 4);

  get done(): boolean {
    return this.state.trial >= 3;
  }

  reset(): void {
    this.state.trial = 0;
  }

  async advance(): Promise<void> {
    const { trial } = this.state;
    const seed = await this.once('seed', () => {
      note(`once ${this.path} seed ${trial}`);
      return mix(17, trial);
    });
    this.state.score = mix(this.state.score, await this.fit.run(seed));
    await this.once('between', () => note(`once ${this.path} between ${trial}`));
    for (const score of await Promise.all(this.pair.map((loop) => loop.run(seed)))) {
      this.state.score = mix(this.state.score, score);
    }
    try {
      this.state.score = mix(this.state.score, await this.flaky.run(seed));
    } catch (error) {
      this.state.errors.push((error as Error).message);
    }
    this.state.trial++;
    note(`step ${this.path} ${this.state.trial}`);
  }

  override onRunEnd(): number {
    return this.state.score;
  }
}

/** With the journal: within a step there may be several at one position. */
const which = ({ position, phase }: Checkpoint): string => JSON.stringify([position, phase]);

const files = fileStore(dir);
const store: CheckpointStore = {
  ...files,
  async save(runId, checkpoint) {
    note(`saving ${which(checkpoint)}`);
    await files.save(runId, checkpoint);
    note(`saved ${which(checkpoint)}`);
  },
};

const from = await store.load('sweep');
note(`start ${from === undefined ? 'anew' : which(from)}`);
const sweep = new Sweep();
const run = sweep.start({
  id: 'sweep',
  store,
  every: 'step',
  durability: 'sync',
  ...(from === undefined ? {} : { from }),
});
const output = await run.output;
const weights = [sweep.fit.batches, ...sweep.pair].map((loop) => [...loop.weights.values]);
note(`end ${JSON.stringify({ output, weights, dict: sweep.stateDict() })}`);
