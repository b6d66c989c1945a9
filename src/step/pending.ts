import type { Asked } from '../chart/journal.ts';
import type { How } from './remembered.ts';

/**
 * A promise that knows whether anybody awaits it. Whatever does, `await`, `then`, `Promise.race` and their like, first asks
 * a promise for its constructor; and where that is `Promise`, `await` takes it without a detour over `then`.
 */
class AwaitedPromise extends Promise<unknown> {
  awaited = false;
}

Object.defineProperty(AwaitedPromise.prototype, 'constructor', {
  get(this: AwaitedPromise) {
    this.awaited = true;
    return Promise;
  },
});

/** Of the promise that is being made: a function of its own for each would cost as much again. */
let resolving: (value: unknown) => void;
let rejecting: (reason: unknown) => void;
const take = (resolve: (value: unknown) => void, reject: (reason: unknown) => void): void => {
  resolving = resolve;
  rejecting = reject;
};

/** Calls back when a promise is settled, which does not count as awaiting it. */
export function unnoticed(promise: AwaitedPromise, then: () => void): void {
  const { awaited } = promise;
  promise.then(then, then);
  promise.awaited = awaited;
}

/** Something that a step has asked for and is not given yet: a run of a child, or what a `once` gives. */
export class Pending {
  readonly promise: AwaitedPromise;
  readonly #resolve: (output: unknown) => void;
  readonly #reject: (error: unknown) => void;

  constructor() {
    this.promise = new AwaitedPromise(take);
    this.#resolve = resolving;
    this.#reject = rejecting;
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
    unnoticed(this.promise, () => {});
  }
}

/** A run of a child that a step asks for. */
export type AskedRun = Omit<Asked, 'at'> & { run: string };

/** The run of the child, as far as the step that asked for it has to do with it. */
export interface ChildThatRuns {
  readonly ended: boolean;
  /** Nothing more runs there or below. */
  abort(reason: unknown): void;
}

/** A run of a child. */
export class PendingRun extends Pending {
  /** Of the field that holds the child. */
  readonly name: string;
  readonly args: unknown[];
  /** The child may run: all that is remembered has been given. */
  begun = false;
  /** The loop itself tells how it ended; otherwise the machine's context does. */
  attached = false;
  /** Once the child's first hook is about to begin. */
  running: ChildThatRuns | undefined = undefined;

  constructor(name: string, args: unknown[]) {
    super();
    this.name = name;
    this.args = args;
  }

  override reject(error: unknown): void {
    this.quiet();
    super.reject(error);
  }
}
