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

function keysIn(object: object): string[] {
  return Object.keys(object).filter((key) => (object as Record<string, unknown>)[key] !== undefined);
}
