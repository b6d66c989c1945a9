import { LoopError, MisconfigurationError } from '../data/errors.ts';
import { type AnyLoop, loopMark, parentLink, trainerSlot } from './any-loop.ts';
import { isArrayOf, isList, isLoop } from './parts.ts';
import { childrenOf, pathOf, rootOf, walk } from './tree.ts';

/* How a loop gets its children, and others in their place: `connect` and `replace`. */

export type LoopClass = new (init?: any) => AnyLoop;

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
