import { type AnyActorRef, assign, createMachine, enqueueActions, stopChild } from 'xstate';
import { isEndLoop } from '../data/errors.ts';
import type { OwnActor } from '../tree/own-names.ts';
import { changes, type Step } from './changes.ts';
import {
  type ChildInput,
  counted,
  type Envelope,
  freshContext,
  type LoopContext,
  partOf,
  report,
  told,
  value,
} from './context.ts';
import { wholeArgs } from './journal.ts';
import { markChart } from './loop-actor.ts';
import type { LoopMachine } from './machine-type.ts';
import { parentActor } from './xstate-inner.ts';

/*
 * The chart that every loop compiles to. It is pure: guards and assigns read the event and the context, never the loop,
 * so that a recording replays without it. User code runs in the invoked actors; what it decided comes back in an event.
 */
/** What the chart does to other actors. A replay leaves it out: they have recordings of their own. */
export const effects: { readonly [name: string]: unknown } = {
  spawn: enqueueActions(({ context, event, enqueue }: { context: LoopContext; event: any; enqueue: any }) => {
    const input: ChildInput = {
      name: event.child,
      args: wholeArgs(event.args),
      pace: context.pace,
      stop: context.stop,
    };
    enqueue.spawnChild(event.child, { id: event.child, input });
  }),
  stopChild: stopChild(({ event }: Step) => event.child ?? event.actorId),
  stopChildren: enqueueActions(({ context, enqueue }: { context: LoopContext; enqueue: any }) => {
    for (const child of context.running) enqueue.stopChild(child);
  }),
  forward: enqueueActions(({ context, event, enqueue }: { context: LoopContext; event: any; enqueue: any }) => {
    for (const child of context.running) enqueue.sendTo(child, event);
  }),
  passUp: enqueueActions(({ event, enqueue, self }: { event: any; enqueue: any; self: AnyActorRef }) => {
    enqueue.sendTo(parentActor(self), event);
  }),
  /** The actor that takes the steps looks up from them. */
  tellSteps: enqueueActions(({ event, enqueue, self }: { event: any; enqueue: any; self: AnyActorRef }) => {
    // Read of the actor, not of the loop: one that is not there need not be told.
    if (self.getSnapshot().children.advance !== undefined) enqueue.sendTo('advance', event);
  }),
  /** An error says nothing of the state that it left behind. */
  tellParent: enqueueActions(
    ({ context, event, enqueue, self }: { context: LoopContext; event: any; enqueue: any; self: AnyActorRef }) => {
      if (context.name === null) return;
      const error = 'error' in event ? event.error : event.reason;
      enqueue.sendTo(parentActor(self), { type: 'loop.left', child: context.name, error, ...told(context) });
    },
  ),
};

/** Which transition is taken: the first whose guard holds. */
export const guards: { readonly [name: string]: (step: Step) => boolean } = {
  /** By truth: what `provide()` put in the place of the hook may say anything. */
  skips: ({ event }: Step) => Boolean(value(event)),
  ended: ({ event }: Step) => report(event)?.ended !== undefined,
  /** There is no further step: it ended itself, was asked to stop, or is done. */
  over: ({ context, event }: Step) =>
    event.done === true ||
    event.ended !== undefined ||
    context.stop !== null ||
    report(event)?.ended !== undefined ||
    value(event) === true,
  wasOver: ({ context }: Step) => context.done === true || context.stop !== null,
  held: ({ context, event }: Step) => {
    if (context.pace === null) return false;
    return context.pace - counted(context, event) <= 0;
  },
  left: ({ event }: Step) => isEndLoop(event.error),
  /** Whatever is given lies in the context of the root. */
  keeps: ({ context, event }: Step) => context.name === null && typeof event.key === 'string' && event.key !== '',
  isChild: ({ context }: Step) => context.name !== null,
  mine: ({ context, event }: Step) => context.running.includes(event.actorId),
  /** `fail` and `abort` are there to end the machine with their error; any other was dealt with where it came from. */
  stale: ({ event }: Step) => event.actorId !== 'fail' && event.actorId !== 'abort',
};

/** In a box: anything may be thrown, also undefined. */
function thrown(event: { error?: unknown; reason?: unknown }): { error: unknown } | undefined {
  if ('error' in event) return { error: event.error };
  return 'reason' in event ? { error: event.reason } : undefined;
}

const failed = { target: '#loop.failed', actions: 'fail' } as const;

/** A hook's invocation: its actor bears its name, so that `provide({ actors })` replaces it and the chart reads like the docs. */
function invoke(hook: OwnActor, onDone: unknown): object {
  return { id: hook, src: hook, onDone, onError: failed };
}

