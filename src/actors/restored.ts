import type { AnyActorRef } from 'xstate';
import type { LoopContext } from '../chart/context.ts';
import { childrenRun } from '../chart/journal.ts';
import { isLoopActor } from '../chart/loop-actor.ts';
import { dictOf } from '../chart/tree-state.ts';
import { makeUnmade, unmadeIn } from '../chart/unmade-children.ts';
import { actorsOf, logicOf } from '../chart/xstate-inner.ts';
import { checkClasses, namedIn } from '../checkpoint/changed-classes.ts';
import { checkStale, placesIn } from '../checkpoint/stale-fields.ts';
import { LoopError } from '../data/errors.ts';
import { type AnyLoop, restartingSlot } from '../tree/any-loop.ts';
import { holdState, loadProgress, loadTree, putState } from '../tree/state-dict.ts';
import { checkTree } from '../tree/strays.ts';
import { childNamed, isLoop, pathOf } from '../tree/tree.ts';
import { implement } from './machines.ts';
import type { Reporting } from './reporting.ts';

/** Of loops that came out of a snapshot: what puts children that go on in their middle back to where they are then. */
const held = new WeakMap<object, Map<string, () => void>>();

/**
 * Puts a loop that came out of a snapshot, and the children of its step in flight, where they were before that step: until
 * it asks for them, they are as they were then.
 * @throws LoopError `CHECKPOINT_MISMATCH` for a child that ran and is not there
 */
export function restore(running: Reporting & { readonly parent: object | undefined }): void {
  const { loop, actor, context, parent } = running;
  if (parent === undefined) {
    // A snapshot of an app; of a checkpoint, `start` has loaded all.
    if (!running.session.loaded) load(loop, actor);
  } else {
    held.get(parent)?.get(actor.id)?.();
    held.get(parent)?.delete(actor.id);
    // Counters that other loops have as well were loaded for those, too, and are as they were in the last of them.
    loadProgress(loop, context);
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

/** Gives the loops their states, and the children that these have made the actors that they had. */
function load(loop: AnyLoop, root: AnyActorRef): void {
  const places = placesIn(checkTree(loop));
  loadTree(loop, dictOf(root));
  // With what `onLoadCheckpoint` has made.
  checkStale(checkTree(loop), places);
  checkClasses(loop, namedIn(root));
  makeChildren(loop, root);
}

function makeChildren(loop: AnyLoop, actor: AnyActorRef): void {
  const snapshot: { context: LoopContext; children: Record<string, AnyActorRef> } = actor.getSnapshot();
  const actors = actorsOf(logicOf(actor)) ?? {};
  for (const name of Object.keys(unmadeIn(snapshot)?.persisted ?? {})) {
    const child = childNamed(loop, name);
    if (isLoop(child)) implement(loop, actors, name, child.machine);
    else if (!Object.hasOwn(actors, name)) throw notMade(loop, name);
  }
  for (const made of makeUnmade(snapshot)) made.start();
  for (const name of snapshot.context.running) {
    const child = childNamed(loop, name);
    const below = snapshot.children[name];
    if (isLoop(child) && below !== undefined && isLoopActor(below)) makeChildren(child, below);
  }
}

function notMade(loop: AnyLoop, name: string): LoopError {
  return new LoopError(
    'CHECKPOINT_MISMATCH',
    `Expected a child \`${name}\`, which ran when the snapshot was taken, got none. ` +
      'Make it in the constructor, or from the state in onLoadCheckpoint: reset and onRunStart are not repeated.',
    pathOf(loop),
  );
}
