/** Whether a value is to be awaited. */
export function isThenable(value: unknown): value is PromiseLike<any> {
  return typeof value === 'object' && value !== null && typeof (value as PromiseLike<unknown>).then === 'function';
}
