import { Loop } from 'loopchart';

/** Counts to `to`. */
export class Counter extends Loop<number, any[]> {
  override state = { n: 0 };
  to: number;

  constructor(to = 3) {
    super();
    this.to = to;
  }

  get done(): boolean {
    return this.state.n >= this.to;
  }

  reset(..._args: any[]): void | Promise<void> {
    this.state.n = 0;
  }

  advance(..._args: any[]): void | Promise<void> {
    this.state.n++;
  }

  override onRunEnd(..._args: any[]): number | Promise<number> {
    return this.state.n;
  }
}

/** A loop that runs `child` once per step. */
export function nest(child: Loop<any, any>, steps = 1): Counter & { child: Loop<any, any> } {
  class Nest extends Counter {
    readonly child: Loop<any, any> = child;
    override async advance() {
      this.state.n++;
      await this.child.run();
    }
  }
  return new Nest(steps);
}
