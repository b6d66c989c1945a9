import type { Running } from '../actors/running.ts';
import type { Asked } from '../chart/journal.ts';
import type { How } from './remembered.ts';

/** A promise that knows whether anybody awaits it, also by `Promise.race` and its like. */
class AwaitedPromise extends Promise<unknown> {
  awaited = false;

  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  // biome-ignore lint/suspicious/noThenProperty: a promise that takes note
  override then<A, B>(onFulfilled?: any, onRejected?: any): Promise<A | B> {
    this.awaited = true;
    return super.then(onFulfilled, onRejected);
  }
}

/** Something that a step has asked for and is not given yet: a run of a child, or what a `once` gives. */
export class Pending {
  readonly promise: AwaitedPromise;
  #resolve!: (output: unknown) => void;
  #reject!: (error: unknown) => void;

  constructor() {
    this.promise = new AwaitedPromise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  resolve(output: unknown): void {
    this.#resolve(output);
  }

  reject(error: unknown): void {
    this.#reject(error);
  }

  settle(how: How): void {
    if ('error' in how) this.reject(how.error);
    else this.resolve(how.output);
  }

  /** Whoever did not await it could not have handled its failure either, which is looked after elsewhere. */
  quiet(): void {
    Promise.prototype.then.call(this.promise, undefined, () => {});
  }
}

/** A run of a child that a step asks for. */
export type AskedRun = Omit<Asked, 'at'> & { run: string };

/** A run of a child. */
export class PendingRun extends Pending {
  readonly args: unknown[];
  /** The child may run: all that is remembered has been given. */
  begun = false;
  /** The loop itself tells how it ended; otherwise the machine's context does. */
  attached = false;
  /** Once the child's first hook is about to begin. */
  running: Running | undefined = undefined;

  constructor(args: unknown[]) {
    super();
    this.args = args;
  }

  override reject(error: unknown): void {
    this.quiet();
    super.reject(error);
  }
}
