import { LoopError, MisconfigurationError } from '../data/errors.ts';
import { deepest } from '../data/json.ts';
import { type AnyLoop, loopMark, parentLink, trainerSlot } from './any-loop.ts';
import { checkName } from './own-names.ts';
import { isArrayOf, isList, isLoop, isProgress, partsOf } from './parts.ts';
import { BaseProgress } from './progress.ts';
import { checkWritten } from './written-hooks.ts';

export { isLoop, partsOf };

export type LoopClass = new (init?: any) => AnyLoop;

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

/** Sets the fields and checks the tree; on an error nothing has changed. */
function assign(loop: AnyLoop, fields: Record<string, unknown>): void {
  const before = Object.fromEntries(Object.keys(fields).map((name) => [name, Reflect.get(loop, name)]));
  Object.assign(loop, fields);
  try {
    walk(rootOf(loop));
  } catch (error) {
    Object.assign(loop, before);
    throw error;
  }
  for (const value of Object.values(fields)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (loop[trainerSlot] !== undefined) (child as AnyLoop).trainer = loop[trainerSlot];
    }
  }
}

/** The value of a field that may hold loops. */
function slot(loop: AnyLoop, name: string, verb: string): unknown {
  const value: unknown = Object.hasOwn(loop, name) ? Reflect.get(loop, name) : undefined;
  const holdsLoops = value === undefined || value === null || loopsIn(value) !== undefined;
  if (!Object.hasOwn(loop, name) || !holdsLoops || name === 'state' || name === 'init') {
    const names = Object.keys(fieldsWithLoops(loop));
    throw new MisconfigurationError(
      `${verb} expected the name of a field for loops, got \`${name}\`. ` +
        `${loop.constructor.name} has ${names.length === 0 ? 'none' : names.join(', ')}; declare the field first, with a loop or null.`,
      pathOf(loop),
    );
  }
  return value;
}

/** @throws MisconfigurationError for what has no names: it would be passed over without a word */
function checkGiven(loop: AnyLoop, loops: unknown, verb: string): void {
  const isObject = typeof loops === 'object' && loops !== null && !Array.isArray(loops);
  if (isObject && !(loops instanceof Map || loops instanceof Set || isLoop(loops))) return;
  throw new MisconfigurationError(
    `${verb} expected an object with loops by the names of their fields, such as { batches: new Batches() }, got ${describe(loops)}.`,
    pathOf(loop),
  );
}

/** See `Loop.connect`. */
export function connect(loop: AnyLoop, loops: Record<string, unknown>): void {
  checkGiven(loop, loops, 'connect');
  for (const [name, value] of Object.entries(loops)) {
    const old = slot(loop, name, 'connect');
    if (!isLoop(value) && !(isList(value) && value.every(isLoop))) {
      throw new MisconfigurationError(
        `connect expected \`${name}\` to be a loop or an array of loops, got ${describe(value)}.`,
        pathOf(loop),
      );
    }
    const kept = loopsIn(value) ?? [];
    for (const one of loopsIn(old) ?? []) if (!kept.includes(one)) checkIdle(one);
  }
  assign(loop, loops);
}

/** See `Loop.replace`. */
export function replace(loop: AnyLoop, loops: Record<string, unknown>): { dropped: string[] } {
  checkGiven(loop, loops, 'replace');
  const made: Record<string, AnyLoop> = {};
  for (const [name, value] of Object.entries(loops)) {
    const old = slot(loop, name, 'replace');
    if (!isLoop(old)) {
      throw new MisconfigurationError(
        `replace expected a loop in \`${name}\` to take the place of, found ${describe(old)}. Use connect.`,
        pathOf(loop),
      );
    }
    checkIdle(old);
    made[name] = isLoop(value) ? value : build(loop, name, value, old);
  }
  const undo: (() => void)[] = [];
  const before = Object.entries(made).map(([name]) => [name, Reflect.get(loop, name) as AnyLoop] as const);
  try {
    for (const [name, old] of before) handOver(old, made[name]!, undo);
    assign(loop, made);
  } catch (error) {
    for (const back of undo.reverse()) back();
    throw error;
  }
  const dropped: string[] = [];
  const standing = new Set(walk(loop).map((one) => one.loop));
  for (const [name, old] of before) {
    if (old === made[name]) continue;
    for (const [field, held] of Object.entries(fieldsWithLoops(old))) {
      if (loopsIn(held)!.some((child) => !standing.has(child))) dropped.push(`${name}.${field}`);
    }
  }
  return { dropped };
}

