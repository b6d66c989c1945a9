import { stripVTControlCharacters } from 'node:util';

/** Characters that take two columns: East Asian ones, and emoji. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|[\u{20000}-\u{3fffd}]/u;
/** Those that take none: accents that are put on the character before. */
const narrow = /\p{Mark}|\p{Format}/u;
/** What would do something to a terminal instead of being shown. */
const control = /\p{Control}+/gu;

/** How many columns a text takes. Colours take none. */
export function width(text: string): number {
  const plain = stripVTControlCharacters(text);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII takes one column
  if (/^[\x00-\x7f\u2500-\u25ff]*$/.test(plain)) return plain.length;
  let columns = 0;
  for (const character of plain) columns += wide.test(character) ? 2 : narrow.test(character) ? 0 : 1;
  return columns;
}

/** What fits into so many columns, with `…` where something is left out; then without colours. */
export function cut(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  if (columns < 1) return '';
  let left = columns - 1;
  let taken = '';
  for (const character of stripVTControlCharacters(text)) {
    left -= width(character);
    if (left < 0) break;
    taken += character;
  }
  return `${taken}…`;
}

export function padEnd(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - width(text)));
}

/** Names and messages come from anywhere: on one line, and without what moves the cursor. */
export function clean(text: string): string {
  return stripVTControlCharacters(text).replace(control, ' ');
}

/** `12,345`: `toLocaleString` takes long at its first call. */
export function grouped(whole: number): string {
  return String(whole).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A number in few columns: `0.0712`, `1,024`, `1.2e-9`. */
export function numeral(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e9) return grouped(value);
  if (size >= 1e6 || (size > 0 && size < 1e-4)) return value.toExponential(2);
  return size >= 1000 ? value.toFixed(0) : value.toPrecision(4);
}

/** `0:07`, `1:02:07` */
export function duration(seconds: number): string {
  const all = Math.max(0, Math.round(seconds));
  const [hours, minutes, rest] = [Math.floor(all / 3600), Math.floor(all / 60) % 60, all % 60];
  const tail = String(rest).padStart(2, '0');
  return hours === 0 ? `${minutes}:${tail}` : `${hours}:${String(minutes).padStart(2, '0')}:${tail}`;
}
