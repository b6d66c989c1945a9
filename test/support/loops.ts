import { Loop } from 'loopchart';

/** A turn of the event loop. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export class Count extends Loop<number, [by?: number]> {
  override state = { n: 0 };
  readonly limit: number;

  constructor(limit: number) {
    super();
    this.limit = limit;
  }

  get done() {
    return this.state.n >= this.limit;
  }

  reset() {
    this.state.n = 0;
  }

  async advance(by = 1) {
    this.state.n += by;
  }

  override onRunEnd() {
    return this.state.n;
  }
}

/** Gives way to others in the middle of each step. */
export class Slow extends Count {
  override async advance(by = 1) {
    await turn();
    this.state.n += by;
  }
}

/** Runs a child twice, two side by side, and draws once, in each of three steps. */
export class Family extends Loop<string, [greeting?: string]> {
  override state = { n: 0, told: '' };
  first: Count = new Slow(3);
  pair: Count[] = [new Slow(2), new Slow(4)];
  /** How often `once` was asked to draw: not part of the state. */
  draws = 0;

  get done() {
    return this.state.n >= 3;
  }

  reset() {
    this.state = { n: 0, told: '' };
  }

  async advance(greeting = 'hello') {
    this.state.n++;
    const parts = [greeting, await this.first.run()];
    parts.push(await this.once('draw', () => `draw ${++this.draws}`.slice(0, 4)));
    parts.push(await this.first.run(2));
    parts.push(...(await Promise.all(this.pair.map((loop) => loop.run()))));
    this.state.told += `${parts.join(' ')}; `;
  }

  override onRunEnd() {
    return this.state.told;
  }
}

/** What a whole run of `Family` returns. */
export function told(greeting = 'hello'): string {
  return `${greeting} 3 draw 4 2 4; `.repeat(3);
}

/** Takes so many steps, each of a turn of the event loop. */
export class Turns<Output = number> extends Loop<Output> {
  override state = { n: 0 };
  readonly steps: number;

  constructor(steps = 2) {
    super();
    this.steps = steps;
  }

  get done() {
    return this.state.n >= this.steps;
  }

  reset() {
    this.state.n = 0;
  }

  async advance() {
    await turn();
    this.state.n++;
  }

  override onRunEnd(): Output {
    return this.state.n as Output;
  }
}
