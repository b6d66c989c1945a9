/** Numbers as data: NaN and the infinities come as `{"$n": "NaN"}`. Nothing where the value is no number. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'object' || value === null) return undefined;
  const tag = (value as { $n?: unknown }).$n;
  return typeof tag === 'string' && Object.keys(value).length === 1 ? Number(tag) : undefined;
}

// Kept, because making one costs a hundred times what using it does.
const grouped = new Intl.NumberFormat('en');

/** A number as people read it: short, and exact where that is short enough. */
export function figure(value: number): string {
  if (Object.is(value, -0)) return '-0';
  if (!Number.isFinite(value)) return String(value);
  if (Number.isInteger(value)) return Math.abs(value) < 1e15 ? grouped.format(value) : value.toExponential(4);
  const size = Math.abs(value);
  return size >= 1e6 || size < 1e-4 ? value.toExponential(3) : String(Number(value.toPrecision(5)));
}

const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });

/** A count in five signs at most: `9,999`, `12.3K`. */
export const fewSigns = (count: number): string => (count < 10_000 ? figure(count) : compact.format(count));

/** A number in full, where that is not long. */
export function short(value: number): string {
  const text = String(value);
  return Number.isInteger(value) || text.length > 12 ? figure(value) : text;
}

/** All digits of a number: read again, they are the same one. */
export const exact = (value: number): string => (Object.is(value, -0) ? '-0' : String(value));

/** Two numbers that are not the same, each with so many digits as tell it from the other. */
export function apart(a: number, b: number): [string, string] {
  const told: [string, string] = [short(a), short(b)];
  if (told[0] !== told[1] || Object.is(a, b)) return told;
  for (let digits = 6; digits < 17; digits++) {
    const longer = [a, b].map((value) => exact(Number(value.toPrecision(digits)))) as [string, string];
    if (longer[0] !== longer[1]) return longer;
  }
  return [exact(a), exact(b)];
}
