import { isPending } from '../data/returned.ts';
import type { Runner } from './runner.ts';

/**
 * Whether what a hook returned is a promise to wait for. The hook or step in flight is told of it.
 * @throws LoopError for an iterator, which nobody would run
 */
export function isAwaited(running: Runner, hook: string, result: unknown): result is PromiseLike<unknown> {
  if (!isPending(running.loop, hook, result)) return false;
  running.unit?.hookReturned(result);
  return true;
}
