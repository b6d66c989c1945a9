import type { Asked } from '../chart/journal.ts';
import type { How } from './remembered.ts';

/** `then` asks what class the promise is to be of that it makes. */
let chaining = false;
/** What a promise is being made for. */
let making: Pending | undefined;

/**
 * A promise that tells what it was made for when somebody awaits it, or what `then` has made of it. Whatever does, `await`,
 * `then`, `Promise.race` and their like, first asks a promise for its constructor; and where that is `Promise`, `await` takes
 * it without a detour over `then`.
 */
class AwaitedPromise extends Promise<unknown> {
  pending: Pending | undefined = making;

  // biome-ignore lint/suspicious/noThenProperty: it is a promise.
  override then(onFulfilled?: any, onRejected?: any): Promise<any> {
    const { pending } = this;
    making = pending;
    chaining = true;
    const made = super.then(onFulfilled, onRejected) as AwaitedPromise;
    chaining = false;
    making = undefined;
    pending?.chained(made);
    return made;
  }
}

Object.defineProperty(AwaitedPromise.prototype, 'constructor', {
  get(this: AwaitedPromise) {
    if (chaining) return AwaitedPromise;
    const { pending } = this;
    if (pending !== undefined) pending.isAwaited();
    return Promise;
  },
});

/** Of that promise: a function of its own for each would cost as much again. */
let resolving: (value: unknown) => void;
let rejecting: (reason: unknown) => void;
const taken = (): void => {};
const take = (resolve: (value: unknown) => void, reject: (reason: unknown) => void): void => {
  resolving = resolve;
  rejecting = reject;
};

/** Calls back when a promise is settled, which does not count as awaiting it. */
function unnoticed(promise: AwaitedPromise, then: () => void): void {
  const { pending } = promise;
  promise.pending = undefined;
  Promise.prototype.then.call(promise, then, then);
  promise.pending = pending;
}

/** Where things are asked for: a hook or a step. */
export interface AsksFor {
  /** What its code, or that of a function which it has called, has come to an `await` of last. */
  lastAwaited: Pending | undefined;
}

/** Something that a step has asked for and is not given yet: a run of a child, or what a `once` gives. */
export class Pending {
  readonly promise: Promise<unknown>;
  /** Whether anybody awaits it. */
  awaited = false;
  /** It has been given. */
  isOver = false;
  readonly #unit: AsksFor;
  /** What `then` has made of the promise. */
  #made: AwaitedPromise[] | undefined = undefined;
  readonly #resolve: (output: unknown) => void;
  readonly #reject: (error: unknown) => void;

  constructor(unit: AsksFor) {
    this.#unit = unit;
    making = this;
    this.promise = new AwaitedPromise(take);
    making = undefined;
    this.#resolve = resolving;
    this.#reject = rejecting;
    // Nothing here keeps a run that has ended.
    resolving = rejecting = taken;
  }

  /** It is awaited; by `await`, unless `then` is called next. */
  isAwaited(): void {
    this.awaited = true;
    this.#unit.lastAwaited = this;
  }

  /** It was `then`, or `Promise.all` and its like, which ask for the constructor as well. */
  chained(made: AwaitedPromise): void {
    this.awaited = true;
    if (this.#unit.lastAwaited === this) this.#unit.lastAwaited = undefined;
    this.#made ??= [];
    this.#made.push(made);
  }

  /** Calls back when it is given, which does not count as awaiting it. */
  whenOver(then: () => void): void {
    unnoticed(this.promise as AwaitedPromise, then);
  }

  resolve(output: unknown): void {
    this.isOver = true;
    this.#resolve(output);
  }

  reject(error: unknown): void {
    this.isOver = true;
    this.#reject(error);
  }

  settle(how: How): void {
    if ('error' in how) this.reject(how.error);
    else this.resolve(how.output);
  }

  /** It is given nothing any more. Whoever did not come to await it, or what was made of it, could not have handled that. */
  abandon(reason: unknown): void {
    this.whenOver(() => {});
    for (const made of this.#made ?? []) unnoticed(made, () => {});
    this.reject(reason);
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
  /** What the journal has of it. */
  readonly what: AskedRun;
  /** The child may run: all that is remembered has been given. */
  begun = false;
  /** The loop itself tells how it ended; otherwise the machine's context does. */
  attached = false;
  /** Once the child's first hook is about to begin. */
  running: ChildThatRuns | undefined = undefined;

  constructor(unit: AsksFor, what: AskedRun, args: unknown[]) {
    super(unit);
    this.name = what.run;
    this.args = args;
    this.what = what;
  }

  /** Whoever did not await it could not have handled its failure either, which is looked after by the step. */
  override reject(error: unknown): void {
    this.whenOver(() => {});
    super.reject(error);
  }
}
