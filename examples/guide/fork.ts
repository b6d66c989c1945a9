// A run of which the inspector's page can begin forks: other runs from where it stands, with a changed state.
import { setTimeout as sleep } from 'node:timers/promises';
import { Loop } from 'loopchart';
import { inspector } from 'loopchart/node';

class Descent extends Loop<number, [number]> {
  override state = { rate: 0.2, step: 0, loss: 1 };

  get done(): boolean {
    return this.state.step >= 20;
  }

  reset(start: number): void {
    this.state = { ...this.state, step: 0, loss: start };
  }

  async advance(): Promise<void> {
    await sleep(20);
    this.state.step++;
    this.state.loss *= 1 - this.state.rate;
  }

  override onRunEnd(): number {
    return this.state.loss;
  }
}

const inspect = await inspector({ fork: { descent: () => new Descent() } });
const run = new Descent().start({ inspect, args: [1] });
console.log((await run.output).toFixed(4));
