import type { Checkpoint } from '../../checkpoint/contents.ts';
import type { ForkOf } from '../../recording/sighting.ts';
import type { AnyLoop } from '../../tree/any-loop.ts';
import type { ForkFactory } from './factory.ts';

/** A checkpoint that a fork can be begun from. */
export interface Start {
  name: string;
  factory: ForkFactory;
  /** What the run is called: by the id that it was given, or by its outermost loop. */
  called: string;
  loop: WeakRef<AnyLoop>;
  of: ForkOf;
  checkpoint: Checkpoint;
}
