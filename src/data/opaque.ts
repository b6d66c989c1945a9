import { notPlain } from './json.ts';
import { kindOfOpaque } from './loss.ts';

/** What came in the place of plain data, in words: `a Map`; where it lies further in, with its place. */
export function opaqueInWords(value: unknown): string {
  const inner = notPlain(value);
  if (inner !== undefined && inner.place !== '') return `${inner.what} at \`${inner.place}\``;
  return typeof value === 'object' ? `a ${kindOfOpaque(value)}` : `a ${typeof value}`;
}
