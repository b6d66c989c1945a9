import { MisconfigurationError } from '../data/errors.ts';
import { deepest } from '../data/json.ts';
import { type AnyLoop, parentLink } from './any-loop.ts';
import { checkName } from './own-names.ts';
import { isArrayOf, isLoop, isProgress, partsOf } from './parts.ts';
import { BaseProgress } from './progress.ts';
import { checkWritten } from './written-hooks.ts';

export { isLoop, partsOf };

/** Something with live state that a checkpoint captures: a model, an optimizer, a sampler. */
export interface Stateful {
  /** A copy: what it returns must not change when the object goes on. Typed arrays are allowed. */
  stateDict(): unknown;
  /** Takes back what `stateDict` returned, also after it went through JSON. */
  loadStateDict(dict: any): void;
}

/** Loops and progress have these methods as well, and are captured in their own ways. */
export function isStateful(value: unknown): value is Stateful {
  try {
    return (
      typeof value === 'object' &&
      value !== null &&
      typeof (value as Stateful).stateDict === 'function' &&
      typeof (value as Stateful).loadStateDict === 'function' &&
      !isLoop(value) &&
      !isProgress(value)
    );
  } catch {
    // A proxy that throws at whoever asks for what it has not.
    return false;
  }
}

export function childrenOf(loop: AnyLoop): [name: string, child: AnyLoop][] {
  return partsOf(loop).filter((part): part is [string, AnyLoop] => isLoop(part[1]));
}

/** Whether a loop has any children. */
export function hasChildren(loop: AnyLoop): boolean {
  for (const [, part] of partsOf(loop)) if (isLoop(part)) return true;
  return false;
}

export function progressOf(loop: AnyLoop): [name: string, progress: BaseProgress][] {
  return partsOf(loop).filter((part): part is [string, BaseProgress] => part[1] instanceof BaseProgress);
}

/** The `Stateful` fields of a loop, and `Stateful` objects in arrays (`models.0`). */
export function statefulOf(loop: AnyLoop): [name: string, field: Stateful][] {
  const found: [string, Stateful][] = [];
  for (const name of Object.keys(loop)) {
    if (name === 'state' || name === 'init') continue;
    const value: unknown = Reflect.get(loop, name);
    if (isStateful(value)) found.push([name, value]);
    else if (isArrayOf(isStateful, value)) {
      for (const [i, item] of value.entries()) if (isStateful(item)) found.push([`${name}.${i}`, item]);
    }
  }
  return found;
}

/** `FitLoop` is `fitLoop`: a root has no field to be named after. */
function rootName(loop: AnyLoop): string {
  const name: unknown = loop.constructor?.name;
  return typeof name !== 'string' || name === '' ? 'loop' : name[0]!.toLowerCase() + name.slice(1);
}

/** `fit.epoch.batches`: the root by its class, the others by their fields. */
export function pathOf(loop: AnyLoop): string {
  const up = above(loop);
  const names = up.map(({ name }) => name).reverse();
  return [rootName(up.at(-1)?.loop ?? loop), ...names].join('.');
}

/** A path without the root's name, which is that of its class and may be another in another build. */
export function belowRoot(path: string): string {
  const dot = path.indexOf('.');
  return dot === -1 ? '' : path.slice(dot + 1);
}

/** The topmost loop that is known to hold this one. */
export function rootOf(loop: AnyLoop): AnyLoop {
  return above(loop).at(-1)?.loop ?? loop;
}

/** The loops that hold this one, from the nearest to the root. Ends also where fields were set to a cycle. */
export function above(loop: AnyLoop): { loop: AnyLoop; name: string }[] {
  const found: { loop: AnyLoop; name: string }[] = [];
  const seen = new Set([loop]);
  for (let up = parentOf(loop); up !== undefined && !seen.has(up.loop); up = parentOf(up.loop)) {
    seen.add(up.loop);
    found.push(up);
  }
  return found;
}

