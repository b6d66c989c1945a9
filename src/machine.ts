import {
  type AnyActorLogic,
  type AnyActorRef,
  assign,
  createMachine,
  type EventObject,
  enqueueActions,
  type MetaObject,
  type ParameterizedObject,
  type StateMachine,
  stopChild,
} from 'xstate';
import type { EndLoop } from './errors.ts';
import { describeError, type Json, type PlainError, plainOrNot } from './json.ts';
import type { LoopDict } from './state-dict.ts';

/*
 * The chart that every loop compiles to. It is pure: guards and assigns read the event and the context, never the loop,
 * so that a recording replays without it. User code runs in the invoked actors; what it decided comes back in an event.
 */

/** The states of the chart. */
export type LoopStateValue =
  | 'entering'
  | 'skipped'
  | 'resetting'
  | 'starting'
  | 'advancing'
  | 'paused'
  | 'ending'
  | 'finished'
  | 'aborted'
  | 'failed';

/** What a child run or `once` came to that a step in flight has already got. */
export type Remembered =
  | { output?: Json }
  | { error: PlainError }
  /** A labelled break out of a loop further up passed through. */
  | { end: { path: string; reason: Json } }
  /** The output was not plain data, so only its kind is known. */
  | { opaque: string };

/** A child run that ended in the step in flight, and the state that it left the child in. */
export type RememberedRun = Remembered & { dict?: LoopDict };

/** Runs in order, in pieces of {@link piece}: appending to one long list would copy it each time. */
export type RememberedRuns = RememberedRun[][];
const piece = 256;

export function runsCount(runs: RememberedRuns | undefined): number {
  return runs === undefined ? 0 : (runs.length - 1) * piece + (runs.at(-1)?.length ?? 0);
}

export function nthRun(runs: RememberedRuns | undefined, nth: number): RememberedRun | undefined {
  return runs?.[Math.floor(nth / piece)]?.[nth % piece];
}

export function lastRun(runs: RememberedRuns | undefined): RememberedRun | undefined {
  return runs?.at(-1)?.at(-1);
}

function appended(runs: RememberedRuns = [], run: RememberedRun): RememberedRuns {
  const last = runs.at(-1);
  if (last === undefined || last.length === piece) return [...runs, [run]];
  return [...runs.slice(0, -1), [...last, run]];
}

/** What a hook or step in flight has already got, so that it gets the same when it is run again. */
export interface InFlight {
  /** Hooks of the step that have completed and are not repeated. */
  hooks: string[];
  /** Ended child runs by name, in order. */
  runs: { [child: string]: RememberedRuns };
  /** Results of `once` by key. */
  once: { [key: string]: Remembered };
  /** Whether a child was run in this step: then it is no step of an innermost loop. */
  ran: boolean;
}

/** The persisted state of a run of a loop: plain data at all times. */
export interface LoopContext {
  /** The field under which a parent loop runs it; null for a root. */
  name: string | null;
  /** The arguments of the run where they are plain data and nobody else can give them again; else null. */
  args: Json[] | null;
  /** Whether a boundary was committed: before the first there is no state yet. */
  begun: boolean;
  /** The loop's own state at the last boundary. */
  state: Json;
  progress: { [field: string]: Json };
  /** The state of each child at the last boundary of this loop; what it has become since is in `inFlight` or in its own context. */
  children: { [name: string]: LoopDict };
  /** The children that run now. */
  running: string[];
  /** Whole steps of this run. */
  steps: number;
  /** What `done` said last; null before it was read. */
  done: boolean | null;
  restarting: boolean;
  inFlight: InFlight | null;
  /** How many steps may be taken before a pause; null: as many as there are. */
  pace: number | null;
  /** Set once a stop was asked for. */
  stop: { reason: Json } | null;
  /** Set once `end` was thrown for this loop. */
  ended: { reason: Json } | null;
  skipped: boolean;
  error: PlainError | null;
}

/** What a boundary commits: copies, made by the actor that ran the hook. */
export interface Commit {
  state: Json;
  progress: { [field: string]: Json };
  children?: { [name: string]: LoopDict };
  restarting: boolean;
}

