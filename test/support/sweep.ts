import { formatRecording, Loop, record } from 'loopchart';

/** Takes so many steps; the greater its rate, the faster its loss falls. One that is too steep loses its loss. */
export class Trial extends Loop<number> {
  override state = { total: 0, seen: 0, loss: 1, depth: { weight: 0.5 } };
  readonly rate: number;
  readonly count: number;

  constructor(rate: number, count: number) {
    super();
    this.rate = rate;
    this.count = count;
  }

  get done(): boolean {
    return this.state.seen >= this.count;
  }
  reset(): void {
    this.state = { total: this.count, seen: 0, loss: 1, depth: { weight: 0.5 } };
  }
  async advance(): Promise<void> {
    await Promise.resolve();
    const { state } = this;
    state.seen++;
    state.depth.weight += state.seen % 2 ? 0.25 : -0.125;
    state.loss = this.rate > 1 && state.seen > 2 ? Number.NaN : state.loss * (1 - this.rate / 2);
  }
}

/** Trials at the same time: those from `steep` on are too steep. */
export class Sweep extends Loop {
  override state = { over: false };
  readonly trials: Trial[];

  constructor(options: { trials: number; steps: number; steep?: number }) {
    super();
    const { trials, steps, steep = trials } = options;
    this.trials = Array.from({ length: trials }, (_, at) => new Trial(at < steep ? (at + 1) / trials : 2, steps));
  }

  get done(): boolean {
    return this.state.over;
  }
  reset(): void {}
  async advance(): Promise<void> {
    await Promise.all(this.trials.map((trial) => trial.run()));
    this.state.over = true;
  }
}

/** What is recorded of some loops of one process, one after the other. */
export async function recorded(...loops: readonly Loop<any>[]): Promise<string> {
  const recorder = record();
  for (const loop of loops) await loop.start({ inspect: recorder }).outcome;
  return formatRecording(recorder.recording);
}
