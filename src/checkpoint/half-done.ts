import type { AnyActorRef } from 'xstate';
import { parentActor } from '../chart/xstate-inner.ts';
import type { AnyLoop } from '../tree/any-loop.ts';
import { childNamed, isLoop, statefulOf, walk } from '../tree/tree.ts';

/**
 * Whether a loop that is in the middle of a step may have a `Stateful` object half changed: one that it, a loop above it
 * or one below it holds. What it reaches otherwise is not to be seen.
 * @param root the loop whose run it is, and its actor
 */
export function mayHaveHalfDone(root: AnyLoop, rootActor: AnyActorRef, actor: AnyActorRef): boolean {
  const names: string[] = [];
  for (let up: AnyActorRef | undefined = actor; up !== undefined && up !== rootActor; up = parentActor(up)) {
    names.unshift(up.id);
  }
  let loop = root;
  for (const name of names) {
    if (statefulOf(loop).length > 0) return true;
    const below = childNamed(loop, name);
    // Taken out of its field while it runs: nobody can tell what it holds.
    if (!isLoop(below)) return true;
    loop = below;
  }
  return walk(loop).some((one) => statefulOf(one.loop).length > 0);
}
