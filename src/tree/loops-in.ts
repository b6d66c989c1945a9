import type { AnyLoop } from './any-loop.ts';
import { pathOf, walk } from './tree.ts';

/** The loops of a tree by their dotted paths below the root. */
export function loopsIn(root: AnyLoop): { loop: AnyLoop; name: string }[] {
  const base = pathOf(root).length + 1;
  return walk(root).map(({ loop, path }) => ({ loop, name: path.slice(base) }));
}
