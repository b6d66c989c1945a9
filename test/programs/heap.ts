import { Loop } from 'loopchart';

/** Prints the heap after child runs, in bytes: many in one step, or one in each of many steps. Needs --expose-gc. */

class Child extends Loop<number> {
  override state = { n: 0 };
  get done() {
    return this.state.n >= 1;
  }
  reset() {
    this.state.n = 0;
  }
  async advance() {
    this.state.n++;
  }
  override onRunEnd() {
    return this.state.n;
  }
}

class Parent extends Loop<number> {
  override state = { sum: 0 };
  child = new Child();
  readonly runs: number;
  readonly each: number;
  constructor(runs: number, each: number) {
    super();
    this.runs = runs;
    this.each = each;
  }
  get done() {
    return this.state.sum >= this.runs;
  }
  reset() {
    this.state.sum = 0;
  }
  async advance() {
    for (let i = 0; i < this.each; i++) this.state.sum += await this.child.run();
    if (this.each === 1 && this.state.sum % 10_000 === 0) print(this.state.sum);
  }
  override onRunEnd() {
    return this.state.sum;
  }
}

function print(runs: number): void {
  (globalThis as unknown as { gc(): void }).gc();
  process.stdout.write(`${JSON.stringify({ runs, heap: process.memoryUsage().heapUsed })}\n`);
}

const all = process.argv[2] === 'one step';
for (const runs of [1_000, 100_000]) {
  const parent = new Parent(runs, all ? runs : 1);
  const run = parent.start();
  if ((await run.output) !== runs) throw new Error('not all ran');
  await new Promise((resolve) => setImmediate(resolve));
  print(runs);
}
