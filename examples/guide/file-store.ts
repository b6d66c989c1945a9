import { Loop } from 'loopchart';
import { fileStore } from 'loopchart/node';

class Count extends Loop<number> {
  override state = { n: 0 };

  get done(): boolean {
    return this.state.n >= 6;
  }

  reset(): void {
    this.state.n = 0;
  }

  advance(): void {
    this.state.n++;
  }

  override onRunEnd(): number {
    return this.state.n;
  }
}

const store = fileStore('.runs', { keep: 3 });
const run = new Count().start({ id: 'monday', store, every: 'step', durability: 'sync', paused: true });
await run.step(4);
await run.suspend();
for (const { runId, seq, steps } of await store.list()) console.log(`${runId}: save ${seq}, after ${steps} steps`);

// In another process, as a rule.
const from = await store.load('monday');
console.log('goes on after', from?.position.steps, 'steps');
console.log('comes to', await new Count().start({ id: 'monday', store, from }).output);

// A fork: the same checkpoint under another id. Neither run changes what the other has saved.
console.log('the fork comes to', await new Count().start({ id: 'tuesday', store, from }).output);

await store.delete('monday');
console.log('left:', (await store.list()).map(({ runId }) => runId).join());
