/**
 * Whether two pieces of plain data hold the same, in whichever order their keys stand. Takes time linear in what they
 * hold: an object that comes in many places is compared once. A part that comes twice may be two parts of the other.
 */
export function isAlike(a: unknown, b: unknown, compared: Map<object, object> = new Map()): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (compared.get(a) === b) return true;
  compared.set(a, b);
  const [keysOfA, keysOfB] = [keysIn(a), keysIn(b)];
  if (Array.isArray(a) !== Array.isArray(b) || keysOfA.length !== keysOfB.length) return false;
  return keysOfA.every((key) => Object.hasOwn(b, key) && isAlike((a as any)[key], (b as any)[key], compared));
}

/** Where two pieces of plain data that are not alike differ first, and what each has there. */
export function unlike(a: unknown, b: unknown, place = ''): { place: string; a: unknown; b: unknown } {
  const differ = { place, a, b };
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return differ;
  if (Array.isArray(a) !== Array.isArray(b)) return differ;
  const key = [...keysIn(a), ...keysIn(b)].find((one) => !isAlike(own(a, one), own(b, one)));
  if (key === undefined) return differ;
  return unlike(own(a, key), own(b, key), Array.isArray(a) ? `${place}[${key}]` : `${place}.${key}`);
}

function own(object: object, key: string): unknown {
  return Object.hasOwn(object, key) ? (object as Record<string, unknown>)[key] : undefined;
}

function keysIn(object: object): string[] {
  return Object.keys(object).filter((key) => (object as Record<string, unknown>)[key] !== undefined);
}
