import { isPending, isTrue, readDone, refuseIterator } from '../data/returned.ts';
import { now } from '../time/clock.ts';
import { waitsSoFar } from '../time/turn.ts';
import { overrides } from '../tree/any-loop.ts';
import { enterHook, leaveHook } from './in-hook.ts';
import type { Runner } from './runner.ts';

/** How many steps may go by between two looks at the clock. */
const sprint = 128;

/** The hooks of a step. */
export type StepHook = 'onAdvanceStart' | 'advance' | 'onAdvanceEnd';

/** A hook that has been called; what it returned may be a promise. */
export interface Begun {
  hook: StepHook;
  result: unknown;
}

/** Steps of a loop, one after another. Of a loop without children nobody need hear between two of them. */
export class Burst {
  /** The run has been aborted, or another drives it now: no further hook is called. */
  stopped = false;
  /** Looked at after every step: somebody wants something between two of them. */
  attention = false;
  /** What `done` said last. */
  done = false;
  /** No whole iteration yet. */
  first = true;
  /** The hook that is awaited. */
  hook: StepHook | undefined;

  readonly #running: Runner;

  constructor(running: Runner) {
    this.#running = running;
  }

  /** For the steps of another run. */
  renew(): void {
    this.stopped = false;
    this.attention = false;
    this.done = false;
    this.first = true;
    this.hook = undefined;
  }

  /**
   * Takes up to `limit` steps, for as long as no hook returns a promise and there is time. Steps may turn slow in the
   * middle of a burst that was measured by quick ones: it looks at the clock now and then.
   * @returns the hook that returned a promise, or in which the run was stopped
   */
  sprint(limit: number, deadline: number): Begun | undefined {
    // Once for all steps: to note it at each would cost a good part of one.
    const before = enterHook(this.#running);
    try {
      if (limit <= sprint) return this.#sprint(limit);
      for (let left = limit; left > 0; left -= sprint) {
        const slow = this.#sprint(Math.min(left, sprint));
        if (slow !== undefined || this.done || this.attention || now() >= deadline) return slow;
      }
      return undefined;
    } finally {
      leaveHook(before);
    }
  }

  /** An async function takes half as long again for a step, and awaiting what is no promise ten times. */
  #sprint(limit: number): Begun | undefined {
    const running = this.#running;
    const { loop, args } = running;
    const bare = args.length === 0;
    const hasStart = overrides(loop, 'onAdvanceStart');
    const hasEnd = overrides(loop, 'onAdvanceEnd');
    let left = limit;
    let { first } = this;
    // Each line of this costs a good part of a step: a stop is an attention, so that one look is enough.
    do {
      let result: unknown;
      if (hasStart) {
        result = bare ? loop.onAdvanceStart() : loop.onAdvanceStart(...args);
        if (result !== undefined && isPending(loop, 'onAdvanceStart', result))
          return { hook: 'onAdvanceStart', result };
        if (this.stopped) return { hook: 'onAdvanceStart', result };
      }
      result = bare ? loop.advance() : loop.advance(...args);
      if (result !== undefined && isPending(loop, 'advance', result)) return { hook: 'advance', result };
      if (this.attention && this.stopped) return { hook: 'advance', result };
      if (hasEnd) {
        result = bare ? loop.onAdvanceEnd() : loop.onAdvanceEnd(...args);
        if (result !== undefined && isPending(loop, 'onAdvanceEnd', result)) return { hook: 'onAdvanceEnd', result };
        if (this.stopped) return { hook: 'onAdvanceEnd', result };
      }
      if (first) {
        this.wholeIteration();
        first = false;
      }
      running.uncommitted++;
      const done: unknown = loop.done;
      if (done && isTrue(loop, 'done', done)) {
        this.done = true;
        return undefined;
      }
    } while (--left > 0 && !this.attention);
    return undefined;
  }

  /** The same, awaiting what is a promise. A step that has waited for something outside is the last. */
  async walk(limit: number): Promise<void> {
    const waits = waitsSoFar();
    const running = this.#running;
    const { loop, args } = running;
    const bare = args.length === 0;
    const hasStart = overrides(loop, 'onAdvanceStart');
    const hasEnd = overrides(loop, 'onAdvanceEnd');
    let left = limit;
    do {
      let result: unknown;
      if (hasStart) {
        this.hook = 'onAdvanceStart';
        result = this.call('onAdvanceStart');
        if (result !== undefined && isPending(loop, 'onAdvanceStart', result)) {
          refuseIterator(loop, 'onAdvanceStart', await result);
        }
        if (this.stopped) return;
      }
      this.hook = 'advance';
      // As `call` does: this is the step that is taken by the million.
      const before = enterHook(running);
      try {
        result = bare ? loop.advance() : loop.advance(...args);
      } finally {
        leaveHook(before);
      }
      if (result !== undefined && isPending(loop, 'advance', result)) refuseIterator(loop, 'advance', await result);
      if (this.attention && this.stopped) return;
      if (hasEnd) {
        this.hook = 'onAdvanceEnd';
        result = this.call('onAdvanceEnd');
        if (result !== undefined && isPending(loop, 'onAdvanceEnd', result)) {
          refuseIterator(loop, 'onAdvanceEnd', await result);
        }
        if (this.stopped) return;
      }
      this.hook = undefined;
      if (this.first) this.wholeIteration();
      running.uncommitted++;
      const done: unknown = loop.done;
      if (done && isTrue(loop, 'done', done)) {
        this.done = true;
        return;
      }
    } while (--left > 0 && !this.attention && waitsSoFar() === waits);
  }

  /** The rest of a step that is under way. */
  async finish({ hook, result }: Begun): Promise<void> {
    const { loop } = this.#running;
    const hasEnd = overrides(loop, 'onAdvanceEnd');
    let at = hook;
    let returned = result;
    for (;;) {
      this.hook = at;
      if (isPending(loop, at, returned)) refuseIterator(loop, at, await returned);
      if (this.stopped) return;
      if (at === 'onAdvanceEnd' || (at === 'advance' && !hasEnd)) break;
      at = at === 'onAdvanceStart' ? 'advance' : 'onAdvanceEnd';
      returned = this.call(at);
    }
    this.hook = undefined;
    this.wholeIteration();
    this.#running.uncommitted++;
    this.done = readDone(loop);
  }

  call(hook: StepHook): unknown {
    const { loop, args } = this.#running;
    const before = enterHook(this.#running);
    try {
      return args.length === 0 ? loop[hook]() : loop[hook](...args);
    } finally {
      leaveHook(before);
    }
  }

  wholeIteration(): void {
    this.first = false;
    this.#running.committed();
    if (this.#running.loop.restarting) this.#running.loop.restarting = false;
  }
}
