import type { Asked } from '../chart/journal.ts';
import type { AnyLoop } from '../tree/any-loop.ts';
import type { Keys } from '../tree/part-of-state.ts';
import type { Mailbox } from './mailbox.ts';
import type { AskedRun, PendingRun } from './pending.ts';

/** What the loops of one run share, as a step sees it. */
export interface SharedByRun {
  /** Whether anybody can look at the run, or will go on from a checkpoint of it. */
  readonly keeps: boolean;
  /** Outputs and results of `once` must be plain data, for they are saved or recorded. */
  readonly strict: boolean;
  /** A turn of the event loop, if it is time for one. */
  turnIfDue(): Promise<void> | undefined;
  /** Brings what is given to the run; not there where nobody can give anything. */
  readonly mailbox: Mailbox | undefined;
  /** Looks again whether a checkpoint that is wanted can be taken. */
  poke(): void;
  /** Called when a step begins to wait. */
  readonly stepWaits: (() => void) | undefined;
}

/** A hook or a step in flight; see `Unit`. */
export interface UnitOfRunner {
  readonly hook: string;
  /** How many children it waits for. */
  readonly childrenUnderWay: number;
  hookReturned(promise: unknown): void;
  checkRerun(): void;
}

/** A run of a loop, as the step sees it that the loop takes; see `Running`. */
export interface Runner {
  readonly loop: AnyLoop;
  readonly path: string;
  readonly args: unknown[];
  readonly parent: Runner | undefined;
  readonly session: SharedByRun;
  /** The hook or the step in flight. */
  readonly unit: UnitOfRunner | undefined;
  readonly ended: boolean;
  /** Whole steps that are over. */
  readonly steps: number;
  /** Those of which the machine does not know. */
  uncommitted: number;
  /** The hook or step has been committed; the next is not one that a checkpoint was taken in. */
  committed(): void;
  /** Begins the run of a child. @throws MisconfigurationError */
  beginChild(child: AnyLoop, run: PendingRun, what: AskedRun): void;
  /** Nothing more runs here or below. */
  abort(reason: unknown): void;
  /** `once` has called a function that takes time. @param step the steps before it */
  onceAsked(what: AskedOnce, step: number): void;
  /** What it has come to. */
  onceGiven(what: AskedOnce, step: number, how: { output?: unknown; part?: Keys } | { error: unknown }): void;
  /** A step has got a value of the mailbox. @param step the steps before it */
  received(key: string, step: number): void;
  /** Whether that is saved before it is given. */
  readonly isSavedOnce: boolean;
  saveOnce(): Promise<void>;
  functionBegins(): void;
  functionEnds(): void;
}

/** A call of `once` that a step makes. */
export type AskedOnce = Omit<Asked, 'at'> & { once: string };
