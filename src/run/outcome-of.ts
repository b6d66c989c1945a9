import type { DoneActorEvent, ErrorActorEvent } from 'xstate';
import { type Envelope, isEnvelope, type LoopContext } from '../chart/context.ts';
import { enderOf } from '../chart/end-events.ts';
import { standOf } from '../chart/loop-actor.ts';
import { MisconfigurationError } from '../data/errors.ts';
import { shown } from '../data/shown.ts';
import { type BrokenOff, type Completed, type Ended, type Outcome, outcomeOfRoot } from './outcome.ts';

/** A snapshot of a loop's actor: `LoopSnapshot`, or one that was persisted. */
interface Standing {
  readonly status: string;
  readonly value: unknown;
  readonly context: LoopContext<any>;
}

/** What the loop returned that this is a snapshot of. That of a child gives its parent more than that. */
type Returned<Snapshot> = 0 extends 1 & Snapshot
  ? any
  : Snapshot extends { status: 'done'; output: infer Output }
    ? Output extends Envelope<infer Returned>
      ? Returned
      : Output
    : never;

/**
 * How a loop has ended that a machine of yours invokes or spawns: in guards and actions of its `onDone`, whose
 * `event.output` is what the loop returned and no more.
 *
 * @example
 * onDone: [{ guard: ({ event }) => outcomeOf(event).status === 'stopped', target: 'held' }, { target: 'ready' }]
 *
 * @param event the event itself, no copy of it
 * @throws MisconfigurationError if it is not of the end of a loop
 */
export function outcomeOf<Output>(event: DoneActorEvent<Output>): Completed<Output>;
/** The same in its `onError`: whether it has failed or was aborted. */
export function outcomeOf(event: ErrorActorEvent): BrokenOff;
/**
 * How a loop has ended, as a snapshot of its actor says: `undefined` while it goes on, or where its actor was stopped from
 * outside. Of what `start` has begun, `run.outcome` says more: whether it was suspended, or could not be saved.
 */
export function outcomeOf<Snapshot extends Standing>(snapshot: Snapshot): Outcome<Returned<Snapshot>> | undefined;
export function outcomeOf(of: DoneActorEvent | ErrorActorEvent | Standing): Outcome<unknown> | undefined {
  if (typeof of === 'object' && of !== null) {
    if ('context' in of && of.context?.running !== undefined) return asItSays(of as Standing as Ended);
    const actor = enderOf(of);
    if (actor !== undefined) {
      const stand = standOf(actor);
      // Where it has none, its machine could not even begin.
      return stand ? asItSays(stand) : { status: 'failed', error: (of as ErrorActorEvent).error, steps: 0 };
    }
  }
  throw new MisconfigurationError(
    'outcomeOf expected the event that a guard or an action of the onDone or onError of a loop is given (itself, no copy), ' +
      `or a snapshot of the actor of a loop; got \`${shown(of)}\`.`,
  );
}

function asItSays(snapshot: Ended): Outcome<unknown> | undefined {
  const { status, context, output } = snapshot;
  if (status !== 'done' && status !== 'error') return undefined;
  const returned = context.name !== null && isEnvelope(output) ? output.output : output;
  return outcomeOfRoot({ ...snapshot, output: returned });
}
