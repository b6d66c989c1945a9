import { Loop } from 'loopchart';
import { Count, drive, Runs } from './counters.ts';
import { type Case, collectAll, compare, digits, spread, time } from './measure.ts';

/** Looks at the heap between two steps, while the run goes on. */
class Weighed extends Count {
  readonly heap = new Map<number, number>();
  readonly #at: number[];

  constructor(at: number[]) {
    super({ steps: at.at(-1)! + 1 });
    this.#at = at;
  }

  override advance(): void {
    super.advance();
    if (!this.#at.includes(this.state.n)) return;
    collectAll();
    this.heap.set(this.state.n, process.memoryUsage().heapUsed);
  }
}

const limit = 5;

export const heap: Case = {
  name: 'heap',
  async *rows() {
    for (const [name, inspect, early, late] of [
      ['heap after 10⁷ steps, unwatched', undefined, 1e5, 1e7],
      ['heap after 10⁵ steps, watched', () => {}, 1e4, 1e5],
    ] as const) {
      const loop = new Weighed([early, late]);
      await loop.start(inspect === undefined ? {} : { inspect }).output;
      const [before, after] = [loop.heap.get(early)! / 2 ** 20, loop.heap.get(late)! / 2 ** 20];
      yield {
        name,
        ours: `${digits(after)} MiB`,
        peerName: `after 10${early === 1e5 ? '⁵' : '⁴'} steps`,
        peer: `${digits(before)} MiB`,
        mark: `within ${limit} MB`,
        met: Math.abs(after - before) * 1.048576 <= limit,
      };
    }
  },
};

/** Runs a counter in each step, and weighs the heap after some of them. */
class RunsWeighed extends Runs {
  readonly heap: Map<number, number> = new Map();

  override async advance(): Promise<void> {
    await super.advance();
    const { n } = this.state;
    if (n !== 1e4 && n !== 1e6) return;
    collectAll();
    this.heap.set(n, process.memoryUsage().heapUsed);
  }
}

export const heapOfChildren: Case = {
  name: 'heap of child runs',
  async *rows() {
    const loop = new RunsWeighed({ steps: 1e6, inner: 1 });
    await loop.start().output;
    const [before, after] = [loop.heap.get(1e4)! / 2 ** 20, loop.heap.get(1e6)! / 2 ** 20];
    yield {
      name: 'heap after 10⁶ child runs, one a step',
      ours: `${digits(after)} MiB`,
      peerName: 'after 10⁴',
      peer: `${digits(before)} MiB`,
      mark: 'within 1 MB',
      met: (after - before) * 1.048576 <= 1,
    };
  },
};

/** Keeps what each step gave. */
class Collect extends Loop<number> {
  override state = { outputs: [] as number[] };
  /** Of each tenth of the steps, when it ended. */
  readonly times: number[] = [];
  readonly #steps: number;
  readonly #tenth: number;

  constructor(steps: number) {
    super();
    this.#steps = steps;
    this.#tenth = steps / 10;
  }

  get done(): boolean {
    return this.state.outputs.length >= this.#steps;
  }

  reset(): void {
    this.state = { outputs: [] };
    this.times.push(performance.now());
  }

  advance(): void {
    const { outputs } = this.state;
    outputs.push(outputs.length);
    if (outputs.length % this.#tenth === 0) this.times.push(performance.now());
  }

  override onRunEnd(): number {
    return this.state.outputs.length;
  }

  /** Nanoseconds a step, in a tenth of the run. */
  tenth(nth: number): number {
    return ((this.times[nth]! - this.times[nth - 1]!) * 1e6) / this.#tenth;
  }
}

export const growing: Case = {
  name: 'growing state',
  async *rows() {
    const count = 1_000_000;
    const tenths = { first: [] as number[], last: [] as number[] };
    const ours = {
      name: 'loopchart',
      count,
      async run() {
        const loop = new Collect(count);
        const length = await loop.run();
        tenths.first.push(loop.tenth(1));
        tenths.last.push(loop.tenth(10));
        return length;
      },
    };
    const peer = { name: 'plain `while`', count, run: () => drive(new Collect(count)) };
    yield await compare('state that grows to 10⁶ numbers, a step', ours, peer, 'report');
    const ratio = spread(tenths.last.map((last, i) => last / tenths.first[i]!));
    yield {
      name: 'its last tenth of steps',
      ours: time(spread(tenths.last).median),
      peerName: 'its first tenth',
      peer: time(spread(tenths.first).median),
      ratio,
      mark: '≤ 3×',
      met: ratio.median <= 3,
    };
  },
};
