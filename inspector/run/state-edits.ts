import { isAlike } from '../../src/data/alike.ts';
import { pointerTo } from '../../src/data/pointer.ts';
import type { StateEdit } from '../sources/source.ts';

type Place = Parameters<typeof pointerTo>[0];

/** What has to be done to a state so that it becomes another: as little as that takes. What is the same is not touched. */
export function editsBetween(loop: string, before: unknown, after: unknown): StateEdit[] {
  const edits: StateEdit[] = [];
  const visit = (old: unknown, now: unknown, place: Place) => {
    if (isAlike(old, now)) return;
    if (Array.isArray(old) && Array.isArray(now) && old.length === now.length) {
      for (const [key, item] of now.entries()) visit(old[key], item, { around: place, key });
    } else if (isBranch(old) && isBranch(now)) {
      for (const key of new Set([...Object.keys(old), ...Object.keys(now)])) {
        const inner = { around: place, key };
        if (!Object.hasOwn(now, key)) edits.push({ loop, at: pointerTo(inner) });
        else if (Object.hasOwn(old, key)) visit(old[key], now[key], inner);
        else edits.push({ loop, at: pointerTo(inner), value: now[key] });
      }
    } else {
      edits.push({ loop, at: pointerTo(place), value: now });
    }
  };
  visit(before, after, undefined);
  return edits;
}

/** An object of the state itself, and not one that stands for something: `{"$n": "NaN"}`. */
function isBranch(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const keys = Object.keys(value);
  return !(keys.length === 1 && keys[0]!.startsWith('$'));
}
