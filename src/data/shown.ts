/** A text of more values than this is not written. */
const most = 1000;

/** Anything as text for an error: JSON if there is any, with the numbers that JSON has not, and never an error of its own. */
export function shown(value: unknown): string {
  if (typeof value === 'function') return named(value);
  return written(value, (inner) => (isNoJson(inner) ? noJson + (inner === 0 ? '-0' : inner) : inner)).replace(
    marked,
    '$1',
  );
}

/** The same as recordings have it, in which what was thrown and is no error has such a text: it is to stay as it is. */
export function shownInRecording(value: unknown): string {
  return written(value, (inner) => inner);
}

function written(value: unknown, item: (inner: unknown) => unknown): string {
  let left = most;
  try {
    const text = JSON.stringify(value, (_, inner) => {
      // What refers to itself in many places would be written once for each.
      if (left-- === 0) throw new RangeError('too much');
      return item(inner);
    });
    if (text !== undefined) return text;
  } catch {
    // A cycle, a bigint, a `toJSON` that throws.
  }
  return left < 0 ? `${kindOf(value)} of more than ${most} values` : textOf(value);
}

/** Stands before the numbers that JSON cannot tell, until their quotes are taken away. */
const noJson = '\u0001';
const marked = /"\\u0001(NaN|-?Infinity|-0)"/g;

function isNoJson(value: unknown): boolean {
  return typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0));
}

function textOf(value: unknown): string {
  try {
    // A list as text is all that is in it, and what is in that.
    return Array.isArray(value) ? kindOf(value) : String(value);
  } catch {
    return kindOf(value);
  }
}

/** A function by its name: its text may be long. */
function named(value: { name: string }): string {
  try {
    return `${isClass(value) ? 'class' : 'function'} ${value.name || '(anonymous)'}`;
  } catch {
    return 'function';
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
