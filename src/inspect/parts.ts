/*
 * What a page sent, looked at piece by piece.
 */

const longest = 1000;

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @throws Error for any other key */
export function only(record: Record<string, unknown>, ...keys: string[]): void {
  for (const key of Object.keys(record))
    if (!keys.includes(key)) throw new Error(`Expected nothing but ${keys.join(', ')}, got ${received(key)}.`);
}

/** @throws Error unless it is a text that is not too long */
export function textOf(value: unknown, key: string, most: number = longest): string {
  if (typeof value !== 'string' || value.length > most)
    throw new Error(`Expected \`${key}\` to be a text of at most ${most} characters, got ${received(value)}.`);
  return value;
}

/** What came, for a message: its beginning, as JSON. */
export function received(value: unknown): string {
  return value === undefined ? 'none' : `\`${beginning(JSON.stringify(value))}\``;
}

export function beginning(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