/** The loop that holds this one, if it still does. */
export function parentOf(loop: AnyLoop): { loop: AnyLoop; name: string } | undefined {
  const link = loop[parentLink];
  return link !== undefined && childNamed(link.loop, link.name) === loop ? link : undefined;
}

export function childNamed(loop: AnyLoop, name: string): unknown {
  if (Object.hasOwn(loop, name)) return (loop as unknown as Record<string, unknown>)[name];
  const dot = name.lastIndexOf('.');
  const list: unknown = dot === -1 ? undefined : Reflect.get(loop, name.slice(0, dot));
  return Array.isArray(list) ? list[Number(name.slice(dot + 1))] : undefined;
}

/**
 * The loop and all below it with their paths, parents first. Links each child to its parent. See `strays.ts` for what
 * stands beside the tree.
 * @throws MisconfigurationError for a cycle, for a loop that stands in two places, for a field that is called `toString` or `abort`,
 *   for a loop that has not the hooks it must have, and for more than 1,000 levels: states stand in one another as loops do
 */
export function walk(root: AnyLoop): { loop: AnyLoop; path: string }[] {
  const places = new Map<AnyLoop, string>();
  const found: { loop: AnyLoop; path: string }[] = [];
  const links: [child: AnyLoop, link: { loop: AnyLoop; name: string }][] = [];
  visit(root, pathOf(root), 1);
  for (const [child, link] of links) child[parentLink] = link;
  return found;

  function visit(loop: AnyLoop, path: string, level: number): void {
    const before = places.get(loop);
    if (before !== undefined) throw noTree(loop, before, path);
    if (level > deepest) {
      throw new MisconfigurationError(
        `Expected the loops to stand at most ${deepest} levels deep in one another, got more. Hold them side by side in an array.`,
        found[0]!.path,
      );
    }
    checkWritten(loop, path);
    places.set(loop, path);
    found.push({ loop, path });
    for (const [name, child] of childrenOf(loop)) {
      checkName(loop, name, path);
      const parent = parentOf(child);
      if (parent !== undefined && parent.loop !== loop && !places.has(child)) {
        throw alreadyHeld(child, parent, `${path}.${name}`);
      }
      links.push([child, { loop, name }]);
      visit(child, `${path}.${name}`, level + 1);
    }
  }
}

/** A loop that was found in two places. */
export function noTree(loop: AnyLoop, before: string, path: string): MisconfigurationError {
  const [what, advice] = `${path}.`.startsWith(`${before}.`)
    ? [
        'holds itself: a cycle',
        'Make a second instance; what a loop has to know of one above it, give it as an argument, or hold it in a #private field.',
      ]
    : ['stands in two places', 'Make a second instance; and which of several is on, let a getter or an index say.'];
  return new MisconfigurationError(
    `Expected the loops to form a tree, got a ${loop.constructor.name} that ${what} (${before} and ${path}). ${advice}`,
    path,
  );
}

/** A loop that another holds. */
export function alreadyHeld(
  loop: AnyLoop,
  parent: { loop: AnyLoop; name: string },
  path: string,
): MisconfigurationError {
  return new MisconfigurationError(
    `Expected the loops to form a tree, got a ${loop.constructor.name} that ${pathOf(parent.loop)} holds as \`${parent.name}\` already. ` +
      'Make a second instance, or take it out there first.',
    path,
  );
}

/**
 * Whether all below a loop are linked to where they stand, as {@link walk} would link them. Each has one link, so that they
 * are a tree then, unless they lead back to the loop itself.
 */
export function isLinked(root: AnyLoop, loop: AnyLoop = root): boolean {
  for (const [name, part] of partsOf(loop)) {
    if (part instanceof BaseProgress) continue;
    const link = part[parentLink];
    if (part === root || link?.loop !== loop || link.name !== name || !isLinked(root, part)) return false;
  }
  return true;
}
