/** Plain JSON to be read and changed by people: a list of numbers or texts is one line, whatever its length. */
export function jsonText(value: unknown, indent = ''): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const isList = Array.isArray(value);
  const parts = isList
    ? value.map((item) => jsonText(item, `${indent}  `))
    : Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${jsonText(item, `${indent}  `)}`);
  const [open, close] = isList ? '[]' : '{}';
  if (isList && value.every((item) => typeof item !== 'object' || item === null)) return `[${parts.join(', ')}]`;
  // What only stands for a number is one.
  if (parts.length === 0 || (!isList && parts.length === 1 && '$n' in value))
    return `${open}${parts.join(', ')}${close}`;
  return `${open}\n${parts.map((part) => `${indent}  ${part}`).join(',\n')}\n${indent}${close}`;
}
