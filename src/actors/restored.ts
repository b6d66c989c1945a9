import { childrenRun } from '../chart/journal.ts';
import { dictOf } from '../chart/tree-state.ts';
import { restartingSlot } from '../tree/any-loop.ts';
import { holdState, loadTree, putState } from '../tree/state-dict.ts';
import { childNamed, isLoop } from '../tree/tree.ts';
import type { Reporting } from './reporting.ts';

/** Of loops that came out of a snapshot: what puts children that go on in their middle back to where they are then. */
const held = new WeakMap<object, Map<string, () => void>>();

/**
 * Puts a loop that came out of a snapshot, and the children of its step in flight, where they were before that step: until
 * it asks for them, they are as they were then.
 */
export function restore(running: Reporting & { readonly parent: object | undefined }): void {
  const { loop, actor, context, parent } = running;
  if (parent === undefined) {
    // A snapshot of an app; of a checkpoint, `start` has loaded all.
    if (!running.session.loaded) loadTree(loop, dictOf(actor));
  } else {
    held.get(parent)?.get(actor.id)?.();
    held.get(parent)?.delete(actor.id);
  }
  loop[restartingSlot] = context.restarting;
  const below = new Map<string, () => void>();
  held.set(running, below);
  for (const name of new Set([...context.running, ...childrenRun(context.inFlight)])) {
    const child = childNamed(loop, name);
    if (!isLoop(child)) continue;
    if (context.running.includes(name)) below.set(name, holdState(child));
    if (context.children[name] !== undefined) putState(child, context.children[name]);
  }
}
