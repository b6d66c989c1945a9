import { onAbort } from '../run/abort-signal.ts';

/** A timer that is to wait longer than so many milliseconds fires at once. */
export const longestTimer: number = 2 ** 31 - 1;

/**
 * Calls a function with a signal that aborts after so many milliseconds, and when the run does. Whatever the function
 * makes of that, it is over then.
 * @throws DOMException `TimeoutError`; the reason of the run's abort; what the function throws
 */
export function limited<T>(
  fn: (signal: AbortSignal) => T | Promise<T>,
  ms: number,
  run: AbortSignal,
  late: () => string,
): Promise<T> {
  const controller = new AbortController();
  const { signal } = controller;
  // The timers of whoever runs the loop: a test that has fakes in their place moves them on.
  const timer = setTimeout(() => controller.abort(new DOMException(late(), 'TimeoutError')), ms);
  const callOff = onAbort(run, () => controller.abort(run.reason));
  return new Promise<T>((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
    Promise.resolve(fn(signal)).then(resolve, reject);
  }).finally(() => {
    clearTimeout(timer);
    callOff();
  });
}
