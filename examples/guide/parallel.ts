// Loops side by side: an array of them is as good as a field each.
import { Loop } from 'loopchart';

class Fold extends Loop<number, [data: number[]]> {
  override state = { sum: 0, next: 0 };

  get done(): boolean {
    return this.state.next >= 3;
  }

  reset(): void {
    this.state = { sum: 0, next: 0 };
  }

  async advance(data: number[]): Promise<void> {
    this.state.sum += data[this.state.next++]!;
  }

  override onRunEnd(): number {
    return this.state.sum / 3;
  }
}

class CrossValidation extends Loop<number[], [data: number[][]]> {
  override state = { means: [] as number[] };
  folds = [new Fold(), new Fold()];

  get done(): boolean {
    return this.state.means.length > 0;
  }

  reset(): void {
    this.state.means = [];
  }

  async advance(data: number[][]): Promise<void> {
    this.state.means = await Promise.all(this.folds.map((fold, i) => fold.run(data[i]!)));
  }

  override onRunEnd(): number[] {
    return this.state.means;
  }
}

const data = [
  [1, 2, 3],
  [4, 5, 6],
];
const run = new CrossValidation().start({ args: [data], paused: true });
await run.step(1); // where several run side by side, each of them takes the steps
for (const { path, steps, state } of run.progress.loops) console.log(path, steps, state);
run.resume();
console.log(await run.output);
