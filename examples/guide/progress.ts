// A run is an async iterable of where it stands.
import { setTimeout as sleep } from 'node:timers/promises';
import { Loop } from 'loopchart';

class Walk extends Loop {
  override state = { step: 0 };

  get done(): boolean {
    return this.state.step >= 3;
  }

  reset(): void {
    this.state.step = 0;
  }

  async advance(): Promise<void> {
    await sleep(20);
    this.state.step++;
  }
}

for await (const { steps, loops } of new Walk().start()) console.log(steps, loops[0].value, loops[0].state);
