import { type Cuts, deepest } from './cuts.ts';

let left = 0;
let room = 0;

/** Whether a value is JSON as it is, and small enough: then it need not be encoded. Most are. */
export function isTame(value: unknown, cuts: Cuts): boolean {
  left = cuts.values;
  room = cuts.characters;
  try {
    return tame(value, cuts, Math.min(cuts.depth, deepest));
  } catch {
    // A getter or a proxy that throws.
    return false;
  }
}

function tame(value: unknown, cuts: Cuts, depth: number): boolean {
  switch (typeof value) {
    case 'number':
      return value - value === 0 && (value !== 0 || Object.is(value, 0));
    case 'string':
      room -= value.length;
      return value.length <= cuts.text && room >= 0;
    case 'boolean':
      return true;
    case 'object':
      break;
    default:
      return false;
  }
  if (value === null) return true;
  if (depth <= 0) return false;
  if (Array.isArray(value)) {
    // A list of a class of its own is not plain data, and not told as if it were.
    if (Object.getPrototypeOf(value) !== Array.prototype) return false;
    const { length } = value;
    left -= length;
    if (length > cuts.items || left < 0) return false;
    // Holes as well, for which JSON has no word.
    for (let i = 0; i < length; i++) if (!tame(value[i], cuts, depth - 1)) return false;
    return true;
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  let count = 0;
  let last = '';
  for (const key in value) {
    last = key;
    room -= key.length;
    if (++count > cuts.items || --left < 0 || room < 0) return false;
    const inner = (value as Record<string, unknown>)[key];
    if (inner !== undefined && !tame(inner, cuts, depth - 1)) return false;
  }
  return count !== 1 || !last.startsWith('$');
}
