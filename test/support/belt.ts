import { Loop, type Stateful } from 'loopchart';
import { turn } from './loops.ts';

/** What one loop hands to another that runs beside it. It is in no checkpoint: after a resume it is filled from the states. */
export class Belt {
  items: number[] = [];
  #wake: (() => void)[] = [];

  put(item: number): void {
    this.items.push(item);
    for (const wake of this.#wake.splice(0)) wake();
  }

  async take(): Promise<number> {
    while (this.items.length === 0) await new Promise<void>((resolve) => this.#wake.push(resolve));
    return this.items.shift()!;
  }
}

/** A model that must not be captured while somebody is changing it. */
export class Model implements Stateful {
  sum = 0;
  busy = false;
  /** What was captured while it was being changed. */
  halfDone = 0;

  stateDict() {
    if (this.busy) this.halfDone++;
    return { sum: this.sum };
  }

  loadStateDict(dict: { sum: number }) {
    this.sum = dict.sum;
  }

  async change(by: () => Promise<number>): Promise<number> {
    this.busy = true;
    const item = await by();
    this.sum += item;
    this.busy = false;
    return item;
  }
}

/** Puts every second number on the belt. */
export class Producer extends Loop {
  override state = { n: 0 };
  belt!: Belt;
  rebuild = (): void => {};
  readonly #awaited: { n: number; resolve(): void }[] = [];

  get done() {
    return this.state.n >= 20;
  }

  /** Resolves in the step that this number is come to. */
  reaches(n: number): Promise<void> {
    return new Promise((resolve) => this.#awaited.push({ n, resolve }));
  }

  come(): void {
    for (const { n, resolve } of this.#awaited) if (n <= this.state.n) resolve();
  }

  reset() {
    this.state.n = 0;
  }

  override onRestart() {
    this.rebuild();
  }

  async advance() {
    await turn();
    this.state.n++;
    if (this.state.n % 2 === 0) this.belt.put(this.state.n);
    this.come();
  }
}

/** Takes a number from the belt in each step, and waits for it. */
export class Consumer extends Loop<number[]> {
  override state: { got: number[] } = { got: [] };
  belt!: Belt;
  model: Model | undefined;
  rebuild = (): void => {};

  get done() {
    return this.state.got.length >= 10;
  }

  reset(): void | Promise<void> {
    this.state.got = [];
  }

  override onRestart(): void | Promise<void> {
    this.rebuild();
  }

  async advance() {
    const take = () => this.belt.take();
    this.state.got.push(await (this.model === undefined ? take() : this.model.change(take)));
  }

  override onRunEnd(): number[] | Promise<number[]> {
    return this.state.got;
  }
}

/** Runs the two side by side, once. After a resume the belt is filled from the states of both. */
export class Pair extends Loop<number[]> {
  override state: { got: number[] } = { got: [] };
  producer: Producer;
  consumer: Loop<number[]> | Consumer;
  model: Model | undefined;

  constructor(producer = new Producer(), consumer = new Consumer()) {
    super();
    this.producer = producer;
    this.consumer = consumer;
    const belt = new Belt();
    producer.belt = belt;
    consumer.belt = belt;
    const fill = () => {
      const got = consumer.state.got.at(-1) ?? 0;
      belt.items = [];
      for (let item = got + 2; item <= producer.state.n; item += 2) belt.items.push(item);
    };
    let filled = false;
    producer.rebuild = () => {
      if (!filled) fill();
    };
    consumer.rebuild = () => {
      filled = true;
      fill();
    };
  }

  get done() {
    return this.state.got.length > 0;
  }

  reset() {
    this.state.got = [];
  }

  async advance() {
    const [, got] = await Promise.all([this.producer.run(), this.consumer.run()]);
    this.state.got = got;
  }

  override onRunEnd() {
    return this.state.got;
  }
}

/** What the consumer has got in the end. */
export const all: number[] = Array.from({ length: 10 }, (_, i) => 2 * i + 2);

/** A loop that runs another in its only step, so that the pair stands further down. */
export class Above extends Loop<number[]> {
  override state: { got: number[] } = { got: [] };
  below: Loop<number[]>;
  model: Model | undefined;

  constructor(below: Loop<number[]>) {
    super();
    this.below = below;
  }

  get done() {
    return this.state.got.length > 0;
  }

  reset() {
    this.state.got = [];
  }

  async advance() {
    this.state.got = await this.below.run();
  }

  override onRunEnd() {
    return this.state.got;
  }
}