/** How a hook's actor reports, so that what the hook returned can be told from what `provide()` put in its place. */
export interface Report {
  hook: string;
  value: unknown;
  commit: Commit;
  /** The hook threw `this.end(reason)`. */
  ended?: { reason: Json };
}

/** What a parent gives the machine of a child loop. */
export interface ChildInput {
  name: string;
  args: Json[] | null;
  pace: number | null;
  stop: { reason: Json } | null;
}

/** Events that anyone may send. */
export type LoopControlEvent =
  | { type: 'loop.pause' }
  | { type: 'loop.resume' }
  | { type: 'loop.step'; n?: number }
  | { type: 'loop.stop'; reason?: unknown }
  | { type: 'loop.abort'; reason?: unknown };

/** Events that the hooks' actors and child loops send. */
export type LoopReportEvent =
  | { type: 'loop.advanced'; steps: number; before?: number; commit: Commit; done: boolean; ended?: { reason: Json } }
  | {
      type: 'loop.forwarded';
      to: LoopStateValue;
      steps: number;
      commit: Commit;
      done: boolean | null;
      ended?: { reason: Json };
      output?: unknown;
    }
  | { type: 'loop.hooked'; hook: string; commit: Commit }
  | { type: 'loop.run'; child: string; args: Json[] | null }
  | { type: 'loop.left'; child: string; dict: LoopDict; pace: number | null; error: unknown }
  | { type: 'loop.once'; key: string; step: number; output?: unknown }
  | { type: 'loop.failed'; error: unknown; steps: number; commit?: Commit };

export type LoopEvent = LoopControlEvent | LoopReportEvent;

/** The machine of a loop. Its input are the arguments of the run, its output is what `onRunEnd` or `onSkip` returned. */
export type LoopMachine<Output, Args extends unknown[]> = StateMachine<
  LoopContext,
  LoopEvent,
  Record<string, AnyActorRef | undefined>,
  { src: string; logic: AnyActorLogic; id: string | undefined },
  ParameterizedObject,
  ParameterizedObject,
  string,
  LoopStateValue,
  string,
  // The arguments may be left out where there are none.
  [] extends Args ? Args | undefined : Args,
  Output,
  EventObject,
  MetaObject,
  any
>;

type Step = { context: LoopContext; event: any };

function freshContext(input: unknown): LoopContext {
  const child = isChildInput(input) ? input : undefined;
  return {
    name: child?.name ?? null,
    args: child ? child.args : ((plainOrNot(input ?? [])?.copy as Json[] | undefined) ?? null),
    begun: false,
    state: null,
    progress: {},
    children: {},
    running: [],
    steps: 0,
    done: null,
    restarting: false,
    inFlight: null,
    pace: child?.pace ?? null,
    stop: child?.stop ?? null,
    ended: null,
    skipped: false,
    error: null,
  };
}

function isChildInput(input: unknown): input is ChildInput {
  return typeof input === 'object' && input !== null && !Array.isArray(input) && 'name' in input;
}

function report(event: { output?: unknown }): Report | undefined {
  const output = event.output as Partial<Report> | null | undefined;
  return typeof output === 'object' && output !== null && 'hook' in output && 'commit' in output
    ? (output as Report)
    : undefined;
}

/** What the hook returned, or what the actor that `provide()` put in its place did. */
function value(event: { output?: unknown }): unknown {
  const told = report(event);
  return told === undefined ? event.output : told.value;
}

/** Anything as plain data, for what is shown and kept but not computed with. */
export function plainReason(reason: unknown): Json {
  if (reason === undefined) return null;
  return plainOrNot(reason)?.copy ?? describeError(reason);
}

const nothingYet: InFlight = { hooks: [], runs: {}, once: {}, ran: false };

/** By name: the one in a recording is a description. */
function isEndLoop(error: unknown): error is EndLoop {
  return error instanceof Error && error.name === 'EndLoop';
}

function remember(event: { output?: unknown; error?: unknown }): Remembered {
  if (isEndLoop(event.error)) return { end: { path: event.error.path, reason: plainReason(event.error.reason) } };
  if ('error' in event) return { error: describeError(event.error) };
  if (event.output === undefined) return {};
  const plain = plainOrNot(event.output);
  if (plain !== undefined) return { output: plain.copy };
  return { opaque: (event.output as object)?.constructor?.name ?? typeof event.output };
}

