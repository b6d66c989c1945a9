import { type EndLoop, Loop, Progress } from 'loopchart';
import { turn } from './loops.ts';

export class Leaf extends Loop<number, [by: number]> {
  override state = { n: 0, loss: Number.NaN };
  readonly progress: Progress = new Progress();
  readonly limit: number;

  constructor(limit: number) {
    super();
    this.limit = limit;
  }

  get done() {
    return this.state.n >= this.limit;
  }

  reset() {
    this.state.n = 0;
  }

  advance(by: number): void | Promise<void> {
    this.progress.incrementReady();
    this.state.n++;
    this.state.loss = [Number.NEGATIVE_INFINITY, -0, by / 3][this.state.n % 3]!;
  }

  override onRunEnd() {
    return this.state.n;
  }
}

export class SlowLeaf extends Leaf {
  override async advance(by: number) {
    await turn();
    await super.advance(by);
    await turn();
  }
}

export class Failing extends SlowLeaf {
  override async advance(by: number) {
    await super.advance(by);
    if (this.state.n === 2) throw new RangeError('two is too much');
  }
}

export class Skipped extends Leaf {
  override get skip() {
    return true;
  }

  override onSkip() {
    return 7;
  }
}

export class Ending extends SlowLeaf {
  /** No loop in a field: that would be a child. */
  ends: (() => EndLoop) | undefined;

  override async advance(by: number) {
    await super.advance(by);
    if (this.ends !== undefined && by === 2) throw this.ends();
  }
}

export class Middle extends Loop<number[], [by: number]> {
  override state = { n: 0, got: [] as number[] };
  readonly slow: Leaf = new SlowLeaf(2);
  readonly pair: Leaf[] = [new SlowLeaf(2), new Leaf(3)];
  readonly skipped: Leaf = new Skipped(1);
  readonly ending: Ending = new Ending(1);

  get done() {
    return this.state.n >= 2;
  }

  reset() {
    this.state = { n: 0, got: [] };
  }

  override onAdvanceStart() {
    this.state.got.push(Number.NaN);
  }

  async advance(by: number) {
    this.state.got.push(await this.slow.run(by), await this.slow.run(by + 1));
    this.state.got.push(...(await Promise.all(this.pair.map((loop) => loop.run(by)))));
    this.state.got.push(await this.skipped.run(by), await this.ending.run(by));
    this.state.n++;
  }

  override onAdvanceEnd() {
    this.state.got.push(Number.POSITIVE_INFINITY);
  }

  override onRunEnd() {
    return this.state.got;
  }
}

/** Three levels: children in turn, side by side and skipped, `once`, a failure that is caught, an end through all levels. */
export class Root extends Loop<string, [{ name: string }]> {
  override state = { n: 0, told: '' };
  readonly middle: Middle = new Middle();
  readonly failing: Leaf = new Failing(3);

  constructor() {
    super();
    this.middle.ending.ends = () => this.end({ at: 2, loss: Number.POSITIVE_INFINITY });
  }

  get done() {
    return this.state.n >= 5;
  }

  reset() {
    this.state = { n: 0, told: '' };
  }

  async advance({ name }: { name: string }) {
    const drawn = await this.once('draw', () => `${name} ${this.state.n}`);
    await this.once('nothing', () => {});
    this.state.told += `${drawn}: ${await this.middle.run(this.state.n)} `;
    try {
      await this.failing.run(1);
    } catch (error) {
      this.state.told += `${(error as Error).message}; `;
    }
    this.state.n++;
  }

  override onRunEnd() {
    return this.state.told;
  }
}

/** The arguments of `Root`. */
export const input: [{ name: string }] = [{ name: 'draw' }];

/** Gives its parent anything. */
export class Giving extends Loop<unknown> {
  override state = { n: 0 };
  readonly #output: unknown;

  constructor(output?: unknown) {
    super();
    this.#output = output;
  }

  get done() {
    return this.state.n >= 1;
  }

  reset() {}

  async advance() {
    await turn();
    this.state.n++;
  }

  override onRunEnd() {
    return this.#output;
  }
}

/** Runs one of those, and may throw something. */
export class Taking extends Giving {
  readonly child: Giving;
  readonly #thrown: { error: unknown } | undefined;

  constructor(output: unknown, thrown?: { error: unknown }) {
    super(output);
    this.child = new Giving(output);
    this.#thrown = thrown;
  }

  override async advance() {
    await this.child.run();
    await super.advance();
    if (this.#thrown !== undefined) throw this.#thrown.error;
  }
}
