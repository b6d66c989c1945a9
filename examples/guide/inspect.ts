// A run that can be watched in a browser while it goes on.
import { setTimeout as sleep } from 'node:timers/promises';
import { Loop } from 'loopchart';
import { inspector } from 'loopchart/node';

class Descent extends Loop<number> {
  override state = { total: 20, step: 0, loss: 1 };

  get done(): boolean {
    return this.state.step >= this.state.total;
  }

  reset(): void {
    this.state = { total: 20, step: 0, loss: 1 };
  }

  async advance(): Promise<void> {
    await sleep(20);
    this.state.step++;
    this.state.loss *= 0.8;
  }

  override onRunEnd(): number {
    return this.state.loss;
  }
}

const run = new Descent().start({ inspect: await inspector() });
console.log(await run.output);
