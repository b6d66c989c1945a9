import type { PlainError } from '../data/error-codec.ts';
import { type Json, plainOrNot } from '../data/json.ts';
import { kindOfOpaque } from '../data/loss.ts';
import type { Keys } from '../tree/part-of-state.ts';
import type { LoopDict } from '../tree/state-dict.ts';
import { type Asked, give, type InFlight, resultOf } from './journal.ts';

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

/**
 * The persisted state of a run of a loop: plain data at all times.
 * @typeParam State what the loop saves: its own `state`, or what its `onSaveCheckpoint` returns
 */
export interface LoopContext<State = Json> {
  /** The field under which a parent loop runs it; null for a root. */
  name: string | null;
  /** The arguments of the run where they are plain data and nobody else can give them again; else null. */
  args: Json[] | null;
  /** Whether a boundary was committed: before the first there is no state yet. */
  begun: boolean;
  /** The loop's own state at the last boundary; null before the first. */
  state: State | null;
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
  /** Of a root: what was given to the run (`loop.give`) and no step has got yet. Not there before something was given. */
  given?: Given[];
}

/** A value that was given to a run, for whoever asks for it by this key. */
export interface Given {
  key: string;
  /** Not there: nothing was given but the key. */
  value?: Json;
  /** It was not plain data; of what kind it was. */
  opaque?: string;
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
  /** Where what it returned stands in the state of the loop, of which it is a part. */
  part?: Keys;
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
  | { type: 'loop.abort'; reason?: unknown }
  | { type: 'loop.give'; key: string; value?: unknown };

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
      inFlight: InFlight | null;
    }
  | { type: 'loop.shown'; steps: number; commit?: Commit; inFlight: InFlight | null }
  | { type: 'loop.hooked'; hook: string; commit: Commit }
  | { type: 'loop.run'; child: string; args: Json[] | null; in?: string; known?: boolean }
  | { type: 'loop.left'; child: string; dict: LoopDict; pace: number | null; error: unknown }
  | ({ type: 'loop.asked'; key: string; step: number } & Pick<Asked, 'in' | 'wait' | 'until'>)
  | ({ type: 'loop.once'; key: string; step: number; output?: unknown; part?: Keys; error?: unknown } & Pick<
      Asked,
      'in' | 'wait' | 'until'
    >)
  | { type: 'loop.taken'; key: string }
  | { type: 'loop.failed'; error: unknown; steps: number; commit?: Commit };

export function freshContext(input: unknown): LoopContext {
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

export function report(event: { output?: unknown }): Report | undefined {
  const output = event.output as Partial<Report> | null | undefined;
  return typeof output === 'object' && output !== null && 'hook' in output && 'commit' in output
    ? (output as Report)
    : undefined;
}

/** What the hook returned, or what the actor that `provide()` put in its place did. */
export function value(event: { output?: unknown }): unknown {
  const told = report(event);
  return told === undefined ? event.output : told.value;
}

/** Where that stands in a state, of which it is a part. */
export function partOf(event: { output?: unknown }): { part?: Keys } {
  const part = report(event)?.part;
  return part === undefined ? {} : { part };
}

export function childEnded(
  context: LoopContext,
  name: string,
  how: { output?: unknown; error?: unknown; part?: Keys; dict?: LoopDict; pace?: number | null },
): Partial<LoopContext> {
  const result = how.dict === undefined ? resultOf(how) : { ...resultOf(how), dict: how.dict };
  const running = context.running.filter((other) => other !== name);
  const change: Partial<LoopContext> = { running, inFlight: give(context.inFlight, { run: name }, result) };
  // Steps that the last running child did not take are for whoever comes next.
  if (context.pace !== null && typeof how.pace === 'number' && running.length === 0) change.pace = how.pace;
  return change;
}

/** The output of a child loop: with what its parent keeps of it. */
export interface Envelope<Output = unknown> {
  output?: Output;
  part?: Keys;
  dict: LoopDict;
  pace: number | null;
}

export function isEnvelope(output: unknown): output is Envelope {
  return typeof output === 'object' && output !== null && 'dict' in output && 'pace' in output;
}

/** Steps for `loop.step`. One in which children ran is theirs; those that were over when it was asked for do not count. */
export function counted(context: LoopContext, event: any): number {
  return event.type !== 'loop.advanced' || context.inFlight?.ran ? 0 : event.steps - (event.before ?? 0);
}

export function told({ state, progress, children, pace }: LoopContext): { dict: LoopDict; pace: number | null } {
  return { dict: { state, progress, children }, pace };
}

/** What an event gives: a copy. */
export function givenBy({ key, value }: { key: string; value?: unknown }): Given {
  if (value === undefined) return { key };
  const plain = plainOrNot(value);
  return plain === undefined ? { key, opaque: kindOfOpaque(value) } : { key, value: plain.copy };
}

export function stepsOf(event: { n?: unknown }): number {
  return typeof event.n === 'number' && Number.isInteger(event.n) && event.n > 0 ? event.n : 1;
}
