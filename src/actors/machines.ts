import type { LoopMachine } from '../chart/machine-type.ts';
import type { AnyLoop } from '../tree/any-loop.ts';

/** The machine of each loop that has been asked for one. */
export const compiled: WeakMap<AnyLoop, LoopMachine> = new WeakMap();

/** Which loop a compiled machine runs. */
export const machineLoops: WeakMap<object, AnyLoop> = new WeakMap();

/** The loop that an actor runs, if it is that of a loop whose machine is as it was compiled. */
export function loopOf(actor: { readonly logic: object }): AnyLoop | undefined {
  return machineLoops.get(actor.logic);
}

/** The machines that were put under the names of a loop's children, so that what `provide()` put there can be told from them. */
const placed = new WeakMap<AnyLoop, Map<string, WeakSet<object>>>();

/** Whether nothing else than its own machine stands under the name of a child. */
export function isImplementedBy(loop: AnyLoop, actors: Record<string, unknown>, name: string): boolean {
  const there = actors[name];
  return (
    there === undefined ||
    placed
      .get(loop)
      ?.get(name)
      ?.has(there as object) === true
  );
}

/** Puts the machine of a child under its name, unless `provide()` has put another actor there. */
export function implement(loop: AnyLoop, actors: Record<string, unknown>, name: string, machine: object): void {
  let ours = placed.get(loop);
  if (ours === undefined) {
    ours = new Map();
    placed.set(loop, ours);
  }
  let machines = ours.get(name);
  if (machines === undefined) {
    machines = new WeakSet();
    ours.set(name, machines);
  }
  const there = actors[name];
  // A machine that was made by `provide()` has those of the children of then: a loop that has been replaced is not meant.
  if (there !== undefined && !machines.has(there as object)) return;
  actors[name] = machine;
  machines.add(machine);
}
