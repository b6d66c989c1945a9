/** Where in the text of an object the value of a member lies. */
interface Place {
  from: number;
  to: number;
}

const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;
const comma = 0x2c;
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];

/**
 * Some members of an object in JSON, which can be read and changed while the rest of its text stays as it is, byte for
 * byte. Nothing is made of that rest: a line of many millions of empty objects takes no more memory than its text.
 */
export class Members {
  readonly #text: Buffer;
  readonly #places: Map<string, Place>;

  private constructor(text: Buffer, places: Map<string, Place>) {
    this.#text = text;
    this.#places = places;
  }

  /** @returns `undefined` for a text that is no object, or ends too early. Whether all else in it is JSON is not looked at */
  static of(text: Buffer, names: readonly string[]): Members | undefined {
    const places = placesOf(text, names);
    return places && new Members(text, places);
  }

  /** The value of a member; `undefined` where there is none, or one of more bytes than that. */
  get(name: string, most = 65_536): unknown {
    const place = this.#places.get(name);
    if (place === undefined || place.to - place.from > most) return undefined;
    try {
      return JSON.parse(this.#text.toString('utf8', place.from, place.to));
    } catch {
      return undefined;
    }
  }

  has(name: string): boolean {
    return this.#places.has(name);
  }

  /** The text with these values in place of those that stand there, or, where none does, before all others. */
  with(changes: Record<string, unknown>): Buffer {
    const begin = this.#text.indexOf(openBrace) + 1;
    let added = '';
    const replaced: [Place, string][] = [];
    for (const [name, value] of Object.entries(changes)) {
      const place = this.#places.get(name);
      if (place === undefined) added += `${JSON.stringify(name)}:${JSON.stringify(value)},`;
      else replaced.push([place, JSON.stringify(value)]);
    }
    const pieces = [this.#text.subarray(0, begin), Buffer.from(added)];
    let at = begin;
    for (const [{ from, to }, text] of replaced.sort(([a], [b]) => a.from - b.from)) {
      pieces.push(this.#text.subarray(at, from), Buffer.from(text));
      at = to;
    }
    pieces.push(this.#text.subarray(at));
    return Buffer.concat(pieces);
  }
}

function placesOf(text: Buffer, names: readonly string[]): Map<string, Place> | undefined {
  const places = new Map<string, Place>();
  let at = afterSpace(text, 0);
  if (text[at] !== openBrace) return undefined;
  at = afterSpace(text, at + 1);
  while (text[at] !== closeBrace) {
    const key = at;
    if (text[key] !== quote) return undefined;
    const keyEnd = afterString(text, key);
    at = afterSpace(text, keyEnd);
    if (text[at] !== colon) return undefined;
    const from = afterSpace(text, at + 1);
    const to = afterValue(text, from);
    if (to >= text.length) return undefined;
    const name = names.find(
      (one) => one.length + 2 === keyEnd - key && text.toString('latin1', key + 1, keyEnd - 1) === one,
    );
    // As in JSON, the last of one name counts.
    if (name !== undefined) places.set(name, { from, to });
    at = text[to] === comma ? afterSpace(text, to + 1) : to;
  }
  return afterSpace(text, at + 1) === text.length ? places : undefined;
}

function afterSpace(text: Buffer, at: number): number {
  while (text[at] === 0x20 || text[at] === 0x09 || text[at] === 0x0d) at++;
  return at;
}

function afterString(text: Buffer, at: number): number {
  const near = at + 64;
  for (at++; at < near; at++) {
    if (text[at] === quote) return at + 1;
    if (text[at] === backslash) at++;
  }
  // A long one: its end is looked for with what is fast over a distance.
  for (let end = text.indexOf(quote, at); end >= 0; end = text.indexOf(quote, end + 1)) {
    let slashes = 0;
    while (end - slashes > at && text[end - 1 - slashes] === backslash) slashes++;
    if (slashes % 2 === 0) return end + 1;
  }
  return text.length;
}

/** Behind a value, and the space behind it: at the comma or brace that ends a member; at the end of a text that is cut off. */
function afterValue(text: Buffer, at: number): number {
  for (let depth = 0; at < text.length; ) {
    const byte = text[at];
    if (byte === quote) {
      at = afterString(text, at);
      continue;
    }
    if (byte === openBrace || byte === openBracket) depth++;
    else if (depth > 0 && (byte === closeBrace || byte === closeBracket)) depth--;
    else if (depth === 0 && (byte === comma || byte === closeBrace)) return at;
    at++;
  }
  return at;
}
