/** Something in a collection, and where: `.train`, `[3]`, `.get("train")`. */
export interface Member {
  value: object;
  place: string;
}

/** How many members of a field are looked at, and how deep: a field may hold a data set. */
const limits = { members: 4000, levels: 6 };

/**
 * The wanted objects in a plain object, an array, a Map or a Set, and in such collections inside it, the nearest first.
 * They themselves and instances of other classes are not looked into, and no getter is called.
 */
export function* membersOf(collection: object, wanted: (member: object) => boolean): Generator<Member, void> {
  const seen = new Set<object>();
  let level: Member[] = [{ value: collection, place: '' }];
  let left = limits.members;
  for (let depth = 0; depth < limits.levels && level.length > 0; depth++) {
    const next: Member[] = [];
    for (const { value, place } of level) {
      if (seen.has(value)) continue;
      seen.add(value);
      try {
        for (const { value: item, place: within } of itemsOf(value)) {
          if (left-- === 0) return;
          if (typeof item !== 'object' || item === null) continue;
          const member = { value: item, place: place + within };
          if (wanted(item)) yield member;
          else next.push(member);
        }
      } catch {
        // A proxy that throws at whoever looks at it: nobody can see what it holds.
      }
    }
    level = next;
  }
}

/** What a collection is called in an error. */
export function collectionName(value: object): string {
  if (Array.isArray(value)) return 'an array';
  if (value instanceof Map) return 'a Map';
  if (value instanceof Set) return 'a Set';
  return 'an object';
}

function* itemsOf(collection: unknown): Generator<{ value: unknown; place: string }, void> {
  if (Array.isArray(collection)) {
    // Entry by entry: an array may be longer than anybody wants to look at.
    for (let i = 0; i < collection.length; i++) yield { value: collection[i], place: `[${i}]` };
  } else if (collection instanceof Map) {
    for (const [key, value] of Map.prototype.entries.call(collection)) {
      yield { value: key, place: ' (a key)' };
      yield { value, place: `.get(${typeof key === 'string' ? JSON.stringify(key) : '…'})` };
    }
  } else if (collection instanceof Set) {
    for (const value of Set.prototype.values.call(collection)) yield { value, place: '' };
  } else if (isPlainObject(collection)) {
    for (const key of firstKeys(collection)) {
      const property = Object.getOwnPropertyDescriptor(collection, key);
      if (property !== undefined && 'value' in property) yield { value: property.value, place: `.${key}` };
    }
    for (const key of Object.getOwnPropertySymbols(collection)) {
      const { value } = Object.getOwnPropertyDescriptor(collection, key)!;
      yield { value, place: `[${String(key)}]` };
    }
  }
}

/** The first keys of objects that have more than anybody looks at: to list them all takes a while, so it is done once. */
const keysOfLarge = new WeakMap<object, string[]>();

function firstKeys(object: object): string[] {
  const known = keysOfLarge.get(object);
  if (known !== undefined) return known;
  const keys = Object.keys(object);
  if (keys.length > limits.members) keysOfLarge.set(object, keys.slice(0, limits.members));
  return keys;
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Nothing stands above the prototype of a plain object, in every realm.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
