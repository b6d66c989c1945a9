import { isAlike, unlike } from '../data/alike.ts';
import { shown } from '../data/shown.ts';

/**
 * Whether an argument is what it was. Of what is no plain data the kind has to be the same; but what a program calls its own
 * classes is its business, and a minifier's: another build may call them otherwise.
 */
export function isSameArgument(before: unknown, now: unknown): boolean {
  return isAlike(before, now) || (isOfOwnClass(before) && isOfOwnClass(now));
}

function isOfOwnClass(argument: unknown): boolean {
  const kind = (argument as { $opaque?: unknown } | null | undefined)?.$opaque;
  if (typeof kind !== 'string' || kind === 'undefined') return false;
  return typeof (globalThis as { [name: string]: unknown })[kind] !== 'function';
}

/** A longer text is not told whole. */
const longest = 80;

/** How two arguments differ, in words. Of what is long the beginnings may be the same: then only that part is told which differs. */
export function difference(before: unknown, now: unknown): { place: string; was: string; is: string } {
  const [was, is] = [text(before), text(now)];
  if (Math.max(was.length, is.length) <= longest && was !== is) return { place: '', was, is };
  const { place, a, b } = unlike(before, now);
  return { place: place === '' ? '' : `, at \`${place}\`,`, was: cut(text(a)), is: cut(text(b)) };
}

function text(value: unknown): string {
  return value === undefined ? 'missing' : `\`${shown(value)}\``;
}

function cut(text: string): string {
  return text.length > longest ? `${text.slice(0, longest)}…\`` : text;
}
