/** Where a value lies: under a key of what is around it. */
export interface Place {
  readonly around: Place | undefined;
  readonly key: string | number;
}

/** As a JSON pointer: `/event/output`. */
export function pointerTo(place: Place | undefined): string {
  let pointer = '';
  for (let at = place; at !== undefined; at = at.around) {
    pointer = `/${String(at.key).replaceAll('~', '~0').replaceAll('/', '~1')}${pointer}`;
  }
  return pointer;
}

/** The keys that a pointer goes through. */
export function keysOf(pointer: string): string[] {
  const parts = pointer.split('/').slice(1);
  return parts.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** What a pointer leads to within a value: own keys only. */
export function follow(value: unknown, pointer: string): unknown {
  let at = value;
  for (const key of keysOf(pointer)) {
    if (typeof at !== 'object' || at === null) return undefined;
    if (at instanceof Map) at = nth(Map.prototype.entries.call(at), Number(key));
    else if (at instanceof Set) at = nth(Set.prototype.values.call(at), Number(key));
    else if (Object.hasOwn(at, key)) at = (at as Record<string, unknown>)[key];
    else return undefined;
  }
  return at;
}

function nth(items: Iterator<unknown>, index: number): unknown {
  for (let i = 0; i < index; i++) if (items.next().done) return undefined;
  return items.next().value;
}
