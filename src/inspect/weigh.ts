/** So many values are looked at; the rest is judged by them. */
const most = 48;
let left = 0;

/** About how many bytes a value takes. The cost is bounded: what is large is judged by its beginning. */
export function weigh(value: unknown): number {
  left = most;
  try {
    return part(value, 6);
  } catch {
    // A getter or a proxy that throws.
    return 1000;
  }
}

function part(value: unknown, depth: number): number {
  if (typeof value === 'string') return 16 + value.length;
  if (typeof value !== 'object' || value === null) return 8;
  if (Array.isArray(value)) return scaled(value.length, depth, (i) => part(value[i], depth - 1));
  if (ArrayBuffer.isView(value)) return value.byteLength;
  if (value instanceof Map || value instanceof Set) return value.size * 64;
  let bytes = 16;
  let count = 0;
  for (const key in value) {
    count++;
    if (left <= 0 || depth === 0) bytes += 32;
    else {
      left--;
      bytes += 8 + key.length + part((value as Record<string, unknown>)[key], depth - 1);
    }
    if (count >= 1000) return (bytes * Object.keys(value).length) / count;
  }
  return bytes;
}

function scaled(length: number, depth: number, weight: (index: number) => number): number {
  if (depth === 0) return length * 16;
  const looked = Math.min(length, 4);
  let bytes = 0;
  for (let i = 0; i < looked && left > 0; i++) {
    left--;
    bytes += weight(i);
  }
  return 16 + (looked === 0 ? 0 : (bytes / looked) * length);
}
