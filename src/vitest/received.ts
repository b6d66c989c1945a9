import { LoopError, MisconfigurationError } from '../data/errors.ts';
import type { Recording } from '../recording/lines.ts';
import type { Recorder } from '../recording/recording.ts';
import { recordersOf } from '../run/options.ts';
import { LoopRun } from '../run/run.ts';
import { recordRun } from '../testing/recording/record-run.ts';
import { isLoop } from '../tree/tree.ts';

/** What people can still read in the differences of commits. */
const mostRead = 100_000;

/**
 * The recording of what was given to `expect`: of a loop, of a run of it that is made now; of a run, what its recorder has kept
 * when it is over; of a recorder or a recording, that itself.
 * @param most a run that is made now is cut after so many transitions; `undefined`: one that is longer than can be read is refused
 */
export async function recordingOf(
  received: unknown,
  options: { most?: number } | undefined,
  most: number | undefined,
): Promise<Recording> {
  if (isLoop(received)) {
    const limit = most ?? options?.most ?? mostRead;
    const { recording } = await recordRun(received as any, { ...options, most: limit });
    if (most === undefined && recording.length > limit) throw tooLong(limit, received.path);
    return recording;
  }
  if (options !== undefined) {
    throw new MisconfigurationError(
      'Expected no options, got some: they are those of a run that is made now. Give `expect` the loop, not a run or a recording of it.',
    );
  }
  if (received instanceof LoopRun) {
    const [recorder] = recordersOf.get(received) ?? [];
    if (recorder === undefined) {
      throw new MisconfigurationError(
        'Expected a run that is recorded, got one that is not. Start it with `inspect: record()`, or give `expect` the loop.',
      );
    }
    await received.outcome;
    await received.settled;
    return (recorder as Recorder).recording;
  }
  const recording = Array.isArray(received) ? received : (received as { recording?: unknown } | null)?.recording;
  if (Array.isArray(recording)) return recording as Recording;
  throw new MisconfigurationError(
    'Expected a loop, a run of one, a recorder or a recording in `expect( … ).toMatchRecording`, got something else.',
  );
}

function tooLong(most: number, path: string): LoopError {
  return new LoopError(
    'STOPPED',
    `Expected a run of at most ${most} transitions, got one that goes on. Does it come to its end? If so, give it \`most\`.`,
    path,
  );
}
