import { Loop } from '../../loop.ts';
import type { Runner } from '../../step/runner.ts';
import { keyWithin } from '../../step/scope.ts';
import { type AnyLoop, host } from '../../tree/any-loop.ts';
import { parentOf } from '../../tree/tree.ts';

/*
 * Where a loop stands, so that it is the same place in another run, be that one resumed: the steps of all loops above it,
 * and the how-manieth run of it in the hook of its parent it is. A hook that is run again asks for all of them again.
 */

/** Of a child, in which hook of its parent it was run last, and how often before in that one. */
const runs = new WeakMap<AnyLoop, { hook: string; before: number }>();

let counting = 0;
let putBack = () => {};

/** Counts the runs of children from now on. @returns what ends that */
export function countRuns(): () => void {
  if (counting++ === 0) {
    const { run } = Loop.prototype;
    const counted = function (this: AnyLoop & Loop, ...args: []) {
      count(this);
      return run.apply(this, args);
    };
    Loop.prototype.run = counted as typeof run;
    putBack = () => {
      Loop.prototype.run = run;
    };
  }
  return () => {
    if (--counting === 0) putBack();
  };
}

function count(child: AnyLoop): void {
  const parent = parentOf(child)?.loop[host] as Runner | undefined;
  if (parent === undefined) return;
  const hook = `${placeOf(parent)} ${parent.unit?.hook} ${keyWithin(parent) ?? ''}`;
  const last = runs.get(child);
  runs.set(child, { hook, before: last?.hook === hook ? last.before + 1 : 0 });
}

/** The place of the step in which a loop is, or of a hook before or after its steps. */
export function placeOf({ loop, parent, path, steps, unit }: Runner): string {
  const above = parent === undefined ? '' : `${placeOf(parent)} ${parent.unit?.hook} ${runs.get(loop)?.before ?? 0}`;
  // Of a loop without children nobody notes which of the three hooks of a step it is in.
  return `${above} ${path} ${steps} ${/advance/i.test(unit?.hook ?? '') ? 'step' : unit?.hook}`;
}
