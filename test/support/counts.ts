import { Loop } from 'loopchart';

/** Counts to its limit, a promise in each step. */
export class Count extends Loop<number> {
  override state = { n: 0 };
  readonly limit: number;

  constructor(limit = 3) {
    super();
    this.limit = limit;
  }

  get done() {
    return this.state.n >= this.limit;
  }

  reset() {
    if (!this.restarting) this.state.n = 0;
  }

  async advance() {
    this.state.n++;
  }

  override onRunEnd() {
    return this.state.n;
  }
}

/** The same without a promise. */
export class CountNow extends Count {
  override advance(): any {
    this.state.n++;
  }
}

/** Runs two loops side by side in each step. */
export class Both extends Loop<number[]> {
  override state = { outputs: [] as number[] };
  a: Count;
  b: Count;
  readonly limit: number;

  constructor(a: Count, b: Count, limit = 1) {
    super();
    this.a = a;
    this.b = b;
    this.limit = limit;
  }

  get done() {
    return this.state.outputs.length >= 2 * this.limit;
  }

  reset() {}

  async advance() {
    this.state.outputs.push(...(await Promise.all([this.a.run(), this.b.run()])));
  }

  override onRunEnd() {
    return this.state.outputs;
  }
}

/** Runs them one after the other. */
export class InTurn extends Both {
  override async advance() {
    const a = await this.a.run();
    this.state.outputs.push(a, await this.b.run());
  }
}
