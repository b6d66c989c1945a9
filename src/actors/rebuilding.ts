import { MisconfigurationError } from '../data/errors.ts';

/** The runs whose `onRestart` is under way. */
export const rebuilding: WeakSet<object> = new WeakSet();

/**
 * What a hook asks for is in its journal, from which it goes on after a resume. `onRestart` is called at each resume, beside
 * the hook that goes on, and has none: what it ran would not be seen or saved, and would run again each time.
 * @param what it has asked for, in words
 * @param instead what to do
 */
export function notInOnRestart(what: string, instead: string, path: string): MisconfigurationError {
  return new MisconfigurationError(
    `onRestart ${what}, and nothing of it is remembered: it would be done again at each resume, and could not be saved in its middle. ${instead}`,
    path,
  );
}
