import { type Actor, begun } from './actor.ts';

/** What a box says of those that are folded into it. */
export interface Folded {
  /** How many loops they are. */
  loops: number;
  /** How many of their runs have failed. */
  failed: number;
  /** The innermost run of them that goes on. */
  runs: Actor | undefined;
}

/** The innermost run in another that goes on at a row: of several beside each other, the one that began last. */
export function runningIn(around: Actor, row: number): Actor | undefined {
  let found: Actor | undefined;
  for (let above: Actor | undefined = around; above; ) {
    let latest: Actor | undefined;
    for (const runs of above.children.values()) {
      const run = runs[begun(runs, row) - 1];
      if (run && !(run.endRow <= row) && !(latest && latest.index > run.index)) latest = run;
    }
    found = latest ?? found;
    above = latest;
  }
  return found;
}
