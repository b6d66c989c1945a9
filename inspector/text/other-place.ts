import { isShared } from '../../src/data/shared.ts';
import { readValue } from './value.ts';

/** By what they lie in: of objects that lie in more than one place, the first two, each as the keys that lead to it. */
const found = new WeakMap<object, Map<unknown, string[][]>>();

/** Where else in `root` an object lies than at some keys, as `state.a`; nothing for one that lies there alone. */
export function otherPlace(root: object, object: unknown, keys: readonly string[]): string | undefined {
  if (typeof object !== 'object' || object === null || !isShared(object)) return undefined;
  let places = found.get(root);
  if (places === undefined) {
    places = placesIn(root);
    found.set(root, places);
  }
  const own = keys.join('.');
  return places
    .get(object)
    ?.map((place) => place.join('.'))
    .find((place) => place !== own);
}

function placesIn(root: object): Map<unknown, string[][]> {
  const places = new Map<unknown, string[][]>();
  const visit = (value: unknown, keys: string[]) => {
    if (typeof value !== 'object' || value === null) return;
    if (isShared(value)) {
      const before = places.get(value);
      // What is in it is in all of its places.
      if (before !== undefined) {
        if (before.length < 2) before.push(keys);
        return;
      }
      places.set(value, [keys]);
    }
    const told = readValue(value);
    if (told.kind === 'branch') for (const [key, inner] of told.entries()) visit(inner, [...keys, key]);
  };
  visit(root, []);
  return places;
}
