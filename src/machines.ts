import type { LoopMachine } from './machine.ts';
import type { AnyLoop } from './tree.ts';

/** The machine of each loop that has been asked for one. */
export const compiled: WeakMap<AnyLoop, LoopMachine<any, any>> = new WeakMap();

/** Which loop a compiled machine runs. */
export const machineLoops: WeakMap<object, AnyLoop> = new WeakMap();

/** The machines that were put under the names of a loop's children, so that what `provide()` put there can be told from them. */
const placed = new WeakMap<AnyLoop, Map<string, object>>();

/** Puts the machine of a child under its name, unless `provide()` has put another actor there. */
export function implement(loop: AnyLoop, actors: Record<string, unknown>, name: string, machine: object): void {
  let ours = placed.get(loop);
  if (ours === undefined) {
    ours = new Map();
    placed.set(loop, ours);
  }
  if (actors[name] !== undefined && actors[name] !== ours.get(name)) return;
  actors[name] = machine;
  ours.set(name, machine);
}
