import { Loop } from 'loopchart';
import { turn } from './loops.ts';

/** Writes down every hook with its arguments, and every read of `skip` and `done`. */
export class Traced extends Loop<string, unknown[]> {
  override state = { n: 0 };
  readonly log: string[] = [];
  steps: number;

  constructor(steps = 1) {
    super();
    this.steps = steps;
  }

  override get skip(): boolean {
    this.log.push('skip');
    return false;
  }

  get done(): boolean {
    this.log.push('done?');
    return this.state.n >= this.steps;
  }

  reset(...args: unknown[]): void | Promise<void> {
    this.state.n = 0;
    return this.trace('reset', args);
  }

  override onRunStart(...args: unknown[]): void | Promise<void> {
    return this.trace('onRunStart', args);
  }

  override onAdvanceStart(...args: unknown[]): void | Promise<void> {
    return this.trace('onAdvanceStart', args);
  }

  advance(...args: unknown[]): void | Promise<void> {
    this.state.n++;
    return this.trace('advance', args);
  }

  override onAdvanceEnd(...args: unknown[]): void | Promise<void> {
    return this.trace('onAdvanceEnd', args);
  }

  override onSkip(...args: unknown[]): string | Promise<string> {
    void this.trace('onSkip', args);
    return 'skipped';
  }

  override onRunEnd(...args: unknown[]): string | Promise<string> {
    const traced = this.trace('onRunEnd', args);
    return traced === undefined ? 'ended' : traced.then(() => 'ended');
  }

  protected trace(hook: string, args: unknown[]): void | Promise<void> {
    this.log.push(`${hook}(${args.join(', ')})`);
  }
}

/** The same with a promise in each hook. */
export class TracedAsync extends Traced {
  protected override async trace(hook: string, args: unknown[]): Promise<void> {
    this.log.push(`${hook}(${args.join(', ')})`);
    await turn();
    this.log.push(`${hook} resolved`);
  }
}

/** A loop with a child is run another way than one without: a child that is never asked to run changes nothing. */
export class TracedParent extends Traced {
  readonly child: Traced = new Traced();
}

export class TracedAsyncParent extends TracedAsync {
  readonly child: Traced = new Traced();
}

/** Starts a loop, with somebody who watches or without. */
export const start = (loop: Loop<any, any>, watched: boolean, ...args: unknown[]) =>
  loop.start({ args, ...(watched ? { inspect: () => {} } : {}) });
