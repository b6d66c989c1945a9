/** What can go wrong, by name: switch on `error.code` rather than on the text. */
export type LoopErrorCode =
  | 'ALREADY_RUNNING'
  | 'CHECKPOINT_MISMATCH'
  | 'CHECKPOINT_UNREADABLE'
  | 'END_OUTSIDE'
  | 'LATE_CHILD'
  | 'MISCONFIGURATION'
  | 'NOT_PAUSED'
  | 'NOT_PLAIN_DATA'
  | 'NOT_RUNNING'
  | 'NOT_SAVED'
  | 'ONCE_TWICE'
  | 'RECEIVE_TWICE'
  | 'REPLAY_MISMATCH'
  | 'RESUME_DIFFERS'
  | 'RESUME_MISMATCH'
  | 'RUN_ENDED'
  | 'RUNS_DIFFER'
  | 'STATE_DICT_MISMATCH'
  | 'STOPPED'
  | 'STORE'
  | 'STORE_BUSY'
  | 'SUSPENDED'
  | 'WORKER_DIED';

/**
 * An error of the library: what was expected, what came, what to do.
 * An error that a hook throws is never wrapped in one: it reaches `output` as it was thrown.
 */
export class LoopError extends Error {
  readonly code: LoopErrorCode;
  /** The path of the loop it is about, such as `fit.epoch.batches`; empty where no loop is concerned. */
  readonly path: string;

  constructor(code: LoopErrorCode, message: string, path = '', options?: { cause?: unknown }) {
    super(path === '' ? message : `${path}: ${message}`, options);
    nameError(this, 'LoopError');
    this.code = code;
    this.path = path;
  }
}

/** Gives an error its name. An assignment would throw where somebody has frozen `Error.prototype`, which has a `name` as well. */
export function nameError(error: Error, name: string): void {
  Object.defineProperty(error, 'name', { value: name, enumerable: true, configurable: true, writable: true });
}

/** Loops wired wrongly: raised when they are wired, not when they run. */
export class MisconfigurationError extends LoopError {
  constructor(message: string, path = '', options?: { cause?: unknown }) {
    super('MISCONFIGURATION', message, path, options);
    nameError(this, 'MisconfigurationError');
  }
}

/**
 * What `throw this.end(reason)` throws: it ends the loop that made it, from any depth, like a labelled `break`.
 *
 * Lightning's `StopIteration` ended whichever loop happened to catch it; this one knows its loop.
 */
export class EndLoop extends Error {
  /** The loop that it ends. */
  readonly loop: object;
  readonly path: string;
  readonly reason: unknown;

  constructor(loop: object, path: string, reason?: unknown) {
    super(`${path} ends${because(reason)}`);
    nameError(this, 'EndLoop');
    this.loop = loop;
    this.path = path;
    this.reason = reason;
  }
}

/** Whether `end` of a loop was thrown; of this loop, if one is given. Anything may be thrown: also what cannot be looked at. */
export function isEndLoop(thrown: unknown, loop?: object): thrown is EndLoop {
  try {
    return thrown instanceof EndLoop && (loop === undefined || thrown.loop === loop);
  } catch {
    return false;
  }
}

/** A reason in words, behind a colon. One that has none, such as an object without a prototype, is left out. */
export function because(reason: unknown): string {
  try {
    return reason === undefined ? '' : `: ${String(reason)}`;
  } catch {
    return '';
  }
}
