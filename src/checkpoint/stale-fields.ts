import { isAlike } from '../data/alike.ts';
import { MisconfigurationError } from '../data/errors.ts';
import type { AnyLoop } from '../tree/any-loop.ts';
import { membersOf } from '../tree/collections.ts';
import { isLoop, pathOf } from '../tree/tree.ts';

/*
 * A loop that is given its state gets new objects. Whatever else holds an object of the state that it had before goes on
 * with that one, which nobody saves and nobody has loaded:
 *
 *     class Fit extends Loop {
 *       state = { total: 0 };
 *       batches = new Batches(this.state);      after a resume, `this.state` is another object than the batches have
 *     }
 */

/** The objects of a state, by where they stand in it: the state itself at no keys. */
type Places = Map<object, { loop: AnyLoop; keys: string[] }>;

/** So many objects of a state are looked at. */
const most = 1000;

/** The objects of the states of loops, before these are loaded. */
export function placesIn(loops: readonly { loop: AnyLoop }[]): Places {
  const places: Places = new Map();
  for (const { loop } of loops) {
    let left = most;
    const next: { value: unknown; keys: string[] }[] = [{ value: loop.state, keys: [] }];
    for (let one = next.shift(); one !== undefined && left > 0; one = next.shift()) {
      const { value, keys } = one;
      if (typeof value !== 'object' || value === null || places.has(value)) continue;
      left--;
      places.set(value, { loop, keys });
      for (const [key, item] of itemsOf(value)) next.push({ value: item, keys: [...keys, key] });
    }
  }
  return places;
}

/**
 * After the states were loaded, and `onLoadCheckpoint` had its chance to set fields anew.
 * @throws MisconfigurationError for a field that holds an object of a state that is no longer that of the loop
 */
export function checkStale(loops: readonly { loop: AnyLoop; path: string }[], places: Places): void {
  for (const { loop, path } of loops) {
    for (const name of Object.keys(loop)) {
      if (name === 'state' || name === 'init') continue;
      const value: unknown = Object.getOwnPropertyDescriptor(loop, name)?.value;
      if (typeof value !== 'object' || value === null || isLoop(value)) continue;
      for (const { value: held, place } of heldIn(value, places)) {
        const of = places.get(held)!;
        if (isStale(loop, held, of)) throw stale(`${name}${place}`, of, path);
      }
    }
  }
}

/** None of what cannot be read. */
function itemsOf(value: object): [key: string, item: unknown][] {
  try {
    return Object.entries(value);
  } catch {
    return [];
  }
}

function* heldIn(value: object, places: Places): Generator<{ value: object; place: string }, void> {
  if (places.has(value)) yield { value, place: '' };
  else yield* membersOf(value, (member) => places.has(member));
}

/** What a loop itself has its state made from may be a template; and what holds the same may be a constant. */
function isStale(loop: AnyLoop, held: object, { loop: owner, keys }: { loop: AnyLoop; keys: string[] }): boolean {
  if (keys.length === 0) return owner !== loop && owner.state !== held;
  let now: unknown = owner.state;
  for (const key of keys) now = typeof now === 'object' && now !== null ? (now as any)[key] : undefined;
  return now !== held && !isAlike(now, held);
}

function stale(field: string, { loop, keys }: { loop: AnyLoop; keys: string[] }, path: string): MisconfigurationError {
  const what = ['state', ...keys].join('.');
  return new MisconfigurationError(
    `Expected \`${field}\` not to hold a part of a state, got \`${what}\` of ${pathOf(loop)} as it was before it was loaded: ` +
      'what the one changes, the other does not see. Give a function that says where it is (`() => this.state`), or set the field in onLoadCheckpoint.',
    path,
  );
}
