import type { StepHook } from '../step/burst.ts';

/**
 * How a hook that was in flight came out: not settled yet, if it had asked for children that it did not await. With what
 * `done` said, if that has been read since.
 */
export type HookEnd = { value: unknown; done?: boolean } | { error: unknown };

/**
 * A hook that was called while the run had no actor, and is still in flight now that it has one. The code that called it
 * awaits it, and then lets the actor go on from there, within its own call: so the hooks that follow are called in the
 * async context of the run, and not in that of whoever looked at it.
 */
export class Handover {
  /** Of a step, the hook that it has come to. */
  hook: StepHook | undefined;
  #end: HookEnd | undefined;
  #then: ((end: HookEnd) => void) | undefined;

  over(hook: StepHook | undefined, end: HookEnd): void {
    this.hook = hook;
    this.#end = end;
    this.#then?.(end);
  }

  whenOver(then: (end: HookEnd) => void): void {
    if (this.#end === undefined) this.#then = then;
    else then(this.#end);
  }
}
