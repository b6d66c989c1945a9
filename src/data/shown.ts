/** A text of more values than this is not written. */
const most = 1000;

/** Anything as text for an error: JSON if there is any, and never an error of its own. */
export function shown(value: unknown): string {
  let left = most;
  try {
    const text = JSON.stringify(value, (_, inner) => {
      // What refers to itself in many places would be written once for each.
      if (left-- === 0) throw new RangeError('too much');
      return inner;
    });
    if (text !== undefined) return text;
  } catch {
    // A cycle, a bigint, a `toJSON` that throws.
  }
  return left < 0 ? `${kindOf(value)} of more than ${most} values` : textOf(value);
}

function textOf(value: unknown): string {
  try {
    // A list as text is all that is in it, and what is in that.
    return Array.isArray(value) ? kindOf(value) : String(value);
  } catch {
    return kindOf(value);
  }
}

/** What something is called where it cannot be shown: by its class. */
export function kindOf(value: unknown): string {
  try {
    const name: unknown = (value as object).constructor?.name;
    if (typeof name === 'string' && name !== '') return name;
  } catch {
    // null and undefined; a proxy whose traps throw.
  }
  return typeof value;
}
