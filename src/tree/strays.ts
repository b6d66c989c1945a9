import { MisconfigurationError } from '../data/errors.ts';
import { type AnyLoop, anyCopyMark } from './any-loop.ts';
import { collectionName, membersOf } from './collections.ts';
import { isLoop, isStateful, rootOf, statefulOf, walk } from './tree.ts';

/*
 * Loops and `Stateful` objects are found in the fields of a loop, and in arrays of them that are fields. In any other
 * collection they are strays: nothing of a stray loop would be seen, paused or captured, and a checkpoint would be
 * without the stray model. That is a mistake which is named, unless the same object stands in the tree as well, as in
 * `byName = new Map([['train', this.train]])`.
 *
 * Not to be seen are `#private` fields, closures, what instances of other classes hold, and what lies further on in a
 * field than the first few thousand members.
 */

/**
 * The loops of a tree as `walk` finds them, when there are no strays.
 * @throws MisconfigurationError for a stray, and as `walk` does
 */
export function checkTree(root: AnyLoop): { loop: AnyLoop; path: string }[] {
  const loops = walk(root);
  let standing: Set<object> | undefined;
  for (const { loop, path } of loops) {
    for (const { name, held } of collectionsOf(loop)) {
      for (const { value, place } of membersOf(held, isPart)) {
        if (isOfAnotherCopy(value)) throw foreign(value, `${name}${place}`, path);
        standing ??= partsOfTree(root, loops);
        if (!standing.has(value)) throw stray(value, `${name}${place}`, name, held, path);
      }
    }
  }
  return loops;
}

function isPart(value: unknown): boolean {
  return isLoop(value) || isStateful(value);
}

/** The fields of a loop that may hold strays. What is kept under an enumerable symbol is none that `walk` finds: a collection of one. */
function* collectionsOf(loop: AnyLoop): Generator<{ name: string; held: object }, void> {
  for (const key of Reflect.ownKeys(loop)) {
    if (key === 'state' || key === 'init') continue;
    const property = Object.getOwnPropertyDescriptor(loop, key);
    if (property === undefined || !property.enumerable || !('value' in property)) continue;
    const { value } = property;
    if (typeof value !== 'object' || value === null) continue;
    if (typeof key === 'symbol') yield { name: `[${String(key)}]`, held: new Set([value]) };
    else if (isOfAnotherCopy(value)) yield { name: key, held: new Set([value]) };
    else if (!isPart(value)) yield { name: key, held: value };
  }
}

/** Whether something is a loop, but not of the `Loop` that this copy of the library has. */
function isOfAnotherCopy(value: object): boolean {
  try {
    return !isLoop(value) && anyCopyMark in value;
  } catch {
    // A proxy whose traps throw.
    return false;
  }
}

function foreign(value: object, place: string, path: string): MisconfigurationError {
  return new MisconfigurationError(
    `Expected the loops of a tree to be of one copy of loopchart, got a ${value.constructor?.name} of another in \`${place}\`, which could not be seen, paused or captured. ` +
      'Two copies are in this process: see `npm ls loopchart`, and let all of the program import the same.',
    path,
  );
}

/** All that stands where it is found, in the tree that this one is a part of. */
function partsOfTree(root: AnyLoop, loops: { loop: AnyLoop }[]): Set<object> {
  const top = rootOf(root);
  const parts = new Set<object>();
  for (const { loop } of top === root ? loops : walk(top)) {
    parts.add(loop);
    for (const [, part] of statefulOf(loop)) parts.add(part);
  }
  return parts;
}

function stray(value: object, place: string, field: string, held: object, path: string): MisconfigurationError {
  const [kind, ownUse] = isLoop(value)
    ? ['loops', ', or in a #private field for runs of its own that start() begins']
    : ['Stateful objects', ''];
  return new MisconfigurationError(
    `Expected the ${kind} of \`${field}\` to stand in fields or in arrays of ${kind}, got a ${value.constructor?.name} in ${collectionName(held)} (\`${place}\`), ` +
      `where it would not be seen, paused or captured. Put it in a field as well${ownUse}.`,
    path,
  );
}
