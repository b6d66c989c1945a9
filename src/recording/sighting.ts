import type { AnyActorRef } from 'xstate';
import type { ActorKind } from '../chart/actor-kind.ts';
import type { LoopContext, LoopStateValue } from '../chart/context.ts';
import type { Status } from '../chart/loop-actor.ts';
import type { Json } from '../data/json.ts';

/** The chart of an app's own machine. Actors of one machine share it. */
export interface AppChart {
  readonly key: string;
  readonly root: { [key: string]: Json };
  /** The number of the line that tells it. */
  seq: number;
}

/** What is known of an actor that is no loop: one of the app's own. */
export interface OfApp {
  readonly kind: ActorKind;
  /** The actor that has invoked or spawned it. */
  readonly under: Subject | undefined;
  /** Of a machine, unless it is too large. */
  readonly chart: AppChart | undefined;
}

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

/** An actor, as an observer knows it: a loop's, or one of the app's own. */
export interface Subject {
  /** The path and which run of it: `fit.epoch#3`. Of an actor of the app, its name and which actor: `upload@2`. */
  readonly id: string;
  /** Of an actor of the app, its name. */
  readonly path: string;
  readonly name: string;
  /** The class of the loop; of an actor of the app, what its logic is called. */
  readonly loop: string;
  /** `undefined`: it is a loop. */
  readonly ofApp: OfApp | undefined;
  /** The loop that runs it. */
  readonly parent: Subject | undefined;
  /** Of a loop at the top of its run: the actor of the app that has invoked or spawned it. */
  readonly under: Subject | undefined;
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

/**
 * Something that happened to a loop, or to an actor of the app. Of the latter, values are copies, as JSON. Of a loop,
 * nothing is copied: what the library puts into events and contexts is not changed later.
 */
export interface Sighting {
  readonly subject: Subject;
  readonly t: number;
  /** The chart of an actor of the app, which is told before the actor, and nothing else is. */
  readonly chart?: AppChart;
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
  /** Of an actor of the app: the context has changed, or is told for the first time. */
  readonly hasNewContext?: boolean;
}

/** The loop at the top of a run. */
export function rootOf(subject: Subject): Subject {
  let root = subject;
  while (root.parent !== undefined) root = root.parent;
  return root;
}
