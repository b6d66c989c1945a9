import { type AnyLoop, fieldsSlot, parentLink } from './any-loop.ts';
import { type Fields, isLoop, type Part, partsOf } from './parts.ts';
import { checkTree } from './strays.ts';
import { above, alreadyHeld, noTree, parentOf, pathOf } from './tree.ts';

/**
 * The parts of a loop that has come to a boundary. Since the last one its hooks may have put loops into its fields: before
 * anybody goes down from one loop to those that it holds, it is made sure that they are still a tree. That costs something
 * only where fields have changed; {@link walk}, which looks at all of a tree, would take as long as a step.
 * @throws MisconfigurationError for a loop that holds itself, stands in two places, or is another's already
 */
export function boundaryPartsOf(loop: AnyLoop): readonly Part[] {
  const parts = partsOf(loop);
  checkParts(loop, parts);
  return parts;
}

/** The same of parts that were just found. */
export function checkParts(loop: AnyLoop, parts: readonly Part[]): void {
  const fields = loop[fieldsSlot] as Fields;
  if (fields.isTree) return;
  for (const [name, part] of parts) if (isLoop(part)) checkPlace(loop, name, part);
  fields.isTree = true;
}

function checkPlace(loop: AnyLoop, name: string, child: AnyLoop): void {
  const link = child[parentLink];
  if (link !== undefined && link.loop === loop && link.name === name) return;
  const path = `${pathOf(loop)}.${name}`;
  const parent = parentOf(child);
  const isAbove = child === loop || above(loop).some((one) => one.loop === child);
  if (isAbove || parent?.loop === loop) throw noTree(child, pathOf(child), path);
  if (parent !== undefined) throw alreadyHeld(child, parent, path);
  join(child, loop, name);
}

/** A loop has come into the tree in the middle of a run. @throws MisconfigurationError as for any in it */
export function join(loop: AnyLoop, parent: AnyLoop, name: string): void {
  loop[parentLink] = { loop: parent, name };
  try {
    checkTree(loop);
  } catch (error) {
    loop[parentLink] = undefined;
    throw error;
  }
}
