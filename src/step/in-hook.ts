import type { Runner } from './runner.ts';

/*
 * Whose hook is on the stack. A hook is a plain function: nothing tells whose code it is that calls `run` of some loop.
 * So the loop is noted while the hook's code runs, up to its first `await`; what comes behind it cannot be told.
 */
let current: Runner | undefined;

/** The run in whose hook this is called, as long as that has awaited nothing. */
export function hookOnStack(): Runner | undefined {
  return current;
}

/**
 * Notes whose hook is called next; `undefined` while others are called from within a hook, such as observers.
 * @returns what {@link leaveHook} is to be given, also when the hook throws
 */
export function enterHook(running: Runner | undefined): Runner | undefined {
  const before = current;
  current = running;
  return before;
}

export function leaveHook(before: Runner | undefined): void {
  current = before;
}
