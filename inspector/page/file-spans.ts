import type { Lanes } from '../run/lanes.ts';
import type { Store } from '../run/store.ts';
import type { FileParts } from '../sources/file-parts.ts';

/** Of each file that is read in parts, the bars of all that was read of it. */
const known = new WeakMap<FileParts, Lanes>();

export const spansOf = (parts: FileParts | undefined): Lanes | undefined => parts && known.get(parts);

/** Keeps the bars of a part that another takes the place of. */
export function keepSpans(parts: FileParts, { lanes, end }: Store): void {
  lanes.lines = lanes.linesBefore + end;
  const before = known.get(parts);
  if (before) before.join(lanes);
  else known.set(parts, lanes);
}
