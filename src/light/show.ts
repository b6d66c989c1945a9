import type { Running } from '../actors/running.ts';

/** Has the machines told where the loops stand, from one that has an actor downwards; whatever runs without one gets one. */
export function showBelow(running: Running): void {
  running.flush();
  const { unit } = running;
  if (unit === undefined) return;
  for (const child of unit.childrenThatRun()) {
    // Its first hook, `skip`, is what tells its machine where it stands.
    if (!child.hasActor) unit.spawn(child.loop, child.light!.what, true);
    if (child.hasActor) showBelow(child);
  }
}
