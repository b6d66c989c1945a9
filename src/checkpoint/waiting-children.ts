import type { AnyActorRef } from 'xstate';
import type { LoopContext } from '../chart/context.ts';
import { noteUnmade, type PersistedActor, type SnapshotTree } from '../chart/unmade-children.ts';
import { parentActor } from '../chart/xstate-inner.ts';
import { decodeJson } from '../data/json-form.ts';
import { type AnyLoop, overrides } from '../tree/any-loop.ts';
import { parentOf } from '../tree/tree.ts';

/*
 * Which children of a persisted snapshot wait for their loops to be given their states before they get actors, and what is
 * kept of them until then; see `unmade-children.ts`.
 */

type Children = { [name: string]: PersistedActor };

/** Roots that go on from a checkpoint: `start` has given their loops the states before there is an actor. */
const loaded = new WeakSet<AnyActorRef>();

export function noteLoaded(root: AnyActorRef): void {
  loaded.add(root);
}

/**
 * The children that ran, and that the loop may make anew, or has yet to make; `undefined` if there are none.
 * @param actors those of the loop's machine, by their names
 * @param self the actor that goes on from the snapshot
 */
export function childrenThatWait(
  loop: AnyLoop,
  given: { status: string; context?: LoopContext; children: object },
  actors: Record<string, unknown>,
  self: AnyActorRef,
): Children | undefined {
  const { status, context, children } = given;
  if (status !== 'active' || !Array.isArray(context?.running) || isLoaded(self)) return undefined;
  const grows = mayGrow(loop);
  const waiting = Object.entries(children as Children).filter(
    ([name, { src }]) => context.running.includes(name) && (grows || !Object.hasOwn(actors, src as string)),
  );
  return waiting.length === 0 ? undefined : Object.fromEntries(waiting);
}

function isLoaded(actor: AnyActorRef): boolean {
  for (let up: AnyActorRef | undefined = actor; up !== undefined; up = parentActor(up)) if (loaded.has(up)) return true;
  return false;
}

/** Whether a loop, or one above it, may make children when it is given its state. */
function mayGrow(loop: AnyLoop): boolean {
  const up = parentOf(loop);
  return overrides(loop, 'onLoadCheckpoint') || (up !== undefined && mayGrow(up.loop));
}

/**
 * A snapshot without the children that wait, which are noted of it.
 * @param restore has XState make a snapshot with the actors of these children
 */
export function restoredWithout(
  waiting: Children,
  children: object,
  restore: (children: object) => { children: { [name: string]: AnyActorRef } },
): object {
  const others = Object.entries(children).filter(([name]) => !Object.hasOwn(waiting, name));
  const restored = restore(Object.fromEntries(others));
  noteUnmade(restored, {
    persisted: waiting,
    snapshots: mapped(waiting, ({ snapshot }) => treeOf(snapshot)),
    make: () => restore(waiting).children,
  });
  return restored;
}

/** Each loop's numbers are marked in its own snapshot. What another actor has persisted is not looked into. */
function treeOf(snapshot: any): SnapshotTree {
  if (!Array.isArray(snapshot?.context?.running)) return { context: undefined, children: {} };
  const context = snapshot.encoded === true ? decodeJson(snapshot.context) : snapshot.context;
  return { context, children: mapped(snapshot.children as Children, (child) => treeOf(child.snapshot)) };
}

function mapped<From, To>(from: { [name: string]: From }, change: (value: From) => To): { [name: string]: To } {
  return Object.fromEntries(Object.entries(from).map(([name, value]) => [name, change(value)]));
}
