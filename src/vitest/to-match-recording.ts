import type { MatcherState } from 'vitest';
import { MisconfigurationError } from '../data/errors.ts';
import { compareGolden } from '../testing/recording/compare.ts';
import { goldenText } from '../testing/recording/golden.ts';
import { showDifference } from '../testing/recording/show.ts';
import { recordingOf } from './received.ts';

/** What a matcher says. */
interface Said {
  pass: boolean;
  message: () => string;
}

/** A run that goes on for so many times the transitions that were recorded, and some more, will not end. */
const goesOn = { times: 2, more: 1000 };

/**
 * Holds a run against the golden recording in a file, which Vitest keeps as it keeps the files of `toMatchFileSnapshot`: one
 * that is not there is written, but not in CI; `-u` writes those anew that differ.
 */
export async function toMatchRecording(
  this: MatcherState,
  received: unknown,
  file: string,
  options?: object,
): Promise<Said> {
  const { task, snapshotState } = this;
  if (task === undefined)
    throw new MisconfigurationError('toMatchRecording belongs to a test, and was called in none.');
  if (this.isNot)
    throw new MisconfigurationError('`not.toMatchRecording` would pass for any other run. Leave `not` out.');
  if (typeof file !== 'string' || file === '') {
    throw new MisconfigurationError('toMatchRecording expected the name of a file, got none.');
  }
  const { environment, snapshotUpdateState } = snapshotState;
  const path = await environment.resolveRawPath(task.file.filepath, file);
  const golden = (await environment.readSnapshotFile(path)) ?? undefined;
  const recorded = golden === undefined || snapshotUpdateState === 'all' ? undefined : golden.split('\n').length;
  const most = recorded && recorded * goesOn.times + goesOn.more;
  const now = goldenText(await recordingOf(received, options, most));

  const { pass } = snapshotState.match({
    testId: task.id,
    testName: this.currentTestName ?? task.name,
    received: now,
    isInline: false,
    rawSnapshot: golden === undefined ? { file: path } : { file: path, content: golden },
  });
  return { pass, message: () => (golden === undefined ? missing(file) : differing(golden, now, file)) };
}

function missing(file: string): string {
  return `There is no golden recording ${file}, and none is written here (in CI). Run Vitest where you work, and commit the file.`;
}

function differing(golden: string, now: string, file: string): string {
  try {
    const difference = compareGolden(golden, now, file);
    if (difference !== undefined) return `${showDifference(difference, file)}\nIf that is meant, run Vitest with -u.`;
  } catch (error) {
    return `${(error as Error).message} (\`vitest -u\` does.)`;
  }
  return `${file} says the same in other characters. Run Vitest with -u to have it written anew.`;
}
