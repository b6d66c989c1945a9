// A parent and a child: each run of the child is an actor under the parent's, and its output comes back.
import { Loop, Progress } from 'loopchart';

class Batches extends Loop<number, [epoch: number]> {
  override state = { loss: 0 };
  progress = new Progress();

  get done(): boolean {
    return this.progress.current.completed >= 3;
  }

  reset(): void {
    if (this.restarting) this.progress.resetOnRestart();
    else this.progress.resetOnRun();
  }

  override onAdvanceStart(): void {
    this.progress.incrementReady();
  }

  advance(epoch: number): void {
    this.state.loss = 1 / (epoch * 3 + this.progress.current.ready);
  }

  override onAdvanceEnd(): void {
    this.progress.incrementCompleted();
  }

  override onRunEnd(): number {
    return this.state.loss;
  }
}

class Fit extends Loop<number[]> {
  override state = { losses: [] as number[] };
  batches = new Batches();

  get done(): boolean {
    return this.state.losses.length >= 2;
  }

  reset(): void {
    if (!this.restarting) this.state.losses = [];
  }

  async advance(): Promise<void> {
    this.state.losses.push(await this.batches.run(this.state.losses.length));
  }

  override onRunEnd(): number[] {
    return this.state.losses;
  }
}

const fit = new Fit();
console.log(await fit.run());
console.log(fit.stateDict());