/** Gives the children of a loop that goes out of use to the one in its place, where that has a field for them and nothing in it. */
function handOver(old: AnyLoop, fresh: AnyLoop, undo: (() => void)[]): void {
  for (const [field, held] of Object.entries(fieldsWithLoops(old))) {
    if (!Object.hasOwn(fresh, field)) continue;
    const own: unknown = Reflect.get(fresh, field);
    const isEmpty = Array.isArray(own) ? own.length === 0 && Array.isArray(held) : own === undefined || own === null;
    if (!isEmpty) continue;
    undo.push(() => Object.assign(fresh, { [field]: own }));
    Object.assign(fresh, { [field]: held });
  }
  // They are free to stand in the new one, wherever that has them.
  for (const [, child] of childrenOf(old)) {
    const link = child[parentLink];
    undo.push(() => {
      child[parentLink] = link;
    });
    child[parentLink] = undefined;
  }
}

/** The loops that a field holds; `undefined` if it is not one for loops. */
function loopsIn(value: unknown): AnyLoop[] | undefined {
  if (isLoop(value)) return [value];
  if (!Array.isArray(value) || (value.length > 0 && !isArrayOf(isLoop, value))) return undefined;
  return value.filter(isLoop);
}

function checkIdle(loop: AnyLoop): void {
  if (!loop.running) return;
  throw new LoopError(
    'ALREADY_RUNNING',
    'is running and cannot be replaced. Wait until its run has ended.',
    pathOf(loop),
  );
}

function fieldsWithLoops(loop: AnyLoop): Record<string, unknown> {
  const names = new Set(childrenOf(loop).map(([name]) => (Object.hasOwn(loop, name) ? name : name.split('.')[0]!)));
  return Object.fromEntries([...names].map((name) => [name, Reflect.get(loop, name)]));
}

function build(loop: AnyLoop, name: string, value: unknown, old: AnyLoop): AnyLoop {
  const path = `${pathOf(loop)}.${name}`;
  if (typeof value !== 'function' || !isLoop(value.prototype)) {
    throw new MisconfigurationError(
      `replace expected \`${name}\` to be a loop or a class of loops, got ${describe(value)}.`,
      pathOf(loop),
    );
  }
  const LoopOfClass = value as LoopClass;
  const needed = argumentsOf(LoopOfClass);
  if (needed > 1) {
    throw new MisconfigurationError(
      `replace cannot make a ${LoopOfClass.name}: its constructor takes ${needed} arguments, and replace has one for it, ` +
        `the init of the ${old.constructor.name} in its place. Give the others default values (\`model = …\`), or give replace an instance.`,
      path,
    );
  }
  if (needed > 0 && old.init === undefined) {
    throw new MisconfigurationError(
      `replace cannot make a ${LoopOfClass.name}: its constructor expects an argument, and the ${old.constructor.name} in its place ` +
        'was made without one (`super(init)` keeps it). Give replace an instance.',
      path,
    );
  }
  try {
    const made: unknown = new LoopOfClass(old.init);
    if (!isLoop(made)) throw new TypeError(`Expected its constructor to make a loop, got ${describe(made)}.`);
    return made;
  } catch (error) {
    throw new MisconfigurationError(
      `replace could not make a ${LoopOfClass.name} with the init of the ${old.constructor.name} in its place. Give replace an instance.`,
      path,
      { cause: error },
    );
  }
}

/** How many arguments the constructor of a class takes: that of the class it extends, where it has none of its own. */
function argumentsOf(LoopOfClass: LoopClass): number {
  let one: any = LoopOfClass;
  while (one.length === 0 && isLoop(one.prototype) && !Object.hasOwn(one.prototype, loopMark)) {
    // JavaScript does not say whether a constructor was written, but the text of the class does.
    const text = Function.prototype.toString.call(one);
    if (!text.startsWith('class') || /\bconstructor\s*\(/.test(text)) break;
    one = Object.getPrototypeOf(one);
  }
  // `Loop` itself can do without.
  return Object.hasOwn(one.prototype, loopMark) ? 0 : one.length;
}

function describe(value: unknown): string {
  try {
    if (typeof value === 'function') return `the function ${value.name || '(anonymous)'}`;
    if (Array.isArray(value)) return value.every(isLoop) ? 'an array' : 'an array with something else in it';
    if (typeof value === 'object' && value !== null) return `a ${value.constructor?.name || 'bare object'}`;
    return `\`${String(value).slice(0, 100)}\``;
  } catch {
    return 'something that cannot be read';
  }
}
