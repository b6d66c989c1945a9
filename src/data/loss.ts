import { kindOf } from './shown.ts';

/** In longer arrays only names are looked for that arrays often have: to list all would cost many times a copy. */
const looksThrough = 16;
const isIndex = /^\d+$/;
/** What `match` and `exec` return has these, and what a tagged template is called with. */
const names = ['index', 'groups', 'input', 'indices', 'raw'];

/** It would come back as an ordinary object, in which names such as `constructor` are known. */
export const bare = 'an object without a prototype (copy it into an ordinary one: `{ ...object }`)';

/**
 * What data has that a copy of its values would not have, and that would be missing after a resume, in words: a getter,
 * which would be a value from then on; a key that is a symbol or not enumerable; a name that an array has beside its items;
 * that there is no prototype.
 * What is no plain data is not looked into.
 * @param whole objects whose own keys are fine: they are listed once for each. Those that are found to be are added
 */
export function lossIn(value: unknown, whole?: WeakSet<object>): string | undefined {
  const met = new Set<object>();
  return look(value);

  function look(value: unknown): string | undefined {
    if (typeof value !== 'object' || value === null || met.has(value)) return undefined;
    met.add(value);
    const prototype = Object.getPrototypeOf(value);
    const isList = Array.isArray(value);
    if (prototype === null) return bare;
    if (isList ? !Array.isArray(prototype) : Object.getPrototypeOf(prototype) !== null) return undefined;
    if (whole?.has(value) !== true) {
      const loss = ownLoss(value);
      if (loss !== undefined) return loss;
      whole?.add(value);
    }
    const items: readonly unknown[] = isList ? value : Object.values(value);
    // Asked for once: a list whose items are getters may grow while it is looked at.
    const { length } = items;
    for (let i = nextObject(items, 0, length); i < length; i = nextObject(items, i + 1, length)) {
      const loss = look(items[i]);
      if (loss !== undefined) return loss;
    }
    return undefined;
  }
}

/** Where the next object stands, from some place on. By itself it is a loop that costs little for long lists of numbers. */
function nextObject(items: readonly unknown[], from: number, end: number): number {
  let at = from;
  while (at < end && typeof items[at] !== 'object') at++;
  return at;
}

/** The same of an array or an object alone, and not of what it holds. */
export function ownLoss(object: object): string | undefined {
  if (Array.isArray(object)) {
    const listed = object.length > looksThrough ? names : Object.keys(object).filter((key) => !isIndex.test(key));
    const name = listed.find((one) => Object.hasOwn(object, one));
    return name === undefined ? undefined : `the name \`${name}\` beside the items of a list`;
  }
  for (const key of Reflect.ownKeys(object)) {
    if (typeof key === 'symbol') return `a key that is a symbol, \`${String(key)}\``;
    const { enumerable, get, set } = Object.getOwnPropertyDescriptor(object, key)!;
    if (get !== undefined || set !== undefined) return `a getter, \`${key}\``;
    if (!enumerable) return `a key that is not enumerable, \`${key}\``;
  }
  return undefined;
}

/** What something is called that is no plain data: by its class, and by what of it a copy would not have. */
export function kindOfOpaque(value: unknown): string {
  const kind = kindOf(value);
  try {
    const loss = lossIn(value);
    return loss === undefined ? kind : `${kind} with ${loss}`;
  } catch {
    // It cannot be looked at.
    return kind;
  }
}