function childEnded(
  context: LoopContext,
  name: string,
  how: { output?: unknown; error?: unknown; dict?: LoopDict; pace?: number | null },
): Partial<LoopContext> {
  const inFlight = context.inFlight ?? nothingYet;
  const run: RememberedRun = how.dict === undefined ? remember(how) : { ...remember(how), dict: how.dict };
  const runs = { ...inFlight.runs, [name]: appended(inFlight.runs[name], run) };
  const running = context.running.filter((other) => other !== name);
  const change: Partial<LoopContext> = { running, inFlight: { ...inFlight, runs, ran: true } };
  // Steps that the last running child did not take are for whoever comes next.
  if (context.pace !== null && typeof how.pace === 'number' && running.length === 0) change.pace = how.pace;
  return change;
}

/** The output of a child loop: with what its parent keeps of it. */
export interface Envelope {
  output?: unknown;
  dict: LoopDict;
  pace: number | null;
}

export function isEnvelope(output: unknown): output is Envelope {
  return typeof output === 'object' && output !== null && 'dict' in output && 'pace' in output;
}

/** Steps for `loop.step`. One in which children ran is theirs; those that were over when it was asked for do not count. */
function counted(context: LoopContext, event: any): number {
  return event.type !== 'loop.advanced' || context.inFlight?.ran ? 0 : event.steps - (event.before ?? 0);
}

const changes = {
  /** A hook has completed: what it left behind is the state now. */
  commit: assign(({ event }: Step) => {
    const told = report(event);
    return {
      ...(told === undefined ? {} : { ...told.commit, begun: true }),
      inFlight: null,
      ...(told?.ended ? { ended: told.ended } : {}),
    };
  }),
  skip: assign({ skipped: true }),
  readDone: assign(({ event }: Step) => {
    const done = value(event);
    return typeof done === 'boolean' ? { done } : {};
  }),
  advance: assign(({ context, event }: Step): Partial<LoopContext> => {
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
  }),
  forwarded: assign(({ context, event }: Step) => {
    const change: Partial<LoopContext> = {
      ...event.commit,
      begun: true,
      done: event.done,
      steps: context.steps + event.steps,
    };
    if (event.ended) change.ended = event.ended;
    return change;
  }),
  hooked: assign(({ context, event }: Step) => {
    const inFlight = context.inFlight ?? nothingYet;
    // What a completed hook got is asked for no more; what it did is committed.
    return { ...event.commit, inFlight: { ...inFlight, hooks: [...inFlight.hooks, event.hook], runs: {} } };
  }),
  once: assign(({ context, event }: Step) => {
    // Where steps are committed by the slice, the state may be older than the step: then the step's results do not belong to it.
    if (event.step !== context.steps) return {};
    const inFlight = context.inFlight ?? nothingYet;
    return { inFlight: { ...inFlight, once: { ...inFlight.once, [event.key]: remember(event) } } };
  }),
  childBegan: assign(({ context, event }: Step) => {
    return { running: [...context.running, event.child], inFlight: { ...(context.inFlight ?? nothingYet), ran: true } };
  }),
  /** A child loop has finished. One that is none, put in its place by `provide()`, tells nothing but its output. */
  childDone: assign(({ context, event }: Step) => {
    const { output, actorId } = event;
    return isEnvelope(output) ? childEnded(context, actorId, output) : childEnded(context, actorId, event);
  }),
  childLeft: assign(({ context, event }: Step) => childEnded(context, event.child ?? event.actorId, event)),
  childrenLeft: assign({ running: [] }),
  pause: assign({ pace: 0 }),
  resume: assign({ pace: null }),
  step: assign(({ context, event }: Step) => ({ pace: context.running.length > 0 ? 0 : stepsOf(event) })),
  stop: assign(({ context, event }: Step) => ({ stop: context.stop ?? { reason: plainReason(event.reason) } })),
  fail: assign(({ context, event }: Step) => {
    return { ...(event.commit ?? {}), steps: context.steps + (event.steps ?? 0), error: describeError(event.error) };
  }),
  abort: assign(({ event }: Step) => ({ error: describeError(event.reason ?? 'aborted') })),
};

