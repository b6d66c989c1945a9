import { isTrue, readDone, refuseIterator } from '../data/returned.ts';
import { now } from '../time/clock.ts';
import { waitsSoFar } from '../time/turn.ts';
import { overrides, ownHooks } from '../tree/any-loop.ts';
import { enterHook, leaveHook } from './in-hook.ts';
import { isAwaited } from './is-awaited.ts';
import type { Runner } from './runner.ts';

/** How many steps may go by between two looks at the clock; so many at first, while nobody knows how long they take. */
const [stepsPerLook, firstStepsPerLook] = [128, 8] as const;

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
  /** How many steps there are before the next look at the clock. */
  #ahead: number = firstStepsPerLook;

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
      for (let left = limit; ; ) {
        const ahead = this.#ahead;
        const slow = this.#sprint(left < ahead ? left : ahead);
        left -= ahead;
        if (left <= 0 || slow !== undefined || this.done || this.attention) return slow;
        if (now() >= deadline) {
          this.#ahead = firstStepsPerLook;
          return slow;
        }
        if (ahead < stepsPerLook) this.#ahead = ahead * 2;
      }
    } finally {
      leaveHook(before);
    }
  }

  #sprint(limit: number): Begun | undefined {
    if (!this.#onlyAdvances()) return this.#anySteps(limit);
    if (!this.first) return this.#bareSteps(limit);
    const slow = this.#anySteps(1);
    const isOver = limit === 1 || slow !== undefined || this.done || this.attention;
    return isOver ? slow : this.#bareSteps(limit - 1);
  }

  /** Whether a step is one call of `advance`, without arguments. */
  #onlyAdvances(): boolean {
    const { loop, args } = this.#running;
    const { onAdvanceStart, onAdvanceEnd } = loop[ownHooks];
    return args.length === 0 && loop.onAdvanceStart === onAdvanceStart && loop.onAdvanceEnd === onAdvanceEnd;
  }

  /**
   * The steps of which there are most. This is a function of its own, and short, so that the compiler puts the loop's own
   * code into it: each line more costs a good part of a step.
   */
  #bareSteps(limit: number): Begun | undefined {
    const running = this.#running;
    const { loop } = running;
    let taken = 0;
    do {
      const result: unknown = loop.advance();
      if (result !== undefined && isAwaited(running, 'advance', result)) return { hook: 'advance', result };
      // A stop is an attention, so that one look is enough.
      if (this.attention && this.stopped) return { hook: 'advance', result };
      // In the step itself others may ask how many there were, or be told of them.
      running.uncommitted++;
      const done: unknown = loop.done;
      if (done) {
        this.done = isTrue(loop, 'done', done);
        return undefined;
      }
    } while (++taken < limit && !this.attention);
    return undefined;
  }

  /** Steps with all their hooks. It is not async, which would cost half a step more; and an `await` of what is no promise, ten. */
  #anySteps(limit: number): Begun | undefined {
    const running = this.#running;
    const { loop, args } = running;
    const bare = args.length === 0;
    const hasStart = overrides(loop, 'onAdvanceStart');
    const hasEnd = overrides(loop, 'onAdvanceEnd');
    let taken = 0;
    do {
      let result: unknown;
      if (hasStart) {
        result = bare ? loop.onAdvanceStart() : loop.onAdvanceStart(...args);
        if (result !== undefined && isAwaited(running, 'onAdvanceStart', result))
          return { hook: 'onAdvanceStart', result };
        if (this.stopped) return { hook: 'onAdvanceStart', result };
      }
      result = bare ? loop.advance() : loop.advance(...args);
      if (result !== undefined && isAwaited(running, 'advance', result)) return { hook: 'advance', result };
      if (this.stopped) return { hook: 'advance', result };
      if (hasEnd) {
        result = bare ? loop.onAdvanceEnd() : loop.onAdvanceEnd(...args);
        if (result !== undefined && isAwaited(running, 'onAdvanceEnd', result)) return { hook: 'onAdvanceEnd', result };
        if (this.stopped) return { hook: 'onAdvanceEnd', result };
      }
      if (this.first) this.wholeIteration();
      running.uncommitted++;
      const done: unknown = loop.done;
      if (done) {
        this.done = isTrue(loop, 'done', done);
        return undefined;
      }
    } while (++taken < limit && !this.attention);
    return undefined;
  }

  /**
   * As `sprint`, awaiting what is a promise. A step that has waited for something outside is the last. It ends with none
   * under way, unless the run was stopped: `hook` is the one that it was in then.
   */
  walk(limit: number, deadline: number): Promise<void> {
    const isBare = !this.first && this.#onlyAdvances();
    return isBare ? this.#bareWalk(limit, deadline) : this.#anyWalk(limit, deadline);
  }

  /** An async function costs by what it keeps over an `await`: so this one does nothing but to await. */
  async #bareWalk(limit: number, deadline: number): Promise<void> {
    const waits = waitsSoFar();
    let taken = 0;
    do {
      const result = this.#advance();
      // To await what is no promise would cost as much as some steps.
      const value = result === undefined ? undefined : await result;
      if (!this.#advanced(value)) return;
    } while (++taken < limit && waitsSoFar() === waits && !isLate(taken, deadline));
  }

  /** @returns a promise to wait for, if there is one */
  #advance(): PromiseLike<unknown> | undefined {
    const running = this.#running;
    const { loop } = running;
    this.hook = 'advance';
    const before = enterHook(running);
    let result: unknown;
    try {
      result = loop.advance();
    } finally {
      leaveHook(before);
    }
    return result !== undefined && isAwaited(running, 'advance', result) ? result : undefined;
  }

  /** @param value what the promise gave. @returns whether there may be a next step */
  #advanced(value: unknown): boolean {
    if (value !== undefined) refuseIterator(this.#running.loop, 'advance', value);
    return !(this.attention && this.stopped) && this.#whole();
  }

  /** A step that was awaited is over. @returns whether there may be a next one */
  #whole(): boolean {
    const running = this.#running;
    const { loop } = running;
    this.hook = undefined;
    if (this.first) this.wholeIteration();
    running.uncommitted++;
    const done: unknown = loop.done;
    if (done) this.done = isTrue(loop, 'done', done);
    return !done && !this.attention;
  }

  /** Steps with all their hooks. */
  async #anyWalk(limit: number, deadline: number): Promise<void> {
    const waits = waitsSoFar();
    const { loop } = this.#running;
    const hasStart = overrides(loop, 'onAdvanceStart');
    const hasEnd = overrides(loop, 'onAdvanceEnd');
    let taken = 0;
    do {
      if (hasStart) {
        const started = this.#begin('onAdvanceStart');
        if (started !== undefined) refuseIterator(loop, 'onAdvanceStart', await started);
        if (this.stopped) return;
      }
      const advanced = this.#begin('advance');
      if (advanced !== undefined) refuseIterator(loop, 'advance', await advanced);
      if (this.stopped) return;
      if (hasEnd) {
        const ended = this.#begin('onAdvanceEnd');
        if (ended !== undefined) refuseIterator(loop, 'onAdvanceEnd', await ended);
        if (this.stopped) return;
      }
      if (!this.#whole()) return;
    } while (++taken < limit && waitsSoFar() === waits && !isLate(taken, deadline));
  }

  /** Calls a hook that is awaited. @returns a promise to wait for, if there is one */
  #begin(hook: StepHook): PromiseLike<unknown> | undefined {
    this.hook = hook;
    const result = this.call(hook);
    return result !== undefined && isAwaited(this.#running, hook, result) ? result : undefined;
  }

  /** The rest of a step that is under way. */
  async finish({ hook, result }: Begun): Promise<void> {
    const { loop } = this.#running;
    const hasEnd = overrides(loop, 'onAdvanceEnd');
    let at = hook;
    let returned = result;
    for (;;) {
      this.hook = at;
      if (isAwaited(this.#running, at, returned)) refuseIterator(loop, at, await returned);
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
    this.#running.unit?.checkRerun();
    this.#running.committed();
    if (this.#running.loop.restarting) this.#running.loop.restarting = false;
  }
}

/** Looks at the clock now and then. */
function isLate(taken: number, deadline: number): boolean {
  return taken % stepsPerLook === 0 && now() >= deadline;
}
