import type { AnyActorRef } from 'xstate';
import type { Checkpoint } from '../checkpoint/contents.ts';
import type { CheckpointStore } from '../checkpoint/store.ts';
import type { AnyLoop } from '../tree/any-loop.ts';

/** What can be asked of a run by whoever knows its root's actor alone, as inspectors do. */
export interface KnownRun {
  readonly id: string;
  readonly loop: AnyLoop;
  readonly store: CheckpointStore | undefined;
  /** Called with each checkpoint of the run as it is taken, whoever wanted it, while the loops stand. They must not throw. */
  readonly heard: Set<(checkpoint: Checkpoint) => void>;
  /** Takes a checkpoint once all innermost loops stand at a boundary, and calls back while they do. The run goes on. */
  capture(taken: (checkpoint: Checkpoint) => void, lost: (error: unknown) => void): void;
}

/** The runs that were begun by `start` or `run`, by the actors of their roots. */
export const knownRuns: WeakMap<AnyActorRef, KnownRun> = new WeakMap();
