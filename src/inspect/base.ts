import type { Commit, LoopContext, LoopStateValue } from '../chart/context.ts';
import type { Status } from '../chart/loop-actor.ts';
import type { Sighting, Standing } from '../recording/sighting.ts';
import type { Form } from './form.ts';

export interface Advanced {
  type: 'loop.advanced';
  steps: number;
  commit: Commit;
  done: boolean;
  ended?: unknown;
}

/** Whether the context after it can be told from the one before: see `advance` in the chart. */
export function isPlainStep({ event, value, status, context }: Sighting): boolean {
  return (
    event?.type === 'loop.advanced' &&
    value === 'advancing' &&
    status === 'active' &&
    context.pace === null &&
    (event as Advanced).ended === undefined &&
    (event as Advanced).commit.children !== undefined
  );
}

/** How a loop stood at the newest line about it that is held no more. Its steps are only counted, until somebody asks. */
export class Base implements Standing {
  seq = 0;
  value: LoopStateValue = 'entering';
  status: Status = 'active';
  #context: LoopContext;
  /** Steps since that context, and the last of them. */
  #steps = 0;
  #last: object | undefined;
  #form: Form | undefined;
  #numbers = new Float64Array(0);

  constructor(context: LoopContext) {
    this.#context = context;
  }

  get context(): LoopContext {
    if (this.#steps > 0) {
      const { commit, done } = (this.#last ?? JSON.parse(this.#form!.text(this.#numbers, 0))) as Advanced;
      const { state, progress, children, restarting } = commit;
      const steps = this.#context.steps + this.#steps;
      this.stand({ ...this.#context, state, progress, children: children!, restarting, steps, done, inFlight: null });
    }
    return this.#context;
  }

  stand(context: LoopContext): void {
    this.#context = context;
    this.#steps = 0;
  }

  /** A step was taken, which is told by its event, or by its form and numbers. */
  step(steps: number, event: object | undefined, form: Form | undefined, tape: Float64Array, at: number): void {
    this.#steps += steps;
    this.#last = event;
    this.#form = form;
    if (form === undefined) return;
    if (this.#numbers.length < form.count) this.#numbers = new Float64Array(form.count);
    for (let i = 0; i < form.count; i++) this.#numbers[i] = tape[at + i]!;
  }
}
