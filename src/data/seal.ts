/*
 * A checkpoint's JSON bears a seal: what is read back and is not what was written, by a hand or by a disk, is told from
 * what was. Nobody is kept from making a seal on purpose. In files and in memory there are no JSON and no seal.
 */

/** The seal of a value as JSON keeps it; the order of keys, which some databases change, does not count. */
export function sealOf(value: unknown): string {
  const seal = new Seal();
  seal.add(value, '');
  return seal.text();
}

class Seal {
  #a = 0x6a09e667;
  #b = 0x3c6ef372;

  text(): string {
    return [this.#a, this.#b].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
  }

  /** By the rules of `JSON.stringify`. */
  add(given: unknown, key: string): void {
    const value = hasToJson(given) ? given.toJSON(key) : given;
    if (typeof value === 'number') this.#mix(Number.isFinite(value) ? `n${Object.is(value, -0) ? 0 : value}` : 'null');
    else if (typeof value === 'string') this.#mix(`s${value}`);
    else if (Array.isArray(value)) {
      this.#mix('[');
      for (const [i, item] of value.entries()) this.add(isLeftOut(item) ? null : item, String(i));
      this.#mix(']');
    } else if (typeof value === 'object' && value !== null) {
      this.#mix('{');
      for (const name of Object.keys(value).sort()) {
        const item = (value as { [name: string]: unknown })[name];
        if (isLeftOut(item)) continue;
        this.#mix(`k${name}`);
        this.add(item, name);
      }
      this.#mix('}');
    } else this.#mix(String(value));
  }

  #mix(text: string): void {
    for (let i = 0; i < text.length; i++) this.#step(text.charCodeAt(i));
    this.#step(0x10000);
  }

  #step(code: number): void {
    this.#a = Math.imul(this.#a ^ code, 0x9e3779b1);
    this.#a ^= this.#a >>> 15;
    this.#b = Math.imul(this.#b ^ code, 0x85ebca6b);
    this.#b = (this.#b << 13) | (this.#b >>> 19);
  }
}

function hasToJson(value: unknown): value is { toJSON(key: string): unknown } {
  return typeof value === 'object' && value !== null && typeof (value as { toJSON?: unknown }).toJSON === 'function';
}

function isLeftOut(value: unknown): boolean {
  return value === undefined || typeof value === 'function' || typeof value === 'symbol';
}
