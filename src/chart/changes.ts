import { describeError } from '../data/error-codec.ts';
import {
  type Commit,
  childEnded,
  counted,
  freshContext,
  givenBy,
  isEnvelope,
  type LoopContext,
  report,
  stepsOf,
  value,
} from './context.ts';
import { type Asked, ask, emptyJournal, give, plainReason, resultOf } from './journal.ts';

/*
 * What becomes of the context: the chart in `machine.ts` says on which event, by these names. All of it is pure and reads
 * the context and the event alone, so that a recording replays without the loop.
 */

/** What guards and changes go by. */
export interface Step {
  context: LoopContext;
  event: any;
}

/** Gives the parts of the context that change. */
export type Change = (step: Step) => Partial<LoopContext>;

/** Something that was asked for inside of a `once`, or not; perhaps to wait. */
function asking(what: Omit<Asked, 'at'>, event: Pick<Asked, 'in' | 'wait' | 'until'>): Omit<Asked, 'at'> {
  const { in: within, wait, until } = event;
  const asked = within === undefined ? what : { ...what, in: within };
  if (wait === undefined) return asked;
  return until === undefined ? { ...asked, wait } : { ...asked, wait, until };
}

export const changes: { readonly [name: string]: Change } = {
  /** A hook has completed: what it left behind is the state now. */
  commit: ({ event }) => {
    const told = report(event);
    if (told === undefined) return { inFlight: null };
    const change = { ...told.commit, begun: true, inFlight: null };
    return told.ended ? { ...change, ended: told.ended } : change;
  },
  skip: () => ({ skipped: true }),
  readDone: ({ event }) => {
    const done = value(event);
    return typeof done === 'boolean' ? { done } : {};
  },
  advance: ({ context, event }) => {
    // Runs at every step that is watched: a literal is made in a tenth of the time that spreading takes.
    const { state, progress, children, restarting } = event.commit as Commit;
    return {
      state,
      progress,
      children: children ?? context.children,
      restarting,
      steps: context.steps + event.steps,
      done: event.done,
      inFlight: null,
      pace: context.pace === null ? null : Math.max(0, context.pace - counted(context, event)),
      ended: event.ended ?? context.ended,
    };
  },
  forwarded: ({ context, event }) => {
    const change: Partial<LoopContext> = {
      ...event.commit,
      begun: true,
      done: event.done,
      steps: context.steps + event.steps,
      inFlight: event.inFlight ?? null,
    };
    if (event.ended) change.ended = event.ended;
    if (event.to === 'skipped') change.skipped = true;
    return change;
  },
  /** What the loop had come to while nobody looked. */
  shown: ({ context, event }) => ({
    ...event.commit,
    steps: context.steps + event.steps,
    inFlight: event.inFlight,
  }),
  hooked: ({ context, event }) => {
    const { hooks, ran } = context.inFlight ?? emptyJournal;
    // What a completed hook got is asked for no more; what it did is committed.
    return { ...event.commit, inFlight: { ...emptyJournal, hooks: [...hooks, event.hook], ran } };
  },
  onceBegan: ({ context, event }) => {
    if (event.step !== context.steps) return {};
    return { inFlight: ask(context.inFlight, asking({ once: event.key }, event)) };
  },
  once: ({ context, event }) => {
    // Where steps are committed by the slice, the state may be older than the step: then the step's results do not belong to it.
    if (event.step !== context.steps) return {};
    return { inFlight: give(context.inFlight, asking({ once: event.key }, event), resultOf(event)) };
  },
  childBegan: ({ context, event }) => {
    const { child: run, args } = event;
    const what = asking(args === null ? { run } : { run, args }, event);
    const running = [...context.running, event.child];
    // It ran already, and is in the journal, when somebody looked.
    return event.known === true ? { running } : { running, inFlight: ask(context.inFlight, what) };
  },
  /** A child loop has finished. One that is none, put in its place by `provide()`, tells nothing but its output. */
  childDone: ({ context, event }) => {
    const { output, actorId } = event;
    return isEnvelope(output) ? childEnded(context, actorId, output) : childEnded(context, actorId, event);
  },
  childLeft: ({ context, event }) => childEnded(context, event.child ?? event.actorId, event),
  childrenLeft: () => ({ running: [] }),
  give: ({ context, event }) => ({ given: [...(context.given ?? []), givenBy(event)] }),
  /** A step has got it, and its journal has it now. */
  taken: ({ context, event }) => {
    const given = [...(context.given ?? [])];
    const at = given.findIndex(({ key }) => key === event.key);
    if (at >= 0) given.splice(at, 1);
    return { given };
  },
  pause: () => ({ pace: 0 }),
  resume: () => ({ pace: null }),
  step: ({ context, event }) => ({ pace: context.running.length > 0 ? 0 : stepsOf(event) }),
  stop: ({ context, event }) => ({ stop: context.stop ?? { reason: plainReason(event.reason) } }),
  fail: ({ context, event }) => {
    return { ...(event.commit ?? {}), steps: context.steps + (event.steps ?? 0), error: describeError(event.error) };
  },
  abort: ({ event }) => ({ error: describeError(event.reason ?? 'aborted') }),
};

/**
 * The context with some parts changed; all keys stay where they are. The same as `Object.assign({}, context, change)`, in
 * a tenth of the time where the keys are those that a context has. (Symbols are not looked for: a context is plain data.)
 */
export function changed(context: LoopContext, change: Partial<LoopContext>): LoopContext {
  return hasTheKeys(context) ? Object.assign(copied(context), change) : Object.assign({}, context, change);
}

function copied(context: LoopContext): LoopContext {
  const { name, args, begun, state, progress, children, running, steps, done, restarting } = context;
  const { inFlight, pace, stop, ended, skipped, error } = context;
  // biome-ignore format: one literal
  return { name, args, begun, state, progress, children, running, steps, done, restarting, inFlight, pace, stop, ended, skipped, error };
}

const keys: readonly string[] = Object.keys(copied(freshContext([])));

/** These keys, in this order, and no others: contexts of recordings and of other copies of the library may have others. */
function hasTheKeys(context: object): boolean {
  let at = 0;
  for (const key in context) if (key !== keys[at++]) return false;
  return at === keys.length;
}
