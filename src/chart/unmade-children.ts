import type { AnyActorRef } from 'xstate';

/*
 * A loop may make its children only when it is given its state, by its `onLoadCheckpoint`. XState makes the actors of a
 * snapshot before that, and leaves out whom it finds no machine of. So the actors of such children are made later:
 *
 *     createActor(machine, { snapshot })     no actor is made of a child that may be made anew: it is noted here
 *     start, the first hook                  the loops are given their states, and make children
 *     `make`                                 now their actors are made, of the machines of these children
 */

/** An actor as XState persists it. */
export interface PersistedActor {
  readonly src: unknown;
  readonly snapshot: unknown;
}

/** What is looked at of the snapshot of a loop, and of those below it. */
export interface SnapshotTree {
  readonly context: any;
  readonly children: { readonly [name: string]: SnapshotTree };
}

/** The children that ran when a snapshot was taken, and have no actors yet. */
export interface Unmade {
  /** As they were given. */
  readonly persisted: { readonly [name: string]: PersistedActor };
  /** Their snapshots, with all numbers. */
  readonly snapshots: { readonly [name: string]: SnapshotTree };
  /** Makes their actors, which are not started. */
  make(): { [name: string]: AnyActorRef };
}

const unmade = new WeakMap<object, Unmade>();

/** Notes of a snapshot that these children of it have no actors yet. */
export function noteUnmade(snapshot: object, children: Unmade): void {
  unmade.set(snapshot, children);
}

export function unmadeIn(snapshot: object): Unmade | undefined {
  return unmade.get(snapshot);
}

/** Makes the actors of a snapshot's children that have none, and puts them into it. @returns those that were made */
export function makeUnmade(snapshot: { children: { [name: string]: AnyActorRef | undefined } }): AnyActorRef[] {
  const made = unmade.get(snapshot)?.make() ?? {};
  unmade.delete(snapshot);
  Object.assign(snapshot.children, made);
  return Object.values(made);
}
