import type { AnyLoop } from '../../tree/any-loop.ts';
import { objectsIn } from '../../tree/part-of-state.ts';
import { walk } from '../../tree/tree.ts';
import type { Cause } from './cause.ts';
import { pathWithin } from './difference.ts';

/** Two loops whose states hold one object: a checkpoint has it twice. */
export function ofSharedObject(root: AnyLoop): Cause | undefined {
  const places = new Map<object, { loop: AnyLoop; place: string }>();
  for (const { loop, path } of walk(root)) {
    for (const { object, keys } of objectsIn(loop.state)) {
      const place = `\`state${pathWithin(keys())}\` of ${path}`;
      const before = places.get(object);
      if (before !== undefined && before.loop !== loop) return sharedBy(before.place, place);
      places.set(object, { loop, place });
    }
  }
  return undefined;
}

function sharedBy(one: string, other: string): Cause {
  return {
    kind: 'shared',
    says: `${one} and ${other} are one object at the cut, and two after it: what changes the one does not change the other any more.`,
    advice:
      'Copy it where it is taken: this.state.last = structuredClone(rows). Or keep it in one state, and read it there.',
  };
}
