import type { Asked, Got, Result } from '../chart/journal.ts';
import type { LoopError } from '../data/errors.ts';
import type { OwnAwait } from './own-await.ts';
import type { AskedRun, Pending } from './pending.ts';
import type { Recall } from './recall.ts';
import type { How } from './remembered.ts';
import type { AskedOnce, Runner } from './runner.ts';

/** One call of `once`, or a wait. */
export interface Call {
  what: AskedOnce;
  /** The loop's steps before it. */
  step: number;
  /** The hook that it was made in. */
  hook: string;
  pending: Pending;
  /** The journal knows that it was asked for. */
  isKnown: boolean;
}

/** The hook or the step that calls are made in; see `Unit`. */
export interface UnitOfOnce {
  /** How much that its code has asked for is under way. */
  readonly countUnderWay: number;
  readonly name: string;
  readonly awaits: OwnAwait;
  readonly running: Runner;
  readonly recall: Recall | undefined;
  readonly isCurrent: boolean;
  asking<What extends Omit<Asked, 'at'>>(what: What): What & { in?: string };
  give(result: () => void): void;
  deliver(pending: Pending, settle: () => void): void;
  putBack(runs: readonly Got[]): void;
  runOn(runs: readonly AskedRun[]): LoopError | undefined;
  revived(known: Result, what: string): How;
}
