import type { Checkpoint } from '../../checkpoint/contents.ts';
import { kindOf } from '../../data/shown.ts';
import type { AnyLoop } from '../../tree/any-loop.ts';
import { loadStateDict } from '../../tree/state-dict.ts';
import { isStateful, partsOf, statefulOf, walk } from '../../tree/tree.ts';
import { brief, differenceOf, pathWithin } from './difference.ts';

/** A field of a loop that a checkpoint does not have. */
export interface KeptField {
  path: string;
  name: string;
  /** Whether it holds an instance of somebody's class, such as a sampler or a connection. */
  isObject: boolean;
  says: string;
}

/** The fields that a loop had made at a cut otherwise than a new one has them that was given the checkpoint's state. */
export function keptFields(atCut: AnyLoop, fresh: AnyLoop, checkpoint: Checkpoint): KeptField[] {
  try {
    loadStateDict(fresh, checkpoint.stateDict);
  } catch {
    // It is compared as it was made.
  }
  const others = new Map(walk(fresh).map(({ loop, path }) => [path, loop]));
  return walk(atCut).flatMap(({ loop, path }) => {
    const other = others.get(path);
    return other === undefined ? [] : fieldsOf(loop).flatMap((name) => keptField(loop, other, path, name));
  });
}

function keptField(loop: AnyLoop, other: AnyLoop, path: string, name: string): KeptField[] {
  const [had, has] = [fieldOf(loop, name), fieldOf(other, name)];
  const difference = differenceOf(had, has);
  if (difference === undefined) return [];
  const isObject = isInstance(had) || isInstance(has);
  const kind = isObject ? ` (a ${kindOf(isInstance(had) ? had : has)})` : '';
  // Of what is small all is shown, else the part that differs.
  const isSmall = !isObject && [had, has].every((value) => brief(value).length < 60);
  const at = isSmall ? '' : pathWithin(difference.at);
  const [before, after] = isSmall ? [had, has] : [difference.expected, difference.got];
  const says = `\`${name}\` of ${path}${kind} had ${at === '' ? '' : `\`${at}\` `}${brief(before)} at the cut, and has ${brief(after)} in a new instance`;
  return [{ path, name, isObject, says }];
}

/** Fields that hold instances of classes whose inside may not be seen, in words. */
export function opaqueFields(root: AnyLoop): string[] {
  return walk(root).flatMap(({ loop, path }) => {
    const told = (name: string, value: unknown) => `\`${name}\` of ${path} (a ${kindOf(value)})`;
    const objects = fieldsOf(loop).map((name) => [name, fieldOf(loop, name)] as const);
    return [
      ...objects.filter(([, value]) => isInstance(value)).map(([name, value]) => told(name, value)),
      ...statefulOf(loop).map(([name, value]) => `${told(name, value)}, whose stateDict() may not be all that it is`),
    ];
  });
}

/** Those that are neither its state nor part of what a checkpoint has. */
function fieldsOf(loop: AnyLoop): string[] {
  const parts = new Set(partsOf(loop).map(([name]) => name.split('.')[0]));
  return [...new Set([...Object.keys(loop), 'state'])].filter(
    (name) => name !== 'state' && name !== 'init' && !parts.has(name) && !isHeldByCheckpoint(fieldOf(loop, name)),
  );
}

function isHeldByCheckpoint(value: unknown): boolean {
  return isStateful(value) || (Array.isArray(value) && value.length > 0 && value.every(isStateful));
}

function fieldOf(loop: AnyLoop, name: string): unknown {
  try {
    return Reflect.get(loop, name);
  } catch {
    return undefined;
  }
}

function isInstance(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  if (value instanceof Map || value instanceof Set || value instanceof Date || ArrayBuffer.isView(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype !== Object.prototype && prototype !== null;
}
