import { Loop } from 'loopchart';

/** One counter increment per step. */
export class Count extends Loop<number> {
  override state = { n: 0 };
  readonly #steps: number;

  constructor(init: { steps: number }) {
    super(init);
    this.#steps = init.steps;
  }

  get done(): boolean {
    return this.state.n >= this.#steps;
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

/** The same, but each step is awaited. */
export class CountAsync extends Loop<number> {
  override state = { n: 0 };
  readonly #steps: number;

  constructor(init: { steps: number }) {
    super(init);
    this.#steps = init.steps;
  }

  get done(): boolean {
    return this.state.n >= this.#steps;
  }

  reset(): void {
    this.state.n = 0;
  }

  async advance(): Promise<void> {
    this.state.n++;
  }

  override onRunEnd(): number {
    return this.state.n;
  }
}

/** A loop whose step runs another to its end: as many runs as it has steps. */
export class Runs extends Loop<number> {
  override state = { n: 0, sum: 0 };
  readonly inner: Loop<number>;
  readonly #steps: number;

  /** @param init `inner`: what it runs, or how many steps the counter has that it runs */
  constructor(init: { steps: number; inner: number | Loop<number> }) {
    super(init);
    this.#steps = init.steps;
    this.inner = typeof init.inner === 'number' ? new Count({ steps: init.inner }) : init.inner;
  }

  get done(): boolean {
    return this.state.n >= this.#steps;
  }

  reset(): void {
    this.state = { n: 0, sum: 0 };
  }

  async advance(): Promise<void> {
    const { state } = this;
    state.sum += await this.inner.run();
    state.n++;
  }

  override onRunEnd(): number {
    return this.state.sum;
  }
}

/** A loop whose hooks return no promises. */
export interface Sync extends Loop<number> {
  reset(): void;
  advance(): void;
  onRunEnd(): number;
}

/** What a loop's run stands for. */
export function drive(loop: Sync): number {
  loop.reset();
  void loop.onRunStart();
  while (!loop.done) {
    void loop.onAdvanceStart();
    loop.advance();
    void loop.onAdvanceEnd();
  }
  return loop.onRunEnd();
}
