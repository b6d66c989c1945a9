import { MisconfigurationError } from '../data/errors.ts';
import { kindOf } from '../data/shown.ts';

/** @throws MisconfigurationError for what is not the lines of a recording: the recorder itself, or a recording as text */
export function checkIsRecording(caller: string, given: unknown): void {
  const [isText, isNothing] = [typeof given === 'string', given === undefined || given === null];
  if (!isText && !isNothing && Symbol.iterator in Object(given)) return;
  let advice = '';
  if (isText) advice = ' `parseRecording(text)` makes the lines of it.';
  else if (!isNothing && 'recording' in Object(given)) advice = ' A recorder has them as `recorder.recording`.';
  throw new MisconfigurationError(
    `${caller} expected the lines of a recording, got ${isNothing ? given : isText ? 'text' : kindOf(given)}.${advice}`,
  );
}
