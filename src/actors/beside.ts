import type { Reporting } from './reporting.ts';

/** A running loop and those that run it. */
export interface InRun extends Reporting {
  readonly parent: InRun | undefined;
}

/** Whether other loops of the run run beside this one; nobody is made to look for that. */
export function runsBeside(running: InRun): boolean {
  for (let up = running.parent; up !== undefined; up = up.parent) {
    const known = up.hasActor ? up.context.running.length : 0;
    if (Math.max(known, up.unit?.childrenUnderWay ?? 0) > 1) return true;
  }
  return false;
}
