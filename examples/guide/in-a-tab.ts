// In a page: it counts, and goes on where it was when its tab is loaded again.
import { Loop } from 'loopchart';
import { indexedDBStore } from 'loopchart/browser';

class Count extends Loop {
  override state = { n: 0 };

  get done(): boolean {
    return this.state.n >= 1000;
  }

  reset(): void {
    this.state.n = 0;
  }

  async advance(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 20));
    this.state.n++;
    document.body.textContent = `${this.state.n} of 1000`;
  }
}

const store = indexedDBStore();
const from = await store.load('count');
const run = new Count().start({ id: 'count', store, from, every: { ms: 200 } });
const outcome = await run.outcome;
// In a second tab, while the first one counts.
if (outcome.status === 'failed') document.body.textContent = String(outcome.error);
