import { Loop } from 'loopchart';

/** Goes downhill, as fast as its rate says. */
export class Batches extends Loop<number, [number]> {
  override state = { rate: 0.1, weight: 1, seen: 0, history: [] as number[] };
  get done(): boolean {
    return this.state.seen >= 5;
  }
  reset(): void {
    this.state.seen = 0;
  }
  async advance(epoch: number): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.state.weight -= this.state.rate * this.state.weight;
    this.state.history.push(epoch, this.state.weight);
    this.state.seen++;
  }
  override onRunEnd(): number {
    return this.state.weight;
  }
}

export class Check extends Loop<number> {
  override state = { bias: 0, times: 0 };
  get done(): boolean {
    return this.state.times > 0;
  }
  reset(): void {
    this.state.times = 0;
  }
  async advance(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.state.times++;
    this.state.bias += 1;
  }
  override onRunEnd(): number {
    return this.state.bias;
  }
}

export class Fit extends Loop<number[], [number]> {
  override state = { epoch: 0, scores: [] as number[] };
  batches: Batches = new Batches();
  check: Check = new Check();
  get done(): boolean {
    return this.state.epoch >= 4;
  }
  reset(): void {}
  async advance(scale: number): Promise<void> {
    const bias = await this.check.run();
    const weight = await this.batches.run(this.state.epoch);
    // What the check is by then is looked at as well.
    this.state.scores.push(scale * weight + bias + this.check.state.bias);
    this.state.epoch++;
  }
  override onRunEnd(): number[] {
    return this.state.scores;
  }
}