/** The invocation of the actor that ends the machine with its error. */
function endBy(actor: OwnActor): object {
  return { id: actor, src: actor, input: ({ event }: Step) => thrown(event) };
}

/** A child that nobody watches runs without an actor, until somebody looks: then it is in its middle; see `light-run.ts`. */
const forwardedTo = (['advancing', 'ending', 'starting', 'resetting', 'skipped'] as const).map((to) => ({
  guard: ({ event }: Step) => event.to === to,
  target: `.${to}`,
  actions: 'forwarded',
}));

const config = {
  id: 'loop',
  context: ({ input }: { input: unknown }) => freshContext(input),
  initial: 'entering',
  on: {
    'loop.run': { actions: ['spawn', 'childBegan'] },
    'loop.left': {
      guard: ({ context, event }: Step) => context.running.includes(event.child),
      actions: ['childLeft', 'stopChild'],
    },
    'loop.asked': { actions: 'onceBegan' },
    'loop.once': { actions: 'once' },
    'loop.hooked': { actions: 'hooked' },
    'loop.forwarded': forwardedTo,
    'loop.shown': { actions: 'shown' },
    'loop.give': [
      { guard: 'keeps', actions: 'give' },
      { guard: 'isChild', actions: 'passUp' },
    ],
    'loop.taken': { actions: 'taken' },
    'loop.failed': [
      { guard: 'left', target: '.aborted', actions: 'fail' },
      { target: '.failed', actions: 'fail' },
    ],
    'loop.pause': { actions: ['pause', 'forward', 'tellSteps'] },
    'loop.resume': { actions: ['resume', 'forward', 'tellSteps'] },
    'loop.step': { actions: ['step', 'forward', 'tellSteps'] },
    'loop.stop': { actions: ['stop', 'forward', 'tellSteps'] },
    'loop.abort': { target: '.aborted', actions: 'abort' },
    'xstate.done.actor.*': { guard: 'mine', actions: ['childDone', 'stopChild'] },
    'xstate.error.actor.*': [{ guard: 'mine', actions: ['childLeft', 'stopChild'] }, { guard: 'stale' }],
  },
  states: {
    entering: {
      invoke: invoke('skip', [
        { guard: 'skips', target: 'skipped', actions: ['commit', 'skip'] },
        { target: 'resetting', actions: 'commit' },
      ]),
    },
    skipped: { invoke: invoke('onSkip', { target: 'finished', actions: 'commit' }) },
    resetting: {
      invoke: invoke('reset', [
        { guard: 'ended', target: 'ending', actions: 'commit' },
        { target: 'starting', actions: 'commit' },
      ]),
    },
    starting: {
      invoke: invoke('onRunStart', [
        { guard: 'over', target: 'ending', actions: ['commit', 'readDone'] },
        { guard: 'held', target: 'paused', actions: ['commit', 'readDone'] },
        { target: 'advancing', actions: ['commit', 'readDone'] },
      ]),
    },
    advancing: {
      on: {
        'loop.advanced': [
          { guard: 'over', target: 'ending', actions: ['stopChildren', 'childrenLeft', 'advance'] },
          { guard: 'held', target: 'paused', actions: 'advance' },
          { actions: 'advance' },
        ],
      },
      invoke: invoke('advance', { target: 'ending', actions: 'commit' }),
    },
    paused: {
      on: {
        'loop.resume': [
          { guard: 'wasOver', target: 'ending', actions: 'resume' },
          { target: 'advancing', actions: 'resume' },
        ],
        'loop.step': [
          { guard: 'wasOver', target: 'ending', actions: 'step' },
          { target: 'advancing', actions: 'step' },
        ],
        'loop.stop': { target: 'ending', actions: ['stop', 'resume'] },
      },
    },
    ending: { invoke: invoke('onRunEnd', { target: 'finished', actions: 'commit' }) },
    finished: {
      type: 'final',
      output: ({ context, event }: Step) =>
        context.name === null
          ? value(event)
          : ({ output: value(event), ...partOf(event), ...told(context) } satisfies Envelope),
    },
    aborted: { entry: 'tellParent', invoke: endBy('abort') },
    failed: { entry: 'tellParent', invoke: endBy('fail') },
  },
  output: ({ event }: Step) => event.output,
};

markChart(config);

const assigns = Object.fromEntries(Object.entries(changes).map(([name, change]) => [name, assign(change)]));

/** The chart, without the actors that run user code. */
export const chart: LoopMachine = createMachine(
  config as any,
  { actions: { ...assigns, ...effects }, guards } as any,
) as any;
