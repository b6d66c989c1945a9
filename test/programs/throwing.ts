import { type Inspect, Loop, type LoopRun } from 'loopchart';

/** Prints how runs end whose inspectors throw, and what was uncaught: an inspector's error must not be lost either. */

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

class Count extends Loop<number> {
  override state = { n: 0 };
  get done() {
    return this.state.n >= 3;
  }
  reset() {}
  async advance() {
    await turn();
    this.state.n++;
  }
  override onRunEnd() {
    return this.state.n;
  }
}

const throws = (): never => {
  throw new Error('inspector');
};

const ways: Record<string, Inspect | Inspect[] | ((run: LoopRun<number>) => void)> = {
  function: throws,
  observer: { next: throws },
  'one of two': [() => {}, throws],
};

let uncaught = new Set<string>();
process.on('uncaughtException', (error) => uncaught.add(error.message));

async function tell(way: string, run: LoopRun<number>): Promise<void> {
  const { error, ...outcome } = await run.outcome;
  for (let i = 0; i < 5; i++) await turn();
  process.stdout.write(`${JSON.stringify({ way, outcome, uncaught: [...uncaught] })}\n`);
  uncaught = new Set();
}

for (const [way, inspect] of Object.entries(ways)) await tell(way, new Count().start({ inspect: inspect as Inspect }));

const run = new Count().start();
run.actor.system.inspect(throws);
await tell('late', run);
