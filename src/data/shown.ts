/** A text of more values than this is not written. */
const most = 1000;

/** Anything as text for an error: JSON if there is any, and never an error of its own. */
export function shown(value: unknown): string {
  let left = most;
  try {
    const text = JSON.stringify(value, (_, inner) => {
      // What refers to itself in many places would be written once for each.
      if (left-- === 0) throw new RangeError('too much');
      return isNoJson(inner) ? noJson + inner : inner;
    });
    if (text !== undefined) return text.includes(noJsonText) ? text.replace(marked, '$1') : text;
  } catch {
    // A cycle, a bigint, a `toJSON` that throws.
  }
  return left < 0 ? `${kindOf(value)} of more than ${most} values` : textOf(value);
}

/** Stands before the numbers that JSON has not, until their quotes are taken away. */
const noJson = '\u0001';
const noJsonText = JSON.stringify(noJson).slice(1, -1);
const marked = /"\\u0001(NaN|-?Infinity)"/g;

function isNoJson(value: unknown): boolean {
  return typeof value === 'number' && !Number.isFinite(value);
}

function textOf(value: unknown): string {
  if (typeof value === 'function') return `the ${isClass(value) ? 'class' : 'function'} ${value.name || '(anonymous)'}`;
  try {
    // A list as text is all that is in it, and what is in that.
    return Array.isArray(value) ? kindOf(value) : String(value);
  } catch {
    return kindOf(value);
  }
}

/** Whether a function is a class, which can only be called with `new`. */
export function isClass(value: unknown): boolean {
  return typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));
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
