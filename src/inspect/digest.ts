/** So many values are gone through at the most. */
const most = 50_000;
let left = 0;
let a = 0;
let b = 0;

/**
 * A fingerprint of a value, so that two that are not shown whole can be told apart; `undefined` for one that is too large.
 * Nobody is kept from making two with the same one on purpose: it is for showing what has changed, and nothing else.
 */
export function digest(value: unknown): string | undefined {
  left = most;
  a = 0x811c9dc5;
  b = 0x9747b28c;
  try {
    take(value);
  } catch {
    // A getter that throws, a circle, or too much.
    return undefined;
  }
  return `${(a >>> 0).toString(36)}.${(b >>> 0).toString(36)}`;
}

function take(value: unknown): void {
  if (--left < 0) throw new RangeError();
  if (typeof value !== 'object' || value === null) {
    mix(typeof value);
    mix(Object.is(value, -0) ? '-0' : String(value));
  } else if (value instanceof Map || value instanceof Set) {
    mix('[');
    for (const item of value) take(item);
    mix(']');
  } else if (value instanceof Date) {
    mix(String(value.getTime()));
  } else if (ArrayBuffer.isView(value)) {
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    left -= bytes.length / 8;
    for (const byte of bytes) step(byte);
  } else {
    mix(Array.isArray(value) ? '[' : '{');
    for (const key of Object.keys(value)) {
      if (!Array.isArray(value)) mix(key);
      take((value as Record<string, unknown>)[key]);
    }
    mix('}');
  }
}

function mix(text: string): void {
  left -= text.length / 64;
  for (let i = 0; i < text.length; i++) step(text.charCodeAt(i));
  step(0xffff);
}

function step(code: number): void {
  a = Math.imul(a ^ code, 0x01000193);
  b = Math.imul(b ^ code, 0x5bd1e995) ^ (b >>> 15);
}
