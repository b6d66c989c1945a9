// In the worker: a loop, and that it is served.
import { Loop, memoryStore } from 'loopchart';
import { serve } from 'loopchart/worker';

/** Looks for the weight that is 3. */
export class Train extends Loop<number, [rate: number]> {
  override state = { total: 40, epoch: 0, weight: 0 };

  get done(): boolean {
    return this.state.epoch >= this.state.total;
  }

  reset(): void {
    this.state = { total: 40, epoch: 0, weight: 0 };
  }

  advance(rate: number): void {
    this.state.weight -= rate * 2 * (this.state.weight - 3);
    this.state.epoch++;
  }

  override onRunEnd(): number {
    return Math.round(this.state.weight * 1e6) / 1e6;
  }
}

// The store is in here: `indexedDBStore` in a browser, `fileStore` in Node.
serve(new Train(), { store: memoryStore() });
