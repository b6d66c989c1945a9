import type { AnyActorRef } from 'xstate';
import type { LoopDict } from '../tree/state-dict.ts';
import type { LoopContext } from './context.ts';
import { givenIn } from './journal.ts';
import { isLoopActor } from './loop-actor.ts';
import { unmadeIn } from './unmade-children.ts';

/** The state of a tree as its actors know it: of a loop that runs, that of its own context, once it has any. */
export function dictOf(actor: AnyActorRef): LoopDict {
  return dictIn(actor.getSnapshot());
}

function dictIn(snapshot: { context: LoopContext; children: any }, before?: LoopDict): LoopDict {
  const { begun, state, progress, children, running, inFlight } = snapshot.context;
  if (!begun && before !== undefined) return before;
  const now = { ...children };
  for (const { run, dict } of givenIn(inFlight)) if (run !== undefined && dict !== undefined) now[run] = dict;
  for (const name of running) {
    const child: any = snapshot.children[name] ?? unmadeIn(snapshot)?.snapshots[name];
    const below: any = typeof child?.getSnapshot === 'function' ? child.getSnapshot() : child;
    // Not of what is missing, nor of a stranger in the place of a loop.
    if (Array.isArray(below?.context?.running)) now[name] = dictIn(below, now[name]);
  }
  return { state, progress, children: now };
}

/** The innermost running loops: those with no running loop below them. None once the run has ended. */
export function leaves(actor: AnyActorRef): AnyActorRef[] {
  const snapshot = actor.getSnapshot();
  if (snapshot.status !== 'active') return [];
  const below = (snapshot.context as LoopContext).running.flatMap((name) => {
    const child: AnyActorRef | undefined = snapshot.children[name];
    // A stranger in the place of a loop cannot be told to stand: it is waited for.
    return child === undefined ? [] : isLoopActor(child) ? leaves(child) : [child];
  });
  return below.length > 0 ? below : [actor];
}

/** Whether all running loops of a tree are to take no further step. */
export function isPausing(actor: AnyActorRef): boolean {
  const { context, children } = actor.getSnapshot() as { context: LoopContext; children: Record<string, AnyActorRef> };
  if (context.pace !== 0) return false;
  return context.running.every((name) => {
    const child = children[name];
    return child !== undefined && isLoopActor(child) && isPausing(child);
  });
}