function told({ state, progress, children, pace }: LoopContext): { dict: LoopDict; pace: number | null } {
  return { dict: { state, progress, children }, pace };
}

/** What the chart does to other actors. A replay leaves it out: they have recordings of their own. */
const effects = {
  spawn: enqueueActions(({ context, event, enqueue }: { context: LoopContext; event: any; enqueue: any }) => {
    const input: ChildInput = { name: event.child, args: event.args, pace: context.pace, stop: context.stop };
    enqueue.spawnChild(event.child, { id: event.child, input });
  }),
  stopChild: stopChild(({ event }: Step) => event.child ?? event.actorId),
  stopChildren: enqueueActions(({ context, enqueue }: { context: LoopContext; enqueue: any }) => {
    for (const child of context.running) enqueue.stopChild(child);
  }),
  forward: enqueueActions(({ context, event, enqueue }: { context: LoopContext; event: any; enqueue: any }) => {
    for (const child of context.running) enqueue.sendTo(child, event);
  }),
  /** The pump looks up from its steps. */
  tellPump: enqueueActions(({ event, enqueue, self }: { event: any; enqueue: any; self: AnyActorRef }) => {
    // Read of the actor, not of the loop: a pump that is not there need not be told.
    if (self.getSnapshot().children.advance !== undefined) enqueue.sendTo('advance', event);
  }),
  /** An error says nothing of the state that it left behind. */
  tellParent: enqueueActions(
    ({ context, event, enqueue, self }: { context: LoopContext; event: any; enqueue: any; self: any }) => {
      if (context.name === null) return;
      const error = 'error' in event ? event.error : event.reason;
      enqueue.sendTo(self._parent, { type: 'loop.left', child: context.name, error, ...told(context) });
    },
  ),
};

function stepsOf(event: { n?: unknown }): number {
  return typeof event.n === 'number' && Number.isInteger(event.n) && event.n > 0 ? event.n : 1;
}

const guards = {
  skips: ({ event }: Step) => value(event) === true,
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
function invoke(hook: string, onDone: unknown): object {
  return { id: hook, src: hook, onDone, onError: failed };
}

/** A child that nobody watches may run some of its hooks in one go; see `ahead.ts`. */
const forwardedTo = (['finished', 'advancing', 'ending', 'starting', 'resetting'] as const).map((to) => ({
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
    'loop.once': { actions: 'once' },
    'loop.hooked': { actions: 'hooked' },
    'loop.forwarded': forwardedTo,
    'loop.failed': [
      { guard: 'left', target: '.aborted', actions: 'fail' },
      { target: '.failed', actions: 'fail' },
    ],
    'loop.pause': { actions: ['pause', 'forward', 'tellPump'] },
    'loop.resume': { actions: ['resume', 'forward', 'tellPump'] },
    'loop.step': { actions: ['step', 'forward', 'tellPump'] },
    'loop.stop': { actions: ['stop', 'forward', 'tellPump'] },
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
        context.name === null ? value(event) : ({ output: value(event), ...told(context) } satisfies Envelope),
    },
    aborted: {
      entry: 'tellParent',
      invoke: { id: 'abort', src: 'abort', input: ({ event }: Step) => thrown(event) },
    },
    failed: { entry: 'tellParent', invoke: { id: 'fail', src: 'fail', input: ({ event }: Step) => thrown(event) } },
  },
  output: ({ event }: Step) => event.output,
};

/** The chart, without the actors that run user code. */
export const chart: LoopMachine<unknown, unknown[]> = createMachine(
  config as any,
  { actions: { ...changes, ...effects }, guards } as any,
) as any;

const nothing = {
  getInitialSnapshot: () => ({ status: 'active' }),
  getPersistedSnapshot: (s: unknown) => s,
  transition: (s: unknown) => s,
};

/** The chart for a replay: it changes contexts and touches nobody. */
export const replayChart: LoopMachine<unknown, unknown[]> = chart.provide({
  actions: Object.fromEntries(Object.keys(effects).map((name) => [name, () => {}])),
  actors: Object.fromEntries(
    ['skip', 'onSkip', 'reset', 'onRunStart', 'advance', 'onRunEnd', 'abort', 'fail'].map((name) => [name, nothing]),
  ),
} as any);
