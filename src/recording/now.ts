/** Milliseconds since 1970, to the thousandth of one: clocks know no more. */
export function now(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1000) / 1000;
}
