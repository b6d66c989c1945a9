import { LoopError } from '../data/errors.ts';

/** A checkpoint that `load` has passed over, and why. */
export interface PassedOver {
  /** Which one it is, such as `checkpoint 12`. */
  which: string;
  cause: Error;
}

/** @param remedy what was done about it, or is to be done */
export function unreadable(runId: string, passedOver: readonly PassedOver[], remedy: string): LoopError {
  const reasons = passedOver.map(({ which, cause }) => `${which}: ${cause.message}`);
  return new LoopError(
    'CHECKPOINT_UNREADABLE',
    `Expected the newest checkpoint of run "${runId}" to be whole, got damage in ${reasons.join('; ')}. ${remedy}`,
    '',
    { cause: passedOver[0]!.cause },
  );
}

/** One checkpoint was asked for, and is damaged. */
export function unreadableOne(runId: string, seq: number, cause: Error): LoopError {
  return new LoopError(
    'CHECKPOINT_UNREADABLE',
    `Expected checkpoint ${seq} of run "${runId}" to be whole, got damage: ${cause.message}. Take another one.`,
    '',
    { cause },
  );
}
