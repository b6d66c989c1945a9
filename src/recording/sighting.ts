import type { AnyActorRef } from 'xstate';
import type { LoopContext, LoopStateValue } from '../chart/context.ts';
import type { Status } from '../chart/loop-actor.ts';

/** How a loop stood after a line. */
export interface Standing {
  /** The number of that line. */
  seq: number;
  value: LoopStateValue;
  status: Status;
  context: LoopContext;
}

/** Of a run that was begun as a fork: of which run, and where that stood. */
export interface ForkOf {
  /** The root of that run: `fit#1`. */
  id: string;
  /** The last line about anything when the checkpoint was taken. Not known of one that a store has kept. */
  seq?: number;
  /** Steps of innermost loops that it had taken. */
  steps: number;
}

/** A loop's actor, as an observer knows it. */
export interface Subject {
  /** The path and which run of it: `fit.epoch#3`. */
  readonly id: string;
  readonly path: string;
  readonly name: string;
  /** The class of the loop. */
  readonly loop: string;
  readonly parent: Subject | undefined;
  /** Of an outermost loop, the id that its run was started with; `undefined` where it was given none. */
  readonly runId: string | undefined;
  /** When it was first seen, in milliseconds since 1970. */
  readonly t: number;
  /** It had begun before that. */
  readonly late: boolean;
  /** Of the root of a fork. */
  forkOf: ForkOf | undefined;
  /** Until it has ended. */
  actor: AnyActorRef | undefined;
  /** The loops right below it that have not ended. */
  readonly below: Set<Subject>;
  /** The newest line about it, and how it stood then. */
  readonly now: Standing;
  /** The newest line about it that is no longer held; `undefined` while all are. */
  base: Standing | undefined;
  /** Events on their way to it, each with the name of its sender. */
  readonly coming: (object | string | undefined)[];
  /** About how many bytes its last event of a kind took. */
  readonly weight: { type: string; bytes: number };
}

/** A transition of the chart, by the ids of its states. There is one object for each, which keeps no machine. */
export interface Edge {
  readonly source: string;
  readonly targets: readonly string[] | null;
  readonly type: string;
}

/** Something that happened to a loop. Nothing in it is copied: what the library puts into events and contexts is not changed later. */
export interface Sighting {
  readonly subject: Subject;
  readonly t: number;
  /** `undefined`: the actor itself, when it was first seen. */
  readonly event: { readonly type: string } | undefined;
  readonly from: string | undefined;
  /** The state it was in. */
  readonly before: LoopStateValue | undefined;
  readonly value: LoopStateValue;
  readonly status: Status;
  readonly output: unknown;
  readonly error: unknown;
  readonly transitions: readonly Edge[];
  readonly context: LoopContext;
}

/** The loop at the top of a run. */
export function rootOf(subject: Subject): Subject {
  let root = subject;
  while (root.parent !== undefined) root = root.parent;
  return root;
}
