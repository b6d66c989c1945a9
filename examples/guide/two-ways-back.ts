// Lightning's way back, through `reset` with `restarting` true; and the other one, which goes on where the run was.
import { Loop } from 'loopchart';

class Fit extends Loop<number> {
  override state = { epoch: 0 };

  get done(): boolean {
    return this.state.epoch >= 4;
  }

  reset(): void {
    console.log('  reset, restarting:', this.restarting);
    if (!this.restarting) this.state.epoch = 0;
  }

  override onRestart(): void {
    console.log('  onRestart');
  }

  advance(): void {
    console.log('  epoch', this.state.epoch, 'restarting:', this.restarting);
    this.state.epoch++;
  }

  override onRunEnd(): number {
    return this.state.epoch;
  }
}

const fit = new Fit();
const run = fit.start({ paused: true });
await run.step(2);
const dict = fit.stateDict();
const checkpoint = await run.suspend();
console.log('saved', dict);

const asLightning = new Fit();
console.log('loaded', asLightning.loadStateDict(dict));
await asLightning.run();

console.log('from a checkpoint');
await new Fit().start({ from: checkpoint }).output;
